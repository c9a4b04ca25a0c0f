//! Reading a log's records from any stream, without the folder: for backups, which copy a log while its
//! node appends to it, and for whoever puts one back.

use super::record::{self, HEAD_BYTES, Head, Seal};
use super::{Damage, LogError, segment_path};
use senim_types::Height;
use std::io::{self, ErrorKind, Read};

/// Walks the records of a log, segment after segment, and checks that each is whole and follows the one
/// before.
#[derive(Debug, Default)]
pub struct RecordWalk {
    next: u64,
    previous: Seal,
}

/// Why a record could not be read.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// The stream failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What was read is no record of this log at this place.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl RecordWalk {
    /// A walk that begins at height 1.
    pub fn new() -> RecordWalk {
        RecordWalk {
            next: 1,
            ..RecordWalk::default()
        }
    }

    /// The height of the last record; 0 before the first.
    pub fn tip(&self) -> Height {
        Height(self.next - 1)
    }

    /// First heights of the segments among these file names, ascending: the segments to walk, in order.
    pub fn segments<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u64> {
        let mut firsts: Vec<u64> = names
            .filter_map(|name| name.strip_suffix(".seg")?.parse().ok())
            .collect();
        firsts.sort_unstable();
        firsts
    }

    /// Begins the segment that this walk has come to.
    ///
    /// # Errors
    /// [`LogError::Damaged`] where `first` is not the next height: a segment is missing.
    pub fn enter(&self, first: u64) -> Result<(), LogError> {
        if first == self.next {
            Ok(())
        } else {
            Err(self.damaged(self.next, 0, Damage::Missing))
        }
    }

    /// The next record of the segment `first`, whole, from a stream that stands at its `offset`; none
    /// where the stream ends, before a record or within one: a node may be writing it just now.
    ///
    /// # Errors
    /// [`WalkError`]; a record that is there and damaged is never skipped.
    pub fn next(
        &mut self,
        segment: &mut impl Read,
        first: u64,
        offset: u64,
    ) -> Result<Option<Vec<u8>>, WalkError> {
        let mut bytes = vec![0; HEAD_BYTES];
        if !is_filled(segment, &mut bytes)? {
            return Ok(None);
        }
        let wrong = |damage| self.damaged(first, offset, damage);
        let head = Head::decode(&bytes).map_err(wrong)?;
        if head.height != self.next || head.offset != offset {
            return Err(wrong(Damage::Place).into());
        }
        if head.previous != self.previous {
            return Err(wrong(Damage::Chain).into());
        }
        // A head whose check is right has lengths within their limit.
        bytes.resize(head.record_bytes() as usize, 0);
        if !is_filled(segment, &mut bytes[HEAD_BYTES..])? {
            return Ok(None);
        }
        self.previous = record::check_seal(&bytes).map_err(wrong)?;
        self.next += 1;
        Ok(Some(bytes))
    }

    fn damaged(&self, first: u64, offset: u64, damage: Damage) -> LogError {
        LogError::Damaged {
            height: Height(self.next),
            file: segment_path(first),
            offset,
            damage,
        }
    }
}

/// Reads until `bytes` are full; false where the stream ends before.
fn is_filled(stream: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match stream.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
