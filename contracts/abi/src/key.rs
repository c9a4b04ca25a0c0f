//! State keys: collection, then fixed-width big-endian fields, so that key order is field order.

use crate::host::KEY_BYTES_MAX;
use alloc::vec::Vec;
use core::ops::Deref;
use senim_types::{ContractId, Hash, OrgId, PublicKey};

/// A key being built, on the stack. Without the contract's id: the host puts it in front.
#[derive(Clone, Copy)]
pub struct Key {
    bytes: [u8; KEY_BYTES_MAX],
    length: usize,
}

impl Key {
    /// A key, or a prefix for a scan, of this collection.
    pub const fn new(collection: u8) -> Key {
        let mut bytes = [0; KEY_BYTES_MAX];
        bytes[0] = collection;
        Key { bytes, length: 1 }
    }

    /// Appends bytes of a fixed width. Panics if the key becomes too long: a mistake of the contract's.
    #[must_use]
    pub fn bytes(mut self, field: &[u8]) -> Key {
        let end = self.length + field.len();
        self.bytes[self.length..end].copy_from_slice(field);
        self.length = end;
        self
    }

    /// Appends a byte.
    #[must_use]
    pub fn u8(self, field: u8) -> Key {
        self.bytes(&[field])
    }

    /// Appends four bytes, big-endian.
    #[must_use]
    pub fn u32(self, field: u32) -> Key {
        self.bytes(&field.to_be_bytes())
    }

    /// Appends eight bytes, big-endian.
    #[must_use]
    pub fn u64(self, field: u64) -> Key {
        self.bytes(&field.to_be_bytes())
    }

    /// Appends an organisation.
    #[must_use]
    pub fn org(self, org: OrgId) -> Key {
        self.u32(org.0)
    }

    /// Appends a contract.
    #[must_use]
    pub fn contract(self, contract: ContractId) -> Key {
        self.u32(contract.0)
    }

    /// Appends a digest.
    #[must_use]
    pub fn hash(self, hash: &Hash) -> Key {
        self.bytes(hash.as_bytes())
    }

    /// Appends a public key: scheme and point, 33 bytes.
    #[must_use]
    pub fn public_key(self, key: &PublicKey) -> Key {
        self.bytes(&key.encoded())
    }

    /// The state key: what the node stores and proves, with the contract's id in front.
    pub fn in_state_of(&self, contract: ContractId) -> Vec<u8> {
        let mut key = contract.0.to_be_bytes().to_vec();
        key.extend_from_slice(self);
        key
    }
}

impl Deref for Key {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}
