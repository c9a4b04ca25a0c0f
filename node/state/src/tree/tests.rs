//! The tree against a naive model: the specification's recursive definition over a sorted map.

use super::*;
use proptest::prelude::*;
use senim_types::proof::StateProofError;
use senim_types::proof::state::state_inner_hash;
use std::collections::BTreeMap;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// docs/state-tree.md, word for word.
fn naive_root(leaves: &[(Hash, Hash)], depth: usize) -> Hash {
    match leaves {
        [] => Hash::ZERO,
        [(path, value)] => state_leaf_hash(path, value),
        _ => {
            let side = |is_right: bool| -> Vec<(Hash, Hash)> {
                let on_side = |(path, _): &&(Hash, Hash)| state_path_bit(path, depth) == is_right;
                leaves.iter().filter(on_side).copied().collect()
            };
            let left = naive_root(&side(false), depth + 1);
            let right = naive_root(&side(true), depth + 1);
            state_inner_hash(&left, &right)
        }
    }
}

fn model_root(model: &Model) -> Hash {
    let leaves: Vec<(Hash, Hash)> = model
        .iter()
        .map(|(key, value)| (state_path(key), Hash::of(value)))
        .collect();
    naive_root(&leaves, 0)
}

fn change_model(model: &mut Model, changes: &ChangeSet) {
    for (key, change) in &changes.0 {
        match change {
            Some(value) => model.insert(key.clone(), value.clone()),
            None => model.remove(key),
        };
    }
}

/// Keys with their new values.
type Writes = Vec<(u16, Option<u8>)>;

fn changes(writes: &[(u16, Option<u8>)]) -> ChangeSet {
    let mut changes = ChangeSet::default();
    for (key, value) in writes {
        let key = key.to_be_bytes().to_vec();
        match value {
            Some(value) => changes.put(key, vec![*value; 3]),
            None => changes.delete(key),
        }
    }
    changes
}

/// What `docs/PERFORMANCE.md` says of a key's memory: a leaf, and 1 / ln 2 = 1.44 inner nodes in a trie of random paths.
#[test]
fn a_key_takes_122_bytes_of_the_arenas_and_one_that_goes_leaves_them_to_the_next() {
    let of = |keys: std::ops::Range<u16>, value: Option<u8>| {
        changes(&keys.map(|key| (key, value)).collect::<Writes>())
    };
    let bytes_per_key = |tree: &Tree, keys: usize| {
        (size_of_val(&tree.leaves[..]) + size_of_val(&tree.inners[..])) / keys
    };
    let mut tree = Tree::new();
    apply(&mut tree, &of(0..20_000, Some(1)));
    assert_eq!(tree.len(), 20_000);
    assert!((121..=123).contains(&bytes_per_key(&tree, 20_000)));
    let leaves = tree.leaves.len();
    apply(&mut tree, &of(0..8_000, None));
    assert_eq!((tree.len(), tree.leaves.len()), (12_000, leaves));
    apply(&mut tree, &of(20_000..28_000, Some(2)));
    assert_eq!((tree.len(), tree.leaves.len()), (20_000, leaves));
    assert!((121..=124).contains(&bytes_per_key(&tree, 20_000)));
}

fn apply(tree: &mut Tree, changes: &ChangeSet) {
    let staged = tree.stage(changes);
    tree.apply(staged);
}

