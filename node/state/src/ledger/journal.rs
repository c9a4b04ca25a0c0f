//! The journal: what each block since the checkpoint wrote, so that the store can be written loosely
//! and the tree seldom.
//!
//! One record per block: head, writes, blake3 over both. `docs/storage.md` has the table.

use super::cells;
use crate::disk::{Disk, DiskError, folder_of};
use crate::tree::PathChange;
use senim_types::proof::state::state_path;
use senim_types::{Hash, Height};
use std::collections::BTreeMap;

/// Height, number of writes, bytes of the writes.
const HEAD_BYTES: usize = 8 + 8 + 8;

/// blake3 over head and writes.
const CHECK_BYTES: usize = 32;

/// Length of the key, 1 for written or 0 for deleted, length of the value.
const WRITE_HEAD_BYTES: usize = 4 + 1 + 4;

/// Bytes of one record.
const RECORD_BYTES_MAX: u64 = 1 << 32;

/// A key of the store and its new value; `None` where it is deleted.
type Write = (Vec<u8>, Option<Vec<u8>>);

/// A block's writes.
pub(super) struct Record {
    pub height: Height,
    /// Where the record ends in the file.
    pub end: u64,
    pub writes: Vec<Write>,
}

/// Appends a block's record to the bytes of a journal.
pub(super) fn encode_record<'a>(
    bytes: &mut Vec<u8>,
    height: Height,
    writes: impl Iterator<Item = (Vec<u8>, Option<&'a [u8]>)>,
) {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; HEAD_BYTES]);
    let mut count = 0u64;
    for (key, change) in writes {
        let value = change.unwrap_or_default();
        bytes.extend_from_slice(&(key.len() as u32).to_le_bytes());
        bytes.push(u8::from(change.is_some()));
        bytes.extend_from_slice(&(value.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&key);
        bytes.extend_from_slice(value);
        count += 1;
    }
    let written = (bytes.len() - start - HEAD_BYTES) as u64;
    let head = [
        height.0.to_le_bytes(),
        count.to_le_bytes(),
        written.to_le_bytes(),
    ]
    .concat();
    bytes[start..start + HEAD_BYTES].copy_from_slice(&head);
    let check = blake3::hash(&bytes[start..]);
    bytes.extend_from_slice(check.as_bytes());
}

/// Makes records durable at the end of the journal at `path`.
pub(super) fn append(disk: &dyn Disk, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
    disk.append(path, bytes)?;
    disk.sync(path)?;
    // Cheap beside the sync, and it makes the name of a new journal durable.
    disk.sync_dir(folder_of(path))
}

/// The records of the blocks after `base`, up to the first that is torn or damaged.
pub(super) fn read(disk: &dyn Disk, path: &str, base: Height) -> Result<Vec<Record>, DiskError> {
    let file_bytes = disk.length(path)?.unwrap_or(0);
    let (mut records, mut offset, mut height) = (Vec::new(), 0, base);
    while let Some(record) = read_record(disk, path, offset, file_bytes)? {
        if record.height != height.next() {
            break;
        }
        (offset, height) = (record.end, record.height);
        records.push(record);
    }
    Ok(records)
}

fn read_record(
    disk: &dyn Disk,
    path: &str,
    offset: u64,
    file_bytes: u64,
) -> Result<Option<Record>, DiskError> {
    let rest = file_bytes - offset;
    if rest < (HEAD_BYTES + CHECK_BYTES) as u64 {
        return Ok(None);
    }
    let head = disk.read(path, offset, HEAD_BYTES)?;
    let long = |at: usize| {
        u64::from_le_bytes(
            head[at..at + 8]
                .try_into()
                .expect("eight bytes of a longer head"),
        )
    };
    let bytes = long(16).saturating_add((HEAD_BYTES + CHECK_BYTES) as u64);
    if bytes > rest.min(RECORD_BYTES_MAX) {
        return Ok(None);
    }
    let record = disk.read(path, offset, bytes as usize)?;
    let Some((content, check)) = record.split_last_chunk::<CHECK_BYTES>() else {
        return Ok(None);
    };
    if blake3::hash(content) != *check {
        return Ok(None);
    }
    let writes = parse_writes(&content[HEAD_BYTES..], long(8));
    Ok(writes.map(|writes| Record {
        height: Height(long(0)),
        end: offset + bytes,
        writes,
    }))
}

fn parse_writes(mut bytes: &[u8], count: u64) -> Option<Vec<Write>> {
    let mut writes = Vec::new();
    for _ in 0..count {
        let (head, rest) = bytes.split_first_chunk::<WRITE_HEAD_BYTES>()?;
        let length = |at: usize| {
            u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]) as usize
        };
        let (key, rest) = rest.split_at_checked(length(0))?;
        let (value, rest) = rest.split_at_checked(length(5))?;
        writes.push((key.to_vec(), (head[4] == 1).then(|| value.to_vec())));
        bytes = rest;
    }
    bytes.is_empty().then_some(writes)
}

/// The last write to each key.
pub(super) fn last_writes<'a>(
    records: impl Iterator<Item = &'a Record>,
) -> BTreeMap<Vec<u8>, Option<Vec<u8>>> {
    let mut last = BTreeMap::new();
    for record in records {
        last.extend(record.writes.iter().cloned());
    }
    last
}

/// What the records change in the tree, by ascending path.
pub(super) fn path_changes(records: &[Record]) -> Vec<PathChange> {
    let mut changes = BTreeMap::new();
    for (key, change) in records.iter().flat_map(|record| &record.writes) {
        if let Some(key) = cells::state_key_of(key) {
            changes.insert(
                state_path(key),
                change.as_ref().map(|value| Hash::of(value)),
            );
        }
    }
    changes
        .into_iter()
        .map(|(path, value)| PathChange { path, value })
        .collect()
}
