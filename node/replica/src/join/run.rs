//! The steps of joining.

use super::fetch::{Fetch, Received};
use super::trust::{Trust, Unsound};
use super::{Asked, Phase};
use crate::candidate::Candidates;
use crate::input::{Effect, ReplicaTimer};
use crate::message::PeerMessage;
use crate::message_snapshot::SnapshotMessage;
use crate::outcome::Validators;
use crate::progress::{SyncPhase, SyncProgress};
use crate::protocol;
use crate::replica::{Fault, Replica};
use senim_state::snapshot::{Manifest, SnapshotOffer};
use senim_types::proof::LightBlock;
use senim_types::{Code, Hash, Height, PublicKey, TimeMs};

/// So often it is asked who has a snapshot, before blocks are fetched instead.
const ROUNDS_MAX: u32 = 3;
/// A chunk may take so many times as long as other answers.
const CHUNK_PATIENCE: u64 = 5;

impl Replica {
    /// A node is at `height`: an empty node that is far behind joins from a snapshot. True while it
    /// does, and blocks are not to be fetched.
    pub(crate) fn joins(&mut self, peer: PublicKey, height: Height) -> bool {
        if self.join.is_on() {
            if matches!(self.join.phase, Phase::Asking) {
                self.ask(peer, SnapshotMessage::ListRequest);
            }
            return true;
        }
        let is_far = |min: u64| height.0 >= min.max(1);
        let rules = &self.snapshot_rules;
        let may_join = !self.join.has_given_up && self.ledger.is_empty();
        if may_join && rules.join_behind_min.is_some_and(is_far) {
            tracing::info!(seen = height.0, "far behind: looking for a snapshot");
            self.ask_for_snapshots();
        }
        self.join.is_on()
    }

    fn ask(&mut self, peer: PublicKey, question: SnapshotMessage) {
        self.send(peer, &PeerMessage::Snapshot(question));
    }

    fn ask_for_snapshots(&mut self) {
        self.join.phase = Phase::Asking;
        self.join.offers.clear();
        self.broadcast(&PeerMessage::Snapshot(SnapshotMessage::ListRequest));
        self.arm_snapshot_timer();
    }

    fn arm_snapshot_timer(&mut self) {
        self.out.push(Effect::SetTimer {
            timer: ReplicaTimer::Snapshot,
            after_ms: self.pace.sync_timeout_ms,
        });
    }

    /// Goes on by blocks.
    fn give_up_joining(&mut self, now: TimeMs, why: &str) {
        tracing::warn!(why, "no snapshot: catching up by blocks from the genesis");
        self.join.phase = Phase::Off;
        self.join.has_given_up = true;
        self.request_blocks_from_anyone(now);
    }

    fn blame(&mut self, peer: PublicKey, code: Code) {
        self.join.offers.lied(peer);
        self.out.push(Effect::Misbehaved { peer, code });
    }

    /// A message about snapshots.
    pub(crate) fn heard_about_snapshots(
        &mut self,
        now: TimeMs,
        from: PublicKey,
        message: SnapshotMessage,
    ) -> Result<(), Fault> {
        match message {
            SnapshotMessage::List(offers) => {
                if matches!(self.join.phase, Phase::Asking) {
                    self.join.offers.take(from, offers);
                }
                Ok(())
            }
            SnapshotMessage::Manifest { bytes, .. } => self.received_manifest(now, from, bytes),
            SnapshotMessage::LightBlock { height, block } => {
                self.received_light_block(now, from, height, block)
            }
            SnapshotMessage::Chunk {
                height,
                index,
                bytes,
            } => self.received_chunk(now, from, (height, index), bytes),
            question => self.answer_about_snapshots(from, &question),
        }
    }

