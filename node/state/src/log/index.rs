//! A small index beside each full segment, so that opening a long log does not walk all of it.
//!
//! Derived: when it is missing or does not fit the segment, the segment is walked.

use super::record::{SEAL_BYTES, Seal};
use super::{FOLDER, Segment};
use crate::disk::{Aside, Disk, DiskError};

/// First bytes of an index.
const MAGIC: &[u8; 8] = b"SENIMIDX";

/// Bytes of an index besides its offsets: magic, segment length, last seal, check.
const FIXED_BYTES: usize = 8 + 8 + SEAL_BYTES + 32;

fn path(first: u64) -> String {
    format!("{FOLDER}/{first:020}.idx")
}

/// Writes the index of a full segment whose last record has the seal `last`.
pub(super) fn write(disk: &dyn Disk, segment: &Segment, last: &Seal) -> Result<(), DiskError> {
    let mut bytes = Vec::with_capacity(FIXED_BYTES + 4 * segment.offsets.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&segment.length.to_le_bytes());
    bytes.extend_from_slice(last);
    segment
        .offsets
        .iter()
        .for_each(|offset| bytes.extend_from_slice(&offset.to_le_bytes()));
    let check = blake3::hash(&bytes);
    bytes.extend_from_slice(check.as_bytes());
    let mut aside = Aside::start(disk, &path(segment.first))?;
    aside.append(&bytes)?;
    aside.finish()
}

/// The segment that starts at `first` and has `length` bytes, and the seal of its last record;
/// `None` when there is no index that fits.
pub(super) fn read(
    disk: &dyn Disk,
    first: u64,
    length: u64,
) -> Result<Option<(Segment, Seal)>, DiskError> {
    let path = path(first);
    let Some(index_bytes) = disk.length(&path)? else {
        return Ok(None);
    };
    // Every record has well over 64 bytes, so an index is never longer than its segment.
    if index_bytes > length + FIXED_BYTES as u64 {
        return Ok(None);
    }
    let bytes = disk.read(&path, 0, index_bytes as usize)?;
    Ok(parse(&bytes, first, length))
}

fn parse(bytes: &[u8], first: u64, length: u64) -> Option<(Segment, Seal)> {
    let (content, check) = bytes.split_last_chunk::<32>()?;
    if blake3::hash(content) != *check {
        return None;
    }
    let (magic, rest) = content.split_first_chunk::<8>()?;
    let (indexed_length, rest) = rest.split_first_chunk::<8>()?;
    let (last, rest) = rest.split_first_chunk::<SEAL_BYTES>()?;
    let (offsets, odd) = rest.as_chunks::<4>();
    let offsets: Vec<u32> = offsets
        .iter()
        .map(|offset| u32::from_le_bytes(*offset))
        .collect();
    let fits = magic == MAGIC
        && u64::from_le_bytes(*indexed_length) == length
        && odd.is_empty()
        && offsets.first() == Some(&0)
        && offsets.is_sorted()
        && offsets.last().is_some_and(|last| u64::from(*last) < length);
    fits.then_some((
        Segment {
            first,
            offsets,
            length,
        },
        *last,
    ))
}
