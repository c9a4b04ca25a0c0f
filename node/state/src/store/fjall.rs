//! fjall 3 on disk: a log-structured store, for nodes with many live tokens.
//!
//! It writes its own files and has one thread of its own, which sorts and merges them; only removing a
//! damaged folder is done here.

use super::{Batch, Entry, Store, StoreError, StoreOpener, memory::start, remove_folder};
use ::fjall::config::PinningPolicy;
use ::fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable, UserKey};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Default size of the block cache in bytes. What the ledger reads often is in its own cache of values.
pub const FJALL_CACHE_BYTES_DEFAULT: u64 = 16 * 1024 * 1024;

/// Writes are gathered in memory up to so many bytes before they become a sorted file.
const MEMTABLE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Writes of a loose batch that are given to fjall together.
const LOOSE_WRITES: usize = 1024;

/// So many full tables in memory may wait to become files. fjall itself waits at four, without an end if
/// its thread has failed meanwhile; so it must not come to that.
const FULL_TABLES_MAX: usize = 3;

/// How often it is looked whether there is room.
const ROOM_PACE: Duration = Duration::from_millis(1);

/// Threads that sort and merge. One, so that a store cannot take more than a core from its node.
const WORKERS: usize = 1;

/// The name of the one key space.
const KEYSPACE: &str = "ledger";

/// Opens a fjall database in a folder.
pub struct FjallOpener {
    folder: PathBuf,
    cache_bytes: u64,
}

impl FjallOpener {
    /// A database in `folder` with `cache_bytes` of block cache.
    pub fn new(folder: &Path, cache_bytes: u64) -> FjallOpener {
        FjallOpener {
            folder: folder.to_owned(),
            cache_bytes,
        }
    }

    fn open_database(&self) -> Result<FjallStore, ::fjall::Error> {
        let database = Database::builder(&self.folder)
            .cache_size(self.cache_bytes)
            .worker_threads(WORKERS)
            // What is durable when is the ledger's decision.
            .manual_journal_persist(true)
            .open()?;
        let options = || {
            KeyspaceCreateOptions::default()
                .manual_journal_persist(true)
                .max_memtable_size(MEMTABLE_BYTES_MAX)
                // The ledger asks its tree first: what it looks for here is nearly always here.
                .expect_point_read_hits(true)
                // Measured: where they have to be fetched for a read, it takes 13 to 24 µs of CPU
                // instead of 8 to 14. They are some four bytes for each key.
                .filter_block_pinning_policy(PinningPolicy::all(true))
                .index_block_pinning_policy(PinningPolicy::all(true))
        };
        let keyspace = database.keyspace(KEYSPACE, options)?;
        Ok(FjallStore { keyspace, database })
    }
}

impl StoreOpener for FjallOpener {
    fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        // fjall asserts on some damaged files instead of returning an error.
        let opened = catch_unwind(AssertUnwindSafe(|| self.open_database()))
            .map_err(|_| StoreError::Damaged("fjall panicked while opening".to_owned()))?;
        Ok(Arc::new(opened.map_err(error)?))
    }

    fn destroy(&self) -> Result<(), StoreError> {
        remove_folder(&self.folder)
    }
}

// The order of the fields is the order in which they go: the database last, which ends its thread.
struct FjallStore {
    keyspace: Keyspace,
    database: Database,
}

impl FjallStore {
    /// Waits until there is room in memory; an error where fjall's thread has failed.
    fn wait_for_room(&self) -> Result<(), StoreError> {
        while self.keyspace.sealed_memtable_count() >= FULL_TABLES_MAX {
            // Hands what is written to the system, and fails if the thread has.
            self.database.persist(PersistMode::Buffer).map_err(error)?;
            std::thread::sleep(ROOM_PACE);
        }
        Ok(())
    }

    fn commit(&self, writes: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StoreError> {
        self.wait_for_room()?;
        let mut batch = self.database.batch();
        for (key, change) in writes {
            let key = UserKey::from(key.as_slice());
            match change {
                Some(value) => batch.insert(&self.keyspace, key, value.as_slice()),
                None => batch.remove(&self.keyspace, key),
            }
        }
        batch.commit().map_err(error)
    }
}

impl Store for FjallStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        // In a snapshot, since only that sees all of a batch or nothing.
        let value = self.database.snapshot().get(&self.keyspace, key);
        Ok(value.map_err(error)?.map(|value| value.to_vec()))
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        let range: (Bound<&[u8]>, Bound<&[u8]>) = (start(prefix, after), Bound::Unbounded);
        let snapshot = self.database.snapshot();
        let mut entries = Vec::new();
        for entry in snapshot
            .range::<&[u8], _>(&self.keyspace, range)
            .take(limit)
        {
            let (key, value) = entry.into_inner().map_err(error)?;
            if !key.starts_with(prefix) {
                break;
            }
            entries.push((key.to_vec(), value.to_vec()));
        }
        Ok(entries)
    }

    fn write(&self, batch: Batch) -> Result<(), StoreError> {
        // All writes of a batch are of one age to fjall, so each key may be in it only once.
        let last: BTreeMap<_, _> = batch.writes.into_iter().collect();
        self.commit(&last.into_iter().collect::<Vec<_>>())
    }

    fn write_loose(&self, batch: Batch) -> Result<(), StoreError> {
        batch
            .writes
            .chunks(LOOSE_WRITES)
            .try_for_each(|part| self.commit(part))
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.database.persist(PersistMode::SyncData).map_err(error)
    }
}

fn error(cause: ::fjall::Error) -> StoreError {
    use ::fjall::Error;
    match cause {
        Error::Io(e) | Error::Storage(::fjall::LsmError::Io(e)) => match e.kind() {
            ErrorKind::StorageFull => StoreError::Full,
            // What its files say of each other does not hold; the system did what it was asked to.
            ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::UnexpectedEof
            | ErrorKind::InvalidData
            | ErrorKind::InvalidInput => StoreError::Damaged(e.to_string()),
            _ => StoreError::Failed(e.to_string()),
        },
        // Its thread failed before and has told why in the log; or another process has it open.
        Error::Poisoned | Error::Locked => StoreError::Failed(cause.to_string()),
        damage => StoreError::Damaged(damage.to_string()),
    }
}
