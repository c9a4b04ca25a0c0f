//! Proof that a validator signed two things of which it may sign one.

use crate::message::{SignedProposal, SignedVote};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{ChainId, PublicKey};

/// Two signed messages that exclude each other. Verifiable by anybody who knows the chain.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Evidence {
    /// Two votes of one kind in one round.
    DoubleVote {
        /// Seen first.
        first: SignedVote,
        /// Contradicts it.
        second: SignedVote,
    },
    /// Two proposals in one round.
    DoubleProposal {
        /// Seen first.
        first: SignedProposal,
        /// Contradicts it.
        second: SignedProposal,
    },
}

impl Evidence {
    /// Who is proven guilty.
    pub fn validator(&self) -> PublicKey {
        match self {
            Evidence::DoubleVote { first, .. } => first.validator,
            Evidence::DoubleProposal { first, .. } => first.validator,
        }
    }

    /// Whether it proves anything: same signer, same place, different content, both signed.
    pub fn holds(&self, chain: &ChainId) -> bool {
        match self {
            Evidence::DoubleVote { first, second } => {
                first.validator == second.validator
                    && first.kind == second.kind
                    && first.vote.height == second.vote.height
                    && first.vote.round == second.vote.round
                    && first.vote.block != second.vote.block
                    && first.is_signed(chain)
                    && second.is_signed(chain)
            }
            Evidence::DoubleProposal { first, second } => {
                first.validator == second.validator
                    && first.proposal.height == second.proposal.height
                    && first.proposal.round == second.proposal.round
                    && first.proposal != second.proposal
                    && first.is_signed(chain)
                    && second.is_signed(chain)
            }
        }
    }
}
