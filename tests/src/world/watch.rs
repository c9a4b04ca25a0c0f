//! What validators signed: nobody signs two things of which it may sign one.

use senim_consensus::ConsensusMessage;
use senim_replica::PeerMessage;
use senim_types::{Hash, Height, PublicKey, Round, VoteKind};
use std::collections::{BTreeMap, BTreeSet};

/// One place where a validator signs once: height, round, and vote kind or proposal.
type Place = (PublicKey, Height, Round, Option<VoteKind>);

/// Two thirds of the smallest set that locks are watched in: four validators.
const QUORUM_MIN: usize = 3;

/// See the module.
#[derive(Debug, Default)]
pub struct Watch {
    signed: BTreeMap<Place, (Option<Hash>, Option<Round>)>,
    /// Who lies: nothing is asked of it.
    pub liars: BTreeSet<PublicKey>,
    /// Whether prevotes are held against earlier precommits. It needs to see everybody's votes, so it
    /// is off where somebody lies.
    pub watches_locks: bool,
    /// Last precommit for a block.
    locks: BTreeMap<(PublicKey, Height), (Round, Hash)>,
    prevotes: BTreeMap<(Height, Hash, Round), BTreeSet<PublicKey>>,
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
        if self.liars.contains(&place.0) {
            return;
        }
        self.messages += 1;
        if self.watches_locks {
            self.watch_lock(place, said.0);
        }
        let before = *self.signed.entry(place).or_insert(said);
        assert_eq!(before, said, "signed twice, and differently, at {place:?}");
    }

    /// Whoever precommitted a block prevotes another only once two thirds prevoted that one since.
    fn watch_lock(&mut self, (key, height, round, kind): Place, block: Option<Hash>) {
        let is_new = !self.signed.contains_key(&(key, height, round, kind));
        let Some(block) = block.filter(|_| is_new) else {
            return;
        };
        match kind {
            Some(VoteKind::Precommit) => {
                let lock = self.locks.entry((key, height)).or_insert((round, block));
                *lock = (*lock).max((round, block));
            }
            Some(VoteKind::Prevote) => {
                if let Some((locked, on)) = self.locks.get(&(key, height)).copied()
                    && on != block
                    && locked < round
                {
                    let since = (height, block, locked)..(height, block, round);
                    let is_released = self
                        .prevotes
                        .range(since)
                        .any(|(_, voters)| voters.len() >= QUORUM_MIN);
                    assert!(
                        is_released,
                        "prevoted against its lock: {key:?} at height {height} round {}",
                        round.0
                    );
                }
                self.prevotes
                    .entry((height, block, round))
                    .or_default()
                    .insert(key);
            }
            None => {}
        }
    }

    /// Places where somebody signed.
    pub fn places(&self) -> usize {
        self.signed.len()
    }
}
