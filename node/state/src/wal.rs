//! The write-ahead log of consensus: what a validator must remember of the height it works on.
//!
//! Entries are opaque. A validator appends, *flushes*, and only then lets a signed message leave;
//! after a failed flush the file takes nothing more, so the validator hangs rather than signs twice.
//! Entries of a finished height are worthless, so the file is emptied for the next one.

use crate::disk::{Disk, DiskError};
use record::{HEAD_BYTES, Head};
use senim_types::Height;
use std::sync::Arc;

mod end;
mod record;

/// The only file.
const PATH: &str = "wal/consensus";

/// Folder of the file.
const FOLDER: &str = "wal";

/// Bytes of one entry.
pub const WAL_ENTRY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Bytes of the file: far more than the rounds of one height ever take.
pub const WAL_BYTES_MAX: u64 = 1 << 30;

/// Why the write-ahead log failed. Whatever it is, nothing may be signed after it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalError {
    /// The disk failed.
    #[error("write-ahead log: {0}")]
    Disk(#[from] DiskError),
    /// A write failed before: what is on the disk is unknown until the node restarts.
    #[error("write-ahead log: unusable after a failed write, until the node restarts")]
    Unusable,
    /// An entry, or the file, above its limit.
    #[error("write-ahead log: an entry of {bytes} bytes does not fit")]
    TooLarge {
        /// Bytes of the entry.
        bytes: usize,
    },
    /// What was once durable has changed: a vote that was sent may be among what cannot be read any
    /// more. Nothing is cut away.
    #[error(
        "write-ahead log: {PATH} is damaged at byte {offset}; votes may rest on what was there"
    )]
    Damaged {
        /// Place of the first record that is not what was written.
        offset: u64,
    },
    /// An entry is what was written, and yet means nothing here: another version wrote it.
    #[error("write-ahead log: entry {entry} was written by another version of this program")]
    Unreadable {
        /// Place of the entry, from 0.
        entry: usize,
    },
}

/// What was found on opening.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalContents {
    /// The height that the entries are of; `None` when there are none.
    pub height: Option<Height>,
    /// In the order of appending.
    pub entries: Vec<Vec<u8>>,
    /// Bytes at the end that a crash cut off before they were flushed; removed.
    pub torn_bytes: u64,
}

/// The open write-ahead log.
pub struct Wal {
    disk: Arc<dyn Disk>,
    height: Height,
    bytes: u64,
    /// So many of the bytes are durable: each record says how many were when it was appended.
    durable_bytes: u64,
    is_name_durable: bool,
    is_unusable: bool,
}

impl Wal {
    /// Opens the file and reads all entries that were flushed, and perhaps some that were not.
    pub fn open(disk: Arc<dyn Disk>) -> Result<(Wal, WalContents), WalError> {
        let mut wal = Wal {
            disk,
            height: Height::GENESIS,
            bytes: 0,
            durable_bytes: 0,
            is_name_durable: false,
            is_unusable: false,
        };
        let length = wal.disk.length(PATH)?.unwrap_or(0);
        let mut contents = WalContents::default();
        while wal.bytes < length {
            match wal.read_entry(length, contents.height)? {
                Ok((height, entry)) => {
                    wal.bytes += (HEAD_BYTES + entry.len()) as u64;
                    wal.height = height;
                    contents.height = Some(height);
                    contents.entries.push(entry);
                }
                Err(flaw) => {
                    if !end::is_torn(&*wal.disk, wal.bytes, length, flaw, contents.height)? {
                        return Err(WalError::Damaged { offset: wal.bytes });
                    }
                    break;
                }
            }
        }
        contents.torn_bytes = length - wal.bytes;
        if contents.torn_bytes > 0 {
            tracing::warn!(
                bytes = contents.torn_bytes,
                "removed the torn end of the write-ahead log"
            );
            wal.disk.truncate(PATH, wal.bytes)?;
        }
        // Entries of a process that died before it flushed are relied upon from now on.
        wal.flush()?;
        Ok((wal, contents))
    }

