//! A small world: real nodes, real contracts as WebAssembly, and nothing else that is real.
//!
//! Time is a number, the network a queue, disks and stores are memory. One seed decides how long each
//! message travels, so a run can be repeated exactly; a test that fails prints its seed. The world
//! watches while it runs: two different votes of one validator in one round end the test at once.
//!
//! | file | has |
//! | --- | --- |
//! | [`chance`] | a small generator of random numbers |
//! | [`clients`] | submitting, waiting for receipts, asking, and what a refusal may change |
//! | `flushes` | what nodes write on a thread of its own |
//! | [`links`] | connections: how long they take, and that they break |
//! | [`network`] | the genesis: the devnet's template with keys that everybody can compute |
//! | [`node`] | one machine: its disk and store outlive its process |
//! | [`people`] | what clinic, wallet, pharmacy and operators send |
//! | [`watch`] | what validators signed |

pub mod chance;
pub mod clients;
mod flushes;
pub mod links;
pub mod network;
pub mod node;
pub mod people;
pub mod watch;

pub use clients::{VALID_FOR_MS, sign};
pub use network::{Network, secret};
pub use node::Node;
pub use people::Request;

use chance::Chance;
use links::Links;
use senim_execution::Engine;
use senim_replica::{
    Effect, FlushJob, Input, MempoolLimits, OpenError, PeerMessage, ReplicaTimer, SnapshotRules,
};
use senim_state::ledger::LedgerOptions;
use senim_types::{Header, Height, PublicKey, TimeMs};
use std::collections::BTreeMap;
use std::sync::Arc;
use watch::Watch;

/// A run that needs more events than this between two steps of a test does not come to its end.
const EVENTS_MAX: usize = 200_000;
/// Longest journey of a message, in ms.
const JOURNEY_MS_MAX: u64 = 4;

/// What a world is made of.
#[derive(Clone)]
pub struct Options {
    /// Validators, 1 to 4.
    pub validators: usize,
    /// Machines beside the validators of the genesis, each with a validator's key.
    pub spares: usize,
    /// Machines without a vote.
    pub observers: usize,
    /// Decides all that is left to chance.
    pub seed: u64,
    /// The nodes' files.
    pub ledger: LedgerOptions,
    /// The nodes' mempools.
    pub mempool: MempoolLimits,
    /// Which snapshots the nodes make, and whether they join from one.
    pub snapshots: SnapshotRules,
    /// How long after it is due the state goes to the store, as it does on a thread of its own.
    pub flush_after_ms: u64,
    /// A machine more, with the key of this validator: one identity twice.
    pub twin_of: Option<usize>,
    /// Whether a failing test prints how to repeat it; the simulator does that itself.
    pub is_quiet: bool,
}

impl Options {
    /// So many validators, and a store that is written with every block, so that it can be compared.
    pub fn new(validators: usize, seed: u64) -> Options {
        let ledger = LedgerOptions {
            flush_blocks: 1,
            ..LedgerOptions::default()
        };
        let (seed, mempool) = (seed_or(seed), MempoolLimits::default());
        Options {
            validators,
            spares: 0,
            observers: 0,
            seed,
            ledger,
            mempool,
            snapshots: SnapshotRules::default(),
            flush_after_ms: 0,
            twin_of: None,
            is_quiet: false,
        }
    }
}

