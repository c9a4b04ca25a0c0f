//! A deterministic world for a few validators: virtual time, a network of delays, cuts and
//! partitions, disks that lose what was not flushed. A seed decides everything.
//!
//! Connections are TCP: a message between two connected, running nodes arrives, in some order; one
//! sent across a cut is lost. Each perform of an effect is a point at which a node may die.

mod adversary;
mod node;
mod rng;

pub use adversary::Adversary;
pub use node::{Node, Tail};
pub use rng::Rng;

use senim_consensus::{ConsensusMessage, Effect, Evidence, Input, Params, Phase, Timer};
use senim_types::crypto::{SecretKey, verify_certificate};
use senim_types::{ChainId, CommitCertificate, Hash, Height, Round, Validator, ValidatorSet};
use senim_types::{PublicKey, VoteKind};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

pub fn chain() -> ChainId {
    ChainId(Hash::of(b"simulated chain"))
}

pub fn keys(count: usize) -> Vec<SecretKey> {
    let mut keys: Vec<_> = (0..count)
        .map(|index| SecretKey::from_seed(&[index as u8 + 1; 32]))
        .collect();
    // Node number = index in the validator set.
    keys.sort_by_key(SecretKey::public);
    keys
}

pub fn set(keys: &[SecretKey]) -> ValidatorSet {
    let validators = keys.iter().map(|key| Validator {
        key: key.public(),
        power: 1,
    });
    ValidatorSet::new(validators.collect()).expect("distinct keys, powers of one")
}

/// What travels between nodes.
#[derive(Clone)]
pub enum Packet {
    Consensus(ConsensusMessage),
    /// A block's body; its content is its name here.
    Body(Hash),
    /// "I have committed this height."
    Tip(Height),
    /// A certified block for one who is behind.
    Certified(CommitCertificate),
}

enum Event {
    Packet {
        from: usize,
        to: usize,
        packet: Packet,
    },
    Timer {
        node: usize,
        timer: Timer,
        ticket: u64,
    },
    /// An answer of the node's own executor.
    Own {
        node: usize,
        incarnation: u64,
        input: Input,
    },
    Tick(usize),
    Start {
        node: usize,
        height: Height,
    },
    Crash(usize, Tail),
    Restart(usize),
    /// The listed nodes and the others cannot reach each other.
    Cut(Vec<usize>),
    Heal,
}

/// What honest nodes were seen to sign, across restarts.
type Signed = BTreeMap<(PublicKey, VoteKind, Height, Round), Option<Hash>>;

pub struct Sim {
    pub now_us: u64,
    pub nodes: Vec<Node>,
    pub agreed: BTreeMap<Height, Hash>,
    pub evidence: Vec<Evidence>,
    pub adversary: Option<(usize, Adversary)>,
    /// Heights at which deciding stops: keeps runs comparable.
    pub height_max: Height,
    /// Nodes whose clocks are wrong: they refuse every block for its time, as long as it counts.
    pub skewed: BTreeSet<usize>,
    /// How long a packet travels.
    pub delay_us: (u64, u64),
    /// How long a node has nothing to do after a commit.
    pub pause_us: (u64, u64),
    pub trace: Vec<String>,
    set: ValidatorSet,
    rng: Rng,
    sequence: u64,
    events: BTreeMap<(u64, u64), Event>,
    order: BinaryHeap<Reverse<(u64, u64)>>,
    cut: BTreeSet<usize>,
    signed: Signed,
    proposed: BTreeMap<(PublicKey, Height, Round), Hash>,
}

impl Sim {
    pub fn new(seed: u64, count: usize) -> Sim {
        let keys = keys(count);
        let set = set(&keys);
        let nodes = keys.into_iter().map(Node::new).collect();
        let mut sim = Sim {
            now_us: 0,
            nodes,
            agreed: BTreeMap::new(),
            evidence: Vec::new(),
            adversary: None,
            height_max: Height(u64::MAX),
            skewed: BTreeSet::new(),
            delay_us: (200, 5_000),
            pause_us: (50_000, 150_000),
            trace: Vec::new(),
            set,
            rng: Rng::new(seed),
            sequence: 0,
            events: BTreeMap::new(),
            order: BinaryHeap::new(),
            cut: BTreeSet::new(),
            signed: BTreeMap::new(),
            proposed: BTreeMap::new(),
        };
        for node in 0..count {
            let at_us = sim.rng.range(0, 5_000);
            sim.schedule(at_us, Event::Restart(node));
            sim.schedule(200_000 + at_us, Event::Tick(node));
        }
        sim
    }

    pub fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    pub fn crash_at(&mut self, at_us: u64, node: usize, tail: Tail) {
        self.schedule(at_us, Event::Crash(node, tail));
    }

    pub fn restart_at(&mut self, at_us: u64, node: usize) {
        self.schedule(at_us, Event::Restart(node));
    }

    pub fn cut_at(&mut self, at_us: u64, nodes: &[usize]) {
        self.schedule(at_us, Event::Cut(nodes.to_vec()));
    }

    pub fn heal_at(&mut self, at_us: u64) {
        self.schedule(at_us, Event::Heal);
    }

