//! Where a ledger begins that joined from a snapshot: at the snapshot's block instead of the genesis.
//!
//! The order is: the snapshot durable and named as the base, then everything that is derived from it.
//! A crash in between leaves a base and a store that is before it, which opening makes anew.

use super::find::Base;
use super::open::{Parts, genesis_header};
use super::pending::{Derived, write_derived};
use super::{Cache, Ledger, Pending, cells, tree_files};
use super::{Replay, TreeSource};
use crate::error::StateError;
use crate::log::BlockLog;
use crate::snapshot::{Incoming, Manifest, SnapshotError, Snapshots, decode_chunk, path_changes};
use crate::store::{Batch, Store};
use crate::tree::Tree;
use senim_types::proof::log::{LogNode, log_leaf};
use senim_types::{Code, CommitCertificate, Genesis, Hash, Header, Height, codec};
use std::sync::Arc;

/// Entries of the store removed together.
const CLEAR_ENTRIES: usize = 4096;

impl Ledger {
    /// The height that this node's log begins after: that of the snapshot that it joined from, or the
    /// genesis. It has no blocks at or below it.
    pub fn base_height(&self) -> Height {
        self.log.base()
    }

    /// Whether a snapshot can take the place of what is here: nothing was decided yet.
    pub fn is_empty(&self) -> bool {
        self.tip.height == Height::GENESIS
    }

    /// Header and certificate at `height`, also of the block that the log begins after.
    pub fn certified(
        &self,
        height: Height,
    ) -> Result<Option<(Header, CommitCertificate)>, StateError> {
        if let Some(base) = &self.base
            && base.height() == height
        {
            return Ok(Some((
                base.contents.header.clone(),
                base.certificate.clone(),
            )));
        }
        let record = self.block(height)?;
        Ok(record.map(|record| (record.block.header.clone(), record.certificate.clone())))
    }

    /// Begins to fetch the snapshot that `manifest` names, whose header the caller trusts.
    pub fn begin_incoming(&self, manifest: Manifest) -> Result<Incoming, StateError> {
        Ok(Incoming::begin(Arc::clone(&self.disk), manifest)?)
    }

    /// Goes on from a snapshot that was fetched. The caller trusts its header.
    ///
    /// # Errors
    /// The inner one where the chunks are not the header's state: nothing was changed then. After an
    /// outer one the node must stop; opening again goes on from the snapshot or from before it.
    pub fn adopt(&mut self, incoming: Incoming) -> Result<Result<(), Code>, StateError> {
        if self.is_unusable || self.flushing.is_some() || !self.is_empty() {
            return Err(StateError::Unusable);
        }
        let (manifest, tree) = match incoming.finish()? {
            Ok(whole) => whole,
            Err(code) => return Ok(Err(code)),
        };
        self.is_unusable = true;
        self.snapshots.install(&manifest)?;
        // Crash from here on: the base is named, and what follows is made again from it.
        self.files.clear()?;
        clear(self.store.as_ref())?;
        let applied = load(
            self.store.as_ref(),
            &self.snapshots,
            &manifest,
            self.genesis.clone(),
            self.options.kept.as_ref(),
        )?;
        let parts = tree_files::encode_checkpoint(&tree, manifest.height());
        tree_files::replace_checkpoint(self.disk.as_ref(), &parts)?;
        self.files.note_checkpoint(manifest.height())?;
        let (disk, segment_bytes_max) = (Arc::clone(&self.disk), self.options.segment_bytes_max);
        (self.log, _) = BlockLog::open(
            disk,
            segment_bytes_max,
            manifest.height(),
            manifest.height(),
        )?;
        (self.tip_hash, self.tip) = (applied.tip.hash(), applied.tip);
        (self.frontier, self.tree) = (applied.frontier, tree);
        self.log_before = manifest.contents.log.clone();
        self.pending = Pending::default();
        self.cache = Cache::new(self.options.cache_bytes_max);
        self.recent.clear();
        self.recent_bytes = 0;
        self.base = Some(manifest);
        self.is_unusable = false;
        Ok(Ok(()))
    }
}

