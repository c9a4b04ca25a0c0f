//! Looking at what the store and the tree files hold, and making them agree.

use super::query::decode_record;
use super::tree_files::{Reason, Saved, TreeFiles};
use super::{LedgerOptions, TreeSource, cells, journal, pending};
use crate::error::StateError;
use crate::log::BlockLog;
use crate::store::{Store, StoreError};
use crate::tree::{PathChange, Tree};
use senim_types::proof::log::log_leaf;
use senim_types::proof::state::state_path;
use senim_types::{Hash, Header, Height};
use std::sync::Arc;

/// Entries of the store looked at together.
const SCAN_ENTRIES: usize = 4096;

/// What the store has.
pub(super) enum Found {
    /// A state and its tree, which agree with each other and with the log.
    State(Arc<dyn Store>, Box<Base>),
    /// Nothing: no flush was ever finished.
    Nothing(Arc<dyn Store>),
    /// Nothing that can be used.
    Damage(String),
}

/// A state with its tree.
pub(super) struct Base {
    pub applied: cells::Applied,
    pub tree: Tree,
    pub source: TreeSource,
}

/// A damaged store is a finding, any other failure an error.
pub(super) fn or_damage<T>(result: Result<T, StoreError>) -> Result<Result<T, String>, StateError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(StoreError::Damaged(reason)) => Ok(Err(reason)),
        Err(error) => Err(error.into()),
    }
}

/// Makes the store's state that of a block of the log, checks it, and gets the tree for it.
pub(super) fn find_state(
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
    let is_audited = options.is_store_audited;
    #[cfg(feature = "mutants")]
    let is_audited = is_audited && !senim_mutants::is(senim_mutants::Mutant::StoreTrusted);
    if is_audited {
        let is_compared = source != TreeSource::Checkpoint;
        let state = if is_compared {
            Ok(())
        } else {
            audit(store.as_ref(), &tree)
        };
        let audited = state.and_then(|()| audit_derived(store.as_ref()));
        if let Err(reason) = or_damage(audited)? {
            return Ok(Found::Damage(reason));
        }
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

/// Reads every entry that is not of the state: the tree does not know them, their seals do. One that
/// is read wrong later would stop the node each time that somebody asks for it.
fn audit_derived(store: &dyn Store) -> Result<(), StoreError> {
    for kind in cells::DERIVED {
        let mut after = Vec::new();
        loop {
            let sealed = store.scan(&[kind], &after, SCAN_ENTRIES)?;
            let Some((last, _)) = sealed.last() else {
                break;
            };
            after = last.clone();
            for (key, sealed) in sealed {
                cells::unseal(&key, sealed)?;
            }
        }
    }
    Ok(())
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
