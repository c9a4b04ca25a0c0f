//! The card system of a service centre: the register of cards, which stays off the ledger, and the chip of a card.
//!
//! ```text
//! issue → keys registered, those of many cards together → a key handed to a clinic → written into a prescription
//!            block, end, replace: which keys have to be told to the ledger, and how
//! ```
//!
//! - `number`: card numbers.
//! - `chip`: what a card does by itself: it has a secret, answers a terminal's challenge with the key that it has for that
//!   prescription, and hands over what opens its medicine data.
//! - `register`: the cards with their owners, entitlements and keys, and each change of them.
//! - `vault`: the register as it lies on a disk, encrypted.
//!
//! Nothing here reads a clock, a file or the network: time, randomness and what the ledger says are arguments.
#![forbid(unsafe_code)]

mod chip;
mod number;
mod register;
mod vault;

pub use chip::{Answer, Challenge, Chip, KEYS_PER_CARD_MAX, OpeningSeed};
pub use number::CardNumber;
pub use register::{
    Batch, Card, Change, HandedKey, KEY_STOCK, Person, Register, Standing, Withdrawn, period_end,
};
pub use vault::{VAULT_BYTES_MAX, VaultKey};
