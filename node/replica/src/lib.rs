//! A node as one machine: mempool, consensus, execution and state; inputs in, effects out.
//!
//! A [`Replica`] has no clock, no network, no thread and no randomness of its own: time is an
//! argument, messages are inputs and effects, the disk is a trait, the seed is given. So the whole
//! node runs under a seed in a simulator, and the daemon is a loop that performs effects:
//!
//! ```text
//! for effect in replica.start(now) { perform(effect) }
//! loop {
//!     let input = next_submission_or_message_or_timer();
//!     for effect in replica.step(now, input) { perform(effect) }
//! }
//! ```
//!
//! # One direction of data
//! clients' transactions are verified ([`intake`]) and wait ([`mempool`]); when a height starts
//! ([`deciding`]) the proposer builds a block of them and the others judge it ([`candidate`]); what
//! consensus decides is committed, log first, and the waiting clients are answered. A node that
//! missed blocks fetches them with their certificates ([`sync`]), and one that has none joins from a
//! snapshot ([`join`]).
//!
//! # Invariants
//! - Nothing leaves a step before what it promises is durable: the write-ahead log is flushed before
//!   a vote is an effect, the block log before `Committed` is one.
//! - A block that is not decided changes nothing but the candidates.
//! - A certified block that has another outcome here ends the node ([`Effect::Halted`]).
#![forbid(unsafe_code)]

mod answer;
mod answer_log;
mod candidate;
mod deciding;
mod input;
mod intake;
mod join;
pub mod mempool;
pub mod message;
mod message_snapshot;
mod observe;
mod open;
mod outcome;
mod peers;
mod progress;
mod protocol;
mod read;
mod replica;
mod stage;
mod sync;
mod wal;
mod window;

pub use answer::ReadError;
pub use input::{Committed, Effect, Input, Lane, ReplicaTimer, SubmitAnswer, Ticket};
pub use join::{SNAPSHOT_EVERY_BLOCKS, SNAPSHOTS_KEPT, SnapshotRules, TrustedBlock};
pub use mempool::MempoolLimits;
pub use message::PeerMessage;
pub use message_snapshot::SnapshotMessage;
pub use observe::{Observing, mark_restored};
pub use open::{OpenError, Setup};
pub use peers::AllowedPeer;
pub use progress::{SyncPhase, SyncProgress};
pub use read::{DeviceStatus, Figures, NodeStatus, Read, ReadAnswer};
pub use replica::{Fault, Pace, Replica};
pub use senim_state::StateError;
pub use senim_state::ledger::{BlockRecord, FlushJob, Flushed, Recovery};
pub use stage::{NoObserver, Observer, Stage};
