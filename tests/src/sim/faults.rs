//! What goes wrong with machines and connections, as the seed has it.

use super::adversary::Adversary;
use super::newcomer::Newcomer;
use super::trace::Trace;
use super::{Counts, check};
use crate::world::World;
use crate::world::chance::Chance;
use senim_state::disk::{MemoryDisk, Unsynced};
use senim_state::ledger::StateSource;
use senim_state::store::Unflushed;
use senim_types::TimeMs;

/// How long a machine stays down at most, in ms.
const DOWN_MS_MAX: u64 = 4_000;
/// How long connections stay broken at most, in ms.
const CUT_MS_MAX: u64 = 5_000;
/// The clock of a machine is off by at most so much, in ms: more than validators accept.
const SKEW_MS_MAX: u64 = 4_000;
/// A machine with a slow disk is slower by at most so much, in ms.
const SLOW_MS_MAX: u64 = 400;
/// A machine that is about to die does so within so many writes.
const WRITES_MAX: u64 = 40;

/// Which kinds of fault a run has, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// Something happens once in so many ticks, on average.
    pub one_in: u64,
    /// Kinds that may happen, as bits.
    kinds: u32,
}

const KINDS: u64 = 10;
/// Of crashes of a machine with a backup, one in so many takes its disk along.
const DISK_LOST_ONE_IN: u64 = 3;

/// See the module.
pub struct Faults {
    chance: Chance,
    mix: Mix,
    /// When a machine that is down starts again.
    down: Vec<Option<TimeMs>>,
    heal_at: Option<TimeMs>,
    amnesiac: Option<usize>,
    /// Whether a machine may lose its disk: not beside a validator that breaks the rules, since one
    /// that observes is as good as down.
    may_lose: bool,
    /// The machine that may lose its disk, and its backup.
    backup: Option<(usize, MemoryDisk)>,
    /// A machine that may lose everything, in runs that have one.
    pub newcomer: Option<Newcomer>,
}

fn count(counts: &mut Counts, kind: &'static str) {
    *counts.entry(kind).or_default() += 1;
}

impl Faults {
    /// The faults of a seed for this many machines, beside this adversary, which is the machine `liar`.
    pub fn new(seed: u64, machines: usize, adversary: Option<Adversary>, liar: usize) -> Faults {
        let mut chance = Chance(seed);
        // A run with all kinds hides what a run with two of them shows.
        let kinds = match chance.below(3) {
            0 => u32::MAX,
            _ => (chance.below(1 << KINDS) | 1 << chance.below(KINDS)) as u32,
        };
        let one_in = 4 + chance.below(24);
        Faults {
            chance,
            mix: Mix { one_in, kinds },
            down: vec![None; machines],
            heal_at: None,
            amnesiac: (adversary == Some(Adversary::Amnesiac)).then_some(liar),
            may_lose: adversary.is_none(),
            backup: None,
            newcomer: None,
        }
    }

    /// The mix that the seed chose.
    pub fn mix(&self) -> Mix {
        self.mix
    }

    /// Brings back what is to come back, and perhaps breaks something.
    pub fn tick(&mut self, world: &mut World, trace: &mut Trace, counts: &mut Counts) {
        self.mend(world, trace, counts);
        if !self.chance.one_in(self.mix.one_in) {
            return;
        }
        let kind = match self.chance.below(KINDS + 3) {
            // Most broken builds need a death in a certain place.
            more if more >= KINDS => 1,
            kind => kind,
        };
        if self.mix.kinds & (1 << kind) == 0 {
            return;
        }
        let node = self.chance.below(world.nodes.len() as u64) as usize;
        match kind {
            0 => self.crash(node, world, trace, counts),
            1 if world.nodes[node].is_running() => {
                let (writes, tear) = (1 + self.chance.below(WRITES_MAX), self.chance.one_in(2));
                world.nodes[node].faults().kill_after(writes, tear);
                trace.line(
                    world.now(),
                    &format!("node {node} dies at its write {writes} from now"),
                );
                count(counts, "deaths at a write");
            }
            1 => {}
            2 => self.cut_one_way(node, world, trace, counts),
            3 => self.isolate(node, world, trace, counts),
            4 => self.partition(world, trace, counts),
            5 => {
                let skew_ms = self.chance.below(2 * SKEW_MS_MAX) as i64 - SKEW_MS_MAX as i64;
                world.nodes[node].clock_offset_ms = skew_ms;
                trace.line(
                    world.now(),
                    &format!("the clock of node {node} jumps to {skew_ms} ms"),
                );
                count(counts, "clock jumps");
            }
            6 => {
                let slow_ms = self.chance.below(SLOW_MS_MAX);
                world.nodes[node].slow_ms = slow_ms;
                trace.line(
                    world.now(),
                    &format!("the disk of node {node} takes {slow_ms} ms more"),
                );
                count(counts, "slow disks");
            }
            7 => self.lights_out(world, trace, counts),
            8 => self.back_up(node, world, trace, counts),
            _ => self.delay(world, trace, counts),
        }
    }

