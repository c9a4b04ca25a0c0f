//! A use that was a mistake is undone: money, counters, the day's tally and the claim are as if it had not been, but for the
//! line that takes it off.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::pad::Pad;
use common::*;
use proptest::prelude::*;
use senim_abi::civil::Month;
use senim_abi::treasury::{
    self, Account, Claim, ClaimLine, PostingKind, SettlementKind, TreasuryEvent, check_postings,
};
use senim_abi::voucher::msg::TallyAnswer;
use senim_abi::voucher::record::RecentUse;
use senim_abi::voucher::{Execute, Query, Status, VoucherEvent, VoucherId};
use senim_abi::{SETTLEMENT, TREASURY};
use senim_sdk::testing::{Actor, TestOutcome};
use senim_sdk::{Roles, codec};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};
use std::collections::BTreeSet;

fn refund(voucher: VoucherId, number: u32) -> Execute {
    Execute::Refund { voucher, number }
}

/// Uses, persons and tiyn that a day came to.
fn day(world: &mut World, day: u32) -> (u32, u32, u128) {
    let answer: TallyAnswer = world.asked(&Query::Tally {
        programme: MEALS,
        place: SCHOOL,
        day,
    });
    answer.map_or((0, 0, 0), |tally| (tally.uses, tally.persons, tally.paid.0))
}

#[test]
fn who_was_served_by_mistake_may_eat_on_the_same_day() {
    let mut world = World::new();
    let pupil = world.issued(2);
    let before = world.money();
    let first = world.redeemed(pupil);
    assert_eq!(world.redeem(pupil).code(), Some(Code::DAILY_LIMIT));

    let outcome = world.done(terminal(), &refund(pupil, first.number));
    check_postings(&outcome.events).unwrap();
    assert_eq!(world.money(), before);
    assert_eq!((world.owed(), day(&mut world, FRIDAY)), (0, (0, 0, 0)));
    let view = world.view(pupil).unwrap();
    assert_eq!((view.voucher.left, view.voucher.uses), (Tiyn(200_000), 0));
    let VoucherEvent::Refunded { refunded, left, .. } = events(&outcome)[0] else {
        panic!("{:?}", events(&outcome))
    };
    assert_eq!((refunded.paid, left), (PRICE, Tiyn(200_000)));

    // The same again is a success and nothing more.
    let state = world.env.state().clone();
    let again = world.done(terminal(), &refund(pupil, first.number));
    assert_eq!(world.env.state(), &state);
    assert!(again.events.is_empty());

    // No two lines have one id.
    let second = world.redeemed(pupil);
    assert_eq!((first.number, second.number), (1, 2));
    assert_eq!(world.redeem(pupil).code(), Some(Code::DAILY_LIMIT));
    let claim = world.claim().unwrap();
    let price = u128::from(PRICE.0);
    assert_eq!((claim.lines, claim.sum.0), (2, 2 * price));
    assert_eq!((claim.reversed_lines, claim.reversed.0), (1, price));
    assert_eq!(day(&mut world, FRIDAY), (1, 1, price));
}

/// Who undoes which use, after what, and what comes of it.
type Case = (
    &'static str,
    Actor,
    u32,
    fn(&mut World, VoucherId),
    Option<Code>,
);

