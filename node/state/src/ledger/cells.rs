//! What the ledger keeps in its store: all keys, and values that notice a flipped bit.
//!
//! | first byte | rest of the key | value |
//! | --- | --- | --- |
//! | 0 | – | [`Applied`]: how far the store is |
//! | 1 | state key | state value |
//! | 2 | first 16 bytes of a transaction's hash | [`Place`] of its receipt |
//! | 3 | level (1) ‖ number (8, big-endian) | hash of a complete subtree of the header log |
//! | 4 | name (32) | a value that a [`Kept`](super::Kept) state key has or had |
//!
//! Every value is followed by 8 bytes of blake3 over key and value: a store that returns other bytes
//! than were written under this key is damaged, and says so instead of answering.

use crate::store::{Store, StoreError};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::proof::LogFrontier;
use senim_types::proof::log::LogNode;
use senim_types::{Hash, Header, Height};

/// Bytes that follow a value.
const TAG_BYTES: usize = 8;

/// First bytes of the keys.
const APPLIED: u8 = 0;
pub(super) const STATE: u8 = 1;
const TRANSACTION: u8 = 2;
const LOG_NODE: u8 = 3;
const KEPT: u8 = 4;
/// Kinds of entries besides the state and [`Applied`].
pub(super) const DERIVED: [u8; 3] = [TRANSACTION, LOG_NODE, KEPT];

/// Bytes of a transaction's hash that its key has: enough that nobody finds two alike.
const TRANSACTION_KEY_BYTES: usize = 16;

/// Version of [`Applied`].
pub(super) const FORMAT_VERSION: u8 = 2;

/// How far the store is: written in the same batch as everything that it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Applied {
    /// [`FORMAT_VERSION`].
    pub version: u8,
    /// The header at height 0.
    pub genesis: Header,
    /// The header of the last block whose changes are in the store.
    pub tip: Header,
    /// The header log up to and with `tip`.
    pub frontier: LogFrontier,
}

/// Where a receipt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The block.
    pub height: Height,
    /// Among the block's receipts, from 0.
    pub index: u32,
}

impl Place {
    pub(super) fn encode(&self) -> Vec<u8> {
        [
            self.height.0.to_be_bytes().as_slice(),
            &self.index.to_be_bytes(),
        ]
        .concat()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Place, StoreError> {
        let damaged = || StoreError::Damaged("the place of a receipt has another length".into());
        let (height, index) = bytes.split_first_chunk().ok_or_else(damaged)?;
        let index = index.try_into().map_err(|_| damaged())?;
        let height = Height(u64::from_be_bytes(*height));
        Ok(Place {
            height,
            index: u32::from_be_bytes(index),
        })
    }
}

pub(super) fn applied_key() -> Vec<u8> {
    vec![APPLIED]
}

/// The state key of a key of the store; `None` where it is not of the state.
pub(super) fn state_key_of(key: &[u8]) -> Option<&[u8]> {
    key.split_first()
        .filter(|(first, _)| **first == STATE)
        .map(|(_, key)| key)
}

pub(super) fn state_key(key: &[u8]) -> Vec<u8> {
    [[STATE].as_slice(), key].concat()
}

pub(super) fn transaction_key(hash: &Hash) -> Vec<u8> {
    [[TRANSACTION].as_slice(), &hash.0[..TRANSACTION_KEY_BYTES]].concat()
}

pub(super) fn log_node_key(node: LogNode) -> Vec<u8> {
    [
        [LOG_NODE, node.level].as_slice(),
        &node.number.to_be_bytes(),
    ]
    .concat()
}

pub(super) fn kept_key(name: &Hash) -> Vec<u8> {
    [[KEPT].as_slice(), &name.0].concat()
}

fn tag(key: &[u8], value: &[u8]) -> [u8; TAG_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.len() as u32).to_le_bytes());
    hasher.update(key);
    hasher.update(value);
    *hasher
        .finalize()
        .as_bytes()
        .first_chunk()
        .expect("a hash is longer than the tag")
}

/// The value as it is stored under `key`.
pub(super) fn seal(key: &[u8], mut value: Vec<u8>) -> Vec<u8> {
    let tag = tag(key, &value);
    value.extend_from_slice(&tag);
    value
}

/// The value that was stored under `key` as `sealed`.
pub(super) fn unseal(key: &[u8], mut sealed: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let value_bytes = sealed.len().checked_sub(TAG_BYTES);
    match value_bytes {
        Some(length) if tag(key, &sealed[..length]) == sealed[length..] => {
            sealed.truncate(length);
            Ok(sealed)
        }
        _ => Err(StoreError::Damaged(format!(
            "the value at a key of kind {} is not what was written",
            key.first().copied().unwrap_or_default()
        ))),
    }
}

/// The value at a key of the store.
pub(super) fn read(store: &dyn Store, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    store
        .get(key)?
        .map(|sealed| unseal(key, sealed))
        .transpose()
}

/// How far the store is; `None` when it is empty.
pub(super) fn read_applied(store: &dyn Store) -> Result<Option<Applied>, StoreError> {
    let Some(bytes) = read(store, &applied_key())? else {
        // One that lost this key, or whose first writing was cut off.
        return match store.scan(&[], &[], 1)?.is_empty() {
            true => Ok(None),
            false => Err(StoreError::Damaged("it does not say how far it is".into())),
        };
    };
    let applied: Applied = borsh::from_slice(&bytes)
        .map_err(|_| StoreError::Damaged("what says how far it is does not decode".into()))?;
    if applied.version != FORMAT_VERSION || !applied.frontier.is_valid() {
        return Err(StoreError::Damaged("it is of another version".into()));
    }
    Ok(Some(applied))
}
