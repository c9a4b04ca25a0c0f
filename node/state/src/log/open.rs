//! Opening: finding every record again, and telling a torn end from damage.

use super::record::{self, HEAD_BYTES, Head, MAGIC, SEAL_BYTES, Seal};
use super::{BlockLog, Damage, FOLDER, LogError, Segment, TornTail};
use super::{index, is_rubbish, segment_path};
use crate::disk::{Disk, has_lost_sector};
use senim_types::Height;
use std::sync::Arc;

pub(super) fn open(
    disk: Arc<dyn Disk>,
    segment_bytes_max: u64,
    acknowledged: Height,
    base: Height,
) -> Result<(BlockLog, Option<TornTail>), LogError> {
    let firsts = list_segments(disk.as_ref())?;
    let mut log = BlockLog {
        disk,
        base,
        segments: Vec::new(),
        segment_bytes_max,
        last_seal: [0; SEAL_BYTES],
        is_unusable: false,
        buffer: Vec::new(),
    };
    let mut torn = None;
    for (position, first) in firsts.iter().enumerate() {
        let expected = log.tip().0 + 1;
        if *first != expected {
            return Err(damaged(
                expected,
                segment_path(expected),
                0,
                Damage::Missing,
            ));
        }
        let is_last = position + 1 == firsts.len();
        let length = log.disk.length(&segment_path(*first))?.unwrap_or(0);
        let indexed = if is_last {
            None
        } else {
            index::read(log.disk.as_ref(), *first, length)?
        };
        let segment = match indexed {
            Some((segment, last_seal)) => {
                log.last_seal = last_seal;
                segment
            }
            None => {
                let mut walk = Walk::new(log.disk.as_ref(), *first, length, log.last_seal);
                torn = walk.run(is_last)?;
                log.last_seal = walk.previous;
                walk.segment
            }
        };
        log.segments.push(segment);
    }
    finish(log, torn, acknowledged)
}

/// Removes what a crash left, once it is known that nothing acknowledged is among it.
fn finish(
    log: BlockLog,
    torn: Option<TornTail>,
    acknowledged: Height,
) -> Result<(BlockLog, Option<TornTail>), LogError> {
    if log.tip() < acknowledged {
        let lost = log.tip().0 + 1;
        let (file, offset) = match log.segments.last() {
            Some(segment) => (segment.path(), segment.length),
            None => (segment_path(lost), 0),
        };
        return Err(damaged(lost, file, offset, Damage::Acknowledged));
    }
    if let Some(torn) = &torn {
        tracing::warn!(
            height = torn.height.0,
            file = torn.file,
            offset = torn.offset,
            bytes = torn.bytes,
            "a crash cut off the last record of the block log before it was acknowledged; removed"
        );
        log.disk.truncate(&torn.file, torn.offset)?;
    }
    if let Some(last) = log.segments.last() {
        // The last record may have been written by a process that died before it synced; from now
        // on it is relied upon.
        log.disk.sync(&last.path())?;
        log.disk.sync_dir(FOLDER)?;
    }
    Ok((log, torn))
}

/// First heights of the segments, ascending. Removes rubbish.
fn list_segments(disk: &dyn Disk) -> Result<Vec<u64>, LogError> {
    let mut firsts = Vec::new();
    for name in disk.list(FOLDER)? {
        if is_rubbish(&name) {
            disk.remove(&format!("{FOLDER}/{name}"))?;
        } else if let Some(first) = name
            .strip_suffix(".seg")
            .and_then(|n| n.parse::<u64>().ok())
        {
            firsts.push(first);
        }
    }
    firsts.sort_unstable();
    Ok(firsts)
}

fn damaged(height: u64, file: String, offset: u64, damage: Damage) -> LogError {
    LogError::Damaged {
        height: Height(height),
        file,
        offset,
        damage,
    }
}

/// Walks the records of one segment.
struct Walk<'a> {
    disk: &'a dyn Disk,
    path: String,
    segment: Segment,
    /// Bytes of the file; `segment.length` is how far the walk has come.
    file_bytes: u64,
    previous: Seal,
}

