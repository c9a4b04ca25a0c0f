//! Every guard, met by the step that it stops. Whatever is refused changes nothing.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::treasury::{self, BudgetId};
use senim_abi::voucher::{Execute, Genesis, ProgrammeId, Rules, Service, VoucherId};
use senim_abi::{TREASURY, VOUCHER};
use senim_sdk::{Entry, codec};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};

/// A change of the world before the meal.
type Change = fn(&mut World);

/// Sets the programme's rules after the change.
fn change_rules(world: &mut World, change: impl Fn(&mut Rules)) {
    let mut rules = rules();
    change(&mut rules);
    let message = Execute::SetProgramme {
        programme: MEALS,
        rules,
    };
    assert_eq!(world.by(education(), &message).code(), None);
}

fn set(world: &mut World, service: Option<Service>) {
    let outcome = world.by(education(), &set_service(SCHOOL, service));
    assert_eq!(outcome.code(), None);
}

#[test]
fn a_meal_meets_each_guard() {
    let cases: [(&str, Change, Tiyn, Option<Code>); 11] = [
        ("as it should be", |_| (), PRICE, None),
        ("for nothing", |_| (), Tiyn::ZERO, Some(Code::AMOUNT_ZERO)),
        (
            "above the cap",
            |_| (),
            Tiyn(100_001),
            Some(Code::PRICE_ABOVE_CAP),
        ),
        (
            "the cap was lowered since",
            |world| change_rules(world, |rules| rules.price_max = Tiyn(89_999)),
            PRICE,
            Some(Code::PRICE_ABOVE_CAP),
        ),
        (
            "the programme is closed",
            |world| change_rules(world, |rules| rules.open = false),
            PRICE,
            Some(Code::PROGRAMME_UNKNOWN),
        ),
        (
            "a second meal on one day",
            |world| _ = world.redeemed(voucher_of(world)),
            Tiyn(1),
            Some(Code::DAILY_LIMIT),
        ),
        (
            "less is left than it costs",
            |world| {
                change_rules(world, |rules| rules.price_max = Tiyn(250_000));
            },
            Tiyn(200_001),
            Some(Code::INSUFFICIENT),
        ),
        (
            "nobody serves the school",
            |world| set(world, None),
            PRICE,
            Some(Code::NOT_WHITELISTED),
        ),
        (
            "the caterer's contract has ended",
            |world| {
                let until = world.env.time();
                let service = world.service();
                set(world, Some(Service { until, ..service }));
            },
            PRICE,
            Some(Code::NOT_WHITELISTED),
        ),
        (
            "the terminals are another system's",
            |world| {
                let service = world.service();
                let terminals = CATERER;
                set(
                    world,
                    Some(Service {
                        terminals,
                        ..service
                    }),
                );
            },
            PRICE,
            Some(Code::WRONG_PLACE),
        ),
        (
            "its time is over",
            |world| world.env.advance(200 * DAY_MS),
            PRICE,
            Some(Code::VOUCHER_EXPIRED),
        ),
    ];
    for (case, change, price, expected) in cases {
        let mut world = World::new();
        let voucher = world.issued(2);
        change(&mut world);
        let before = world.env.state().clone();
        let outcome = world.by(terminal(), &Execute::Redeem { voucher, price });
        assert_eq!(outcome.code(), expected, "{case}");
        assert_eq!(world.env.state() == &before, expected.is_some(), "{case}");
    }
}

/// The id of the voucher that a fresh world's first issue made.
fn voucher_of(_world: &World) -> VoucherId {
    VoucherId::derive(&Hash::of(&1u64.to_be_bytes()), 0)
}

#[test]
fn an_unknown_voucher_is_refused() {
    let mut world = World::new();
    let outcome = world.redeem(VoucherId(Hash::ZERO));
    assert_eq!(outcome.code(), Some(Code::VOUCHER_UNKNOWN));
}

#[test]
fn an_issue_meets_each_guard() {
    type Edit = fn(&World, &mut Execute);
    fn fields(message: &mut Execute) -> (&mut ProgrammeId, &mut OrgId, &mut Tiyn, &mut TimeMs) {
        match message {
            Execute::Issue {
                programme,
                place,
                amount,
                until,
                ..
            } => (programme, place, amount, until),
            _ => unreachable!("an issue"),
        }
    }
    let cases: [(&str, Edit, Option<Code>); 8] = [
        ("as it should be", |_, _| (), None),
        (
            "of no programme",
            |_, message| *fields(message).0 = ProgrammeId(77),
            Some(Code::PROGRAMME_UNKNOWN),
        ),
        (
            "for nowhere",
            |_, message| *fields(message).1 = OrgId(0),
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "of nothing",
            |_, message| *fields(message).2 = Tiyn::ZERO,
            Some(Code::AMOUNT_ZERO),
        ),
        (
            "beyond the budget",
            |_, message| *fields(message).2 = Tiyn(1_000_000_001),
            Some(Code::BUDGET_EXHAUSTED),
        ),
        (
            "whose time is over",
            |world, message| *fields(message).3 = world.env.time(),
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "for as long as it may be",
            |world, message| *fields(message).3 = world.in_days(300),
            None,
        ),
        (
            "for longer than it may be",
            |world, message| *fields(message).3 = TimeMs(world.in_days(300).0 + 1),
            Some(Code::OUT_OF_RANGE),
        ),
    ];
    for (case, edit, expected) in cases {
        let mut world = World::new();
        let mut message = world.issue_message(Tiyn(1_000_000));
        edit(&world, &mut message);
        let before = world.env.state().clone();
        assert_eq!(world.by(education(), &message).code(), expected, "{case}");
        assert_eq!(world.env.state() == &before, expected.is_some(), "{case}");
    }
    let mut world = World::new();
    let message = world.issue_message(Tiyn(1));
    assert_eq!(
        world.by(other_payer(), &message).code(),
        Some(Code::NOT_AUTHORISED),
        "of another payer's programme"
    );
    let twice = [
        (VOUCHER, codec::encode(&message)),
        (VOUCHER, codec::encode(&message)),
    ];
    assert_eq!(
        world.env.submit(&education(), &twice, &[]).code(),
        Some(Code::VOUCHER_EXISTS),
        "of one index twice"
    );
    change_rules(&mut world, |rules| rules.open = false);
    assert_eq!(
        world.by(education(), &message).code(),
        Some(Code::PROGRAMME_UNKNOWN),
        "of a closed programme"
    );
}

