//! Deterministic execution of blocks.
//!
//! A block and a view of the state go in, changes and receipts come out, and nothing has happened until
//! the caller applies them. The same input gives the same output on every machine, or the node stops:
//! there is no clock, no randomness, no float and no thread here, and nothing that the compiler or the
//! machine decides (the text of a trap, the depth of the native stack, fuel at a trap) reaches a receipt.
//!
//! - [`module`]: what code a contract may consist of, and the recursion limit built into it
//! - [`Engine`]: settings of the WebAssembly engine and the cache of compiled contracts
//! - `frame`, `host`: one call, and what a contract can ask of the host ([`senim_abi::host`])
//! - `session`: state as the current call sees it, and what its transaction changed
//! - `authorise`, `system`: admission, rights and contract 0, which are native
//! - [`execute_block`], [`apply_genesis`], [`query()`], [`rehearse()`]: the ways in
//!
//! See `docs/execution.md`.
#![deny(unsafe_code)] // Two places need it, each with its reason: `lend` and the cache in `engine`.

mod ask_policy;
mod authorise;
mod block;
pub mod cost;
mod engine;
mod frame;
mod genesis;
mod host;
mod interface;
mod lend;
pub mod module;
mod postings;
mod query;
mod rehearse;
mod session;
mod stop;
mod system;

pub use ask_policy::ask_policy;
pub use authorise::{Inadmissible, admit, next_sequence};
pub use block::{BlockEnv, BlockExecution, ExecuteError, Mode, execute_block};
pub use engine::{Contract, Engine, LoadError};
pub use genesis::{GenesisError, GenesisExecution, apply_genesis};
pub use query::query;
pub use rehearse::{Rehearsal, Rehearsed, rehearse};
pub use stop::{HostFault, Stop};
