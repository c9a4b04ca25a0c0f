//! What a node keeps and how it survives a crash.
#![forbid(unsafe_code)]

pub mod disk;
mod error;
pub mod fault;
pub mod ledger;
pub mod log;
pub mod store;
pub mod tree;
pub mod wal;

pub use error::StateError;
pub use ledger::{Ledger, LedgerOptions};
