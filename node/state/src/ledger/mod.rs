//! The committed state of a node: block log, store and state tree as one.
//!
//! Per block, [`Ledger::commit`]: the log is appended and synced; the changes join an overlay in
//! memory and the staged tree becomes the tree; the caller answers. Every so many blocks a flush
//! writes journal, store and now and then a checkpoint. [`Ledger::open`] brings the three together
//! again, whatever a crash left. `docs/storage.md` says what survives at each point.

use crate::disk::Disk;
use crate::error::StateError;
use crate::log::BlockLog;
use crate::snapshot::{Made, Maker, Manifest, Snapshots};
use crate::store::{Store, StoreError};
use crate::tree::{Staged, Tree};
use cache::Cache;
use cells::Applied;
use pending::{Derived, Pending};
use senim_types::proof::LogFrontier;
use senim_types::proof::log::{LogNode, log_leaf};
use senim_types::{Block, ChangeSet, CommitCertificate, Hash, Header, Receipt};
use senim_types::{StateView, ViewError, codec, merkle};
use std::collections::VecDeque;
use std::sync::Arc;
use tree_files::TreeFiles;

mod base;
mod cache;
mod cells;
mod find;
mod journal;
mod making;
mod open;
mod pending;
mod query;
#[cfg(test)]
mod tests;
mod tree_files;

pub use cells::Place;
pub use open::{Recovery, Replay, ReplayError, StateSource, TreeSource};
pub use pending::{FlushJob, Flushed};
pub use query::StateAnswer;

/// So many flushes' worth of blocks may wait in memory.
const BACKLOG_FLUSHES: u64 = 4;

/// Who writes the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlushMode {
    /// [`Ledger::commit`], when a flush is due; it takes longer then.
    Inline,
    /// The caller, with [`Ledger::begin_flush`] when [`Ledger::is_flush_due`]. It must not let
    /// blocks pile up: they are held in memory until they are flushed.
    ByCaller,
}

/// Sizes and paces. None of them is protocol.
#[derive(Clone, Debug)]
pub struct LedgerOptions {
    /// Bytes of a segment of the block log; at most [`crate::log::SEGMENT_BYTES_MAX`].
    pub segment_bytes_max: u64,
    /// A flush is due after so many blocks…
    pub flush_blocks: u64,
    /// …or so many changed keys.
    pub flush_keys: usize,
    /// A checkpoint is due when the journal has more bytes than this and than a checkpoint.
    pub journal_bytes_min: u64,
    /// Blocks kept decoded in memory, newest first, in bytes of their encoding.
    pub recent_bytes_max: usize,
    /// Compare every entry of the store with the tree on opening. At a million keys this takes
    /// seconds; without it a damaged value is noticed when it is read, a lost one when a block that
    /// needs it leads to another root.
    pub is_store_audited: bool,
    /// Values of state kept in memory beside the store, in bytes with their overhead. A read from
    /// sled takes tens of microseconds.
    pub cache_bytes_max: usize,
    /// Who writes the store.
    pub flush: FlushMode,
    /// A state key whose every value can be had for ever.
    pub kept: Option<Kept>,
    /// Snapshots that are kept, beside the one that the log begins from; at least 1.
    pub snapshots_max: usize,
    /// Bytes of a snapshot that are copied within one flush.
    pub snapshot_slice_bytes: usize,
}

/// A state key whose every value stays, found by a name that is made of it: what later headers name
/// by a hash, and the state itself no longer has.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The state key, contract id first.
    pub key: Vec<u8>,
    /// The name of a value.
    pub name: fn(&[u8]) -> Hash,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        LedgerOptions {
            segment_bytes_max: crate::log::SEGMENT_BYTES_DEFAULT,
            flush_blocks: 64,
            flush_keys: 50_000,
            journal_bytes_min: 64 * 1024 * 1024,
            recent_bytes_max: 16 * 1024 * 1024,
            is_store_audited: true,
            cache_bytes_max: 64 * 1024 * 1024,
            flush: FlushMode::Inline,
            kept: None,
            snapshots_max: 2,
            snapshot_slice_bytes: 8 * 1024 * 1024,
        }
    }
}

/// A decided block with all that is kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    /// The block.
    pub block: Block,
    /// Why it is decided.
    pub certificate: CommitCertificate,
    /// What became of its transactions and due entries.
    pub receipts: Vec<Receipt>,
}

