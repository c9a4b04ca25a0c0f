//! What a redemption costs natively and as WebAssembly: `cargo bench -p senim-tests --bench execution`.
//!
//! One measure is the best of many rounds, in microseconds of wall time on an otherwise idle core. The
//! WebAssembly figures are of calls through the engine with a fresh instance for each contract entered,
//! over a small state in memory: no signatures, no state tree, no log.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on fails")]

#[path = "../../contracts/prescription/tests/common/mod.rs"]
mod prescription;
#[path = "../tests/conformance/replay.rs"]
mod replay;

use prescription::*;
use replay::Wasm;
use senim_abi::{PRESCRIPTION, TREASURY};
use senim_types::ContractId;
use std::hint::black_box;
use std::time::Instant;

/// The least time of `rounds` rounds, in µs per turn.
fn least_us(rounds: usize, turns: usize, mut turn: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let start = Instant::now();
        for _ in 0..turns {
            turn();
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / turns as f64);
    }
    best
}

fn main() {
    let wasm = Wasm::load();
    let mut world = World::new();
    let group = world.issue(vec![world.item()]);
    world.dispensed(APTEKA, group, 0);
    wasm.replay(&world.env);

    let steps = world.env.steps().to_vec();
    let names = [
        "genesis: treasury",
        "genesis: prescription",
        "genesis: marking",
        "issue",
        "hold",
        "dispense",
    ];
    println!("{:<24} {:>10} {:>12}", "step", "wasm µs", "fuel");
    let mut redemption_us = 0.0;
    for (number, name) in names.iter().enumerate().skip(3) {
        let before = wasm.state_after(&steps[..number]);
        let mut fuel = 0;
        let us = least_us(40, 50, || {
            fuel = wasm.step(&before, &steps[number]).unwrap().fuel
        });
        println!("{name:<24} {us:>10.1} {fuel:>12}");
        if number > 3 {
            redemption_us += us;
        }
    }
    println!("{:<24} {redemption_us:>10.1}", "hold + dispense");

    let state = wasm.state_after(&steps);
    let question = |contract: ContractId, input: Vec<u8>| {
        let us = least_us(40, 200, || {
            _ = black_box(wasm.ask(&state, contract, &input))
        });
        println!("query of contract {contract:<6} {us:>10.1}");
    };
    question(
        TREASURY,
        senim_sdk::codec::encode(&senim_abi::treasury::Query::Budget { budget: BUDGET }),
    );
    question(
        PRESCRIPTION,
        senim_sdk::codec::encode(&senim_abi::prescription::msg::Query::Group { group }),
    );

    let native_us = least_us(20, 20, || {
        let mut world = World::new();
        let group = world.issue(vec![world.item()]);
        world.dispensed(APTEKA, group, 0);
    });
    let set_up_us = least_us(20, 20, || {
        let mut world = World::new();
        black_box(world.issue(vec![world.item()]));
    });
    let native_us = native_us - set_up_us;
    println!("{:<24} {native_us:>10.1}", "natively, test double");
}
