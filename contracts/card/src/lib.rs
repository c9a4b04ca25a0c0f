//! Benefit cards: the keys that cards have for prescriptions.
//!
//! ```text
//! registered → bound to one prescription        blocked, or entitlement ended (judged by block time) → forgotten
//! ```
//!
//! A service centre registers keys of many cards together; the prescription contract writes a key into a prescription
//! once, and asks at each hold by card whether it is still good.
//!
//! - `contract`: dispatch and questions; `keys`: one function for each message about keys.
//! - `rules`: the guards; no state is written there.
//! - `state`: all reads and writes.
//!
//! Messages, records and events are in [`senim_abi::card`]; `docs/contracts/card.md` is the manual.
#![no_std]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

extern crate alloc;

mod contract;
mod keys;
mod rules;
mod state;

pub use contract::run;

senim_sdk::contract!(run);
