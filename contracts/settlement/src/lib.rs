//! Settlement: from posted redemptions to a paid act of completed work.
//!
//! ```text
//! Generated → SignedByProvider → Accepted → PaymentPending → Paid
//!     ↓ ↑            ↓ ↑                        ↓ ↑
//!     Disputed → Corrected                  PaymentFailed
//! ```
//!
//! A contract between payer and provider says what the treasury may post and how it is paid. When a month of the
//! programme's civil time ends, the due-queue makes the act out of the treasury's claim. Digital tenge moves when it is
//! accepted (or moved at each redemption already); a bank's money moves by a file, and the ledger hears of it.
//!
//! - `contract`: dispatch and questions; `setup`: contracts and details; `cut`: how an act is made; `sign`: what provider
//!   and payer say about it; `payment`: the bank's way; `forget`: how what is over goes.
//! - `rules`: the guards, and the automaton of an act; no state is written there.
//! - `state`: all reads and writes, and what the treasury is asked.
//!
//! Messages, records and events are in [`senim_abi::settlement`]; `docs/contracts/settlement.md` is the manual.
#![no_std]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

extern crate alloc;

mod contract;
mod cut;
mod forget;
mod payment;
mod rules;
mod setup;
mod sign;
mod state;

pub use contract::run;

senim_sdk::contract!(run);
