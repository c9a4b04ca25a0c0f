//! What correcting acts take off lines, beside what is taken off otherwise: each line once, its money to the budget line that
//! paid it, and nobody's line but the provider's own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::corrections::*;
use common::*;
use senim_abi::treasury::record::COLLECTION_TAKEN_OFF;
use senim_abi::treasury::{
    Account, BudgetId, Claim, CorrectionLine, Execute, Forgotten, Posting, PostingKind, Reversed,
    TreasuryEvent,
};
use senim_abi::{SETTLEMENT, TREASURY};
use senim_sdk::codec;
use senim_sdk::testing::TestEnv;
use senim_types::{Code, TimeMs, Tiyn};

#[test]
fn nobody_notes_anything_on_anothers_line() {
    for corrected in [true, false] {
        let mut env = world();
        spent(&mut env, LINE, PHARMACY, 1, 1_000);
        applied(&by_named(&mut env, &pay(2, 500)));
        spent(&mut env, LINE, OTHER_PHARMACY, 3, 700);
        env.advance(31 * DAY_MS);
        // The other one takes a tiyn off its own claim, under the names of what it has nothing to do with.
        let known = correct(&mut env, OTHER_PHARMACY, vec![line(2, 1)]);
        assert_eq!(known.code(), Some(Code::LINE_OF_ANOTHER_ACT));
        applied(&correct(&mut env, OTHER_PHARMACY, vec![line(1, 1)]));
        // The one whose line it is corrects it all the same, or all of it comes off otherwise.
        if corrected {
            applied(&correct(&mut env, PHARMACY, vec![line(1, 1_000)]));
        } else {
            let before = locked(&mut env);
            applied(&by(&mut env, NAMED, &unspend(1, 1_000)));
            assert_eq!(locked(&mut env), before + 1_000);
            let february = claim_of(&mut env, PHARMACY, FEBRUARY);
            assert_eq!(february.reversed.0, 1_000);
        }
    }
}

#[test]
fn nothing_is_noted_on_a_line_that_is_yet_to_come() {
    let mut env = world();
    applied(&by_named(&mut env, &pay(1, 500)));
    env.advance(31 * DAY_MS);
    applied(&correct(&mut env, PHARMACY, vec![line(7, 1)]));
    applied(&by_named(&mut env, &pay(7, 400)));
    let outcome = by_named(&mut env, &reverse(7));
    let reversed: Reversed = codec::decode(&applied(&outcome)).unwrap();
    assert_eq!(reversed.amount, Tiyn(400));
}

#[test]
fn the_money_goes_back_to_the_budget_line_that_paid() {
    let mut env = world();
    spent(&mut env, LINE, PHARMACY, 1, 1_000);
    spent(&mut env, SECOND_LINE, PHARMACY, 2, 300);
    applied(&by_named(&mut env, &pay(3, 50)));
    env.advance(31 * DAY_MS);
    let wrong = CorrectionLine {
        budget: SECOND_LINE,
        ..line(3, 50)
    };
    let refused = correct(&mut env, PHARMACY, vec![wrong]);
    assert_eq!(refused.code(), Some(Code::LINE_OF_ANOTHER_ACT));
    let second = CorrectionLine {
        budget: SECOND_LINE,
        ..line(2, 300)
    };
    let lines = vec![second, line(1, 600), line(3, 50)];
    let outcome = correct(&mut env, PHARMACY, lines);
    applied(&outcome);
    assert_eq!(left_in(&mut env, LINE), u128::from(ALLOTTED - 400));
    assert_eq!(left_in(&mut env, SECOND_LINE), u128::from(ALLOTTED));
    let back = events(&outcome)
        .into_iter()
        .filter_map(|event| match event {
            TreasuryEvent::Posting(Posting { kind, credit, .. }) => {
                assert_eq!(kind, PostingKind::Correct);
                Some((credit.account, credit.amount))
            }
            _ => None,
        });
    let expected = [
        (Account::Budget(LINE), Tiyn(650)),
        (Account::Budget(SECOND_LINE), Tiyn(300)),
    ];
    assert_eq!(back.collect::<Vec<_>>(), expected);
    let january = claim_of(&mut env, PHARMACY, JANUARY);
    assert_eq!((january.off.times, january.corrected.0), (3, 950));
}

