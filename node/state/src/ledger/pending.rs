//! What was committed since the store was last written: in memory, and in the log.

use super::cells::{self, Applied, FORMAT_VERSION};
use super::tree_files;
use crate::error::StateError;
use crate::store::{Batch, Store};
use crate::tree::Staged;
use senim_types::{ChangeSet, Height};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of one change in the journal: path, 1 for written or 0 for deleted, blake3 of the value.
pub(super) const JOURNAL_CHANGE_BYTES: usize = 65;

/// Changes of some blocks, the last value of each key.
#[derive(Default)]
pub(super) struct Pending {
    /// State keys.
    pub changes: ChangeSet,
    /// Keys and values of the store that are not state: places of receipts, nodes of the header log.
    pub derived: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Journal records, ready to be appended.
    pub journal: Vec<u8>,
    /// Blocks.
    pub blocks: u64,
}

impl Pending {
    /// Takes in a block's changes, or the genesis'.
    pub fn add(&mut self, height: Height, changes: ChangeSet, staged: &Staged) {
        tree_files::encode_record(&mut self.journal, height, staged);
        if self.changes.0.is_empty() {
            self.changes = changes;
        } else {
            self.changes.0.extend(changes.0);
        }
        self.blocks += 1;
    }

    /// One batch that brings the store to `applied`.
    pub fn batch(&self, applied: &Applied) -> Batch {
        let mut batch = Batch::default();
        for (key, change) in &self.changes.0 {
            let key = cells::state_key(key);
            match change {
                Some(value) => {
                    let sealed = cells::seal(&key, value.clone());
                    batch.put(key, sealed);
                }
                None => batch.delete(key),
            }
        }
        for (key, value) in &self.derived {
            batch.put(key.clone(), cells::seal(key, value.clone()));
        }
        debug_assert_eq!(applied.version, FORMAT_VERSION);
        let bytes = borsh::to_vec(applied).expect("writing to memory cannot fail");
        batch.put(
            cells::applied_key(),
            cells::seal(&cells::applied_key(), bytes),
        );
        batch
    }
}

/// The slow part of a flush: it can run on another thread while blocks go on being committed.
///
/// What survives a crash at each step is said in `docs/storage.md` and in the comments of `run`.
pub struct FlushJob {
    pub(super) pending: Arc<Pending>,
    pub(super) applied: Applied,
    pub(super) store: Arc<dyn Store>,
    pub(super) disk: Arc<dyn crate::disk::Disk>,
    /// `None` before the first checkpoint.
    pub(super) journal: Option<String>,
    /// The tree at `applied`, when a checkpoint is due.
    pub(super) checkpoint: Option<Vec<Vec<u8>>>,
}

/// Proof that a [`FlushJob`] was done.
pub struct Flushed {
    pub(super) height: Height,
    pub(super) journal_bytes: u64,
    pub(super) has_checkpoint: bool,
}

impl FlushJob {
    /// Writes journal, store and perhaps checkpoint, each durable before the next is begun.
    pub fn run(self) -> Result<Flushed, StateError> {
        let mut journal_bytes = 0;
        if let Some(path) = &self.journal {
            // Crash in or after this: the journal is ahead of the store, or torn; at the start it is
            // cut to the store's height and the blocks above are executed again from the log.
            tree_files::append_journal(self.disk.as_ref(), path, &self.pending.journal)?;
            journal_bytes = self.pending.journal.len() as u64;
        }
        // Crash before the flush returns: the store is at the height before or at this one, never
        // between, since `applied` is in the batch.
        self.store.write(self.pending.batch(&self.applied))?;
        self.store.flush()?;
        if let Some(parts) = &self.checkpoint {
            // Crash in this: the checkpoint before, with its journal, is still there.
            tree_files::replace_checkpoint(self.disk.as_ref(), parts)?;
        }
        let has_checkpoint = self.checkpoint.is_some();
        Ok(Flushed {
            height: self.applied.tip.height,
            journal_bytes,
            has_checkpoint,
        })
    }
}
