//! One seed, from its beginning to its end.

use super::adversary::Adversary;
use super::checks::Oracle;
use super::clients::Clients;
use super::faults::Faults;
use super::newcomer::{self, Newcomer};
use super::trace::Trace;
use super::{Counts, Failure, fail};
use crate::world::chance::Chance;
use crate::world::links::Links;
use crate::world::network::{self, GENESIS_TIME};
use crate::world::people::{self, Request};
use crate::world::{Network, Options, World};
use senim_abi::registry::Execute;
use senim_execution::Engine;
use senim_replica::SnapshotRules;
use senim_state::ledger::LedgerOptions;
use senim_types::{Hash, OrgId, Tiyn};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Validators of the genesis.
const VALIDATORS: usize = 4;
/// The node that breaks the rules, where one does.
const LIAR: usize = 1;
/// Of so many seeds one has a machine that loses everything. Chance has no part in it, so that all other
/// seeds give the runs that they gave before there was one.
const NEWCOMER_EVERY: u64 = 5;
/// Once all is mended, everything has to be made good within so long, in ms.
const MADE_GOOD_WITHIN_MS: u64 = 180_000;
/// In one of so many runs, pharmacies leave what they hold until their leases end.
const LEASES_END_ONE_IN: u64 = 4;
/// The lease of the devnet's programme, in ms.
const LEASE_MS: u64 = 120 * 60_000;

/// What all runs share: the genesis and the compiled contracts.
#[derive(Clone)]
pub struct Stage {
    network: Network,
    engine: Engine,
}

impl Default for Stage {
    fn default() -> Stage {
        Stage::of(Network::new(VALIDATORS))
    }
}

impl Stage {
    fn of(network: Network) -> Stage {
        let engine = network::engine(&network.codes);
        Stage { network, engine }
    }

    /// A stage whose prescription contract is the broken build in which leases never end.
    ///
    /// # Panics
    /// Where the artefact, which is committed, cannot be read.
    pub fn with_leases_forgotten() -> Stage {
        let path = network::root().join("tests/broken/lease_forgotten.wasm");
        let code = std::fs::read(&path).expect("the broken artefact is committed");
        Stage::of(Network::with_code(VALIDATORS, |name| {
            (name == "prescription").then(|| code.clone())
        }))
    }
}

/// What became of a seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The rule that did not hold.
    pub failure: Option<Failure>,
    /// The same seed gives the same.
    pub trace: Hash,
    /// What was counted.
    pub counts: Counts,
}

struct Run {
    chance: Chance,
    trace: Trace,
    counts: Counts,
    oracle_heights: u64,
    /// The seed of the machine that loses everything, where the run has one.
    newcomer: Option<u64>,
}

/// Runs a seed; `is_printed` prints what happens.
pub fn simulate(stage: &Stage, seed: u64, is_printed: bool) -> Outcome {
    let mut run = Run {
        // Neighbouring seeds have nothing in common.
        chance: Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5e41_7e57),
        trace: Trace::new(GENESIS_TIME, is_printed),
        counts: Counts::new(),
        oracle_heights: 0,
        newcomer: (seed % NEWCOMER_EVERY == NEWCOMER_EVERY - 1).then_some(seed),
    };
    let ended = catch_unwind(AssertUnwindSafe(|| run.play(stage)));
    let failure = ended.err().map(|panic| failure_of(panic.as_ref()));
    run.counts.insert("seeds", 1);
    run.counts.insert("heights", run.oracle_heights);
    Outcome {
        failure,
        trace: run.trace.hash(),
        counts: run.counts,
    }
}

/// A panic of a checker, of the world's own watch, or of anything else.
fn failure_of(panic: &(dyn std::any::Any + Send)) -> Failure {
    if let Some(failure) = panic.downcast_ref::<Failure>() {
        return failure.clone();
    }
    let what = match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(what), _) => what.clone(),
        (_, Some(what)) => (*what).to_owned(),
        _ => "a panic without words".to_owned(),
    };
    let of = [
        ("signed twice", "one vote"),
        ("prevoted against its lock", "lock"),
        ("halted:", "honest nodes go on"),
        ("does not open", "honest nodes open"),
    ];
    let found = of.iter().find(|(words, _)| what.contains(words));
    let checker = found.map_or("no panic", |(_, checker)| checker);
    Failure { checker, what }
}