/// Few keys, so that rewrites, deletes of what is there, and returns to emptiness are common.
fn batches() -> impl Strategy<Value = Vec<(Writes, bool)>> {
    let write = (0u16..40, prop::option::weighted(0.6, 0u8..3));
    prop::collection::vec((prop::collection::vec(write, 0..20), any::<bool>()), 0..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_root_is_that_of_the_model_whatever_was_deleted_or_discarded(batches in batches()) {
        let (mut tree, mut model) = (Tree::new(), Model::new());
        for (writes, is_discarded) in batches {
            let changes = changes(&writes);
            let before = tree.root();
            let staged = tree.stage(&changes);
            let mut after = model.clone();
            change_model(&mut after, &changes);
            prop_assert_eq!(staged.root(), model_root(&after));
            prop_assert_eq!(tree.root(), before);
            if !is_discarded {
                tree.apply(staged);
                model = after;
            }
            prop_assert_eq!(tree.root(), model_root(&model));
            prop_assert_eq!(tree.len(), model.len());
            prop_assert!(tree.inners.len() - tree.free_inners.len() >= model.len().saturating_sub(1));
            for key in 0u16..40 {
                let key = key.to_be_bytes();
                let value = model.get(key.as_slice());
                prop_assert_eq!(tree.value_hash(&key), value.map(|value| Hash::of(value)));
                let proof = tree.prove(&key);
                prop_assert!(proof.proves(&tree.root(), &key, value.map(Vec::as_slice)));
            }
        }
    }

    #[test]
    fn a_checkpoint_gives_the_same_tree(keys in prop::collection::btree_set(any::<u16>(), 0..300)) {
        let mut tree = Tree::new();
        let writes: Vec<_> = keys.iter().map(|key| (*key, Some(1))).collect();
        apply(&mut tree, &changes(&writes));
        let mut parts = Vec::new();
        write_checkpoint(&tree, |part| {
            parts.push(part.to_vec());
            Ok::<(), ()>(())
        }).expect("memory takes everything");
        let mut read = Tree::new();
        for part in &parts {
            read_checkpoint(&mut read, part).expect("what was written");
        }
        prop_assert_eq!(read.root(), tree.root());
        prop_assert_eq!(read.len(), keys.len());
    }
}

#[test]
fn nodes_are_as_narrow_as_promised() {
    assert_eq!(size_of::<Leaf>(), 64);
    assert_eq!(size_of::<Inner>(), 40);
}

#[test]
fn a_tree_that_does_not_grow_takes_no_more_room() {
    let mut tree = Tree::new();
    let writes: Vec<_> = (0..500u16).map(|key| (key, Some(0))).collect();
    apply(&mut tree, &changes(&writes));
    let room = (tree.leaves.len(), tree.inners.len());
    for round in 1..20u8 {
        let writes: Vec<_> = (0..500u16).map(|key| (key, Some(round))).collect();
        apply(&mut tree, &changes(&writes));
    }
    assert_eq!((tree.leaves.len(), tree.inners.len()), room);
}

#[test]
fn writing_what_is_there_changes_nothing() {
    let mut tree = Tree::new();
    apply(
        &mut tree,
        &changes(&[(1, Some(1)), (2, Some(2)), (3, Some(3))]),
    );
    let staged = tree.stage(&changes(&[(2, Some(2)), (3, Some(3)), (9, None)]));
    assert_eq!(staged.root(), tree.root());
    assert!(staged.inners.is_empty() && staged.leaves.is_empty());
    assert!(staged.freed_inners.is_empty() && staged.freed_leaves.is_empty());
}

#[test]
fn deleting_everything_gives_the_empty_tree() {
    let mut tree = Tree::new();
    let writes: Vec<_> = (0..100u16).map(|key| (key, Some(1))).collect();
    apply(&mut tree, &changes(&writes));
    let deletes: Vec<_> = (0..100u16).map(|key| (key, None)).collect();
    apply(&mut tree, &changes(&deletes));
    assert_eq!(tree.root(), Hash::ZERO);
    assert!(tree.is_empty());
    assert_eq!(tree.free_inners.len(), tree.inners.len());
}

#[test]
#[should_panic(expected = "a stage of an older tree")]
fn a_stage_of_an_older_tree_is_not_applied() {
    let mut tree = Tree::new();
    let (first, second) = (
        tree.stage(&changes(&[(1, Some(1))])),
        tree.stage(&changes(&[(2, None)])),
    );
    tree.apply(first);
    tree.apply(second);
}

/// Paths whose first `shared` bits agree and whose next bit differs.
#[test]
fn paths_that_share_almost_all_bits_hang_at_the_bottom() {
    for shared in [0usize, 1, 7, 8, 100, 254, 255] {
        let (low, mut high) = (Hash::ZERO, Hash::ZERO);
        high.0[shared / 8] |= 1 << (7 - shared % 8);
        let value = Some(Hash::of(b"value"));
        let mut tree = Tree::new();
        let both = [
            PathChange { path: low, value },
            PathChange { path: high, value },
        ];
        let staged = tree.stage_paths(both.to_vec());
        assert_eq!(staged.inners.len(), shared + 1);
        assert_eq!(
            staged.root(),
            naive_root(&both.map(|c| (c.path, Hash::of(b"value"))), 0)
        );
        tree.apply(staged);
        let staged = tree.stage_paths(vec![PathChange {
            path: high,
            value: None,
        }]);
        assert_eq!(
            staged.root(),
            state_leaf_hash(&low, &Hash::of(b"value")),
            "collapses"
        );
        tree.apply(staged);
        assert_eq!(tree.inners.len(), tree.free_inners.len());
    }
}

#[test]
fn a_proof_with_any_byte_changed_proves_nothing() {
    let mut tree = Tree::new();
    let writes: Vec<_> = (0..60u16).map(|key| (key, Some(7))).collect();
    apply(&mut tree, &changes(&writes));
    let root = tree.root();
    for key in [5u16, 59, 60, 1000] {
        let key = key.to_be_bytes();
        let proof = tree.prove(&key);
        let answer = proof.verify(&root, &key).expect("the true proof");
        let bytes = borsh::to_vec(&proof).expect("encodes");
        for index in 0..bytes.len() {
            for bit in 0..8 {
                let mut bytes = bytes.clone();
                bytes[index] ^= 1 << bit;
                let judged = borsh::from_slice::<StateProof>(&bytes);
                if let Ok(changed) = judged {
                    assert!(
                        changed.verify(&root, &key).is_err(),
                        "byte {index} bit {bit}"
                    );
                }
            }
        }
        assert!(proof.proves(
            &root,
            &key,
            answer.map(|_| [7u8; 3]).as_ref().map(|v| v.as_slice())
        ));
        assert!(!proof.proves(&root, &key, Some(b"another value")));
        assert_eq!(proof.proves(&root, &key, None), answer.is_none());
        assert_eq!(
            proof.verify(&Hash::ZERO, &key),
            Err(StateProofError::WrongRoot)
        );
    }
    let long = StateProof {
        siblings: vec![Hash::ZERO; 257],
        end: StateProofEnd::Empty,
    };
    assert_eq!(long.verify(&root, b"key"), Err(StateProofError::Impossible));
    let nothing = StateProof {
        siblings: Vec::new(),
        end: StateProofEnd::Empty,
    };
    assert_eq!(
        nothing.verify(&Hash::ZERO, b"key"),
        Ok(None),
        "the empty state has no key"
    );
}

#[test]
fn a_checkpoint_out_of_order_is_refused() {
    let mut tree = Tree::new();
    let leaf = |byte: u8| [byte; 64];
    read_checkpoint(&mut tree, &[leaf(3), leaf(5)].concat()).expect("ascending");
    let later = |part: &[u8], tree: &mut Tree| read_checkpoint(tree, part);
    assert_eq!(later(&leaf(4), &mut tree), Err(CheckpointError::Malformed));
    assert_eq!(later(&leaf(5), &mut tree), Err(CheckpointError::Malformed));
    assert_eq!(
        later(&[leaf(9), leaf(8)].concat(), &mut tree),
        Err(CheckpointError::Malformed)
    );
    assert_eq!(
        later(&leaf(9)[..63], &mut tree),
        Err(CheckpointError::Malformed)
    );
    later(&leaf(6), &mut tree).expect("goes on");
    assert_eq!(tree.len(), 3);
}