#[test]
fn rules_are_the_payers_of_the_line_and_within_their_ranges() {
    type Edit = fn(&mut Rules);
    let cases: [(&str, Edit, Code); 8] = [
        ("no line", |it| it.budget = BudgetId(9), Code::NO_BUDGET),
        (
            "another programme's line",
            |it| it.budget = OTHER_LINE,
            Code::NOT_AUTHORISED,
        ),
        (
            "no price",
            |it| it.price_max = Tiyn::ZERO,
            Code::OUT_OF_RANGE,
        ),
        ("no use", |it| it.uses_per_day_max = 0, Code::OUT_OF_RANGE),
        ("no time", |it| it.validity_ms_max = 0, Code::OUT_OF_RANGE),
        (
            "too long",
            |it| it.validity_ms_max = Rules::VALIDITY_MS_MAX + 1,
            Code::OUT_OF_RANGE,
        ),
        (
            "kept too long",
            |it| it.dispute_ms = Rules::DISPUTE_MS_MAX + 1,
            Code::OUT_OF_RANGE,
        ),
        (
            "no civil time",
            |it| it.offsets.0.clear(),
            Code::OUT_OF_RANGE,
        ),
    ];
    for (case, edit, expected) in cases {
        let mut world = World::new();
        let mut rules = rules();
        edit(&mut rules);
        let programme = MEALS;
        let message = Execute::SetProgramme { programme, rules };
        let outcome = world.by(education(), &message);
        assert_eq!(outcome.code(), Some(expected), "{case}");
    }
    let mut world = World::new();
    let message = Execute::SetProgramme {
        programme: MEALS,
        rules: rules(),
    };
    let outcome = world.by(other_payer(), &message);
    assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED), "another payer");
}

#[test]
fn a_programme_keeps_the_line_that_backs_its_vouchers() {
    let mut world = World::new();
    let second = treasury::Execute::OpenBudget {
        budget: BudgetId(8),
        payer: EDUCATION,
        programme: MEALS,
        callers: vec![VOUCHER],
        offsets: rules().offsets,
    };
    let outcome = world.env.execute(&education(), TREASURY, &second);
    assert_eq!(outcome.code(), None);
    let message = Execute::SetProgramme {
        programme: MEALS,
        rules: Rules {
            budget: BudgetId(8),
            ..rules()
        },
    };
    let outcome = world.by(education(), &message);
    assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
}

#[test]
fn a_service_is_set_by_the_payer_for_somebody() {
    let mut world = World::new();
    let service = world.service();
    let nobody = Service {
        provider: OrgId(0),
        ..service
    };
    let no_terminals = Service {
        terminals: OrgId(0),
        ..service
    };
    let unknown = Execute::SetService {
        programme: ProgrammeId(77),
        place: SCHOOL,
        service: None,
    };
    let cases = [
        (
            other_payer(),
            set_service(SCHOOL, None),
            Code::NOT_AUTHORISED,
        ),
        (caterer(), set_service(SCHOOL, None), Code::NOT_AUTHORISED),
        (education(), set_service(OrgId(0), None), Code::OUT_OF_RANGE),
        (
            education(),
            set_service(SCHOOL, Some(nobody)),
            Code::OUT_OF_RANGE,
        ),
        (
            education(),
            set_service(SCHOOL, Some(no_terminals)),
            Code::OUT_OF_RANGE,
        ),
        (education(), unknown, Code::PROGRAMME_UNKNOWN),
    ];
    for (actor, message, expected) in cases {
        assert_eq!(
            world.by(actor, &message).code(),
            Some(expected),
            "{message:?}"
        );
    }
}

#[test]
fn nobody_redeems_through_a_contract_and_a_genesis_issues_nothing() {
    let mut world = World::new();
    let voucher = world.issued(1);
    let redeem = Execute::Redeem {
        voucher,
        price: PRICE,
    };
    let outcome = world
        .env
        .execute_as(TREASURY, &terminal(), VOUCHER, &redeem);
    assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
    for message in [redeem, world.issue_message(Tiyn(1))] {
        let genesis = codec::encode(&Genesis(vec![message]));
        let outcome = world.env.by_ledger(VOUCHER, Entry::Genesis, &genesis);
        assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
    }
    let outcome = world.env.by_ledger(VOUCHER, Entry::Migrate, &[]);
    assert_eq!(outcome.code(), Some(Code::BAD_ENTRY));
    let stranger = senim_sdk::testing::Actor::new(8, OTHER_SCHOOL, senim_sdk::Roles::SCHOOL);
    let outcome = world.by(
        stranger,
        &Execute::Redeem {
            voucher,
            price: PRICE,
        },
    );
    assert_eq!(outcome.code(), Some(Code::WRONG_PLACE));
}
