//! Proof that a key has a value, or that it has none, under a state root.
//!
//! The state tree is a compact binary Merkle trie; `docs/state-tree.md` is its specification.

use crate::hash::Hash;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Siblings in the longest possible proof: one for each bit of a path.
pub const STATE_PROOF_SIBLINGS_MAX: usize = 256;

/// The way from the root to where a key's leaf is, or would be.
///
/// One form serves both answers: the way ends at the key's own leaf (it is there), at another key's
/// leaf, or at nothing (it is not there).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct StateProof {
    /// Hashes of the subtrees beside the way, from the root downwards; [`Hash::ZERO`] for an empty
    /// one. At most [`STATE_PROOF_SIBLINGS_MAX`].
    pub siblings: Vec<Hash>,
    /// What the way ends at.
    pub end: StateProofEnd,
}

/// What the way of a [`StateProof`] ends at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum StateProofEnd {
    /// No key's path begins like this.
    Empty,
    /// Exactly one key's path begins like this.
    Leaf {
        /// Its path.
        path: Hash,
        /// blake3 of its value.
        value: Hash,
    },
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateProofError {
    /// It does not lead to the root.
    WrongRoot,
    /// It is longer than a path has bits, or ends at a leaf that cannot be on this way.
    Impossible,
}

/// The path of a state key in the tree: blake3 of the key.
pub fn state_path(key: &[u8]) -> Hash {
    Hash::of(key)
}

/// Key of the hash of leaves; see [`state_leaf_hash`].
const LEAF_KEY: &[u8; 32] = b"senim state tree v1 leaf        ";

/// Key of the hash of inner nodes; see [`state_inner_hash`].
const INNER_KEY: &[u8; 32] = b"senim state tree v1 inner       ";

/// blake3 keyed with `"senim state tree v1 leaf"` (padded with spaces to 32 bytes) of
/// path ‖ blake3(value): the hash of a leaf.
///
/// Leaves and inner nodes are told apart by the key and not by a prefix, since 64 bytes are one
/// block of blake3 and 65 are two: every node would cost twice as much.
pub fn state_leaf_hash(path: &Hash, value: &Hash) -> Hash {
    keyed(LEAF_KEY, path, value)
}

/// blake3 keyed with `"senim state tree v1 inner"` (padded with spaces to 32 bytes) of
/// left ‖ right: the hash of a node above at least two leaves.
pub fn state_inner_hash(left: &Hash, right: &Hash) -> Hash {
    keyed(INNER_KEY, left, right)
}

fn keyed(key: &[u8; 32], first: &Hash, second: &Hash) -> Hash {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(first.as_bytes());
    bytes[32..].copy_from_slice(second.as_bytes());
    Hash(*blake3::keyed_hash(key, &bytes).as_bytes())
}

/// Bit `depth` of a path, the most significant bit of the first byte being bit 0. True is right.
pub fn state_path_bit(path: &Hash, depth: usize) -> bool {
    path.0[depth / 8] >> (7 - depth % 8) & 1 == 1
}

impl StateProof {
    /// What this proves about `key` under `root`: `Some(blake3 of its value)`, or `None` where the
    /// state has no such key.
    pub fn verify(&self, root: &Hash, key: &[u8]) -> Result<Option<Hash>, StateProofError> {
        if self.siblings.len() > STATE_PROOF_SIBLINGS_MAX {
            return Err(StateProofError::Impossible);
        }
        let path = state_path(key);
        let (mut hash, answer) = match &self.end {
            StateProofEnd::Empty => (Hash::ZERO, None),
            StateProofEnd::Leaf { path: found, value } => {
                let is_on_the_way = (0..self.siblings.len())
                    .all(|depth| state_path_bit(found, depth) == state_path_bit(&path, depth));
                if !is_on_the_way {
                    return Err(StateProofError::Impossible);
                }
                (
                    state_leaf_hash(found, value),
                    (*found == path).then_some(*value),
                )
            }
        };
        for (depth, sibling) in self.siblings.iter().enumerate().rev() {
            hash = if state_path_bit(&path, depth) {
                state_inner_hash(sibling, &hash)
            } else {
                state_inner_hash(&hash, sibling)
            };
        }
        if hash == *root {
            Ok(answer)
        } else {
            Err(StateProofError::WrongRoot)
        }
    }

    /// Whether this proves that `key` has exactly `value` (`None`: is absent) under `root`.
    pub fn proves(&self, root: &Hash, key: &[u8], value: Option<&[u8]>) -> bool {
        self.verify(root, key) == Ok(value.map(Hash::of))
    }
}