    /// Everything is mended: what follows has to make all good.
    pub fn mend_all(&mut self, world: &mut World, trace: &mut Trace, counts: &mut Counts) {
        trace.line(world.now(), "everything is mended");
        for node in &mut world.nodes {
            (node.clock_offset_ms, node.slow_ms) = (0, 0);
        }
        if let Some(links) = &mut world.links {
            (links.base_ms, links.spread_ms) = (1, 4);
        }
        world.heal();
        for node in 0..world.nodes.len() {
            // One that is about to die does it now, so that nothing happens in the quiet.
            self.crash(node, world, trace, counts);
        }
        for node in 0..world.nodes.len() {
            self.restart(node, world, trace);
        }
    }

    fn mend(&mut self, world: &mut World, trace: &mut Trace, counts: &mut Counts) {
        for node in 0..world.nodes.len() {
            if self.down[node].is_none() && !world.nodes[node].is_running() {
                self.crash(node, world, trace, counts);
            }
            if self.down[node].is_some_and(|at| at <= world.now()) {
                self.lose_disk(node, world, trace, counts);
                if self.mix.kinds & 1 << 9 != 0 && self.chance.one_in(4) {
                    self.flip(node, world, trace, counts);
                }
                self.restart(node, world, trace);
            }
        }
        if self.heal_at.is_some_and(|at| at <= world.now()) {
            self.heal_at = None;
            world.heal();
            trace.line(world.now(), "connections are whole");
        }
    }

    /// A backup of a running machine, which is the one that may lose its disk from now on. Only one
    /// machine of a run does: with two that observe, four validators decide nothing any more.
    fn back_up(&mut self, node: usize, world: &World, trace: &mut Trace, counts: &mut Counts) {
        let is_other = self.backup.as_ref().is_some_and(|(of, _)| *of != node);
        if !self.may_lose || is_other || !world.nodes[node].is_running() {
            return;
        }
        self.backup = Some((node, world.nodes[node].back_up()));
        let height = world.nodes[node].tip().height;
        let line = format!("node {node} is backed up at height {height}");
        trace.line(world.now(), &line);
        count(counts, "backups");
    }

    /// The disk of a machine that is down is gone, and its backup takes its place.
    fn lose_disk(
        &mut self,
        node: usize,
        world: &mut World,
        trace: &mut Trace,
        counts: &mut Counts,
    ) {
        let Some((_, backup)) = self.backup.as_ref().filter(|(of, _)| *of == node) else {
            return;
        };
        if self.chance.one_in(DISK_LOST_ONE_IN) {
            world.nodes[node].restore(backup);
            let line = format!("node {node} lost its disk and is restored from its backup");
            trace.line(world.now(), &line);
            count(counts, "disks lost");
        }
    }

    fn flip(&mut self, node: usize, world: &mut World, trace: &mut Trace, counts: &mut Counts) {
        let place = self.chance.below(u64::MAX);
        if world.nodes[node].flip_store_bit(place) {
            world.nodes[node].is_damaged = true;
            trace.line(
                world.now(),
                &format!("a bit of the store of node {node} flips"),
            );
            count(counts, "flipped bits");
        }
    }

    fn crash(&mut self, node: usize, world: &mut World, trace: &mut Trace, counts: &mut Counts) {
        if self.down[node].is_some() {
            return;
        }
        let unsynced = *self.chance.pick(&[
            Unsynced::Lost,
            Unsynced::Lost,
            Unsynced::Kept,
            Unsynced::Torn,
            Unsynced::Zeroed,
        ]);
        let unflushed = *self
            .chance
            .pick(&[Unflushed::Lost, Unflushed::Kept, Unflushed::Mixed]);
        world.stop(node);
        world.nodes[node].crash(unsynced, unflushed);
        if self.amnesiac == Some(node) {
            world.nodes[node].forget_promises();
        }
        let down_ms = 10 + self.chance.below(DOWN_MS_MAX);
        self.down[node] = Some(TimeMs(world.now().0 + down_ms));
        trace.line(
            world.now(),
            &format!("node {node} is down: unsynced {unsynced:?}, unflushed {unflushed:?}"),
        );
        count(counts, "crashes");
    }

