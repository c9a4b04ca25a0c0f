//! The header log against RFC 6962's recursive definition.

use proptest::prelude::*;
use senim_types::Hash;
use senim_types::merkle::{self, Sha256, TreeHash};
use senim_types::proof::log::{LogNode, fold_log_nodes, log_siblings};
use senim_types::proof::{LogConsistency, LogFrontier, consistency_nodes};
use std::collections::BTreeMap;

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|n| Sha256::leaf(&n.to_le_bytes())).collect()
}

/// Appends leaf by leaf, keeping every complete subtree that is reported.
fn grow(leaves: &[Hash]) -> (LogFrontier, BTreeMap<(u8, u64), Hash>) {
    let (mut frontier, mut nodes) = (LogFrontier::default(), BTreeMap::new());
    for leaf in leaves {
        frontier.append(*leaf, |level, number, hash| {
            assert_eq!(
                nodes.insert((level, number), hash),
                None,
                "each subtree once"
            );
        });
    }
    (frontier, nodes)
}

#[test]
fn the_root_is_that_of_the_definition_at_every_size() {
    for count in 0..70 {
        let leaves = leaves(count);
        let (frontier, _) = grow(&leaves);
        assert_eq!(frontier.root(), merkle::top::<Sha256>(&leaves));
        assert_eq!(frontier.size(), count);
        assert!(frontier.is_valid());
    }
}

#[test]
fn known_roots_of_certificate_transparency_come_out() {
    // The test tree of RFC 6962 implementations: these leaves, and its root over the first three.
    let leaves: Vec<Hash> = [&[][..], &[0x00], &[0x10]]
        .iter()
        .map(|bytes| Sha256::leaf(bytes))
        .collect();
    assert_eq!(
        leaves[0].to_string(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
    assert_eq!(
        grow(&leaves).0.root().to_string(),
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"
    );
}

/// RFC 6962, 2.1.2, word for word: `PROOF(m, D[n]) = SUBPROOF(m, D[n], true)`.
fn defined_path(first: usize, leaves: &[Hash], is_whole: bool) -> Vec<Hash> {
    if first == leaves.len() {
        return if is_whole {
            vec![]
        } else {
            vec![merkle::top::<Sha256>(leaves)]
        };
    }
    let half = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(half);
    let (mut path, sibling) = if first <= half {
        (defined_path(first, left, is_whole), right)
    } else {
        (defined_path(first - half, right, false), left)
    };
    path.push(merkle::top::<Sha256>(sibling));
    path
}

fn folded(nodes: &BTreeMap<(u8, u64), Hash>, path: &[Vec<LogNode>]) -> Vec<Hash> {
    let hash = |subtrees: &Vec<LogNode>| {
        let hashes: Vec<Hash> = subtrees
            .iter()
            .map(|node| nodes[&(node.level, node.number)])
            .collect();
        fold_log_nodes(&hashes).expect("not empty")
    };
    path.iter().map(hash).collect()
}

fn proves(sizes: (u64, u64), path: &[Hash], roots: (&Hash, &Hash)) -> bool {
    let (first, second) = sizes;
    let claim = LogConsistency {
        first,
        second,
        path,
    };
    claim.proves(roots.0, roots.1)
}

#[test]
fn every_size_is_consistent_with_every_later_one_and_no_other_root_is() {
    const SIZE: u64 = 40;
    let leaves = leaves(SIZE);
    let (_, nodes) = grow(&leaves);
    let root = |size: u64| merkle::top::<Sha256>(&leaves[..size as usize]);
    for second in 1..=SIZE {
        for first in 1..=second {
            let path = folded(&nodes, &consistency_nodes(first, second).expect("in order"));
            let known = &leaves[..second as usize];
            assert_eq!(path, defined_path(first as usize, known, true));
            let (old, new) = (root(first), root(second));
            let refused = |path: &[Hash]| !proves((first, second), path, (&old, &new));
            assert!(!refused(&path), "{first} of {second}");
            // Another root, a hash more, a hash less, a flipped bit: each is refused.
            for other in (1..=SIZE).map(root) {
                let is_old = other == old;
                assert_eq!(proves((first, second), &path, (&other, &new)), is_old);
                let is_new = other == new;
                assert_eq!(proves((first, second), &path, (&old, &other)), is_new);
            }
            assert!(refused(&[&path[..], &[Hash::ZERO]].concat()));
            assert!(!proves((0, second), &path, (&old, &new)));
            assert!(!proves((second + 1, second), &path, (&old, &new)));
            for at in 0..path.len() {
                let mut changed = path.clone();
                changed.remove(at);
                assert!(refused(&changed));
                for bit in [0, 255] {
                    changed = path.clone();
                    changed[at].0[bit / 8] ^= 1 << (bit % 8);
                    assert!(refused(&changed));
                }
            }
        }
    }
    assert_eq!(consistency_nodes(0, 5), None);
    assert_eq!(consistency_nodes(6, 5), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn stored_subtrees_make_the_path_of_the_definition(count in 1u64..300, at in any::<u64>()) {
        let (leaves, index) = (leaves(count), at % count);
        // Later leaves do not disturb the subtrees of an earlier size.
        let (_, nodes) = grow(&self::leaves(count + 9));
        let siblings = log_siblings(index, count).expect("inside");
        let path: Vec<Hash> = siblings
            .iter()
            .map(|subtrees| {
                let hashes: Vec<Hash> =
                    subtrees.iter().map(|node| nodes[&(node.level, node.number)]).collect();
                fold_log_nodes(&hashes).expect("not empty")
            })
            .collect();
        prop_assert_eq!(Some(path.clone()), merkle::path::<Sha256>(&leaves, index as usize));
        let top = merkle::top_from_path::<Sha256>(leaves[index as usize], index, count, &path);
        prop_assert_eq!(top, Some(merkle::top::<Sha256>(&leaves)));
        prop_assert_eq!(log_siblings(count, count), None);
    }
}
