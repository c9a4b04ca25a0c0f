//! Merkle lists, overlays, amounts, the table of codes, JSON forms.

mod common;

use proptest::prelude::*;
use senim_types::code::CODES;
use senim_types::merkle::{Blake3, ListTree, TreeHash, list_root, list_root_from_path, path, top};
use senim_types::state_view::{Overlay, StateEntry, StateView, ViewError};
use senim_types::*;
use std::collections::BTreeMap;

struct Model(BTreeMap<Vec<u8>, Vec<u8>>);

impl StateView for Model {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.0.get(key).cloned())
    }
    fn scan(
        &self,
        prefix: &[u8],
        after: &[u8],
        limit: usize,
    ) -> Result<Vec<StateEntry>, ViewError> {
        let entries = self.0.iter().filter(|(k, _)| k.starts_with(prefix));
        let entries = entries.filter(|(k, _)| after.is_empty() || k.as_slice() > after);
        Ok(entries
            .take(limit)
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect())
    }
}

proptest! {
    #[test]
    fn every_leaf_of_a_list_is_proven_and_nothing_else(count in 1usize..40, index in any::<prop::sample::Index>(), wrong in 0u32..60) {
        let items: Vec<Vec<u8>> = (0..count).map(|n| vec![n as u8; 3]).collect();
        let index = index.index(count);
        let leaves: Vec<Hash> = items.iter().map(|item| Blake3::leaf(item)).collect();
        let siblings = path::<Blake3>(&leaves, index).expect("index below count");
        let root = list_root(&items);
        let tree = ListTree::new(&items);
        prop_assert_eq!(tree.root(), root);
        prop_assert_eq!(tree.path(index), Some(siblings.clone()));
        let at = |item: &[u8], index: usize, count: u32| list_root_from_path(item, index as u32, count, &siblings);
        prop_assert_eq!(at(&items[index], index, count as u32), Some(root));
        prop_assert_ne!(at(b"another", index, count as u32), Some(root));
        if wrong as usize != count {
            prop_assert_ne!(at(&items[index], index, wrong), Some(root));
        }
        if wrong as usize != index {
            prop_assert_ne!(at(&items[index], wrong as usize, count as u32), Some(root));
        }
    }

    #[test]
    fn an_overlay_reads_like_the_state_it_would_become(
        base in proptest::collection::btree_map(proptest::collection::vec(0u8..3, 1..4), any::<[u8; 1]>(), 0..20),
        changes in proptest::collection::btree_map(proptest::collection::vec(0u8..3, 1..4), any::<Option<[u8; 1]>>(), 0..20),
        prefix in proptest::collection::vec(0u8..3, 0..3),
        after in proptest::collection::vec(0u8..3, 0..4),
        limit in 0usize..8,
    ) {
        let base = Model(base.into_iter().map(|(k, v)| (k, v.to_vec())).collect());
        let changes = ChangeSet(changes.into_iter().map(|(k, v)| (k, v.map(|v| v.to_vec()))).collect());
        let mut merged = Model(base.0.clone());
        for (key, change) in &changes.0 {
            match change {
                Some(value) => merged.0.insert(key.clone(), value.clone()),
                None => merged.0.remove(key),
            };
        }
        let overlay = Overlay { base: &base, changes: &changes };
        prop_assert_eq!(overlay.scan(&prefix, &after, limit), merged.scan(&prefix, &after, limit));
        for key in merged.0.keys().chain(base.0.keys()).chain(changes.0.keys()) {
            prop_assert_eq!(overlay.get(key), merged.get(key));
        }
    }
}

#[test]
fn the_empty_tree_and_rfc_6962_vectors() {
    use senim_types::merkle::Sha256;
    assert_eq!(top::<Sha256>(&[]), Hash::ZERO);
    // RFC 6962 test data as used by certificate-transparency: the leaf hash of the empty string.
    let leaf = Sha256::leaf(b"");
    assert_eq!(
        leaf.to_string(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
    let two = top::<Sha256>(&[leaf, Sha256::leaf(&[0])]);
    assert_eq!(
        two.to_string(),
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    );
}

#[test]
fn amounts_do_not_wrap() {
    assert_eq!(Tiyn(u64::MAX).checked_add(Tiyn(1)), None);
    assert_eq!(Tiyn(1).checked_sub(Tiyn(2)), None);
    assert_eq!(
        Tiyn(u64::MAX).checked_share(u64::MAX, u64::MAX),
        Some(Tiyn(u64::MAX))
    );
    assert_eq!(Tiyn(1000).checked_share(7, 30), Some(Tiyn(233)));
    assert_eq!(Tiyn(u64::MAX).checked_share(2, 1), None);
    assert_eq!(Tiyn(1).checked_share(1, 0), None);
}

#[test]
fn codes_are_ascending_unique_and_say_what_to_do() {
    assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
    for entry in CODES {
        assert_eq!(Code::from_name(entry.name), Some(entry.code));
        assert_eq!(entry.code.name(), entry.name);
        assert!(
            entry.advice.ends_with('.') && entry.advice.len() > 10,
            "{}",
            entry.name
        );
    }
    assert_eq!(Code(65_000).to_string(), "CONTRACT_ERROR_65000");
}

#[test]
fn json_forms_read_back() {
    let proof = common::receipt_proof();
    let json = serde_json::to_string(&proof).expect("serialises");
    assert_eq!(
        serde_json::from_str::<proof::ReceiptProof>(&json).expect("parses"),
        proof
    );
    let genesis = common::genesis();
    let json = serde_json::to_string(&genesis).expect("serialises");
    assert_eq!(
        serde_json::from_str::<Genesis>(&json).expect("parses"),
        genesis
    );
    let unknown = Status::Refused {
        code: Code(65_000),
        detail: vec![],
    };
    let json = serde_json::to_string(&unknown).expect("serialises");
    assert_eq!(
        serde_json::from_str::<Status>(&json).expect("parses"),
        unknown
    );
}
