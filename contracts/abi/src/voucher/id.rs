//! The name of a voucher.

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;
use senim_types::Hash;

/// A voucher: blake3 of the transaction that lists or issues it and an index in it, so that an id can never come again, not
/// even after its record is forgotten. It says nothing about the person, and no two of one person can be joined by it.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct VoucherId(pub Hash);

impl VoucherId {
    /// What is hashed for an id: the transaction and which of its vouchers it is.
    pub fn preimage(transaction: &Hash, index: u16) -> Vec<u8> {
        [
            b"senim/voucher".as_slice(),
            transaction.as_bytes(),
            &index.to_be_bytes(),
        ]
        .concat()
    }

    /// The id of the voucher of `transaction` with `index`.
    pub fn derive(transaction: &Hash, index: u16) -> VoucherId {
        VoucherId(Hash::of(&VoucherId::preimage(transaction, index)))
    }

    /// What is hashed for the name of a use in the treasury: unique, since a voucher counts its uses.
    pub fn use_preimage(&self, number: u32) -> Vec<u8> {
        [
            b"senim/use".as_slice(),
            self.0.as_bytes(),
            &number.to_be_bytes(),
        ]
        .concat()
    }
}

impl fmt::Display for VoucherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for VoucherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