    /// Time to look at what did not come.
    pub(crate) fn snapshot_timer_fired(&mut self, now: TimeMs) -> Result<(), Fault> {
        if self.join.is_on() && !self.ledger.is_empty() {
            // Blocks came another way.
            self.join.phase = Phase::Off;
        }
        match &mut self.join.phase {
            Phase::Off => return Ok(()),
            Phase::Asking => {
                self.choose(now);
                return Ok(());
            }
            Phase::Manifest { id, asked } => {
                let (id, asked) = (*id, *asked);
                self.join.offers.timed_out(&asked);
                self.ask_for_manifest(id);
            }
            Phase::Trust(trust) => {
                if let Some(asked) = trust.asked.take() {
                    self.join.offers.timed_out(&asked.peer);
                }
                return self.go_on_trusting(now);
            }
            Phase::Chunks(fetch) => {
                let patience_ms = CHUNK_PATIENCE * self.pace.sync_timeout_ms;
                for peer in fetch.take_late(now, patience_ms) {
                    self.join.offers.timed_out(&peer);
                }
                self.go_on_fetching(now);
            }
        }
        if self.join.is_on() {
            self.arm_snapshot_timer();
        }
        Ok(())
    }

    fn choose(&mut self, now: TimeMs) {
        let trusted = self.snapshot_rules.trusted;
        let lowest = trusted.map_or(Height(1), |trusted| trusted.height);
        match self.join.offers.best(lowest) {
            Some(SnapshotOffer { height, id }) => {
                tracing::info!(height = height.0, %id, "a snapshot is offered");
                self.ask_for_manifest(id);
            }
            None => {
                self.join.rounds += 1;
                if self.join.rounds >= ROUNDS_MAX {
                    self.give_up_joining(now, "no node that answers has one that can be used");
                } else {
                    self.ask_for_snapshots();
                }
            }
        }
    }

    fn ask_for_manifest(&mut self, id: Hash) {
        let offers = &self.join.offers;
        let height = offers.best(Height(1)).filter(|best| best.id == id);
        let (Some(peer), Some(best)) = (offers.peers(&id).first().copied(), height) else {
            self.ask_for_snapshots();
            return;
        };
        self.join.phase = Phase::Manifest { id, asked: peer };
        let height = best.height;
        self.ask(peer, SnapshotMessage::ManifestRequest { height });
        self.arm_snapshot_timer();
    }

    fn received_manifest(
        &mut self,
        now: TimeMs,
        from: PublicKey,
        bytes: Option<Vec<u8>>,
    ) -> Result<(), Fault> {
        let Phase::Manifest { id, asked } = self.join.phase else {
            return Ok(());
        };
        if asked != from {
            return Ok(());
        }
        self.join.offers.answered(&from);
        let Some(bytes) = bytes else {
            self.join.offers.withdraw(&from, &id);
            self.ask_for_manifest(id);
            return Ok(());
        };
        let chain = self.ledger.tip().chain;
        let manifest = Manifest::decode(&bytes, &chain).and_then(|manifest| {
            let is_asked = manifest.id() == id;
            is_asked.then_some(manifest).ok_or(Code::SNAPSHOT_MANIFEST)
        });
        let manifest = match manifest {
            Ok(manifest) => manifest,
            Err(code) => {
                self.blame(from, code);
                self.ask_for_manifest(id);
                return Ok(());
            }
        };
        match Trust::begin(manifest, from, &self.snapshot_rules, &self.genesis, now) {
            Ok(trust) => {
                self.join.phase = Phase::Trust(Box::new(trust));
                self.go_on_trusting(now)
            }
            Err(unsound) => {
                self.is_unsound(now, unsound, from, from);
                Ok(())
            }
        }
    }

    /// What leads away from a snapshot: its giver, or a sender of headers, is to blame.
    fn is_unsound(&mut self, now: TimeMs, unsound: Unsound, giver: PublicKey, sender: PublicKey) {
        match unsound {
            Unsound::Snapshot(code) => {
                self.blame(giver, code);
                self.ask_for_snapshots();
            }
            Unsound::Sender(code) => self.blame(sender, code),
            Unsound::Expired => self.give_up_joining(
                now,
                "what is trusted is older than the trusting period. Give the height and hash of a block \
                 that somebody you trust tells you: --trusted HEIGHT:HASH",
            ),
        }
    }

