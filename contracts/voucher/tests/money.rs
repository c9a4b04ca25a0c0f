//! Whatever happens: all money is available, locked for vouchers, or the caterer's.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use proptest::prelude::*;
use senim_abi::treasury::check_postings;
use senim_abi::voucher::proof::HolderAct;
use senim_abi::voucher::{Execute, VoucherId};
use senim_sdk::codec;
use senim_types::Tiyn;

#[derive(Clone, Copy, Debug)]
enum Step {
    Issue(u64),
    List,
    Attest(usize, u8),
    Offer(usize),
    Answer(usize, bool),
    Activate(usize),
    Withdraw(usize),
    TopUp(usize, u64),
    Suspend(usize, bool),
    Redeem(usize, u64),
    Revoke(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let pick = || 0..6usize;
    prop_oneof![
        (1..20u64).prop_map(Step::Issue),
        Just(Step::List),
        (pick(), 0..3u8).prop_map(|(n, person)| Step::Attest(n, person)),
        pick().prop_map(Step::Offer),
        (pick(), prop::bool::weighted(0.8)).prop_map(|(n, yes)| Step::Answer(n, yes)),
        pick().prop_map(Step::Activate),
        pick().prop_map(Step::Withdraw),
        (pick(), 0..200_000u64).prop_map(|(n, amount)| Step::TopUp(n, amount)),
        (pick(), any::<bool>()).prop_map(|(n, suspended)| Step::Suspend(n, suspended)),
        (pick(), 0..130_000u64).prop_map(|(n, price)| Step::Redeem(n, price)),
        (pick(), 0..130_000u64).prop_map(|(n, price)| Step::Redeem(n, price)),
        pick().prop_map(Step::Revoke),
        (1..60 * DAY_MS).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn all_money_is_available_locked_for_vouchers_or_the_caterers(steps in proptest::collection::vec(step(), 1..60)) {
        let total = 3_000_000;
        let mut world = World::with_budget(total);
        let mut vouchers: Vec<VoucherId> = Vec::new();
        for step in steps {
            let known = |n: usize| vouchers.get(n).copied();
            let outcome = match step {
                Step::Issue(meals) => {
                    let message = world.issue_message(Tiyn(meals * 100_000));
                    let outcome = world.by(education(), &message);
                    if outcome.code().is_none() {
                        vouchers.push(codec::decode(outcome.output()).unwrap());
                    }
                    outcome
                }
                Step::List => {
                    vouchers.extend(world.listed(1));
                    continue;
                }
                Step::Wait(duration_ms) => {
                    world.env.advance(duration_ms);
                    for (_, outcome) in world.env.serve_due() {
                        prop_assert_eq!(outcome.code(), None);
                        check_postings(&outcome.events).unwrap();
                    }
                    continue;
                }
                Step::Attest(n, person) => {
                    let Some(voucher) = known(n) else { continue };
                    world.by(identity(), &attest(voucher, person))
                }
                Step::Offer(n) => {
                    let Some(voucher) = known(n) else { continue };
                    world.by(portal(), &Execute::Offer { vouchers: vec![voucher] })
                }
                Step::Answer(n, yes) => {
                    let Some(voucher) = known(n) else { continue };
                    world.by(portal(), &answer(voucher, yes))
                }
                Step::Activate(n) => {
                    let Some(voucher) = known(n) else { continue };
                    world.by(identity(), &bind(voucher, PARENT));
                    world.holder_acts(voucher, HolderAct::Activate)
                }
                Step::Withdraw(n) => {
                    let Some(voucher) = known(n) else { continue };
                    world.holder_acts(voucher, HolderAct::Withdraw)
                }
                Step::TopUp(n, amount) => {
                    let Some(voucher) = known(n) else { continue };
                    let until = world.in_days(220);
                    world.by(education(), &Execute::TopUp { voucher, amount: Tiyn(amount), until })
                }
                Step::Suspend(n, suspended) => {
                    let Some(voucher) = known(n) else { continue };
                    world.by(education(), &Execute::Suspend { voucher, suspended })
                }
                Step::Redeem(n, price) => {
                    let Some(voucher) = known(n) else { continue };
                    world.by(terminal(), &redeem_message(voucher, Tiyn(price)))
                }
                Step::Revoke(n) => {
                    let Some(voucher) = known(n) else { continue };
                    world.by(education(), &Execute::Revoke { voucher })
                }
            };
            check_postings(&outcome.events).unwrap();
            let backed: u128 = vouchers
                .iter()
                .filter_map(|voucher| world.view(*voucher).ok())
                .filter(|view| view.voucher.standing.is_backed())
                .map(|view| u128::from(view.voucher.left.0))
                .sum();
            let lines = [world.money_of(LINE), world.money_of(FREE_LINE)];
            let (available, locked) = lines.iter().fold((0, 0), |sum, line| (sum.0 + line.0, sum.1 + line.1));
            prop_assert_eq!(locked, backed, "each voucher is backed");
            prop_assert_eq!(available + locked + world.owed(), 2 * u128::from(total));
        }
    }
}
