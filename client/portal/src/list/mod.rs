//! Eligibility lists: made and sealed by the office, opened by the portal, attested by the identity service.
//!
//! A list is a file beside the ledger. In the open it says what the ledger says: pseudonym, place, amount, end. Each
//! record is sealed twice: the parent's number and the child's given name for the portal, the child's number for the
//! identity service. All sealed records have one length, and the order of the persons is drawn anew for each list.
//!
//! - [`persons`]: what the office has. [`file`]: the sealed form. [`make`]: the office. [`open`]: portal and identity.

pub mod file;
pub mod make;
pub mod open;
pub mod persons;

#[cfg(test)]
mod tests;
