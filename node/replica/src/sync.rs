//! Catching up: certified blocks from any peer, trusted for their certificate and never for their sender.

use crate::candidate::Candidate;
use crate::input::{Effect, ReplicaTimer};
use crate::message::{BLOCKS_PER_RESPONSE_MAX, CertifiedBlock, PeerMessage, RESPONSE_BYTES_TARGET};
use crate::progress::{SyncPhase, SyncProgress};
use crate::replica::{Fault, Replica};
use crate::stage::Stage;
use crate::window::{Wanted, Window};
use senim_types::crypto::{VerifiedTransaction, verify_certificate, verify_transactions};
use senim_types::{
    Block, Code, CommitCertificate, Hash, Height, PublicKey, SignedTransaction, TimeMs, codec,
};

/// What is known of the others' progress.
#[derive(Debug, Default)]
pub(crate) struct Sync {
    /// The highest committed height that a peer claimed.
    pub seen: Height,
    window: Window,
    is_timer_armed: bool,
    /// A certificate whose body has not come.
    pub certified: Option<CommitCertificate>,
}

impl Replica {
    /// A peer's committed height.
    pub(crate) fn heard_of(&mut self, now: TimeMs, from: PublicKey, height: Height) {
        let tip = self.ledger.tip().height;
        if height < tip {
            // It is behind: tell it how far there is to go.
            self.send(from, &self.own_status());
        }
        if height > tip {
            self.seen(height);
            self.sync.window.claims(from, height);
            if !self.joins(from, height) {
                self.request_blocks(now);
            }
        }
    }

    pub(crate) fn seen(&mut self, height: Height) {
        self.sync.seen = self.sync.seen.max(height);
    }

    /// Asks whoever claimed to be ahead, or everybody how far they are.
    pub(crate) fn request_blocks_from_anyone(&mut self, now: TimeMs) {
        if self.join.is_on() || self.sync.window.is_waiting() {
            return;
        }
        if self.sync.window.has_ahead(self.ledger.tip().height) {
            self.request_blocks(now);
        } else {
            self.broadcast(&self.own_status());
        }
    }

    /// Sends what requests are due.
    fn request_blocks(&mut self, now: TimeMs) {
        if self.join.is_on() {
            return;
        }
        let tip = self.ledger.tip().height;
        for Wanted { peer, from, count } in self.sync.window.requests(now, tip) {
            let count = count as u16;
            self.send(peer, &PeerMessage::BlocksRequest { from, count });
        }
        if self.sync.window.is_waiting() {
            self.arm_sync_timer();
        }
    }

    /// Makes sure that somebody looks at what did not come. A timer that runs is left: asking again and
    /// again must not put off the moment at which a silent peer is given up.
    pub(crate) fn arm_sync_timer(&mut self) {
        if !std::mem::replace(&mut self.sync.is_timer_armed, true) {
            let after_ms = self.pace.sync_timeout_ms;
            self.out.push(Effect::SetTimer {
                timer: ReplicaTimer::Sync,
                after_ms,
            });
        }
    }

    /// Whoever did not answer is given up: others are asked.
    pub(crate) fn sync_timed_out(&mut self, now: TimeMs) {
        self.sync.is_timer_armed = false;
        if let Some(certificate) = &self.sync.certified {
            let message = PeerMessage::BodyRequest {
                height: certificate.height,
                block: certificate.block,
            };
            self.broadcast(&message);
            self.arm_sync_timer();
        }
        // The timer ran while the youngest of the requests was made: half of its time is patience enough.
        let patience_ms = self.pace.sync_timeout_ms / 2;
        self.sync.window.take_back_late(now, patience_ms);
        if self.sync.seen > self.ledger.tip().height {
            self.request_blocks(now);
            self.request_blocks_from_anyone(now);
        }
        if self.sync.window.is_waiting() {
            self.arm_sync_timer();
        }
        self.say_progress(now);
    }

    /// The body of an undecided block, or of the committed one of that height.
    pub(crate) fn answer_body_request(&mut self, to: PublicKey, height: Height, hash: &Hash) {
        if let Some(candidate) = self.candidates.get(hash) {
            let message = PeerMessage::Body {
                block: candidate.bytes.clone(),
            };
            self.send(to, &message);
        } else if height <= self.ledger.tip().height {
            self.send(to, &self.own_status());
        }
    }

    /// Certified blocks from `first` on, at most `count`, as many as fit.
    pub(crate) fn answer_blocks_request(
        &mut self,
        to: PublicKey,
        first: Height,
        count: u16,
    ) -> Result<(), Fault> {
        let (mut blocks, mut bytes, mut height) = (Vec::new(), 0, first.max(Height(1)));
        let blocks_max = BLOCKS_PER_RESPONSE_MAX.min(usize::from(count));
        while blocks.len() < blocks_max && bytes < RESPONSE_BYTES_TARGET {
            let Some(record) = self.ledger.block(height).map_err(Fault::state)? else {
                break;
            };
            let block = codec::encode(&record.block);
            bytes += block.len();
            blocks.push(CertifiedBlock {
                block,
                certificate: record.certificate.clone(),
            });
            height = height.next();
        }
        self.send(to, &PeerMessage::Blocks(blocks));
        Ok(())
    }

