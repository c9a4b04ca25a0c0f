//! What was committed since the store was last written: in memory, and in the log.

use super::cells::{self, Applied, FORMAT_VERSION};
use super::{StoreView, journal, tree_files};
use crate::disk::Disk;
use crate::error::StateError;
use crate::snapshot::{Made, MakeError, Maker};
use crate::store::{Batch, Store, StoreError};
use senim_types::{ChangeSet, Height};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Keys and values of the store that are not state: places of receipts, nodes of the header log.
pub(super) type Derived = BTreeMap<Vec<u8>, Vec<u8>>;

/// Changes of some blocks, the last value of each key.
#[derive(Default)]
pub(super) struct Pending {
    /// State keys.
    pub changes: ChangeSet,
    /// Other keys of the store.
    pub derived: Derived,
    /// Journal records, ready to be appended.
    pub journal: Vec<u8>,
    /// Blocks.
    pub blocks: u64,
}

impl Pending {
    /// Takes in a block's changes, or the genesis'.
    pub fn add(&mut self, height: Height, changes: ChangeSet, mut derived: Derived) {
        let writes = writes(&changes, &derived);
        journal::encode_record(&mut self.journal, height, writes);
        if self.changes.0.is_empty() {
            self.changes = changes;
        } else {
            self.changes.0.extend(changes.0);
        }
        self.derived.append(&mut derived);
        self.blocks += 1;
    }

    fn batch(&self) -> Batch {
        let mut batch = Batch::default();
        for (key, change) in writes(&self.changes, &self.derived) {
            add_sealed(&mut batch, key, change.map(<[u8]>::to_vec));
        }
        batch
    }
}

/// What a change set and derived values mean for the store, in the order of keys.
fn writes<'a>(
    changes: &'a ChangeSet,
    derived: &'a Derived,
) -> impl Iterator<Item = (Vec<u8>, Option<&'a [u8]>)> {
    let state = changes
        .0
        .iter()
        .map(|(key, change)| (cells::state_key(key), change.as_deref()));
    state.chain(
        derived
            .iter()
            .map(|(key, value)| (key.clone(), Some(value.as_slice()))),
    )
}

fn add_sealed(batch: &mut Batch, key: Vec<u8>, change: Option<Vec<u8>>) {
    match change {
        Some(value) => {
            let sealed = cells::seal(&key, value);
            batch.put(key, sealed);
        }
        None => batch.delete(key),
    }
}

/// Brings the store to `applied` by writes that the journal has too, or that the genesis gives.
///
/// They are not one atomic batch: a crash among them leaves a mixture, with the old height. The
/// journal, durable before, has all of them; the next start does them again.
fn write_store(store: &dyn Store, batch: Batch, applied: &Applied) -> Result<(), StoreError> {
    store.write_loose(batch)?;
    // The height is written only when everything that it speaks of is durable.
    store.flush()?;
    debug_assert_eq!(applied.version, FORMAT_VERSION);
    let bytes = borsh::to_vec(applied).expect("writing to memory cannot fail");
    let mut batch = Batch::default();
    add_sealed(&mut batch, cells::applied_key(), Some(bytes));
    store.write(batch)?;
    store.flush()
}

/// Does the journal's writes again.
pub(super) fn redo(
    store: &dyn Store,
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    applied: &Applied,
) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    writes
        .into_iter()
        .for_each(|(key, change)| add_sealed(&mut batch, key, change));
    write_store(store, batch, applied)
}

/// Writes what is derived besides the state, and last how far the store is.
pub(super) fn write_derived(
    store: &dyn Store,
    derived: Derived,
    applied: &Applied,
) -> Result<(), StoreError> {
    let mut batch = Batch::default();
    derived
        .into_iter()
        .for_each(|(key, value)| add_sealed(&mut batch, key, Some(value)));
    write_store(store, batch, applied)
}

/// The slow part of a flush: it can run on another thread while blocks go on being committed.
pub struct FlushJob {
    /// Bytes of a snapshot that are copied.
    pub(super) slice_bytes: usize,
    /// The snapshot that goes on.
    pub(super) maker: Option<Box<Maker>>,
    /// The snapshot that begins with the state that this flush writes.
    pub(super) begun: Option<Box<Maker>>,
    pub(super) pending: Arc<Pending>,
    pub(super) applied: Applied,
    pub(super) store: Arc<dyn Store>,
    pub(super) disk: Arc<dyn Disk>,
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
    pub(super) made: Option<Made>,
}

impl FlushJob {
    /// Writes journal, store and perhaps checkpoint, each durable before the next is begun.
    pub fn run(mut self) -> Result<Flushed, StateError> {
        let mut journal_bytes = 0;
        // Without blocks it is only a slice of a snapshot.
        let has_blocks = self.pending.blocks > 0;
        if let Some(path) = self.journal.as_ref().filter(|_| has_blocks) {
            // Crash in this: a torn journal. Its whole records are done again, the blocks of the
            // others are executed again from the log.
            journal::append(self.disk.as_ref(), path, &self.pending.journal)?;
            journal_bytes = self.pending.journal.len() as u64;
        }
        #[cfg(feature = "mutants")]
        if senim_mutants::is(senim_mutants::Mutant::CheckpointAhead)
            && let Some(parts) = &self.checkpoint
        {
            tree_files::replace_checkpoint(self.disk.as_ref(), parts)?;
        }
        // Crash in this: a mixture, which the journal makes whole. Without a journal, that is at the
        // genesis or in a rebuild, no height is written yet, and it all begins again.
        if has_blocks {
            if let Some(maker) = &mut self.maker {
                maker
                    .before_write(&StoreView(self.store.as_ref()), &self.pending.changes)
                    .map_err(MakeError::View)?;
            }
            write_store(self.store.as_ref(), self.pending.batch(), &self.applied)?;
        }
        if let Some(parts) = &self.checkpoint {
            // Crash in this: the checkpoint before, with its journal, is still there.
            tree_files::replace_checkpoint(self.disk.as_ref(), parts)?;
        }
        let has_checkpoint = self.checkpoint.is_some();
        // Crash in this: chunks without a manifest, removed at the next start.
        let made = match self.maker.or(self.begun) {
            Some(maker) => Some(maker.slice(&StoreView(self.store.as_ref()), self.slice_bytes)?),
            None => None,
        };
        Ok(Flushed {
            made,
            height: self.applied.tip.height,
            journal_bytes,
            has_checkpoint,
        })
    }
}
