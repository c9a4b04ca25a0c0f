//! What the owner tells consensus.

use crate::message::ConsensusMessage;
use crate::timer::Timer;
use senim_types::{Hash, Height, Round, ValidatorSet};

/// One event. Time is not in it: that a timer's time has come is an event like any other.
#[derive(Clone, Debug)]
pub enum Input {
    /// `height` is the next to decide, and need not start yet (nothing to do): keep what validators
    /// say about it, and tell when one does ([`Effect::HeightSeen`](crate::Effect::HeightSeen)).
    AwaitHeight {
        /// The committed tip's height + 1; at least the last started height + 1.
        height: Height,
        /// The height's validators.
        validators: ValidatorSet,
    },
    /// Start deciding `height`: the tip below it is committed on this node.
    StartHeight {
        /// The committed tip's height + 1; above every height started before.
        height: Height,
        /// The height's validators.
        validators: ValidatorSet,
        /// Every entry of the write-ahead log that was appended for this height by an earlier run,
        /// in order; empty when the height is new.
        wal: Vec<Vec<u8>>,
    },
    /// A message from a peer, decoded ([`ConsensusMessage::decode`]).
    Message {
        /// The message.
        message: ConsensusMessage,
    },
    /// A scheduled timer's time has come.
    TimeoutElapsed {
        /// The timer.
        timer: Timer,
    },
    /// Answers [`Effect::BuildProposal`](crate::Effect::BuildProposal). The block is stored durably
    /// before this is said. Too late is harmless: it is ignored.
    ProposalBuilt {
        /// As asked.
        height: Height,
        /// As asked.
        round: Round,
        /// The header's hash.
        block: Hash,
    },
    /// Answers [`Effect::CheckProposal`](crate::Effect::CheckProposal). A valid block is stored
    /// durably before this is said: this node may have to send it again after a restart.
    ProposalChecked {
        /// As asked.
        height: Height,
        /// As asked.
        block: Hash,
        /// Whether this node executed the block and agrees with its header and its time.
        valid: bool,
    },
}
