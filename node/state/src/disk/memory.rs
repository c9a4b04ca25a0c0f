//! A disk in memory that knows what a crash would lose.

use super::{Disk, DiskError, DiskErrorKind, DiskOperation, folder_of};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What becomes of bytes and names that were written but never synced when the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsynced {
    /// All of it is lost.
    Lost,
    /// All of it happens to be there.
    Kept,
    /// Names are there; of the bytes appended to each file, the first half.
    Torn,
    /// Names are there; the files have their new length, but the new bytes are zeros.
    Zeroed,
}

#[derive(Clone, Default)]
struct File {
    bytes: Vec<u8>,
    /// So many leading bytes are durable…
    durable_length: usize,
    /// …unless the file was cut since: then this is what a crash brings back.
    before_cut: Option<Vec<u8>>,
}

#[derive(Clone, Default)]
struct Inner {
    files: BTreeMap<u64, File>,
    /// Path → file, as the running process sees it.
    names: BTreeMap<String, u64>,
    /// Path → file, as a crash would leave it.
    durable_names: BTreeMap<String, u64>,
    next_file: u64,
}

/// Files in memory. Clones share the same files, so a test keeps one while the node uses another.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    inner: Arc<Mutex<Inner>>,
}

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> MemoryDisk {
        MemoryDisk::default()
    }

    /// Cuts the power: what was not synced becomes what `unsynced` says, the rest stays.
    pub fn crash(&self, unsynced: Unsynced) {
        let mut inner = self.lock();
        if unsynced == Unsynced::Lost {
            inner.names = inner.durable_names.clone();
        } else {
            inner.durable_names = inner.names.clone();
        }
        for file in inner.files.values_mut() {
            let appended = file.bytes.len().saturating_sub(file.durable_length);
            match unsynced {
                Unsynced::Kept => {}
                Unsynced::Torn => file.bytes.truncate(file.durable_length + appended / 2),
                Unsynced::Zeroed => {
                    let from = file.durable_length.min(file.bytes.len());
                    file.bytes[from..].fill(0);
                }
                Unsynced::Lost => match file.before_cut.take() {
                    Some(bytes) => file.bytes = bytes,
                    None => file.bytes.truncate(file.durable_length),
                },
            }
            file.durable_length = file.bytes.len();
            file.before_cut = None;
        }
    }

    /// An independent copy, as after pulling the disk out and imaging it.
    pub fn copy(&self) -> MemoryDisk {
        MemoryDisk {
            inner: Arc::new(Mutex::new(self.lock().clone())),
        }
    }

    /// Flips one bit of a stored byte, durably: a worn-out disk. False when there is no such byte.
    pub fn flip_bit(&self, path: &str, offset: u64, bit: u8) -> bool {
        let mut inner = self.lock();
        let Some(id) = inner.names.get(path).copied() else {
            return false;
        };
        let byte = inner
            .files
            .get_mut(&id)
            .and_then(|file| file.bytes.get_mut(usize::try_from(offset).ok()?));
        match byte {
            Some(byte) => {
                *byte ^= 1 << (bit % 8);
                true
            }
            None => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn file(&mut self, operation: DiskOperation, path: &str) -> Result<&mut File, DiskError> {
        let missing = || DiskError::new(operation, path, DiskErrorKind::Missing);
        let id = self.names.get(path).ok_or_else(missing)?;
        self.files.get_mut(id).ok_or_else(missing)
    }
}

impl Disk for MemoryDisk {
    fn append(&self, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let mut inner = self.lock();
        if !inner.names.contains_key(path) {
            let id = inner.next_file;
            inner.next_file += 1;
            inner.files.insert(id, File::default());
            inner.names.insert(path.to_owned(), id);
        }
        inner
            .file(DiskOperation::Append, path)?
            .bytes
            .extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&self, path: &str) -> Result<(), DiskError> {
        let mut inner = self.lock();
        let file = inner.file(DiskOperation::Sync, path)?;
        file.durable_length = file.bytes.len();
        file.before_cut = None;
        Ok(())
    }

    fn sync_dir(&self, folder: &str) -> Result<(), DiskError> {
        let mut inner = self.lock();
        inner
            .durable_names
            .retain(|path, _| folder_of(path) != folder);
        let current: Vec<(String, u64)> = inner
            .names
            .iter()
            .filter(|(path, _)| folder_of(path) == folder)
            .map(|(path, id)| (path.clone(), *id))
            .collect();
        inner.durable_names.extend(current);
        Ok(())
    }

    fn read(&self, path: &str, offset: u64, length: usize) -> Result<Vec<u8>, DiskError> {
        let mut inner = self.lock();
        let file = inner.file(DiskOperation::Read, path)?;
        let part = usize::try_from(offset)
            .ok()
            .and_then(|from| file.bytes.get(from..from.checked_add(length)?));
        part.map(<[u8]>::to_vec)
            .ok_or_else(|| DiskError::new(DiskOperation::Read, path, DiskErrorKind::Short))
    }

    fn length(&self, path: &str) -> Result<Option<u64>, DiskError> {
        let inner = self.lock();
        let file = inner.names.get(path).and_then(|id| inner.files.get(id));
        Ok(file.map(|file| file.bytes.len() as u64))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        let inner = self.lock();
        let names = inner.names.keys().filter(|path| folder_of(path) == folder);
        Ok(names
            .map(|path| {
                path.rsplit_once('/')
                    .map_or(path.as_str(), |(_, name)| name)
                    .to_owned()
            })
            .collect())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        let mut inner = self.lock();
        let missing = || DiskError::new(DiskOperation::Rename, from, DiskErrorKind::Missing);
        let id = inner.names.remove(from).ok_or_else(missing)?;
        inner.names.insert(to.to_owned(), id);
        Ok(())
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.lock().names.remove(path);
        Ok(())
    }

    fn truncate(&self, path: &str, length: u64) -> Result<(), DiskError> {
        let mut inner = self.lock();
        let file = inner.file(DiskOperation::Truncate, path)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length < file.durable_length {
            if file.before_cut.is_none() {
                file.before_cut = Some(file.bytes[..file.durable_length].to_vec());
            }
            file.durable_length = length;
        }
        file.bytes.truncate(length);
        Ok(())
    }
}
