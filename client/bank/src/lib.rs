//! What a payer and its bank say to each other about accepted acts. Bytes in, values out.
//!
//! - [`Details`]: where a provider's money goes. They lie off the ledger, which has their hash.
//! - [`payment_file`]: a `pain.001` for accepted acts. The same acts give the same bytes and the same ids.
//! - [`answer`]: what a `camt.053`, `camt.054` or `pain.002` says of payments.
//! - [`reconcile`](mod@reconcile): what that means for each act, and what the ledger is told.
//! - [`rehearsal`]: what an invented bank answers to a payment file, where no bank is at hand.
//!
//! The messages are written and read by the types of `mx20022-model`, made from the public schemas; see
//! `docs/decisions/bank-messages.md`.
#![forbid(unsafe_code)]

pub mod answer;
mod details;
mod error;
mod order;
pub mod reconcile;
pub mod rehearsal;
mod text;
mod xml;

pub use answer::{Answer, Said, Statement};
pub use details::{Details, DetailsError};
pub use error::BankError;
pub use order::{NAMESPACE, PAYMENTS_MAX, PaymentFile, PaymentOrder, message_id, payment_file};
pub use reconcile::{Meaning, Verdict, ledgers_id, reconcile};
pub use xml::MESSAGE_BYTES_MAX;
