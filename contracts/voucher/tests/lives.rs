//! Lives of vouchers, and where the money is at each point.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::civil::Month;
use senim_abi::policy::measure::{Clawback, Rules};
use senim_abi::policy::{Explanation, Facts, Query as Asking, Question};
use senim_abi::voucher::msg::Refused;
use senim_abi::voucher::record::Served;
use senim_abi::voucher::{Execute, Query, Status, Tally, VoucherEvent};
use senim_sdk::codec;
use senim_types::{Code, Tiyn, TiynTotal};

#[test]
fn a_meal_is_one_call_that_pays_the_caterer_and_makes_no_key_of_its_own() {
    let mut world = World::new();
    let (voucher, other) = (world.issued(170), world.issued(1));
    assert_eq!(world.money(), (982_900_000, 17_100_000));

    // The first meal of a month makes the caterer's claim, the first of a day the day's tally and its end.
    assert_eq!(world.redeemed(voucher).number, 1);
    let keys = world.env.state().len();
    let outcome = world.redeem(other);
    assert_eq!(outcome.code(), None);
    assert_eq!(outcome.writes.len(), 5, "voucher, tally, line, lock, claim");
    assert_eq!(world.env.state().len(), keys);

    world.env.advance(DAY_MS);
    world.redeemed(voucher);
    let view = world.view(voucher).unwrap();
    assert_eq!(
        (view.voucher.uses, view.voucher.left),
        (2, Tiyn(16_820_000))
    );
    assert_eq!(view.status, Status::Active);
    assert_eq!(world.money(), (982_900_000, 16_830_000));
    assert_eq!(world.owed(), 270_000);
    let claim = world.claim().unwrap();
    assert_eq!((claim.lines, claim.sum.0), (3, 270_000));
    let tally: Option<Tally> = world.asked(&Query::Tally {
        programme: MEALS,
        place: SCHOOL,
        day: FRIDAY,
    });
    let expected = Tally {
        uses: 2,
        persons: 2,
        paid: TiynTotal(180_000),
        present: None,
        served: vec![Served {
            provider: CATERER,
            period: Month::new(2027, 1),
        }],
        finding: None,
    };
    assert_eq!(tally, Some(expected));
}

#[test]
fn a_day_ends_at_midnight_of_the_programme_and_not_of_greenwich() {
    let mut world = World::new();
    let voucher = world.issued(10);
    // The world begins at 13:00 of the programme's time.
    world.redeemed(voucher);
    world.env.advance(11 * HOUR_MS - 1);
    assert_eq!(world.redeem(voucher).code(), Some(Code::DAILY_LIMIT));
    world.env.advance(1);
    world.redeemed(voucher);
}

#[test]
fn what_is_left_returns_to_the_line_by_itself_and_the_record_goes_after_the_time_for_disputes() {
    let mut world = World::new();
    let voucher = world.issued(10);
    world.redeemed(voucher);
    world.env.advance(200 * DAY_MS);
    assert_eq!(world.view(voucher).unwrap().status, Status::Expired);
    assert_eq!(world.redeem(voucher).code(), Some(Code::VOUCHER_EXPIRED));
    assert_eq!(world.money(), (999_000_000, 910_000));

    let served = world.env.serve_due();
    assert!(served.iter().all(|(_, outcome)| outcome.code().is_none()));
    assert_eq!(world.money(), (999_910_000, 0));
    assert_eq!(world.view(voucher).unwrap().status, Status::Expired);
    assert_eq!(world.redeem(voucher).code(), Some(Code::VOUCHER_EXPIRED));

    world.env.advance(60 * DAY_MS);
    world.env.serve_due();
    assert_eq!(world.view(voucher), Err(Code::VOUCHER_UNKNOWN));
    assert_eq!(world.owed(), 90_000);
    let tally: Option<Tally> = world.asked(&Query::Tally {
        programme: MEALS,
        place: SCHOOL,
        day: FRIDAY,
    });
    assert_eq!(tally, None, "the day's tally went, too");
}