    fn go_on_trusting(&mut self, now: TimeMs) -> Result<(), Fault> {
        let peers = self.join.offers.everybody();
        let Phase::Trust(trust) = &mut self.join.phase else {
            return Ok(());
        };
        let Some(height) = trust.wanted(&self.snapshot_rules) else {
            return self.begin_fetching(now);
        };
        if peers.is_empty() {
            self.ask_for_snapshots();
            return Ok(());
        }
        let peer = peers[trust.turn % peers.len()];
        trust.turn += 1;
        trust.asked = Some(Asked { peer, at: now });
        self.ask(peer, SnapshotMessage::LightBlockRequest { height });
        self.arm_snapshot_timer();
        Ok(())
    }

    fn received_light_block(
        &mut self,
        now: TimeMs,
        from: PublicKey,
        height: Height,
        block: Option<Box<LightBlock>>,
    ) -> Result<(), Fault> {
        let Phase::Trust(trust) = &mut self.join.phase else {
            return Ok(());
        };
        let is_asked = trust.asked.is_some_and(|asked| asked.peer == from);
        if !is_asked || trust.wanted(&self.snapshot_rules) != Some(height) {
            return Ok(());
        }
        trust.asked = None;
        self.join.offers.answered(&from);
        // Who joined from a snapshot has no earlier headers: the next one is asked.
        if let Some(block) = block {
            let giver = trust.giver;
            if let Err(unsound) = trust.take(*block, &self.snapshot_rules, now) {
                self.is_unsound(now, unsound, giver, from);
            }
        } else {
            self.join.offers.timed_out(&from);
        }
        self.go_on_trusting(now)
    }

    fn begin_fetching(&mut self, now: TimeMs) -> Result<(), Fault> {
        let Phase::Trust(trust) = std::mem::take(&mut self.join.phase) else {
            return Ok(());
        };
        let manifest = trust.manifest;
        protocol::knows_version(&manifest.contents.header)?;
        let (id, height, bytes) = (manifest.id(), manifest.height(), manifest.chunk_bytes());
        let chunks = manifest.contents.chunks.len();
        tracing::info!(
            height = height.0,
            chunks,
            bytes,
            "the snapshot's block is certified: fetching its chunks"
        );
        let incoming = self.ledger.begin_incoming(manifest).map_err(Fault::state)?;
        self.join.phase = Phase::Chunks(Box::new(Fetch::new(id, incoming)));
        self.arm_snapshot_timer();
        if chunks == 0 {
            return self.adopt(now);
        }
        self.go_on_fetching(now);
        Ok(())
    }

    fn go_on_fetching(&mut self, now: TimeMs) {
        let Phase::Chunks(fetch) = &mut self.join.phase else {
            return;
        };
        let peers = self.join.offers.peers(&fetch.id);
        if peers.is_empty() {
            tracing::warn!("nobody has the snapshot any more: looking for another");
            self.ask_for_snapshots();
            return;
        }
        fetch.keep_only(&peers);
        let height = fetch.incoming.manifest().height();
        let requests = fetch.requests(now, &peers);
        for (peer, index) in requests {
            self.ask(peer, SnapshotMessage::ChunkRequest { height, index });
        }
    }

