//! Validators that break the rules, by name.

use super::chain;
use senim_consensus::{ConsensusMessage, Proposal, SignedProposal, SignedVote};
use senim_types::crypto::SecretKey;
use senim_types::{Hash, Vote};

#[derive(Clone, Copy, Debug)]
pub enum Adversary {
    /// Votes for two things and tells everybody both.
    DoubleVoter,
    /// Tells one half of the others the truth and the other half something else.
    TwoFaced,
    /// Proposes two blocks in one round.
    DoubleProposer,
}

impl Adversary {
    /// What is sent, and to whom, instead of `message` to everybody.
    pub fn instead(
        self,
        key: &SecretKey,
        nodes: usize,
        me: usize,
        message: ConsensusMessage,
    ) -> Vec<(usize, ConsensusMessage)> {
        let lie = self.lie(key, &message);
        let mut sent = Vec::new();
        for to in (0..nodes).filter(|to| *to != me) {
            match (self, &lie) {
                (_, None) => sent.push((to, message.clone())),
                (Adversary::DoubleVoter | Adversary::DoubleProposer, Some(lie)) => {
                    sent.push((to, message.clone()));
                    sent.push((to, lie.clone()));
                }
                (Adversary::TwoFaced, Some(lie)) => {
                    let told = if to % 2 == 0 { lie } else { &message };
                    sent.push((to, told.clone()));
                }
            }
        }
        sent
    }

    fn lie(self, key: &SecretKey, message: &ConsensusMessage) -> Option<ConsensusMessage> {
        match (self, message) {
            (Adversary::DoubleVoter | Adversary::TwoFaced, ConsensusMessage::Vote(signed)) => {
                let block = match signed.vote.block {
                    Some(_) => None,
                    None => Some(Hash::of(b"no such block")),
                };
                let vote = Vote {
                    block,
                    ..signed.vote
                };
                let signature = key.sign_bytes(&vote.signed_bytes(signed.kind, &chain()));
                Some(ConsensusMessage::Vote(SignedVote {
                    vote,
                    signature,
                    ..*signed
                }))
            }
            (
                Adversary::DoubleProposer | Adversary::TwoFaced,
                ConsensusMessage::Proposal(signed),
            ) => {
                let proposal = Proposal {
                    block: Hash::of(&signed.proposal.block.0),
                    ..signed.proposal
                };
                let signature = key.sign_bytes(&proposal.signed_bytes(&chain()));
                Some(ConsensusMessage::Proposal(SignedProposal {
                    proposal,
                    signature,
                    ..*signed
                }))
            }
            _ => None,
        }
    }
}
