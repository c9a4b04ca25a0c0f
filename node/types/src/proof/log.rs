//! Proofs about the log of headers: an RFC 6962 tree (SHA-256) over the bytes of all headers, the
//! genesis header first. Header H carries the tree's root over the headers 0 … H − 1, so whoever
//! trusts one header can check any earlier one.

use crate::block::Header;
use crate::codec;
use crate::hash::Hash;
use crate::merkle::{self, Sha256, TreeHash};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Siblings in the longest possible proof: one for each bit of a height.
pub const LOG_PROOF_SIBLINGS_MAX: usize = 64;

/// The leaf of a header: SHA-256(0x00 ‖ header bytes).
pub fn log_leaf(header: &Header) -> Hash {
    Sha256::leaf(&codec::encode(header))
}

/// Proof that a header is in the log of a later one.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct LogProof {
    /// Leaves in the tree: the height of the header whose `log_root` is meant.
    pub size: u64,
    /// Siblings from the leaf upwards; at most [`LOG_PROOF_SIBLINGS_MAX`].
    pub siblings: Vec<Hash>,
}

impl LogProof {
    /// Whether `header` is the leaf at its own height under `log_root`.
    pub fn proves(&self, log_root: &Hash, header: &Header) -> bool {
        let leaf = log_leaf(header);
        self.siblings.len() <= LOG_PROOF_SIBLINGS_MAX
            && merkle::top_from_path::<Sha256>(leaf, header.height.0, self.size, &self.siblings)
                == Some(*log_root)
    }
}

/// The right edge of the log's tree: all that is needed to append a leaf and to know the root.
///
/// One hash for each set bit of the number of leaves, the largest complete subtree first.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LogFrontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl LogFrontier {
    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether there is one hash for each set bit of the size.
    pub fn is_valid(&self) -> bool {
        self.peaks.len() == self.size.count_ones() as usize
    }

    /// The complete subtrees on the edge with their hashes, the largest first.
    pub fn peaks(&self) -> impl Iterator<Item = (LogNode, Hash)> + '_ {
        let levels = (0..64u8).rev().filter(|level| self.size >> level & 1 == 1);
        levels.zip(&self.peaks).map(|(level, hash)| {
            // All larger subtrees lie to the left of it.
            let begin = (self.size >> level ^ 1) << level;
            let number = begin >> level;
            (LogNode { level, number }, *hash)
        })
    }

    /// Appends a leaf. Each complete subtree that this makes, the leaf itself first, is given to
    /// `complete` with its level (0 is the leaf) and its number on that level.
    pub fn append(&mut self, leaf: Hash, mut complete: impl FnMut(u8, u64, Hash)) {
        let (mut hash, mut number, mut level) = (leaf, self.size, 0);
        complete(level, number, hash);
        while number & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = Sha256::node(&left, &hash);
            number >>= 1;
            level += 1;
            complete(level, number, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root over the leaves so far; [`Hash::ZERO`] over none, which only the genesis header has.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return Hash::ZERO;
        };
        peaks.fold(*last, |right, left| Sha256::node(left, &right))
    }
}

/// A complete subtree of the log's tree: `level` (0 is a leaf) and its number on that level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogNode {
    /// 0 is a leaf; the subtree has 2^level leaves.
    pub level: u8,
    /// From the left, from 0.
    pub number: u64,
}

/// The complete subtrees whose hashes make the siblings of leaf `index` in a tree of `size` leaves,
/// from the leaf upwards. The last sibling may lie on the ragged right edge: then it is the fold of
/// several subtrees, given from left to right.
pub fn log_siblings(index: u64, size: u64) -> Option<Vec<Vec<LogNode>>> {
    if index >= size {
        return None;
    }
    let (mut begin, mut end) = (0, size);
    let mut siblings = Vec::new();
    while end - begin > 1 {
        let half = 1 << (63 - (end - begin - 1).leading_zeros());
        let middle = begin + half;
        if index < middle {
            siblings.push(complete_subtrees(middle, end));
            end = middle;
        } else {
            siblings.push(complete_subtrees(begin, middle));
            begin = middle;
        }
    }
    siblings.reverse();
    Some(siblings)
}

/// The complete subtrees that cover the leaves `begin … end`, left to right. `begin` is a multiple
/// of the largest of them, as it always is on the way down from a root.
pub(super) fn complete_subtrees(mut begin: u64, end: u64) -> Vec<LogNode> {
    let mut nodes = Vec::new();
    while begin < end {
        let level = 63 - (end - begin).leading_zeros() as u8;
        nodes.push(LogNode {
            level,
            number: begin >> level,
        });
        begin += 1 << level;
    }
    nodes
}

/// The hash over the leaves that `subtrees` cover, given their hashes from left to right.
pub fn fold_log_nodes(subtrees: &[Hash]) -> Option<Hash> {
    let (last, rest) = subtrees.split_last()?;
    Some(
        rest.iter()
            .rev()
            .fold(*last, |right, left| Sha256::node(left, &right)),
    )
}
