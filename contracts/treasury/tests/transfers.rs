//! What the named contracts do: pay, reserve, post, void, reverse.

mod common;

use borsh::BorshDeserialize;
use common::*;
use senim_abi::TREASURY;
use senim_abi::civil::{UtcOffset, UtcOffsets};
use senim_abi::treasury::msg::{ClaimPage, RESERVATION_MS_MAX};
use senim_abi::treasury::{
    BudgetId, ClaimLine, Execute, Issuer, Posted, PostingKind, Query, Release, Reserved, Reversed,
    TransferKey, TransferState, TreasuryEvent, check_postings,
};
use senim_sdk::testing::TestEnv;
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};

fn in_days(env: &TestEnv, days: u64) -> TimeMs {
    TimeMs(env.time().0 + days * DAY_MS)
}

#[test]
fn a_payment_moves_money_from_the_line_to_the_claim() {
    let mut env = with_budget(1_000);
    let outcome = by_named(&mut env, &pay(1, 300));
    let posted = Posted::try_from_slice(&applied(&outcome)).unwrap();
    assert_eq!(
        posted,
        Posted {
            amount: Tiyn(300),
            period: JANUARY
        }
    );
    assert_eq!(available(&mut env), 700);
    let claim = claim(&mut env, JANUARY);
    assert_eq!((claim.lines, claim.sum.0, claim.owed().0), (1, 300, 300));

    let [TreasuryEvent::Posting(posting)] = events(&outcome)[..] else {
        panic!("one posting")
    };
    let transfer = TransferKey {
        issuer: Issuer::Contract(NAMED),
        id: id(1),
    };
    let line = ClaimLine {
        kind: PostingKind::Pay,
        transfer,
        reference: id(900),
        amount: Tiyn(300),
        vat_basis_points: 0,
        at: env.time(),
    };
    assert_eq!(posting.chain, line.append_to(&Hash::ZERO));
    assert_eq!(claim.chain, posting.chain);
    assert_eq!(
        outcome.writes.len(),
        3,
        "writes are precious: line, claim, transfer"
    );
}

#[test]
fn only_a_named_contract_moves_a_line() {
    let mut env = with_budget(1_000);
    let expires_at = in_days(&env, 1);
    for message in [pay(1, 5), reserve(1, 5, expires_at)] {
        for actor in [fund(), other_fund(), pharmacy()] {
            let outcome = env.execute(&actor, TREASURY, &message);
            assert_eq!(
                outcome.code(),
                Some(Code::NOT_AUTHORISED),
                "{message:?} by {actor:?}"
            );
        }
        let outcome = env.execute_as(UNNAMED, &pharmacy(), TREASURY, &message);
        assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED), "{message:?}");
    }
}

#[test]
fn a_transfer_is_resolved_by_its_issuer_only() {
    let mut env = with_budget(1_000);
    let expires_at = in_days(&env, 1);
    applied(&by_named(&mut env, &reserve(1, 5, expires_at)));
    for message in [post(1, 5), void(1), reverse(1)] {
        let outcome = env.execute_as(UNNAMED, &pharmacy(), TREASURY, &message);
        assert_eq!(outcome.code(), Some(Code::TRANSFER_UNKNOWN), "{message:?}");
        let outcome = env.execute(&fund(), TREASURY, &message);
        assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED), "{message:?}");
    }
}

#[test]
fn orders_are_refused_with_their_codes() {
    let mut env = with_budget(1_000);
    let (now, later) = (env.time(), in_days(&env, 1));
    let order = |budget: u32, provider: u32, amount: u64| Execute::Pay {
        id: id(1),
        budget: BudgetId(budget),
        provider: OrgId(provider),
        amount: Tiyn(amount),
        reference: Hash::ZERO,
    };
    let too_late = TimeMs(now.0 + RESERVATION_MS_MAX + 1);
    let cases = [
        (order(2, 20, 5), Code::NO_BUDGET),
        (order(1, 0, 5), Code::OUT_OF_RANGE),
        (order(1, 20, 0), Code::AMOUNT_ZERO),
        (order(1, 20, 1_001), Code::BUDGET_EXHAUSTED),
        (order(1, 20, u64::MAX), Code::BUDGET_EXHAUSTED),
        (reserve(1, 0, later), Code::AMOUNT_ZERO),
        (reserve(1, 1_001, later), Code::BUDGET_EXHAUSTED),
        (reserve(1, 5, now), Code::OUT_OF_RANGE),
        (reserve(1, 5, TimeMs(0)), Code::OUT_OF_RANGE),
        (reserve(1, 5, too_late), Code::OUT_OF_RANGE),
        (post(1, 5), Code::TRANSFER_UNKNOWN),
        (void(1), Code::TRANSFER_UNKNOWN),
        (reverse(1), Code::TRANSFER_UNKNOWN),
    ];
    let before = env.state().clone();
    for (message, code) in cases {
        assert_eq!(
            by_named(&mut env, &message).code(),
            Some(code),
            "{message:?}"
        );
    }
    assert_eq!(*env.state(), before, "what is refused changes nothing");
}

