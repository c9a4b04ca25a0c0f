//! Where the entries end: by a crash, which takes only what was not flushed, or by damage, which may
//! have taken a vote that was sent.

use super::record::{HEAD_BYTES, Head};
use super::{PATH, WalError};
use crate::disk::{Disk, SECTOR_BYTES, has_lost_sector};
use senim_types::Height;

/// Bytes looked at in one go: whole sectors, so that none is taken for two.
pub(super) const WINDOW_BYTES: u64 = 8192 * SECTOR_BYTES as u64;

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The file ends within it.
    Short,
    /// It is sound and of another height than those before it.
    OtherHeight,
    /// Its head or its entry is not what was written.
    Changed,
}

/// Whether the record at `offset`, in a file of `length` bytes, is what a crash leaves of what was
/// not flushed. It is not where
///
/// - a later record says that the file was durable beyond `offset` when it was appended: then this
///   one was flushed, and a vote may rest on it. Records of the same flush say no such thing, so a
///   crash that wrote the later of them and not the earlier is told from damage;
/// - the record is whole and without a lost sector, and yet another: a crash changes no bytes.
pub(super) fn is_torn(
    disk: &dyn Disk,
    offset: u64,
    length: u64,
    flaw: Flaw,
    of: Option<Height>,
) -> Result<bool, WalError> {
    let mut is_lost = false;
    let mut at = offset;
    while at < length {
        let end = length.min((at / WINDOW_BYTES + 1) * WINDOW_BYTES);
        let with_head = length.min(end + HEAD_BYTES as u64 - 1);
        let bytes = disk.read(PATH, at, (with_head - at) as usize)?;
        let heads = bytes.windows(HEAD_BYTES).zip(at..);
        let was_durable = heads
            .filter_map(|(window, place)| Head::decode(window, place))
            .any(|head| head.durable_bytes > offset && of.is_none_or(|of| of == head.height));
        if was_durable {
            return Ok(false);
        }
        is_lost |= has_lost_sector(&bytes[..(end - at) as usize], at);
        at = end;
    }
    Ok(match flaw {
        Flaw::Short | Flaw::OtherHeight => true,
        Flaw::Changed => is_lost,
    })
}
