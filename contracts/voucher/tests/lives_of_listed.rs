//! Lives of vouchers of persons who are listed and asked, and where the money is at each point.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::policy::{Delegated, ProofKind};
use senim_abi::voucher::Asked;
use senim_abi::voucher::proof::HolderAct;
use senim_abi::voucher::record::Delegation;
use senim_abi::voucher::{Execute, Query, Standing, Status, Tally, VoucherEvent};
use senim_sdk::testing::key_of;
use senim_types::{Code, Tiyn};

#[test]
fn a_pupil_is_listed_asked_and_fed() {
    let mut world = World::new();
    let voucher = world.attested();
    assert_eq!(
        world.money_of(FREE_LINE),
        (1_000_000_000, 0),
        "no money before a yes"
    );
    let offer = world.done(
        portal(),
        &Execute::Offer {
            vouchers: vec![voucher],
        },
    );
    let until = world.in_days(30);
    let asked = VoucherEvent::Asked {
        voucher,
        programme: FREE_MEALS,
        asked: Asked::Consent,
        until,
    };
    assert_eq!(events(&offer), [asked]);

    // The yes opens the voucher by itself.
    world.done(portal(), &answer(voucher, true));
    assert_eq!(world.view(voucher).unwrap().status, Status::Issued);
    assert_eq!(world.money_of(FREE_LINE), (999_000_000, 1_000_000));
    assert_eq!(world.redeem(voucher).code(), Some(Code::NOT_ACTIVATED));
    world.done(identity(), &bind(voucher, PARENT));
    assert_eq!(world.holder_acts(voucher, HolderAct::Activate).code(), None);
    assert_eq!(world.redeem(voucher).code(), None);
    assert_eq!(world.redeem(voucher).code(), Some(Code::DAILY_LIMIT));
    assert_eq!(world.owed(), 90_000);
}

/// What the due-queue does in so many days, and on which of them.
fn days(world: &mut World, days: u32) -> Vec<(u32, VoucherEvent)> {
    let mut told = Vec::new();
    for day in 1..=days {
        world.env.advance(DAY_MS);
        for (_, outcome) in world.env.serve_due() {
            assert_eq!(outcome.code(), None);
            told.extend(events(&outcome).into_iter().map(|event| (day, event)));
        }
    }
    told
}

#[test]
fn who_does_not_answer_is_reminded_once_and_lapses() {
    let mut world = World::new();
    let voucher = world.offered();
    let told = days(&mut world, 40);
    let reminded = VoucherEvent::Reminded {
        voucher,
        programme: FREE_MEALS,
        asked: Asked::Consent,
    };
    let lapsed = VoucherEvent::Ended {
        voucher,
        programme: FREE_MEALS,
        standing: Standing::Lapsed,
        returned: Tiyn(0),
    };
    assert_eq!(told, [(7, reminded), (30, lapsed)]);
    assert_eq!(
        world.by(portal(), &answer(voucher, true)).code(),
        Some(Code::CONSENT_CLOSED)
    );
    // The person can be listed again: nothing of theirs is live.
    let again = world.listed(1)[0];
    world.done(identity(), &attest(again, 1));
}

#[test]
fn who_does_not_activate_is_reminded_and_the_money_returns() {
    let mut world = World::new();
    let voucher = world.consented();
    let told = days(&mut world, 41);
    let reminded = VoucherEvent::Reminded {
        voucher,
        programme: FREE_MEALS,
        asked: Asked::Activation,
    };
    let lapsed = VoucherEvent::Ended {
        voucher,
        programme: FREE_MEALS,
        standing: Standing::Lapsed,
        returned: Tiyn(1_000_000),
    };
    assert_eq!(told, [(10, reminded), (40, lapsed)]);
    assert_eq!(world.view(voucher).unwrap().status, Status::Lapsed);
    assert_eq!(world.money_of(FREE_LINE), (1_000_000_000, 0));
}

#[test]
fn a_yes_without_money_waits_for_it() {
    let mut world = World::with_budget(999_999);
    let voucher = world.offered();
    world.done(portal(), &answer(voucher, true));
    assert_eq!(world.view(voucher).unwrap().status, Status::Consented);
    let open = Execute::Open { voucher };
    assert_eq!(
        world.by(education(), &open).code(),
        Some(Code::BUDGET_EXHAUSTED)
    );
    let allot = senim_abi::treasury::Execute::Allot {
        id: senim_types::Hash([3; 32]),
        budget: FREE_LINE,
        amount: Tiyn(1),
    };
    assert_eq!(
        world
            .env
            .execute(&education(), senim_abi::TREASURY, &allot)
            .code(),
        None
    );
    assert_eq!(
        world.by(other_payer(), &open).code(),
        Some(Code::NOT_AUTHORISED)
    );
    world.done(education(), &open);
    assert_eq!(world.view(voucher).unwrap().status, Status::Issued);
    assert_eq!(
        world.by(education(), &open).code(),
        Some(Code::VOUCHER_STATE)
    );
}

