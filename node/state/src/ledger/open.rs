//! Opening: log, store and tree are brought together again, whatever a crash or a worn-out disk left.
//!
//! ```text
//! store says "I am at S"  → tree of J ≥ S from checkpoint and journal; its root is that of header J;
//!                           the journal's writes after S are done again: the store is at J
//!                         → or the tree from the store's entries, with the root of header S; J = S
//!                         → every entry of the store is the tree's
//!                         → blocks J+1 … L of the log are executed again
//! any mismatch            → store and tree are thrown away, all blocks are executed again
//! the log is damaged      → an error: it is the only thing that cannot be made anew
//! ```

use super::pending::Derived;
use super::query::decode_record;
use super::tree_files::{Reason, Saved, TreeFiles};
use super::{BlockRecord, Cache, Ledger, LedgerOptions, Pending, cells, check_outcome};
use super::{journal, pending, receipts_root};
use crate::disk::Disk;
use crate::error::StateError;
use crate::log::{BlockLog, TornTail};
use crate::store::{Store, StoreError, StoreOpener};
use crate::tree::{PathChange, Tree};
use senim_types::proof::LogFrontier;
use senim_types::proof::log::log_leaf;
use senim_types::proof::state::state_path;
use senim_types::{Block, ChangeSet, Genesis, Hash, Header, Height, StateView};
use std::collections::VecDeque;
use std::sync::Arc;

/// Entries of the store looked at together.
const SCAN_ENTRIES: usize = 4096;

/// Executes again what was executed before: the same bytes must give the same changes.
pub trait Replay {
    /// The changes that make the genesis state out of nothing.
    fn genesis(&mut self) -> Result<ChangeSet, ReplayError>;

    /// The changes of `block` over `state`, which is the state after its parent.
    fn block(&mut self, block: &Block, state: &dyn StateView) -> Result<ChangeSet, ReplayError>;
}

/// Why a block or the genesis could not be executed again, in the executor's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayError(pub String);

/// Where the state came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateSource {
    /// There was none: this is the genesis state.
    New,
    /// The store had it, up to this height.
    Store(Height),
    /// The store could not be used; all blocks were executed again.
    Rebuilt {
        /// What was wrong.
        reason: String,
    },
}

/// Where the tree came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeSource {
    /// Checkpoint and journal.
    Checkpoint,
    /// They could not be used; the tree was made from the store's entries.
    Store {
        /// What was wrong.
        reason: String,
    },
    /// From nothing, with the state.
    Blocks,
}

/// What opening found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Height of the ledger now.
    pub height: Height,
    /// Where the state came from.
    pub state: StateSource,
    /// Where the tree came from.
    pub tree: TreeSource,
    /// Blocks that were executed again.
    pub replayed: u64,
    /// A last record that a crash cut off, and that was removed.
    pub torn: Option<TornTail>,
}

/// What the store has.
enum Found {
    /// A state and its tree, which agree with each other and with the log.
    State(Arc<dyn Store>, Box<Base>),
    /// Nothing: no flush was ever finished.
    Nothing(Arc<dyn Store>),
    /// Nothing that can be used.
    Damage(String),
}

struct Base {
    applied: cells::Applied,
    tree: Tree,
    source: TreeSource,
}

