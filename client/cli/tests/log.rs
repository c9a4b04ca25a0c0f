//! `senim log` and its proofs from outside: a node whose validators were all replaced, an honest one and others.

#[path = "../../light-client/tests/chain/mod.rs"]
mod chain;
mod support;

use chain::*;
use senim_types::proof::LightBlock;
use senim_types::*;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use support::{code, error_text, json, senim_in, text};

/// The chain of these tests is of 1970.
const PATIENCE: [&str; 2] = ["--trusting-period-days", "40000"];
/// Height of its last block.
const TIP: u64 = 40;

fn a_chain() -> Chain {
    Chain::rotating(TIP, 4)
}

/// What a node answers at a path.
type Answers = dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync;

/// What an honest node of `chain` answers.
fn honest(chain: &Chain, path: &str) -> Option<Vec<u8>> {
    let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number <= TIP);
    if path == "/v1/status" {
        return Some(format!("{{\"height\":{TIP}}}").into_bytes());
    }
    if path == "/v1/log/checkpoint" {
        return Some(chain.checkpoint(TIP, &[10]).to_text().into_bytes());
    }
    if let Some(height) = path.strip_prefix("/v1/light-blocks/") {
        return Some(codec::encode(&chain.light_block(number(height)?)));
    }
    if let Some(height) = path.strip_prefix("/v1/log/headers/") {
        return Some(codec::encode(&chain.header_proof(number(height)?, TIP)));
    }
    let size = path.strip_prefix("/v1/log/consistency/")?;
    Some(codec::encode(&chain.consistency_proof(number(size)?, TIP)))
}

/// A node that answers by path; gives its address.
fn node(answers: Arc<Answers>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of the loopback");
    let address = listener.local_addr().expect("it listens");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or_default();
            let request = String::from_utf8_lossy(&request[..length]);
            let path = request.split(' ').nth(1).unwrap_or_default();
            let refusal = br#"{"code":"NOT_FOUND","message":"not here","fault":"caller"}"#;
            let (status, body) = match answers(path) {
                Some(body) => ("200 OK", body),
                None => ("404 Not Found", refusal.to_vec()),
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
            );
            // A client that has read enough may have gone.
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    format!("http://{address}")
}

fn honest_node() -> String {
    let chain = a_chain();
    node(Arc::new(move |path| honest(&chain, path)))
}

/// A folder that trusts the chain's genesis.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let genesis = serde_json::to_vec(&a_chain().genesis).expect("a genesis has a text");
    std::fs::write(folder.path().join("genesis.json"), genesis).expect("it can be written");
    folder
}

fn run(folder: &Path, node: &str, args: &[&str]) -> Output {
    senim_in(folder, &[args, &["--dir", ".", "--node", node]].concat())
}

fn follow(folder: &Path, node: &str, more: &[&str]) -> Output {
    run(
        folder,
        node,
        &[&["log", "follow"], &PATIENCE[..], more].concat(),
    )
}

