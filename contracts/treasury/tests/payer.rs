//! What a payer's devices do: lines, money in, money out, claims settled.

mod common;

use common::*;
use senim_abi::civil::{UtcOffset, UtcOffsets};
use senim_abi::treasury::{BudgetId, BudgetStanding, Execute, Genesis, PostingKind, TreasuryEvent};
use senim_abi::{Entry, TREASURY};
use senim_sdk::codec;
use senim_types::{Code, ContractId, TimeMs, Tiyn};

fn open_with(callers: Vec<ContractId>, offsets: UtcOffsets) -> Execute {
    Execute::OpenBudget {
        budget: LINE,
        payer: FUND,
        programme: PROGRAMME,
        callers,
        offsets,
    }
}

fn standing(standing: BudgetStanding) -> Execute {
    Execute::SetBudgetStanding {
        budget: LINE,
        standing,
    }
}

#[test]
fn a_line_opens_once_and_the_same_again_changes_nothing() {
    let mut env = empty();
    let first = by_fund(&mut env, &open(LINE));
    assert!(matches!(
        events(&first)[..],
        [TreasuryEvent::BudgetOpened { .. }]
    ));
    let again = by_fund(&mut env, &open(LINE));
    assert_eq!(again.code(), None);
    assert!(again.writes.is_empty() && again.events.is_empty());
    let other = open_with(vec![UNNAMED], UtcOffsets::fixed(300));
    assert_eq!(by_fund(&mut env, &other).code(), Some(Code::BUDGET_EXISTS));
}

#[test]
fn a_line_is_refused_out_of_range() {
    let long = (10..19).map(ContractId).collect();
    let hour = |from, offset_minutes| UtcOffset {
        from: TimeMs(from),
        offset_minutes,
    };
    let cases = [
        (
            "callers not ascending",
            vec![ContractId(4), ContractId(3)],
            UtcOffsets::fixed(0),
        ),
        (
            "a caller twice",
            vec![ContractId(4), ContractId(4)],
            UtcOffsets::fixed(0),
        ),
        ("too many callers", long, UtcOffsets::fixed(0)),
        (
            "the ledger as caller",
            vec![ContractId(0)],
            UtcOffsets::fixed(0),
        ),
        (
            "the treasury as caller",
            vec![TREASURY],
            UtcOffsets::fixed(0),
        ),
        ("no offset", vec![NAMED], UtcOffsets(vec![])),
        ("offset too far", vec![NAMED], UtcOffsets::fixed(841)),
        (
            "offsets unordered",
            vec![NAMED],
            UtcOffsets(vec![hour(5, 0), hour(5, 60)]),
        ),
    ];
    for (name, callers, offsets) in cases {
        let outcome = by_fund(&mut empty(), &open_with(callers, offsets));
        assert_eq!(outcome.code(), Some(Code::OUT_OF_RANGE), "{name}");
    }
}

#[test]
fn only_the_payer_commands_its_line() {
    let commands = [
        open(BudgetId(2)),
        Execute::SetBudgetCallers {
            budget: LINE,
            callers: vec![UNNAMED],
        },
        standing(BudgetStanding::Suspended),
        allot(1, 5),
        withdraw(1, 5),
        settle(1, JANUARY, 5),
    ];
    for command in commands {
        let mut env = with_budget(100);
        applied(&by_named(&mut env, &pay(50, 10)));
        for actor in [other_fund(), pharmacy()] {
            let outcome = env.execute(&actor, TREASURY, &command);
            assert_eq!(
                outcome.code(),
                Some(Code::NOT_AUTHORISED),
                "{command:?} by {actor:?}"
            );
        }
        assert_eq!(
            by_named(&mut env, &command).code(),
            Some(Code::NOT_AUTHORISED),
            "{command:?}"
        );
        assert_eq!(by_fund(&mut env, &command).code(), None, "{command:?}");
    }
}

#[test]
fn a_programme_belongs_to_the_payer_of_its_first_line() {
    let mut env = with_budget(0);
    let foreign = Execute::OpenBudget {
        budget: BudgetId(2),
        payer: OTHER_FUND,
        programme: PROGRAMME,
        callers: vec![NAMED],
        offsets: UtcOffsets::fixed(300),
    };
    assert_eq!(
        env.execute(&other_fund(), TREASURY, &foreign).code(),
        Some(Code::NOT_AUTHORISED)
    );
    assert_eq!(by_fund(&mut env, &open(BudgetId(2))).code(), None);
}

