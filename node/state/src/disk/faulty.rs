//! A disk that fails on demand.

use super::{Disk, DiskError, DiskErrorKind, DiskOperation};
use crate::fault::{Faults, OperationClass, Step};
use std::sync::{Arc, Mutex, PoisonError};

/// A bit that reads wrong, although it is stored right.
struct Flip {
    path: String,
    offset: u64,
    bit: u8,
}

/// Wraps a disk; every write, sync, rename, removal and cut is counted in a [`Faults`] by class.
pub struct FaultyDisk<D> {
    disk: D,
    faults: Faults,
    flips: Arc<Mutex<Vec<Flip>>>,
}

impl<D: Disk> FaultyDisk<D> {
    /// Wraps `disk` in the fate `faults`.
    pub fn new(disk: D, faults: Faults) -> FaultyDisk<D> {
        FaultyDisk {
            disk,
            faults,
            flips: Arc::default(),
        }
    }

    /// From now on the bit at `offset` of the file reads flipped.
    pub fn flip_on_read(&self, path: &str, offset: u64, bit: u8) {
        let flip = Flip {
            path: path.to_owned(),
            offset,
            bit: bit % 8,
        };
        self.flips
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(flip);
    }

    /// Counts a write operation and does it, a part of it, or nothing.
    fn write(
        &self,
        operation: DiskOperation,
        path: &str,
        run: impl FnOnce() -> Result<(), DiskError>,
        tear: impl FnOnce() -> Result<(), DiskError>,
    ) -> Result<(), DiskError> {
        let grows = operation == DiskOperation::Append;
        let killed = DiskError::new(operation, path, DiskErrorKind::Killed);
        match self.faults.step(OperationClass::of_path(path), grows) {
            Step::Proceed => run(),
            Step::Tear => tear().and(Err(killed)),
            Step::Dead => Err(killed),
            Step::Full => tear().and(Err(DiskError::new(operation, path, DiskErrorKind::Full))),
        }
    }

    fn alive(&self, operation: DiskOperation, path: &str) -> Result<(), DiskError> {
        if self.faults.is_dead() {
            return Err(DiskError::new(operation, path, DiskErrorKind::Killed));
        }
        Ok(())
    }
}

impl<D: Disk> Disk for FaultyDisk<D> {
    fn append(&self, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
        // A full disk, too, takes a part of the bytes before it says so.
        let half = || self.disk.append(path, &bytes[..bytes.len() / 2]);
        self.write(
            DiskOperation::Append,
            path,
            || self.disk.append(path, bytes),
            half,
        )
    }

    fn sync(&self, path: &str) -> Result<(), DiskError> {
        self.write(
            DiskOperation::Sync,
            path,
            || {
                if self.faults.is_sync_failing(OperationClass::of_path(path)) {
                    let kind = DiskErrorKind::Io("the device reports an error".to_owned());
                    return Err(DiskError::new(DiskOperation::Sync, path, kind));
                }
                self.disk.sync(path)
            },
            || Ok(()),
        )
    }

    fn sync_dir(&self, folder: &str) -> Result<(), DiskError> {
        self.write(
            DiskOperation::SyncDir,
            folder,
            || self.disk.sync_dir(folder),
            || Ok(()),
        )
    }

    fn read(&self, path: &str, offset: u64, length: usize) -> Result<Vec<u8>, DiskError> {
        self.alive(DiskOperation::Read, path)?;
        let mut bytes = self.disk.read(path, offset, length)?;
        for flip in self
            .flips
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            let index = flip
                .offset
                .checked_sub(offset)
                .and_then(|i| usize::try_from(i).ok());
            if flip.path == path
                && let Some(byte) = index.and_then(|index| bytes.get_mut(index))
            {
                *byte ^= 1 << flip.bit;
            }
        }
        Ok(bytes)
    }

    fn length(&self, path: &str) -> Result<Option<u64>, DiskError> {
        self.alive(DiskOperation::Read, path)?;
        self.disk.length(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        self.alive(DiskOperation::List, folder)?;
        self.disk.list(folder)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.write(
            DiskOperation::Rename,
            from,
            || self.disk.rename(from, to),
            || Ok(()),
        )
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.write(
            DiskOperation::Remove,
            path,
            || self.disk.remove(path),
            || Ok(()),
        )
    }

    fn truncate(&self, path: &str, length: u64) -> Result<(), DiskError> {
        let run = || self.disk.truncate(path, length);
        self.write(DiskOperation::Truncate, path, run, || Ok(()))
    }
}