#[test]
fn a_line_of_which_nothing_is_known_was_posted_by_a_contract_that_the_budget_line_names() {
    let mut env = world();
    spent(&mut env, LINE, PHARMACY, 1, 1_000);
    env.advance(31 * DAY_MS);
    for (issuer, budget, code) in [
        (UNNAMED, LINE, Some(Code::LINE_OF_ANOTHER_ACT)),
        (ALSO_NAMED, LINE, Some(Code::LINE_OF_ANOTHER_ACT)),
        (NAMED, BudgetId(99), Some(Code::NO_BUDGET)),
        (NAMED, LINE, None),
    ] {
        let named = CorrectionLine {
            issuer,
            budget,
            ..line(1, 100)
        };
        let outcome = correct(&mut env, PHARMACY, vec![named]);
        assert_eq!(outcome.code(), code, "{issuer:?} {budget:?}");
    }
}

#[test]
fn no_more_vat_is_taken_off_than_the_lines_have() {
    let mut env = world();
    spent(&mut env, LINE, PHARMACY, 1, 116_000);
    spent(&mut env, LINE, PHARMACY, 2, 116_000);
    env.advance(31 * DAY_MS);
    let at = |number, vat_basis_points| CorrectionLine {
        vat_basis_points,
        ..line(number, 116_000)
    };
    for rate in [u16::MAX, 10_001] {
        let outcome = correct(&mut env, PHARMACY, vec![at(1, rate)]);
        assert_eq!(
            outcome.code(),
            Some(Code::LINE_RATE),
            "no such rate: {rate}"
        );
    }
    // One line may have had another rate than the other, but both together had 32,000 tiyn.
    applied(&correct(&mut env, PHARMACY, vec![at(1, VAT)]));
    let outcome = correct(&mut env, PHARMACY, vec![at(2, 2_000)]);
    assert_eq!(outcome.code(), Some(Code::LINE_RATE));
    applied(&correct(&mut env, PHARMACY, vec![at(2, VAT)]));
    let january = claim_of(&mut env, PHARMACY, JANUARY);
    assert_eq!((january.vat_corrected.0, january.vat.0), (32_000, 32_000));
}

#[test]
fn a_line_that_its_issuer_took_off_is_not_corrected_and_the_other_way_round_only_the_rest() {
    let mut env = world();
    spent(&mut env, LINE, PHARMACY, 1, 1_000);
    spent(&mut env, LINE, PHARMACY, 2, 500);
    env.advance(31 * DAY_MS);
    applied(&by(&mut env, NAMED, &unspend(1, 1_000)));
    let refused = correct(&mut env, PHARMACY, vec![line(1, 100)]);
    assert_eq!(refused.code(), Some(Code::LINE_REVERSED));

    applied(&correct(&mut env, PHARMACY, vec![line(2, 200)]));
    let (left, before) = (left_in(&mut env, LINE), locked(&mut env));
    applied(&by(&mut env, NAMED, &unspend(2, 500)));
    // 300 come off the claim, and 200 out of what the correction returned.
    assert_eq!(left_in(&mut env, LINE), left - 200);
    assert_eq!(locked(&mut env), before + 500);
    assert_eq!(claim_of(&mut env, PHARMACY, FEBRUARY).reversed.0, 1_300);
    assert_eq!(counted(&mut env), 0);
}

#[test]
fn a_line_of_which_too_much_was_corrected_is_still_undone_for_its_person() {
    let mut env = world();
    spent(&mut env, LINE, PHARMACY, 1, 1_000);
    spent(&mut env, LINE, PHARMACY, 2, 500);
    env.advance(31 * DAY_MS);
    applied(&correct(&mut env, PHARMACY, vec![line(2, 1_100)]));
    let (left, before) = (left_in(&mut env, LINE), locked(&mut env));
    let outcome = by(&mut env, NAMED, &unspend(2, 500));
    applied(&outcome);
    assert_eq!(left_in(&mut env, LINE), left - 500);
    assert_eq!(locked(&mut env), before + 500);
    assert_eq!(claim_of(&mut env, PHARMACY, FEBRUARY), Claim::default());
}

#[test]
fn what_a_correction_returned_may_be_gone_before_it_is_locked_again() {
    let mut env = world();
    spent(&mut env, LINE, PHARMACY, 1, 1_000);
    env.advance(31 * DAY_MS);
    applied(&correct(&mut env, PHARMACY, vec![line(1, 1_000)]));
    applied(&by_fund(&mut env, &withdraw(5, ALLOTTED)));
    let outcome = by(&mut env, NAMED, &unspend(1, 1_000));
    assert_eq!(outcome.code(), Some(Code::BUDGET_EXHAUSTED));
    applied(&by_fund(&mut env, &allot(6, 1_000)));
    let outcome = by(&mut env, NAMED, &unspend(1, 1_000));
    applied(&outcome);
    let locked = TreasuryEvent::Locked {
        budget: LINE,
        contract: NAMED,
        amount: Tiyn(1_000),
    };
    assert_eq!(events(&outcome), [locked], "and nothing is posted");
}

