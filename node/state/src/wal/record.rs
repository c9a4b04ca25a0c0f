//! One record: a head of fixed size, then the entry. A head is known for one wherever it is met, so
//! that a search behind damage finds it.

use super::WAL_ENTRY_BYTES_MAX;
use senim_types::Height;

/// Bytes of a check: a truncated blake3.
const CHECK_BYTES: usize = 16;

/// Bytes before the head's own check.
const FIELD_BYTES: usize = 4 + 8 + 8 + CHECK_BYTES;

/// Bytes before an entry.
pub(super) const HEAD_BYTES: usize = FIELD_BYTES + CHECK_BYTES;

type Check = [u8; CHECK_BYTES];

/// What stands before an entry. Its check covers its place too: moved, it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Place of the record in the file.
    pub offset: u64,
    /// Bytes of the entry.
    pub entry_bytes: u32,
    /// The height that it is of.
    pub height: Height,
    /// So many bytes of the file were durable when this was appended.
    pub durable_bytes: u64,
    entry_check: Check,
}

impl Head {
    /// The head of an entry, which is within [`WAL_ENTRY_BYTES_MAX`].
    pub fn new(offset: u64, height: Height, durable_bytes: u64, entry: &[u8]) -> Head {
        Head {
            offset,
            entry_bytes: entry.len() as u32,
            height,
            durable_bytes,
            entry_check: check(entry),
        }
    }

    /// The bytes of the head.
    pub fn encode(&self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..4].copy_from_slice(&self.entry_bytes.to_le_bytes());
        bytes[4..12].copy_from_slice(&self.height.0.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.durable_bytes.to_le_bytes());
        bytes[20..FIELD_BYTES].copy_from_slice(&self.entry_check);
        let own = own_check(self.offset, &bytes[..FIELD_BYTES]);
        bytes[FIELD_BYTES..].copy_from_slice(&own);
        bytes
    }

    /// The head at the start of `bytes`, which are those at `offset`; `None` where it is none.
    pub fn decode(bytes: &[u8], offset: u64) -> Option<Head> {
        let (fields, own) = bytes.get(..HEAD_BYTES)?.split_at(FIELD_BYTES);
        let head = Head {
            offset,
            entry_bytes: u32::from_le_bytes(*fields.first_chunk()?),
            height: Height(u64::from_le_bytes(*fields[4..].first_chunk()?)),
            durable_bytes: u64::from_le_bytes(*fields[12..].first_chunk()?),
            entry_check: *fields[20..].first_chunk()?,
        };
        // Cheap first: a search asks at every byte.
        let is_possible =
            head.entry_bytes as usize <= WAL_ENTRY_BYTES_MAX && head.durable_bytes <= offset;
        (is_possible && own == own_check(offset, fields)).then_some(head)
    }

    /// Whether this is the entry that the head was made for.
    pub fn is_of(&self, entry: &[u8]) -> bool {
        entry.len() == self.entry_bytes as usize && check(entry) == self.entry_check
    }
}

fn own_check(offset: u64, fields: &[u8]) -> Check {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&offset.to_le_bytes()).update(fields);
    truncated(&hasher.finalize())
}

fn check(entry: &[u8]) -> Check {
    truncated(&blake3::hash(entry))
}

fn truncated(hash: &blake3::Hash) -> Check {
    let first = hash.as_bytes().first_chunk();
    *first.expect("a hash is longer than the check")
}