#[test]
fn the_same_order_again_is_the_same_answer_and_another_is_refused() {
    let mut env = with_budget(1_000);
    let expires_at = in_days(&env, 1);
    for (number, order) in [(1, pay(1, 300)), (2, reserve(2, 300, expires_at))] {
        let first = applied(&by_named(&mut env, &order));
        env.advance(1_000);
        let again = by_named(&mut env, &order);
        assert_eq!(applied(&again), first);
        assert!(again.writes.is_empty() && again.events.is_empty() && again.scheduled.is_empty());
        let others = [
            pay(number, 301),
            reserve(number, 301, expires_at),
            reserve(number, 300, TimeMs(expires_at.0 + 1)),
            Execute::Pay {
                id: id(number),
                budget: LINE,
                provider: OTHER_PHARMACY,
                amount: Tiyn(300),
                reference: id(900),
            },
            Execute::Pay {
                id: id(number),
                budget: LINE,
                provider: PHARMACY,
                amount: Tiyn(300),
                reference: id(901),
            },
        ];
        for other in others {
            let code = by_named(&mut env, &other).code();
            assert_eq!(
                code,
                Some(Code::TRANSFER_EXISTS),
                "{other:?} after {order:?}"
            );
        }
    }
    assert_eq!(available(&mut env), 400);
}

#[test]
fn a_payment_repeated_after_its_reversal_is_still_the_same_answer() {
    let mut env = with_budget(1_000);
    let first = applied(&by_named(&mut env, &pay(1, 300)));
    applied(&by_named(&mut env, &reverse(1)));
    assert_eq!(applied(&by_named(&mut env, &pay(1, 300))), first);
    assert_eq!(available(&mut env), 1_000, "and it is not paid again");
}

#[test]
fn a_reservation_locks_money_and_part_of_it_is_posted() {
    let mut env = with_budget(1_000);
    let expires_at = in_days(&env, 7);
    let outcome = by_named(&mut env, &reserve(1, 800, expires_at));
    let reserved = Reserved::try_from_slice(&applied(&outcome)).unwrap();
    assert_eq!(
        reserved,
        Reserved {
            amount: Tiyn(800),
            expires_at
        }
    );
    assert!(matches!(
        events(&outcome)[..],
        [TreasuryEvent::Reserved { .. }]
    ));
    assert_eq!(available(&mut env), 200);
    assert_eq!(
        claim(&mut env, JANUARY).sum.0,
        0,
        "a promise is not a claim"
    );
    assert_eq!(
        by_named(&mut env, &pay(2, 201)).code(),
        Some(Code::BUDGET_EXHAUSTED)
    );

    assert_eq!(
        by_named(&mut env, &post(1, 0)).code(),
        Some(Code::AMOUNT_ZERO)
    );
    assert_eq!(
        by_named(&mut env, &post(1, 801)).code(),
        Some(Code::AMOUNT_EXCEEDS_PENDING)
    );
    let outcome = by_named(&mut env, &post(1, 500));
    let posted = Posted::try_from_slice(&applied(&outcome)).unwrap();
    assert_eq!(
        posted,
        Posted {
            amount: Tiyn(500),
            period: JANUARY
        }
    );
    let told = events(&outcome);
    let [
        TreasuryEvent::Posting(posting),
        TreasuryEvent::Released {
            amount, release, ..
        },
    ] = &told[..]
    else {
        panic!("a posting and the release of the rest, not {told:?}")
    };
    assert_eq!(
        (posting.kind, *amount, *release),
        (PostingKind::Post, Tiyn(300), Release::PostedLess)
    );
    assert_eq!(available(&mut env), 500);
    assert_eq!(claim(&mut env, JANUARY).sum.0, 500);
}

