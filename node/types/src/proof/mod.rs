//! What a node gives to somebody who does not trust it.
//!
//! A proof is bytes; the light client judges it with the genesis alone.

pub mod receipt;

pub use receipt::ReceiptProof;