#[test]
fn a_consent_can_be_taken_back_and_what_is_left_returns() {
    for by_wallet in [false, true] {
        let mut world = World::new();
        let voucher = world.activated();
        assert_eq!(world.redeem(voucher).code(), None);
        world.env.advance(1);
        let outcome = if by_wallet {
            world.holder_acts(voucher, HolderAct::Withdraw)
        } else {
            world.by(portal(), &answer(voucher, false))
        };
        assert_eq!(outcome.code(), None);
        assert_eq!(world.view(voucher).unwrap().status, Status::Declined);
        assert_eq!(world.money_of(FREE_LINE), (999_910_000, 0));
        assert_eq!(world.redeem(voucher).code(), Some(Code::VOUCHER_STATE));
    }
}

#[test]
fn a_lost_phone_is_replaced_and_the_old_key_opens_nothing() {
    let mut world = World::new();
    let voucher = world.activated();
    let child = Delegation {
        key: key_of(CHILD),
        bounds: Delegated {
            until: world.in_days(100),
            uses: 5,
            uses_per_day: 1,
        },
    };
    world.env.advance(1);
    assert_eq!(
        world
            .holder_acts(voucher, HolderAct::Delegate(child))
            .code(),
        None
    );
    assert_eq!(world.view(voucher).unwrap().voucher.delegation, Some(child));
    world.done(identity(), &bind(voucher, 29));
    world.env.advance(1);
    assert_eq!(
        world.holder_acts(voucher, HolderAct::Undelegate).code(),
        Some(Code::NOT_SIGNED)
    );
    assert_eq!(
        world.view(voucher).unwrap().voucher.delegation,
        None,
        "nor does a code that it made"
    );
}

#[test]
fn a_delegates_uses_count_down_to_nothing() {
    let mut world = World::new();
    let voucher = world.activated();
    let child = Delegation {
        key: key_of(CHILD),
        bounds: Delegated {
            until: world.in_days(100),
            uses: 1,
            uses_per_day: 1,
        },
    };
    world.env.advance(1);
    assert_eq!(
        world
            .holder_acts(voucher, HolderAct::Delegate(child))
            .code(),
        None
    );
    let code = |world: &mut World| {
        let at = world.env.time();
        let lines = meal(PRICE);
        let statement = senim_abi::voucher::proof::UseStatement {
            voucher,
            org: MEAL_SYSTEM,
            device: terminal().device,
            at,
            lines: senim_abi::voucher::proof::lines_hash(&lines),
        };
        let message = redeem_with(voucher, PRICE, senim_abi::voucher::Proof::Code { at });
        world.signed(terminal(), &message, &[statement.by(key_of(CHILD))])
    };
    world.env.advance(1);
    let outcome = code(&mut world);
    let Some(VoucherEvent::Redeemed { facts, .. }) = events(&outcome).pop() else {
        panic!("a use is told: {outcome:?}");
    };
    assert!(matches!(
        facts.act,
        senim_abi::policy::Act::Redeem {
            proof: ProofKind::Code,
            ..
        }
    ));
    assert_eq!(facts.token.delegated, Some(child.bounds));
    world.env.advance(DAY_MS);
    assert_eq!(code(&mut world).code(), Some(Code::DELEGATION_ENDED));
}

#[test]
fn an_absence_is_reported_and_mended_by_the_school() {
    use senim_abi::voucher::msg::Mark;
    let mut world = World::new();
    let voucher = world.activated();
    let attend = |absent| Execute::Attend {
        programme: FREE_MEALS,
        place: SCHOOL,
        day: FRIDAY,
        present: 17,
        marks: vec![Mark { voucher, absent }],
    };
    for actor in [caterer(), education(), terminal()] {
        assert_eq!(
            world.by(actor, &attend(true)).code(),
            Some(Code::NOT_AUTHORISED)
        );
    }
    world.done(school(), &attend(true));
    assert_eq!(world.redeem(voucher).code(), Some(Code::ABSENT));
    world.done(school(), &attend(false));
    assert_eq!(world.redeem(voucher).code(), None);
    let tally: Option<Tally> = world.asked(&Query::Tally {
        programme: FREE_MEALS,
        place: SCHOOL,
        day: FRIDAY,
    });
    assert_eq!(
        tally.map(|tally| (tally.uses, tally.present)),
        Some((1, Some(17)))
    );
}
