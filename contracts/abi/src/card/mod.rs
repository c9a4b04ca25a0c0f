//! Benefit cards: the one-time keys that a card has for prescriptions, and until when they are worth something. [`msg`]
//! in, [`record`] kept, [`event`] out.
//!
//! No card number is here. A card's chip, or the card system for it, has a key of its own for each prescription, so
//! that the ledger alone joins no two prescriptions of one person. The service centre registers keys of many cards
//! together; which belong to one card, it alone knows.

pub mod event;
pub mod msg;
pub mod record;

pub use crate::prescription::ProgrammeId;
pub use event::CardEvent;
pub use msg::{DueEntry, Execute, Genesis, Query};
pub use record::{CardKey, Category};
