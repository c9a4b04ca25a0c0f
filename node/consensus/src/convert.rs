//! Between our messages and Malachite's.

use crate::context::{Address, BlockId, CoreHeight, CoreProposal, CoreVote, Ctx};
use crate::error::Error;
use crate::message::{
    PolkaCertificate, PolkaSignature, Proposal, RoundCertificate, RoundCertificateKind,
    RoundSignature, SignedProposal, SignedVote,
};
use arc_malachitebft_core_types as core;
use core::{NilOrVal, SignedMessage, VoteType};
use senim_types::{
    ChainId, CommitCertificate, CommitSignature, Hash, Height, Round, ValidatorSet, Vote, VoteKind,
};

pub(crate) fn core_round(round: Round) -> core::Round {
    core::Round::new(round.0)
}

pub(crate) fn core_round_or_nil(round: Option<Round>) -> core::Round {
    round.map_or(core::Round::Nil, core_round)
}

/// Our round; `None` for Malachite's round -1.
pub(crate) fn round(round: core::Round) -> Option<Round> {
    round.as_u32().map(Round)
}

/// Our round where Malachite's cannot be -1: it is that only before a height's first round.
pub(crate) fn started_round(core_round: core::Round) -> Round {
    round(core_round).unwrap_or(Round(0))
}

pub(crate) fn height(height: CoreHeight) -> Height {
    Height(height.0)
}

fn core_kind(kind: VoteKind) -> VoteType {
    match kind {
        VoteKind::Prevote => VoteType::Prevote,
        VoteKind::Precommit => VoteType::Precommit,
    }
}

fn kind(kind: VoteType) -> VoteKind {
    match kind {
        VoteType::Prevote => VoteKind::Prevote,
        VoteType::Precommit => VoteKind::Precommit,
    }
}

fn core_block(block: Option<Hash>) -> NilOrVal<BlockId> {
    block.map_or(NilOrVal::Nil, |hash| NilOrVal::Val(BlockId(hash)))
}

fn block(block: &NilOrVal<BlockId>) -> Option<Hash> {
    match block {
        NilOrVal::Nil => None,
        NilOrVal::Val(id) => Some(id.0),
    }
}

fn vote_of(vote: &CoreVote) -> Vote {
    Vote {
        height: height(vote.height),
        round: started_round(vote.round),
        block: block(&vote.value),
    }
}

fn proposal_of(proposal: &CoreProposal) -> Proposal {
    Proposal {
        height: height(proposal.height),
        round: started_round(proposal.round),
        block: proposal.value.0,
        valid_round: round(proposal.pol_round),
    }
}

pub(crate) fn vote_bytes(vote: &CoreVote, chain: &ChainId) -> Vec<u8> {
    vote_of(vote).signed_bytes(kind(vote.kind), chain)
}

pub(crate) fn proposal_bytes(proposal: &CoreProposal, chain: &ChainId) -> Vec<u8> {
    proposal_of(proposal).signed_bytes(chain)
}

pub(crate) fn vote(signed: &core::SignedVote<Ctx>) -> SignedVote {
    SignedVote {
        kind: kind(signed.message.kind),
        vote: vote_of(&signed.message),
        validator: signed.message.address.0,
        signature: signed.signature,
    }
}

pub(crate) fn core_vote(signed: &SignedVote) -> core::SignedVote<Ctx> {
    let message = CoreVote {
        kind: core_kind(signed.kind),
        height: CoreHeight(signed.vote.height.0),
        round: core_round(signed.vote.round),
        value: core_block(signed.vote.block),
        address: Address(signed.validator),
    };
    SignedMessage::new(message, signed.signature)
}

pub(crate) fn proposal(signed: &core::SignedProposal<Ctx>) -> SignedProposal {
    SignedProposal {
        proposal: proposal_of(&signed.message),
        validator: signed.message.address.0,
        signature: signed.signature,
    }
}

pub(crate) fn core_proposal(signed: &SignedProposal) -> core::SignedProposal<Ctx> {
    let message = CoreProposal {
        height: CoreHeight(signed.proposal.height.0),
        round: core_round(signed.proposal.round),
        value: BlockId(signed.proposal.block),
        pol_round: core_round_or_nil(signed.proposal.valid_round),
        address: Address(signed.validator),
    };
    SignedMessage::new(message, signed.signature)
}

pub(crate) fn polka(certificate: &core::PolkaCertificate<Ctx>) -> PolkaCertificate {
    PolkaCertificate {
        height: height(certificate.height),
        round: started_round(certificate.round),
        block: certificate.value_id.0,
        signatures: certificate
            .polka_signatures
            .iter()
            .map(|signature| PolkaSignature {
                validator: signature.address.0,
                signature: signature.signature,
            })
            .collect(),
    }
}

pub(crate) fn core_polka(certificate: &PolkaCertificate) -> core::PolkaCertificate<Ctx> {
    core::PolkaCertificate {
        height: CoreHeight(certificate.height.0),
        round: core_round(certificate.round),
        value_id: BlockId(certificate.block),
        polka_signatures: certificate
            .signatures
            .iter()
            .map(|signed| core::PolkaSignature::new(Address(signed.validator), signed.signature))
            .collect(),
    }
}

pub(crate) fn round_certificate(certificate: &core::RoundCertificate<Ctx>) -> RoundCertificate {
    RoundCertificate {
        height: height(certificate.height),
        round: started_round(certificate.round),
        kind: match certificate.cert_type {
            core::RoundCertificateType::Skip => RoundCertificateKind::Skip,
            core::RoundCertificateType::Precommit => RoundCertificateKind::Precommit,
        },
        signatures: certificate
            .round_signatures
            .iter()
            .map(|signed| RoundSignature {
                kind: kind(signed.vote_type),
                block: block(&signed.value_id),
                validator: signed.address.0,
                signature: signed.signature,
            })
            .collect(),
    }
}

pub(crate) fn core_round_certificate(
    certificate: &RoundCertificate,
) -> core::RoundCertificate<Ctx> {
    core::RoundCertificate {
        height: CoreHeight(certificate.height.0),
        round: core_round(certificate.round),
        cert_type: match certificate.kind {
            RoundCertificateKind::Skip => core::RoundCertificateType::Skip,
            RoundCertificateKind::Precommit => core::RoundCertificateType::Precommit,
        },
        round_signatures: certificate
            .signatures
            .iter()
            .map(|signed| {
                core::RoundSignature::new(
                    core_kind(signed.kind),
                    core_block(signed.block),
                    Address(signed.validator),
                    signed.signature,
                )
            })
            .collect(),
    }
}

/// The certificate that is stored beside the block: by index, strictly ascending.
///
/// # Errors
/// [`Error::Core`] where Malachite certified with a key outside the set, which it must not.
pub(crate) fn commit_certificate(
    certificate: &core::CommitCertificate<Ctx>,
    validators: &ValidatorSet,
) -> Result<CommitCertificate, Error> {
    let mut signatures = Vec::with_capacity(certificate.commit_signatures.len());
    for signed in &certificate.commit_signatures {
        let index = validators.index_of(&signed.address.0);
        let validator = index.and_then(|index| u16::try_from(index).ok());
        let validator = validator.ok_or(Error::Core {
            what: "certificate names a stranger".to_owned(),
        })?;
        signatures.push(CommitSignature {
            validator,
            signature: signed.signature,
        });
    }
    signatures.sort_by_key(|signature| signature.validator);
    signatures.dedup_by_key(|signature| signature.validator);
    Ok(CommitCertificate {
        height: height(certificate.height),
        round: started_round(certificate.round),
        block: certificate.value_id.0,
        signatures,
    })
}
