//! Consensus of one validator: Malachite's core behind our own driver, as a pure machine.
//!
//! [`Consensus::step`] takes one [`Input`] and gives the [`Effect`]s that follow from it. There is no
//! I/O, no clock and no randomness in here: the owner keeps the timers, the write-ahead log, the
//! network and the blocks. Malachite's types do not appear outside.
//!
//! `docs/consensus.md` says what of Malachite is used, which rules hold and why. The loop of an
//! owner:
//!
//! ```text
//! loop {
//!     let input = next event: a peer's message, a timer, an answer of the executor, a new height;
//!     for effect in consensus.step(input) {
//!         match effect {
//!             WalAppend { .. }  => append to the height's log file
//!             WalFlush          => fsync; on failure perform nothing more, ever
//!             Broadcast { .. }  => send to every other validator
//!             SendBody { .. }   => send the block's body to them
//!             BuildProposal{..} => build, store durably, then Input::ProposalBuilt
//!             CheckProposal{..} => when the body is here: execute, store, Input::ProposalChecked
//!             Decided { .. }    => commit block and certificate, then Input::StartHeight
//!             …
//!         }
//!     }
//! }
//! ```
#![forbid(unsafe_code)]

mod admission;
mod buffer;
mod checks;
mod context;
mod convert;
mod effect;
mod error;
mod evidence;
mod handler;
mod input;
mod machine;
mod message;
#[cfg(feature = "mutants")]
mod mutant;
mod output;
mod params;
mod proposer;
mod replay;
mod signer;
mod timer;
mod verifier;
mod wal;

pub use effect::Effect;
pub use error::Error;
pub use evidence::Evidence;
pub use input::Input;
pub use machine::{Consensus, Phase};
pub use message::{
    ConsensusMessage, MESSAGE_BYTES_MAX, PolkaCertificate, PolkaSignature, Proposal, ROUND_MAX,
    RoundCertificate, RoundCertificateKind, RoundSignature, SignedProposal, SignedVote,
};
pub use params::{Limits, Params, Timeouts};
pub use proposer::proposer;
pub use signer::{Signer, SignerUnavailable};
pub use timer::{Timer, TimerKind};
pub use wal::WAL_ENTRY_BYTES_MAX;
