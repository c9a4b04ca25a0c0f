//! What the tests share: the program as a process, a chain of four validators, and a node made of canned answers.
#![allow(dead_code, reason = "each test binary uses a part of this")]

use senim_types::crypto::SecretKey;
use senim_types::merkle;
use senim_types::proof::state::{state_leaf_hash, state_path};
use senim_types::proof::{ReceiptProof, StateProof, StateProofBundle, StateProofEnd};
use senim_types::{
    CommitCertificate, CommitSignature, Genesis, Hash, Header, Height, Parameters, Receipt, Round,
    Status, TimeMs, Validator, ValidatorSet, Vote, VoteKind, codec,
};
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in `folder` with none of the environment's settings.
pub fn senim_in(folder: &Path, args: &[&str]) -> Output {
    let args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
    run_in(folder, &args)
}

/// Runs the program with arguments that need not be text.
pub fn senim_os(args: &[&OsStr]) -> Output {
    run_in(Path::new("."), args)
}

fn run_in(folder: &Path, args: &[&OsStr]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_senim"));
    for name in [
        "SENIM_NODE",
        "SENIM_DIR",
        "SENIM_TRUSTED",
        "SENIM_WALLET",
        "SENIM_CLINIC",
        "SENIM_PHARMACY",
        "SENIM_CLOCK_AHEAD_MS",
    ] {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .args(args)
        .output()
        .expect("the program was built")
}

/// Runs the program where it needs no folder.
pub fn senim(args: &[&str]) -> Output {
    senim_in(Path::new("."), args)
}

/// The exit code.
pub fn code(output: &Output) -> i32 {
    output.status.code().expect("it was not killed")
}

/// Standard output as text.
pub fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Standard error as text.
pub fn error_text(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Standard output as the one JSON object that it has to be.
pub fn json(output: &Output) -> Value {
    let value: Value =
        serde_json::from_str(&text(output)).expect("one JSON value and nothing else");
    assert!(value.is_object());
    value
}

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

/// A chain whose four validators' keys the tests have.
pub fn genesis() -> Genesis {
    let validators = (1..=4)
        .map(|n| Validator {
            key: key(n).public(),
            power: 1,
        })
        .collect();
    Genesis {
        version: 1,
        name: "of the tests".into(),
        time: TimeMs(1_770_000_000_000),
        parameters: Parameters::default(),
        validators: ValidatorSet::new(validators).expect("four keys"),
        contracts: Vec::new(),
        calls: Vec::new(),
    }
}

/// Writes the genesis as `genesis.json`.
pub fn write_genesis(folder: &Path) {
    let json = serde_json::to_vec(&genesis()).expect("a genesis has a text");
    std::fs::write(folder.join("genesis.json"), json).expect("the folder can be written");
}

fn certify(header: &Header) -> CommitCertificate {
    let genesis = genesis();
    let vote = Vote {
        height: header.height,
        round: Round(0),
        block: Some(header.hash()),
    };
    let bytes = vote.signed_bytes(VoteKind::Precommit, &genesis.chain_id());
    let sign = |n: u8| {
        let index = genesis
            .validators
            .index_of(&key(n).public())
            .expect("one of four");
        CommitSignature {
            validator: index as u16,
            signature: key(n).sign_bytes(&bytes),
        }
    };
    let mut signatures: Vec<CommitSignature> = (1..=3).map(sign).collect();
    signatures.sort_by_key(|signature| signature.validator);
    CommitCertificate {
        height: header.height,
        round: Round(0),
        block: header.hash(),
        signatures,
    }
}

fn header(receipts_root: Hash, state_root: Hash) -> Header {
    Header {
        height: Height(1),
        time: TimeMs(1_770_000_001_000),
        receipts_root,
        ..genesis().header(state_root)
    }
}

/// The proof of a receipt that says that `transaction` was applied.
pub fn receipt_proof(transaction: Hash) -> Vec<u8> {
    let receipts: Vec<Receipt> = (0..3)
        .map(|index| Receipt {
            transaction: if index == 1 {
                transaction
            } else {
                Hash([index as u8; 32])
            },
            height: Height(1),
            index,
            status: Status::Applied,
            fuel: 7,
            events: Vec::new(),
            outputs: Vec::new(),
        })
        .collect();
    let header = header(
        merkle::list_root(receipts.iter().map(Receipt::leaf)),
        Hash::ZERO,
    );
    let certificate = certify(&header);
    codec::encode(&ReceiptProof::new(&receipts, 1, header, certificate).expect("there are three"))
}

/// The proof that a state of one key has this value.
pub fn state_proof(key: &[u8], value: &[u8]) -> Vec<u8> {
    let (path, hash) = (state_path(key), Hash::of(value));
    let header = header(Hash::ZERO, state_leaf_hash(&path, &hash));
    let certificate = certify(&header);
    codec::encode(&StateProofBundle {
        key: key.to_vec(),
        value: Some(value.to_vec()),
        proof: StateProof {
            siblings: Vec::new(),
            end: StateProofEnd::Leaf { path, value: hash },
        },
        header,
        certificate,
    })
}

/// A node that answers every request with these bytes; gives its address.
pub fn node_that_says(answer: Vec<u8>) -> String {
    node_that_answers("200 OK", answer)
}

/// A node that answers every request with this status and these bytes; gives its address.
pub fn node_that_answers(status: &'static str, answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of the loopback");
    let address = listener.local_addr().expect("it listens");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let head = format!(
                "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                answer.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), &answer].concat());
        }
    });
    format!("http://{address}")
}