    fn received_chunk(
        &mut self,
        now: TimeMs,
        from: PublicKey,
        (height, index): (Height, u32),
        bytes: Option<Vec<u8>>,
    ) -> Result<(), Fault> {
        let Phase::Chunks(fetch) = &mut self.join.phase else {
            return Ok(());
        };
        if fetch.incoming.manifest().height() != height {
            return Ok(());
        }
        let is_there = bytes.is_some();
        let id = fetch.id;
        match fetch.take(from, index, bytes) {
            Received::Unasked => return Ok(()),
            Received::Good => self.join.offers.answered(&from),
            Received::Bad if is_there => self.blame(from, Code::SNAPSHOT_CHUNK),
            Received::Bad => self.join.offers.withdraw(&from, &id),
        }
        let Phase::Chunks(fetch) = &mut self.join.phase else {
            return Ok(());
        };
        let written = fetch.write().map_err(|error| Fault::state(error.into()))?;
        let is_whole = fetch.is_whole();
        self.say_progress(now);
        match written {
            Err(code) => self.was_forged(id, code),
            Ok(()) if is_whole => return self.adopt(now),
            Ok(()) => self.go_on_fetching(now),
        }
        Ok(())
    }

    /// All who offered a forged manifest are to blame: an honest node's is made of its own state.
    fn was_forged(&mut self, id: Hash, code: Code) {
        tracing::warn!(%id, %code, "a snapshot was forged: looking for another");
        for peer in self.join.offers.forged(id) {
            self.out.push(Effect::Misbehaved { peer, code });
        }
        self.ask_for_snapshots();
    }

    /// All chunks are there: the state becomes theirs, if it is the header's.
    fn adopt(&mut self, now: TimeMs) -> Result<(), Fault> {
        let Phase::Chunks(fetch) = std::mem::take(&mut self.join.phase) else {
            return Ok(());
        };
        if !self.ledger.is_empty() {
            return Ok(());
        }
        let Fetch { id, incoming, .. } = *fetch;
        match self.ledger.adopt(incoming).map_err(Fault::state)? {
            Err(code) => {
                self.was_forged(id, code);
                Ok(())
            }
            Ok(()) => self.joined(now),
        }
    }

    fn joined(&mut self, now: TimeMs) -> Result<(), Fault> {
        let header = self.ledger.tip().clone();
        tracing::info!(height = header.height.0, root = %header.state_root, "joined from a snapshot");
        self.validators = Validators::read(&self.ledger, &self.genesis).map_err(Fault::host)?;
        self.read_protocol()?;
        self.candidates = Candidates::default();
        self.checks.clear();
        self.recovered.clear();
        self.sync.certified = None;
        self.receipt_trees.borrow_mut().clear();
        *self.checkpoint.borrow_mut() = None;
        self.committed_at = now;
        self.meter.end();
        self.join.offers.clear();
        self.out.push(Effect::CancelTimer {
            timer: ReplicaTimer::Snapshot,
        });
        self.out.push(Effect::Joined {
            header: Box::new(header),
        });
        self.allow_peers()?;
        self.broadcast(&self.own_status());
        self.request_blocks_from_anyone(now);
        self.await_height(now)
    }

    /// How far joining is; none where this node does not join.
    pub(crate) fn join_progress(&self) -> Option<SyncProgress> {
        let phase = |phase, target| SyncProgress {
            phase,
            target,
            done: 0,
            total: 0,
            bytes_done: 0,
            bytes_total: 0,
            rate_per_1000_s: 0,
            left_ms: None,
        };
        match &self.join.phase {
            Phase::Off => None,
            Phase::Asking => Some(phase(SyncPhase::Asking, self.sync.seen)),
            Phase::Manifest { .. } => Some(phase(SyncPhase::Manifest, self.sync.seen)),
            Phase::Trust(trust) => Some(phase(SyncPhase::Trust, trust.manifest.height())),
            Phase::Chunks(fetch) => {
                let manifest = fetch.incoming.manifest();
                let done = u64::from(fetch.incoming.next());
                let total = u64::from(fetch.incoming.total());
                let (rate_per_1000_s, left_ms) = self.meter.estimate(total - done);
                Some(SyncProgress {
                    done,
                    total,
                    bytes_done: fetch.bytes_done,
                    bytes_total: manifest.chunk_bytes(),
                    rate_per_1000_s,
                    left_ms,
                    ..phase(SyncPhase::Chunks, manifest.height())
                })
            }
        }
    }
}
