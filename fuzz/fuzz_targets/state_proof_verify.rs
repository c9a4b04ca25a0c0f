//! Proofs as a light client gets them. The fuzzer cannot sign for its chain, so nothing is ever believed;
//! and under one root a key is never both there and not there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use senim_light_client::LightClient;
use senim_types::checkpoint::SignedCheckpoint;
use senim_types::codec::decode;
use senim_types::limits::PROOF_BYTES_MAX;
use senim_types::proof::StateProofBundle;
use senim_types::{Genesis, Parameters, TimeMs, Validator, ValidatorSet};

/// A chain whose only validator is the base point of the curve: none of the seeds is signed by it.
fn other_chain() -> LightClient {
    let mut point = [0x66; 32];
    point[0] = 0x58;
    let key = senim_types::PublicKey::from_ed25519(point).expect("the base point is a key");
    let validators = ValidatorSet::new(vec![Validator { key, power: 1 }]).expect("a set of one");
    LightClient::from_genesis(&Genesis {
        version: 1,
        name: String::new(),
        time: TimeMs(0),
        parameters: Parameters::default(),
        validators,
        contracts: vec![],
        calls: vec![],
    })
}

fuzz_target!(|bytes: &[u8]| {
    let client = other_chain();
    assert!(client.state(bytes).is_err());
    assert!(client.receipt(bytes).is_err());
    assert!(client.header_in_log(bytes).is_err());
    assert!(client.consistency(bytes).is_err());
    if let Ok(text) = core::str::from_utf8(bytes) {
        assert!(client.checkpoint(text).is_err());
        if let Ok(note) = SignedCheckpoint::parse(text) {
            assert_eq!(note.to_text(), text);
        }
    }
    let Ok(bundle) = decode::<StateProofBundle>(bytes, PROOF_BYTES_MAX) else {
        return;
    };
    let (proof, root) = (&bundle.proof, &bundle.header.state_root);
    let value = bundle.value.as_deref();
    if proof.proves(root, &bundle.key, value) {
        let opposite = if value.is_some() {
            None
        } else {
            Some(&b"anything"[..])
        };
        assert!(!proof.proves(root, &bundle.key, opposite));
    }
});
