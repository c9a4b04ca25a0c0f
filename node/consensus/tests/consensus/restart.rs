//! A validator dies at every single effect it performs, and never signs two things for one place.

use crate::sim::{Sim, Tail};
use senim_types::Height;

const SECOND_US: u64 = 1_000_000;
const HEIGHTS: Height = Height(2);

/// Dies instead of performing effect number `at`, restarts 50 ms later. Gives the effects that the
/// node performed in the whole run.
fn run(nodes: usize, victim: usize, at: u64, tail: Tail) -> u64 {
    let mut sim = Sim::new(11, nodes);
    sim.height_max = HEIGHTS;
    sim.nodes[victim].die_at = Some((at, tail));
    for tick in 1..2_000 {
        sim.restart_at(tick * 50_000, victim);
    }
    // Signing twice, disagreeing, and speaking before flushing are asserted by the simulation.
    sim.run(60 * SECOND_US, |sim| sim.lowest() == HEIGHTS);
    assert_eq!(
        sim.lowest(),
        HEIGHTS,
        "{nodes} validators, death of {victim} at effect {at} with tail {tail:?}"
    );
    sim.nodes[victim].performed
}

fn die_everywhere(nodes: usize) {
    for victim in 0..nodes.min(2) {
        let points = run(nodes, victim, u64::MAX, Tail::Lost);
        assert!(points > 20);
        for tail in [Tail::Lost, Tail::Half, Tail::Kept] {
            for at in 0..points {
                run(nodes, victim, at, tail);
            }
        }
    }
}

#[test]
fn the_only_validator_dies_at_every_effect() {
    die_everywhere(1);
}

#[test]
fn one_of_two_dies_at_every_effect() {
    die_everywhere(2);
}

#[test]
fn one_of_four_dies_at_every_effect() {
    die_everywhere(4);
}

#[test]
fn one_of_four_dies_again_and_again() {
    for seed in 0..3 {
        let mut sim = Sim::new(seed, 4);
        for death in 1..60u64 {
            let victim = (death % 4) as usize;
            let tail = [Tail::Lost, Tail::Half, Tail::Kept][(death % 3) as usize];
            sim.crash_at(death * 170_000, victim, tail);
            sim.restart_at(death * 170_000 + 60_000, victim);
        }
        sim.run(15 * SECOND_US, |_| false);
        assert!(sim.lowest().0 > 20, "seed {seed}: {}", sim.lowest());
    }
}
