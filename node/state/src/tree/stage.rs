//! What the tree becomes by a block's changes, beside the committed nodes.

use super::{Inner, Leaf, PathChange, Ref, Tree};
use senim_types::Hash;
use senim_types::proof::state::{state_inner_hash, state_path_bit};

/// New nodes over a committed tree. Apply it with [`Tree::apply`], or drop it.
pub struct Staged {
    /// Root after the changes.
    pub(super) root_hash: Hash,
    pub(super) root: Ref,
    /// Each references committed nodes, staged leaves, or staged inner nodes *before* it.
    pub(super) inners: Vec<Inner>,
    pub(super) leaves: Vec<Leaf>,
    /// Places of committed nodes that the new ones replace.
    pub(super) freed_leaves: Vec<u32>,
    pub(super) freed_inners: Vec<u32>,
    /// [`Tree::generation`] of the committed tree.
    pub(super) generation: u64,
    /// What was changed, for the journal.
    changes: Vec<PathChange>,
}

impl Staged {
    /// The root of the tree with the changes: the `state_root` of the block's header.
    pub fn root(&self) -> Hash {
        self.root_hash
    }

    /// Whether this was staged over the present state of `tree`.
    pub fn is_of(&self, tree: &Tree) -> bool {
        self.generation == tree.generation
    }

    /// What was changed, by ascending path.
    pub fn changes(&self) -> &[PathChange] {
        &self.changes
    }
}

/// A leaf that a new subtree consists of.
#[derive(Clone, Copy)]
enum Item {
    /// One that the committed tree has.
    Committed { at: Ref, path: Hash },
    /// A new one, or a new value.
    New { path: Hash, value: Hash },
}

impl Item {
    fn path(&self) -> &Hash {
        match self {
            Item::Committed { path, .. } | Item::New { path, .. } => path,
        }
    }
}

/// A node and its hash.
type Hashed = (Ref, Hash);

const NOTHING: Hashed = (Ref::EMPTY, Hash::ZERO);

pub(super) fn stage(tree: &Tree, changes: Vec<PathChange>) -> Staged {
    debug_assert!(changes.windows(2).all(|pair| pair[0].path < pair[1].path));
    let mut staged = Staged {
        root_hash: Hash::ZERO,
        root: Ref::EMPTY,
        inners: Vec::new(),
        leaves: Vec::new(),
        freed_leaves: Vec::new(),
        freed_inners: Vec::new(),
        generation: tree.generation,
        changes: Vec::new(),
    };
    (staged.root, staged.root_hash) = staged.update(tree, tree.root, &changes, 0);
    staged.changes = changes;
    staged
}

impl Staged {
    /// What the committed subtree `at`, whose paths share `depth` bits, becomes by `changes`.
    fn update(&mut self, tree: &Tree, at: Ref, changes: &[PathChange], depth: usize) -> Hashed {
        if changes.is_empty() {
            (at, tree.hash(at))
        } else if at == Ref::EMPTY {
            let new = |change: &PathChange| {
                change.value.map(|value| Item::New {
                    path: change.path,
                    value,
                })
            };
            match changes {
                [only] => match new(only) {
                    Some(item) => self.build(tree, &[item], depth),
                    None => NOTHING,
                },
                _ => {
                    let items: Vec<Item> = changes.iter().filter_map(new).collect();
                    self.build(tree, &items, depth)
                }
            }
        } else if at.is_leaf() {
            self.update_leaf(tree, at, changes, depth)
        } else {
            self.update_inner(tree, at, changes, depth)
        }
    }

    fn update_inner(
        &mut self,
        tree: &Tree,
        at: Ref,
        changes: &[PathChange],
        depth: usize,
    ) -> Hashed {
        let inner = tree.inners[at.place()];
        let middle = changes.partition_point(|change| !state_path_bit(&change.path, depth));
        let (left, left_hash) = self.update(tree, inner.left, &changes[..middle], depth + 1);
        let (right, right_hash) = self.update(tree, inner.right, &changes[middle..], depth + 1);
        if left == inner.left && right == inner.right {
            return (at, inner.hash);
        }
        self.freed_inners.push(at.place() as u32);
        self.join((left, left_hash), (right, right_hash))
    }

    fn update_leaf(
        &mut self,
        tree: &Tree,
        at: Ref,
        changes: &[PathChange],
        depth: usize,
    ) -> Hashed {
        let leaf = tree.leaves[at.place()];
        let committed = Item::Committed {
            at,
            path: leaf.path,
        };
        let place = changes.binary_search_by(|change| change.path.cmp(&leaf.path));
        let is_unchanged = match place {
            Ok(index) => changes[index].value == Some(leaf.value),
            Err(_) => true,
        };
        if !is_unchanged {
            self.freed_leaves.push(at.place() as u32);
        }
        // Nearly always one change meets one leaf: no list is needed for it.
        if let [only] = changes {
            return match (only.value, is_unchanged) {
                (None, false) => NOTHING,
                (None, true) => (at, leaf.hash()),
                (Some(_), true) if place.is_ok() => (at, leaf.hash()),
                (Some(value), is_other) => {
                    let new = Item::New {
                        path: only.path,
                        value,
                    };
                    match (is_other, only.path < leaf.path) {
                        (false, _) => self.build(tree, &[new], depth),
                        (true, true) => self.build(tree, &[new, committed], depth),
                        (true, false) => self.build(tree, &[committed, new], depth),
                    }
                }
            };
        }
        let mut items = Vec::with_capacity(changes.len() + 1);
        for (index, change) in changes.iter().enumerate() {
            if place == Err(index) {
                items.push(committed);
            }
            match change.value {
                Some(_) if is_unchanged && place == Ok(index) => items.push(committed),
                Some(value) => items.push(Item::New {
                    path: change.path,
                    value,
                }),
                None => {}
            }
        }
        if place == Err(changes.len()) {
            items.push(committed);
        }
        self.build(tree, &items, depth)
    }

    /// The subtree of exactly `items`, ascending, whose paths share `depth` bits.
    fn build(&mut self, tree: &Tree, items: &[Item], depth: usize) -> Hashed {
        match items {
            [] => NOTHING,
            [Item::Committed { at, .. }] => (*at, tree.hash(*at)),
            [Item::New { path, value }] => {
                let leaf = Leaf {
                    path: *path,
                    value: *value,
                };
                self.leaves.push(leaf);
                (Ref::leaf(self.leaves.len() - 1).staged(), leaf.hash())
            }
            _ => {
                let middle = items.partition_point(|item| !state_path_bit(item.path(), depth));
                let left = self.build(tree, &items[..middle], depth + 1);
                let right = self.build(tree, &items[middle..], depth + 1);
                self.join(left, right)
            }
        }
    }

    /// The node above two subtrees. One leaf beside nothing needs none: that makes the root a
    /// function of the entries, whatever was inserted and deleted on the way.
    fn join(&mut self, left: Hashed, right: Hashed) -> Hashed {
        match (left.0, right.0) {
            (only, Ref::EMPTY) if only == Ref::EMPTY || only.is_leaf() => left,
            (Ref::EMPTY, only) if only.is_leaf() => right,
            _ => {
                let hash = state_inner_hash(&left.1, &right.1);
                self.inners.push(Inner {
                    left: left.0,
                    right: right.0,
                    hash,
                });
                (Ref::inner(self.inners.len() - 1).staged(), hash)
            }
        }
    }
}