#[test]
fn each_guard_of_a_refund_is_met() {
    let other = Actor::new(33, OrgId(61), Roles::PROVIDER);
    let cases: [Case; 9] = [
        ("as it should be", terminal(), 1, |_, _| (), None),
        ("by who is paid", caterer(), 1, |_, _| (), None),
        (
            "by another",
            other,
            1,
            |_, _| (),
            Some(Code::NOT_REDEEMED_HERE),
        ),
        (
            "of no use",
            terminal(),
            2,
            |_, _| (),
            Some(Code::USE_UNKNOWN),
        ),
        (
            "on the third day",
            terminal(),
            1,
            |world, _| world.env.advance(RecentUse::REFUND_MS_MAX),
            None,
        ),
        (
            "after it",
            terminal(),
            1,
            |world, _| world.env.advance(RecentUse::REFUND_MS_MAX + 1),
            Some(Code::REFUND_TOO_LATE),
        ),
        (
            "of a voucher that the payer took back",
            terminal(),
            1,
            |world, voucher| {
                world.done(education(), &Execute::Revoke { voucher });
            },
            Some(Code::VOUCHER_REVOKED),
        ),
        (
            "of one that ended",
            terminal(),
            1,
            |world, _| world.env.advance(2 * DAY_MS),
            Some(Code::VOUCHER_EXPIRED),
        ),
        (
            "of one that ended and was swept",
            terminal(),
            1,
            |world, _| {
                world.env.advance(2 * DAY_MS);
                world.env.serve_due();
            },
            Some(Code::VOUCHER_EXPIRED),
        ),
    ];
    for (case, actor, number, before, code) in cases {
        let mut world = World::new();
        let voucher = if code == Some(Code::VOUCHER_EXPIRED) {
            issued_until(&mut world, 1)
        } else {
            world.issued(1)
        };
        world.redeemed(voucher);
        before(&mut world, voucher);
        let state = world.env.state().clone();
        let outcome = world.by(actor, &refund(voucher, number));
        assert_eq!(outcome.code(), code, "{case}");
        assert_eq!(world.env.state() == &state, code.is_some(), "{case}");
    }
}

/// A voucher that ends, and is mature, in so many days.
fn issued_until(world: &mut World, days: u64) -> VoucherId {
    let mut entry = world.entry(Tiyn(100_000));
    entry.mature_at = TimeMs(0);
    entry.until = world.in_days(days);
    let message = Execute::Issue {
        index: 0,
        programme: MEALS,
        holder: None,
        entry,
    };
    codec::decode(world.done(education(), &message).output()).unwrap()
}

#[test]
fn what_is_the_persons_since_the_voucher_is_mature_comes_back_to_the_person() {
    let mut world = World::new();
    let voucher = issued_until(&mut world, 1);
    let revoke = Execute::Revoke { voucher };
    assert_eq!(world.by(education(), &revoke).code(), Some(Code::MATURED));
    world.redeemed(voucher);
    world.done(terminal(), &refund(voucher, 1));
    let view = world.view(voucher).unwrap();
    assert_eq!(
        (view.status, view.voucher.left),
        (Status::Active, Tiyn(100_000))
    );
}

#[test]
fn a_use_of_the_months_last_evening_is_undone_in_the_month_after() {
    let mut world = World::new();
    let pupil = world.issued(2);
    let before = world.money();
    // 2027-01-31, 13:00.
    world.env.advance(16 * DAY_MS);
    let last = FRIDAY + 16;
    world.redeemed(pupil);
    let january = world.claim().unwrap();
    world.env.advance(11 * HOUR_MS);
    let outcome = world.done(terminal(), &refund(pupil, 1));
    check_postings(&outcome.events).unwrap();
    assert_eq!(world.money(), before);
    assert_eq!(day(&mut world, last), (0, 0, 0));
    let voucher = world.view(pupil).unwrap().voucher;
    assert_eq!((voucher.left, voucher.uses), (Tiyn(200_000), 0));
    assert_eq!(voucher.uses_on(last), 0);
    let month = settings().clock(world.env.time()).month();
    assert_eq!(voucher.uses_in(month).uses, 0);
    // January's act is what it was; February's takes it off.
    let february = world.claim().unwrap();
    assert_eq!((february.lines, february.reversed_lines), (0, 1));
    assert_eq!(february.excess(), january.sum);
}