impl Ledger {
    /// Opens the ledger of the chain that starts with `genesis`, or creates it.
    ///
    /// Blocks that the store does not have yet are executed again by `replay`, all of them when the
    /// store is damaged. A damaged log is an error that names height and offset.
    pub fn open(
        disk: Arc<dyn Disk>,
        opener: &dyn StoreOpener,
        genesis: &Genesis,
        options: LedgerOptions,
        replay: &mut dyn Replay,
    ) -> Result<(Ledger, Recovery), StateError> {
        let mut files = TreeFiles::open(Arc::clone(&disk))?;
        let opened = or_damage(open_store(opener))?;
        let saved = files.read()?;
        let mut acknowledged = saved.as_ref().map_or(Height::GENESIS, Saved::height);
        if let Ok((_, Some(applied))) = &opened {
            check_chain(genesis, &applied.genesis)?;
            acknowledged = acknowledged.max(applied.tip.height);
        }
        let (log, torn) =
            BlockLog::open(Arc::clone(&disk), options.segment_bytes_max, acknowledged)?;
        check_first_block(genesis, &log)?;
        let found = match opened {
            Ok((store, None)) if log.tip() == Height::GENESIS => Found::Nothing(store),
            Ok((_, None)) => Found::Damage("it is empty, the block log is not".to_owned()),
            Ok((store, Some(applied))) => {
                find_state(store, applied, saved, &mut files, &log, &options)?
            }
            Err(reason) => Found::Damage(reason),
        };

        let parts = Parts {
            disk,
            options,
            log,
            files,
        };
        let (store, state) = match found {
            Found::State(store, base) => {
                return parts.open_state(store, *base, opener, genesis, replay, torn);
            }
            Found::Nothing(store) => (store, StateSource::New),
            Found::Damage(reason) => {
                tracing::warn!(
                    reason,
                    "the store cannot be used: it is rebuilt from the block log"
                );
                // Crash in this: an empty store, or one that fails its checks again.
                opener.destroy()?;
                // Without a block, only the writing of the genesis can have been cut off.
                let state = match parts.log.tip() {
                    Height::GENESIS => StateSource::New,
                    _ => StateSource::Rebuilt { reason },
                };
                (opener.open()?, state)
            }
        };
        let mut ledger = parts.with_genesis(store, genesis, replay)?;
        let replayed = ledger.catch_up(replay)?;
        Ok(ledger.opened(state, TreeSource::Blocks, replayed, torn))
    }

    /// Executes the blocks that the log has above the tip again.
    fn catch_up(&mut self, replay: &mut dyn Replay) -> Result<u64, StateError> {
        let first = self.tip.height.0 + 1;
        for height in (first..=self.log.tip().0).map(Height) {
            let record = self.logged(height)?;
            let changes = replay
                .block(&record.block, self)
                .map_err(|ReplayError(reason)| StateError::Replay { height, reason })?;
            let staged = self.tree.stage(&changes);
            check_outcome(&record.block.header, &staged)?;
            self.advance(&record, changes, staged);
            if self.is_flush_due() {
                self.flush_now(false)?;
            }
        }
        Ok(self.log.tip().0 + 1 - first)
    }

    /// The next block in the log, checked against the tip.
    fn logged(&self, height: Height) -> Result<BlockRecord, StateError> {
        let damage = || StateError::from(self.log.content_damage(height));
        let bytes = self.log.read(height)?.ok_or_else(damage)?;
        let record = decode_record(&bytes).ok_or_else(damage)?;
        let header = &record.block.header;
        let follows = self.check_follows(header, &record.certificate).is_ok();
        if !follows || receipts_root(&record.receipts) != header.receipts_root {
            return Err(damage());
        }
        Ok(record)
    }

    fn opened(
        self,
        state: StateSource,
        tree: TreeSource,
        replayed: u64,
        torn: Option<TornTail>,
    ) -> (Ledger, Recovery) {
        let recovery = Recovery {
            height: self.tip.height,
            state,
            tree,
            replayed,
            torn,
        };
        tracing::info!(?recovery, "the ledger is open");
        (self, recovery)
    }
}

/// What a ledger consists of besides its state.
struct Parts {
    disk: Arc<dyn Disk>,
    options: LedgerOptions,
    log: BlockLog,
    files: TreeFiles,
}

impl Parts {
    /// Goes on from the store's state.
    fn open_state(
        self,
        store: Arc<dyn Store>,
        base: Base,
        opener: &dyn StoreOpener,
        genesis: &Genesis,
        replay: &mut dyn Replay,
        torn: Option<TornTail>,
    ) -> Result<(Ledger, Recovery), StateError> {
        let (disk, options) = (Arc::clone(&self.disk), self.options.clone());
        let state = StateSource::Store(base.applied.tip.height);
        let tree = base.source.clone();
        let mut ledger = self.with_state(store, base);
        if ledger.files.journal().is_none() {
            // Blocks are written to the store only when a journal can make up for a crash.
            ledger.flush_now(true)?;
        }
        match ledger.catch_up(replay) {
            Ok(replayed) => Ok(ledger.opened(state, tree, replayed, torn)),
            // Perhaps the store lost something: look at all of it, which was not done before.
            Err(error @ (StateError::OutcomeDiffers { .. } | StateError::Replay { .. }))
                if !options.is_store_audited =>
            {
                tracing::warn!(%error, "the store is compared with the tree before it is trusted");
                drop(ledger);
                let options = LedgerOptions {
                    is_store_audited: true,
                    ..options
                };
                Ledger::open(disk, opener, genesis, options, replay)
            }
            Err(error) => Err(error),
        }
    }