/// Every state of a transfer, and what each step is then: the automaton as a table.
#[test]
fn a_pending_transfer_is_resolved_exactly_once() {
    type Make = fn(&mut TestEnv);
    const RESOLVED: Option<Code> = Some(Code::TRANSFER_RESOLVED);
    const EXPIRED: Option<Code> = Some(Code::TRANSFER_EXPIRED);
    const NOT_POSTED: Option<Code> = Some(Code::REVERSAL_EXCEEDS_POSTED);
    fn reserved(env: &mut TestEnv) {
        let expires_at = in_days(env, 7);
        applied(&by_named(env, &reserve(1, 300, expires_at)));
    }
    let states: [(&str, Make, [Option<Code>; 4]); 8] = [
        // the state, how it comes about, and then: post 300, post 200, void, reverse
        ("pending", reserved, [None, None, None, NOT_POSTED]),
        (
            "pending past its time",
            |env| {
                reserved(env);
                env.advance(7 * DAY_MS);
            },
            [EXPIRED, EXPIRED, None, NOT_POSTED],
        ),
        (
            "posted",
            |env| {
                reserved(env);
                applied(&by_named(env, &post(1, 300)));
            },
            [None, RESOLVED, RESOLVED, None],
        ),
        (
            "posted in part",
            |env| {
                reserved(env);
                applied(&by_named(env, &post(1, 200)));
            },
            [RESOLVED, None, RESOLVED, None],
        ),
        (
            "paid at once",
            |env| {
                applied(&by_named(env, &pay(1, 300)));
            },
            [RESOLVED, RESOLVED, RESOLVED, None],
        ),
        (
            "voided",
            |env| {
                reserved(env);
                applied(&by_named(env, &void(1)));
            },
            [RESOLVED, RESOLVED, None, NOT_POSTED],
        ),
        (
            "expired",
            |env| {
                reserved(env);
                env.advance(7 * DAY_MS);
                assert_eq!(env.serve_due().len(), 1);
            },
            [EXPIRED, EXPIRED, None, NOT_POSTED],
        ),
        (
            "reversed",
            |env| {
                reserved(env);
                applied(&by_named(env, &post(1, 300)));
                applied(&by_named(env, &reverse(1)));
            },
            [None, RESOLVED, RESOLVED, None],
        ),
    ];
    for (name, make, codes) in states {
        for (step, code) in [post(1, 300), post(1, 200), void(1), reverse(1)]
            .into_iter()
            .zip(codes)
        {
            let mut env = with_budget(1_000);
            make(&mut env);
            let outcome = by_named(&mut env, &step);
            assert_eq!(outcome.code(), code, "{step:?} when {name}");
            let again = by_named(&mut env, &step);
            assert_eq!(again.result, outcome.result, "{step:?} again when {name}");
            assert!(again.writes.is_empty(), "{step:?} again when {name}");
        }
    }
}

#[test]
fn an_expired_reservation_is_released_by_itself() {
    let mut env = with_budget(1_000);
    let expires_at = in_days(&env, 7);
    applied(&by_named(&mut env, &reserve(1, 300, expires_at)));
    applied(&by_named(&mut env, &reserve(2, 100, expires_at)));
    applied(&by_named(&mut env, &post(2, 100)));
    env.advance(7 * DAY_MS - 1);
    assert!(env.serve_due().is_empty());
    env.advance(1);
    let served = env.serve_due();
    let told: Vec<_> = served.iter().map(|(_, outcome)| events(outcome)).collect();
    assert!(matches!(
        told[0][..],
        [TreasuryEvent::Released {
            release: Release::Expired,
            ..
        }]
    ));
    assert!(told[1].is_empty(), "what was posted is left alone");
    assert_eq!(
        transfer(&mut env, 1).map(|t| t.state),
        Some(TransferState::Expired)
    );
    assert_eq!(available(&mut env), 900);
    assert_eq!(env.due().count(), 0);
}

#[test]
fn a_due_entry_that_comes_early_releases_nothing() {
    let mut env = with_budget(1_000);
    let expires_at = in_days(&env, 7);
    applied(&by_named(&mut env, &reserve(1, 300, expires_at)));
    let due = env
        .due()
        .next()
        .expect("a reservation schedules its end")
        .clone();
    assert_eq!(due.at, expires_at);
    let early = env.by_ledger(TREASURY, senim_abi::Entry::Due, &due.input);
    assert_eq!(early.code(), Some(Code::WRONG_STATE));
    assert_eq!(available(&mut env), 700);
}

