//! A machine without a vote that loses everything now and then, and returns from a snapshot.

use super::{Counts, check};
use crate::world::World;
use crate::world::chance::Chance;
use senim_replica::SnapshotRules;
use senim_state::tree::Tree;
use senim_types::ChangeSet;

/// Blocks between two snapshots.
const EVERY_BLOCKS: u64 = 10;

/// Snapshots so often that a run has some.
pub fn rules() -> SnapshotRules {
    SnapshotRules {
        every_blocks: EVERY_BLOCKS,
        join_behind_min: Some(EVERY_BLOCKS),
        ..SnapshotRules::default()
    }
}

/// See the module.
pub struct Newcomer {
    /// The machine.
    pub node: usize,
    chance: Chance,
}

impl Newcomer {
    /// The last machine of the world, which is the only one that joins from a snapshot.
    pub fn new(world: &mut World, seed: u64) -> Newcomer {
        let node = world.nodes.len() - 1;
        for other in &mut world.nodes[..node] {
            other.may_join = false;
        }
        let chance = Chance(seed);
        Newcomer { node, chance }
    }

    /// Before it starts again: perhaps on a machine that has nothing.
    pub fn loses_everything(&mut self, world: &mut World) -> bool {
        let is_lost = self.chance.one_in(2);
        if is_lost {
            world.nodes[self.node].replace_machine();
        }
        is_lost
    }

    /// Whether it is where the others are.
    pub fn is_in_step(&self, world: &World) -> bool {
        let node = &world.nodes[self.node];
        node.is_running() && node.tip() == world.nodes[0].tip()
    }

    /// At the end: it has the ledger of the others, from where its log begins.
    pub fn end(&self, world: &mut World, counts: &mut Counts) {
        let (own, other) = (&world.nodes[self.node], &world.nodes[0]);
        *counts.entry("joined from a snapshot").or_default() += own.joined.len() as u64;
        let (first, tip) = (own.status().first, own.tip());
        let blocks = own.blocks();
        check(
            "newcomer",
            blocks.len() as u64 == tip.height.0 + 1 - first.0,
            || {
                format!(
                    "it has {} blocks from {first} to {}",
                    blocks.len(),
                    tip.height
                )
            },
        );
        for record in &blocks {
            let height = record.block.header.height;
            let same = other.block(height);
            let is_same = same.is_some_and(|same| same.block == record.block);
            check("newcomer", is_same, || {
                format!("another block at height {height}")
            });
        }
        if let Err(fault) = world.close(self.node) {
            check("newcomer", false, || fault);
        }
        let state = world.nodes[self.node].state().into_iter();
        let changes = ChangeSet(state.map(|(key, value)| (key, Some(value))).collect());
        let root = Tree::new().stage(&changes).root();
        check("newcomer", root == tip.state_root, || {
            "its store has another root than its header".to_owned()
        });
    }
}
