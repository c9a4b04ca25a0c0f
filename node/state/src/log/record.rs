//! The bytes of one record of the block log. `docs/storage.md` has the table.

use super::{Damage, LogRecord};

/// First bytes of a record.
pub(super) const MAGIC: &[u8; 8] = b"SENIMLOG";

/// Version of the record format.
const VERSION: u32 = 1;

/// Bytes of a record before its payload.
pub(super) const HEAD_BYTES: usize = 104;

/// Bytes of the seal that follows the payload.
pub(super) const SEAL_BYTES: usize = 32;

/// The part of the head that its check covers.
const CHECKED_BYTES: usize = 72;

/// Bytes of one record's payload.
pub(super) const PAYLOAD_BYTES_MAX: u64 = 1 << 30;

/// blake3 of a whole record before it; also what the next record names as its predecessor.
pub(super) type Seal = [u8; SEAL_BYTES];

/// What a record says before its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub height: u64,
    /// Place of the record in its segment, in bytes.
    pub offset: u64,
    pub block_bytes: u32,
    pub certificate_bytes: u32,
    pub receipts_bytes: u32,
    /// Seal of the record before; zeros at the first.
    pub previous: Seal,
}

impl Head {
    pub fn payload_bytes(&self) -> u64 {
        u64::from(self.block_bytes)
            + u64::from(self.certificate_bytes)
            + u64::from(self.receipts_bytes)
    }

    /// Bytes of the whole record.
    pub fn record_bytes(&self) -> u64 {
        HEAD_BYTES as u64 + self.payload_bytes() + SEAL_BYTES as u64
    }

    fn encode(&self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.block_bytes.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.certificate_bytes.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.receipts_bytes.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.height.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.offset.to_le_bytes());
        bytes[40..CHECKED_BYTES].copy_from_slice(&self.previous);
        let check = blake3::hash(&bytes[..CHECKED_BYTES]);
        bytes[CHECKED_BYTES..].copy_from_slice(check.as_bytes());
        bytes
    }

    /// Reads a head whose check is right.
    pub fn decode(bytes: &[u8]) -> Result<Head, Damage> {
        let bytes: &[u8; HEAD_BYTES] = bytes
            .first_chunk()
            .expect("the caller read a whole head from the file");
        if blake3::hash(&bytes[..CHECKED_BYTES]) != bytes[CHECKED_BYTES..] {
            return Err(Damage::Head);
        }
        let word = |at: usize| {
            u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes of a head"))
        };
        let long = |at: usize| {
            u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes of a head"))
        };
        let head = Head {
            block_bytes: word(12),
            certificate_bytes: word(16),
            receipts_bytes: word(20),
            height: long(24),
            offset: long(32),
            previous: bytes[40..CHECKED_BYTES]
                .try_into()
                .expect("32 bytes of a head"),
        };
        if &bytes[..8] != MAGIC || word(8) != VERSION || head.payload_bytes() > PAYLOAD_BYTES_MAX {
            return Err(Damage::Head);
        }
        Ok(head)
    }
}

/// Writes a record into `bytes` and returns its seal. `head` must have the parts' lengths.
pub(super) fn encode(bytes: &mut Vec<u8>, head: &Head, parts: [&[u8]; 3]) -> Seal {
    bytes.clear();
    bytes.extend_from_slice(&head.encode());
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    let seal = *blake3::hash(bytes).as_bytes();
    bytes.extend_from_slice(&seal);
    seal
}

/// Checks the seal of a whole record, and returns it.
pub(super) fn check_seal(record: &[u8]) -> Result<Seal, Damage> {
    let (sealed, seal) = record.split_last_chunk().ok_or(Damage::Seal)?;
    if blake3::hash(sealed) == *seal {
        Ok(*seal)
    } else {
        Err(Damage::Seal)
    }
}

/// Takes the payload of a checked record apart.
pub(super) fn split(head: &Head, record: &[u8]) -> LogRecord {
    let payload = &record[HEAD_BYTES..record.len() - SEAL_BYTES];
    let (block, rest) = payload.split_at(head.block_bytes as usize);
    let (certificate, receipts) = rest.split_at(head.certificate_bytes as usize);
    LogRecord {
        block: block.to_vec(),
        certificate: certificate.to_vec(),
        receipts: receipts.to_vec(),
    }
}
