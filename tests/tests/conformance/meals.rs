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

/// A terminal loses its connection: what it did is taken, repeated, answered and forgotten.
#[test]
fn what_a_terminal_did_without_connection_is_the_same_in_wasm() {
    let mut world = World::new();
    let pupils = [world.issued(10), world.issued(10)];
    let mut pad = pad::Pad::new(&mut world);
    for pupil in [pupils[0], pupils[1], pupils[0]] {
        pad.serve(pupil, world.env.time());
    }
    pad.serve(
        pupils[1],
        senim_types::TimeMs(world.env.time().0 + 26 * 60 * 60 * 1000),
    );
    let revoke = Execute::Revoke { voucher: pupils[1] };
    world.done(education(), &revoke);
    world.env.advance(2 * DAY_MS);
    assert_eq!(pad::counts(pad.sent(&mut world)), (1, 3, 0));
    assert_eq!(pad::counts(pad.sent(&mut world)), (0, 0, 4));
    pad.records[3].voucher = pupils[0];
    let fork = pad.send(&mut world).code();
    assert_eq!(fork, Some(senim_types::Code::OFFLINE_FORK));
    for (sequence, pays) in [(1, PRICE), (2, Tiyn::ZERO)] {
        let answer = Execute::AnswerExcess {
            programme: MEALS,
            terminal: terminal().device,
            sequence,
            pays,
        };
        world.done(education(), &answer);
    }
    assert_eq!(world.excess().len(), 3);
    assert!(world.chain_of(terminal().device).is_some());
    world.env.advance(61 * DAY_MS);
    world.env.serve_due();
    assert_eq!(world.excess().len(), 1);
    wasm().replay(&world.env);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn random_lives_of_vouchers_are_the_same_in_wasm(steps in proptest::collection::vec((0..6u8, 0..4usize, 0..120_000u64), 1..24)) {
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
                4 => {
                    let number = 1 + (amount % 3) as u32;
                    _ = world.by(terminal(), &Execute::Refund { voucher, number });
                }
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
