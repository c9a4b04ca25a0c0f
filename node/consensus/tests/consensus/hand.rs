//! One machine, the other three validators played by hand.

use crate::sim::{chain, keys, set};
use senim_consensus::{
    Consensus, ConsensusMessage, Effect, Error, Input, Params, Proposal, SignedProposal, SignedVote,
};
use senim_types::crypto::SecretKey;
use senim_types::{Hash, Height, Round, Vote, VoteKind};

pub const H1: Height = Height(1);
pub const R0: Round = Round(0);

pub fn block(name: &str) -> Hash {
    Hash::of(name.as_bytes())
}

pub fn vote(
    key: &SecretKey,
    kind: VoteKind,
    height: Height,
    round: Round,
    block: Option<Hash>,
) -> ConsensusMessage {
    let vote = Vote {
        height,
        round,
        block,
    };
    ConsensusMessage::Vote(SignedVote {
        kind,
        vote,
        validator: key.public(),
        signature: key.sign_bytes(&vote.signed_bytes(kind, &chain())),
    })
}

pub fn proposal(key: &SecretKey, proposal: Proposal) -> ConsensusMessage {
    ConsensusMessage::Proposal(SignedProposal {
        proposal,
        validator: key.public(),
        signature: key.sign_bytes(&proposal.signed_bytes(&chain())),
    })
}

pub fn fresh(height: Height, round: Round, block: Hash) -> Proposal {
    Proposal {
        height,
        round,
        block,
        valid_round: None,
    }
}

pub fn start(height: Height, wal: Vec<Vec<u8>>) -> Input {
    Input::StartHeight {
        height,
        validators: set(&keys(4)),
        wal,
    }
}

/// Validator `index` of four, at height 1.
pub fn running(index: usize) -> (Consensus, Vec<SecretKey>, Vec<Effect>) {
    let keys = keys(4);
    let signer = Box::new(keys[index].clone());
    let mut consensus = Consensus::new(Params::local(chain()), signer);
    let effects = consensus.step(start(H1, Vec::new()));
    (consensus, keys, effects)
}

pub fn say(consensus: &mut Consensus, message: ConsensusMessage) -> Vec<Effect> {
    consensus.step(Input::Message { message })
}

pub fn wal(effects: &[Effect]) -> Vec<Vec<u8>> {
    let entries = effects.iter().filter_map(|effect| match effect {
        Effect::WalAppend { entry, .. } => Some(entry.clone()),
        _ => None,
    });
    entries.collect()
}

pub fn own_votes(effects: &[Effect]) -> Vec<(VoteKind, Option<Hash>)> {
    let votes = effects.iter().filter_map(|effect| match effect {
        Effect::Broadcast {
            message: ConsensusMessage::Vote(signed),
        } => Some((signed.kind, signed.vote.block)),
        _ => None,
    });
    votes.collect()
}

pub fn refused(effects: &[Effect]) -> Option<Error> {
    effects.iter().find_map(|effect| match effect {
        Effect::Refused { error } => Some(error.clone()),
        _ => None,
    })
}