    /// The lowest height committed by a node that is not the adversary.
    pub fn lowest(&self) -> Height {
        let guilty = self.adversary.as_ref().map(|(node, _)| *node);
        let honest = self.nodes.iter().enumerate();
        let honest = honest.filter(|(index, _)| Some(*index) != guilty);
        honest
            .map(|(_, node)| node.disk.tip())
            .min()
            .unwrap_or(Height(0))
    }

    fn schedule(&mut self, at_us: u64, event: Event) {
        self.sequence += 1;
        let key = (at_us, self.sequence);
        self.events.insert(key, event);
        self.order.push(Reverse(key));
    }

    fn send(&mut self, from: usize, to: usize, packet: Packet) {
        if self.cut.contains(&from) != self.cut.contains(&to) {
            return;
        }
        let (shortest, longest) = self.delay_us;
        let at_us = self.now_us + self.rng.range(shortest, longest);
        self.schedule(at_us, Event::Packet { from, to, packet });
    }

    fn send_all(&mut self, from: usize, packet: Packet) {
        for to in (0..self.nodes.len()).filter(|to| *to != from) {
            self.send(from, to, packet.clone());
        }
    }

    /// Runs until virtual time `until_us`, or until `done` says so.
    pub fn run(&mut self, until_us: u64, done: impl Fn(&Sim) -> bool) {
        while !done(self) {
            let Some(Reverse(key)) = self.order.peek().copied() else {
                return;
            };
            if key.0 > until_us {
                self.now_us = until_us;
                return;
            }
            self.order.pop();
            self.now_us = key.0;
            let event = self.events.remove(&key).expect("scheduled");
            self.on_event(event);
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Packet { from, to, packet } => self.on_packet(from, to, packet),
            Event::Timer {
                node,
                timer,
                ticket,
            } => {
                if self.nodes[node].timers.get(&timer) == Some(&ticket) {
                    self.nodes[node].timers.remove(&timer);
                    self.step(node, Input::TimeoutElapsed { timer });
                }
            }
            Event::Own {
                node,
                incarnation,
                input,
            } => {
                if self.nodes[node].incarnation == incarnation {
                    self.step(node, input);
                }
            }
            Event::Tick(node) => {
                if self.nodes[node].is_up() {
                    let tip = self.nodes[node].disk.tip();
                    self.send_all(node, Packet::Tip(tip));
                }
                self.schedule(self.now_us + 200_000, Event::Tick(node));
            }
            Event::Start { node, height } => self.start(node, height),
            Event::Crash(node, tail) => self.nodes[node].crash(tail),
            Event::Restart(node) => self.restart(node),
            Event::Cut(nodes) => self.cut = nodes.into_iter().collect(),
            Event::Heal => self.cut.clear(),
        }
    }

    fn restart(&mut self, node: usize) {
        if self.nodes[node].is_up() {
            return;
        }
        self.nodes[node].boot(Params::local(chain()));
        let next = self.nodes[node].disk.tip().next();
        if self.nodes[node].disk.wal_of(next).is_empty() {
            self.await_next(node);
        } else {
            self.start(node, next);
        }
    }

    /// The next height starts when there is something to do: after a while, or when another
    /// validator speaks of it.
    fn await_next(&mut self, node: usize) {
        let height = self.nodes[node].disk.tip().next();
        if height > self.height_max {
            return;
        }
        let (shortest, longest) = self.pause_us;
        let at_us = self.now_us + self.rng.range(shortest, longest);
        self.schedule(at_us, Event::Start { node, height });
        let validators = self.set.clone();
        self.step(node, Input::AwaitHeight { height, validators });
    }

    fn start(&mut self, node: usize, height: Height) {
        let it = &self.nodes[node];
        let waiting = it
            .consensus
            .as_ref()
            .is_some_and(|consensus| matches!(consensus.phase(), Phase::Idle | Phase::Awaiting));
        if !waiting || it.disk.tip().next() != height {
            return;
        }
        let wal = it.disk.wal_of(height);
        let validators = self.set.clone();
        self.step(
            node,
            Input::StartHeight {
                height,
                validators,
                wal,
            },
        );
    }

    fn on_packet(&mut self, from: usize, to: usize, packet: Packet) {
        if !self.nodes[to].is_up() {
            return;
        }
        match packet {
            Packet::Consensus(message) => {
                let bytes = message.encode();
                let message = ConsensusMessage::decode(&bytes).expect("what we send decodes");
                self.step(to, Input::Message { message });
            }
            Packet::Body(block) => {
                self.nodes[to].disk.bodies.insert(block);
                self.check(to, block);
            }
            Packet::Tip(tip) => {
                let certificate = self.nodes[to].disk.committed.get(&tip.next()).cloned();
                if let Some(certificate) = certificate {
                    self.send(to, from, Packet::Certified(certificate));
                }
            }
            Packet::Certified(certificate) => {
                if certificate.height == self.nodes[to].disk.tip().next() {
                    self.commit(to, certificate);
                }
            }
        }
    }

