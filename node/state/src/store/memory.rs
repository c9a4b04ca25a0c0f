//! A store in memory that knows what a crash would lose.

use super::{Batch, Entry, Store, StoreError, StoreOpener};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What becomes of batches that were written but never flushed when the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unflushed {
    /// All are lost.
    Lost,
    /// All happen to be there.
    Kept,
    /// Atomic batches are there; of loose writes, every other one.
    Mixed,
}

/// What a write replaced.
type Before = (Vec<u8>, Option<Vec<u8>>);

#[derive(Clone)]
enum Undo {
    Batch(Vec<Before>),
    Loose(Before),
}

#[derive(Clone, Default)]
struct Inner {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What unflushed writes replaced, oldest first.
    undo: Vec<Undo>,
}

impl Inner {
    fn put(&mut self, key: Vec<u8>, change: Option<Vec<u8>>) -> Before {
        let before = match change {
            Some(value) => self.entries.insert(key.clone(), value),
            None => self.entries.remove(&key),
        };
        (key, before)
    }
}

/// A store in memory. Clones share the same entries, and opening gives a clone, so a test keeps one
/// while the node uses another.
#[derive(Clone, Default)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// Cuts the power.
    pub fn crash(&self, unflushed: Unflushed) {
        let mut inner = self.lock();
        let undo = std::mem::take(&mut inner.undo);
        for (position, undo) in undo.into_iter().enumerate().rev() {
            let lost = match (unflushed, undo) {
                (Unflushed::Kept, _) | (Unflushed::Mixed, Undo::Batch(_)) => Vec::new(),
                (Unflushed::Mixed, Undo::Loose(_)) if position % 2 == 0 => Vec::new(),
                (_, Undo::Loose(before)) => vec![before],
                (_, Undo::Batch(before)) => before,
            };
            for (key, before) in lost.into_iter().rev() {
                inner.put(key, before);
            }
        }
    }

    /// An independent copy.
    pub fn copy(&self) -> MemoryStore {
        MemoryStore {
            inner: Arc::new(Mutex::new(self.lock().clone())),
        }
    }

    /// Every entry, for a test that damages some.
    pub fn entries(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.lock().entries.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().entries.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        let inner = self.lock();
        let entries = inner
            .entries
            .range::<[u8], _>((start(prefix, after), Bound::Unbounded));
        Ok(entries
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }

    fn write(&self, batch: Batch) -> Result<(), StoreError> {
        let mut inner = self.lock();
        let before = batch
            .writes
            .into_iter()
            .map(|(key, change)| inner.put(key, change))
            .collect();
        inner.undo.push(Undo::Batch(before));
        Ok(())
    }

    fn write_loose(&self, batch: Batch) -> Result<(), StoreError> {
        let mut inner = self.lock();
        for (key, change) in batch.writes {
            let before = inner.put(key, change);
            inner.undo.push(Undo::Loose(before));
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.lock().undo.clear();
        Ok(())
    }
}

impl StoreOpener for MemoryStore {
    fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        Ok(Arc::new(self.clone()))
    }

    fn destroy(&self) -> Result<(), StoreError> {
        *self.lock() = Inner::default();
        Ok(())
    }
}

/// Where a scan begins.
pub(super) fn start<'a>(prefix: &'a [u8], after: &'a [u8]) -> Bound<&'a [u8]> {
    // An `after` before the prefix excludes nothing; the prefix itself is a key like any other.
    if after.is_empty() || after < prefix {
        Bound::Included(prefix)
    } else {
        Bound::Excluded(after)
    }
}