    /// Blocks that were asked for: taken when all before them are here, each judged by its certificate,
    /// executed and committed.
    pub(crate) fn received_blocks(
        &mut self,
        now: TimeMs,
        from: PublicKey,
        blocks: Vec<CertifiedBlock>,
    ) -> Result<(), Fault> {
        if !self.sync.window.take(from, blocks) {
            return Ok(());
        }
        let before = self.ledger.tip().height;
        while let Some((peer, blocks)) = self.sync.window.next(self.ledger.tip().height) {
            match self.commit_all(now, blocks)? {
                Ok(()) => self.sync.window.served(&peer),
                Err(code) => {
                    self.sync.window.failed(peer);
                    self.out.push(Effect::Misbehaved { peer, code });
                }
            }
        }
        let height = self.ledger.tip().height;
        self.request_blocks(now);
        if height > before {
            self.recovered.clear();
            self.say_progress(now);
            self.await_height(now)?;
        }
        if !self.sync.window.is_waiting() && self.sync.seen > height {
            // Somebody claimed more than it gave. Whoever else is ahead says so after a while: no liar
            // sets this node's pace.
            self.sync.seen = height;
            self.arm_sync_timer();
        }
        Ok(())
    }

    /// Commits one answer's blocks. Their transactions' signatures are verified in one batch, which costs
    /// half of what batches of one block each do.
    fn commit_all(
        &mut self,
        now: TimeMs,
        certified: Vec<CertifiedBlock>,
    ) -> Result<Result<(), Code>, Fault> {
        self.enter(Stage::Codec);
        let mut decoded = Vec::new();
        let mut broken = None;
        for certified in certified {
            match Block::decode(&certified.block) {
                Ok(block) => decoded.push((block, certified)),
                Err(code) => {
                    broken = Some(code);
                    break;
                }
            }
        }
        let transactions: Vec<SignedTransaction> = decoded
            .iter()
            .flat_map(|(block, _)| block.transactions.iter().cloned())
            .collect();
        self.enter(Stage::Verify);
        let chain = self.ledger.tip().chain;
        let mut verified = verify_transactions(&chain, transactions, &mut self.rng).into_iter();
        self.enter(Stage::Other);
        for (block, certified) in decoded {
            let verified = verified.by_ref().take(block.transactions.len()).collect();
            if let Err(code) = self.commit_certified(now, block, certified, verified)? {
                return Ok(Err(code));
            }
        }
        Ok(broken.map_or(Ok(()), Err))
    }

    /// How far catching up is; none where this node is not behind.
    pub(crate) fn sync_progress(&self) -> Option<SyncProgress> {
        if let Some(progress) = self.join_progress() {
            return Some(progress);
        }
        let (tip, target) = (self.ledger.tip().height, self.sync.seen);
        if target <= tip {
            return None;
        }
        let (rate_per_1000_s, left_ms) = self.meter.estimate(target.0 - tip.0);
        let base = self.ledger.base_height();
        Some(SyncProgress {
            phase: SyncPhase::Blocks,
            target,
            done: tip.0 - base.0,
            total: target.0 - base.0,
            bytes_done: 0,
            bytes_total: 0,
            rate_per_1000_s,
            left_ms,
        })
    }

    /// Says how far catching up is, every few seconds.
    pub(crate) fn say_progress(&mut self, now: TimeMs) {
        let Some(progress) = self.sync_progress() else {
            self.meter.end();
            return;
        };
        if self.meter.note(now, progress.phase, progress.done) {
            let (rate_per_1000_s, left_ms) = self.meter.estimate(progress.total - progress.done);
            tracing::info!(
                phase = progress.phase.name(),
                done = progress.done,
                total = progress.total,
                bytes_done = progress.bytes_done,
                bytes_total = progress.bytes_total,
                per_s = rate_per_1000_s / 1_000,
                left_s = left_ms.map(|left_ms| left_ms / 1_000),
                target = progress.target.0,
                "catching up"
            );
        }
    }

    /// Commits a block that was decided without this node. A wrong one is its sender's fault; one
    /// that is certified and has another outcome here ends this node.
    fn commit_certified(
        &mut self,
        now: TimeMs,
        block: Block,
        certified: CertifiedBlock,
        verified: Vec<Result<VerifiedTransaction, Code>>,
    ) -> Result<Result<(), Code>, Fault> {
        let CertifiedBlock {
            block: bytes,
            certificate,
        } = certified;
        let hash = block.header.hash();
        if block.header.height <= self.ledger.tip().height {
            return Ok(Ok(()));
        }
        if block.header.height != self.ledger.tip().height.next()
            || certificate.height != block.header.height
        {
            return Ok(Err(Code::HEADER_HEIGHT));
        }
        if certificate.block != hash {
            return Ok(Err(Code::CERTIFICATE_BLOCK));
        }
        self.enter(Stage::Consensus);
        let holds = verify_certificate(
            &self.ledger.tip().chain,
            &self.validators.next,
            &certificate,
        );
        self.enter(Stage::Other);
        #[cfg(feature = "mutants")]
        let holds = if senim_mutants::is(senim_mutants::Mutant::CertificateUnchecked) {
            Ok(())
        } else {
            holds
        };
        if let Err(error) = holds {
            return Ok(Err(error.code()));
        }
        let candidate = Candidate {
            block,
            bytes,
            outcome: None,
            is_logged: false,
            sender: None,
            verified: Some(verified),
        };
        self.candidates.insert(hash, candidate);
        self.commit(now, &hash, certificate).map(Ok)
    }
}
