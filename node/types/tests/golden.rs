//! Golden bytes: a change of a wire format is an explicit approval.
//! `UPDATE_GOLDEN=1 cargo test -p senim-types --test golden` writes them anew.

mod common;

use senim_types::codec;
use std::fmt::Write;
use std::path::Path;

#[test]
fn wire_bytes_are_as_approved() {
    let vectors = [
        ("genesis", codec::encode(&common::genesis())),
        ("chain_id", codec::encode(&common::chain())),
        ("validator_set", codec::encode(&common::validators())),
        ("signed_transaction", codec::encode(&common::transaction())),
        (
            "transaction_hash",
            codec::encode(&common::transaction().hash()),
        ),
        ("receipt", codec::encode(&common::receipt(0))),
        ("header", codec::encode(&common::block().header)),
        ("header_hash", codec::encode(&common::block().header.hash())),
        ("block", codec::encode(&common::block())),
        ("commit_certificate", codec::encode(&common::certificate())),
        ("receipt_proof", codec::encode(&common::receipt_proof())),
        (
            "state_proof_of_value",
            codec::encode(&common::state_proof(Some(b"value"))),
        ),
        (
            "state_proof_of_absence",
            codec::encode(&common::state_proof(None)),
        ),
        ("precommit", codec::encode(&common::certificate().vote())),
        ("light_block", codec::encode(&common::light_block())),
        ("header_proof", codec::encode(&common::header_proof())),
        (
            "consistency_proof",
            codec::encode(&common::consistency_proof()),
        ),
        (
            "checkpoint",
            common::signed_checkpoint().to_text().into_bytes(),
        ),
    ];
    let mut text = String::new();
    for (name, bytes) in &vectors {
        writeln!(text, "{name} {}", hex::encode(bytes)).expect("strings take all writes");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/wire.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).expect("the golden file is in the source tree");
    }
    let approved = std::fs::read_to_string(&path).expect("run with UPDATE_GOLDEN=1 once");
    for (got, want) in text.lines().zip(approved.lines()) {
        assert_eq!(got, want);
    }
    assert_eq!(text.lines().count(), approved.lines().count());
}