#[test]
fn trust_follows_validators_that_were_all_replaced_and_the_other_commands_use_it() {
    let (folder, node) = (folder(), honest_node());
    let folder = folder.path();
    let before = run(folder, &node, &["log", "checkpoint"]);
    assert_eq!(code(&before), 4, "the genesis' validators are gone");
    assert!(error_text(&before).starts_with("senim: VALIDATORS_HASH: "));

    let followed = json(&follow(folder, &node, &["-o", "json"]));
    assert_eq!(
        (&followed["from"], &followed["height"]),
        (&0.into(), &TIP.into())
    );
    let fetched = followed["fetched"].as_u64().expect("a number");
    assert!((2..TIP).contains(&fetched), "{fetched}");
    assert!(folder.join("trusted.light").exists());
    // What is trusted is the tip: there is nothing to fetch.
    let again = json(&follow(folder, &node, &["-o", "json"]));
    assert_eq!(
        (&again["from"], &again["fetched"]),
        (&TIP.into(), &0.into())
    );

    let saved = run(
        folder,
        &node,
        &["log", "checkpoint", "--save", "a.checkpoint"],
    );
    assert_eq!(code(&saved), 0, "{}", error_text(&saved));
    assert!(text(&saved).contains("40 headers in the log senim/"));
    assert!(text(&saved).contains("cosigned 1970-01-01 00:00:09 UTC by senimval1"));
    let header = run(
        folder,
        &node,
        &["log", "header", "3", "--save", "header.proof"],
    );
    assert!(
        text(&header).starts_with("Block 3 "),
        "{}",
        error_text(&header)
    );

    // From files alone: with the trusted block they hold, with the genesis alone they do not.
    for (kind, file) in [
        ("--checkpoint", "a.checkpoint"),
        ("--header-proof", "header.proof"),
    ] {
        let verify = ["verify", "--genesis", "genesis.json", kind, file];
        let with = [&verify[..], &["--trusted", "trusted.light"]].concat();
        let verified = senim_in(folder, &with);
        assert_eq!(code(&verified), 0, "{}", error_text(&verified));
        assert_eq!(code(&senim_in(folder, &verify)), 4);
        let sound = std::fs::read(folder.join(file)).expect("it was saved");
        for at in (0..sound.len()).step_by(61) {
            let mut forged = sound.clone();
            forged[at] ^= 1;
            std::fs::write(folder.join(file), forged).expect("it can be written");
            let verified = senim_in(folder, &[&with[..], &["-o", "json"]].concat());
            // A cosigner whose name or key id was hit is a stranger, and the rest still holds.
            let is_passed_over =
                code(&verified) == 0 && json(&verified)["cosigners"] == serde_json::json!([]);
            assert!(
                code(&verified) == 4 || is_passed_over,
                "byte {at} of {file}"
            );
        }
    }
}

#[test]
fn the_log_is_shown_to_have_only_grown() {
    let (folder, node, chain) = (folder(), honest_node(), a_chain());
    let folder = folder.path();
    assert_eq!(code(&follow(folder, &node, &[])), 0);
    let write = |name: &str, text: String| {
        std::fs::write(folder.join(name), text).expect("it can be written");
    };
    write("monday.checkpoint", chain.checkpoint(9, &[]).to_text());
    let args = [
        "log",
        "extends",
        "monday.checkpoint",
        "--save",
        "grew.proof",
    ];
    let grew = run(folder, &node, &args);
    assert_eq!(code(&grew), 0, "{}", error_text(&grew));
    assert!(text(&grew).starts_with("The log of 9 headers is the beginning of that of 40"));

    let verify = |since: &[&str]| {
        let args = [
            "verify",
            "--genesis",
            "genesis.json",
            "--trusted",
            "trusted.light",
        ];
        senim_in(
            folder,
            &[&args[..], &["--consistency-proof", "grew.proof"], since].concat(),
        )
    };
    assert_eq!(code(&verify(&[])), 0);
    assert_eq!(code(&verify(&["--since", "monday.checkpoint"])), 0);
    // Somebody was shown another log, of this chain or of none.
    write(
        "forked.checkpoint",
        Chain::rotating(TIP, 5).checkpoint(9, &[]).to_text(),
    );
    let mut foreign = chain.checkpoint(9, &[]);
    foreign.checkpoint.chain = ChainId(Hash([7; 32]));
    write("foreign.checkpoint", foreign.to_text());
    let refused = run(folder, &node, &["log", "extends", "foreign.checkpoint"]);
    assert!(code(&refused) == 1 && error_text(&refused).starts_with("senim: FILE_CONTENT: "));
    for refused in [
        run(folder, &node, &["log", "extends", "forked.checkpoint"]),
        verify(&["--since", "forked.checkpoint"]),
    ] {
        assert_eq!(code(&refused), 4);
        assert!(error_text(&refused).starts_with("senim: LOG_CONSISTENCY: "));
    }
}

