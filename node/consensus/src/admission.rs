//! Which messages reach the core: of this height, by its validators, in their turn.
//!
//! What is checked here costs nothing but comparisons. Signatures are checked by the core, after it
//! has looked whether the message is new; only messages that have to wait are checked before.

use crate::convert;
use crate::error::Error;
use crate::machine::{Consensus, Phase};
use crate::message::{ConsensusMessage, SignedProposal, SignedVote};
use crate::proposer::proposer;
use arc_malachitebft_core_consensus::Input as CoreInput;
use senim_types::{Height, Round};

/// Rounds ahead of the current one whose proposals may wait for a verdict; as many as Malachite
/// accepts messages of.
const HELD_ROUNDS_AHEAD: u32 = 10;

impl Consensus {
    pub(crate) fn on_message(&mut self, message: ConsensusMessage) {
        if !message.is_within_limits() {
            return self.out.refuse(Error::LimitExceeded);
        }
        let height = message.height();
        let next = match self.phase {
            Phase::Idle | Phase::Halted => return,
            Phase::Awaiting => self.height,
            Phase::Running | Phase::Decided => self.height.next(),
        };
        if height >= next {
            self.on_future(next, message);
        } else if height == self.height && self.phase == Phase::Running {
            self.on_current(message);
        }
    }

    fn on_future(&mut self, next: Height, message: ConsensusMessage) {
        let height = message.height();
        let Some(validators) = &self.validators else {
            return;
        };
        // While a height runs, its set stands in for the next one's: a validator that joins then is
        // heard when it sends again.
        match self
            .buffer
            .offer(next, message, &self.params.chain, validators)
        {
            Ok(true) => self.hint(height),
            Ok(false) => {}
            Err(error) => self.out.refuse(error),
        }
    }

    /// A message of the running height.
    pub(crate) fn on_current(&mut self, message: ConsensusMessage) {
        if self.phase != Phase::Running {
            return;
        }
        let input = match &message {
            ConsensusMessage::Vote(vote) => self
                .admit_vote(vote)
                .map(|admitted| admitted.then(|| CoreInput::Vote(convert::core_vote(vote)))),
            ConsensusMessage::Proposal(proposal) => self.admit_proposal(proposal).map(|admitted| {
                admitted.then(|| CoreInput::Proposal(convert::core_proposal(proposal)))
            }),
            ConsensusMessage::Polka(certificate) => Ok(Some(CoreInput::PolkaCertificate(
                convert::core_polka(certificate),
            ))),
            ConsensusMessage::Round(certificate) => Ok(Some(CoreInput::RoundCertificate(
                convert::core_round_certificate(certificate),
            ))),
        };
        match input {
            Ok(Some(input)) => self.drive(input),
            Ok(None) => {}
            Err(Error::KeyUsedTwice) => self.out.fail(Error::KeyUsedTwice),
            Err(error) => self.out.refuse(error),
        }
    }

    /// `Ok(false)`: an echo of an own vote.
    fn admit_vote(&self, vote: &SignedVote) -> Result<bool, Error> {
        if !self.is_validator(&vote.validator) {
            return Err(Error::Stranger);
        }
        if vote.validator != self.key {
            return Ok(true);
        }
        // Votes of earlier rounds may have been forgotten; those of this round never are.
        let Some(core) = &self.core else {
            return Ok(false);
        };
        let known = core.driver.votes().has_vote(&convert::core_vote(vote));
        let recent = convert::core_round(vote.vote.round) >= core.round();
        if !known && recent && vote.is_signed(&self.params.chain) {
            return Err(Error::KeyUsedTwice);
        }
        Ok(false)
    }

    /// `Ok(false)`: an echo of an own proposal, or one that waits for a verdict.
    fn admit_proposal(&mut self, signed: &SignedProposal) -> Result<bool, Error> {
        let proposal = &signed.proposal;
        let Some(validators) = &self.validators else {
            return Ok(false);
        };
        if !self.is_validator(&signed.validator) {
            return Err(Error::Stranger);
        }
        if proposer(validators, proposal.height, proposal.round).key != signed.validator {
            return Err(Error::NotTheProposer);
        }
        if proposal
            .valid_round
            .is_some_and(|valid| valid >= proposal.round)
        {
            return Err(Error::BadValidRound);
        }
        if signed.validator == self.key {
            return Ok(false);
        }
        if self.checks.is_refused(&proposal.block) {
            if !signed.is_signed(&self.params.chain) {
                return Err(Error::BadSignature);
            }
            let lookahead = self.round().unwrap_or(Round(0)).0 + HELD_ROUNDS_AHEAD;
            if proposal.round.0 <= lookahead {
                self.checks.hold(*signed);
            }
            return Ok(false);
        }
        Ok(true)
    }
}
