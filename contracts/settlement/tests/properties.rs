//! Whatever is done in whatever order: no act is paid twice, acts are claims, and every tiyn is somewhere.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use borsh::BorshDeserialize;
use common::*;
use proptest::prelude::*;
use senim_abi::TREASURY;
use senim_abi::civil::{Month, UtcOffsets};
use senim_abi::settlement::{Act, ActState, Execute, SettlementEvent, SettlementKind};
use senim_abi::treasury::msg::{BudgetAnswer, OutsideAnswer};
use senim_abi::treasury::{self, PostingKind, TreasuryEvent, check_postings};
use senim_types::{Event, Hash, Tiyn};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug)]
enum Step {
    Post(u64),
    Reverse(usize),
    Days(u64),
    Kind(u8),
    Sign(usize),
    Accept(usize),
    Dispute(usize),
    Withdraw(usize),
    Correct(usize, u64),
    Order(usize, u8),
    Confirm(usize, u8),
    Fail(usize, u8),
    Return(usize, u8),
    Leave(u64),
    /// The payer settles by hand, of the month of so many months ago.
    Settle(u32, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let which = || 0..12usize;
    prop_oneof![
        4 => (1..30_000u64).prop_map(Step::Post),
        2 => which().prop_map(Step::Reverse),
        3 => (1..40u64).prop_map(Step::Days),
        1 => (0..4u8).prop_map(Step::Kind),
        3 => which().prop_map(Step::Sign),
        3 => which().prop_map(Step::Accept),
        2 => which().prop_map(Step::Dispute),
        1 => which().prop_map(Step::Withdraw),
        2 => (which(), 1..20_000u64).prop_map(|(act, amount)| Step::Correct(act, amount)),
        3 => (which(), 1..4u8).prop_map(|(act, attempt)| Step::Order(act, attempt)),
        3 => (which(), 1..4u8).prop_map(|(act, attempt)| Step::Confirm(act, attempt)),
        2 => (which(), 1..4u8).prop_map(|(act, attempt)| Step::Fail(act, attempt)),
        2 => (which(), 1..4u8).prop_map(|(act, attempt)| Step::Return(act, attempt)),
        1 => (1..50_000u64).prop_map(Step::Leave),
        2 => (0..2u32, 1..30_000u64).prop_map(|(ago, amount)| Step::Settle(ago, amount)),
    ]
}

/// Does a step, refused or not, and gives what it told.
fn take(world: &mut World, step: Step, posted: &mut u64, day: &mut u64) -> Vec<Event> {
    let all = world.acts();
    let act = |which: usize| all.get(which % all.len().max(1)).cloned();
    let by = |world: &mut World, actor, message: Option<Execute>| {
        message.map_or(Vec::new(), |message| world.by(actor, &message).events)
    };
    match step {
        Step::Post(amount) => {
            *posted += 1;
            world.post(*posted, amount).events
        }
        Step::Reverse(which) => world.reverse(1 + which as u64 % (*posted).max(1)).events,
        Step::Days(days) => {
            *day += days;
            world.env.advance(days * DAY_MS);
            let served = world.env.serve_due().into_iter();
            served
                .flat_map(|(due, outcome)| {
                    assert_eq!(outcome.code(), None, "{due:?}");
                    outcome.events
                })
                .collect()
        }
        Step::Kind(kind) => {
            let kind = [
                SettlementKind::TengeAtRedemption,
                SettlementKind::TengeAtAcceptance,
                SettlementKind::BankFile,
                SettlementKind::StockOnly,
            ][usize::from(kind)];
            let message = agreement(CATERER, kind, 500_000);
            by(world, city(), Some(message))
        }
        Step::Sign(which) => {
            let message = act(which).map(|act| Execute::Sign {
                act: act.body.act,
                hash: act.body.hash(),
            });
            by(world, caterer(), message)
        }
        Step::Accept(which) => {
            let message = act(which).map(|act| world.accept(act.body.act));
            by(world, city(), message)
        }
        Step::Dispute(which) => {
            let message = act(which).map(|act| world.dispute(act.body.act, &[]));
            by(world, city(), message)
        }
        Step::Withdraw(which) => {
            let message = act(which).map(|act| Execute::WithdrawDispute { act: act.body.act });
            by(world, city(), message)
        }
        Step::Correct(which, amount) => {
            let line = 1 + amount % (*posted).max(1);
            let message = act(which).map(|act| correct(act.body.act, &[(line, amount)]));
            by(world, caterer(), message)
        }
        Step::Order(which, attempt) => {
            let message = act(which).map(|act| order(act.body.act, attempt, u64::from(attempt)));
            by(world, city(), message)
        }
        Step::Confirm(which, attempt) => {
            let message = act(which).map(|act| confirm(act.body.act, attempt, act.body.payable.0));
            by(world, city(), message)
        }
        Step::Fail(which, attempt) => {
            let message = act(which).map(|act| fail(act.body.act, attempt));
            by(world, city(), message)
        }
        Step::Return(which, attempt) => {
            let message =
                act(which).map(|act| give_back(act.body.act, attempt, act.body.payable.0));
            by(world, city(), message)
        }
        Step::Settle(ago, amount) => {
            *posted += 1;
            let month = UtcOffsets::fixed(300).month_of(world.env.time());
            let message = treasury::Execute::Settle {
                id: hash(*posted),
                provider: CATERER,
                programme: MEALS,
                period: Month(month.0 - ago),
                amount: Tiyn(amount),
            };
            world.env.execute(&city(), TREASURY, &message).events
        }
        Step::Leave(amount) => {
            *posted += 1;
            let message = leave(*posted, amount);
            world.env.execute(&caterer(), TREASURY, &message).events
        }
    }
}

fn ask<T: BorshDeserialize>(world: &mut World, question: &treasury::Query) -> T {
    T::try_from_slice(&world.env.ask(TREASURY, question).unwrap()).unwrap()
}

/// A line is taken off once: never more of it than is left. One that the treasury keeps no transfer of, it cannot tell from
/// one that was spent out of a lock.
fn taken_off(left: &mut BTreeMap<Hash, u64>, line: &Hash, amount: Tiyn) {
    if let Some(left) = left.get_mut(line) {
        *left = left
            .checked_sub(amount.0)
            .expect("a line is taken off once");
    }
}

/// What an account has: credits less debits.
fn balance(credits: senim_types::TiynTotal, debits: senim_types::TiynTotal) -> i128 {
    credits.0 as i128 - debits.0 as i128
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_act_is_paid_twice_and_every_tiyn_is_somewhere(kind in 0..5u8, steps in proptest::collection::vec(step(), 1..60)) {
        // Of five, two begin without a contract: what comes of that is set off under the one that is made, if one is.
        let mut world = if kind < 3 {
            World::of(SettlementKind::TengeAtAcceptance)
        } else {
            let mut world = World::empty();
            world.confirm_details(caterer(), hash(8_000));
            world
        };
        let (mut posted, mut day) = (0, 0);
        let mut paid: BTreeMap<Month, u64> = BTreeMap::new();
        if kind < 3 {
            take(&mut world, Step::Kind(kind), &mut posted, &mut day);
        }
        let mut known: BTreeMap<_, Act> = BTreeMap::new();
        let mut left: BTreeMap<Hash, u64> = BTreeMap::new();
        for step in steps {
            let told = take(&mut world, step, &mut posted, &mut day);
            prop_assert!(check_postings(&told).is_ok(), "{step:?}");
            for event in told.iter().filter(|event| event.contract == TREASURY) {
                let TreasuryEvent::Posting(posting) = TreasuryEvent::try_from_slice(&event.body).unwrap() else {
                    continue;
                };
                match posting.kind {
                    PostingKind::Pay => {
                        left.insert(posting.transfer.id, posting.debit.amount.0);
                    }
                    PostingKind::Reverse => taken_off(&mut left, &posting.transfer.id, posting.debit.amount),
                    _ => {}
                }
            }
            for event in told.iter().filter(|event| event.contract == senim_abi::SETTLEMENT) {
                match SettlementEvent::try_from_slice(&event.body).unwrap() {
                    SettlementEvent::ActPaid { act, amount, .. } => {
                        let before = paid.insert(act.period, amount.0);
                        prop_assert_eq!(before, None, "one month is paid once: {:?}", act);
                    }
                    SettlementEvent::ActMade { corrections, .. } => {
                        for line in corrections {
                            taken_off(&mut left, &line.transfer, line.amount);
                        }
                    }
                    SettlementEvent::PaymentReturned { act, amount, owed_again: true, .. } => {
                        let before = paid.remove(&act.period);
                        prop_assert_eq!(before, Some(amount.0), "what came back had been paid: {:?}", act);
                    }
                    _ => {}
                }
            }
            for act in world.acts() {
                // What an act says never changes, and a signature is never taken off.
                if let Some(before) = known.insert(act.body.act, act.clone()) {
                    prop_assert_eq!(&before.body, &act.body);
                    prop_assert!(before.signed.is_none() || act.signed == before.signed);
                    let stays = [ActState::Paid, ActState::Returned].contains(&act.state);
                    prop_assert!(before.state != ActState::Paid || stays);
                }
            }
        }

        let months: Vec<Month> = (JANUARY.0..=JANUARY.0 + 90).map(Month).collect();
        let mut claims = 0;
        let mut debts = 0;
        for month in &months {
            let claim = world.claim(*month);
            claims += balance(claim.credits(), claim.debits());
            debts += u32::from(claim.excess().0 > 0);
            prop_assert_eq!(claim.excess().0 > 0, world.debt() == Some(*month));
            // Σ of an act's lines = Σ of the claim's, to the tiyn; and what is paid is what was owed.
            let last = known.values().filter(|act| act.body.act.period == *month).max_by_key(|act| act.body.act.number);
            if let Some(act) = last.filter(|act| world.find(act.body.act).is_none()) {
                // It was paid, and is forgotten with its claim.
                prop_assert_eq!(act.state, ActState::Paid);
                prop_assert_eq!(claim, Default::default());
            } else if let Some(act) = last {
                prop_assert_eq!(act.body.sum, claim.sum);
                prop_assert_eq!(act.body.reversed, claim.reversed);
                prop_assert_eq!(act.body.corrected, claim.corrected);
                prop_assert_eq!(act.body.chain, claim.chain);
                prop_assert_eq!(u128::try_from(act.body.balance()).unwrap_or(0), u128::from(act.body.payable.0));
                let still = if act.state == ActState::Paid { 0 } else { act.body.payable.0 };
                prop_assert_eq!(u128::from(still), claim.owed().0);
            }
        }
        prop_assert!(debts <= 1, "one claim at most is negative");
        let line: BudgetAnswer = ask(&mut world, &treasury::Query::Budget { budget: LINE });
        let line = line.unwrap();
        let outside: OutsideAnswer = ask(&mut world, &treasury::Query::Outside { payer: CITY });
        let left: OutsideAnswer = ask(&mut world, &treasury::Query::Outside { payer: CATERER });
        let outside = outside.unwrap();
        let own = left.map_or(0, |own| balance(own.credits, own.debits));
        let purse = world.purse() as i128;
        let all = balance(line.credits, line.debits) + claims + purse + own + balance(outside.credits, outside.debits);
        prop_assert_eq!(all, 0, "what came in is somewhere");
        prop_assert!(world.counted() <= 500_000, "nothing is posted above the ceiling");
    }
}
