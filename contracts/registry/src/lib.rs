//! The registry: organisations, devices, validators, and who may call what.
//!
//! It is the ledger's list of members. The execution engine reads its records to admit transactions and calls, and to
//! know the next validators; the contract here is the only thing that writes them.
//!
//! - `contract`: one handler per message and question.
//! - `rules`: who may, and which change of standing is allowed.
//! - `state`: all reads and writes.
#![no_std]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

extern crate alloc;

mod contract;
mod rules;
mod state;

pub use contract::run;

senim_sdk::contract!(run);
