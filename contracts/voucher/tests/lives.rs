//! Lives of vouchers, and where the money is at each point.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use proptest::prelude::*;
use senim_abi::treasury::check_postings;
use senim_abi::voucher::{Execute, Status};
use senim_types::{Code, Tiyn};

#[test]
fn a_meal_is_one_call_that_pays_the_caterer_and_writes_no_new_key() {
    let mut world = World::new();
    let voucher = world.issued(170);
    assert_eq!(world.money(), (983_000_000, 17_000_000));

    // The first meal of a month makes the caterer's claim; from then on no use makes a key.
    assert_eq!(world.redeemed(voucher).number, 1);
    world.env.advance(DAY_MS);
    let keys = world.env.state().len();
    let outcome = world.redeem(voucher);
    assert_eq!(outcome.code(), None);
    assert_eq!(outcome.writes.len(), 4, "voucher, line, lock, claim");
    assert_eq!(world.env.state().len(), keys);

    let view = world.view(voucher).unwrap();
    assert_eq!(
        (view.voucher.uses, view.voucher.left),
        (2, Tiyn(16_820_000))
    );
    assert_eq!(view.status, Status::Active);
    assert_eq!(world.money(), (983_000_000, 16_820_000));
    assert_eq!(world.owed(), 180_000);
    let claim = world.claim().unwrap();
    assert_eq!((claim.lines, claim.sum.0), (2, 180_000));
}

#[test]
fn a_day_ends_at_midnight_of_the_programme_and_not_of_greenwich() {
    let mut world = World::new();
    let voucher = world.issued(10);
    // The world begins at 13:00 of the programme's time.
    world.redeemed(voucher);
    world.env.advance(11 * 60 * 60 * 1000 - 1);
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
        assert_eq!(world.by(education(), &revoke).code(), None);
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
fn a_voucher_whose_time_is_over_cannot_be_taken_back_once_it_was_swept() {
    let mut world = World::new();
    let voucher = world.issued(10);
    world.env.advance(200 * DAY_MS);
    world.env.serve_due();
    let revoke = Execute::Revoke { voucher };
    assert_eq!(
        world.by(education(), &revoke).code(),
        Some(Code::VOUCHER_EXPIRED)
    );
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Issue(u64),
    Redeem(usize, u64),
    Revoke(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let pick = || 0..6usize;
    prop_oneof![
        (1..20u64).prop_map(Step::Issue),
        (pick(), 0..130_000u64).prop_map(|(n, price)| Step::Redeem(n, price)),
        (pick(), 0..130_000u64).prop_map(|(n, price)| Step::Redeem(n, price)),
        pick().prop_map(Step::Revoke),
        (1..90 * DAY_MS).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn all_money_is_available_locked_for_vouchers_or_the_caterers(steps in proptest::collection::vec(step(), 1..40)) {
        let total = 3_000_000;
        let mut world = World::with_budget(total);
        let mut vouchers = Vec::new();
        for step in steps {
            let outcome = match step {
                Step::Issue(meals) => {
                    let message = world.issue_message(Tiyn(meals * 100_000));
                    let outcome = world.by(education(), &message);
                    if outcome.code().is_none() {
                        vouchers.push(senim_sdk::codec::decode(outcome.output()).unwrap());
                    }
                    outcome
                }
                Step::Redeem(n, price) if n < vouchers.len() => {
                    let message = Execute::Redeem { voucher: vouchers[n], price: Tiyn(price) };
                    world.by(terminal(), &message)
                }
                Step::Revoke(n) if n < vouchers.len() => {
                    world.by(education(), &Execute::Revoke { voucher: vouchers[n] })
                }
                Step::Wait(duration_ms) => {
                    world.env.advance(duration_ms);
                    for (_, outcome) in world.env.serve_due() {
                        prop_assert_eq!(outcome.code(), None);
                        check_postings(&outcome.events).unwrap();
                    }
                    continue;
                }
                Step::Redeem(..) | Step::Revoke(_) => continue,
            };
            check_postings(&outcome.events).unwrap();
            let left: u128 = vouchers
                .iter()
                .filter_map(|voucher| world.view(*voucher).ok())
                .map(|view| u128::from(view.voucher.left.0))
                .sum();
            let (available, locked) = world.money();
            prop_assert_eq!(locked, left, "each voucher is backed");
            prop_assert_eq!(available + locked + world.owed(), u128::from(total));
        }
    }
}
