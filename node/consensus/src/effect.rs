//! What consensus asks of its owner.

use crate::error::Error;
use crate::evidence::Evidence;
use crate::message::ConsensusMessage;
use crate::timer::Timer;
use senim_types::{CommitCertificate, Hash, Height, PublicKey, Round};

/// One thing to do. The effects of a step are performed **in order**.
///
/// The one rule that safety hangs on: what comes after a [`Effect::WalFlush`] happens only once the
/// flush has succeeded. If it fails the owner performs nothing more, ever; the process hangs or ends
/// rather than let a vote out that a restart would not remember.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Append `entry` to the write-ahead log of `height`. Entries of lower heights may be deleted.
    WalAppend {
        /// The height being decided.
        height: Height,
        /// Opaque; given back in [`Input::StartHeight`](crate::Input::StartHeight).
        entry: Vec<u8>,
    },
    /// Make every appended entry durable (fsync) before going on.
    WalFlush,
    /// Send to every other validator.
    Broadcast {
        /// The message.
        message: ConsensusMessage,
    },
    /// Send the block's body to every other validator: it is proposed, or proposed again.
    SendBody {
        /// The height.
        height: Height,
        /// The round it is proposed in.
        round: Round,
        /// Round of the earlier prevotes, for a block proposed again.
        valid_round: Option<Round>,
        /// Who signed the proposal.
        proposer: PublicKey,
        /// The header's hash.
        block: Hash,
    },
    /// This validator is the proposer: build a block, store it durably, answer
    /// [`Input::ProposalBuilt`](crate::Input::ProposalBuilt).
    BuildProposal {
        /// The height.
        height: Height,
        /// The round.
        round: Round,
        /// The others wait so long, in ms from now, for proposal and body together.
        within_ms: u64,
    },
    /// A signed proposal for this block came from its proposer: judge the block as soon as its body
    /// is here, answer [`Input::ProposalChecked`](crate::Input::ProposalChecked). Bodies that nobody
    /// asked to check are not worth executing.
    CheckProposal {
        /// The height.
        height: Height,
        /// The round it is proposed in.
        round: Round,
        /// `Some`: two thirds prevoted the block in that round, so its time is not judged again.
        valid_round: Option<Round>,
        /// Who signed the proposal.
        proposer: PublicKey,
        /// The header's hash.
        block: Hash,
    },
    /// A validator broke the rules, provably.
    Evidence {
        /// The proof.
        evidence: Evidence,
    },
    /// The block is decided: commit it, then say
    /// [`Input::StartHeight`](crate::Input::StartHeight) or
    /// [`Input::AwaitHeight`](crate::Input::AwaitHeight) for the next height.
    Decided {
        /// The header's hash.
        block: Hash,
        /// Proof, to be stored beside the block.
        certificate: CommitCertificate,
    },
    /// A validator speaks of a height that has not started here. If it is the next one, start it; if
    /// it is further ahead, fetch certified blocks. A hint: one validator may lie about it.
    HeightSeen {
        /// The height it spoke of.
        height: Height,
    },
    /// Start the timer, or start it anew.
    ScheduleTimer {
        /// Its name.
        timer: Timer,
        /// From now, in ms.
        after_ms: u64,
    },
    /// Forget the timer. Optional: one that fires all the same is ignored.
    CancelTimer {
        /// Its name.
        timer: Timer,
    },
    /// The peer's message was refused; nothing changed. The error's fault is the peer's.
    Refused {
        /// Why.
        error: Error,
    },
    /// This validator stops: nothing is signed any more, and every later input is ignored. The
    /// error's fault is the node's. Blocks that others decide can still be fetched and committed.
    Halt {
        /// Why.
        error: Error,
    },
}