/// The committed state. `&self` reads, `&mut self` commits; it is `Sync`, so readers may share it
/// behind a lock.
pub struct Ledger {
    options: LedgerOptions,
    disk: Arc<dyn Disk>,
    store: Arc<dyn Store>,
    log: BlockLog,
    tree: Tree,
    files: TreeFiles,
    genesis: Header,
    tip: Header,
    tip_hash: Hash,
    frontier: LogFrontier,
    /// The header log before the tip.
    log_before: LogFrontier,
    /// The snapshot that the log begins from; none where it begins at the genesis.
    base: Option<Manifest>,
    snapshots: Snapshots,
    /// A snapshot to be begun with the next flush, while the tip is its block.
    snapshot_due: Option<Box<Maker>>,
    /// A snapshot that goes on with the next flush.
    maker: Option<Box<Maker>>,
    /// Whether the flush under way works on a snapshot.
    is_making: bool,
    /// Committed, not yet in a flush.
    pending: Pending,
    /// In a flush that is under way.
    flushing: Option<Arc<Pending>>,
    /// Values that the store has.
    cache: Cache,
    /// Newest last, with the bytes of the encoding.
    recent: VecDeque<(Arc<BlockRecord>, usize)>,
    recent_bytes: usize,
    /// Set by a failed write.
    is_unusable: bool,
}

impl Ledger {
    /// Computes what the state becomes by a block's changes, without changing it. Any number of
    /// stages may exist beside each other; at most one is committed, the others are dropped.
    pub fn stage(&self, changes: &ChangeSet) -> Staged {
        #[cfg(feature = "mutants")]
        if senim_mutants::is(senim_mutants::Mutant::OverlayLeaks) {
            let written = changes.0.iter();
            written
                .filter_map(|(key, value)| value.as_ref().map(|value| (key, value)))
                .for_each(|(key, value)| self.cache.put(key, value));
        }
        self.tree.stage(changes)
    }

    /// Commits a decided block: durable in the log when this returns, and the state is the one
    /// after it.
    ///
    /// `changes` and `staged` are the block's outcome over the present state. After an error the
    /// node must stop: whether the block is durable is known only when the ledger is opened again.
    pub fn commit(
        &mut self,
        record: BlockRecord,
        changes: ChangeSet,
        staged: Staged,
    ) -> Result<Arc<BlockRecord>, StateError> {
        if self.is_unusable {
            return Err(StateError::Unusable);
        }
        self.check_follows(&record.block.header, &record.certificate)?;
        if !staged.is_of(&self.tree) {
            return Err(StateError::StaleStage);
        }
        check_outcome(&record.block.header, &staged)?;
        let block = codec::encode(&record.block);
        let certificate = codec::encode(&record.certificate);
        let receipts = codec::encode(&record.receipts);
        self.is_unusable = true;
        // Crash in this: the block is torn or whole at the log's end. If whole, it is executed again
        // at the start, as if this had returned.
        let height = record.block.header.height;
        self.log.append(height, &block, &certificate, &receipts)?;
        let record = Arc::new(record);
        self.advance(&record, changes, staged);
        self.remember(&record, block.len() + certificate.len() + receipts.len());
        if self.options.flush == FlushMode::Inline && self.is_flush_due() {
            self.flush_now(false)?;
        }
        self.is_unusable = false;
        Ok(record)
    }

    /// Whether `header` with `certificate` is the block after the tip.
    fn check_follows(
        &self,
        header: &Header,
        certificate: &CommitCertificate,
    ) -> Result<(), StateError> {
        let not_next = |part| StateError::NotNext {
            tip: self.tip.height,
            height: header.height,
            part,
        };
        let hash = header.hash();
        let checks = [
            (header.chain == self.tip.chain, "chain"),
            (header.height == self.tip.height.next(), "height"),
            (header.parent == self.tip_hash, "parent"),
            (header.log_root == self.frontier.root(), "log root"),
            (certificate.height == header.height, "certificate"),
            (certificate.block == hash, "certificate"),
        ];
        match checks.iter().find(|(is_right, _)| !is_right) {
            Some((_, part)) => Err(not_next(part)),
            None => Ok(()),
        }
    }

    /// Makes a block that is durable in the log part of the state in memory.
    fn advance(&mut self, record: &BlockRecord, changes: ChangeSet, staged: Staged) {
        let derived = places(record);
        self.take_in(record.block.header.clone(), changes, staged, derived);
    }

