//! The conversation with parents, as a pure machine: what happened goes in, and what has to be done is part of the
//! state. It reads no clock and does no I/O, so a journal of events is all that has to be kept.
//!
//! - [`event`]: what can happen. [`state`]: what is known, and what waits to be done. [`step`]: the machine.
//! - [`reply`]: what a reply says. [`words`]: what is said. [`report`]: what became of it, by pseudonym.
//!
//! **Invariant:** a yes goes to the ledger only after a reply from the number that was asked for this voucher, that
//! names its question and no other.

pub mod event;
pub mod reply;
pub mod report;
pub mod state;
pub mod step;
pub mod words;

#[cfg(test)]
mod tests;

pub use event::{Event, Outcome};
pub use report::{Row, What};
pub use state::{Conversation, Person, Phase, Sms, ToLedger, ToSay};
