//! The write-ahead log of the height being decided: what consensus must remember, and the blocks
//! that it said were here.

use borsh::{BorshDeserialize, BorshSerialize};
use senim_state::disk::Disk;
use senim_state::wal::{Wal as WalFile, WalError};
use senim_types::limits::BLOCK_BYTES_MAX;
use senim_types::{Height, codec};
use std::sync::Arc;

/// Bytes of a record: a block, or one of consensus' small entries.
const RECORD_BYTES_MAX: usize = BLOCK_BYTES_MAX + 64;

#[derive(BorshSerialize, BorshDeserialize)]
enum Record {
    /// An entry of consensus, opaque here.
    Entry(Vec<u8>),
    /// The bytes of a block that was built, or judged valid, here.
    Body(Vec<u8>),
}

/// See the module.
pub struct Wal(WalFile);

/// What an earlier run left for a height.
#[derive(Default)]
pub struct Recovered {
    /// Entries of consensus, in order.
    pub entries: Vec<Vec<u8>>,
    /// Blocks, in order.
    pub bodies: Vec<Vec<u8>>,
    /// The records are of a later height: the block log is an older one than this file.
    pub is_ahead: bool,
}

impl Wal {
    /// Opens the log and gives what it holds of `height`. Records of lower heights are of blocks
    /// that are committed: they go with the first record of a new height.
    pub fn open(disk: Arc<dyn Disk>, height: Height) -> Result<(Wal, Recovered), WalError> {
        let (file, contents) = WalFile::open(disk)?;
        let mut recovered = Recovered {
            is_ahead: contents.height > Some(height),
            ..Recovered::default()
        };
        if contents.height == Some(height) {
            for (entry, bytes) in contents.entries.into_iter().enumerate() {
                match codec::decode::<Record>(&bytes, RECORD_BYTES_MAX) {
                    Ok(Record::Entry(entry)) => recovered.entries.push(entry),
                    Ok(Record::Body(block)) => recovered.bodies.push(block),
                    // It passed its checksum: another version of this program wrote it. Going on
                    // could sign against what it remembers.
                    Err(_) => return Err(WalError::Unreadable { entry }),
                }
            }
        }
        Ok((Wal(file), recovered))
    }

    /// Makes the file be there, durably: its absence says that votes were lost.
    pub fn establish(&mut self) -> Result<(), WalError> {
        self.0.establish()
    }

    /// Appends an entry of consensus.
    pub fn append_entry(&mut self, height: Height, entry: Vec<u8>) -> Result<(), WalError> {
        self.append(height, &Record::Entry(entry))
    }

    /// Appends a block's bytes.
    pub fn append_body(&mut self, height: Height, block: Vec<u8>) -> Result<(), WalError> {
        self.append(height, &Record::Body(block))
    }

    fn append(&mut self, height: Height, record: &Record) -> Result<(), WalError> {
        if height != self.0.height() {
            // Lower heights are committed: nothing of them is needed any more.
            self.0.reset(height)?;
        }
        self.0.append(&codec::encode(record))
    }

    /// Makes all that was appended durable.
    pub fn flush(&mut self) -> Result<(), WalError> {
        self.0.flush()
    }
}
