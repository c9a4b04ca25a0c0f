//! Heights: when one starts, what consensus asks for, and the commit that ends it.

use crate::candidate::{Outcome, Reject};
use crate::input::{Committed, Effect, ReplicaTimer};
use crate::message::PeerMessage;
use crate::peers;
use crate::protocol;
use crate::replica::{Check, Fault, Replica};
use crate::stage::Stage;
use senim_abi::ledger::keys;
use senim_consensus::{Effect as ConsensusEffect, Input as ConsensusInput, Phase};
use senim_state::StateError;
use senim_state::ledger::BlockRecord;
use senim_types::proof::LightBlock;
use senim_types::{CommitCertificate, Hash, Height, StateView, TimeMs};
use std::collections::VecDeque;

impl Replica {
    /// The height after the tip may start later: consensus keeps what validators say of it.
    pub(crate) fn await_height(&mut self, now: TimeMs) -> Result<(), Fault> {
        self.go_on_observing()?;
        let (height, validators) = (
            self.ledger.tip().height.next(),
            self.validators.next.clone(),
        );
        self.consensus_step(now, ConsensusInput::AwaitHeight { height, validators })?;
        self.start_height_if_due(now)
    }

    /// Starts deciding the height after the tip, with what an earlier run wrote of it.
    pub(crate) fn start_height(&mut self, now: TimeMs) -> Result<(), Fault> {
        let (height, validators) = (
            self.ledger.tip().height.next(),
            self.validators.next.clone(),
        );
        let wal = std::mem::take(&mut self.recovered);
        self.out.push(Effect::CancelTimer {
            timer: ReplicaTimer::Height(height),
        });
        self.consensus_step(
            now,
            ConsensusInput::StartHeight {
                height,
                validators,
                wal,
            },
        )
    }

    /// Starts the next height at the first of: a waiting transaction, a due entry, the heartbeat;
    /// but not sooner after the tip than the pace allows. What another validator says of the height
    /// starts it too ([`ConsensusEffect::HeightSeen`]).
    pub(crate) fn start_height_if_due(&mut self, now: TimeMs) -> Result<(), Fault> {
        let height = self.ledger.tip().height.next();
        // Decided counts as started: the body may still be on its way.
        let is_under_way = self.consensus.as_ref().is_none_or(|consensus| {
            consensus.height() == height
                && matches!(consensus.phase(), Phase::Running | Phase::Decided)
        });
        if is_under_way {
            return Ok(());
        }
        let since_commit_ms = now.since_ms(self.committed_at);
        let wish_ms = if self.mempool.is_empty() {
            let heartbeat_ms = self.genesis.parameters.heartbeat_ms;
            match self.next_due()? {
                Some(due) => heartbeat_ms.min(due.since_ms(self.committed_at)),
                None => heartbeat_ms,
            }
        } else {
            0
        };
        // At least 1 ms, so that a height is started by a timer and not within the commit before.
        let start_ms = wish_ms.max(self.pace.block_interval_ms_min).max(1);
        if since_commit_ms >= start_ms {
            return self.start_height(now);
        }
        let after_ms = start_ms - since_commit_ms;
        self.out.push(Effect::SetTimer {
            timer: ReplicaTimer::Height(height),
            after_ms,
        });
        Ok(())
    }

    /// Time of the first entry of the due-queue.
    fn next_due(&self) -> Result<Option<TimeMs>, Fault> {
        let first = self.ledger.scan(&keys::collection(keys::DUE), &[], 1);
        let first = first.map_err(|error| Fault::host(error.into()))?;
        Ok(first
            .first()
            .and_then(|(key, _)| keys::parse_due(key))
            .map(|(time, _)| time))
    }

