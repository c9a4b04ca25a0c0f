//! What the owner tells a replica, and what the replica asks of its owner.

use crate::peers::AllowedPeer;
use senim_consensus::{Evidence, Timer};
use senim_types::{Code, Hash, Header, Height, PublicKey, SignedTransaction};
use std::sync::Arc;

/// Names a submission until it is answered; the owner chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// One event. Time comes beside it ([`Replica::step`](crate::Replica::step)).
#[derive(Debug)]
pub enum Input {
    /// Clients' transactions, of the right shape ([`SignedTransaction::decode`]). The more come
    /// together, the less each costs to verify.
    Submitted {
        /// Each is answered by [`Effect::Answer`].
        submissions: Vec<(Ticket, SignedTransaction)>,
    },
    /// A connection to another node was made: each tells the other how far it is.
    Connected {
        /// Its network key.
        peer: PublicKey,
    },
    /// A message from another node. Its sender is known to the network, not trusted.
    Received {
        /// The sender's key.
        from: PublicKey,
        /// An encoded [`PeerMessage`](crate::PeerMessage).
        bytes: Arc<[u8]>,
    },
    /// A timer's time has come.
    TimerFired {
        /// Which.
        timer: ReplicaTimer,
    },
}

/// Timers. Setting one that runs starts it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReplicaTimer {
    /// A step of consensus.
    Consensus(Timer),
    /// The next height may start: its pace, a due entry, or the heartbeat.
    Height(Height),
    /// A peer that was asked for blocks has not answered.
    Sync,
    /// A validator that observes asks again how far the others are.
    Observe,
    /// It is time to look at what did not come of a snapshot.
    Snapshot,
}

/// How a message travels. Messages of one lane keep their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Votes, proposals and questions: small, and overtaking what is large.
    Urgent,
    /// Bodies, transactions and blocks.
    Bulk,
}

/// One thing to do, in order.
#[derive(Debug)]
pub enum Effect {
    /// Send to one node.
    Send {
        /// Whom.
        to: PublicKey,
        /// How.
        lane: Lane,
        /// An encoded [`PeerMessage`](crate::PeerMessage).
        bytes: Arc<[u8]>,
    },
    /// Send to every other node.
    Broadcast {
        /// How.
        lane: Lane,
        /// An encoded [`PeerMessage`](crate::PeerMessage).
        bytes: Arc<[u8]>,
    },
    /// Start a timer, or start it anew.
    SetTimer {
        /// Which.
        timer: ReplicaTimer,
        /// From now, in ms.
        after_ms: u64,
    },
    /// Forget a timer. One that fires all the same is ignored.
    CancelTimer {
        /// Which.
        timer: ReplicaTimer,
    },
    /// Answers a submission.
    Answer {
        /// Which.
        ticket: Ticket,
        /// What became of it so far.
        answer: SubmitAnswer,
    },
    /// A block is durable on this node.
    Committed {
        /// Its header.
        header: Box<Header>,
        /// Its transactions, in order: whoever waits for their receipts can have them now.
        transactions: Vec<Committed>,
    },
    /// The node goes on from a snapshot: this is its tip, and it has nothing of what was before.
    Joined {
        /// The snapshot's header.
        header: Box<Header>,
    },
    /// A transaction that was accepted left the mempool without a block.
    Dropped {
        /// Its hash.
        transaction: Hash,
        /// Why.
        code: Code,
    },
    /// These nodes may connect from now on, and no others.
    Allowed {
        /// All of them.
        peers: Vec<AllowedPeer>,
    },
    /// A peer sent what it should not have.
    Misbehaved {
        /// Who.
        peer: PublicKey,
        /// What.
        code: Code,
    },
    /// A validator provably broke the rules.
    Evidence {
        /// The proof.
        evidence: Evidence,
    },
    /// The replica does nothing any more: its operator has to act.
    Halted {
        /// Why, as a code.
        code: Code,
        /// Why, in words.
        reason: String,
    },
}

/// A transaction of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Its hash.
    pub transaction: Hash,
    /// What it was refused with; none: it was applied.
    pub refused: Option<Code>,
}

/// What became of a submission so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitAnswer {
    /// It waits for a block.
    Accepted(Hash),
    /// It is in a block already: its receipt is the answer.
    Committed(Hash),
    /// It was refused and leaves no trace.
    Refused(Code),
}
