//! The write-ahead log of consensus: what a validator must remember of the height it works on.
//!
//! Entries are opaque. A validator appends, *flushes*, and only then lets a signed message leave;
//! after a failed flush the file takes nothing more, so the validator hangs rather than signs twice.
//! Entries of a finished height are worthless, so the file is emptied for the next one.

use crate::disk::{Disk, DiskError};
use senim_types::Height;
use std::sync::Arc;

/// The only file.
const PATH: &str = "wal/consensus";

/// Folder of the file.
const FOLDER: &str = "wal";

/// Bytes of one entry.
pub const WAL_ENTRY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Bytes of the file: far more than the rounds of one height ever take.
pub const WAL_BYTES_MAX: u64 = 1 << 30;

/// Bytes before an entry: length, height, check.
const HEAD_BYTES: usize = 4 + 8 + CHECK_BYTES;

/// Bytes of the check: a truncated blake3 over the check before, length, height and entry.
const CHECK_BYTES: usize = 16;

type Check = [u8; CHECK_BYTES];

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
}

/// What was found on opening.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalContents {
    /// The height that the entries are of; `None` when there are none.
    pub height: Option<Height>,
    /// In the order of appending.
    pub entries: Vec<Vec<u8>>,
    /// Bytes of a last entry that a crash cut off before it was flushed; removed.
    pub torn_bytes: u64,
}

/// The open write-ahead log.
pub struct Wal {
    disk: Arc<dyn Disk>,
    height: Height,
    check: Check,
    bytes: u64,
    is_name_durable: bool,
    is_unusable: bool,
}

impl Wal {
    /// Opens the file and reads all entries that were flushed, and perhaps some that were not.
    pub fn open(disk: Arc<dyn Disk>) -> Result<(Wal, WalContents), WalError> {
        let mut wal = Wal {
            disk,
            height: Height::GENESIS,
            check: [0; CHECK_BYTES],
            bytes: 0,
            is_name_durable: false,
            is_unusable: false,
        };
        let length = wal.disk.length(PATH)?.unwrap_or(0);
        let mut contents = WalContents::default();
        while let Some((height, entry)) = wal.read_entry(length)? {
            if contents.height.is_some_and(|first| first != height) {
                break;
            }
            wal.check = check(&wal.check, height, &entry);
            wal.bytes += (HEAD_BYTES + entry.len()) as u64;
            wal.height = height;
            contents.height = Some(height);
            contents.entries.push(entry);
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

    /// The entry at the present place of a file of `length` bytes, if it is whole.
    fn read_entry(&self, length: u64) -> Result<Option<(Height, Vec<u8>)>, WalError> {
        let rest = length - self.bytes;
        if rest < HEAD_BYTES as u64 {
            return Ok(None);
        }
        let head = self.disk.read(PATH, self.bytes, HEAD_BYTES)?;
        let (entry_bytes, height) = (&head[..4], &head[4..12]);
        let entry_bytes = u32::from_le_bytes(entry_bytes.try_into().expect("four bytes")) as usize;
        let height = Height(u64::from_le_bytes(height.try_into().expect("eight bytes")));
        if entry_bytes > WAL_ENTRY_BYTES_MAX || (HEAD_BYTES + entry_bytes) as u64 > rest {
            return Ok(None);
        }
        let entry = self
            .disk
            .read(PATH, self.bytes + HEAD_BYTES as u64, entry_bytes)?;
        let is_sound = check(&self.check, height, &entry) == head[12..];
        Ok(is_sound.then_some((height, entry)))
    }

    /// Appends an entry of the present height. It is durable after the next [`Wal::flush`].
    pub fn append(&mut self, entry: &[u8]) -> Result<(), WalError> {
        let bytes = (HEAD_BYTES + entry.len()) as u64;
        if entry.len() > WAL_ENTRY_BYTES_MAX || self.bytes + bytes > WAL_BYTES_MAX {
            return Err(WalError::TooLarge { bytes: entry.len() });
        }
        let check = check(&self.check, self.height, entry);
        let mut record = Vec::with_capacity(bytes as usize);
        record.extend_from_slice(&(entry.len() as u32).to_le_bytes());
        record.extend_from_slice(&self.height.0.to_le_bytes());
        record.extend_from_slice(&check);
        record.extend_from_slice(entry);
        self.guarded(|wal| Ok(wal.disk.append(PATH, &record)?))?;
        self.check = check;
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
        self.check = [0; CHECK_BYTES];
        self.bytes = 0;
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

fn check(previous: &Check, height: Height, entry: &[u8]) -> Check {
    let mut hasher = blake3::Hasher::new();
    hasher.update(previous);
    hasher.update(&(entry.len() as u32).to_le_bytes());
    hasher.update(&height.0.to_le_bytes());
    hasher.update(entry);
    *hasher
        .finalize()
        .as_bytes()
        .first_chunk()
        .expect("a hash is longer than the check")
}

#[cfg(test)]
mod tests;
