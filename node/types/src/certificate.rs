//! Votes, and the certificate that more than two thirds of the power signed for a block.

use crate::codec;
use crate::domain::{Domain, signed_bytes};
use crate::hash::{ChainId, Hash};
use crate::key::Signature;
use crate::units::{Height, Round};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Which of the two votes of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum VoteKind {
    /// The first.
    Prevote,
    /// The second: what certificates consist of.
    Precommit,
}

/// What a validator signs when it votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vote {
    /// The height.
    pub height: Height,
    /// The round.
    pub round: Round,
    /// The block's hash; `None` is a vote for no block in this round.
    pub block: Option<Hash>,
}

impl Vote {
    /// The exact bytes that are signed for a vote of this kind.
    pub fn signed_bytes(&self, kind: VoteKind, chain: &ChainId) -> Vec<u8> {
        let domain = match kind {
            VoteKind::Prevote => Domain::Prevote,
            VoteKind::Precommit => Domain::Precommit,
        };
        signed_bytes(domain, chain, &codec::encode(self))
    }
}

/// One validator's precommit in a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct CommitSignature {
    /// Its index in the height's validator set.
    pub validator: u16,
    /// Over [`Vote::signed_bytes`] as a precommit.
    pub signature: Signature,
}

/// Proof that a block is decided: precommits of more than two thirds of the power.
///
/// Valid only if *every* signature in it is: a certificate with one bad signature among enough good
/// ones is refused, so that nobody can change a byte of one and still have a certificate.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct CommitCertificate {
    /// The height.
    pub height: Height,
    /// The round in which it was decided.
    pub round: Round,
    /// The header's hash.
    pub block: Hash,
    /// By strictly ascending validator index.
    pub signatures: Vec<CommitSignature>,
}

impl CommitCertificate {
    /// The vote that each signature is for.
    pub fn vote(&self) -> Vote {
        Vote {
            height: self.height,
            round: self.round,
            block: Some(self.block),
        }
    }
}
