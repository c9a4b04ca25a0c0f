//! What is not resolved yet between a programme and a provider: what is reserved, and what is owed back.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::corrections::*;
use common::*;
use senim_abi::TREASURY;
use senim_abi::civil::Month;
use senim_abi::treasury::Outstanding;
use senim_abi::treasury::record::COLLECTION_OUTSTANDING;
use senim_sdk::testing::TestEnv;
use senim_types::{Code, TimeMs, Tiyn, TiynTotal};

const MARCH: Month = FEBRUARY.next();

fn reserved(env: &mut TestEnv) -> u128 {
    outstanding(env).reserved.0
}

/// Nothing that is resolved is kept.
fn nothing_is(env: &mut TestEnv) {
    assert_eq!(outstanding(env), Outstanding::default());
    let prefix = [&TREASURY.0.to_be_bytes()[..], &[COLLECTION_OUTSTANDING]].concat();
    let mut keys = env.state().keys();
    assert!(!keys.any(|key| key.starts_with(&prefix)));
}

fn in_a_week(env: &TestEnv) -> TimeMs {
    TimeMs(env.time().0 + 7 * DAY_MS)
}

/// Paid without a contract in January, and undone in February.
fn paid_and_undone(paid: u64) -> TestEnv {
    let mut env = with_budget(ALLOTTED);
    applied(&by_named(&mut env, &pay(1, 1_000)));
    env.advance(31 * DAY_MS);
    applied(&by_fund(&mut env, &settle(50, JANUARY, paid)));
    applied(&by_named(&mut env, &reverse(1)));
    env
}

#[test]
fn without_a_contract_the_next_line_of_a_later_month_makes_good_what_is_owed_back() {
    let mut env = paid_and_undone(1_000);
    assert_eq!(claim_of(&mut env, PHARMACY, FEBRUARY).excess().0, 1_000);
    assert_eq!(outstanding(&mut env).debt, Some(FEBRUARY));
    env.advance(28 * DAY_MS);
    applied(&by_named(&mut env, &pay(2, 600)));
    assert_eq!(claim_of(&mut env, PHARMACY, FEBRUARY).excess().0, 0);
    let march = claim_of(&mut env, PHARMACY, MARCH);
    assert_eq!((march.set_off.0, march.excess().0), (1_000, 400));
    applied(&by_named(&mut env, &pay(3, 500)));
    nothing_is(&mut env);
    let more = by_fund(&mut env, &settle(51, MARCH, 101));
    assert_eq!(more.code(), Some(Code::BUDGET_EXHAUSTED));
    applied(&by_fund(&mut env, &settle(51, MARCH, 100)));
}

#[test]
fn a_contract_that_comes_later_takes_up_what_is_owed_back() {
    let mut env = paid_and_undone(1_000);
    contract(&mut env, PHARMACY, 1, ALLOTTED);
    env.advance(28 * DAY_MS);
    applied(&by_named(&mut env, &pay(2, 5_000)));
    let march = claim_of(&mut env, PHARMACY, MARCH);
    assert_eq!((march.set_off.0, march.owed().0), (1_000, 4_000));
    nothing_is(&mut env);
}

#[test]
fn of_a_month_that_was_paid_in_part_nothing_is_paid_that_was_undone() {
    let mut env = paid_and_undone(300);
    assert_eq!(claim_of(&mut env, PHARMACY, JANUARY).owed().0, 0);
    let more = by_fund(&mut env, &settle(51, JANUARY, 1));
    assert_eq!(more.code(), Some(Code::BUDGET_EXHAUSTED));
    let february = claim_of(&mut env, PHARMACY, FEBRUARY);
    assert_eq!((february.made_good.0, february.excess().0), (700, 300));
}

#[test]
fn reservations_together_stay_below_the_ceiling() {
    let mut env = world();
    contract(&mut env, PHARMACY, 1, 1_500);
    let week = in_a_week(&env);
    applied(&by_named(&mut env, &reserve(1, 1_000, week)));
    for message in [reserve(2, 501, week), pay(3, 501)] {
        let beside = by_named(&mut env, &message);
        assert_eq!(beside.code(), Some(Code::CONTRACT_EXCEEDED));
    }
    applied(&by_named(&mut env, &pay(4, 500)));
    // Less than was reserved is posted: the rest is room again.
    applied(&by_named(&mut env, &post(1, 900)));
    nothing_is(&mut env);
    applied(&by_named(&mut env, &reserve(5, 100, week)));
    assert_eq!(reserved(&mut env), 100);
    applied(&by_named(&mut env, &void(5)));
    nothing_is(&mut env);
    applied(&by_named(&mut env, &reserve(6, 100, week)));
    env.advance(7 * DAY_MS);
    env.serve_due();
    nothing_is(&mut env);
    // Once is enough.
    applied(&by_named(&mut env, &void(5)));
    applied(&by_named(&mut env, &post(1, 900)));
    nothing_is(&mut env);
}

#[test]
fn what_is_spent_leaves_room_for_what_is_reserved() {
    let mut env = world();
    contract(&mut env, PHARMACY, 1, 1_000);
    let week = in_a_week(&env);
    applied(&by_named(&mut env, &reserve(1, 900, week)));
    spent(&mut env, LINE, PHARMACY, 2, 100);
    applied(&by_named(&mut env, &post(1, 900)));
    assert_eq!(counted(&mut env), 1_000);
}

#[test]
fn a_ceiling_that_was_lowered_keeps_no_reservation_out_for_anothers_sake() {
    let mut env = world();
    let week = in_a_week(&env);
    applied(&by_named(&mut env, &reserve(1, 300, week)));
    applied(&by_named(&mut env, &reserve(2, 200, week)));
    contract(&mut env, PHARMACY, 1, 400);
    applied(&by_named(&mut env, &post(1, 300)));
    let second = by_named(&mut env, &post(2, 200));
    assert_eq!(second.code(), Some(Code::CONTRACT_EXCEEDED));
    assert_eq!(reserved(&mut env), 200, "as it was");
}

#[test]
fn what_was_reserved_before_a_contract_is_kept_room_for_under_it() {
    let mut env = with_budget(ALLOTTED);
    let week = in_a_week(&env);
    applied(&by_named(&mut env, &reserve(1, 300, week)));
    contract(&mut env, PHARMACY, 1, 400);
    let beside = by_named(&mut env, &pay(2, 101));
    assert_eq!(beside.code(), Some(Code::CONTRACT_EXCEEDED));
    applied(&by_named(&mut env, &post(1, 300)));
    assert_eq!(
        (counted(&mut env), outstanding(&mut env).reserved),
        (300, TiynTotal(0))
    );
    assert_eq!(
        claim_of(&mut env, PHARMACY, JANUARY).sum.0,
        u128::from(Tiyn(300).0)
    );
}
