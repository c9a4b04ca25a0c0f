//! What a crash leaves of bytes that were appended and not synced: fewer of them, or sectors of zeros.

/// Disks write sectors whole: a lost one in a file that already has its new length reads as zeros.
pub(crate) const SECTOR_BYTES: usize = 512;

/// Whether a whole sector, or the part of one at either end, is zeros. `offset` is the place of
/// `bytes` in the file.
pub(crate) fn has_lost_sector(bytes: &[u8], offset: u64) -> bool {
    let first = SECTOR_BYTES - (offset % SECTOR_BYTES as u64) as usize;
    let (head, rest) = bytes.split_at(first.min(bytes.len()));
    // Fewer than 16 zeros in a row may well be data.
    let is_lost = |part: &[u8]| part.len() >= 16 && part.iter().all(|byte| *byte == 0);
    is_lost(head) || rest.chunks(SECTOR_BYTES).any(is_lost)
}