#[test]
fn a_provider_who_was_paid_at_once_owes_it_until_the_next_use() {
    let mut world = World::new();
    let terms = treasury::Execute::SetTerms {
        payer: EDUCATION,
        programme: MEALS,
        provider: CATERER,
        agreement: Hash([7; 32]),
        from: TimeMs(0),
        until: world.in_days(100),
        ceiling: PRICE,
        vat_basis_points: 1_600,
        kind: SettlementKind::TengeAtRedemption,
    };
    let outcome = world
        .env
        .execute_as(SETTLEMENT, &education(), TREASURY, &terms);
    assert_eq!(outcome.code(), None);
    let pupil = world.issued(2);
    world.redeemed(pupil);
    world.done(terminal(), &refund(pupil, 1));
    let claim = world.claim().unwrap();
    assert_eq!(claim.vat_reversed, claim.vat);
    assert_eq!(claim.excess().0, u128::from(PRICE.0));
    // The ceiling has room again, and what was paid once pays for this one.
    world.redeemed(pupil);
    let claim = world.claim().unwrap();
    assert_eq!((claim.excess().0, claim.owed().0), (0, 0));
    assert_eq!(claim.settled.0, u128::from(PRICE.0));
}

#[test]
fn a_record_of_a_terminal_without_connection_is_undone_on_its_own_day() {
    let mut world = World::new();
    let pupil = world.issued(3);
    let mut pad = Pad::new(&mut world);
    pad.serve(pupil, world.env.time());
    world.env.advance(2 * DAY_MS);
    assert_eq!(pad::counts(pad.sent(&mut world)), (1, 0, 0));
    world.redeemed(pupil);
    world.done(terminal(), &refund(pupil, 1));
    let price = u128::from(PRICE.0);
    assert_eq!(day(&mut world, FRIDAY), (0, 0, 0));
    assert_eq!(day(&mut world, FRIDAY + 2), (1, 1, price));
    let voucher = world.view(pupil).unwrap().voucher;
    let uses = [voucher.uses_on(FRIDAY), voucher.uses_on(FRIDAY + 2)];
    assert_eq!(uses, [0, 1]);
}

/// A use, as a plain list of all of them has it.
#[derive(Clone, Copy, Debug)]
struct Used {
    voucher: usize,
    number: u32,
    at: TimeMs,
    paid: u64,
    stands: bool,
    undone_in: Option<Month>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Redeem(usize, u64),
    Refund(usize, u32),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let pick = || 0..3usize;
    prop_oneof![
        4 => (pick(), 1..100_000u64).prop_map(|(n, price)| Step::Redeem(n, price)),
        4 => (pick(), 0..6u32).prop_map(|(n, back)| Step::Refund(n, back)),
        1 => (1..30 * HOUR_MS).prop_map(Step::Wait),
        1 => (1..5 * DAY_MS).prop_map(Step::Wait),
    ]
}

