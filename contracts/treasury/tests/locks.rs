//! Money that stands behind a contract's tokens: lock, unlock, spend.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::corrections::{contract, locked, unspend_at};
use common::*;
use senim_abi::TREASURY;
use senim_abi::treasury::{
    BudgetId, BudgetStanding, ClaimLine, Execute, Issuer, PostingKind, Spent, TransferKey,
    TreasuryEvent,
};
use senim_sdk::codec;
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};

fn lock(amount: u64) -> Execute {
    let (budget, amount) = (LINE, Tiyn(amount));
    Execute::Lock { budget, amount }
}

fn unlock(amount: u64) -> Execute {
    let (budget, amount) = (LINE, Tiyn(amount));
    Execute::Unlock { budget, amount }
}

fn spend(number: u64, amount: u64) -> Execute {
    Execute::Spend {
        id: id(number),
        budget: LINE,
        provider: PHARMACY,
        amount: Tiyn(amount),
        reference: id(900),
        served_at: TimeMs(0),
    }
}

fn unspend(number: u64, amount: u64) -> Execute {
    unspend_at(number, amount, 0)
}

#[test]
fn locked_money_is_there_for_this_contract_alone_until_it_is_spent_or_unlocked() {
    let mut env = with_budget(1_000);
    applied(&by_named(&mut env, &lock(700)));
    assert_eq!((available(&mut env), locked(&mut env)), (300, 700));
    let refused = by_named(&mut env, &pay(1, 301)).code();
    assert_eq!(refused, Some(Code::BUDGET_EXHAUSTED));

    let outcome = by_named(&mut env, &spend(2, 250));
    let posted: Spent = codec::decode(&applied(&outcome)).unwrap();
    assert_eq!((posted.amount, posted.period), (Tiyn(250), JANUARY));
    assert_eq!((available(&mut env), locked(&mut env)), (300, 450));
    assert_eq!(
        outcome.writes.len(),
        3,
        "line, claim, lock: no key of its own"
    );
    let claim = claim(&mut env, JANUARY);
    assert_eq!((claim.lines, claim.sum.0, claim.owed().0), (1, 250, 250));
    let line = ClaimLine {
        kind: PostingKind::Post,
        transfer: TransferKey {
            issuer: Issuer::Contract(NAMED),
            id: id(2),
        },
        reference: id(900),
        amount: Tiyn(250),
        vat_basis_points: 0,
        at: env.time(),
    };
    assert_eq!(claim.chain, line.append_to(&Hash::ZERO));

    applied(&by_named(&mut env, &unlock(450)));
    assert_eq!((available(&mut env), locked(&mut env)), (750, 0));
    let key = senim_abi::treasury::record::lock_key(LINE, NAMED).in_state_of(TREASURY);
    assert!(
        !env.state().contains_key(&key),
        "nothing locked is no record"
    );
}

#[test]
fn what_is_locked_and_unlocked_is_told() {
    let mut env = with_budget(1_000);
    let (budget, contract) = (LINE, NAMED);
    let told = events(&by_named(&mut env, &lock(700)));
    let amount = Tiyn(700);
    let expected = TreasuryEvent::Locked {
        budget,
        contract,
        amount,
    };
    assert_eq!(told, [expected]);
    let told = events(&by_named(&mut env, &unlock(1)));
    let amount = Tiyn(1);
    let expected = TreasuryEvent::Unlocked {
        budget,
        contract,
        amount,
    };
    assert_eq!(told, [expected]);
}

#[test]
fn each_guard_of_a_lock_is_met() {
    let mut env = with_budget(1_000);
    applied(&by_named(&mut env, &lock(400)));
    let nowhere = |message: Execute| match message {
        Execute::Lock { amount, .. } => Execute::Lock {
            budget: BudgetId(99),
            amount,
        },
        Execute::Unlock { amount, .. } => Execute::Unlock {
            budget: BudgetId(99),
            amount,
        },
        Execute::Spend {
            id,
            provider,
            amount,
            reference,
            served_at,
            ..
        } => Execute::Spend {
            id,
            budget: BudgetId(99),
            provider,
            amount,
            reference,
            served_at,
        },
        Execute::Unspend {
            id,
            provider,
            amount,
            reference,
            period,
            vat_basis_points,
            ..
        } => Execute::Unspend {
            id,
            budget: BudgetId(99),
            provider,
            amount,
            reference,
            period,
            vat_basis_points,
        },
        other => other,
    };
    let nobody = Execute::Spend {
        id: id(1),
        budget: LINE,
        provider: OrgId(0),
        amount: Tiyn(1),
        reference: id(900),
        served_at: TimeMs(0),
    };
    let cases = [
        (lock(601), Code::BUDGET_EXHAUSTED),
        (lock(0), Code::AMOUNT_ZERO),
        (nowhere(lock(1)), Code::NO_BUDGET),
        (unlock(401), Code::AMOUNT_EXCEEDS_PENDING),
        (unlock(0), Code::AMOUNT_ZERO),
        (nowhere(unlock(1)), Code::NO_BUDGET),
        (spend(1, 401), Code::AMOUNT_EXCEEDS_PENDING),
        (spend(1, 0), Code::AMOUNT_ZERO),
        (nobody, Code::OUT_OF_RANGE),
        (nowhere(spend(1, 1)), Code::NO_BUDGET),
        (unspend(1, 0), Code::AMOUNT_ZERO),
        (nowhere(unspend(1, 1)), Code::NO_BUDGET),
    ];
    for (message, expected) in cases {
        let before = env.state().clone();
        let outcome = by_named(&mut env, &message);
        assert_eq!(outcome.code(), Some(expected), "{message:?}");
        assert_eq!(env.state(), &before, "{message:?}");
    }
}

