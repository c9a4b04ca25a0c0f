//! What validators send each other, and its canonical bytes.
//!
//! Messages name validators by key, so that each can be judged by itself; certificates that are
//! kept beside blocks ([`senim_types::CommitCertificate`]) name them by index. The bytes that are
//! signed are those of [`Vote::signed_bytes`] and [`Proposal::signed_bytes`]: domain and chain
//! first, so that no signature is good for another purpose or another chain.

use crate::error::Error;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::crypto::verify;
use senim_types::domain::signed_bytes;
use senim_types::limits::VALIDATORS_MAX;
use senim_types::{
    ChainId, Domain, Hash, Height, PublicKey, Round, Signature, Vote, VoteKind, codec,
};

/// Bytes of an encoded message: a round certificate by every validator of the largest set, and room.
pub const MESSAGE_BYTES_MAX: usize = 64 + VALIDATORS_MAX * RoundSignature::ENCODED_BYTES_MAX;

/// No message speaks of a later round. Rounds that high are unreachable (each takes a timeout), and
/// refusing them keeps round arithmetic far from overflow.
pub const ROUND_MAX: Round = Round(1 << 20);

/// A vote with its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignedVote {
    /// Prevote or precommit.
    pub kind: VoteKind,
    /// Height, round and block, or no block.
    pub vote: Vote,
    /// Who votes.
    pub validator: PublicKey,
    /// Over [`Vote::signed_bytes`].
    pub signature: Signature,
}

impl SignedVote {
    /// Whether the signature is the validator's.
    pub fn is_signed(&self, chain: &ChainId) -> bool {
        let bytes = self.vote.signed_bytes(self.kind, chain);
        verify(&self.validator, &bytes, &self.signature)
    }
}

/// What a proposer signs. The block itself travels apart from it and is bound by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proposal {
    /// The height.
    pub height: Height,
    /// The round.
    pub round: Round,
    /// The proposed header's hash.
    pub block: Hash,
    /// The earlier round in which two thirds prevoted this block; `None` for a new block.
    pub valid_round: Option<Round>,
}

impl Proposal {
    /// The exact bytes that are signed.
    pub fn signed_bytes(&self, chain: &ChainId) -> Vec<u8> {
        signed_bytes(Domain::Proposal, chain, &codec::encode(self))
    }
}

/// A proposal with its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignedProposal {
    /// What is proposed.
    pub proposal: Proposal,
    /// Who proposes.
    pub validator: PublicKey,
    /// Over [`Proposal::signed_bytes`].
    pub signature: Signature,
}

impl SignedProposal {
    /// Whether the signature is the validator's.
    pub fn is_signed(&self, chain: &ChainId) -> bool {
        let bytes = self.proposal.signed_bytes(chain);
        verify(&self.validator, &bytes, &self.signature)
    }
}

/// One validator's prevote in a [`PolkaCertificate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PolkaSignature {
    /// Who voted.
    pub validator: PublicKey,
    /// Over the prevote.
    pub signature: Signature,
}

/// Proof that more than two thirds prevoted a block in a round (a *polka*). Sent ahead of a
/// re-proposal, so that who missed the prevotes can accept it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PolkaCertificate {
    /// The height.
    pub height: Height,
    /// The round.
    pub round: Round,
    /// The block.
    pub block: Hash,
    /// The prevotes.
    pub signatures: Vec<PolkaSignature>,
}

/// What lets a validator enter a later round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum RoundCertificateKind {
    /// More than one third voted in this round: at least one honest validator is there.
    Skip,
    /// More than two thirds precommitted in this round without deciding: the next one may start.
    Precommit,
}

/// One validator's vote in a [`RoundCertificate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RoundSignature {
    /// Which vote.
    pub kind: VoteKind,
    /// For which block, or none.
    pub block: Option<Hash>,
    /// Who voted.
    pub validator: PublicKey,
    /// Over the vote.
    pub signature: Signature,
}

impl RoundSignature {
    const ENCODED_BYTES_MAX: usize = 1 + 33 + PublicKey::ENCODED_BYTES + 64;
}

/// Proof that a round was reached or is over.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RoundCertificate {
    /// The height.
    pub height: Height,
    /// The round of the votes.
    pub round: Round,
    /// What it proves.
    pub kind: RoundCertificateKind,
    /// The votes.
    pub signatures: Vec<RoundSignature>,
}

/// A message between validators.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ConsensusMessage {
    /// A vote, new or sent again.
    Vote(SignedVote),
    /// A proposal.
    Proposal(SignedProposal),
    /// A polka, ahead of a re-proposal.
    Polka(PolkaCertificate),
    /// Why a later round was entered.
    Round(RoundCertificate),
}

impl ConsensusMessage {
    /// The message's canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// A message from a peer's bytes: canonical, within the limits. Signatures are not looked at.
    ///
    /// # Errors
    /// [`Error::Undecodable`] or [`Error::LimitExceeded`], both the peer's fault.
    pub fn decode(bytes: &[u8]) -> Result<ConsensusMessage, Error> {
        let message: ConsensusMessage =
            codec::decode(bytes, MESSAGE_BYTES_MAX).map_err(Error::Undecodable)?;
        if message.is_within_limits() {
            Ok(message)
        } else {
            Err(Error::LimitExceeded)
        }
    }

    /// The height it speaks of.
    pub fn height(&self) -> Height {
        match self {
            ConsensusMessage::Vote(signed) => signed.vote.height,
            ConsensusMessage::Proposal(signed) => signed.proposal.height,
            ConsensusMessage::Polka(certificate) => certificate.height,
            ConsensusMessage::Round(certificate) => certificate.height,
        }
    }

    /// The round it speaks of.
    pub fn round(&self) -> Round {
        match self {
            ConsensusMessage::Vote(signed) => signed.vote.round,
            ConsensusMessage::Proposal(signed) => signed.proposal.round,
            ConsensusMessage::Polka(certificate) => certificate.round,
            ConsensusMessage::Round(certificate) => certificate.round,
        }
    }

    /// Limits that decoding alone does not enforce; also for messages that were never bytes.
    pub(crate) fn is_within_limits(&self) -> bool {
        let signatures = match self {
            ConsensusMessage::Vote(_) | ConsensusMessage::Proposal(_) => 1,
            ConsensusMessage::Polka(certificate) => certificate.signatures.len(),
            ConsensusMessage::Round(certificate) => certificate.signatures.len(),
        };
        self.round() <= ROUND_MAX && (1..=VALIDATORS_MAX).contains(&signatures)
    }
}
