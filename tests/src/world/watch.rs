//! What validators signed: nobody signs two things of which it may sign one.

use senim_consensus::ConsensusMessage;
use senim_replica::PeerMessage;
use senim_types::{Hash, Height, PublicKey, Round, VoteKind};
use std::collections::BTreeMap;

/// One place where a validator signs once: height, round, and vote kind or proposal.
type Place = (PublicKey, Height, Round, Option<VoteKind>);

/// See the module.
#[derive(Debug, Default)]
pub struct Watch {
    signed: BTreeMap<Place, (Option<Hash>, Option<Round>)>,
    /// Messages that were looked at.
    pub messages: u64,
}

impl Watch {
    /// Looks at a message that leaves its sender.
    ///
    /// # Panics
    /// Where it contradicts an earlier one of the same validator: also one of an earlier life.
    pub fn sent(&mut self, bytes: &[u8]) {
        let message = PeerMessage::decode(bytes).expect("a node encodes what decodes");
        let (place, said) = match message {
            PeerMessage::Consensus(ConsensusMessage::Vote(signed)) => {
                let vote = signed.vote;
                let place = (signed.validator, vote.height, vote.round, Some(signed.kind));
                (place, (vote.block, None))
            }
            PeerMessage::Consensus(ConsensusMessage::Proposal(signed)) => {
                let proposal = signed.proposal;
                let place = (signed.validator, proposal.height, proposal.round, None);
                (place, (Some(proposal.block), proposal.valid_round))
            }
            _ => return,
        };
        self.messages += 1;
        let before = *self.signed.entry(place).or_insert(said);
        assert_eq!(before, said, "signed twice, and differently, at {place:?}");
    }

    /// Places where somebody signed.
    pub fn places(&self) -> usize {
        self.signed.len()
    }
}