#[test]
fn what_is_too_old_is_followed_only_where_the_user_says_so() {
    let (folder, node) = (folder(), honest_node());
    let refused = run(folder.path(), &node, &["log", "follow"]);
    assert_eq!(code(&refused), 1);
    assert!(error_text(&refused).starts_with("senim: TRUST_EXPIRED: "));
    assert!(!folder.path().join("trusted.light").exists());
    assert_eq!(code(&follow(folder.path(), &node, &["--to", "5"])), 0);
    assert!(folder.path().join("trusted.light").exists());
}

#[test]
fn trust_starts_from_a_block_that_somebody_vouches_for() {
    let (folder, node, chain) = (folder(), honest_node(), a_chain());
    let folder = folder.path();
    let point = |height: u64, hash: Hash| format!("{height}:{hash}");
    let wrong = point(20, chain.header(21).hash());
    let refused = follow(folder, &node, &["--checkpoint", &wrong]);
    assert!(code(&refused) == 4 && error_text(&refused).starts_with("senim: TRUST_HASH: "));
    assert!(!folder.join("trusted.light").exists());
    let right = point(20, chain.header(20).hash());
    let told = json(&follow(
        folder,
        &node,
        &["--checkpoint", &right, "-o", "json"],
    ));
    assert_eq!((&told["from"], &told["height"]), (&20.into(), &TIP.into()));
    // Its age counts, also where there is nothing to follow.
    let tip = point(TIP, chain.header(TIP).hash());
    let refused = run(folder, &node, &["log", "follow", "--checkpoint", &tip]);
    assert!(code(&refused) == 1 && error_text(&refused).starts_with("senim: TRUST_EXPIRED: "));
    for nonsense in ["20", "x:00", "20:00"] {
        let refused = follow(folder, &node, &["--checkpoint", nonsense]);
        assert_eq!(code(&refused), 2, "{nonsense}");
    }
}

#[test]
fn a_node_that_forges_is_found_out_and_trust_stays_where_it_was() {
    let folder = folder();
    let folder = folder.path();
    let chain = Arc::new(a_chain());
    let forged = |height: u64, chain: &Chain| {
        let powers: Vec<Power> = (201..=204).map(|number| (number, 1)).collect();
        let header = Header {
            validators_hash: set(&powers).hash(),
            next_validators_hash: set(&powers).hash(),
            ..chain.header(height).clone()
        };
        codec::encode(&LightBlock {
            certificate: certify(&header, &powers, &[201, 202, 203, 204]),
            header,
            validators: set(&powers),
            next_validators: set(&powers),
        })
    };
    // From the start, only at the end, and only in the middle.
    for lies in [1..=TIP, TIP..=TIP, 5..=20] {
        let chain = Arc::clone(&chain);
        let liar = node(Arc::new(move |path: &str| {
            let height = path.strip_prefix("/v1/light-blocks/");
            match height.and_then(|height| height.parse().ok()) {
                Some(height) if lies.contains(&height) => Some(forged(height, &chain)),
                _ => honest(&chain, path),
            }
        }));
        let led = follow(folder, &liar, &[]);
        assert_eq!(code(&led), 4, "{}", text(&led));
        assert!(error_text(&led).starts_with("senim: VALIDATORS_HASH: "));
        assert!(!folder.join("trusted.light").exists());
    }
    let silent = node(Arc::new(|path: &str| {
        (path == "/v1/status").then(|| b"{\"height\":40}".to_vec())
    }));
    let refused = follow(folder, &silent, &[]);
    assert!(code(&refused) == 1 && error_text(&refused).starts_with("senim: NOT_FOUND: "));
    let nonsense = node(Arc::new(|_: &str| Some(b"{\"height\":40}".to_vec())));
    let refused = follow(folder, &nonsense, &[]);
    assert!(code(&refused) == 3 && error_text(&refused).starts_with("senim: ANSWER_UNUSABLE: "));
    // A file that is none.
    std::fs::write(folder.join("trusted.light"), b"nonsense").expect("it can be written");
    let refused = run(folder, &silent, &["log", "checkpoint"]);
    assert!(code(&refused) == 1 && error_text(&refused).starts_with("senim: FILE_CONTENT: "));
}