impl Run {
    fn play(&mut self, stage: &Stage) {
        let adversary = if self.chance.one_in(2) {
            Some(*self.chance.pick(&Adversary::ALL))
        } else {
            None
        };
        let mut world = self.world(stage, adversary);
        world.links = Some(Links::new(1, 4));
        world.watch.watches_locks = adversary.is_none();
        if let Some(adversary) = adversary {
            let seed = self.chance.below(u64::MAX);
            adversary.enter(&mut world, LIAR, seed, &mut self.counts);
        }
        let liars = world.watch.liars.clone();
        let newcomer = self.newcomer.map(|seed| Newcomer::new(&mut world, seed));
        let honest: Vec<usize> = (0..world.nodes.len())
            .filter(|node| !liars.contains(&world.nodes[*node].key))
            .filter(|node| {
                newcomer
                    .as_ref()
                    .is_none_or(|newcomer| newcomer.node != *node)
            })
            .collect();
        let machines = world.nodes.len();
        let mut faults = Faults::new(self.chance.below(u64::MAX), machines, adversary, LIAR);
        faults.newcomer = newcomer;
        let mut clients = Clients::new(self.chance.below(u64::MAX));
        let line = format!("adversary {adversary:?}, faults {:?}", faults.mix());
        self.trace.line(world.now(), &line);
        (0..machines).for_each(|node| world.start(node));
        let mut oracle = Oracle::new(&world, honest.clone());
        let begin = world.now();
        self.storm(
            &mut world,
            &mut faults,
            &mut clients,
            &mut oracle,
            (adversary != Some(Adversary::Twins)).then_some(VALIDATORS),
            &honest,
        );
        faults.mend_all(&mut world, &mut self.trace, &mut self.counts);
        self.quiet(
            &mut world,
            &mut clients,
            &mut oracle,
            &honest,
            faults.newcomer.as_ref(),
        );
        if self.chance.one_in(LEASES_END_ONE_IN) {
            clients.abandon_holds();
            self.quiet(
                &mut world,
                &mut clients,
                &mut oracle,
                &honest,
                faults.newcomer.as_ref(),
            );
            world.advance(LEASE_MS + 1);
            let line = format!(
                "the leases of {} holds have run out",
                clients.take_up_abandoned()
            );
            self.trace.line(world.now(), &line);
            *self.counts.entry("runs in which leases end").or_default() += 1;
            self.quiet(
                &mut world,
                &mut clients,
                &mut oracle,
                &honest,
                faults.newcomer.as_ref(),
            );
        }
        let simulated_ms = world.now().since_ms(begin);
        if let Some(newcomer) = &faults.newcomer {
            newcomer.end(&mut world, &mut self.counts);
        }
        oracle.end(&mut world, &clients, &mut self.counts);
        self.counts.insert("simulated ms", simulated_ms);
        self.counts.insert("events", world.events_done);
        self.trace.line(
            world.now(),
            &format!("all is well after {} events", world.events_done),
        );
    }

    fn world(&mut self, stage: &Stage, adversary: Option<Adversary>) -> World {
        let has_twin = adversary == Some(Adversary::Twins);
        let ledger = LedgerOptions {
            segment_bytes_max: 64 * 1024,
            flush_blocks: 1 + self.chance.below(5),
            journal_bytes_min: 1_000,
            recent_bytes_max: 4_000,
            ..LedgerOptions::default()
        };
        let options = Options {
            spares: usize::from(!has_twin),
            observers: usize::from(self.newcomer.is_some()),
            snapshots: match self.newcomer {
                Some(_) => newcomer::rules(),
                None => SnapshotRules::default(),
            },
            twin_of: has_twin.then_some(LIAR),
            seed: self.chance.below(u64::MAX),
            ledger,
            flush_after_ms: 1 + self.chance.below(200),
            is_quiet: true,
            ..Options::new(VALIDATORS, 0)
        };
        World::with(options, stage.network.clone(), stage.engine.clone())
    }

    /// Everything goes wrong that the seed chooses, while people redeem.
    fn storm(
        &mut self,
        world: &mut World,
        faults: &mut Faults,
        clients: &mut Clients,
        oracle: &mut Oracle,
        spare: Option<usize>,
        honest: &[usize],
    ) {
        let ticks = 100 + self.chance.below(150);
        let (redeem_in, change_in) = (2 + self.chance.below(8), 30 + self.chance.below(120));
        let mut is_spare_in = false;
        for tick in 0..ticks {
            if self.chance.one_in(redeem_in) {
                clients.redeem();
            }
            if self.chance.one_in(6) {
                let name = format!("allotment {tick}");
                clients.add("fund", people::allot(&name, Tiyn(1 + tick)));
            }
            if let Some(spare) = spare
                && self.chance.one_in(change_in)
            {
                is_spare_in = !is_spare_in;
                clients.add("operator", change(world, spare, is_spare_in));
                *self.counts.entry("changes of validators").or_default() += 1;
            }
            faults.tick(world, &mut self.trace, &mut self.counts);
            clients.tick(world, honest, &mut self.trace, &mut self.counts);
            let ms = 5 + self.chance.below(120);
            world.advance(ms);
            oracle.tick(world, &mut self.trace);
            self.oracle_heights = oracle.heights();
        }
    }

    /// Nothing goes wrong any more: everybody has to get an answer, and all nodes the same ledger.
    fn quiet(
        &mut self,
        world: &mut World,
        clients: &mut Clients,
        oracle: &mut Oracle,
        honest: &[usize],
        newcomer: Option<&Newcomer>,
    ) {
        let is_in_step = |world: &World| newcomer.is_none_or(|newcomer| newcomer.is_in_step(world));
        // Who was refused only because nobody listened tries once more.
        clients.add("fund", people::allot("after the storm", Tiyn(7)));
        let end = world.now().0 + MADE_GOOD_WITHIN_MS;
        while !(clients.are_done() && oracle.are_quiet(world) && is_in_step(world)) {
            if world.now().0 > end {
                let stand: Vec<String> = world.running().map(crate::world::Node::stand).collect();
                let waiting = clients.waiting();
                fail(
                    "progress",
                    format!("{waiting:?} after {MADE_GOOD_WITHIN_MS} ms of quiet: {stand:#?}"),
                );
            }
            clients.tick(world, honest, &mut self.trace, &mut self.counts);
            world.advance(50);
            oracle.tick(world, &mut self.trace);
            self.oracle_heights = oracle.heights();
        }
    }
}

/// The operator lets the spare in, or out.
fn change(world: &World, spare: usize, is_in: bool) -> Request {
    let validator = world.nodes[spare].key;
    Request::registry(&if is_in {
        Execute::AddValidator {
            validator,
            power: 1,
            org: OrgId(5),
        }
    } else {
        Execute::RemoveValidator { validator }
    })
}
