//! Signing with ed25519-dalek, validity by ZIP-215 with ed25519-zebra.
//!
//! ZIP-215 is the rule under which verifying one by one and verifying in a batch always agree:
//! dalek's `verify_strict` and `verify_batch` do not, and nodes that batch differently would fork.

mod secret;
mod verify;

pub use secret::SecretKey;
pub use verify::{
    CertificateError, VerifiedTransaction, verify, verify_certificate, verify_transactions,
};