/// The seed of a run: `SENIM_TEST_SEED` where it is set, to repeat or to search.
fn seed_or(default: u64) -> u64 {
    std::env::var("SENIM_TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

enum Event {
    Arrival {
        /// Machines, in this order: sender, addressee.
        link: (usize, usize),
        from: PublicKey,
        bytes: Arc<[u8]>,
    },
    Timer {
        node: usize,
        timer: ReplicaTimer,
    },
    Flush {
        node: usize,
        job: FlushJob,
    },
}

/// What becomes of a message on its way: given sender, addressee and message, what arrives instead.
pub type Wire = Box<dyn FnMut(usize, usize, PeerMessage) -> Vec<PeerMessage>>;

/// See the module.
pub struct World {
    /// The genesis and everybody's keys.
    pub network: Network,
    /// The machines, in the order of the validators' names.
    pub nodes: Vec<Node>,
    /// What validators signed.
    pub watch: Watch,
    options: Options,
    engine: Engine,
    now: TimeMs,
    chance: Chance,
    /// By time, then by the order of their making.
    events: BTreeMap<(TimeMs, u64), Event>,
    made: u64,
    tickets: u64,
    sequences: BTreeMap<PublicKey, u64>,
    wire: Option<Wire>,
    /// The machine whose messages the wire changes; none: everybody's.
    wire_of: Option<usize>,
    /// How connections are; none: each message travels by itself for a few ms and arrives.
    pub links: Option<Links>,
    /// Events that happened.
    pub events_done: u64,
}

impl World {
    /// A world whose nodes have just started.
    pub fn new(options: Options) -> World {
        let mut world = World::asleep(options);
        (0..world.nodes.len()).for_each(|node| world.start(node));
        world
    }

    /// `World::new` with [`Options::new`].
    pub fn of(validators: usize, seed: u64) -> World {
        World::new(Options::new(validators, seed))
    }

    /// A world whose nodes have not started.
    pub fn asleep(options: Options) -> World {
        let network = Network::new(options.validators);
        let engine = network::engine(&network.codes);
        World::with(options, network, engine)
    }

    /// A world that shares genesis and compiled contracts with others: for tests that make many.
    pub fn with(options: Options, network: Network, engine: Engine) -> World {
        let mut nodes: Vec<Node> = network
            .validators
            .iter()
            .map(|(name, key)| Node::new(name, key))
            .collect();
        let spares = (0..options.spares).map(|number| format!("validator-spare-{number}"));
        nodes.extend(spares.map(|name| Node::new(&name, &secret(&name))));
        if let Some(of) = options.twin_of {
            let (name, key) = &network.validators[of];
            nodes.push(Node::new(&format!("{name}-twin"), key));
        }
        let observers = (0..options.observers).map(|number| format!("observer-{number}"));
        nodes.extend(observers.map(|name| Node::observer(&name, &secret(&name))));
        World {
            now: TimeMs(network.genesis.time.0 + 1_000),
            watch: Watch::default(),
            chance: Chance(options.seed),
            events: BTreeMap::new(),
            made: 0,
            tickets: 0,
            sequences: BTreeMap::new(),
            wire: None,
            wire_of: None,
            links: None,
            events_done: 0,
            network,
            nodes,
            options,
            engine,
        }
    }

    /// The compiled contracts.
    pub fn engine(&self) -> Engine {
        self.engine.clone()
    }

    /// The time.
    pub fn now(&self) -> TimeMs {
        self.now
    }

    /// Puts somebody on the wire.
    pub fn set_wire(&mut self, wire: Wire) {
        self.wire = Some(wire);
    }

    /// Puts somebody on the wire who has only this machine's messages in hand.
    pub fn set_wire_of(&mut self, node: usize, wire: Wire) {
        (self.wire, self.wire_of) = (Some(wire), Some(node));
    }

    /// The wire carries everything as it is again.
    pub fn clear_wire(&mut self) {
        (self.wire, self.wire_of) = (None, None);
    }

    /// Starts a node, or starts it again with what its machine still has. A machine whose power goes
    /// again while it starts stays down.
    pub fn start(&mut self, node: usize) {
        if let Err(error) = self.try_start(node) {
            assert!(
                self.nodes[node].faults().is_dead(),
                "node {node} does not open: {error}"
            );
        }
    }

    /// Starts a node whose data may be unusable.
    pub fn try_start(&mut self, node: usize) -> Result<(), OpenError> {
        let (network, options) = (&self.network, &self.options);
        let seed = self.chance.bytes();
        self.nodes[node].open(network, options, &self.engine, seed)?;
        let now = self.clock_of(node);
        let effects = self.nodes[node]
            .running_mut()
            .map(|replica| replica.start(now));
        self.perform(node, effects.unwrap_or_default());
        self.begin_flush(node);
        Ok(())
    }

    /// The node's process ends; its machine keeps all that it wrote.
    pub fn stop(&mut self, node: usize) {
        self.nodes[node].stop();
        // Its timers end with it, and what its other thread was about to write.
        self.events.retain(|_, event| match event {
            Event::Timer { node: of, .. } | Event::Flush { node: of, .. } => *of != node,
            Event::Arrival { .. } => true,
        });
    }

    /// Ends the node's process in order: all that it committed is in its store.
    pub fn close(&mut self, node: usize) -> Result<(), String> {
        self.end_flushes(node);
        let closed = self.nodes[node].close();
        self.stop(node);
        closed
    }

    /// Which snapshots nodes make, and how they join, from their next start on.
    pub fn set_snapshot_rules(&mut self, rules: SnapshotRules) {
        self.options.snapshots = rules;
    }

    /// Nodes that run.
    pub fn running(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.is_running())
    }

    fn clock_of(&self, node: usize) -> TimeMs {
        TimeMs(
            self.now
                .0
                .saturating_add_signed(self.nodes[node].clock_offset_ms),
        )
    }

    fn push(&mut self, after_ms: u64, event: Event) {
        let at = TimeMs(self.now.0.saturating_add(after_ms));
        self.events.insert((at, self.made), event);
        self.made += 1;
    }

    fn carry(&mut self, from: usize, to: usize, bytes: &Arc<[u8]>) {
        let sender = self.nodes[from].key;
        let is_wired = self.wire_of.is_none_or(|of| of == from);
        let arriving: Vec<Arc<[u8]>> = match &mut self.wire {
            Some(wire) if is_wired => {
                let message =
                    PeerMessage::decode(bytes).expect("an honest node encodes what decodes");
                wire(from, to, message)
                    .iter()
                    .map(|message| message.encode().into())
                    .collect()
            }
            _ => vec![Arc::clone(bytes)],
        };
        for bytes in arriving {
            let journey_ms = match &mut self.links {
                None => 1 + self.chance.below(JOURNEY_MS_MAX),
                Some(links) => {
                    let slow_ms = self.nodes[from].slow_ms;
                    match links.journey_ms(self.now, (from, to), slow_ms, &mut self.chance) {
                        Some(journey_ms) => journey_ms,
                        None => continue,
                    }
                }
            };
            let link = (from, to);
            let from = sender;
            self.push(journey_ms, Event::Arrival { link, from, bytes });
        }
    }

    /// Lets a message arrive that no honest node sent.
    pub fn forge(&mut self, from: usize, to: usize, message: &PeerMessage) {
        let sender = self.nodes[from].key;
        self.push(
            1,
            Event::Arrival {
                link: (from, to),
                from: sender,
                bytes: message.encode().into(),
            },
        );
    }

    fn give(&mut self, node: usize, input: Input) {
        let now = self.clock_of(node);
        let Some(replica) = self.nodes[node].running_mut() else {
            return;
        };
        let effects = replica.step(now, input);
        let is_backlogged = replica.is_backlogged();
        self.perform(node, effects);
        if is_backlogged {
            self.end_flushes(node);
        }
        self.begin_flush(node);
    }

    fn perform(&mut self, node: usize, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send { to: key, bytes, .. } => {
                    self.watch.sent(&bytes);
                    for to in (0..self.nodes.len()).filter(|to| *to != node) {
                        if self.nodes[to].key == key {
                            self.carry(node, to, &bytes);
                        }
                    }
                }
                Effect::Broadcast { bytes, .. } => {
                    self.watch.sent(&bytes);
                    // Twins do not talk: a node that hears its own key vote stops at once.
                    let key = self.nodes[node].key;
                    for to in 0..self.nodes.len() {
                        if self.nodes[to].key != key {
                            self.carry(node, to, &bytes);
                        }
                    }
                }
                Effect::SetTimer { timer, after_ms } => {
                    self.cancel(node, timer);
                    self.push(after_ms, Event::Timer { node, timer });
                }
                Effect::CancelTimer { timer } => self.cancel(node, timer),
                other => self.nodes[node].saw(other),
            }
        }
        if self.nodes[node].faults().is_dead() {
            self.stop(node);
        }
    }

    fn cancel(&mut self, of: usize, cancelled: ReplicaTimer) {
        self.events.retain(|_, event| {
            !matches!(event, Event::Timer { node, timer } if *node == of && *timer == cancelled)
        });
    }

    /// Lets the next thing happen. False where nothing ever will.
    pub fn step(&mut self) -> bool {
        let Some(((at, _), event)) = self.events.pop_first() else {
            return false;
        };
        self.now = self.now.max(at);
        self.events_done += 1;
        match event {
            Event::Arrival { link, from, bytes } => {
                self.give(link.1, Input::Received { from, bytes });
            }
            Event::Timer { node, timer } => self.give(node, Input::TimerFired { timer }),
            Event::Flush { node, job } => self.flush(node, job),
        }
        true
    }

    /// Lets things happen until `is_done`.
    pub fn run_until(&mut self, what: &str, mut is_done: impl FnMut(&World) -> bool) {
        for _ in 0..EVENTS_MAX {
            if is_done(self) {
                return;
            }
            assert!(self.step(), "nothing happens any more, and not yet: {what}");
        }
        let stand: Vec<String> = self.running().map(Node::stand).collect();
        panic!("after {EVENTS_MAX} events, not yet: {what}; {stand:#?}");
    }

    /// Lets all happen that happens within `ms`.
    pub fn advance(&mut self, ms: u64) {
        let end = TimeMs(self.now.0 + ms);
        while self
            .events
            .first_key_value()
            .is_some_and(|((at, _), _)| *at <= end)
        {
            self.step();
        }
        self.now = end;
    }

    /// Heights of the running nodes.
    pub fn tips(&self) -> Vec<Height> {
        self.running().map(|node| node.tip().height).collect()
    }

    /// Runs until all running nodes have this height or a later one.
    pub fn run_to(&mut self, height: Height) {
        self.run_until(&format!("height {height}"), |world| {
            world.tips().iter().all(|tip| *tip >= height)
        });
    }

    /// Runs until no transaction waits and all running nodes are at one height; gives its header,
    /// which all of them have, state root and all.
    pub fn settle(&mut self) -> Header {
        self.run_until("all nodes at one height with nothing to do", |world| {
            let tips = world.tips();
            tips.windows(2).all(|pair| pair[0] == pair[1])
                && world.running().all(|node| node.status().mempool == 0)
        });
        let tips: Vec<Header> = self.running().map(Node::tip).collect();
        for tip in &tips {
            assert_eq!(
                tip, &tips[0],
                "the nodes have one header and one state root"
            );
        }
        tips.into_iter().next().expect("a node runs")
    }

    /// The first running node.
    pub fn any(&self) -> usize {
        self.nodes
            .iter()
            .position(Node::is_running)
            .expect("a node runs")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.options.is_quiet {
            eprintln!("repeat with SENIM_TEST_SEED={}", self.options.seed);
        }
    }
}
