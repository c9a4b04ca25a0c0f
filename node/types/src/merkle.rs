//! Merkle trees over lists, of the shape of RFC 6962 (leaves prefixed 0x00, nodes 0x01).
//!
//! A list's *root* also binds the number of leaves: root = H(0x02 ‖ count as u32 little-endian ‖ top).
//! Otherwise a proof with another count, but the same path, would pass.

use crate::hash::Hash;
use alloc::vec::Vec;

/// The hash functions of one kind of tree.
pub trait TreeHash {
    /// H(0x00 ‖ leaf).
    fn leaf(bytes: &[u8]) -> Hash;
    /// H(0x01 ‖ left ‖ right).
    fn node(left: &Hash, right: &Hash) -> Hash;
}

/// blake3, for the lists inside a block.
pub struct Blake3;

impl TreeHash for Blake3 {
    fn leaf(bytes: &[u8]) -> Hash {
        Hash::of_parts(&[&[0], bytes])
    }

    fn node(left: &Hash, right: &Hash) -> Hash {
        let mut bytes = [1u8; 65];
        bytes[1..33].copy_from_slice(left.as_bytes());
        bytes[33..].copy_from_slice(right.as_bytes());
        Hash::of(&bytes)
    }
}

/// SHA-256, for the log of headers, as RFC 6962 and C2SP checkpoints have it.
pub struct Sha256;

impl TreeHash for Sha256 {
    fn leaf(bytes: &[u8]) -> Hash {
        sha256(&[&[0], bytes])
    }

    fn node(left: &Hash, right: &Hash) -> Hash {
        sha256(&[&[1], left.as_bytes(), right.as_bytes()])
    }
}

fn sha256(parts: &[&[u8]]) -> Hash {
    use sha2::Digest;
    let mut hasher = sha2::Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}

/// The largest power of two below `count`, which must exceed 1.
fn split(count: usize) -> usize {
    1 << (usize::BITS - 1 - (count - 1).leading_zeros())
}

/// The top of the tree over hashed leaves; [`Hash::ZERO`] over none.
pub fn top<H: TreeHash>(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::ZERO,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            H::node(&top::<H>(left), &top::<H>(right))
        }
    }
}

/// The root of a list of byte strings: top and count.
pub fn list_root<T: AsRef<[u8]>>(items: impl IntoIterator<Item = T>) -> Hash {
    let leaves: Vec<Hash> = items
        .into_iter()
        .map(|item| Blake3::leaf(item.as_ref()))
        .collect();
    bind_count(leaves.len() as u32, &top::<Blake3>(&leaves))
}

/// H(0x02 ‖ count ‖ top): the root of a list of `count` items.
fn bind_count(count: u32, top: &Hash) -> Hash {
    Hash::of_parts(&[&[2], &count.to_le_bytes(), top.as_bytes()])
}

/// The siblings from the leaf at `index` upwards; `None` where there is no such leaf.
pub fn path<H: TreeHash>(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut siblings, mut rest, mut at) = (Vec::new(), leaves, index);
    while rest.len() > 1 {
        let (left, right) = rest.split_at(split(rest.len()));
        if at < left.len() {
            siblings.push(top::<H>(right));
            rest = left;
        } else {
            siblings.push(top::<H>(left));
            at -= left.len();
            rest = right;
        }
    }
    siblings.reverse();
    Some(siblings)
}

/// All levels of a list's tree, for whoever proves many leaves of one list.
#[derive(Clone, Debug)]
pub struct ListTree {
    /// The leaves first, the top last. A last node without a sibling stands in the next level too.
    levels: Vec<Vec<Hash>>,
}

impl ListTree {
    /// The tree of a list of byte strings.
    pub fn new<T: AsRef<[u8]>>(items: impl IntoIterator<Item = T>) -> ListTree {
        let leaves: Vec<Hash> = items
            .into_iter()
            .map(|item| Blake3::leaf(item.as_ref()))
            .collect();
        let mut levels = alloc::vec![leaves];
        while let Some(below) = levels.last().filter(|level| level.len() > 1) {
            let above = below.chunks(2).map(|pair| match pair {
                [left, right] => Blake3::node(left, right),
                alone => alone[0],
            });
            let above = above.collect();
            levels.push(above);
        }
        ListTree { levels }
    }

    /// Leaves.
    pub fn count(&self) -> u32 {
        self.levels[0].len() as u32
    }

    /// The list's root, as [`list_root`] has it.
    pub fn root(&self) -> Hash {
        let top = self.levels.last().and_then(|level| level.first());
        bind_count(self.count(), top.unwrap_or(&Hash::ZERO))
    }

    /// The siblings from the leaf at `index` upwards, as [`path`] has them.
    pub fn path(&self, index: usize) -> Option<Vec<Hash>> {
        if index >= self.levels[0].len() {
            return None;
        }
        let siblings = self
            .levels
            .iter()
            .enumerate()
            .filter_map(|(level, nodes)| nodes.get((index >> level) ^ 1).copied());
        Some(siblings.collect())
    }
}

/// The top that `leaf` at `index` of `count` leads to by `path`; `None` where the path has not the
/// length that the position asks for.
pub fn top_from_path<H: TreeHash>(
    leaf: Hash,
    index: u64,
    count: u64,
    path: &[Hash],
) -> Option<Hash> {
    if index >= count {
        return None;
    }
    // RFC 9162, 2.1.3.2: `at` and `last` are the positions of the leaf and of the last leaf, level by level.
    let (mut at, mut last, mut hash) = (index, count - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            hash = H::node(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = H::node(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// The root of the list of `count` items that has `item` at `index`, by `path`.
pub fn list_root_from_path(item: &[u8], index: u32, count: u32, path: &[Hash]) -> Option<Hash> {
    let top = top_from_path::<Blake3>(Blake3::leaf(item), index.into(), count.into(), path)?;
    Some(bind_count(count, &top))
}
