//! The treasury: programme money in double entry.
//!
//! A budget line is money for a purpose. The contracts that it names move it to providers, at once or in two phases, and
//! nobody else does. What a provider is owed stands in one claim per programme and month, which is all that a settlement
//! act needs to be checked against.
//!
//! - `contract`: who is entered how, and the payer's messages.
//! - `transfer`: what the named contracts do with a payment of its own: pay, reserve, post, void, reverse.
//! - `lock`: what they do with money that stands behind their tokens: lock, unlock, spend.
//! - `terms`: what providers' contracts allow, how claims are paid, and providers' purses.
//! - `correction`: lines that correcting acts take off, each once.
//! - `posting`: the movements of money, each with both its sides.
//! - `rules`: guards, and the automaton of a transfer.
//! - `state`: all reads and writes.
#![no_std]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

extern crate alloc;

mod contract;
mod correction;
mod lock;
mod posting;
mod rules;
mod state;
mod terms;
mod transfer;

pub use contract::run;

senim_sdk::contract!(run);
