//! Messages that wait for an outside system: what is sent next, what becomes of an answer, and what a person has to
//! look at. Pure: events in, what to send out; time and randomness are arguments.
//!
//! - Messages of one subject (a prescription, a pack) go out one after the other, in the order in which they were
//!   queued. Another subject's trouble holds nothing up.
//! - A message goes until it is acknowledged. A pause between two attempts doubles up to a longest one.
//! - What the other system refuses for good is kept in the register for a person, and those after it go on: each says by
//!   itself what happened and when.
//! - A system that cannot be reached, or does not answer in time, is asked for one message at a time until it answers.
//!
//! **Invariant:** whatever was queued is delivered, or in the register, or dismissed by a person with a reason.

mod event;
mod pace;
mod state;

pub use event::{Event, Message, Outcome, Standing, Trouble};
pub use pace::Pace;
pub use state::{Dismissed, Lane, Outbox, Waiting};