#[test]
fn a_voucher_that_is_taken_back_returns_its_money_once() {
    let mut world = World::new();
    let voucher = world.issued(10);
    world.redeemed(voucher);
    let revoke = Execute::Revoke { voucher };
    assert_eq!(
        world.by(other_payer(), &revoke).code(),
        Some(Code::NOT_AUTHORISED)
    );
    for _ in 0..2 {
        world.done(education(), &revoke);
        assert_eq!(world.money(), (999_910_000, 0));
    }
    world.env.advance(DAY_MS);
    assert_eq!(world.redeem(voucher).code(), Some(Code::VOUCHER_REVOKED));

    world.env.advance(200 * DAY_MS);
    world.env.serve_due();
    assert_eq!(world.money(), (999_910_000, 0), "nothing returns twice");
    world.env.advance(60 * DAY_MS);
    world.env.serve_due();
    assert_eq!(world.view(voucher), Err(Code::VOUCHER_UNKNOWN));
}

#[test]
fn once_it_is_mature_it_is_the_persons_until_its_end() {
    let mut world = World::new();
    let voucher = world.issued(10);
    let revoke = Execute::Revoke { voucher };
    world.env.advance(100 * DAY_MS);
    assert_eq!(world.by(education(), &revoke).code(), Some(Code::MATURED));
    world.env.advance(100 * DAY_MS);
    for _ in 0..2 {
        assert_eq!(
            world.by(education(), &revoke).code(),
            Some(Code::VOUCHER_EXPIRED)
        );
        world.env.serve_due();
    }
}

#[test]
fn a_later_end_and_more_money_hold() {
    let mut world = World::new();
    let voucher = world.issued(1);
    let top_up = |world: &World, days| Execute::TopUp {
        voucher,
        amount: Tiyn(100_000),
        until: world.in_days(days),
    };
    let message = top_up(&world, 199);
    assert_eq!(
        world.by(education(), &message).code(),
        Some(Code::OUT_OF_RANGE),
        "not an earlier end"
    );
    let message = top_up(&world, 301);
    assert_eq!(
        world.by(education(), &message).code(),
        Some(Code::OUT_OF_RANGE),
        "the policy's validity"
    );
    let message = top_up(&world, 250);
    assert_eq!(
        world.by(other_payer(), &message).code(),
        Some(Code::NOT_AUTHORISED)
    );
    world.done(education(), &message);
    assert_eq!(world.money(), (999_800_000, 200_000));
    // The first end passes without harm.
    world.env.advance(200 * DAY_MS);
    world.env.serve_due();
    world.redeemed(voucher);
    world.env.advance(50 * DAY_MS);
    world.env.serve_due();
    assert_eq!(world.view(voucher).unwrap().status, Status::Expired);
    assert_eq!(world.money(), (999_910_000, 0));
}

#[test]
fn a_suspended_voucher_rests_and_goes_on() {
    let mut world = World::new();
    let voucher = world.issued(2);
    let suspend = |suspended| Execute::Suspend { voucher, suspended };
    assert_eq!(
        world.by(other_payer(), &suspend(true)).code(),
        Some(Code::NOT_AUTHORISED)
    );
    for _ in 0..2 {
        world.done(education(), &suspend(true));
        assert_eq!(world.redeem(voucher).code(), Some(Code::VOUCHER_STATE));
    }
    world.done(education(), &suspend(false));
    world.redeemed(voucher);
}

#[test]
fn a_suspension_holds_no_longer_than_the_payer_may_take_the_voucher_back() {
    let suspend = |voucher, suspended| Execute::Suspend { voucher, suspended };
    for clawback in [Clawback::BeforeMaturity, Clawback::Never, Clawback::Always] {
        let mut world = World::new();
        let policy = policy(Rules {
            clawback,
            ..rules()
        });
        let programme = MEALS;
        world.done(education(), &Execute::SetPolicy { programme, policy });
        let voucher = world.issued(10);
        let first = world.by(education(), &suspend(voucher, true)).code();
        let refused = (clawback == Clawback::Never).then_some(Code::MATURED);
        assert_eq!(first, refused, "{clawback:?}");
        // It is mature after a hundred days.
        world.env.advance(100 * DAY_MS - 1);
        world.env.serve_due();
        let usable = world.redeem(voucher).code().is_none();
        assert_eq!(usable, clawback == Clawback::Never);
        world.env.advance(1);
        let told: Vec<VoucherEvent> = world
            .env
            .serve_due()
            .iter()
            .flat_map(|(_, outcome)| events(outcome))
            .collect();
        let resumed = VoucherEvent::Suspended {
            voucher,
            suspended: false,
        };
        let ends = clawback == Clawback::BeforeMaturity;
        assert_eq!(told.contains(&resumed), ends, "{clawback:?}");
        let again = world.by(education(), &suspend(voucher, true)).code();
        let refused = (clawback != Clawback::Always).then_some(Code::MATURED);
        assert_eq!(again, refused, "{clawback:?}");
    }
}

