//! What a payer and its bank say to each other about accepted acts.
//!
//! - [`Details`]: where a provider's money goes. They lie off the ledger, which has their hash.
#![forbid(unsafe_code)]

mod details;

pub use details::{Details, DetailsError};