    fn take_in(&mut self, tip: Header, changes: ChangeSet, staged: Staged, mut derived: Derived) {
        if self.snapshot_due.take().is_some() {
            tracing::debug!("a snapshot was not begun before the next block");
        }
        self.log_before = self.frontier.clone();
        self.frontier.append(log_leaf(&tip), |level, number, hash| {
            derived.insert(
                cells::log_node_key(LogNode { level, number }),
                hash.0.to_vec(),
            );
        });
        if let Some(kept) = &self.options.kept
            && let Some(Some(value)) = changes.0.get(&kept.key)
        {
            derived.insert(cells::kept_key(&(kept.name)(value)), value.clone());
        }
        self.pending.add(tip.height, changes, derived);
        self.tree.apply(staged);
        self.tip_hash = tip.hash();
        self.tip = tip;
    }

    fn remember(&mut self, record: &Arc<BlockRecord>, bytes: usize) {
        self.recent.push_back((Arc::clone(record), bytes));
        self.recent_bytes += bytes;
        while self.recent_bytes > self.options.recent_bytes_max && self.recent.len() > 1 {
            if let Some((_, bytes)) = self.recent.pop_front() {
                self.recent_bytes -= bytes;
            }
        }
    }

    /// Whether enough has been committed since the last flush for another one.
    pub fn is_flush_due(&self) -> bool {
        self.flushing.is_none()
            && (self.is_snapshot_waiting()
                || self.pending.blocks >= self.options.flush_blocks
                || self.pending.changes.0.len() >= self.options.flush_keys)
    }

    /// Whether several flushes' worth waits to be written: a caller that flushes elsewhere has to
    /// wait for it before the next block, or memory fills.
    ///
    /// So it has when a snapshot is to be begun, which needs the store as it is at the tip.
    pub fn is_backlogged(&self) -> bool {
        self.snapshot_due.is_some()
            || self.pending.blocks >= BACKLOG_FLUSHES * self.options.flush_blocks
            || self.pending.changes.0.len() >= BACKLOG_FLUSHES as usize * self.options.flush_keys
    }

    fn is_snapshot_waiting(&self) -> bool {
        self.snapshot_due.is_some() || self.maker.is_some()
    }

    /// Writes everything committed to the store now, and a checkpoint of the tree. Good before
    /// stopping: the next start has nothing to execute again.
    pub fn flush(&mut self) -> Result<(), StateError> {
        if self.is_unusable || self.flushing.is_some() {
            return Err(StateError::Unusable);
        }
        self.is_unusable = true;
        self.flush_now(true)?;
        self.is_unusable = false;
        Ok(())
    }

    /// Begins a flush: the job may run on another thread; blocks may be committed meanwhile. `None`
    /// while another one is under way or when there is nothing to write. The job's result must be
    /// given to [`Ledger::end_flush`].
    pub fn begin_flush(&mut self) -> Option<FlushJob> {
        let is_idle = self.pending.blocks == 0 && !self.is_snapshot_waiting();
        if self.is_unusable || self.flushing.is_some() || is_idle {
            return None;
        }
        Some(self.flush_job(false))
    }

    /// Ends a flush. A failed one must stop the node; the ledger takes nothing more.
    pub fn end_flush(&mut self, result: Result<Flushed, StateError>) -> Result<(), StateError> {
        self.is_unusable = true;
        let flushed = result?;
        self.files.note_journal(flushed.journal_bytes);
        self.is_making = false;
        match flushed.made {
            Some(Made::Unfinished(maker)) => self.maker = Some(maker),
            Some(Made::Snapshot(manifest)) => {
                tracing::info!(height = manifest.height().0, "a snapshot is made");
                self.snapshots.add(&manifest, self.options.snapshots_max)?;
            }
            Some(Made::Nothing) | None => {}
        }
        if flushed.has_checkpoint {
            self.files.note_checkpoint(flushed.height)?;
        }
        if let Some(Ok(pending)) = self.flushing.take().map(Arc::try_unwrap) {
            self.cache.take_in(pending.changes);
        } else {
            // A reader of the job still holds what was written: start over rather than be stale.
            self.cache = Cache::new(self.options.cache_bytes_max);
        }
        self.is_unusable = false;
        Ok(())
    }

    fn flush_now(&mut self, with_checkpoint: bool) -> Result<(), StateError> {
        let result = self.flush_job(with_checkpoint).run();
        self.end_flush(result)
    }