    /// The executor judges a block whose body is here and which consensus asked about.
    fn check(&mut self, node: usize, block: Hash) {
        let it = &mut self.nodes[node];
        if !it.disk.bodies.contains(&block) {
            return;
        }
        let Some((height, valid_round)) = it.wanted.remove(&block) else {
            return;
        };
        let on_time = valid_round.is_some() || !self.skewed.contains(&node);
        let input = Input::ProposalChecked {
            height,
            block,
            valid: on_time,
        };
        let incarnation = it.incarnation;
        let event = Event::Own {
            node,
            incarnation,
            input,
        };
        self.schedule(self.now_us + 1_000, event);
    }

    fn commit(&mut self, node: usize, certificate: CommitCertificate) {
        let height = certificate.height;
        verify_certificate(&chain(), &self.set, &certificate).expect("a certificate holds");
        let agreed = *self.agreed.entry(height).or_insert(certificate.block);
        assert_eq!(agreed, certificate.block, "two blocks at height {height}");
        self.trace.push(format!(
            "{} node {node} height {height} round {} {}",
            self.now_us, certificate.round, certificate.block
        ));
        self.nodes[node].disk.committed.insert(height, certificate);
        self.await_next(node);
    }

    pub fn step(&mut self, node: usize, input: Input) {
        let Some(consensus) = self.nodes[node].consensus.as_mut() else {
            return;
        };
        let effects = consensus.step(input);
        for effect in effects {
            // A node that died performs nothing more of the step.
            if !self.nodes[node].survives_one_more() {
                return;
            }
            self.perform(node, effect);
        }
    }

    fn perform(&mut self, node: usize, effect: Effect) {
        match effect {
            Effect::WalAppend { height, entry } => self.nodes[node].disk.append(height, entry),
            Effect::WalFlush => self.nodes[node].disk.flush(),
            Effect::Broadcast { message } => self.broadcast(node, message),
            Effect::SendBody { block, .. } => {
                let disk = &self.nodes[node].disk;
                assert!(
                    disk.bodies.contains(&block),
                    "sends a body it does not have"
                );
                self.send_all(node, Packet::Body(block));
            }
            Effect::BuildProposal { height, round, .. } => {
                // A new block each time, so that only the log can make a restart repeat itself.
                let block = self.nodes[node].build(height, round);
                let incarnation = self.nodes[node].incarnation;
                let input = Input::ProposalBuilt {
                    height,
                    round,
                    block,
                };
                let event = Event::Own {
                    node,
                    incarnation,
                    input,
                };
                self.schedule(self.now_us + 1_000, event);
            }
            Effect::CheckProposal {
                height,
                valid_round,
                block,
                ..
            } => {
                let wanted = &mut self.nodes[node].wanted;
                wanted.insert(block, (height, valid_round));
                self.check(node, block);
            }
            Effect::Evidence { evidence } => self.evidence.push(evidence),
            Effect::Decided { certificate, .. } => {
                self.nodes[node].decided += 1;
                self.commit(node, certificate);
            }
            Effect::ScheduleTimer { timer, after_ms } => {
                self.sequence += 1;
                let ticket = self.sequence;
                self.nodes[node].timers.insert(timer, ticket);
                let event = Event::Timer {
                    node,
                    timer,
                    ticket,
                };
                self.schedule(self.now_us + after_ms * 1_000, event);
            }
            Effect::CancelTimer { timer } => {
                self.nodes[node].timers.remove(&timer);
            }
            Effect::HeightSeen { height } => self.start(node, height),
            Effect::Refused { error } => {
                assert!(self.adversary.is_some(), "node {node} refuses: {error}");
            }
            Effect::Halt { error } => panic!("node {node} halts: {error}"),
        }
    }

    fn broadcast(&mut self, node: usize, message: ConsensusMessage) {
        assert!(
            self.nodes[node].disk.is_flushed(),
            "node {node} speaks of what its log may forget"
        );
        if let Some((guilty, adversary)) = &self.adversary
            && *guilty == node
        {
            let key = self.nodes[node].key.clone();
            for (to, message) in adversary.instead(&key, self.nodes.len(), node, message) {
                self.send(node, to, Packet::Consensus(message));
            }
            return;
        }
        self.note_signed(&message);
        self.send_all(node, Packet::Consensus(message));
    }

    /// No honest validator signs two votes or two proposals for one place, whatever happens to it.
    fn note_signed(&mut self, message: &ConsensusMessage) {
        match message {
            ConsensusMessage::Vote(signed) => {
                let vote = signed.vote;
                let place = (signed.validator, signed.kind, vote.height, vote.round);
                let first = *self.signed.entry(place).or_insert(vote.block);
                assert_eq!(first, vote.block, "signed twice: {place:?}");
            }
            ConsensusMessage::Proposal(signed) => {
                let proposal = signed.proposal;
                let place = (signed.validator, proposal.height, proposal.round);
                let first = *self.proposed.entry(place).or_insert(proposal.block);
                assert_eq!(first, proposal.block, "proposed twice: {place:?}");
            }
            ConsensusMessage::Polka(_) | ConsensusMessage::Round(_) => {}
        }
    }
}
