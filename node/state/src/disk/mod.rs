//! The narrow file interface that everything durable goes through.
//!
//! Paths are relative to the node's data folder, with `/` between components. The first component
//! says what is written: `log/…`, `tree/…`, `wal/…`. Three implementations: [`RealDisk`] (the only
//! place in this crate that opens files), [`MemoryDisk`] (knows what a crash would lose) and
//! [`FaultyDisk`] (counts, kills, tears, fills up, flips bits).

use std::fmt;

mod faulty;
mod lost;
mod memory;
mod real;
#[cfg(test)]
mod tests;

pub use faulty::FaultyDisk;
pub(crate) use lost::{SECTOR_BYTES, has_lost_sector};
pub use memory::{MemoryDisk, Unsynced};
pub use real::RealDisk;

/// Files of one node.
///
/// Nothing is durable before it is synced: bytes by [`Disk::sync`], names (new files, renames,
/// removals) by [`Disk::sync_dir`]. A failed sync leaves the file in an unknown state; the caller
/// must stop using it until the node has been restarted.
pub trait Disk: Send + Sync {
    /// Appends `bytes` to the file, creating it and its folder when missing.
    fn append(&self, path: &str, bytes: &[u8]) -> Result<(), DiskError>;

    /// Makes all bytes of the file durable.
    fn sync(&self, path: &str) -> Result<(), DiskError>;

    /// Makes the names in the folder durable. A missing folder is created.
    fn sync_dir(&self, folder: &str) -> Result<(), DiskError>;

    /// Reads exactly `length` bytes from `offset`.
    fn read(&self, path: &str, offset: u64, length: usize) -> Result<Vec<u8>, DiskError>;

    /// Length of the file in bytes, `None` when there is no such file.
    fn length(&self, path: &str) -> Result<Option<u64>, DiskError>;

    /// Names of the files in the folder, ascending; empty when there is no such folder.
    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError>;

    /// Atomically gives the file a new name, replacing a file that has it.
    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError>;

    /// Removes the file; a missing one is fine.
    fn remove(&self, path: &str) -> Result<(), DiskError>;

    /// Cuts the file to `length` bytes, or leaves it when it is shorter.
    fn truncate(&self, path: &str, length: u64) -> Result<(), DiskError>;
}

/// Appends to a file whose final name appears only when all of it is durable: write aside, sync,
/// rename, sync the folder. A crash leaves the old file or the new one, never a mixture.
pub struct Aside<'a> {
    disk: &'a dyn Disk,
    path: String,
    aside: String,
}

/// Suffix of a file that is being written aside; such files are rubbish after a crash.
pub const ASIDE_SUFFIX: &str = ".new";

impl<'a> Aside<'a> {
    /// Starts replacing the file at `path`.
    pub fn start(disk: &'a dyn Disk, path: &str) -> Result<Aside<'a>, DiskError> {
        let aside = format!("{path}{ASIDE_SUFFIX}");
        disk.remove(&aside)?;
        Ok(Aside {
            disk,
            path: path.to_owned(),
            aside,
        })
    }

    /// Appends a part of the new content.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        self.disk.append(&self.aside, bytes)
    }

    /// Makes the new content take the place of the old one.
    pub fn finish(self) -> Result<(), DiskError> {
        self.disk.sync(&self.aside)?;
        self.disk.rename(&self.aside, &self.path)?;
        self.disk.sync_dir(folder_of(&self.path))
    }
}

/// The folder part of a path; empty for a file in the data folder itself.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What was being done when a disk failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskOperation {
    /// Taking hold of the data folder.
    Open,
    /// [`Disk::append`].
    Append,
    /// [`Disk::sync`].
    Sync,
    /// [`Disk::sync_dir`].
    SyncDir,
    /// [`Disk::read`] or [`Disk::length`].
    Read,
    /// [`Disk::list`].
    List,
    /// [`Disk::rename`].
    Rename,
    /// [`Disk::remove`].
    Remove,
    /// [`Disk::truncate`].
    Truncate,
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskErrorKind {
    /// No space is left.
    Full,
    /// The file does not exist.
    Missing,
    /// The file ends before the bytes asked for.
    Short,
    /// Another process works in this data folder.
    Locked,
    /// The simulated machine has lost its power ([`FaultyDisk`]).
    Killed,
    /// Anything else, in the operating system's words.
    Io(String),
}

impl fmt::Display for DiskErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DiskErrorKind::Full => f.write_str("no space left"),
            DiskErrorKind::Missing => f.write_str("no such file"),
            DiskErrorKind::Short => f.write_str("the file ends too early"),
            DiskErrorKind::Locked => f.write_str("another process uses this data folder"),
            DiskErrorKind::Killed => f.write_str("the power is off"),
            DiskErrorKind::Io(words) => f.write_str(words),
        }
    }
}

/// A failed operation on a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation:?} of {path:?}: {kind}")]
pub struct DiskError {
    /// What was being done.
    pub operation: DiskOperation,
    /// To which file or folder, relative to the data folder.
    pub path: String,
    /// Why it failed.
    pub kind: DiskErrorKind,
}

impl DiskError {
    /// An error of `operation` on `path`.
    pub fn new(operation: DiskOperation, path: &str, kind: DiskErrorKind) -> DiskError {
        DiskError {
            operation,
            path: path.to_owned(),
            kind,
        }
    }
}