    fn with_state(self, store: Arc<dyn Store>, base: Base) -> Ledger {
        let cells::Applied {
            genesis,
            tip,
            frontier,
            ..
        } = base.applied;
        Ledger {
            disk: self.disk,
            store,
            log: self.log,
            tree: base.tree,
            files: self.files,
            genesis,
            tip_hash: tip.hash(),
            tip,
            frontier,
            pending: Pending::default(),
            flushing: None,
            cache: Cache::new(self.options.cache_bytes_max),
            recent: VecDeque::new(),
            recent_bytes: 0,
            is_unusable: false,
            options: self.options,
        }
    }

    /// The ledger before its first block, with its genesis state written.
    fn with_genesis(
        mut self,
        store: Arc<dyn Store>,
        genesis: &Genesis,
        replay: &mut dyn Replay,
    ) -> Result<Ledger, StateError> {
        let changes = replay
            .genesis()
            .map_err(|ReplayError(reason)| StateError::Replay {
                height: Height::GENESIS,
                reason,
            })?;
        self.files.clear()?;
        let tree = Tree::new();
        let staged = tree.stage(&changes);
        let header = genesis.header(staged.root());
        let applied = cells::Applied {
            version: cells::FORMAT_VERSION,
            genesis: header.clone(),
            tip: header.clone(),
            frontier: LogFrontier::default(),
        };
        let base = Base {
            applied,
            tree,
            source: TreeSource::Blocks,
        };
        let mut ledger = self.with_state(store, base);
        ledger.take_in(header, changes, staged, Derived::new());
        ledger.flush_now(true)?;
        Ok(ledger)
    }
}

/// A damaged store is a finding, any other failure an error.
fn or_damage<T>(result: Result<T, StoreError>) -> Result<Result<T, String>, StateError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(StoreError::Damaged(reason)) => Ok(Err(reason)),
        Err(error) => Err(error.into()),
    }
}

type OpenStore = (Arc<dyn Store>, Option<cells::Applied>);

fn open_store(opener: &dyn StoreOpener) -> Result<OpenStore, StoreError> {
    let store = opener.open()?;
    let applied = cells::read_applied(store.as_ref())?;
    Ok((store, applied))
}

fn check_chain(genesis: &Genesis, header: &Header) -> Result<(), StateError> {
    let (expected, found) = (genesis.chain_id(), header.chain);
    if expected == found {
        Ok(())
    } else {
        Err(StateError::OtherChain { expected, found })
    }
}

fn check_first_block(genesis: &Genesis, log: &BlockLog) -> Result<(), StateError> {
    let Some(record) = log.read(Height(1))? else {
        return Ok(());
    };
    match decode_record(&record) {
        Some(record) => check_chain(genesis, &record.block.header),
        None => Err(log.content_damage(Height(1)).into()),
    }
}

/// Makes the store's state that of a block of the log, checks it, and gets the tree for it.
fn find_state(
    store: Arc<dyn Store>,
    mut applied: cells::Applied,
    saved: Result<Saved, Reason>,
    files: &mut TreeFiles,
    log: &BlockLog,
    options: &LedgerOptions,
) -> Result<Found, StateError> {
    if logged_header(log, applied.tip.height)?.is_some_and(|header| header != applied.tip) {
        return Ok(Found::Damage(format!(
            "its block {} is not the log's",
            applied.tip.height
        )));
    }
    let tree = match saved {
        Ok(saved) => match go_on_with(store.as_ref(), &mut applied, saved, files, log) {
            Err(StateError::Store(StoreError::Damaged(reason))) => {
                return Ok(Found::Damage(reason));
            }
            tree => tree?,
        },
        Err(reason) => Err(reason),
    };
    let (tree, source) = match tree {
        Ok(tree) => (tree, TreeSource::Checkpoint),
        Err(reason) => {
            tracing::warn!(
                reason,
                "the tree's files cannot be used: made anew from the store"
            );
            match or_damage(tree_of(store.as_ref()))? {
                Ok(tree) => (tree, TreeSource::Store { reason }),
                Err(reason) => return Ok(Found::Damage(reason)),
            }
        }
    };
    if tree.root() != applied.tip.state_root {
        let reason = format!(
            "its entries are not the state of block {}",
            applied.tip.height
        );
        return Ok(Found::Damage(reason));
    }
    if options.is_store_audited
        && source == TreeSource::Checkpoint
        && let Err(reason) = or_damage(audit(store.as_ref(), &tree))?
    {
        return Ok(Found::Damage(reason));
    }
    Ok(Found::State(
        store,
        Box::new(Base {
            applied,
            tree,
            source,
        }),
    ))
}

