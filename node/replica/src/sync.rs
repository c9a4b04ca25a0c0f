//! Catching up: certified blocks from any peer, trusted for their certificate and never for their sender.

use crate::candidate::Candidate;
use crate::input::{Effect, ReplicaTimer};
use crate::message::{BLOCKS_PER_RESPONSE_MAX, CertifiedBlock, PeerMessage, RESPONSE_BYTES_TARGET};
use crate::progress::{SyncPhase, SyncProgress};
use crate::replica::{Fault, Replica};
use crate::stage::Stage;
use senim_types::crypto::verify_certificate;
use senim_types::{Block, Code, CommitCertificate, Hash, Height, PublicKey, TimeMs, codec};

/// What is known of the others' progress.
#[derive(Debug, Default)]
pub(crate) struct Sync {
    /// The highest committed height that a peer claimed.
    pub seen: Height,
    /// The peer that was asked for blocks.
    asked: Option<PublicKey>,
    /// Peers that claimed to be ahead, most recent last.
    ahead: Vec<PublicKey>,
    /// A certificate whose body has not come.
    pub certified: Option<CommitCertificate>,
}

/// Peers remembered as being ahead.
const AHEAD_MAX: usize = 8;

impl Replica {
    /// A peer's committed height.
    pub(crate) fn heard_of(&mut self, _now: TimeMs, from: PublicKey, height: Height) {
        let tip = self.ledger.tip().height;
        if height < tip {
            // It is behind: tell it how far there is to go.
            self.send(from, &self.own_status());
        }
        if height > tip {
            self.seen(height);
            self.sync.ahead.retain(|peer| *peer != from);
            if self.sync.ahead.len() >= AHEAD_MAX {
                self.sync.ahead.remove(0);
            }
            self.sync.ahead.push(from);
            if self.joins(from, height) {
                return;
            }
            if self.sync.asked.is_none() {
                self.request_blocks(from);
            }
        }
    }

    pub(crate) fn seen(&mut self, height: Height) {
        self.sync.seen = self.sync.seen.max(height);
    }

    /// Asks whoever claimed to be ahead, or everybody.
    pub(crate) fn request_blocks_from_anyone(&mut self) {
        if self.sync.asked.is_some() || self.join.is_on() {
            return;
        }
        match self.sync.ahead.pop() {
            Some(peer) => self.request_blocks(peer),
            None => {
                self.broadcast(&self.own_status());
            }
        }
    }

    fn request_blocks(&mut self, peer: PublicKey) {
        self.sync.asked = Some(peer);
        let from = self.ledger.tip().height.next();
        self.send(peer, &PeerMessage::BlocksRequest { from });
        self.arm_sync_timer();
    }

    pub(crate) fn arm_sync_timer(&mut self) {
        let after_ms = self.pace.sync_timeout_ms;
        self.out.push(Effect::SetTimer {
            timer: ReplicaTimer::Sync,
            after_ms,
        });
    }

    /// A peer did not answer: ask another.
    pub(crate) fn sync_timed_out(&mut self) {
        self.sync.asked = None;
        if let Some(certificate) = &self.sync.certified {
            let message = PeerMessage::BodyRequest {
                height: certificate.height,
                block: certificate.block,
            };
            self.broadcast(&message);
            self.arm_sync_timer();
        }
        if self.sync.seen > self.ledger.tip().height || !self.sync.ahead.is_empty() {
            self.request_blocks_from_anyone();
        }
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

    /// Certified blocks from `first` on, as many as fit.
    pub(crate) fn answer_blocks_request(
        &mut self,
        to: PublicKey,
        first: Height,
    ) -> Result<(), Fault> {
        let (mut blocks, mut bytes, mut height) = (Vec::new(), 0, first.max(Height(1)));
        while blocks.len() < BLOCKS_PER_RESPONSE_MAX && bytes < RESPONSE_BYTES_TARGET {
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

    /// Blocks that were asked for: each is judged by its certificate, executed and committed.
    pub(crate) fn received_blocks(
        &mut self,
        now: TimeMs,
        from: PublicKey,
        blocks: Vec<CertifiedBlock>,
    ) -> Result<(), Fault> {
        if self.sync.asked != Some(from) {
            return Ok(());
        }
        self.sync.asked = None;
        self.out.push(Effect::CancelTimer {
            timer: ReplicaTimer::Sync,
        });
        let before = self.ledger.tip().height;
        for certified in blocks {
            if let Err(code) = self.commit_certified(now, certified)? {
                self.out.push(Effect::Misbehaved { peer: from, code });
                break;
            }
        }
        let height = self.ledger.tip().height;
        if height > before {
            self.recovered.clear();
            self.say_progress(now);
            if self.sync.seen > height {
                self.request_blocks(from);
            }
            self.await_height(now)?;
        } else if self.sync.seen > height {
            // It claimed more than it gave. Whoever else claimed to be ahead is asked after a while, so
            // that no liar sets this node's pace.
            self.sync.seen = height;
            self.arm_sync_timer();
        }
        Ok(())
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
        certified: CertifiedBlock,
    ) -> Result<Result<(), Code>, Fault> {
        let CertifiedBlock {
            block: bytes,
            certificate,
        } = certified;
        let block = match Block::decode(&bytes) {
            Ok(block) => block,
            Err(code) => return Ok(Err(code)),
        };
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
        };
        self.candidates.insert(hash, candidate);
        self.commit(now, &hash, certificate).map(Ok)
    }
}
