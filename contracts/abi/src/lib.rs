//! What contracts, the node and the clients agree on, and nothing else.
//!
//! - [`host`]: the functions that the host gives to a contract, declared once with their cost and meaning.
//! - [`context`]: how a contract is entered, who calls it, and how it answers.
//! - [`guards`]: what refuses, and builds in which one of them is left out.
//! - [`key`] and [`civil`]: how state keys are built, and how instants become months of civil time.
//! - [`ids`] and [`roles`]: the engine contracts' numbers and the roles of organisations.
//! - [`proof`]: what people and pharmacies sign about prescriptions.
//! - `schema` (feature `schema`): the layout of events as JSON, for readers in other languages.
//! - one module per contract, always the same three files: `msg` (what it can be asked), `record` (what it keeps),
//!   `event` (what it tells).
//!
//! Everything here is protocol: the bytes are pinned by golden files in `contracts/<name>/tests/golden`. A message's
//! first byte is its method; a record's first byte is its version; an event names its kind and version outside its
//! body. Variants are added at the end and never renumbered.
//!
//! Deliberately absent: logic. A rule that decides something lives in a contract; the exceptions are checks that the
//! node makes natively over the same bytes, such as [`treasury::check_postings`].
// What borsh derives for schemas names the standard prelude; nothing that is shipped has them.
#![cfg_attr(not(feature = "schema"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod card;
pub mod civil;
pub mod context;
pub mod guards;
pub mod host;
pub mod ids;
pub mod key;
pub mod ledger;
pub mod marking;
pub mod policy;
pub mod prescription;
pub mod proof;
pub mod registry;
pub mod roles;
#[cfg(feature = "schema")]
pub mod schema;
pub mod settlement;
mod statement;
mod text;
pub mod treasury;
mod versioned;
pub mod voucher;

pub use context::{CallContext, Caller, Entry, Outcome, Refusal};
pub use ids::{CARD, MARKING, MEASURE, PRESCRIPTION, REGISTRY, SETTLEMENT, TREASURY, VOUCHER};
pub use key::Key;
pub use roles::Roles;
