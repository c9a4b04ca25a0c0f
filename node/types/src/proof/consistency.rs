//! Proof that the log of headers only grew: an earlier tree is the beginning of a later one.
//!
//! The paths are those of RFC 6962, 2.1.2; they are judged as in RFC 9162, 2.1.4.2.

use super::log::{LOG_PROOF_SIBLINGS_MAX, LogNode, complete_subtrees};
use crate::hash::Hash;
use crate::merkle::{Sha256, TreeHash};
use alloc::vec::Vec;

/// Hashes in the longest possible path: one for each bit of a height, and the subtree that both have.
pub const LOG_CONSISTENCY_HASHES_MAX: usize = LOG_PROOF_SIBLINGS_MAX + 1;

/// A claim about two sizes of the log, and the path that proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConsistency<'a> {
    /// Leaves of the earlier tree, at least 1.
    pub first: u64,
    /// Leaves of the later tree, at least as many.
    pub second: u64,
    /// As RFC 6962 orders it; empty where both sizes are the same.
    pub path: &'a [Hash],
}

impl LogConsistency<'_> {
    /// Whether the tree of `first_root` is the beginning of the tree of `second_root`.
    pub fn proves(&self, first_root: &Hash, second_root: &Hash) -> bool {
        self.roots(first_root) == Some((*first_root, *second_root))
    }

    /// Both roots as the path gives them; `None` where it has not the length that the sizes ask for.
    fn roots(&self, first_root: &Hash) -> Option<(Hash, Hash)> {
        if self.first == 0 || self.first > self.second {
            return None;
        }
        if self.first == self.second {
            return self.path.is_empty().then_some((*first_root, *first_root));
        }
        // A complete earlier tree is a subtree of the later one, so its root is not sent.
        let (begin, rest) = if self.first.is_power_of_two() {
            (first_root, self.path)
        } else {
            self.path.split_first()?
        };
        let (mut at, mut last) = (self.first - 1, self.second - 1);
        let whole = at.trailing_ones();
        (at, last) = (at >> whole, last >> whole);
        let (mut first, mut second) = (*begin, *begin);
        for hash in rest {
            if last == 0 {
                return None;
            }
            if at & 1 == 1 || at == last {
                first = Sha256::node(hash, &first);
                second = Sha256::node(hash, &second);
                while at & 1 == 0 && at != 0 {
                    at >>= 1;
                    last >>= 1;
                }
            } else {
                second = Sha256::node(&second, hash);
            }
            at >>= 1;
            last >>= 1;
        }
        (last == 0).then_some((first, second))
    }
}

/// The complete subtrees whose hashes make the path from `first` to `second` leaves, in its order.
/// Each hash of the path is the fold of the subtrees given for it from left to right. `None` unless
/// `0 < first ≤ second`.
pub fn consistency_nodes(first: u64, second: u64) -> Option<Vec<Vec<LogNode>>> {
    if first == 0 || first > second {
        return None;
    }
    let (mut begin, mut end, mut is_whole) = (0, second, true);
    let mut path = Vec::new();
    while end > first {
        let half = 1 << (63 - (end - begin - 1).leading_zeros());
        let middle = begin + half;
        if first <= middle {
            path.push(complete_subtrees(middle, end));
            end = middle;
        } else {
            path.push(complete_subtrees(begin, middle));
            begin = middle;
            is_whole = false;
        }
    }
    if !is_whole {
        path.push(complete_subtrees(begin, end));
    }
    path.reverse();
    Some(path)
}
