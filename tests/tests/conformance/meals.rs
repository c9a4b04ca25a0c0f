//! Vouchers and policies, natively and as WebAssembly.

use super::*;
use crate::voucher::*;
use senim_abi::policy::{Delegated, Facts, Query as Asking, Question};
use senim_abi::voucher::proof::{HolderAct, UseStatement, lines_hash};
use senim_abi::voucher::record::Delegation;
use senim_abi::voucher::{Execute, Proof, VoucherEvent};
use senim_sdk::testing::key_of;
use senim_types::Tiyn;

/// Everything that can happen to a listed person, and the policy's explanation of it.
#[test]
fn the_life_of_a_listed_voucher_is_the_same_in_wasm() {
    let mut world = World::new();
    let voucher = world.activated();
    world.env.advance(1);
    let child = Delegation {
        key: key_of(CHILD),
        bounds: Delegated {
            until: world.in_days(100),
            uses: 5,
            uses_per_day: 1,
        },
    };
    assert_eq!(
        world
            .holder_acts(voucher, HolderAct::Delegate(child))
            .code(),
        None
    );
    world.env.advance(1);
    let (at, lines) = (world.env.time(), meal(PRICE));
    let statement = UseStatement {
        voucher,
        org: MEAL_SYSTEM,
        device: terminal().device,
        at,
        lines: lines_hash(&lines),
    };
    let message = redeem_with(voucher, PRICE, Proof::Code { at });
    let outcome = world.signed(terminal(), &message, &[statement.by(key_of(CHILD))]);
    assert_eq!(outcome.code(), None);
    let facts: Vec<Facts> = events(&outcome)
        .into_iter()
        .filter_map(|event| match event {
            VoucherEvent::Redeemed { facts, .. } => Some(facts),
            _ => None,
        })
        .collect();
    for query in [Asking::Explain, Asking::Decide] {
        let question = Question {
            parameters: policy(free_rules()).parameters,
            facts: facts[0].clone(),
        };
        world.env.ask(MEASURE, &query(question)).unwrap();
    }
    world.env.ask(MEASURE, &Asking::Describe).unwrap();
    assert_eq!(
        world.redeem(voucher).code(),
        Some(senim_types::Code::DAILY_LIMIT)
    );
    let lapsing = world.offered_to(2);
    world.env.advance(31 * DAY_MS);
    world.env.serve_due();
    assert_eq!(world.holder_acts(voucher, HolderAct::Withdraw).code(), None);
    _ = world.view(lapsing);
    wasm().replay(&world.env);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn random_lives_of_vouchers_are_the_same_in_wasm(steps in proptest::collection::vec((0..5u8, 0..4usize, 0..120_000u64), 1..24)) {
        let mut world = World::with_budget(3_000_000);
        let mut vouchers = vec![world.issued(3)];
        for (what, number, amount) in steps {
            let voucher = vouchers[number % vouchers.len()];
            match what {
                0 => {
                    let message = world.issue_message(Tiyn(amount * 10));
                    let outcome = world.by(education(), &message);
                    if outcome.code().is_none() {
                        vouchers.push(senim_sdk::codec::decode(outcome.output()).unwrap());
                    }
                }
                1 | 2 => _ = world.by(terminal(), &redeem_message(voucher, Tiyn(amount))),
                3 => _ = world.by(education(), &Execute::Revoke { voucher }),
                _ => {
                    world.env.advance(amount * 70_000);
                    world.env.serve_due();
                    _ = world.view(voucher);
                    world.money();
                    world.owed();
                }
            }
        }
        wasm().replay(&world.env);
    }
}
