//! Messages for heights that have not started here.
//!
//! Every message kept was signed by a validator, in a place of its own: (height, round, kind,
//! validator). A peer can therefore neither grow the buffer nor push another's message out of it.

use crate::error::Error;
use crate::message::ConsensusMessage;
use crate::params::Limits;
use senim_types::{ChainId, Height, PublicKey, Round, ValidatorSet, VoteKind};
use std::collections::BTreeMap;

/// What a place is for; the order is the order of use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Proposal,
    Prevote,
    Precommit,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    height: Height,
    round: Round,
    kind: Kind,
    validator: PublicKey,
}

pub(crate) struct Buffer {
    limits: Limits,
    kept: BTreeMap<Place, ConsensusMessage>,
}

impl Buffer {
    pub(crate) fn new(limits: Limits) -> Buffer {
        Buffer {
            limits,
            kept: BTreeMap::new(),
        }
    }

    /// Looks at a message of `next` or a later height. `Ok(true)`: a validator signed it. It is kept
    /// if its place lies within the limits and is free. `Ok(false)`: nothing new, or a certificate:
    /// those are sent again when they still matter.
    pub(crate) fn offer(
        &mut self,
        next: Height,
        message: ConsensusMessage,
        chain: &ChainId,
        validators: &ValidatorSet,
    ) -> Result<bool, Error> {
        let Some(place) = place_of(&message) else {
            return Ok(false);
        };
        if self.kept.contains_key(&place) {
            return Ok(false);
        }
        if validators.index_of(&place.validator).is_none() {
            return Err(Error::Stranger);
        }
        let signed = match &message {
            ConsensusMessage::Vote(vote) => vote.is_signed(chain),
            ConsensusMessage::Proposal(proposal) => proposal.is_signed(chain),
            ConsensusMessage::Polka(_) | ConsensusMessage::Round(_) => false,
        };
        if !signed {
            return Err(Error::BadSignature);
        }
        let heights_ahead = place.height.0.saturating_sub(next.0);
        if heights_ahead < self.limits.heights_ahead_max
            && place.round.0 < self.limits.rounds_ahead_max
        {
            self.kept.insert(place, message);
        }
        Ok(true)
    }

    /// Whether a message of `height` is kept.
    pub(crate) fn holds(&self, height: Height) -> bool {
        self.kept.keys().any(|place| place.height == height)
    }

    /// Forgets lower heights and gives the messages of `height`, by round, proposals first.
    pub(crate) fn take(&mut self, height: Height) -> Vec<ConsensusMessage> {
        self.forget_below(height);
        let mut taken = Vec::new();
        while let Some(entry) = self.kept.first_entry() {
            if entry.key().height > height {
                break;
            }
            taken.push(entry.remove());
        }
        taken
    }

    /// Forgets heights below `height`.
    pub(crate) fn forget_below(&mut self, height: Height) {
        self.kept.retain(|place, _| place.height >= height);
    }
}

fn place_of(message: &ConsensusMessage) -> Option<Place> {
    let (kind, validator) = match message {
        ConsensusMessage::Proposal(signed) => (Kind::Proposal, signed.validator),
        ConsensusMessage::Vote(signed) => match signed.kind {
            VoteKind::Prevote => (Kind::Prevote, signed.validator),
            VoteKind::Precommit => (Kind::Precommit, signed.validator),
        },
        ConsensusMessage::Polka(_) | ConsensusMessage::Round(_) => return None,
    };
    Some(Place {
        height: message.height(),
        round: message.round(),
        kind,
        validator,
    })
}
