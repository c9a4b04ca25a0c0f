//! sled 0.34 on disk. It writes its own files; only removing a damaged folder is done here.

use super::{Batch, Entry, Store, StoreError, StoreOpener, memory::start, remove_folder};
use std::io::ErrorKind;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Default `cache_capacity` in bytes. Small on purpose: measured, sled's real memory is about ten
/// times this figure.
pub const SLED_CACHE_BYTES_DEFAULT: u64 = 16 * 1024 * 1024;

/// Opens a sled database in a folder.
pub struct SledOpener {
    folder: PathBuf,
    cache_bytes: u64,
}

impl SledOpener {
    /// A database in `folder` with `cache_bytes` of page cache.
    pub fn new(folder: &Path, cache_bytes: u64) -> SledOpener {
        SledOpener {
            folder: folder.to_owned(),
            cache_bytes,
        }
    }
}

impl StoreOpener for SledOpener {
    fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        // No timer of its own: what is durable when is the ledger's decision.
        let config = ::sled::Config::new()
            .path(&self.folder)
            .cache_capacity(self.cache_bytes)
            .flush_every_ms(None);
        // sled panics on some damaged files instead of returning an error.
        let opened = catch_unwind(AssertUnwindSafe(|| config.open()))
            .map_err(|_| StoreError::Damaged("sled panicked while opening".to_owned()))?;
        Ok(Arc::new(SledStore {
            database: opened.map_err(error)?,
        }))
    }

    fn destroy(&self) -> Result<(), StoreError> {
        remove_folder(&self.folder)
    }
}

struct SledStore {
    database: ::sled::Db,
}

impl Store for SledStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self
            .database
            .get(key)
            .map_err(error)?
            .map(|value| value.to_vec()))
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        let range = (start(prefix, after), Bound::Unbounded);
        let mut entries = Vec::new();
        for entry in self.database.range::<&[u8], _>(range).take(limit) {
            let (key, value) = entry.map_err(error)?;
            if !key.starts_with(prefix) {
                break;
            }
            entries.push((key.to_vec(), value.to_vec()));
        }
        Ok(entries)
    }

    fn write(&self, batch: Batch) -> Result<(), StoreError> {
        let mut writes = ::sled::Batch::default();
        for (key, change) in batch.writes {
            match change {
                Some(value) => writes.insert(key, value),
                None => writes.remove(key),
            }
        }
        self.database.apply_batch(writes).map_err(error)
    }

    fn write_loose(&self, batch: Batch) -> Result<(), StoreError> {
        // Measured: a batch of 10,000 takes a gigabyte of memory, since sled frees no page that it
        // replaced before the batch ends; one by one, the same writes take next to none.
        for (key, change) in batch.writes {
            match change {
                Some(value) => self.database.insert(key, value).map_err(error)?,
                None => self.database.remove(key).map_err(error)?,
            };
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.database.flush().map(|_| ()).map_err(error)
    }
}

fn error(cause: ::sled::Error) -> StoreError {
    match cause {
        ::sled::Error::Io(e) if e.kind() == ErrorKind::StorageFull => StoreError::Full,
        ::sled::Error::Io(e) => StoreError::Failed(e.to_string()),
        damage => StoreError::Damaged(damage.to_string()),
    }
}
