//! What is spent inside a store, told apart from what the ledger spends around it.

use crate::bench::meter::resident_bytes;
use crate::driver::thread_cpu_ns;
use senim_state::store::{Batch, Entry, Store, StoreError, StoreOpener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Time inside a store since its last reading, in ns.
#[derive(Default)]
pub struct Spent {
    wall_ns: AtomicU64,
    cpu_ns: AtomicU64,
    /// The last opening: how long it took, and the resident memory that it added.
    open_ns: AtomicU64,
    open_bytes: AtomicU64,
}

impl Spent {
    /// Wall-clock time and CPU of the calling threads, in s; both begin anew.
    pub fn take(&self) -> (f64, f64) {
        let take = |total: &AtomicU64| total.swap(0, Ordering::Relaxed) as f64 / 1e9;
        (take(&self.wall_ns), take(&self.cpu_ns))
    }

    /// How long the last opening took, in s, and the resident memory that it added, in bytes.
    pub fn opening(&self) -> (f64, u64) {
        let open_ns = self.open_ns.load(Ordering::Relaxed);
        (
            open_ns as f64 / 1e9,
            self.open_bytes.load(Ordering::Relaxed),
        )
    }

    fn measure<T>(&self, run: impl FnOnce() -> T) -> T {
        let (started, before_ns) = (Instant::now(), thread_cpu_ns());
        let result = run();
        let add = |total: &AtomicU64, ns: u64| total.fetch_add(ns, Ordering::Relaxed);
        add(&self.cpu_ns, thread_cpu_ns() - before_ns);
        add(&self.wall_ns, started.elapsed().as_nanos() as u64);
        result
    }
}

/// Measures every call of another store.
pub struct Metered<O> {
    /// The other's opener.
    pub opener: O,
    /// What was spent.
    pub spent: Arc<Spent>,
}

impl<O: StoreOpener> StoreOpener for Metered<O> {
    fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        let spent = Arc::clone(&self.spent);
        let (started, before_bytes) = (Instant::now(), resident_bytes());
        let store = self.opener.open()?;
        let (open_ns, open_bytes) = (&spent.open_ns, &spent.open_bytes);
        open_ns.store(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
        let added_bytes = resident_bytes().saturating_sub(before_bytes);
        open_bytes.store(added_bytes, Ordering::Relaxed);
        Ok(Arc::new(MeteredStore { store, spent }))
    }

    fn destroy(&self) -> Result<(), StoreError> {
        self.opener.destroy()
    }
}

struct MeteredStore {
    store: Arc<dyn Store>,
    spent: Arc<Spent>,
}

impl Store for MeteredStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.spent.measure(|| self.store.get(key))
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.spent.measure(|| self.store.scan(prefix, after, limit))
    }

    fn write(&self, batch: Batch) -> Result<(), StoreError> {
        self.spent.measure(|| self.store.write(batch))
    }

    fn write_loose(&self, batch: Batch) -> Result<(), StoreError> {
        self.spent.measure(|| self.store.write_loose(batch))
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.spent.measure(|| self.store.flush())
    }
}
