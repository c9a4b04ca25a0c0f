//! The key-value store: derived data, so its loss costs a rebuild and never a record.
//!
//! The trait is as narrow as the ledger's needs: read a key, scan a prefix, write a batch atomically,
//! flush. All backends pass one test suite.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

mod faulty;
mod fjall;
mod kind;
mod memory;
mod sled;
#[cfg(test)]
pub(crate) mod tests;

pub use self::fjall::{FJALL_CACHE_BYTES_DEFAULT, FjallOpener};
pub use self::sled::{SLED_CACHE_BYTES_DEFAULT, SledOpener};
pub use faulty::FaultyOpener;
pub use kind::{StoreFolder, StoreKind, UnknownStoreKind};
pub use memory::{MemoryStore, Unflushed};

/// An open store.
///
/// A batch that was written but not flushed may be lost by a crash, all of it and with it all later
/// ones; it is never torn. What was flushed stays.
pub trait Store: Send + Sync {
    /// The value at `key`.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// At most `limit` entries whose keys start with `prefix` and come strictly after `after`
    /// (from the first where it is empty), in the order of keys.
    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// Applies the batch atomically: readers see all of it or nothing.
    fn write(&self, batch: Batch) -> Result<(), StoreError>;

    /// Applies the writes one by one: a crash before the flush may lose any of them and keep others.
    /// For many writes that can be done again from elsewhere; backends may do it with far less
    /// memory than an atomic batch. Of several writes to one key only the last may be given.
    fn write_loose(&self, batch: Batch) -> Result<(), StoreError>;

    /// Makes all writes durable.
    fn flush(&self) -> Result<(), StoreError>;
}

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// Opens a store, and throws away one that cannot be used.
pub trait StoreOpener: Send + Sync {
    /// Opens the store, creating an empty one when there is none.
    fn open(&self) -> Result<Arc<dyn Store>, StoreError>;

    /// Removes the store's data. It must not be open.
    fn destroy(&self) -> Result<(), StoreError>;
}

/// Writes that take effect together. Of several for one key the last counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Key and new value; `None` deletes.
    pub writes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Batch {
    /// Writes `value` at `key`.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.writes.push((key, Some(value)));
    }

    /// Deletes `key`.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.writes.push((key, None));
    }
}

/// Why a store failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Its files are damaged: it has to be rebuilt.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// No room is left.
    #[error("the store has no space left")]
    Full,
    /// The simulated machine has lost its power ([`FaultyOpener`]).
    #[error("the power is off")]
    Killed,
    /// Anything else, in the backend's words.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Removes a store's folder with everything in it; one that is not there is removed already.
fn remove_folder(folder: &Path) -> Result<(), StoreError> {
    match std::fs::remove_dir_all(folder) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(StoreError::Failed(e.to_string())),
        _ => Ok(()),
    }
}
