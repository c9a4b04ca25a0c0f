//! A disk that tells how long its syncs take: what a validator waits for before it speaks.

use senim_api::Vitals;
use senim_state::disk::{Disk, DiskError};
use std::sync::Arc;
use std::time::Instant;

/// Measures the syncs of another disk.
pub struct TimedDisk<D> {
    disk: D,
    vitals: Arc<Vitals>,
}

impl<D: Disk> TimedDisk<D> {
    /// Measures `disk` for `vitals`.
    pub fn new(disk: D, vitals: Arc<Vitals>) -> TimedDisk<D> {
        TimedDisk { disk, vitals }
    }
}

impl<D: Disk> Disk for TimedDisk<D> {
    fn append(&self, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.disk.append(path, bytes)
    }

    fn sync(&self, path: &str) -> Result<(), DiskError> {
        let started = Instant::now();
        let result = self.disk.sync(path);
        // The first component says what is written.
        let files = path.split('/').next().unwrap_or(path);
        self.vitals.synced(files, started.elapsed());
        result
    }

    fn sync_dir(&self, folder: &str) -> Result<(), DiskError> {
        self.disk.sync_dir(folder)
    }

    fn read(&self, path: &str, offset: u64, length: usize) -> Result<Vec<u8>, DiskError> {
        self.disk.read(path, offset, length)
    }

    fn length(&self, path: &str) -> Result<Option<u64>, DiskError> {
        self.disk.length(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        self.disk.list(folder)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.disk.remove(path)
    }

    fn truncate(&self, path: &str, length: u64) -> Result<(), DiskError> {
        self.disk.truncate(path, length)
    }
}
