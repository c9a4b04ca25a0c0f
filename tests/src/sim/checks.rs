//! What has to hold during every run, and at its end.

use super::audit::{self, Audit};
use super::clients::{Clients, short};
use super::trace::Trace;
use super::{Counts, check, fail};
use crate::world::World;
use crate::world::people::BUDGET;
use senim_abi::treasury::Account;
use senim_abi::treasury::BudgetId;
use senim_abi::treasury::record::Budget;
use senim_state::tree::Tree;
use senim_types::{ChangeSet, Hash, Header, Height, ValidatorSet};
use std::collections::{BTreeMap, BTreeSet};

/// What honest nodes decided, as one who sees all of them keeps it.
pub struct Oracle {
    honest: Vec<usize>,
    /// By height, the first header that an honest node committed.
    decided: BTreeMap<Height, Header>,
    /// How many of each node's commits were looked at.
    seen: Vec<usize>,
    /// Every validator set that a node had.
    sets: BTreeMap<Hash, ValidatorSet>,
    /// The payer's budget lines as the genesis has them.
    lines: Vec<(BudgetId, Budget)>,
}

impl Oracle {
    /// An oracle that watches these nodes, of a world that has just started.
    pub fn new(world: &World, honest: Vec<usize>) -> Oracle {
        let set = &world.network.genesis.validators;
        Oracle {
            honest,
            decided: BTreeMap::new(),
            seen: vec![0; world.nodes.len()],
            sets: BTreeMap::from([(set.hash(), set.clone())]),
            lines: world.lines_of(world.budget().payer),
        }
    }

    /// Heights decided.
    pub fn heights(&self) -> u64 {
        self.decided.len() as u64
    }

    /// Looks at what happened since the last time.
    pub fn tick(&mut self, world: &World, trace: &mut Trace) {
        for index in self.honest.clone() {
            let node = &world.nodes[index];
            for header in &node.acknowledged[self.seen[index]..] {
                let (height, hash) = (header.height, header.hash());
                let line = format!("node {index} commits height {height}: {}", short(&hash));
                trace.line(world.now(), &line);
                let first = self.decided.entry(height).or_insert_with(|| header.clone());
                check("agreement", first == header, || {
                    format!("node {index} committed another block at height {height}")
                });
            }
            self.seen[index] = node.acknowledged.len();
            if node.is_running() {
                let status = node.status();
                let kept = node.acknowledged[node.kept_from..].iter();
                let last = kept.map(|header| header.height).max();
                check(
                    "durability",
                    last.is_none_or(|last| status.tip.height >= last),
                    || {
                        format!(
                            "node {index} acknowledged height {last:?} and is at {}",
                            status.tip.height
                        )
                    },
                );
                self.sets
                    .insert(status.validators.hash(), status.validators);
            }
            let liars = &world.watch.liars;
            for evidence in &node.evidence {
                let accused = evidence.validator();
                check("no false evidence", liars.contains(&accused), || {
                    format!("node {index} accuses an honest validator")
                });
            }
        }
    }

    /// Whether all honest nodes are at one height with nothing to do.
    pub fn are_quiet(&self, world: &World) -> bool {
        let nodes = self.honest.iter().map(|node| &world.nodes[*node]);
        let mut tips = BTreeSet::new();
        for node in nodes {
            if !node.is_running() || node.status().mempool > 0 {
                return false;
            }
            tips.insert(node.tip().height);
        }
        tips.len() == 1
    }

    /// Looks at everything once nothing happens any more.
    pub fn end(&mut self, world: &mut World, clients: &Clients, counts: &mut Counts) {
        let first = self.honest[0];
        let tip = world.nodes[first].tip();
        let records = world.nodes[first].blocks();
        check("durability", records.len() as u64 == tip.height.0, || {
            "a block is missing".to_owned()
        });
        for (height, decided) in &self.decided {
            let kept = records.get(height.0 as usize - 1);
            check(
                "durability",
                kept.is_some_and(|kept| kept.block.header == *decided),
                || format!("height {height} was decided and is gone"),
            );
        }
        self.everything_acknowledged_is_there(world, clients);

        for index in &self.honest {
            // Each has certificates of its own for the same blocks.
            let kept = world.nodes[*index].blocks();
            let kept: Vec<_> = kept.iter().map(AsRef::as_ref).collect();
            audit::headers(&world.network.genesis, &kept, &self.sets);
        }
        let blocks: Vec<_> = records.iter().map(AsRef::as_ref).collect();
        let mut audit = Audit::from_genesis(&self.lines, &world.network);
        for block in blocks {
            audit.block(block);
        }
        audit.end();
        *counts.entry("dispensed on the ledger").or_default() += audit.redemptions;
        let budget = world.budget();
        let (debits, credits) = audit
            .accounts
            .get(&Account::Budget(BUDGET))
            .copied()
            .unwrap_or_default();
        check(
            "money",
            budget.debits.0 == debits && budget.credits.0 == credits,
            || format!("the budget line {budget:?} is not allotted {credits} less paid {debits}"),
        );
        self.one_state(world, &tip);
    }

    fn everything_acknowledged_is_there(&self, world: &World, clients: &Clients) {
        for (hash, (receipt, by)) in &clients.acknowledged {
            for index in &self.honest {
                let kept = world.nodes[*index].proof(hash).map(|proof| proof.receipt);
                check("durability", kept.as_ref() == Some(receipt), || {
                    let hash = short(hash);
                    format!("node {by} acknowledged {hash}; node {index} has {kept:?}")
                });
            }
        }
    }

    /// All honest nodes have one state, and its root is the one that the last header commits to:
    /// made from their stores, by an empty tree.
    fn one_state(&self, world: &mut World, tip: &Header) {
        for index in self.honest.clone() {
            let header = world.nodes[index].tip();
            check("state roots", header == *tip, || {
                format!("node {index} has another tip")
            });
            if let Err(fault) = world.close(index) {
                fail("state roots", format!("node {index}: {fault}"));
            }
            let state = world.nodes[index].state();
            let changes = ChangeSet(
                state
                    .into_iter()
                    .map(|(key, value)| (key, Some(value)))
                    .collect(),
            );
            let root = Tree::new().stage(&changes).root();
            check("state roots", root == tip.state_root, || {
                format!("the store of node {index} has another root than its header")
            });
        }
    }
}
