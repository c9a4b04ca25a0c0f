//! The block log: the truth of a node. Everything else is derived from it.
//!
//! Append-only segments of sealed records, one record per height: block, certificate, receipts, as
//! bytes. [`BlockLog::append`] returns only when the record is durable. `docs/storage.md` has the
//! format.
//!
//! Opening tells two things apart. A *torn* last record, cut off by a crash before it was ever
//! acknowledged, is removed and reported. Anything else that is wrong is *damage*: an error that
//! names height, file and offset. Damage is never skipped.

use crate::disk::{ASIDE_SUFFIX, Disk, DiskError};
use record::{HEAD_BYTES, Head, SEAL_BYTES, Seal};
use senim_types::Height;
use std::sync::Arc;

pub use records::{RecordWalk, WalkError};

mod index;
mod open;
mod record;
mod records;
#[cfg(test)]
mod tests;

/// Folder of the segments.
const FOLDER: &str = "log";

/// Default size of a segment in bytes.
pub const SEGMENT_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// Largest size of a segment in bytes: with a record of the largest size, offsets fit 32 bits.
pub const SEGMENT_BYTES_MAX: u64 = 1 << 30;

/// What is kept of one height, as opaque bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// The block.
    pub block: Vec<u8>,
    /// Its commit certificate.
    pub certificate: Vec<u8>,
    /// Its receipts.
    pub receipts: Vec<u8>,
}

/// How a record is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The record's head does not match its check.
    Head,
    /// The record does not match its seal.
    Seal,
    /// The record is of another height, or of another place in the file.
    Place,
    /// The record does not follow the one before it.
    Chain,
    /// A segment is missing, or ends inside a record although another one follows.
    Missing,
    /// The log ends, although the node has acknowledged this height.
    Acknowledged,
    /// The record is whole, but its content is not a block of this chain at this height.
    Content,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Damage::Head => "its head does not match its check",
            Damage::Seal => "it does not match its seal",
            Damage::Place => "another record is in its place",
            Damage::Chain => "it does not follow the record before it",
            Damage::Missing => "it is missing",
            Damage::Acknowledged => "it was acknowledged, but the log ends before it",
            Damage::Content => "its content is not the block of this chain at this height",
        })
    }
}

/// Why the log failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The disk failed.
    #[error("block log: {0}")]
    Disk(#[from] DiskError),
    /// A record is damaged. It has to be restored from a backup or another node.
    #[error("block log: height {height} is damaged in {file} at offset {offset}: {damage}")]
    Damaged {
        /// The height.
        height: Height,
        /// The segment, relative to the data folder.
        file: String,
        /// Where its record begins, in bytes.
        offset: u64,
        /// How.
        damage: Damage,
    },
    /// An append or sync failed before: what is on the disk is unknown until the node restarts.
    #[error("block log: unusable after a failed write, until the node restarts")]
    Unusable,
    /// A record of another height than the next one.
    #[error("block log: height {found} was appended where {expected} is next")]
    NotNext {
        /// The next height.
        expected: Height,
        /// The height given.
        found: Height,
    },
    /// A payload above 1 GiB.
    #[error("block log: a record of {bytes} bytes is too large")]
    TooLarge {
        /// Bytes of the payload.
        bytes: u64,
    },
}

/// A last record that a crash cut off. It was removed; nobody was ever told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The height that it would have had.
    pub height: Height,
    /// The segment, relative to the data folder.
    pub file: String,
    /// Where it began, in bytes: the segment now ends there.
    pub offset: u64,
    /// Bytes removed.
    pub bytes: u64,
}

/// One segment: its first height, and where its records begin.
struct Segment {
    first: u64,
    offsets: Vec<u32>,
    length: u64,
}

impl Segment {
    fn path(&self) -> String {
        segment_path(self.first)
    }

    /// The height after its last record.
    fn end(&self) -> u64 {
        self.first + self.offsets.len() as u64
    }
}

fn segment_path(first: u64) -> String {
    format!("{FOLDER}/{first:020}.seg")
}

/// The open log.
pub struct BlockLog {
    disk: Arc<dyn Disk>,
    base: Height,
    segments: Vec<Segment>,
    segment_bytes_max: u64,
    last_seal: Seal,
    /// Set by a failed write.
    is_unusable: bool,
    /// Kept between appends, so that a block's bytes are not allocated anew.
    buffer: Vec<u8>,
}

impl BlockLog {
    /// Opens the log, or creates an empty one.
    ///
    /// `acknowledged` is the greatest height that the caller knows, from other files, to have been
    /// appended: a log that ends before it is damaged and not torn. The record after `base` is the
    /// log's first.
    pub fn open(
        disk: Arc<dyn Disk>,
        segment_bytes_max: u64,
        acknowledged: Height,
        base: Height,
    ) -> Result<(BlockLog, Option<TornTail>), LogError> {
        let segment_bytes_max = segment_bytes_max.min(SEGMENT_BYTES_MAX);
        open::open(disk, segment_bytes_max, acknowledged, base)
    }

    /// The greatest height; that of [`BlockLog::base`] when the log is empty.
    pub fn tip(&self) -> Height {
        let last = self.segments.last();
        last.map_or(self.base, |segment| Height(segment.end() - 1))
    }

