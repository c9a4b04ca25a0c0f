//! The pack register and the product catalogue.
//!
//! Every pack has a code (GTIN, serial, lot, expiry) and one automaton ([`rules::next`]):
//!
//! ```text
//! Emitted → Introduced → InTransit → Active@place → Reserved → Supplied | SuppliedPart
//!                                                             | Exported | Sample | Locked
//!                                                             | Stolen | Destroyed | Quarantine
//! ```
//!
//! Over it lie the states of its batch, which are permanent: recalled, withdrawn, expired. Dispensing
//! ([`Execute::Supply`](senim_abi::marking::Execute::Supply)) is open to the prescription contract alone,
//! so that a pack leaves the register in the transaction that redeems a prescription, or not at all.
//!
//! Messages, records and events are in [`senim_abi::marking`]; `docs/contracts/marking.md` is the manual.
//!
//! - `contract`: one handler per message and question.
//! - `supply`: dispensing a pack and undoing it.
//! - `rules`: the automaton and the guards; no state is read there.
//! - `state`: all reads and writes.
#![no_std]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

extern crate alloc;

mod contract;
pub mod rules;
mod state;
mod supply;

pub use contract::run;

senim_sdk::contract!(run);
