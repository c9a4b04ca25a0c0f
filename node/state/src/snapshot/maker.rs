//! A snapshot that is being made: in slices, each within a flush, so that blocks go on.
//!
//! The store changes only in flushes. A slice copies what comes next in the order of keys; before a
//! flush changes what was not copied yet, the value that the snapshot needs is put aside.

use super::files::{FOLDER, SnapshotError, chunks_path, write_manifest};
use super::manifest::{
    CHUNK_BYTES_TARGET, ChunkRef, Contents, MANIFEST_BYTES_MAX, MANIFEST_VERSION, Manifest,
};
use crate::disk::Disk;
use senim_types::proof::{LightBlock, LogFrontier};
use senim_types::state_view::Overlay;
use senim_types::{ChangeSet, Hash, Height, StateEntry, StateView, ViewError, codec};
use std::sync::Arc;

/// Entries read at once.
const PAGE_ENTRIES: usize = 128;
/// Bytes of values put aside; beyond them the snapshot is given up, and the next one tried.
const ASIDE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes that a chunk's place in the manifest takes.
const CHUNK_REF_BYTES: usize = 36;

/// See the module.
pub(crate) struct Maker {
    disk: Arc<dyn Disk>,
    block: LightBlock,
    log: LogFrontier,
    /// What keys that are still to be copied had at the snapshot's height.
    aside: ChangeSet,
    aside_bytes: usize,
    /// The last key that was copied.
    cursor: Vec<u8>,
    chunk: Vec<StateEntry>,
    chunk_bytes: usize,
    chunks: Vec<ChunkRef>,
    entries: u64,
}

/// Whether there is more to do.
pub(crate) enum Made {
    /// There is: the next slice.
    Unfinished(Box<Maker>),
    /// All is durable.
    Snapshot(Box<Manifest>),
    /// It was given up; there is nothing of it any more.
    Nothing,
}

/// Why a slice failed; the node stops, as for any failed write or read of its state.
#[derive(Debug)]
pub(crate) enum MakeError {
    Files(SnapshotError),
    View(ViewError),
}

impl From<SnapshotError> for MakeError {
    fn from(error: SnapshotError) -> MakeError {
        MakeError::Files(error)
    }
}

impl From<crate::disk::DiskError> for MakeError {
    fn from(error: crate::disk::DiskError) -> MakeError {
        MakeError::Files(error.into())
    }
}

impl From<ViewError> for MakeError {
    fn from(error: ViewError) -> MakeError {
        MakeError::View(error)
    }
}

impl Maker {
    /// A snapshot of the state after `block`; `log` is that of the headers before it.
    pub fn new(disk: Arc<dyn Disk>, block: LightBlock, log: LogFrontier) -> Maker {
        Maker {
            disk,
            block,
            log,
            aside: ChangeSet::default(),
            aside_bytes: 0,
            cursor: Vec::new(),
            chunk: Vec::new(),
            chunk_bytes: 0,
            chunks: Vec::new(),
            entries: 0,
        }
    }

    fn height(&self) -> Height {
        self.block.header.height
    }

    /// Puts aside what `changes` are about to replace in the store.
    pub fn before_write(
        &mut self,
        store: &dyn StateView,
        changes: &ChangeSet,
    ) -> Result<(), ViewError> {
        for key in changes.0.keys() {
            if *key > self.cursor && !self.aside.0.contains_key(key) {
                let value = store.get(key)?;
                self.aside_bytes += key.len() + value.as_ref().map_or(0, Vec::len);
                self.aside.0.insert(key.clone(), value);
            }
        }
        Ok(())
    }

    /// Copies so many bytes, and the rest of an entry.
    pub fn slice(
        mut self: Box<Self>,
        store: &dyn StateView,
        slice_bytes: usize,
    ) -> Result<Made, MakeError> {
        if self.aside_bytes > ASIDE_BYTES_MAX {
            return self.give_up("the state changes faster than it is copied");
        }
        if CHUNK_REF_BYTES * self.chunks.len() + CHUNK_BYTES_TARGET > MANIFEST_BYTES_MAX {
            return self.give_up("the state is larger than a snapshot may be");
        }
        if self.cursor.is_empty() {
            // What an earlier run of the process left of the same height.
            self.disk.remove(&chunks_path(self.height()))?;
        }
        let mut copied = 0;
        while copied < slice_bytes {
            let view = Overlay {
                base: store,
                changes: &self.aside,
            };
            let page = view.scan(&[], &self.cursor, PAGE_ENTRIES)?;
            let mut is_last = page.len() < PAGE_ENTRIES;
            for entry in page {
                if copied >= slice_bytes {
                    // The rest of the page is read again.
                    is_last = false;
                    break;
                }
                let bytes = 8 + entry.0.len() + entry.1.len();
                copied += bytes;
                self.chunk_bytes += bytes;
                self.cursor.clone_from(&entry.0);
                self.chunk.push(entry);
                if self.chunk_bytes >= CHUNK_BYTES_TARGET {
                    self.end_chunk()?;
                }
            }
            self.forget_copied();
            if is_last {
                self.end_chunk()?;
                return self.finish();
            }
        }
        Ok(Made::Unfinished(self))
    }

    fn forget_copied(&mut self) {
        let rest = self.aside.0.split_off(&self.cursor);
        let copied = std::mem::replace(&mut self.aside.0, rest);
        let bytes = copied
            .iter()
            .map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len));
        self.aside_bytes -= bytes.sum::<usize>().min(self.aside_bytes);
    }

    fn end_chunk(&mut self) -> Result<(), MakeError> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let bytes = codec::encode(&self.chunk);
        self.disk.append(&chunks_path(self.height()), &bytes)?;
        self.entries += self.chunk.len() as u64;
        self.chunks.push(ChunkRef {
            bytes: bytes.len() as u32,
            hash: Hash::of(&bytes),
        });
        self.chunk.clear();
        self.chunk_bytes = 0;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Made, MakeError> {
        let path = chunks_path(self.height());
        if self.chunks.is_empty() {
            self.disk.append(&path, &[])?;
        }
        self.disk.sync(&path)?;
        self.disk.sync_dir(FOLDER)?;
        let LightBlock {
            header,
            certificate,
            validators,
            next_validators,
        } = self.block;
        let manifest = Manifest {
            contents: Contents {
                version: MANIFEST_VERSION,
                header,
                log: self.log,
                entries: self.entries,
                chunks: self.chunks,
            },
            certificate,
            validators,
            next_validators,
        };
        write_manifest(self.disk.as_ref(), &manifest)?;
        Ok(Made::Snapshot(Box::new(manifest)))
    }

    fn give_up(self: Box<Self>, why: &str) -> Result<Made, MakeError> {
        tracing::warn!(height = self.height().0, why, "a snapshot is given up");
        self.disk.remove(&chunks_path(self.height()))?;
        Ok(Made::Nothing)
    }
}