#[test]
fn what_an_earlier_contract_posted_gives_no_room_under_a_later_one() {
    let mut env = world();
    spent(&mut env, LINE, PHARMACY, 1, 1_000);
    spent(&mut env, LINE, PHARMACY, 3, 400);
    applied(&by_named(&mut env, &pay(2, 500)));
    env.advance(31 * DAY_MS);
    contract(&mut env, PHARMACY, 2, 600);
    applied(&by_named(&mut env, &pay(4, 600)));
    applied(&correct(&mut env, PHARMACY, vec![line(1, 1_000)]));
    applied(&by_named(&mut env, &reverse(2)));
    applied(&by(&mut env, NAMED, &unspend(3, 400)));
    assert_eq!(counted(&mut env), 600);
    let above = by_named(&mut env, &pay(5, 1));
    assert_eq!(above.code(), Some(Code::CONTRACT_EXCEEDED));
    // What was posted under it makes room for as much.
    applied(&by_named(&mut env, &reverse(4)));
    applied(&by_named(&mut env, &pay(5, 600)));
}

#[test]
fn what_was_posted_before_there_was_a_contract_gives_no_room_under_it() {
    let mut env = with_budget(ALLOTTED);
    applied(&by_named(&mut env, &pay(1, 500)));
    contract(&mut env, PHARMACY, 1, 300);
    applied(&by_named(&mut env, &pay(2, 300)));
    applied(&by_named(&mut env, &reverse(1)));
    let above = by_named(&mut env, &pay(3, 1));
    assert_eq!(above.code(), Some(Code::CONTRACT_EXCEEDED));
}

#[test]
fn what_was_taken_off_is_forgotten_with_its_claim_some_at_a_time() {
    let mut env = world();
    let lines = 65;
    for number in 1..=lines {
        spent(&mut env, LINE, PHARMACY, number, 10);
        applied(&by(&mut env, NAMED, &unspend(number, 10)));
    }
    spent(&mut env, LINE, OTHER_PHARMACY, 100, 10);
    env.advance(31 * DAY_MS);
    applied(&correct(&mut env, OTHER_PHARMACY, vec![line(100, 10)]));
    let marks = |env: &TestEnv| {
        let prefix = [&TREASURY.0.to_be_bytes()[..], &[COLLECTION_TAKEN_OFF]].concat();
        let keys = env.state().keys();
        keys.filter(|key| key.starts_with(&prefix)).count()
    };
    let forget = Execute::ForgetClaim {
        provider: PHARMACY,
        programme: PROGRAMME,
        period: JANUARY,
    };
    for (left, all) in [(2, false), (1, true)] {
        let answer = applied(&by(&mut env, SETTLEMENT, &forget));
        let forgotten: Forgotten = codec::decode(&answer).unwrap();
        assert_eq!((marks(&env), forgotten.all), (left, all));
        let is_there = claim_of(&mut env, PHARMACY, JANUARY) != Claim::default();
        assert_eq!(is_there, !all);
    }
}

#[test]
fn of_a_provider_without_a_contract_a_line_is_taken_off_where_it_stands() {
    let mut env = with_budget(ALLOTTED);
    spent(&mut env, LINE, PHARMACY, 1, 1_000);
    applied(&by_named(&mut env, &pay(2, 700)));
    env.advance(31 * DAY_MS);
    applied(&by(&mut env, NAMED, &unspend_at(1, 1_000, 0)));
    applied(&by_named(&mut env, &reverse(2)));
    let january = claim_of(&mut env, PHARMACY, JANUARY);
    assert_eq!((january.reversed_lines, january.owed().0), (2, 0));
    let february = claim_of(&mut env, PHARMACY, FEBRUARY);
    assert_eq!(february, Claim::default(), "nothing would set it off");
}

