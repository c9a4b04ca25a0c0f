//! Validators and peers that break the rules.

use crate::sim::{Adversary, Sim, chain};
use senim_consensus::Evidence;
use senim_types::Height;

const SECOND_US: u64 = 1_000_000;

fn run(seed: u64, nodes: usize, adversary: Adversary) -> Sim {
    let mut sim = Sim::new(seed, nodes);
    sim.adversary = Some((1, adversary));
    sim.height_max = Height(20);
    // Agreement is asserted by the simulation at every commit.
    sim.run(60 * SECOND_US, |sim| sim.lowest() == Height(20));
    assert_eq!(sim.lowest(), Height(20), "{adversary:?} stops the others");
    let guilty = sim.nodes[1].key.public();
    for evidence in &sim.evidence {
        assert_eq!(evidence.validator(), guilty);
        assert!(evidence.holds(&chain()));
    }
    sim
}

#[test]
fn who_votes_twice_is_proven_guilty_and_disturbs_nobody() {
    for nodes in [4, 7] {
        let sim = run(21, nodes, Adversary::DoubleVoter);
        let votes = sim.evidence.iter();
        let votes = votes.filter(|it| matches!(it, Evidence::DoubleVote { .. }));
        assert!(votes.count() > 20);
    }
}

#[test]
fn who_proposes_twice_is_proven_guilty_and_disturbs_nobody() {
    for nodes in [4, 7] {
        let sim = run(22, nodes, Adversary::DoubleProposer);
        let proposals = sim.evidence.iter();
        let proposals = proposals.filter(|it| matches!(it, Evidence::DoubleProposal { .. }));
        assert!(proposals.count() > 3);
    }
}

#[test]
fn who_tells_each_half_another_story_divides_nobody() {
    for seed in 30..33 {
        for nodes in [4, 7] {
            run(seed, nodes, Adversary::TwoFaced);
        }
    }
}