    /// Whether there is a file: a validator that lost it may have forgotten votes.
    ///
    /// # Errors
    /// The disk's.
    pub fn is_there(disk: &dyn Disk) -> Result<bool, WalError> {
        Ok(disk.length(PATH)?.is_some())
    }

    /// Makes the file, where there is none, durably: from then on its absence means that it was lost.
    ///
    /// # Errors
    /// The disk's, after which the file takes nothing more.
    pub fn establish(&mut self) -> Result<(), WalError> {
        self.guarded(|wal| {
            if wal.disk.length(PATH)?.is_none() {
                wal.disk.append(PATH, &[])?;
                wal.disk.sync(PATH)?;
                wal.disk.sync_dir(FOLDER)?;
                wal.is_name_durable = true;
            }
            Ok(())
        })
    }

    /// The entry at the present place of a file of `length` bytes, or what is wrong with it.
    fn read_entry(
        &self,
        length: u64,
        of: Option<Height>,
    ) -> Result<Result<(Height, Vec<u8>), end::Flaw>, WalError> {
        let rest = length - self.bytes;
        if rest < HEAD_BYTES as u64 {
            return Ok(Err(end::Flaw::Short));
        }
        let bytes = self.disk.read(PATH, self.bytes, HEAD_BYTES)?;
        let Some(head) = Head::decode(&bytes, self.bytes) else {
            return Ok(Err(end::Flaw::Changed));
        };
        if of.is_some_and(|of| of != head.height) {
            return Ok(Err(end::Flaw::OtherHeight));
        }
        let entry_bytes = head.entry_bytes as usize;
        if (HEAD_BYTES + entry_bytes) as u64 > rest {
            return Ok(Err(end::Flaw::Short));
        }
        let from = self.bytes + HEAD_BYTES as u64;
        let entry = self.disk.read(PATH, from, entry_bytes)?;
        if !head.is_of(&entry) {
            return Ok(Err(end::Flaw::Changed));
        }
        Ok(Ok((head.height, entry)))
    }

    /// Appends an entry of the present height. It is durable after the next [`Wal::flush`].
    pub fn append(&mut self, entry: &[u8]) -> Result<(), WalError> {
        let bytes = (HEAD_BYTES + entry.len()) as u64;
        if entry.len() > WAL_ENTRY_BYTES_MAX || self.bytes + bytes > WAL_BYTES_MAX {
            return Err(WalError::TooLarge { bytes: entry.len() });
        }
        let head = Head::new(self.bytes, self.height, self.durable_bytes, entry);
        let record = [&head.encode()[..], entry].concat();
        self.guarded(|wal| Ok(wal.disk.append(PATH, &record)?))?;
        self.bytes += bytes;
        Ok(())
    }

    /// Makes all entries durable. Only then may a message that depends on them leave.
    pub fn flush(&mut self) -> Result<(), WalError> {
        self.guarded(|wal| {
            if wal.bytes == 0 {
                return Ok(());
            }
            wal.disk.sync(PATH)?;
            if !wal.is_name_durable {
                wal.disk.sync_dir(FOLDER)?;
                wal.is_name_durable = true;
            }
            wal.durable_bytes = wal.bytes;
            Ok(())
        })
    }

    /// Empties the file for a new height. The height before must be durable in the block log.
    ///
    /// Crash before the next flush: the old entries may be back; they name their height.
    pub fn reset(&mut self, height: Height) -> Result<(), WalError> {
        self.guarded(|wal| {
            if wal.bytes > 0 {
                wal.disk.truncate(PATH, 0)?;
            }
            Ok(())
        })?;
        self.height = height;
        self.bytes = 0;
        self.durable_bytes = 0;
        Ok(())
    }

    /// The height that entries are appended for.
    pub fn height(&self) -> Height {
        self.height
    }

    /// Runs a write; a failed one makes the file unusable.
    fn guarded(
        &mut self,
        run: impl FnOnce(&mut Wal) -> Result<(), WalError>,
    ) -> Result<(), WalError> {
        if self.is_unusable {
            return Err(WalError::Unusable);
        }
        self.is_unusable = true;
        run(self)?;
        self.is_unusable = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