#[test]
fn all_lines_of_a_programme_have_one_civil_time() {
    let mut env = with_budget(0);
    let second = |offset_minutes| Execute::OpenBudget {
        budget: BudgetId(2),
        payer: FUND,
        programme: PROGRAMME,
        callers: vec![NAMED],
        offsets: UtcOffsets::fixed(offset_minutes),
    };
    let other = by_fund(&mut env, &second(360));
    assert_eq!(other.code(), Some(Code::OUT_OF_RANGE));
    applied(&by_fund(&mut env, &second(300)));
}

#[test]
fn unknown_lines_and_claims_have_their_codes() {
    let mut env = empty();
    let cases = [
        (allot(1, 5), Code::NO_BUDGET),
        (withdraw(1, 5), Code::NO_BUDGET),
        (
            Execute::SetBudgetCallers {
                budget: LINE,
                callers: vec![],
            },
            Code::NO_BUDGET,
        ),
        (standing(BudgetStanding::Closed), Code::NO_BUDGET),
        (settle(1, JANUARY, 5), Code::ACCOUNT_UNKNOWN),
    ];
    for (message, code) in cases {
        assert_eq!(
            by_fund(&mut env, &message).code(),
            Some(code),
            "{message:?}"
        );
    }
    let mut env = with_budget(100);
    assert_eq!(
        by_fund(&mut env, &settle(1, JANUARY, 5)).code(),
        Some(Code::ACCOUNT_UNKNOWN)
    );
}

#[test]
fn money_enters_once_per_id() {
    let mut env = with_budget(0);
    let first = by_fund(&mut env, &allot(1, 500));
    let [TreasuryEvent::Posting(posting)] = events(&first)[..] else {
        panic!("one posting")
    };
    assert_eq!(posting.kind, PostingKind::Allot);
    assert_eq!(
        (posting.debit.amount, posting.credit.amount),
        (Tiyn(500), Tiyn(500))
    );
    let again = by_fund(&mut env, &allot(1, 500));
    assert_eq!(again.code(), None);
    assert!(again.writes.is_empty() && again.events.is_empty());
    assert_eq!(
        by_fund(&mut env, &allot(1, 501)).code(),
        Some(Code::TRANSFER_EXISTS)
    );
    assert_eq!(
        by_fund(&mut env, &withdraw(1, 500)).code(),
        Some(Code::TRANSFER_EXISTS)
    );
    assert_eq!(available(&mut env), 500);
    assert_eq!(outside(&mut env).debits.0, 500);
}

#[test]
fn nothing_is_no_amount() {
    let mut env = with_budget(100);
    applied(&by_named(&mut env, &pay(50, 10)));
    for message in [allot(1, 0), withdraw(1, 0), settle(1, JANUARY, 0)] {
        assert_eq!(
            by_fund(&mut env, &message).code(),
            Some(Code::AMOUNT_ZERO),
            "{message:?}"
        );
    }
}

#[test]
fn only_what_is_free_is_withdrawn() {
    let mut env = with_budget(100);
    let expires_at = TimeMs(env.time().0 + DAY_MS);
    applied(&by_named(&mut env, &reserve(50, 30, expires_at)));
    applied(&by_named(&mut env, &pay(51, 20)));
    assert_eq!(
        by_fund(&mut env, &withdraw(1, 51)).code(),
        Some(Code::BUDGET_EXHAUSTED)
    );
    assert_eq!(by_fund(&mut env, &withdraw(1, 50)).code(), None);
    assert_eq!(available(&mut env), 0);
    assert_eq!(outside(&mut env).credits.0, 50);
}

#[test]
fn a_claim_is_settled_up_to_what_is_owed() {
    let mut env = with_budget(100);
    applied(&by_named(&mut env, &pay(50, 60)));
    assert_eq!(
        by_fund(&mut env, &settle(1, JANUARY, 61)).code(),
        Some(Code::BUDGET_EXHAUSTED)
    );
    assert_eq!(by_fund(&mut env, &settle(1, JANUARY, 40)).code(), None);
    assert_eq!(
        by_fund(&mut env, &settle(1, JANUARY, 40)).code(),
        None,
        "the same again"
    );
    assert_eq!(claim(&mut env, JANUARY).owed().0, 20);
    assert_eq!(
        by_fund(&mut env, &settle(2, JANUARY, 21)).code(),
        Some(Code::BUDGET_EXHAUSTED)
    );
}

