//! The state tree: a compact binary Merkle trie over blake3, in memory.
//!
//! `docs/state-tree.md` specifies what it commits to. Here: leaves and inner nodes lie in two arenas
//! of fixed-width nodes, addressed by 32-bit references, with free lists. A block's changes are
//! *staged* as new nodes beside the arenas ([`Tree::stage`]), which gives the root to vote on; the
//! committed tree changes only when the stage is applied ([`Tree::apply`]). A stage that is dropped
//! leaves no trace. Each touched node is hashed once per stage.
//!
//! The layout of the arenas is not protocol: the root is a function of the entries alone.

use senim_types::proof::state::{state_leaf_hash, state_path, state_path_bit};
use senim_types::proof::{StateProof, StateProofEnd};
use senim_types::{ChangeSet, Hash};

mod checkpoint;
mod stage;
#[cfg(test)]
mod tests;

pub use checkpoint::{CheckpointError, read_checkpoint, write_checkpoint};
pub use stage::Staged;

/// A node, or nothing: the top bit says leaf, the next one staged, the rest is the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ref(u32);

impl Ref {
    const EMPTY: Ref = Ref(u32::MAX);
    const LEAF_BIT: u32 = 1 << 31;
    const STAGED_BIT: u32 = 1 << 30;
    /// Nodes of one kind that a tree can hold. A billion keys take 100 GB before this does.
    const PLACES_MAX: usize = (1 << 30) - 1;

    fn leaf(place: usize) -> Ref {
        Ref(Ref::place_bits(place) | Ref::LEAF_BIT)
    }

    fn inner(place: usize) -> Ref {
        Ref(Ref::place_bits(place))
    }

    fn staged(self) -> Ref {
        Ref(self.0 | Ref::STAGED_BIT)
    }

    fn place_bits(place: usize) -> u32 {
        assert!(
            place < Ref::PLACES_MAX,
            "the state tree is full: it holds 2^30 keys at most"
        );
        place as u32
    }

    fn is_leaf(self) -> bool {
        self != Ref::EMPTY && self.0 & Ref::LEAF_BIT != 0
    }

    fn is_staged(self) -> bool {
        self != Ref::EMPTY && self.0 & Ref::STAGED_BIT != 0
    }

    fn place(self) -> usize {
        (self.0 & (Ref::STAGED_BIT - 1)) as usize
    }
}

/// A key's path and the hash of its value: 64 bytes. Its own hash is computed where it is needed.
#[derive(Clone, Copy)]
struct Leaf {
    path: Hash,
    value: Hash,
}

impl Leaf {
    fn hash(&self) -> Hash {
        state_leaf_hash(&self.path, &self.value)
    }
}

/// A node above at least two leaves: 40 bytes.
#[derive(Clone, Copy)]
struct Inner {
    left: Ref,
    right: Ref,
    hash: Hash,
}

/// A changed key: its path, and the hash of its new value or `None` where it is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathChange {
    /// blake3 of the key.
    pub path: Hash,
    /// blake3 of the value.
    pub value: Option<Hash>,
}

/// The changes of a block by path, ascending.
pub fn path_changes(changes: &ChangeSet) -> Vec<PathChange> {
    let change = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| PathChange {
        path: state_path(key),
        value: value.as_ref().map(|value| Hash::of(value)),
    };
    let mut paths: Vec<PathChange> = changes.0.iter().map(change).collect();
    paths.sort_unstable_by_key(|change| change.path);
    paths
}

/// The committed tree.
pub struct Tree {
    leaves: Vec<Leaf>,
    inners: Vec<Inner>,
    free_leaves: Vec<u32>,
    free_inners: Vec<u32>,
    root: Ref,
    /// Counts applied stages, so that a stage made before another was applied is recognised.
    generation: u64,
}

impl Default for Tree {
    fn default() -> Self {
        Tree::new()
    }
}

impl Tree {
    /// The tree of no keys; its root is [`Hash::ZERO`].
    pub fn new() -> Tree {
        Tree {
            leaves: Vec::new(),
            inners: Vec::new(),
            free_leaves: Vec::new(),
            free_inners: Vec::new(),
            root: Ref::EMPTY,
            generation: 0,
        }
    }

    /// The root: what a header's `state_root` commits to.
    pub fn root(&self) -> Hash {
        self.hash(self.root)
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.leaves.len() - self.free_leaves.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.root == Ref::EMPTY
    }

