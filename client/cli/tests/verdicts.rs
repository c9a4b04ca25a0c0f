//! The verifier and the exit codes: what a proof that does not hold looks like from outside.

mod support;

use senim_types::Hash;
use std::path::Path;
use support::*;

const TRANSACTION: Hash = Hash([0xab; 32]);

fn verify(folder: &Path, kind: &str, format: &[&str]) -> std::process::Output {
    senim_in(
        folder,
        &[
            &["verify", "--genesis", "genesis.json", kind, "a.proof"],
            format,
        ]
        .concat(),
    )
}

#[test]
fn a_receipt_is_verified_from_two_files() {
    let folder = tempfile::tempdir().expect("a folder");
    write_genesis(folder.path());
    std::fs::write(folder.path().join("a.proof"), receipt_proof(TRANSACTION))
        .expect("it can be written");
    let output = verify(folder.path(), "--receipt-proof", &[]);
    assert_eq!(code(&output), 0, "{}", error_text(&output));
    assert!(text(&output).starts_with("The proof holds.\n"));
    assert!(text(&output).contains("signed by 3 of 4 validators"));
    let told = json(&verify(folder.path(), "--receipt-proof", &["-o", "json"]));
    assert_eq!(
        (&told["valid"], &told["status"]),
        (&true.into(), &"applied".into())
    );
    assert_eq!(told["transaction"], TRANSACTION.to_string());
}

#[test]
fn a_state_key_is_verified_from_two_files() {
    let folder = tempfile::tempdir().expect("a folder");
    write_genesis(folder.path());
    std::fs::write(folder.path().join("a.proof"), state_proof(b"key", b"value"))
        .expect("it can be written");
    let told = json(&verify(folder.path(), "--state-proof", &["-o", "json"]));
    assert_eq!(
        (&told["key"], &told["value"]),
        (&"6b6579".into(), &"76616c7565".into())
    );
    // A proof of one kind is none of the other.
    assert_eq!(code(&verify(folder.path(), "--receipt-proof", &[])), 4);
}

#[test]
fn a_flipped_bit_anywhere_in_a_proof_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let light = senim_light_client::LightClient::from_genesis(&genesis());
    let proof = receipt_proof(TRANSACTION);
    for place in 0..proof.len() {
        for bit in 0..8 {
            let mut forged = proof.clone();
            forged[place] ^= 1 << bit;
            assert!(
                senim_cli::session::judge_receipt(&light, forged).is_err(),
                "byte {place}, bit {bit}"
            );
        }
    }
    // And from outside, where a process is started each time, at some places.
    write_genesis(folder.path());
    for place in (0..proof.len()).step_by(97) {
        let mut forged = proof.clone();
        forged[place] ^= 0x10;
        std::fs::write(folder.path().join("a.proof"), forged).expect("it can be written");
        let output = verify(folder.path(), "--receipt-proof", &["-o", "json"]);
        assert_eq!(code(&output), 4, "byte {place}");
        assert!(json(&output)["code"].is_string());
    }
}

#[test]
fn a_proof_of_another_chain_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut other = genesis();
    other.name = "another".into();
    let json = serde_json::to_vec(&other).expect("a genesis has a text");
    std::fs::write(folder.path().join("genesis.json"), json).expect("it can be written");
    std::fs::write(folder.path().join("a.proof"), receipt_proof(TRANSACTION))
        .expect("it can be written");
    let output = verify(folder.path(), "--receipt-proof", &[]);
    assert_eq!(code(&output), 4);
    assert!(error_text(&output).starts_with("senim: HEADER_CHAIN: "));
}

#[test]
fn a_node_that_answers_with_another_receipt_or_another_key_is_found_out() {
    let folder = tempfile::tempdir().expect("a folder");
    write_genesis(folder.path());
    let node = node_that_says(receipt_proof(TRANSACTION));
    let receipt = |hash: Hash| {
        senim_in(
            folder.path(),
            &["receipt", &hash.to_string(), "--dir", ".", "--node", &node],
        )
    };
    assert_eq!(code(&receipt(TRANSACTION)), 0);
    let other = receipt(Hash([0xcd; 32]));
    assert_eq!(code(&other), 4);
    assert!(error_text(&other).starts_with("senim: WRONG_RECEIPT: "));

    let node = node_that_says(state_proof(b"key", b"value"));
    let state = |key: &str| {
        senim_in(
            folder.path(),
            &["state", key, "--dir", ".", "--node", &node],
        )
    };
    assert!(text(&state("6b6579")).starts_with("76616c7565\n"));
    assert_eq!(code(&state("6b657a")), 4);
}

#[test]
fn nothing_is_signed_for_a_node_of_another_chain() {
    let folder = tempfile::tempdir().expect("a folder");
    write_genesis(folder.path());
    assert_eq!(
        code(&senim_in(
            folder.path(),
            &[
                "key",
                "new",
                "--kind",
                "device",
                "--out",
                "keys/operator.key"
            ]
        )),
        0
    );
    let status = format!("{{\"chain\":\"{}\",\"next_sequence\":0}}", Hash([9; 32]));
    let node = node_that_says(status.into_bytes());
    let device = text(&senim_in(
        folder.path(),
        &["key", "show", "keys/operator.key"],
    ));
    let args = [
        "device",
        "suspend",
        device.trim(),
        "--dir",
        ".",
        "--node",
        &node,
    ];
    let output = senim_in(folder.path(), &args);
    assert_eq!(code(&output), 1);
    assert!(
        error_text(&output).starts_with("senim: WRONG_CHAIN: "),
        "{}",
        error_text(&output)
    );
}

#[test]
fn each_exit_code_says_who_acts() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| senim_in(folder.path(), args);
    // 2: not understood, in JSON where JSON was asked for.
    for args in [
        &["nonsense"][..],
        &["verify", "--genesis", "g"],
        &["state", "xyz"],
        &["status", "--node", "ftp://x"],
    ] {
        write_genesis(folder.path());
        let args = [args, &["--dir", "."]].concat();
        assert_eq!(code(&run(&args)), 2, "{args:?}");
        let told = run(&[&args[..], &["-o", "json"]].concat());
        assert_eq!(
            (code(&told), &json(&told)["code"]),
            (2, &"BAD_USAGE".into()),
            "{args:?}"
        );
    }
    // 3: nobody there.
    let nobody = run(&["status", "--node", "http://127.0.0.1:1"]);
    assert!(code(&nobody) == 3 && error_text(&nobody).starts_with("senim: NODE_UNREACHABLE: "));
    // 3: somebody there, but no node.
    let stranger = run(&["status", "--node", &node_that_says(b"hello".to_vec())]);
    assert!(code(&stranger) == 3 && error_text(&stranger).starts_with("senim: ANSWER_UNUSABLE: "));
    // 1: the caller's own files.
    let missing = run(&[
        "verify",
        "--genesis",
        "none.json",
        "--receipt-proof",
        "none.proof",
    ]);
    assert!(code(&missing) == 1 && error_text(&missing).starts_with("senim: FILE_UNREADABLE: "));
    let no_genesis = run(&["block", "1", "--dir", "nowhere"]);
    assert!(code(&no_genesis) == 1 && error_text(&no_genesis).contains("--dir"));
    let no_wallet = run(&["wallet", "key"]);
    assert!(code(&no_wallet) == 1 && error_text(&no_wallet).starts_with("senim: FILE_CONTENT: "));
}