#[test]
fn a_line_is_suspended_resumed_and_closed_for_ever() {
    use BudgetStanding::{Closed, Open, Suspended};
    let mut env = with_budget(100);
    let expires_at = TimeMs(env.time().0 + DAY_MS);
    applied(&by_named(&mut env, &reserve(50, 30, expires_at)));

    applied(&by_fund(&mut env, &standing(Suspended)));
    assert_eq!(
        by_named(&mut env, &pay(51, 1)).code(),
        Some(Code::WRONG_STATE)
    );
    assert_eq!(
        by_named(&mut env, &reserve(52, 1, expires_at)).code(),
        Some(Code::WRONG_STATE)
    );
    assert_eq!(
        by_named(&mut env, &post(50, 30)).code(),
        None,
        "a promise outlives a suspension"
    );
    assert_eq!(
        by_fund(&mut env, &standing(Suspended)).code(),
        None,
        "the same again"
    );
    applied(&by_fund(&mut env, &standing(Open)));
    applied(&by_named(&mut env, &reserve(53, 30, expires_at)));

    assert_eq!(
        by_fund(&mut env, &standing(Closed)).code(),
        Some(Code::WRONG_STATE),
        "reserved"
    );
    applied(&by_named(&mut env, &void(53)));
    applied(&by_fund(&mut env, &standing(Closed)));
    for to in [Open, Suspended] {
        assert_eq!(
            by_fund(&mut env, &standing(to)).code(),
            Some(Code::WRONG_STATE),
            "{to:?}"
        );
    }
    assert_eq!(
        by_fund(&mut env, &allot(1, 5)).code(),
        Some(Code::WRONG_STATE)
    );
    applied(&by_named(&mut env, &reverse(50)));
    assert_eq!(
        by_fund(&mut env, &withdraw(2, 100)).code(),
        None,
        "what came back is withdrawn"
    );
}

#[test]
fn other_callers_replace_the_named_ones() {
    let mut env = with_budget(100);
    let expires_at = TimeMs(env.time().0 + DAY_MS);
    applied(&by_named(&mut env, &reserve(50, 30, expires_at)));
    applied(&by_named(&mut env, &pay(51, 10)));
    let rename = Execute::SetBudgetCallers {
        budget: LINE,
        callers: vec![UNNAMED],
    };
    applied(&by_fund(&mut env, &rename));
    assert_eq!(
        by_named(&mut env, &pay(52, 1)).code(),
        Some(Code::NOT_AUTHORISED)
    );
    assert_eq!(
        by_named(&mut env, &post(50, 30)).code(),
        Some(Code::NOT_AUTHORISED)
    );
    assert_eq!(
        by_named(&mut env, &void(50)).code(),
        None,
        "money may always go back"
    );
    assert_eq!(
        by_named(&mut env, &reverse(51)).code(),
        None,
        "money may always go back"
    );
    assert_eq!(
        env.execute_as(UNNAMED, &pharmacy(), TREASURY, &pay(52, 1))
            .code(),
        None
    );
}

#[test]
fn genesis_carries_out_payers_messages_and_no_transfers() {
    let mut env = empty();
    let genesis = Genesis(vec![open(LINE), allot(1, 100)]);
    let outcome = env.by_ledger(TREASURY, Entry::Genesis, &codec::encode(&genesis));
    assert_eq!(outcome.code(), None);
    assert_eq!(available(&mut env), 100);
    let leave = Execute::Leave {
        id: id(3),
        amount: Tiyn(1),
    };
    for message in [pay(2, 1), leave] {
        let genesis = codec::encode(&Genesis(vec![message]));
        let outcome = env.by_ledger(TREASURY, Entry::Genesis, &genesis);
        assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
    }
}

#[test]
fn entries_and_bytes_that_are_not_the_contracts_are_refused() {
    let mut env = with_budget(100);
    let migrate = env.by_ledger(TREASURY, Entry::Migrate, &[0, 0, 0, 0]);
    assert_eq!(migrate.code(), Some(Code::BAD_ENTRY));
    for input in [
        vec![],
        vec![200],
        [codec::encode(&pay(1, 1)), vec![0]].concat(),
    ] {
        let outcome = env.submit(&fund(), &[(TREASURY, input.clone())], &[]);
        assert_eq!(outcome.code(), Some(Code::BAD_INPUT), "{input:?}");
    }
    let due = env.by_ledger(TREASURY, Entry::Due, &[9]);
    assert_eq!(due.code(), Some(Code::BAD_INPUT));
}