#[test]
fn a_reversal_within_the_month_takes_the_line_off_where_it_stands() {
    let mut env = with_budget(1_000);
    applied(&by_named(&mut env, &pay(1, 300)));
    let outcome = by_named(&mut env, &reverse(1));
    let reversed = Reversed::try_from_slice(&applied(&outcome)).unwrap();
    assert_eq!(
        reversed,
        Reversed {
            amount: Tiyn(300),
            period: JANUARY
        }
    );
    let claim = claim(&mut env, JANUARY);
    assert_eq!((claim.lines, claim.reversed_lines), (1, 1));
    assert_eq!(
        (claim.sum.0, claim.reversed.0, claim.owed().0),
        (300, 300, 0)
    );
    assert_eq!(available(&mut env), 1_000);
}

#[test]
fn a_reversal_after_the_month_is_a_line_of_the_month_of_now() {
    let mut env = with_budget(1_000);
    applied(&by_named(&mut env, &pay(1, 300)));
    applied(&by_fund(&mut env, &settle(2, JANUARY, 300)));
    env.advance(20 * DAY_MS);
    let outcome = by_named(&mut env, &reverse(1));
    let reversed = Reversed::try_from_slice(&applied(&outcome)).unwrap();
    assert_eq!(reversed.period, FEBRUARY);
    let january = claim(&mut env, JANUARY);
    assert_eq!(
        (january.sum.0, january.reversed.0, january.settled.0),
        (300, 0, 300)
    );
    let february = claim(&mut env, FEBRUARY);
    assert_eq!(
        (february.sum.0, february.reversed.0, february.owed().0),
        (0, 300, 0)
    );
    applied(&by_named(&mut env, &pay(3, 500)));
    assert_eq!(
        claim(&mut env, FEBRUARY).owed().0,
        200,
        "set off against the next payment"
    );
}

#[test]
fn a_posting_belongs_to_the_civil_month_of_its_time() {
    // 2027-01-31 19:00 UTC is February in Astana (UTC+5), and was January until the country changed its offset.
    let midnight = TimeMs(1_801_422_000_000);
    let changed = UtcOffset {
        from: TimeMs(midnight.0 + 1),
        offset_minutes: 0,
    };
    let fixed = UtcOffset {
        from: TimeMs(0),
        offset_minutes: 300,
    };
    let cases = [
        (vec![fixed], midnight.0 - 1, JANUARY),
        (vec![fixed], midnight.0, FEBRUARY),
        (vec![fixed, changed], midnight.0, FEBRUARY),
        (vec![fixed, changed], midnight.0 + 1, JANUARY),
        (
            vec![fixed, changed],
            midnight.0 + 5 * 60 * 60 * 1000,
            FEBRUARY,
        ),
    ];
    for (offsets, at, month) in cases {
        let mut env = empty();
        let open = Execute::OpenBudget {
            budget: LINE,
            payer: FUND,
            programme: PROGRAMME,
            callers: vec![NAMED],
            offsets: UtcOffsets(offsets),
        };
        applied(&by_fund(&mut env, &open));
        applied(&by_fund(&mut env, &allot(0, 10)));
        env.set_time(TimeMs(at));
        let posted = Posted::try_from_slice(&applied(&by_named(&mut env, &pay(1, 1)))).unwrap();
        assert_eq!(posted.period, month, "at {at}");
    }
}

#[test]
fn a_chain_is_reproduced_from_the_events() {
    let mut env = with_budget(1_000);
    let expires_at = in_days(&env, 7);
    let messages = [
        pay(1, 100),
        reserve(2, 50, expires_at),
        post(2, 40),
        reverse(1),
        pay(3, 7),
    ];
    let mut chain = Hash::ZERO;
    for message in &messages {
        for event in events(&by_named(&mut env, message)) {
            let TreasuryEvent::Posting(posting) = event else {
                continue;
            };
            let line = ClaimLine {
                kind: posting.kind,
                transfer: posting.transfer,
                reference: posting.reference,
                amount: posting.debit.amount,
                vat_basis_points: 0,
                at: posting.at,
            };
            chain = line.append_to(&chain);
            assert_eq!(chain, posting.chain);
        }
    }
    assert_eq!(claim(&mut env, JANUARY).chain, chain);
}