    /// The height after which the log begins: the genesis, or a snapshot's.
    pub fn base(&self) -> Height {
        self.base
    }

    /// Appends the record of the next height and makes it durable.
    ///
    /// After an error the log takes no more records until it is opened again.
    pub fn append(
        &mut self,
        height: Height,
        block: &[u8],
        certificate: &[u8],
        receipts: &[u8],
    ) -> Result<(), LogError> {
        if self.is_unusable {
            return Err(LogError::Unusable);
        }
        let expected = self.tip().next();
        if height != expected {
            return Err(LogError::NotNext {
                expected,
                found: height,
            });
        }
        let bytes = (block.len() + certificate.len() + receipts.len()) as u64;
        if bytes > record::PAYLOAD_BYTES_MAX {
            return Err(LogError::TooLarge { bytes });
        }
        self.is_unusable = true;
        self.append_durably(height, [block, certificate, receipts])?;
        self.is_unusable = false;
        Ok(())
    }

    fn append_durably(&mut self, height: Height, parts: [&[u8]; 3]) -> Result<(), LogError> {
        let record_bytes =
            (HEAD_BYTES + SEAL_BYTES) as u64 + parts.iter().map(|p| p.len() as u64).sum::<u64>();
        let is_full = self.segments.last().is_none_or(|segment| {
            segment.length > 0 && segment.length + record_bytes > self.segment_bytes_max
        });
        if is_full {
            // Crash here: the last segment has an index, which its next record would make stale.
            // An index is used only where it names the segment's length.
            if let Some(sealed) = self.segments.last() {
                index::write(self.disk.as_ref(), sealed, &self.last_seal)?;
            }
            self.segments.push(Segment {
                first: height.0,
                offsets: Vec::new(),
                length: 0,
            });
        }
        let segment = self
            .segments
            .last_mut()
            .expect("one was made if there was none");
        let head = Head {
            height: height.0,
            offset: segment.length,
            block_bytes: parts[0].len() as u32,
            certificate_bytes: parts[1].len() as u32,
            receipts_bytes: parts[2].len() as u32,
            previous: self.last_seal,
        };
        let seal = record::encode(&mut self.buffer, &head, parts);
        let path = segment.path();
        // Crash before or in the append: nothing or a torn record, which opening removes.
        self.disk.append(&path, &self.buffer)?;
        // Crash before the sync: as above, or the whole record; it is then the tip, as if acknowledged.
        #[cfg(feature = "mutants")]
        if !senim_mutants::is(senim_mutants::Mutant::LogSyncSkipped) {
            self.disk.sync(&path)?;
        }
        #[cfg(not(feature = "mutants"))]
        self.disk.sync(&path)?;
        if segment.length == 0 {
            // A new file: its name has to be durable as well.
            self.disk.sync_dir(FOLDER)?;
        }
        // Crash from here on: the record survives.
        segment.offsets.push(segment.length as u32);
        segment.length += record_bytes;
        self.last_seal = seal;
        Ok(())
    }

    /// The record of a height, checked against its seal; `None` above the tip and at the genesis.
    pub fn read(&self, height: Height) -> Result<Option<LogRecord>, LogError> {
        let after = self
            .segments
            .partition_point(|segment| segment.first <= height.0);
        let Some(segment) = after.checked_sub(1).map(|index| &self.segments[index]) else {
            return Ok(None);
        };
        let index = (height.0 - segment.first) as usize;
        let Some(offset) = segment.offsets.get(index).map(|offset| u64::from(*offset)) else {
            return Ok(None);
        };
        let end = segment
            .offsets
            .get(index + 1)
            .map_or(segment.length, |next| u64::from(*next));
        let bytes = self
            .disk
            .read(&segment.path(), offset, (end - offset) as usize)?;
        let damaged = |damage| LogError::Damaged {
            height,
            file: segment.path(),
            offset,
            damage,
        };
        let head = Head::decode(&bytes).map_err(damaged)?;
        if (head.height, head.offset, head.record_bytes()) != (height.0, offset, end - offset) {
            return Err(damaged(Damage::Place));
        }
        record::check_seal(&bytes).map_err(damaged)?;
        Ok(Some(record::split(&head, &bytes)))
    }

    /// The error that says that the record of `height` is whole, but not what it should be.
    pub fn content_damage(&self, height: Height) -> LogError {
        let after = self
            .segments
            .partition_point(|segment| segment.first <= height.0);
        let segment = after.checked_sub(1).map(|index| &self.segments[index]);
        let offset = segment
            .and_then(|segment| segment.offsets.get((height.0 - segment.first) as usize))
            .map_or(0, |offset| u64::from(*offset));
        let file = segment.map_or_else(|| FOLDER.to_owned(), Segment::path);
        LogError::Damaged {
            height,
            file,
            offset,
            damage: Damage::Content,
        }
    }

    /// Reads every record and checks its seal: a scrub. Returns the number of records.
    pub fn verify(&self) -> Result<u64, LogError> {
        for height in self.base.0 + 1..=self.tip().0 {
            self.read(Height(height))?;
        }
        Ok(self.tip().0 - self.base.0)
    }
}

/// Names in the log's folder that are rubbish after a crash.
fn is_rubbish(name: &str) -> bool {
    name.ends_with(ASIDE_SUFFIX)
}
