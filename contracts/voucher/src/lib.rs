//! Vouchers: money for a purpose, used a little at a time.
//!
//! ```text
//! Active → Active | Spent | Revoked        Expired (judged by block time) → Swept → forgotten
//! ```
//!
//! Issuing locks the money in the programme's budget line, a use pays the provider of the place at once, and what is left
//! at the end returns to the same line by itself. A use is one call of a terminal that attests who stands before it.
//!
//! - `contract`: dispatch and questions; `setup`: what the payer sets; `life`: issue, revoke, end; `redeem`: a use.
//! - `rules`: the guards; no state is written there.
//! - `state`: all reads and writes.
//!
//! Messages, records and events are in [`senim_abi::voucher`]; `docs/contracts/voucher.md` is the manual.
#![no_std]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

extern crate alloc;

mod contract;
mod life;
mod redeem;
mod rules;
mod setup;
mod state;

pub use contract::run;

senim_sdk::contract!(run);