#[test]
fn the_nodes_check_finds_what_does_not_balance() {
    let mut env = with_budget(1_000);
    let mut told = by_named(&mut env, &pay(1, 100)).events;
    told.extend(by_named(&mut env, &pay(2, 50)).events);
    assert_eq!(
        check_postings(&told).map(|movement| movement.amount.0),
        Ok(150)
    );

    let forge = |index: usize, change: fn(&mut senim_abi::treasury::Posting)| {
        let mut events = told.clone();
        let TreasuryEvent::Posting(mut posting) = read_event(&events[index]) else {
            panic!()
        };
        change(&mut posting);
        events[index].body = senim_sdk::codec::encode(&TreasuryEvent::Posting(posting));
        check_postings(&events)
    };
    assert!(forge(0, |_| {}).is_ok());
    assert!(
        forge(0, |posting| posting.credit.amount = Tiyn(101)).is_err(),
        "sides differ"
    );
    assert!(forge(0, |posting| posting.credit.account = posting.debit.account).is_err());
    assert!(
        forge(1, |posting| posting.credit.total.0 += 1).is_err(),
        "a hidden movement"
    );
    assert!(
        forge(1, |posting| posting.debit.total.0 = 0).is_err(),
        "less than the amount"
    );
    assert!(
        check_postings(&[told[1].clone(), told[0].clone()]).is_err(),
        "out of order"
    );
    let mut unreadable = told.clone();
    unreadable[0].body.pop();
    assert!(check_postings(&unreadable).is_err());
    unreadable[0].version = 9;
    assert!(check_postings(&unreadable).is_err());
}

#[test]
fn a_providers_claims_are_listed_in_pages() {
    let mut env = with_budget(1_000_000);
    for month in 0..70u64 {
        env.advance(31 * DAY_MS);
        applied(&by_named(&mut env, &pay(month, 1 + month)));
    }
    let ask = |env: &mut TestEnv, after| {
        let answer = env
            .ask(
                TREASURY,
                &Query::Claims {
                    provider: PHARMACY,
                    after,
                },
            )
            .unwrap();
        ClaimPage::try_from_slice(&answer).unwrap()
    };
    let first = ask(&mut env, None);
    assert_eq!(first.len(), 64);
    let (programme, month, _) = first[63];
    let second = ask(&mut env, Some((programme, month)));
    assert_eq!(first.len() + second.len(), 70);
    let sum: u128 = first
        .iter()
        .chain(&second)
        .map(|(_, _, claim)| claim.sum.0)
        .sum();
    assert_eq!(sum, (1..=70).sum::<u128>());
    let other = env
        .ask(
            TREASURY,
            &Query::Claims {
                provider: OTHER_PHARMACY,
                after: None,
            },
        )
        .unwrap();
    assert_eq!(ClaimPage::try_from_slice(&other).unwrap(), vec![]);
}

#[test]
fn a_resolved_transfer_is_forgotten_by_its_issuer_and_a_pending_one_is_not() {
    let mut env = with_budget(10_000);
    applied(&by_named(&mut env, &pay(1, 1_000)));
    let lapses = TimeMs(env.time().0 + 1_000);
    applied(&by_named(&mut env, &reserve(2, 2_000, lapses)));
    let forget = |ids: &[u64]| Execute::Forget {
        ids: ids.iter().map(|number| id(*number)).collect(),
    };
    let refused = by_named(&mut env, &forget(&[1, 2]));
    assert_eq!(refused.code(), Some(Code::TRANSFER_PENDING));
    assert!(transfer(&mut env, 1).is_some(), "nothing of it is done");
    applied(&by_named(&mut env, &void(2)));
    // Nor does a device speak for a contract.
    assert_eq!(
        by_fund(&mut env, &forget(&[1, 2])).code(),
        Some(Code::NOT_AUTHORISED)
    );
    let before = (budget(&mut env), claim(&mut env, JANUARY));
    applied(&by_named(&mut env, &forget(&[1, 2])));
    assert_eq!((transfer(&mut env, 1), transfer(&mut env, 2)), (None, None));
    assert_eq!((budget(&mut env), claim(&mut env, JANUARY)), before);
    // Again is no error; too many at once are.
    applied(&by_named(&mut env, &forget(&[1, 2])));
    let many: Vec<u64> = (0..65).collect();
    assert_eq!(
        by_named(&mut env, &forget(&many)).code(),
        Some(Code::OUT_OF_RANGE)
    );
}