#[test]
fn what_was_reversed_is_not_corrected_after_its_issuer_has_forgotten_it() {
    for late in [false, true] {
        let mut env = world();
        applied(&by_named(&mut env, &pay(1, 1_000)));
        applied(&by_named(&mut env, &pay(2, 1_000)));
        if late {
            env.advance(31 * DAY_MS);
        }
        applied(&by_named(&mut env, &reverse(1)));
        let forget = Execute::Forget { ids: vec![id(1)] };
        applied(&by_named(&mut env, &forget));
        let again = correct(&mut env, PHARMACY, vec![line(1, 1_000)]);
        assert_eq!(again.code(), Some(Code::LINE_REVERSED), "late: {late}");
    }
}

#[test]
fn a_line_that_was_undone_is_not_corrected_in_the_month_of_the_undoing() {
    let mut env = world();
    spent(&mut env, LINE, PHARMACY, 1, 1_000);
    env.advance(31 * DAY_MS);
    spent(&mut env, LINE, PHARMACY, 2, 1_000);
    applied(&by(&mut env, NAMED, &unspend(1, 1_000)));
    let message = Execute::Correct {
        id: id(5),
        provider: PHARMACY,
        programme: PROGRAMME,
        period: FEBRUARY,
        lines: vec![line(1, 1_000)],
        reference: id(2),
    };
    let refused = by(&mut env, SETTLEMENT, &message);
    assert_eq!(refused.code(), Some(Code::LINE_REVERSED));
}

#[test]
fn too_much_that_was_corrected_of_one_line_keeps_no_other_from_being_undone() {
    let mut env = world();
    spent(&mut env, LINE, PHARMACY, 1, 1_000);
    spent(&mut env, LINE, PHARMACY, 2, 1_000);
    applied(&by_named(&mut env, &pay(3, 500)));
    env.advance(31 * DAY_MS);
    // A mistake: 1,900 of a line that had 1,000.
    applied(&correct(&mut env, PHARMACY, vec![line(1, 1_900)]));
    let before = locked(&mut env);
    applied(&by(&mut env, NAMED, &unspend(2, 1_000)));
    assert_eq!(locked(&mut env), before + 1_000);
    // 600 stood: all of it came off by the first of them, the rest is back already.
    let outcome = by_named(&mut env, &reverse(3));
    let reversed: Reversed = codec::decode(&applied(&outcome)).unwrap();
    assert_eq!(reversed.amount, Tiyn::ZERO);
    let january = claim_of(&mut env, PHARMACY, JANUARY);
    assert_eq!(january.off.sum, january.sum);
    assert_eq!(counted(&mut env), 0);
}

#[test]
fn of_a_claim_that_is_gone_nothing_comes_back() {
    let mut env = world();
    applied(&by_named(&mut env, &pay(1, 1_000)));
    env.advance(31 * DAY_MS);
    applied(&correct(&mut env, PHARMACY, vec![line(1, 1_000)]));
    let before = left_in(&mut env, LINE);
    let forget = Execute::ForgetClaim {
        provider: PHARMACY,
        programme: PROGRAMME,
        period: JANUARY,
    };
    applied(&by(&mut env, SETTLEMENT, &forget));
    applied(&by_named(&mut env, &reverse(1)));
    assert_eq!(left_in(&mut env, LINE), before);
}

#[test]
fn what_is_reserved_is_allowed_by_the_contract_and_posted_if_it_was_when_it_was_served() {
    let mut env = world();
    let day = env.time().0 + 10 * DAY_MS;
    let reserved = |number, amount| reserve(number, amount, TimeMs(day));
    let above = by_named(&mut env, &reserved(1, ALLOTTED + 1));
    assert_eq!(above.code(), Some(Code::BUDGET_EXHAUSTED));
    contract(&mut env, PHARMACY, 1, 1_000);
    let above = by_named(&mut env, &reserved(1, 1_001));
    assert_eq!(above.code(), Some(Code::CONTRACT_EXCEEDED));
    applied(&by_named(&mut env, &reserved(1, 1_000)));
    // The contract ends; what was served before is paid.
    let served_at = env.time();
    contract_until(&mut env, PHARMACY, TimeMs(served_at.0 + DAY_MS));
    env.advance(2 * DAY_MS);
    let post = |served_at| Execute::Post {
        id: id(1),
        amount: Tiyn(1_000),
        served_at,
    };
    let now = env.time();
    let late = by_named(&mut env, &post(now));
    assert_eq!(late.code(), Some(Code::CONTRACT_NOT_IN_FORCE));
    let late = by_named(&mut env, &reserved(2, 1));
    assert_eq!(late.code(), Some(Code::CONTRACT_NOT_IN_FORCE));
    applied(&by_named(&mut env, &post(served_at)));
}