#[test]
fn neither_a_device_nor_another_contract_touches_a_lock() {
    let mut env = with_budget(1_000);
    applied(&by_named(&mut env, &lock(400)));
    for (message, unnamed) in [
        (lock(1), Code::NOT_AUTHORISED),
        // A contract that the line does not name has locked nothing.
        (unlock(1), Code::AMOUNT_EXCEEDS_PENDING),
        (spend(1, 1), Code::NOT_AUTHORISED),
    ] {
        let outcome = env.execute_as(UNNAMED, &pharmacy(), TREASURY, &message);
        assert_eq!(outcome.code(), Some(unnamed), "{message:?}");
        let outcome = by_fund(&mut env, &message);
        assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED), "{message:?}");
    }
}

#[test]
fn a_promise_outlives_a_suspension_and_keeps_the_line_from_being_closed() {
    let mut env = with_budget(1_000);
    applied(&by_named(&mut env, &lock(400)));
    let standing = |standing| Execute::SetBudgetStanding {
        budget: LINE,
        standing,
    };
    applied(&by_fund(&mut env, &standing(BudgetStanding::Suspended)));
    let outcome = by_named(&mut env, &lock(1));
    assert_eq!(outcome.code(), Some(Code::WRONG_STATE));
    applied(&by_named(&mut env, &spend(1, 100)));
    let outcome = by_fund(&mut env, &standing(BudgetStanding::Closed));
    assert_eq!(outcome.code(), Some(Code::WRONG_STATE));
    applied(&by_named(&mut env, &unlock(300)));
    applied(&by_fund(&mut env, &standing(BudgetStanding::Closed)));
}

#[test]
fn a_contract_that_the_line_no_longer_names_ends_its_tokens_and_pays_nothing() {
    let mut env = with_budget(1_000);
    applied(&by_named(&mut env, &lock(400)));
    let callers = Execute::SetBudgetCallers {
        budget: LINE,
        callers: vec![],
    };
    applied(&by_fund(&mut env, &callers));
    let outcome = by_named(&mut env, &spend(1, 1));
    assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
    applied(&by_named(&mut env, &unlock(400)));
    assert_eq!(available(&mut env), 1_000);
}

#[test]
fn what_was_spent_is_taken_off_once_and_locked_again() {
    let mut env = with_budget(1_000);
    applied(&by_named(&mut env, &lock(700)));
    applied(&by_named(&mut env, &spend(1, 250)));
    let posted = claim(&mut env, JANUARY);
    let outcome = by_named(&mut env, &unspend(1, 250));
    applied(&outcome);
    assert_eq!((available(&mut env), locked(&mut env)), (300, 700));
    let claim = claim(&mut env, JANUARY);
    assert_eq!((claim.lines, claim.sum.0), (1, 250), "the line stays");
    assert_eq!((claim.reversed_lines, claim.reversed.0), (1, 250));
    assert_eq!(claim.owed().0, 0);
    let line = ClaimLine {
        kind: PostingKind::Reverse,
        transfer: TransferKey {
            issuer: Issuer::Contract(NAMED),
            id: id(1),
        },
        reference: id(900),
        amount: Tiyn(250),
        vat_basis_points: 0,
        at: env.time(),
    };
    assert_eq!(claim.chain, line.append_to(&posted.chain));
    assert_eq!(outcome.writes.len(), 4, "line, claim, lock, and the mark");
    senim_abi::treasury::check_postings(&outcome.events).unwrap();

    let again = by_named(&mut env, &unspend(1, 250)).code();
    assert_eq!(again, Some(Code::LINE_REVERSED));
    // More than stands in a claim is nobody's to take off: it is locked out of the line, as by a lock.
    let more = by_named(&mut env, &unspend(2, 300));
    applied(&more);
    assert_eq!((available(&mut env), locked(&mut env)), (0, 1_000));
    let more = by_named(&mut env, &unspend(3, 1)).code();
    assert_eq!(more, Some(Code::BUDGET_EXHAUSTED));
}

#[test]
fn what_is_taken_off_after_its_month_is_a_line_of_the_month_of_now() {
    let mut env = with_budget(1_000);
    contract(&mut env, PHARMACY, 1, 1_000);
    applied(&by_named(&mut env, &lock(700)));
    applied(&by_named(&mut env, &spend(1, 250)));
    env.advance(31 * DAY_MS);
    let outcome = by_named(&mut env, &unspend(1, 250));
    applied(&outcome);
    senim_abi::treasury::check_postings(&outcome.events).unwrap();
    let (january, february) = (claim(&mut env, JANUARY), claim(&mut env, FEBRUARY));
    assert_eq!((january.reversed_lines, january.owed().0), (0, 250));
    assert_eq!((february.lines, february.reversed_lines), (0, 1));
    assert_eq!(february.excess().0, 250, "to be set off");
    assert_eq!((available(&mut env), locked(&mut env)), (300, 700));
    let again = by_named(&mut env, &unspend(1, 250)).code();
    assert_eq!(again, Some(Code::LINE_REVERSED));
}

#[test]
fn another_contract_takes_nothing_off() {
    let mut env = with_budget(1_000);
    applied(&by_named(&mut env, &lock(700)));
    applied(&by_named(&mut env, &spend(1, 250)));
    let callers = Vec::new();
    let budget = LINE;
    applied(&env.execute(
        &fund(),
        TREASURY,
        &Execute::SetBudgetCallers { budget, callers },
    ));
    let before = env.state().clone();
    let refused = by_named(&mut env, &unspend(1, 250)).code();
    assert_eq!(refused, Some(Code::NOT_AUTHORISED));
    assert_eq!(env.state(), &before);
}