    fn restart(&mut self, node: usize, world: &mut World, trace: &mut Trace) {
        self.down[node] = None;
        let newcomer = self
            .newcomer
            .as_mut()
            .filter(|newcomer| newcomer.node == node);
        if newcomer.is_some_and(|newcomer| newcomer.loses_everything(world)) {
            trace.line(world.now(), &format!("node {node} has lost everything"));
        }
        world.start(node);
        let was_damaged = std::mem::take(&mut world.nodes[node].is_damaged);
        if let Some(recovery) = world.nodes[node].recovery()
            && let StateSource::Rebuilt { reason } = &recovery.state
        {
            trace.line(world.now(), &format!("node {node} rebuilds: {reason}"));
            check("no loss without damage", was_damaged, || {
                format!("node {node} had to rebuild its store: {reason}")
            });
        }
        if world.nodes[node].is_running() {
            let height = world.nodes[node].tip().height;
            trace.line(
                world.now(),
                &format!("node {node} is up at height {height}"),
            );
        }
    }

    /// All machines lose power at once.
    fn lights_out(&mut self, world: &mut World, trace: &mut Trace, counts: &mut Counts) {
        count(counts, "power cuts");
        for node in 0..world.nodes.len() {
            self.crash(node, world, trace, counts);
        }
    }

    fn cut(&mut self, world: &mut World, links: &[(usize, usize)]) {
        for (from, to) in links {
            world.cut(*from, *to);
        }
        let heal_ms = 100 + self.chance.below(CUT_MS_MAX);
        let at = TimeMs(world.now().0 + heal_ms);
        self.heal_at = Some(self.heal_at.map_or(at, |before| before.max(at)));
    }

    fn cut_one_way(
        &mut self,
        node: usize,
        world: &mut World,
        trace: &mut Trace,
        counts: &mut Counts,
    ) {
        let to = self.chance.below(world.nodes.len() as u64) as usize;
        let is_one_way = self.chance.one_in(2);
        let both = [(node, to), (to, node)];
        self.cut(world, if is_one_way { &both[..1] } else { &both });
        let ways = if is_one_way { "to" } else { "and" };
        trace.line(
            world.now(),
            &format!("the link of node {node} {ways} node {to} breaks"),
        );
        count(
            counts,
            if is_one_way {
                "one-way links"
            } else {
                "cut links"
            },
        );
    }

    fn isolate(&mut self, node: usize, world: &mut World, trace: &mut Trace, counts: &mut Counts) {
        let links: Vec<_> = (0..world.nodes.len())
            .flat_map(|other| [(node, other), (other, node)])
            .collect();
        self.cut(world, &links);
        trace.line(world.now(), &format!("node {node} is cut off"));
        count(counts, "nodes cut off");
    }

    fn partition(&mut self, world: &mut World, trace: &mut Trace, counts: &mut Counts) {
        let sides: Vec<bool> = world.nodes.iter().map(|_| self.chance.one_in(2)).collect();
        let nodes = 0..sides.len();
        let links: Vec<_> = nodes
            .clone()
            .flat_map(|from| nodes.clone().map(move |to| (from, to)))
            .filter(|(from, to)| sides[*from] != sides[*to])
            .collect();
        self.cut(world, &links);
        trace.line(world.now(), &format!("the network is parted: {sides:?}"));
        count(counts, "partitions");
    }

    fn delay(&mut self, world: &mut World, trace: &mut Trace, counts: &mut Counts) {
        let (base_ms, spread_ms) =
            *self
                .chance
                .pick(&[(0, 4), (10, 20), (40, 100), (150, 300), (0, 900)]);
        if let Some(links) = &mut world.links {
            (links.base_ms, links.spread_ms) = (base_ms, spread_ms);
        }
        let line = format!("messages take {base_ms} to {} ms", base_ms + spread_ms);
        trace.line(world.now(), &line);
        count(counts, "changes of delay");
    }
}
