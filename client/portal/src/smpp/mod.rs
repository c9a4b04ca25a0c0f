//! The way to the telephones: SMPP over TCP, with `rusmpp`'s codec.
//!
//! - [`esme`]: the portal's end: a connection that is made again and again, and a window of messages under way.
//! - [`message`]: messages and receipts in their SMPP form.
//! - [`smsc`]: the other end for tests and rehearsals: a server with subscribers that behave as they are told.

pub mod esme;
pub mod message;
pub mod smsc;

pub use esme::{Esme, EsmeConfig, FromSmsc};
pub use message::{Incoming, ToSend};
