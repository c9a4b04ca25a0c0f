//! Vouchers: money for a purpose, used a little at a time.
//!
//! ```text
//! List → Listed → Offered → Consented ─┐
//!           Issue ─────────────────────┴→ Issued → Active ⇄ Suspended → Swept (judged by block time) → forgotten
//!                    Declined, Lapsed: before or after             └──→ Revoked
//! ```
//!
//! Issuing locks the money in the programme's budget line, a use pays the provider of the place at once, and what is left
//! at the end returns to the same line by itself. Whether something may be done, the policy says that the voucher is
//! pinned to; this contract states the facts, keeps the token and moves the money.
//!
//! - `contract`: dispatch and questions; `setup`: what the payer sets.
//! - `list`: who is entitled, asked, and answers; `life`: issue, changes, end; `holder`: what a holder signs.
//! - `attend`: who was present; `redeem`: a use, and `proof`: who stands there; `tally`: what a day came to, and its check.
//! - `offline`: what a terminal did without connection, and `excess`: what of it the payer answers.
//! - `judge`: the facts of an act, and the policy's decision.
//! - `rules`: the guards of this contract's own; `state`: all reads and writes.
//!
//! Messages, records and events are in [`senim_abi::voucher`]; `docs/contracts/voucher.md` is the manual.
#![no_std]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

extern crate alloc;

mod attend;
mod contract;
mod excess;
mod holder;
mod judge;
mod life;
mod list;
mod offline;
mod proof;
mod redeem;
mod refund;
mod rules;
mod setup;
mod state;
mod tally;

pub use contract::run;

senim_sdk::contract!(run);
