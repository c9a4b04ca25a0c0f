//! The core's effects: signing and verifying are answered at once, the rest becomes ours.
//!
//! The checklist is `handle_effect` of Malachite's engine crate, version 0.8.2.

use crate::context::{CoreHeight, CoreProposal, CoreVote, Ctx};
use crate::convert;
use crate::effect::Effect;
use crate::error::Error;
use crate::evidence::Evidence;
use crate::machine::Consensus;
use crate::message::ConsensusMessage;
use crate::timer::{Timer, TimerKind};
use crate::wal::WalEntry;
use arc_malachitebft_core_consensus::{
    ConsensusMsg, Effect as CoreEffect, Input as CoreInput, LivenessMsg, MisbehaviorEvidence,
    Resumable, Resume, SignedConsensusMsg,
};
use arc_malachitebft_core_types::{
    CertificateError, CommitCertificate, SignedMessage, SignedProposal, SignedVote, Timeout,
    TimeoutKind,
};
use arc_malachitebft_signing::{Verifier, VerifierExt};
use futures_util::FutureExt;
use senim_types::{Height, Signature};

/// The verifier is asynchronous in form only.
const NEVER_WAITS: &str = "checking a signature awaits nothing";

impl Consensus {
    /// Performs or collects one effect of the core and says how it goes on. An error also ends the
    /// step: the core is told nothing useful and gives up.
    pub(crate) fn on_effect(&mut self, effect: CoreEffect<Ctx>) -> Result<Resume<Ctx>, Error> {
        Ok(match effect {
            CoreEffect::CancelAllTimeouts(resume) => {
                self.timers.cancel_all();
                resume.resume_with(())
            }
            CoreEffect::CancelTimeout(timeout, resume) => {
                if let Some(timer) = self.timer(timeout) {
                    self.timers.cancel(timer);
                }
                resume.resume_with(())
            }
            CoreEffect::ScheduleTimeout(timeout, resume) => {
                if let Some(timer) = self.timer(timeout) {
                    let after_ms = self.params.timeouts.after_ms(timer.kind, timer.round);
                    self.timers.schedule(timer, after_ms);
                }
                resume.resume_with(())
            }
            CoreEffect::StartRound(_, _, _, _, resume) => {
                self.building = None;
                resume.resume_with(())
            }
            CoreEffect::GetValue(_, round, _, resume) => {
                self.request_build(convert::started_round(round));
                resume.resume_with(())
            }
            CoreEffect::PublishConsensusMsg(message, resume) => {
                self.publish(message);
                resume.resume_with(())
            }
            CoreEffect::PublishLivenessMsg(message, resume) => {
                self.broadcast(match message {
                    LivenessMsg::Vote(vote) => ConsensusMessage::Vote(convert::vote(&vote)),
                    LivenessMsg::PolkaCertificate(certificate) => {
                        ConsensusMessage::Polka(convert::polka(&certificate))
                    }
                    LivenessMsg::SkipRoundCertificate(certificate) => {
                        ConsensusMessage::Round(convert::round_certificate(&certificate))
                    }
                });
                resume.resume_with(())
            }
            CoreEffect::RepublishVote(vote, resume) => {
                self.broadcast(ConsensusMessage::Vote(convert::vote(&vote)));
                resume.resume_with(())
            }
            CoreEffect::RepublishRoundCertificate(certificate, resume) => {
                let certificate = convert::round_certificate(&certificate);
                self.broadcast(ConsensusMessage::Round(certificate));
                resume.resume_with(())
            }
            CoreEffect::RestreamProposal(height, round, valid_round, proposer, block, resume) => {
                self.out.sends.push(Effect::SendBody {
                    height: convert::height(height),
                    round: convert::started_round(round),
                    valid_round: convert::round(valid_round),
                    proposer: proposer.0,
                    block: block.0,
                });
                resume.resume_with(())
            }
            CoreEffect::WalAppend(height, input, resume) => {
                self.on_wal_append(height, &input);
                resume.resume_with(())
            }
            CoreEffect::SignVote(vote, resume) => resume.resume_with(self.sign_vote(vote)?),
            CoreEffect::SignProposal(proposal, resume) => {
                resume.resume_with(self.sign_proposal(proposal)?)
            }
            CoreEffect::VerifySignature(signed, key, resume) => {
                let signature = &signed.signature;
                let checked = match &signed.message {
                    ConsensusMsg::Vote(vote) => {
                        self.verifier.verify_signed_vote(vote, signature, &key)
                    }
                    ConsensusMsg::Proposal(proposal) => self
                        .verifier
                        .verify_signed_proposal(proposal, signature, &key),
                };
                let checked = checked.now_or_never().expect(NEVER_WAITS);
                let valid = checked.is_ok_and(|result| result.is_valid());
                if !valid {
                    self.out.refuse(Error::BadSignature);
                }
                resume.resume_with(valid)
            }
            CoreEffect::VerifyCommitCertificate(certificate, set, thresholds, resume) => {
                let checked =
                    self.verifier
                        .verify_commit_certificate(&Ctx, &certificate, &set, thresholds);
                resume.resume_with(checked.now_or_never().expect(NEVER_WAITS))
            }
            CoreEffect::VerifyPolkaCertificate(certificate, set, thresholds, resume) => {
                let checked =
                    self.verifier
                        .verify_polka_certificate(&Ctx, &certificate, &set, thresholds);
                let checked = checked.now_or_never().expect(NEVER_WAITS);
                if checked.is_err() {
                    self.out.refuse(Error::BadCertificate);
                }
                resume.resume_with(checked)
            }
            CoreEffect::VerifyRoundCertificate(certificate, set, thresholds, resume) => {
                let checked =
                    self.verifier
                        .verify_round_certificate(&Ctx, &certificate, &set, thresholds);
                let checked = checked.now_or_never().expect(NEVER_WAITS);
                if checked.is_err() {
                    self.out.refuse(Error::BadCertificate);
                }
                resume.resume_with(checked)
            }
            // Announced and completed at once, since no target time is set: see `Finalize`.
            CoreEffect::Decide(_, _, resume) => resume.resume_with(()),
            CoreEffect::Finalize(certificate, _, evidence, resume) => {
                self.on_finalize(&certificate, &evidence)?;
                resume.resume_with(())
            }
            // Blocks that others decided are fetched, verified and committed by the owner.
            CoreEffect::CertVerifiedSyncValue(_, _, resume) => resume.resume_with(()),
            CoreEffect::CertRejectedSyncValue(_, _, _, resume) => resume.resume_with(()),
            CoreEffect::VerifyExtendedCommitCertificate(_, _, _, _, resume) => {
                resume.resume_with(Err(CertificateError::VerificationError(None)))
            }
            // Votes have no extensions.
            CoreEffect::ExtendVote(_, _, _, _, resume) => resume.resume_with(None),
            CoreEffect::VerifyVoteExtension(_, _, _, _, _, _, resume) => resume.resume_with(Ok(())),
        })
    }

