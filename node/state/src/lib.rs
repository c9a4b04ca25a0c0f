//! What a node keeps, and how it survives a crash.
//!
//! The **block log** is the truth: append-only, sealed, synced before the node speaks of a block.
//! The **store** (sled or fjall behind a narrow trait) and the **state tree** (in memory, with checkpoint and
//! journal) are derived from it and can always be made anew. [`Ledger`] keeps the three together:
//!
//! ```text
//! outcome of a block ──stage──▶ root to vote on ──decided──▶ commit: log append + sync
//!                                     │                        │
//!                                     └──not decided──▶ drop   ├─▶ changes into the overlay
//!                                                              ├─▶ staged tree becomes the tree
//!                          every K blocks, journal ─▶ store ─▶ checkpoint ◀─┘
//! ```
//!
//! `docs/storage.md` has the formats and says what survives at each crash point,
//! `docs/state-tree.md` specifies the tree and its proofs.
//!
//! ```
//! use senim_state::disk::MemoryDisk;
//! use senim_state::ledger::{BlockRecord, Ledger, LedgerOptions, Replay};
//! use senim_state::store::MemoryStore;
//! use senim_types::{ChangeSet, CommitCertificate, Block, Genesis, Receipt, StateView};
//! use std::sync::Arc;
//!
//! fn follow(
//!     genesis: &Genesis,
//!     executor: &mut dyn Replay,
//!     outcome: fn(&dyn StateView) -> (Block, Vec<Receipt>, ChangeSet),
//!     decide: fn(&Block) -> CommitCertificate,
//! ) -> Result<(), senim_state::StateError> {
//!     let (disk, store) = (Arc::new(MemoryDisk::new()), MemoryStore::new());
//!     let options = LedgerOptions::default();
//!     let (mut ledger, recovery) = Ledger::open(disk, &store, genesis, options, executor)?;
//!     assert_eq!(recovery.height, ledger.height());
//!
//!     // Any number of undecided blocks may be staged; dropping one leaves no trace.
//!     let (mut block, receipts, changes) = outcome(&ledger);
//!     let staged = ledger.stage(&changes);
//!     block.header.state_root = staged.root();
//!     block.header.log_root = ledger.log_root();
//!     let certificate = decide(&block);
//!     // Durable when this returns: now the node may answer.
//!     ledger.commit(BlockRecord { block, certificate, receipts }, changes, staged)?;
//!     let answer = ledger.prove_state(b"a state key");
//!     ledger.flush()
//! }
//! ```
//!
//! Nothing here reads a clock or random numbers. An error of this crate is this node's fault and
//! stops it; [`StateError::code`] gives its stable code.
#![forbid(unsafe_code)]

pub mod disk;
mod error;
pub mod fault;
pub mod ledger;
pub mod log;
pub mod snapshot;
pub mod store;
pub mod tree;
pub mod wal;

pub use error::StateError;
pub use ledger::{BlockRecord, Ledger, LedgerOptions, Recovery, Replay, ReplayError};
pub use tree::Staged;
