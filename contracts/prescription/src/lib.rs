//! Prescriptions: groups of items, each held by one pharmacy at a time and dispensed once.
//!
//! ```text
//! Draft → Ready → Held → Partial | Dispensed        Cancelled, Expired (judged by block time)
//!           ↑______|  reject, end of the lease
//! ```
//!
//! A hold takes a proof of the holder's: a live QR, a card, or paper with an identity check. It
//! registers a key of the pharmacy's, and that key signs what follows. Dispensing takes the packs
//! out of the marking register and settles with the treasury in the same transaction, or nothing of
//! it happens.
//!
//! - `contract`: dispatch and questions; `setup`: what the payer sets; `issue`: issue, release,
//!   cancel, rebind, forget; `card`: what the card
//!   contract is asked; `delegate`: who else may collect; `hold`: hold, extend, reject; `look`: a look at the medicine data;
//!   `dispense`: dispense; `reverse`: undo; `pending`: payments that wait.
//! - `judged`: the rules that a prescription is pinned to, which [`senim_abi::prescription::judge`] decides by.
//! - `proofs`: what was signed by whom; `rules`: the automaton and the ledger's own guards; no state is written there.
//! - `state`: all reads and writes.
//!
//! Messages, records and events are in [`senim_abi::prescription`], what people sign in
//! [`senim_abi::proof`]; `docs/contracts/prescription.md` is the manual.
#![no_std]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

extern crate alloc;

mod card;
mod contract;
mod delegate;
mod dispense;
mod hold;
mod issue;
mod judged;
mod look;
mod pending;
mod proofs;
mod reverse;
pub mod rules;
mod setup;
mod state;

pub use contract::run;

senim_sdk::contract!(run);