    /// Gives consensus an input, and carries out what it asks, and so on until it asks nothing.
    pub(crate) fn consensus_step(
        &mut self,
        now: TimeMs,
        input: ConsensusInput,
    ) -> Result<(), Fault> {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let Some(consensus) = &mut self.consensus else {
                return Ok(());
            };
            self.observer.enter(Stage::Consensus);
            let effects = consensus.step(input);
            self.observer.enter(Stage::Other);
            for effect in effects {
                self.perform(now, effect, &mut inputs)?;
            }
        }
        Ok(())
    }

    /// Carries out one effect; answers to consensus go to `inputs`.
    fn perform(
        &mut self,
        now: TimeMs,
        effect: ConsensusEffect,
        inputs: &mut VecDeque<ConsensusInput>,
    ) -> Result<(), Fault> {
        match effect {
            ConsensusEffect::WalAppend { height, entry } => {
                self.enter(Stage::Log);
                let appended = self.wal.append_entry(height, entry);
                self.enter(Stage::Other);
                appended.map_err(Fault::wal)
            }
            ConsensusEffect::WalFlush => {
                #[cfg(feature = "mutants")]
                if senim_mutants::is(senim_mutants::Mutant::WalFlushSkipped) {
                    return Ok(());
                }
                self.enter(Stage::Log);
                let flushed = self.wal.flush();
                self.enter(Stage::Other);
                // A failed flush ends the node: what follows in `effects` is never performed.
                flushed.map_err(Fault::wal)
            }
            ConsensusEffect::Broadcast { message } => {
                self.broadcast(&PeerMessage::Consensus(message));
                Ok(())
            }
            ConsensusEffect::SendBody { block, .. } => {
                if let Some(candidate) = self.candidates.get(&block) {
                    let block = candidate.bytes.clone();
                    self.broadcast(&PeerMessage::Body { block });
                }
                Ok(())
            }
            ConsensusEffect::BuildProposal { height, round, .. } => {
                if height == self.ledger.tip().height.next() {
                    let block = self.build_block(now)?;
                    inputs.push_back(ConsensusInput::ProposalBuilt {
                        height,
                        round,
                        block,
                    });
                }
                Ok(())
            }
            ConsensusEffect::CheckProposal {
                height,
                round,
                valid_round,
                block,
                ..
            } => {
                let check = Check {
                    height,
                    round,
                    valid_round,
                };
                if self.candidates.get(&block).is_some() {
                    let checked = self.checked(now, &block, check)?;
                    inputs.push_back(checked);
                } else {
                    // A proposer sends proposal and body; both orders are ordinary. One check a
                    // round is asked for, and rounds are few.
                    self.checks.insert(block, check);
                }
                Ok(())
            }
            ConsensusEffect::Decided { block, certificate } => {
                self.decided(now, block, certificate)
            }
            ConsensusEffect::HeightSeen { height } => self.height_seen(now, height),
            ConsensusEffect::ScheduleTimer { timer, after_ms } => {
                let timer = ReplicaTimer::Consensus(timer);
                self.out.push(Effect::SetTimer { timer, after_ms });
                Ok(())
            }
            ConsensusEffect::CancelTimer { timer } => {
                self.out.push(Effect::CancelTimer {
                    timer: ReplicaTimer::Consensus(timer),
                });
                Ok(())
            }
            ConsensusEffect::Evidence { evidence } => {
                self.out.push(Effect::Evidence { evidence });
                Ok(())
            }
            ConsensusEffect::Refused { error } => {
                tracing::debug!(%error, "a message about consensus was refused");
                Ok(())
            }
            ConsensusEffect::Halt { error } => Err(Fault {
                code: error.code(),
                reason: error.to_string(),
            }),
        }
    }

    /// A body came that consensus waits for.
    pub(crate) fn check_proposal(
        &mut self,
        now: TimeMs,
        block: Hash,
        check: Check,
    ) -> Result<(), Fault> {
        let checked = self.checked(now, &block, check)?;
        self.consensus_step(now, checked)
    }

    fn checked(
        &mut self,
        now: TimeMs,
        block: &Hash,
        check: Check,
    ) -> Result<ConsensusInput, Fault> {
        let valid = match self.judge(now, block, check.round, check.valid_round) {
            Ok(()) => true,
            Err(Reject::Invalid(code)) => {
                tracing::warn!(height = check.height.0, round = check.round.0, %code, "a proposal is not valid");
                false
            }
            Err(Reject::Fault(fault)) => return Err(fault),
        };
        Ok(ConsensusInput::ProposalChecked {
            height: check.height,
            block: *block,
            valid,
        })
    }

    /// A validator speaks of a height that has not started here.
    fn height_seen(&mut self, now: TimeMs, height: Height) -> Result<(), Fault> {
        let next = self.ledger.tip().height.next();
        if height == next {
            return self.start_height(now);
        }
        if height > next {
            self.seen(Height(height.0 - 1));
            self.request_blocks_from_anyone(now);
        }
        Ok(())
    }

    /// Consensus decided: commit, or fetch what is missing.
    fn decided(
        &mut self,
        now: TimeMs,
        block: Hash,
        certificate: CommitCertificate,
    ) -> Result<(), Fault> {
        if self.candidates.get(&block).is_some() {
            return self.commit_candidate(now, &block, certificate);
        }
        // The certificate is here and the body is not: whoever signed has it.
        let message = PeerMessage::BodyRequest {
            height: certificate.height,
            block,
        };
        self.broadcast(&message);
        self.sync.certified = Some(certificate);
        self.arm_sync_timer();
        Ok(())
    }

    /// Writes the state to the store on this thread, where nobody else does and it piles up.
    fn flush_backlog(&mut self) -> Result<(), StateError> {
        if !self.ledger.is_backlogged() {
            return Ok(());
        }
        match self.ledger.begin_flush() {
            Some(job) => self.ledger.end_flush(job.run()),
            None => Ok(()),
        }
    }

    /// A body came; it may be the one that a certificate waits for.
    pub(crate) fn commit_if_certified(&mut self, now: TimeMs, block: &Hash) -> Result<(), Fault> {
        match self
            .sync
            .certified
            .take_if(|certificate| certificate.block == *block)
        {
            Some(certificate) => self.commit_candidate(now, block, certificate),
            None => Ok(()),
        }
    }

    /// Commits the candidate that `certificate` decides, and goes on to the next height.
    fn commit_candidate(
        &mut self,
        now: TimeMs,
        block: &Hash,
        certificate: CommitCertificate,
    ) -> Result<(), Fault> {
        self.commit(now, block, certificate)?;
        self.await_height(now)
    }

    /// Whoever has no vote sees no decision: it asks for the block when it hears of it.
    fn tell_followers(&mut self) {
        if self.consensus.is_some() {
            for follower in self.followers.clone() {
                self.send(follower, &self.own_status());
            }
        }
    }

    /// Makes a certified candidate the tip: log first, then the state, then the answers.
    ///
    /// A certified block that this node finds invalid, or that has another outcome here, ends the
    /// node: it computes something else than the quorum, and following would hide it.
    pub(crate) fn commit(
        &mut self,
        now: TimeMs,
        hash: &Hash,
        certificate: CommitCertificate,
    ) -> Result<(), Fault> {
        if let Some(candidate) = self.candidates.get(hash) {
            protocol::knows_version(&candidate.block.header)?;
        }
        self.execute_candidate(hash)
            .map_err(|reject| match reject {
                Reject::Fault(fault) => fault,
                Reject::Invalid(code) => Fault {
                    code: senim_types::Code::OUTCOME_DIFFERS,
                    reason: format!(
                        "certified block {} at height {}: {code}",
                        hash, certificate.height
                    ),
                },
            })?;
        let candidate = self
            .candidates
            .decide(hash)
            .expect("it was executed just now");
        let Outcome { execution, staged } = candidate.outcome.expect("it was executed just now");
        let header = candidate.block.header.clone();
        let transactions: Vec<(Committed, senim_types::PublicKey, u64)> = execution.receipts
            [execution.ledger_receipts..]
            .iter()
            .zip(&candidate.block.transactions)
            .map(|(receipt, signed)| {
                let committed = Committed {
                    transaction: receipt.transaction,
                    refused: receipt.status.code(),
                };
                (committed, signed.body.device, signed.body.sequence)
            })
            .collect();
        let record = BlockRecord {
            block: candidate.block,
            certificate,
            receipts: execution.receipts,
        };
        let snapshot = self.is_snapshot_due(header.height).then(|| LightBlock {
            header: header.clone(),
            certificate: record.certificate.clone(),
            validators: self.validators.next.clone(),
            next_validators: self.validators.upcoming.clone(),
        });
        let touches_peers = peers::are_touched(&execution.changes);
        let touches_protocol = protocol::is_touched(&execution.changes);
        self.enter(Stage::Log);
        let committed = self.ledger.commit(record, execution.changes, staged);
        self.enter(Stage::Store);
        let flushed = committed.and_then(|_| self.flush_backlog());
        self.enter(Stage::Other);
        flushed.map_err(Fault::state)?;
        if let Some(block) = snapshot {
            self.begin_snapshot(block);
        }
        self.checks.clear();
        self.sync.certified = None;
        self.validators.next = self.validators.upcoming.clone();
        if let Some(registered) = execution.next_validators {
            self.validators.upcoming = registered;
            #[cfg(feature = "mutants")]
            if senim_mutants::is(senim_mutants::Mutant::SetChangeEarly) {
                self.validators.next = self.validators.upcoming.clone();
            }
        }
        self.committed_at = now;
        if touches_peers {
            self.allow_peers()?;
        }
        if touches_protocol {
            self.read_protocol()?;
        }
        self.tell_followers();
        for (_, device, sequence) in &transactions {
            self.mempool.remove(device, *sequence);
        }
        for transaction in self.mempool.remove_expired(header.time) {
            let code = senim_types::Code::TRANSACTION_EXPIRED;
            self.out.push(Effect::Dropped { transaction, code });
        }
        let transactions = transactions
            .into_iter()
            .map(|(committed, ..)| committed)
            .collect();
        self.out.push(Effect::Committed {
            header: Box::new(header),
            transactions,
        });
        self.check_protocol()
    }
}
