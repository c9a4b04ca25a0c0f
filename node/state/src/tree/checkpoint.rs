//! The tree as a stream of leaves in the order of their paths.
//!
//! Only leaves are written: inner nodes follow from them, and computing them again on reading checks
//! the stream against the root that the reader expects.

use super::{PathChange, Ref, Tree};
use senim_types::Hash;

/// Bytes of one leaf: path, hash of the value.
const LEAF_BYTES: usize = 64;

/// Leaves per part of the stream: 1 MiB.
const LEAVES_PER_PART: usize = 16 * 1024;

/// Bytes of the longest part of the stream.
pub(crate) const CHECKPOINT_PART_BYTES_MAX: usize = LEAVES_PER_PART * LEAF_BYTES;

/// Why a stream is not a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is not a whole number of leaves in ascending order.
    #[error("the leaves are cut off or out of order")]
    Malformed,
}

/// Streams the leaves of `tree` in parts of at most 1 MiB.
pub fn write_checkpoint<E>(
    tree: &Tree,
    mut write: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut part = Vec::with_capacity(CHECKPOINT_PART_BYTES_MAX.min(tree.len() * LEAF_BYTES));
    // A stack instead of recursion: at most one waiting node per level of the tree.
    let mut waiting = vec![tree.root];
    while let Some(at) = waiting.pop() {
        if at == Ref::EMPTY {
            continue;
        }
        if !at.is_leaf() {
            let inner = &tree.inners[at.place()];
            waiting.push(inner.right);
            waiting.push(inner.left);
            continue;
        }
        let leaf = &tree.leaves[at.place()];
        part.extend_from_slice(leaf.path.as_bytes());
        part.extend_from_slice(leaf.value.as_bytes());
        if part.len() == CHECKPOINT_PART_BYTES_MAX {
            write(&part)?;
            part.clear();
        }
    }
    if part.is_empty() {
        Ok(())
    } else {
        write(&part)
    }
}

/// Adds a part of the stream to a tree that holds the parts before it.
pub fn read_checkpoint(tree: &mut Tree, part: &[u8]) -> Result<(), CheckpointError> {
    let (leaves, rest) = part.as_chunks::<LEAF_BYTES>();
    let changes: Vec<PathChange> = leaves
        .iter()
        .map(|leaf| {
            let (path, value) = leaf.split_at(32);
            let hash = |bytes: &[u8]| Hash(bytes.try_into().expect("half of a 64-byte array"));
            PathChange {
                path: hash(path),
                value: Some(hash(value)),
            }
        })
        .collect();
    let is_ascending = changes.windows(2).all(|pair| pair[0].path < pair[1].path);
    let follows = match changes.first() {
        Some(first) => tree.last_path().is_none_or(|last| last < first.path),
        None => true,
    };
    if !rest.is_empty() || !is_ascending || !follows {
        return Err(CheckpointError::Malformed);
    }
    let staged = tree.stage_paths(changes);
    tree.apply(staged);
    Ok(())
}

impl Tree {
    /// The greatest path.
    fn last_path(&self) -> Option<Hash> {
        let mut at = self.root;
        while at != Ref::EMPTY && !at.is_leaf() {
            let inner = &self.inners[at.place()];
            at = if inner.right == Ref::EMPTY {
                inner.left
            } else {
                inner.right
            };
        }
        (at != Ref::EMPTY).then(|| self.leaves[at.place()].path)
    }
}
