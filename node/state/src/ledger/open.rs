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

use super::find::{Base, Found, find_state, or_damage};
use super::pending::Derived;
use super::query::decode_record;
use super::receipts_root;
use super::tree_files::{Saved, TreeFiles};
use super::{BlockRecord, Cache, Ledger, LedgerOptions, Pending, cells, check_outcome};
use crate::disk::Disk;
use crate::error::StateError;
use crate::log::{BlockLog, TornTail};
use crate::snapshot::{Manifest, Snapshots};
use crate::store::{Store, StoreError, StoreOpener};
use crate::tree::Tree;
use senim_types::proof::LogFrontier;
use senim_types::{Block, ChangeSet, Code, Genesis, Header, Height, StateView};
use std::collections::VecDeque;
use std::sync::Arc;

/// Executes again what was executed before: the same bytes must give the same changes.
pub trait Replay {
    /// The changes that make the genesis state out of nothing.
    fn genesis(&mut self) -> Result<ChangeSet, ReplayError>;

    /// The changes of `block` over `state`, which is the state after its parent.
    fn block(&mut self, block: &Block, state: &dyn StateView) -> Result<ChangeSet, ReplayError>;
}

/// Why a block or the genesis could not be executed again, in the executor's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayError {
    /// The stable code.
    pub code: Code,
    /// In words.
    pub reason: String,
}

impl ReplayError {
    /// What nobody foresaw: `STORE_FAILED`.
    pub fn new(reason: impl Into<String>) -> ReplayError {
        ReplayError {
            code: Code::STORE_FAILED,
            reason: reason.into(),
        }
    }
}

/// Where the state came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateSource {
    /// There was none: this is the genesis state.
    New,
    /// The store had it, up to this height.
    Store(Height),
    /// The snapshot of this height, which the log begins from.
    Joined(Height),
    /// The store could not be used; all blocks of the log were executed again.
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
        let (snapshots, base) = Snapshots::open(Arc::clone(&disk), &genesis.chain_id())?;
        let base_height = base.as_ref().map_or(Height::GENESIS, Manifest::height);
        let opened = or_damage(open_store(opener))?;
        let saved = files.read()?;
        let mut acknowledged = saved.as_ref().map_or(Height::GENESIS, Saved::height);
        acknowledged = acknowledged.max(base_height);
        if let Ok((_, Some(applied))) = &opened {
            check_chain(genesis, &applied.genesis)?;
            acknowledged = acknowledged.max(applied.tip.height);
        }
        let (log, torn) = BlockLog::open(
            Arc::clone(&disk),
            options.segment_bytes_max,
            acknowledged,
            base_height,
        )?;
        check_first_block(genesis, &log)?;
        let found = match opened {
            Ok((store, None)) if log.tip() == Height::GENESIS => Found::Nothing(store),
            Ok((_, None)) => Found::Damage("it is empty, the block log is not".to_owned()),
            Ok((_, Some(applied))) if applied.tip.height < base_height => {
                Found::Damage("it is from before the snapshot that the log begins from".to_owned())
            }
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
            snapshots,
            base,
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
                // Without a block, only the writing of what the log begins from can have been cut off.
                let state = match parts.log.tip() {
                    Height::GENESIS => StateSource::New,
                    tip if tip == base_height => StateSource::Joined(tip),
                    _ => StateSource::Rebuilt { reason },
                };
                (opener.open()?, state)
            }
        };
        let mut parts = parts;
        let mut ledger = match parts.base.take() {
            Some(base) => parts.with_base(store, base, genesis, replay)?,
            None => parts.with_genesis(store, genesis, replay)?,
        };
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
                .map_err(|error| replayed(height, error))?;
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
pub(super) struct Parts {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) options: LedgerOptions,
    log: BlockLog,
    pub(super) files: TreeFiles,
    pub(super) snapshots: Snapshots,
    /// The snapshot that the log begins from.
    pub(super) base: Option<Manifest>,
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

    pub(super) fn with_state(self, store: Arc<dyn Store>, base: Base) -> Ledger {
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
            log_before: frontier.clone(),
            frontier,
            base: self.base,
            snapshots: self.snapshots,
            snapshot_due: None,
            maker: None,
            is_making: false,
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
        let changes = genesis_changes(replay)?;
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

/// The header at height 0, whose state the genesis makes.
pub(super) fn genesis_header(
    genesis: &Genesis,
    replay: &mut dyn Replay,
) -> Result<Header, StateError> {
    let changes = genesis_changes(replay)?;
    Ok(genesis.header(Tree::new().stage(&changes).root()))
}

fn genesis_changes(replay: &mut dyn Replay) -> Result<ChangeSet, StateError> {
    let failed = |error| replayed(Height::GENESIS, error);
    replay.genesis().map_err(failed)
}

fn replayed(height: Height, ReplayError { code, reason }: ReplayError) -> StateError {
    StateError::Replay {
        height,
        code,
        reason,
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
    let first = log.base().next();
    let Some(record) = log.read(first)? else {
        return Ok(());
    };
    match decode_record(&record) {
        Some(record) => check_chain(genesis, &record.block.header),
        None => Err(log.content_damage(first).into()),
    }
}