#[test]
fn a_suspension_that_was_ended_before_is_not_ended_again() {
    let mut world = World::new();
    let voucher = world.issued(10);
    for suspended in [true, false] {
        world.done(education(), &Execute::Suspend { voucher, suspended });
    }
    world.env.advance(100 * DAY_MS);
    for (_, outcome) in world.env.serve_due() {
        assert_eq!(outcome.code(), None);
        assert!(events(&outcome).is_empty());
    }
}

#[test]
fn a_pupil_who_changes_school_eats_there() {
    let mut world = World::new();
    let voucher = world.issued(2);
    let move_to = |place| Execute::Move { voucher, place };
    assert_eq!(
        world.by(other_payer(), &move_to(None)).code(),
        Some(Code::NOT_AUTHORISED)
    );
    assert_eq!(
        world
            .by(education(), &move_to(Some(senim_types::OrgId(0))))
            .code(),
        Some(Code::OUT_OF_RANGE)
    );
    world.done(education(), &move_to(Some(OTHER_SCHOOL)));
    assert_eq!(world.redeem(voucher).code(), Some(Code::WRONG_PLACE));
    world.done(education(), &move_to(None));
    world.redeemed(voucher);
}

#[test]
fn rules_that_change_hold_for_what_is_issued_from_then_on() {
    let mut world = World::new();
    let old = world.issued(10);
    let mut lower = rules();
    lower.price = senim_abi::policy::measure::Price::Cap(Tiyn(80_000));
    let set = Execute::SetPolicy {
        programme: MEALS,
        policy: policy(lower),
    };
    let version: u32 = codec::decode(world.done(education(), &set).output()).unwrap();
    assert_eq!(version, 2);
    let new = world.issued(10);
    assert_eq!(world.redeem(new).code(), Some(Code::PRICE_ABOVE_CAP));
    world.redeemed(old);
}

/// Asks the policy again what was decided on these facts.
fn explain(world: &mut World, version: u32, facts: Facts) -> Explanation {
    let pinned: senim_abi::voucher::Policy = world.asked(&Query::Policy {
        programme: MEALS,
        version,
    });
    let question = Question {
        parameters: pinned.parameters,
        facts,
    };
    codec::decode(
        &world
            .env
            .ask(pinned.contract, &Asking::Explain(question))
            .unwrap(),
    )
    .unwrap()
}

#[test]
fn a_receipt_holds_what_was_judged_and_the_policy_judges_it_again() {
    let mut world = World::new();
    let voucher = world.issued(10);
    let outcome = world.redeem(voucher);
    let Some(VoucherEvent::Redeemed {
        version,
        facts,
        terms,
        ..
    }) = events(&outcome).pop()
    else {
        panic!("a use is told: {outcome:?}");
    };
    assert_eq!((facts.token.uses_today, facts.place.provider), (0, CATERER));
    // Years later, under other rules and with another state.
    world.done(
        education(),
        &Execute::SetPolicy {
            programme: MEALS,
            policy: policy(free_rules()),
        },
    );
    let explained = explain(&mut world, version, facts);
    assert_eq!(explained.decision, Ok(terms));
    assert!(explained.steps.iter().all(|step| step.kept));

    // A refusal carries its question as well.
    let refusal = world.redeem(voucher).result.unwrap_err();
    assert_eq!(refusal.code, Code::DAILY_LIMIT);
    let refused: Refused = codec::decode(&refusal.detail).unwrap();
    assert_eq!(
        (refused.rule, refused.voucher, refused.programme),
        (10, voucher, MEALS)
    );
    let explained = explain(&mut world, refused.version, refused.facts.clone().unwrap());
    assert_eq!(explained.decision, Err(refused.denial(refusal.code)));
    let last = explained.steps.last().unwrap();
    assert_eq!(
        (last.rule, last.kept, last.found, last.bound),
        (10, false, 1, 1)
    );
}