/// The tree of the last block in the journal, to which the store is brought as well. The inner error
/// says why the files cannot be used; then nothing was changed.
fn go_on_with(
    store: &dyn Store,
    applied: &mut cells::Applied,
    saved: Saved,
    files: &mut TreeFiles,
    log: &BlockLog,
) -> Result<Result<Tree, Reason>, StateError> {
    let (from, to) = (applied.tip.height, saved.height());
    if from < saved.base || to < from {
        let base = saved.base;
        return Ok(Err(format!(
            "they hold the blocks {base} to {to}, the store is at {from}"
        )));
    }
    let Saved {
        mut tree,
        base,
        records,
    } = saved;
    let staged = tree.stage_paths(journal::path_changes(&records));
    let mut after = applied.clone();
    for height in (from.0 + 1..=to.0).map(Height) {
        // The log has it: what the journal has was acknowledged, and the log was opened with that.
        let header = logged_header(log, height)?.ok_or_else(|| log.content_damage(height))?;
        after.frontier.append(log_leaf(&header), |_, _, _| {});
        after.tip = header;
    }
    if staged.root() != after.tip.state_root {
        return Ok(Err(format!("their root is not that of block {to}")));
    }
    tree.apply(staged);
    files.go_on(base, records.last().map_or(0, |record| record.end))?;
    if to > from {
        // The store is before these blocks, or a crash left it among their writes.
        let missing = records.iter().filter(|record| record.height > from);
        pending::redo(store, journal::last_writes(missing), &after)?;
        *applied = after;
    }
    Ok(Ok(tree))
}

/// The header that the log has at `height`; `None` at the genesis.
fn logged_header(log: &BlockLog, height: Height) -> Result<Option<Header>, StateError> {
    match log.read(height)? {
        Some(record) => match decode_record(&record) {
            Some(record) => Ok(Some(record.block.header)),
            None => Err(log.content_damage(height).into()),
        },
        None => Ok(None),
    }
}

/// Gives every state entry of the store, in parts.
fn for_each_part(
    store: &dyn Store,
    mut look: impl FnMut(Vec<PathChange>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Vec::new();
    loop {
        let sealed = store.scan(&[cells::STATE], &after, SCAN_ENTRIES)?;
        let Some((last, _)) = sealed.last() else {
            return Ok(());
        };
        after = last.clone();
        let open = |(key, sealed): (Vec<u8>, Vec<u8>)| {
            let value = cells::unseal(&key, sealed)?;
            Ok(PathChange {
                path: state_path(&key[1..]),
                value: Some(Hash::of(&value)),
            })
        };
        look(
            sealed
                .into_iter()
                .map(open)
                .collect::<Result<Vec<PathChange>, StoreError>>()?,
        )?;
    }
}

/// Compares every state entry of the store with the tree.
fn audit(store: &dyn Store, tree: &Tree) -> Result<(), StoreError> {
    let mut count = 0;
    for_each_part(store, |entries| {
        count += entries.len();
        match entries
            .iter()
            .all(|entry| tree.value_hash_at(&entry.path) == entry.value)
        {
            true => Ok(()),
            false => Err(StoreError::Damaged(
                "an entry is not the one in the state tree".into(),
            )),
        }
    })?;
    if count == tree.len() {
        Ok(())
    } else {
        let reason = format!("it has {count} entries of state, the tree {}", tree.len());
        Err(StoreError::Damaged(reason))
    }
}

/// The tree of the store's state entries.
fn tree_of(store: &dyn Store) -> Result<Tree, StoreError> {
    let mut tree = Tree::new();
    for_each_part(store, |mut entries| {
        entries.sort_unstable_by_key(|entry| entry.path);
        let staged = tree.stage_paths(entries);
        tree.apply(staged);
        Ok(())
    })?;
    Ok(tree)
}