impl Parts {
    /// The ledger right after the snapshot that the log begins from, in an empty store.
    pub(super) fn with_base(
        mut self,
        store: Arc<dyn Store>,
        base: Manifest,
        genesis: &Genesis,
        replay: &mut dyn Replay,
    ) -> Result<Ledger, StateError> {
        self.files.clear()?;
        let genesis = genesis_header(genesis, replay)?;
        let kept = self.options.kept.as_ref();
        let applied = load(store.as_ref(), &self.snapshots, &base, genesis, kept)?;
        let tree = tree_of(&self.snapshots, &base)?;
        let parts = tree_files::encode_checkpoint(&tree, base.height());
        tree_files::replace_checkpoint(self.disk.as_ref(), &parts)?;
        self.files.note_checkpoint(base.height())?;
        self.base = Some(base);
        let state = Base {
            applied,
            tree,
            source: TreeSource::Blocks,
        };
        Ok(self.with_state(store, state))
    }
}

fn damaged(base: &Manifest, what: &str) -> StateError {
    StateError::Snapshot(SnapshotError::Damaged {
        height: base.height(),
        what: what.to_owned(),
    })
}

/// A chunk of the base with its entries.
fn entries(
    snapshots: &Snapshots,
    base: &Manifest,
    index: usize,
) -> Result<Vec<senim_types::StateEntry>, StateError> {
    let lost = || damaged(base, "a chunk is not the one that its manifest names");
    let bytes = snapshots.chunk(base.height(), index as u32)?;
    let bytes = bytes.filter(|bytes| Hash::of(bytes) == base.contents.chunks[index].hash);
    decode_chunk(&bytes.ok_or_else(lost)?).ok_or_else(lost)
}

fn tree_of(snapshots: &Snapshots, base: &Manifest) -> Result<Tree, StateError> {
    let mut tree = Tree::new();
    for index in 0..base.contents.chunks.len() {
        let staged = tree.stage_paths(path_changes(&entries(snapshots, base, index)?));
        tree.apply(staged);
    }
    match tree.root() == base.contents.header.state_root {
        true => Ok(tree),
        false => Err(damaged(base, "its chunks are not its header's state")),
    }
}

/// Removes everything from a store. What says how far it is goes first.
fn clear(store: &dyn Store) -> Result<(), StateError> {
    let mut batch = Batch::default();
    batch.delete(cells::applied_key());
    store.write(batch)?;
    store.flush()?;
    loop {
        let entries = store.scan(&[], &[], CLEAR_ENTRIES)?;
        if entries.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::default();
        entries.into_iter().for_each(|(key, _)| batch.delete(key));
        store.write_loose(batch)?;
    }
}

/// Writes the base's state into an empty store, and last how far it is.
fn load(
    store: &dyn Store,
    snapshots: &Snapshots,
    base: &Manifest,
    genesis: Header,
    kept: Option<&super::Kept>,
) -> Result<cells::Applied, StateError> {
    let mut derived = Derived::new();
    for index in 0..base.contents.chunks.len() {
        let mut batch = Batch::default();
        for (key, value) in entries(snapshots, base, index)? {
            if let Some(kept) = kept.filter(|kept| kept.key == key) {
                derived.insert(cells::kept_key(&(kept.name)(&value)), value.clone());
            }
            let key = cells::state_key(&key);
            let sealed = cells::seal(&key, value);
            batch.put(key, sealed);
        }
        store.write_loose(batch)?;
    }
    if let Some(kept) = kept {
        for set in [&base.validators, &base.next_validators] {
            let bytes = codec::encode(set);
            derived.insert(cells::kept_key(&(kept.name)(&bytes)), bytes);
        }
    }
    let mut note = |node: LogNode, hash: Hash| {
        derived.insert(cells::log_node_key(node), hash.0.to_vec());
    };
    let mut frontier = base.contents.log.clone();
    frontier.peaks().for_each(|(node, hash)| note(node, hash));
    frontier.append(log_leaf(&base.contents.header), |level, number, hash| {
        note(LogNode { level, number }, hash);
    });
    let applied = cells::Applied {
        version: cells::FORMAT_VERSION,
        genesis,
        tip: base.contents.header.clone(),
        frontier,
    };
    write_derived(store, derived, &applied)?;
    Ok(applied)
}