/// The lines that an outcome appends to the caterer's claim of a month.
fn append(chain: &mut Hash, outcome: &TestOutcome, claim: Account) {
    let of_treasury = outcome
        .events
        .iter()
        .filter(|event| event.contract == TREASURY);
    for event in of_treasury {
        let TreasuryEvent::Posting(posting) = codec::decode(&event.body).unwrap() else {
            continue;
        };
        let is_line = matches!(posting.kind, PostingKind::Post | PostingKind::Reverse);
        if is_line && [posting.debit.account, posting.credit.account].contains(&claim) {
            let line = ClaimLine {
                kind: posting.kind,
                transfer: posting.transfer,
                reference: posting.reference,
                amount: posting.credit.amount,
                vat_basis_points: posting.vat_basis_points,
                at: posting.at,
            };
            *chain = line.append_to(chain);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_the_order_it_is_as_if_what_was_undone_had_not_been(steps in proptest::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        let mut rules = rules();
        rules.uses_per_day_max = Some(3);
        world.done(education(), &Execute::SetPolicy { programme: MEALS, policy: policy(rules) });
        let vouchers: Vec<VoucherId> = (0..3).map(|_| world.issued(40)).collect();
        let clock = |at: TimeMs| settings().clock(at);
        let mut uses: Vec<Used> = Vec::new();
        let mut chains: Vec<(Month, Hash)> = Vec::new();
        for step in steps {
            let now = world.env.time();
            let month = clock(now).month();
            let outcome = match step {
                Step::Wait(duration_ms) => {
                    world.env.advance(duration_ms);
                    continue;
                }
                Step::Redeem(voucher, price) => {
                    let outcome = world.by(terminal(), &redeem_message(vouchers[voucher], Tiyn(price)));
                    let today = uses.iter().filter(|used| {
                        used.voucher == voucher && used.stands && clock(used.at).day == clock(now).day
                    });
                    let expected = (today.count() >= 3).then_some(Code::DAILY_LIMIT);
                    prop_assert_eq!(outcome.code(), expected);
                    if expected.is_none() {
                        let number = uses.iter().filter(|used| used.voucher == voucher).count() as u32 + 1;
                        uses.push(Used { voucher, number, at: now, paid: price, stands: true, undone_in: None });
                    }
                    outcome
                }
                Step::Refund(voucher, back) => {
                    let all = uses.iter().filter(|used| used.voucher == voucher).count() as u32;
                    let number = all.saturating_sub(back);
                    let outcome = world.by(terminal(), &refund(vouchers[voucher], number));
                    let used = uses.iter_mut().find(|used| used.voucher == voucher && used.number == number);
                    let known = used.filter(|_| back < RecentUse::KNOWN_MAX as u32);
                    let expected = match &known {
                        None => Some(Code::USE_UNKNOWN),
                        Some(used) if !used.stands => None,
                        Some(used) if now.0 - used.at.0 > RecentUse::REFUND_MS_MAX => Some(Code::REFUND_TOO_LATE),
                        Some(_) => None,
                    };
                    prop_assert_eq!(outcome.code(), expected);
                    if let (Some(used), None) = (known.filter(|used| used.stands), expected) {
                        (used.stands, used.undone_in) = (false, Some(month));
                    }
                    outcome
                }
            };
            check_postings(&outcome.events).unwrap();
            if chains.last().is_none_or(|(last, _)| *last != month) {
                chains.push((month, Hash::ZERO));
            }
            let chain = &mut chains.last_mut().unwrap().1;
            append(chain, &outcome, Account::Claim { provider: CATERER, programme: MEALS, period: month });
            let claim: Claim = world.claim().unwrap_or_default();
            prop_assert_eq!(claim.chain, *chain);
            let standing = || uses.iter().filter(|used| used.stands);
            let of_month = uses.iter().filter(|used| clock(used.at).month() == month);
            prop_assert_eq!(claim.sum.0, of_month.map(|used| u128::from(used.paid)).sum::<u128>());
            let undone = uses.iter().filter(|used| used.undone_in == Some(month));
            prop_assert_eq!(claim.reversed.0, undone.map(|used| u128::from(used.paid)).sum::<u128>());
            let paid: u64 = standing().map(|used| used.paid).sum();
            prop_assert_eq!(world.money().1, u128::from(3 * 4_000_000 - paid));
            let today = clock(now).day;
            let (mut count, mut sum, mut persons) = (0, 0, BTreeSet::new());
            for used in standing().filter(|used| clock(used.at).day == today) {
                count += 1;
                sum += u128::from(used.paid);
                persons.insert(used.voucher);
            }
            prop_assert_eq!(day(&mut world, today), (count, persons.len() as u32, sum));
            for (index, voucher) in vouchers.iter().enumerate() {
                let own = || standing().filter(|used| used.voucher == index);
                let voucher = world.view(*voucher).unwrap().voucher;
                prop_assert_eq!(voucher.uses as usize, own().count());
                prop_assert_eq!(voucher.left.0, 4_000_000 - own().map(|used| used.paid).sum::<u64>());
                let on_day = own().filter(|used| clock(used.at).day == today).count();
                prop_assert_eq!(usize::from(voucher.uses_on(today)), on_day);
                let of_month = own().filter(|used| clock(used.at).month() == month);
                let spent = of_month.map(|used| used.paid).sum::<u64>();
                prop_assert_eq!(voucher.uses_in(month).spent.0, spent);
            }
        }
    }
}