    /// Bytes of memory that the arenas take.
    pub fn memory_bytes(&self) -> usize {
        self.leaves.capacity() * size_of::<Leaf>()
            + self.inners.capacity() * size_of::<Inner>()
            + (self.free_leaves.capacity() + self.free_inners.capacity()) * size_of::<u32>()
    }

    /// blake3 of the value at `key`, `None` where there is no such key.
    pub fn value_hash(&self, key: &[u8]) -> Option<Hash> {
        self.value_hash_at(&state_path(key))
    }

    /// blake3 of the value at the key with this path.
    pub fn value_hash_at(&self, path: &Hash) -> Option<Hash> {
        let (mut at, mut depth) = (self.root, 0);
        while at != Ref::EMPTY {
            if at.is_leaf() {
                let leaf = &self.leaves[at.place()];
                return (leaf.path == *path).then_some(leaf.value);
            }
            let inner = &self.inners[at.place()];
            at = if state_path_bit(path, depth) {
                inner.right
            } else {
                inner.left
            };
            depth += 1;
        }
        None
    }

    /// The proof of what the tree has, or has not, at `key`.
    pub fn prove(&self, key: &[u8]) -> StateProof {
        let path = state_path(key);
        let (mut at, mut siblings) = (self.root, Vec::new());
        while at != Ref::EMPTY && !at.is_leaf() {
            let inner = &self.inners[at.place()];
            let is_right = state_path_bit(&path, siblings.len());
            let (next, sibling) = if is_right {
                (inner.right, inner.left)
            } else {
                (inner.left, inner.right)
            };
            siblings.push(self.hash(sibling));
            at = next;
        }
        let end = if at == Ref::EMPTY {
            StateProofEnd::Empty
        } else {
            let leaf = &self.leaves[at.place()];
            StateProofEnd::Leaf {
                path: leaf.path,
                value: leaf.value,
            }
        };
        StateProof { siblings, end }
    }

    /// Computes what the tree becomes by `changes`, without changing it.
    pub fn stage(&self, changes: &ChangeSet) -> Staged {
        self.stage_paths(path_changes(changes))
    }

    /// As [`Tree::stage`], of changes that are already by path: strictly ascending.
    pub fn stage_paths(&self, changes: Vec<PathChange>) -> Staged {
        stage::stage(self, changes)
    }

    /// Makes a stage the committed tree.
    ///
    /// # Panics
    /// If another stage was applied since this one was made: its references point nowhere.
    pub fn apply(&mut self, staged: Staged) {
        assert_eq!(
            staged.generation, self.generation,
            "a stage of an older tree was applied"
        );
        self.generation += 1;
        // Room that the replaced nodes leave is taken first: a tree that does not grow stays put.
        self.free_leaves.extend_from_slice(&staged.freed_leaves);
        self.free_inners.extend_from_slice(&staged.freed_inners);
        let leaf_places: Vec<Ref> = staged
            .leaves
            .iter()
            .map(|leaf| Ref::leaf(put(&mut self.leaves, &mut self.free_leaves, *leaf)))
            .collect();
        // Children were staged before their parents, so their places are known when needed.
        let mut inner_places: Vec<Ref> = Vec::with_capacity(staged.inners.len());
        let place = |at: Ref, inner_places: &[Ref]| match (at.is_staged(), at.is_leaf()) {
            (false, _) => at,
            (true, true) => leaf_places[at.place()],
            (true, false) => inner_places[at.place()],
        };
        for inner in &staged.inners {
            let (left, right) = (
                place(inner.left, &inner_places),
                place(inner.right, &inner_places),
            );
            let inner = Inner {
                left,
                right,
                hash: inner.hash,
            };
            inner_places.push(Ref::inner(put(
                &mut self.inners,
                &mut self.free_inners,
                inner,
            )));
        }
        self.root = place(staged.root, &inner_places);
    }

    /// The hash of a committed node; [`Hash::ZERO`] of nothing.
    fn hash(&self, at: Ref) -> Hash {
        if at == Ref::EMPTY {
            Hash::ZERO
        } else if at.is_leaf() {
            self.leaves[at.place()].hash()
        } else {
            self.inners[at.place()].hash
        }
    }
}

/// Puts a node where one was freed, or at the end, and says where.
fn put<N>(nodes: &mut Vec<N>, free: &mut Vec<u32>, node: N) -> usize {
    match free.pop() {
        Some(place) => {
            nodes[place as usize] = node;
            place as usize
        }
        None => {
            nodes.push(node);
            nodes.len() - 1
        }
    }
}
