//! A snapshot that is being fetched: chunks in their order, checked as they come.

use super::decode_chunk;
use super::files::{FOLDER, SnapshotError};
use super::manifest::Manifest;
use crate::disk::Disk;
use crate::tree::{PathChange, Tree};
use senim_types::proof::state::state_path;
use senim_types::{Code, Hash, StateEntry};
use std::sync::Arc;

/// Where the chunks are until all of them are known to be the state.
pub(super) const INCOMING: &str = "snapshots/incoming";

/// See the module. Dropping it loses what was fetched.
pub struct Incoming {
    disk: Arc<dyn Disk>,
    manifest: Manifest,
    /// Chunks that are in the file.
    written: u32,
    /// Their tree.
    tree: Tree,
    entries: u64,
    last_key: Vec<u8>,
}

impl Incoming {
    /// Begins to fetch what `manifest` names; what an earlier attempt left is removed.
    pub(crate) fn begin(
        disk: Arc<dyn Disk>,
        manifest: Manifest,
    ) -> Result<Incoming, SnapshotError> {
        disk.remove(INCOMING)?;
        Ok(Incoming {
            disk,
            manifest,
            written: 0,
            tree: Tree::new(),
            entries: 0,
            last_key: Vec::new(),
        })
    }

    /// What is fetched.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The chunk that [`Incoming::append`] takes next; all below are there.
    pub fn next(&self) -> u32 {
        self.written
    }

    /// Chunks in all.
    pub fn total(&self) -> u32 {
        self.manifest.contents.chunks.len() as u32
    }

    /// Whether these bytes are the chunk of this number.
    pub fn is_chunk(&self, index: u32, bytes: &[u8]) -> bool {
        let chunk = self.manifest.contents.chunks.get(index as usize);
        chunk.is_some_and(|chunk| {
            chunk.bytes as usize == bytes.len() && chunk.hash == Hash::of(bytes)
        })
    }

    /// Takes the next chunk. Its bytes are those that the manifest names ([`Incoming::is_chunk`]).
    ///
    /// # Errors
    /// The inner one where the manifest names bytes that are no entries in order: it was forged.
    pub fn append(&mut self, bytes: &[u8]) -> Result<Result<(), Code>, SnapshotError> {
        let Some(entries) = decode_chunk(bytes).filter(|entries| self.follows(entries)) else {
            return Ok(Err(Code::SNAPSHOT_STATE));
        };
        self.disk.append(INCOMING, bytes)?;
        self.entries += entries.len() as u64;
        self.last_key = entries
            .last()
            .map(|(key, _)| key.clone())
            .unwrap_or_default();
        let staged = self.tree.stage_paths(path_changes(&entries));
        self.tree.apply(staged);
        self.written += 1;
        Ok(Ok(()))
    }

    fn follows(&self, entries: &[StateEntry]) -> bool {
        let first = entries.first();
        first.is_some_and(|(key, _)| *key > self.last_key)
    }

    /// All of it, durable, once every chunk is there and their state is the header's.
    ///
    /// # Errors
    /// The inner one where it is another state: the manifest was forged.
    pub(crate) fn finish(self) -> Result<Result<(Manifest, Tree), Code>, SnapshotError> {
        let contents = &self.manifest.contents;
        let is_whole = self.written == self.total() && self.entries == contents.entries;
        if !is_whole || self.tree.root() != contents.header.state_root {
            return Ok(Err(Code::SNAPSHOT_STATE));
        }
        if self.written == 0 {
            self.disk.append(INCOMING, &[])?;
        }
        self.disk.sync(INCOMING)?;
        self.disk.sync_dir(FOLDER)?;
        Ok(Ok((self.manifest, self.tree)))
    }
}

/// The entries as changes of the tree, by ascending path.
pub(crate) fn path_changes(entries: &[StateEntry]) -> Vec<PathChange> {
    let mut changes: Vec<PathChange> = entries
        .iter()
        .map(|(key, value)| PathChange {
            path: state_path(key),
            value: Some(Hash::of(value)),
        })
        .collect();
    changes.sort_unstable_by_key(|change| change.path);
    changes
}