    fn flush_job(&mut self, with_checkpoint: bool) -> FlushJob {
        let pending = Arc::new(std::mem::take(&mut self.pending));
        self.flushing = Some(Arc::clone(&pending));
        let journal_bytes = self.files.journal_bytes() + pending.journal.len() as u64;
        let checkpoint_bytes = 64 * self.tree.len() as u64;
        let is_checkpoint_due = with_checkpoint
            || self.files.journal().is_none()
            || journal_bytes > self.options.journal_bytes_min.max(checkpoint_bytes);
        let maker = self.maker.take();
        let begun = self.snapshot_due.take();
        self.is_making = maker.is_some() || begun.is_some();
        FlushJob {
            slice_bytes: self.options.snapshot_slice_bytes,
            maker,
            begun,
            applied: self.applied(),
            store: Arc::clone(&self.store),
            disk: Arc::clone(&self.disk),
            journal: self.files.journal(),
            checkpoint: is_checkpoint_due
                .then(|| tree_files::encode_checkpoint(&self.tree, self.tip.height)),
            pending,
        }
    }

    fn applied(&self) -> Applied {
        Applied {
            version: cells::FORMAT_VERSION,
            genesis: self.genesis.clone(),
            tip: self.tip.clone(),
            frontier: self.frontier.clone(),
        }
    }
}

/// Where the receipts of a block are, by transaction. Random keys are what a store finds dearest, so
/// there is no second index by device and sequence number.
fn places(record: &BlockRecord) -> Derived {
    let height = record.block.header.height;
    let mut derived = Derived::new();
    for receipt in &record.receipts {
        let place = Place {
            height,
            index: receipt.index,
        };
        derived.insert(cells::transaction_key(&receipt.transaction), place.encode());
    }
    derived
}

/// Whether the staged state is the one that the header commits to.
fn check_outcome(header: &Header, staged: &Staged) -> Result<(), StateError> {
    if staged.root() == header.state_root {
        return Ok(());
    }
    Err(StateError::OutcomeDiffers {
        height: header.height,
        certified: header.state_root,
        computed: staged.root(),
    })
}

/// The store's part of the state, without what is only in memory.
struct StoreView<'a>(&'a dyn Store);

impl StateView for StoreView<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(cells::read(self.0, &cells::state_key(key))?)
    }

    fn scan(
        &self,
        prefix: &[u8],
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<senim_types::StateEntry>, ViewError> {
        let after = if after.is_empty() {
            Vec::new()
        } else {
            cells::state_key(after)
        };
        let sealed = self.0.scan(&cells::state_key(prefix), &after, limit)?;
        let open = |(key, sealed): (Vec<u8>, Vec<u8>)| {
            let value = cells::unseal(&key, sealed)?;
            Ok((key[1..].to_vec(), value))
        };
        sealed.into_iter().map(open).collect()
    }
}

/// The committed state: what is in memory above what is in the store.
impl StateView for Ledger {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        let flushing = self.flushing.as_ref().map(|pending| &pending.changes);
        for changes in [Some(&self.pending.changes), flushing]
            .into_iter()
            .flatten()
        {
            if let Some(change) = changes.0.get(key) {
                return Ok(change.clone());
            }
        }
        // The tree knows all keys: what it has not need not be looked for.
        let Some(hash) = self.tree.value_hash(key) else {
            return Ok(None);
        };
        if let Some(value) = self.cache.get(key) {
            return Ok(Some(value));
        }
        let value = StoreView(self.store.as_ref()).get(key)?;
        match value {
            Some(value) if Hash::of(&value) == hash => {
                self.cache.put(key, &value);
                Ok(Some(value))
            }
            _ => Err(StoreError::Damaged("a value is not the one in the state tree".into()).into()),
        }
    }

    fn scan(
        &self,
        prefix: &[u8],
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<senim_types::StateEntry>, ViewError> {
        use senim_types::state_view::scan_over;
        let store = StoreView(self.store.as_ref());
        match &self.flushing {
            None => scan_over(&store, &self.pending.changes.0, prefix, after, limit),
            Some(flushing) => {
                let below = senim_types::state_view::Overlay {
                    base: &store,
                    changes: &flushing.changes,
                };
                scan_over(&below, &self.pending.changes.0, prefix, after, limit)
            }
        }
    }
}

/// The `receipts_root` of a list of receipts.
fn receipts_root(receipts: &[Receipt]) -> Hash {
    merkle::list_root(receipts.iter().map(Receipt::leaf))
}