    /// Our name for a timeout. The one for finalising is never scheduled without a target time.
    fn timer(&self, timeout: Timeout) -> Option<Timer> {
        let kind = match timeout.kind {
            TimeoutKind::Propose => TimerKind::Propose,
            TimeoutKind::Prevote => TimerKind::Prevote,
            TimeoutKind::Precommit => TimerKind::Precommit,
            TimeoutKind::Rebroadcast => TimerKind::Rebroadcast,
            TimeoutKind::FinalizeHeight(_) => return None,
        };
        Some(Timer {
            height: self.height,
            round: convert::started_round(timeout.round),
            kind,
        })
    }

    fn broadcast(&mut self, message: ConsensusMessage) {
        self.out.sends.push(Effect::Broadcast { message });
    }

    fn publish(&mut self, message: SignedConsensusMsg<Ctx>) {
        match message {
            SignedConsensusMsg::Vote(vote) => {
                self.broadcast(ConsensusMessage::Vote(convert::vote(&vote)));
            }
            SignedConsensusMsg::Proposal(proposal) => {
                let signed = convert::proposal(&proposal);
                self.broadcast(ConsensusMessage::Proposal(signed));
                // For a block proposed again the core asks by itself, in `RestreamProposal`.
                let proposal = signed.proposal;
                if signed.validator == self.key && proposal.valid_round.is_none() {
                    self.out.sends.push(Effect::SendBody {
                        height: proposal.height,
                        round: proposal.round,
                        valid_round: None,
                        proposer: signed.validator,
                        block: proposal.block,
                    });
                }
            }
        }
    }

    fn on_wal_append(&mut self, height: CoreHeight, input: &CoreInput<Ctx>) {
        let height: Height = convert::height(height);
        let Some(entry) = WalEntry::from_core(height, input) else {
            return;
        };
        // The core logs a proposal exactly when it accepted it and it is new.
        if let WalEntry::Proposal(proposal) = &entry
            && proposal.validator != self.key
        {
            self.checks.proposed(proposal);
        }
        // Who signs nothing has nothing to remember.
        if !self.is_validator(&self.key) {
            return;
        }
        let entry = entry.encode();
        let recorded = self.replay.as_ref().is_some_and(|log| log.holds(&entry));
        if !recorded {
            self.append(entry);
        }
    }

    fn sign(&mut self, bytes: &[u8]) -> Result<Signature, Error> {
        self.signer.sign(bytes).map_err(|_| {
            self.out.fail(Error::SignerUnavailable);
            Error::SignerUnavailable
        })
    }

    fn sign_vote(&mut self, vote: CoreVote) -> Result<SignedVote<Ctx>, Error> {
        let bytes = convert::vote_bytes(&vote, &self.params.chain);
        let signature = self.sign(&bytes)?;
        Ok(SignedMessage::new(vote, signature))
    }

    fn sign_proposal(&mut self, proposal: CoreProposal) -> Result<SignedProposal<Ctx>, Error> {
        let bytes = convert::proposal_bytes(&proposal, &self.params.chain);
        let signature = self.sign(&bytes)?;
        Ok(SignedMessage::new(proposal, signature))
    }

    fn on_finalize(
        &mut self,
        certificate: &CommitCertificate<Ctx>,
        evidence: &MisbehaviorEvidence<Ctx>,
    ) -> Result<(), Error> {
        for (_, pairs) in &evidence.votes {
            for (first, second) in pairs {
                let evidence = Evidence::DoubleVote {
                    first: convert::vote(first),
                    second: convert::vote(second),
                };
                self.out.evidence.push(Effect::Evidence { evidence });
            }
        }
        for (_, pairs) in evidence.proposals.iter() {
            for (first, second) in pairs {
                let evidence = Evidence::DoubleProposal {
                    first: convert::proposal(first),
                    second: convert::proposal(second),
                };
                self.out.evidence.push(Effect::Evidence { evidence });
            }
        }
        let Some(validators) = &self.validators else {
            return Ok(());
        };
        let certificate = convert::commit_certificate(certificate, validators)
            .inspect_err(|error| self.out.fail(error.clone()))?;
        self.out.decided = Some(Effect::Decided {
            block: certificate.block,
            certificate,
        });
        Ok(())
    }
}