impl<'a> Walk<'a> {
    fn new(disk: &'a dyn Disk, first: u64, file_bytes: u64, previous: Seal) -> Walk<'a> {
        let segment = Segment {
            first,
            offsets: Vec::new(),
            length: 0,
        };
        Walk {
            disk,
            path: segment.path(),
            segment,
            file_bytes,
            previous,
        }
    }

    /// Walks to the end. In the last segment every record is checked against its seal and the end
    /// may be torn; in the others only the heads and their chain are looked at.
    fn run(&mut self, is_last: bool) -> Result<Option<TornTail>, LogError> {
        while self.segment.length < self.file_bytes {
            match self.step(is_last)? {
                Ok(()) => {}
                Err(damage) if is_last && self.is_torn(damage)? => {
                    return Ok(Some(TornTail {
                        height: Height(self.segment.end()),
                        file: self.path.clone(),
                        offset: self.segment.length,
                        bytes: self.file_bytes - self.segment.length,
                    }));
                }
                Err(damage) => {
                    let (height, offset) = (self.segment.end(), self.segment.length);
                    return Err(damaged(height, self.path.clone(), offset, damage));
                }
            }
        }
        Ok(None)
    }

    /// Takes one record, or says what is wrong with it.
    fn step(&mut self, is_checked: bool) -> Result<Result<(), Damage>, LogError> {
        let offset = self.segment.length;
        let rest = self.file_bytes - offset;
        if rest < HEAD_BYTES as u64 {
            return Ok(Err(Damage::Missing));
        }
        let head = match Head::decode(&self.disk.read(&self.path, offset, HEAD_BYTES)?) {
            Ok(head) => head,
            Err(damage) => return Ok(Err(damage)),
        };
        if head.height != self.segment.end() || head.offset != offset {
            return Ok(Err(Damage::Place));
        }
        if head.previous != self.previous {
            return Ok(Err(Damage::Chain));
        }
        let bytes = head.record_bytes();
        if bytes > rest {
            return Ok(Err(Damage::Missing));
        }
        let seal = if is_checked {
            record::check_seal(&self.disk.read(&self.path, offset, bytes as usize)?)
        } else {
            let seal =
                self.disk
                    .read(&self.path, offset + bytes - SEAL_BYTES as u64, SEAL_BYTES)?;
            Ok(seal.try_into().expect("as many bytes as were asked for"))
        };
        match seal {
            Ok(seal) => self.previous = seal,
            Err(damage) => return Ok(Err(damage)),
        }
        self.segment.offsets.push(offset as u32);
        self.segment.length += bytes;
        Ok(Ok(()))
    }

    /// Whether what is wrong at the end of the walk is what a crash leaves of one append: a file
    /// that ends too early, or sectors of zeros, and no later record behind it.
    ///
    /// A whole record with a wrong seal and no lost sector is not that: then a byte that was there
    /// has changed, perhaps one that was acknowledged.
    fn is_torn(&self, damage: Damage) -> Result<bool, LogError> {
        let offset = self.segment.length;
        let rest = self.file_bytes - offset;
        if rest > record::PAYLOAD_BYTES_MAX + (HEAD_BYTES + SEAL_BYTES) as u64 {
            return Ok(false);
        }
        let bytes = self.disk.read(&self.path, offset, rest as usize)?;
        if self.has_later_record(&bytes) {
            return Ok(false);
        }
        match damage {
            Damage::Missing => Ok(true),
            Damage::Head | Damage::Seal => Ok(has_lost_sector(&bytes, offset)),
            _ => Ok(false),
        }
    }

    /// Whether a sound head of a later record lies somewhere in `bytes`.
    fn has_later_record(&self, bytes: &[u8]) -> bool {
        let heads = bytes.windows(HEAD_BYTES).enumerate().skip(1);
        heads
            .filter(|(_, window)| window.starts_with(MAGIC))
            .any(|(index, window)| {
                Head::decode(window).is_ok_and(|head| {
                    head.height > self.segment.end()
                        && head.offset == self.segment.length + index as u64
                })
            })
    }
}
