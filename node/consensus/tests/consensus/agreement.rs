//! Agreement, progress and repeatability under delays, cuts, partitions and crashes.

use crate::sim::{Sim, Tail};
use senim_types::Height;

const SECOND_US: u64 = 1_000_000;

/// Crashes and partitions for `seconds`, then ten quiet seconds.
fn run_with_faults(seed: u64, nodes: usize, seconds: u64) -> Sim {
    let mut sim = Sim::new(seed, nodes);
    let end_us = seconds * SECOND_US;
    let mut at_us = SECOND_US;
    while at_us < end_us {
        let victim = sim.rng().range(0, nodes as u64) as usize;
        let other = sim.rng().range(0, nodes as u64) as usize;
        let lasts_us = sim.rng().range(10_000, 3 * SECOND_US);
        match sim.rng().range(0, 4) {
            0 => sim.crash_at(at_us, victim, Tail::Lost),
            1 => sim.crash_at(at_us, victim, Tail::Half),
            2 => sim.crash_at(at_us, victim, Tail::Kept),
            _ => {
                sim.cut_at(at_us, &[victim, other]);
                sim.heal_at(at_us + lasts_us);
            }
        }
        sim.restart_at(at_us + lasts_us, victim);
        at_us += sim.rng().range(100_000, 2 * SECOND_US);
    }
    sim.heal_at(end_us);
    for node in 0..nodes {
        sim.restart_at(end_us, node);
    }
    sim.run(end_us, |_| false);
    let before = sim.lowest();
    sim.run(end_us + 10 * SECOND_US, |_| false);
    let after = sim.lowest();
    assert!(
        after.0 >= before.0 + 3,
        "seed {seed}: no progress after healing: {before} then {after}"
    );
    sim
}

/// How many seeds to try; `SENIM_SEEDS` asks for more than the quick default.
fn seeds(default: u64) -> std::ops::Range<u64> {
    let asked = std::env::var("SENIM_SEEDS").ok();
    0..asked.and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn four_validators_agree_whatever_fails() {
    for seed in seeds(6) {
        run_with_faults(seed, 4, 15);
    }
}

#[test]
fn seven_validators_agree_whatever_fails() {
    for seed in seeds(2) {
        run_with_faults(100 + seed, 7, 10);
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let first = run_with_faults(7, 4, 8);
    let second = run_with_faults(7, 4, 8);
    let other = run_with_faults(8, 4, 8);
    assert!(first.trace.len() > 50, "{}", first.trace.len());
    assert_eq!(first.trace, second.trace);
    assert_ne!(first.trace, other.trace);
}

#[test]
fn the_same_code_decides_with_any_number_of_validators() {
    for nodes in [1, 2, 3, 4, 7] {
        let mut sim = Sim::new(1, nodes);
        sim.height_max = Height(20);
        sim.run(20 * SECOND_US, |sim| sim.lowest() == Height(20));
        assert_eq!(sim.lowest(), Height(20), "{nodes} validators");
        let rounds = sim.nodes[0].disk.committed.values();
        assert!(rounds.clone().all(|certificate| certificate.round.0 == 0));
    }
}

#[test]
fn a_dead_proposer_costs_less_than_a_second() {
    let mut sim = Sim::new(3, 4);
    sim.height_max = Height(8);
    // Node 0 never runs: its turns are heights 4 and 8.
    sim.nodes[0].die_at = Some((0, Tail::Lost));
    let alive = |sim: &Sim| sim.nodes[1..].iter().all(|it| it.disk.tip() == Height(8));
    sim.run(60 * SECOND_US, alive);
    assert!(alive(&sim));
    let second_rounds = sim.nodes[1].disk.committed.values();
    let second_rounds = second_rounds.filter(|certificate| certificate.round.0 == 1);
    assert_eq!(second_rounds.count(), 2);
    assert!(sim.now_us < 3 * SECOND_US, "{} us", sim.now_us);
}

#[test]
fn no_progress_without_more_than_two_thirds_and_progress_once_they_are_back() {
    let mut sim = Sim::new(4, 4);
    sim.cut_at(500_000, &[0, 1]);
    sim.run(600_000, |_| false);
    let before = sim.lowest();
    sim.run(6 * SECOND_US, |_| false);
    let highest = sim.nodes.iter().map(|it| it.disk.tip()).max();
    assert!(
        highest.unwrap().0 <= before.0 + 1,
        "half of the power decides nothing"
    );
    sim.heal_at(6 * SECOND_US);
    sim.run(12 * SECOND_US, |_| false);
    assert!(sim.lowest().0 > before.0 + 10);
}

#[test]
fn a_height_costs_a_validator_at_most_two_flushes() {
    let mut sim = Sim::new(5, 4);
    sim.height_max = Height(50);
    sim.run(60 * SECOND_US, |sim| sim.lowest() == Height(50));
    assert_eq!(sim.lowest(), Height(50));
    for node in &sim.nodes {
        // One with the prevote, one with the precommit; none where the others were faster.
        let flushes = node.disk.flushes;
        assert!((50..=100).contains(&flushes), "{flushes}");
    }
}

#[test]
fn a_validator_with_a_wrong_clock_still_decides_with_the_others() {
    let mut sim = Sim::new(6, 4);
    sim.height_max = Height(20);
    sim.skewed.insert(3);
    sim.run(60 * SECOND_US, |sim| sim.lowest() == Height(20));
    assert_eq!(sim.lowest(), Height(20));
    assert!(sim.nodes[3].decided >= 15, "{}", sim.nodes[3].decided);
    let rounds = sim.nodes[0].disk.committed.values();
    let first_rounds = rounds.filter(|certificate| certificate.round.0 == 0);
    assert!(first_rounds.count() >= 18);
}

#[test]
fn two_of_four_wrong_clocks_delay_and_do_not_stop() {
    let mut sim = Sim::new(7, 4);
    sim.height_max = Height(12);
    sim.skewed.extend([2, 3]);
    sim.run(60 * SECOND_US, |sim| sim.lowest() == Height(12));
    assert_eq!(sim.lowest(), Height(12));
}
