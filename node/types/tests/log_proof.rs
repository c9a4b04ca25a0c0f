//! The header log against RFC 6962's recursive definition.

use proptest::prelude::*;
use senim_types::Hash;
use senim_types::merkle::{self, Sha256, TreeHash};
use senim_types::proof::LogFrontier;
use senim_types::proof::log::{fold_log_nodes, log_siblings};
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
