//! What those read who follow the chain from afar, judged twice: by the light client, and by
//! implementations of the C2SP formats and of RFC 6962 that know nothing of this ledger
//! (`signed_note`, `tlog_tiles`: Rust ports of Go's `sumdb/note` and `sumdb/tlog`).

use crate::network::{Answer, Network, register};
use base64ct::{Base64, Encoding};
use senim_abi::Roles;
use senim_light_client::{Bisection, Bounds};
use senim_types::proof::{ConsistencyProof, HeaderProof, LightBlock};
use senim_types::{Code, Hash, Height, TimeMs, codec, limits};
use senimd::driver::now;
use signed_note::{Note, NoteError, StandardVerifier, Verifier, VerifierList};
use std::time::Duration;
use tlog_tiles::{Checkpoint, check_record, check_tree, record_hash};

/// `cosignature/v1` from the words of C2SP, over the Ed25519 of `signed_note`.
struct Cosigner {
    name: String,
    id: u32,
    key: StandardVerifier,
}

impl Cosigner {
    fn new(origin: &str, point: &[u8; 32]) -> Cosigner {
        let hex: String = point.iter().map(|byte| format!("{byte:02x}")).collect();
        let name = format!("{origin}/{hex}");
        let of_type = |kind: u8| [&[kind], &point[..]].concat();
        let plain = of_type(1);
        let id = signed_note::key_id(&name, &plain);
        let text = format!("{name}+{id:08x}+{}", Base64::encode_string(&plain));
        Cosigner {
            id: signed_note::key_id(&name, &of_type(4)),
            key: StandardVerifier::new(&text).expect("a verifier key"),
            name,
        }
    }
}

impl Verifier for Cosigner {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = signature.split_first_chunk() else {
            return false;
        };
        let time_s = u64::from_be_bytes(*time);
        assert!(now().0 / 1000 - time_s < 600, "signed just now: {time_s}");
        let head = format!("cosignature/v1\ntime {time_s}\n");
        self.key
            .verify(&[head.as_bytes(), text].concat(), signature)
    }
}

/// A network with so many blocks at least.
async fn network(blocks: u32) -> Network {
    let network = Network::start();
    let calls: Vec<_> = (0..blocks)
        .map(|n| register(80 + n, Roles::CLINIC))
        .collect();
    network.operate(0, &calls).await;
    network
}

fn proof<T: borsh::BorshDeserialize + borsh::BorshSerialize>(answer: Answer) -> (T, Vec<u8>) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let decoded = codec::decode(&answer.body, limits::PROOF_BYTES_MAX).expect("canonical");
    (decoded, answer.body)
}

fn tiles(hash: &Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(hash.0)
}

#[tokio::test]
async fn a_checkpoint_is_a_note_that_others_verify() {
    let network = network(3).await;
    let answer = network.get("/v1/log/checkpoint").await;
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    let text = answer.text();
    let proven = network.light_client().checkpoint(&text).expect("it holds");
    let validator = network.genesis().validators.validators()[0].key;
    assert_eq!(proven.cosigned.len(), 1);
    assert_eq!(proven.cosigned[0].validator, validator);

    let note = Note::from_bytes(text.as_bytes()).expect("a signed note");
    let checkpoint = Checkpoint::from_bytes(note.text()).expect("a checkpoint");
    let origin = format!("senim/{}", network.genesis().chain_id());
    assert_eq!(checkpoint.origin(), origin);
    assert_eq!(checkpoint.size(), proven.checkpoint.size);
    assert!(checkpoint.size() >= 3);
    assert_eq!(checkpoint.hash().0, proven.checkpoint.root.0);
    assert_eq!(checkpoint.extension(), "");
    let known = VerifierList::new(vec![Box::new(Cosigner::new(&origin, validator.point()))]);
    let (verified, unknown) = note.verify(&known).expect("cosigned by the validator");
    assert_eq!((verified.len(), unknown.len()), (1, 1));
    assert_eq!(
        unknown[0].name(),
        origin,
        "the certificate is not theirs to judge"
    );

    // The same text with another size or root is signed by nobody.
    let size = format!("\n{}\n", checkpoint.size());
    let grown = text.replacen(&size, &format!("\n{}\n", checkpoint.size() + 1), 1);
    let note = Note::from_bytes(grown.as_bytes()).expect("still a note");
    assert!(matches!(
        note.verify(&known),
        Err(NoteError::InvalidSignature { .. })
    ));
    let refused = network.light_client().checkpoint(&grown);
    assert_eq!(refused, Err(Code::CHECKPOINT_CERTIFICATE));
}

#[tokio::test]
async fn a_checkpoint_is_signed_once_for_a_block() {
    let network = network(1).await;
    let size = |text: &str| text.lines().nth(1).map(str::to_owned);
    let mut first = network.get("/v1/log/checkpoint").await.text();
    loop {
        // Signed a second later it would name a later time.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let again = network.get("/v1/log/checkpoint").await.text();
        if size(&again) == size(&first) {
            assert_eq!(again, first);
            break;
        }
        first = again;
    }
    network.operate(1, &[register(90, Roles::CLINIC)]).await;
    let later = network.get("/v1/log/checkpoint").await.text();
    assert_ne!(size(&later), size(&first));
}

#[tokio::test]
async fn every_header_is_in_the_log_and_others_agree() {
    let network = network(6).await;
    let light = network.light_client();
    for later in 1..=6u64 {
        for height in 0..later {
            let path = format!("/v1/log/headers/{height}?later={later}");
            let (served, bytes): (HeaderProof, _) = proof(network.get_bytes(&path).await);
            let proven = light.header_in_log(&bytes).expect("it holds");
            assert_eq!(proven.earlier.height, Height(height));
            assert_eq!(proven.header.height, Height(later));
            let path = served.path.iter().map(tiles).collect();
            let leaf = record_hash(&codec::encode(&served.earlier));
            let root = tiles(&served.header.log_root);
            check_record(&path, later, root, height, leaf).expect("others agree");
            let other = record_hash(b"another header");
            assert!(check_record(&path, later, root, height, other).is_err());
        }
    }
    // Without a later height it is the tip; in JSON it says the same.
    let (latest, _): (HeaderProof, _) = proof(network.get_bytes("/v1/log/headers/0").await);
    assert!(latest.header.height >= Height(6));
    let json = network.get("/v1/log/headers/0?later=6").await.json();
    assert_eq!(
        json["earlier"]["chain"],
        network.genesis().chain_id().to_string()
    );
    for path in [
        "/v1/log/headers/6?later=6",
        "/v1/log/headers/0?later=0",
        "/v1/log/headers/1?later=99999",
        "/v1/log/headers/18446744073709551615",
    ] {
        let refusal = network.get(path).await.refusal();
        assert_eq!(refusal, (404, "NOT_FOUND".to_owned()), "{path}");
    }
    for path in ["/v1/log/headers/x", "/v1/log/headers/0?later=-1"] {
        let refusal = network.get(path).await.refusal();
        assert_eq!(refusal, (400, "BAD_REQUEST".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn the_log_only_grows_and_others_agree() {
    let network = network(7).await;
    let light = network.light_client();
    for later in 1..=7u64 {
        for size in 1..=later {
            let path = format!("/v1/log/consistency/{size}?later={later}");
            let (served, bytes): (ConsistencyProof, _) = proof(network.get_bytes(&path).await);
            assert_eq!(light.consistency(&bytes).map(|proof| proof.size), Ok(size));
            let path = served.path.iter().map(tiles).collect();
            let (old, new) = (tiles(&served.root), tiles(&served.header.log_root));
            check_tree(&path, later, new, size, old).expect("others agree");
            assert!(check_tree(&path, later, new, size, tiles(&Hash::ZERO)).is_err());
        }
    }
    for path in [
        "/v1/log/consistency/0?later=7",
        "/v1/log/consistency/7?later=6",
        "/v1/log/consistency/1?later=99999",
    ] {
        let refusal = network.get(path).await.refusal();
        assert_eq!(refusal, (404, "NOT_FOUND".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn light_blocks_move_a_light_clients_trust() {
    let network = network(4).await;
    let mut light = network.light_client();
    let mut way = Bisection::new(&light, Height(4));
    while let Some(height) = way.wanted() {
        let path = format!("/v1/light-blocks/{height}");
        let (block, _): (LightBlock, _) = proof(network.get_bytes(&path).await);
        way.take(&mut light, block, now(), &Bounds::default())
            .expect("sound");
    }
    assert_eq!(light.height(), Height(4));
    let json = network.get("/v1/light-blocks/4").await.json();
    assert_eq!(json["header"]["height"], 4);
    assert_eq!(json["validators"].as_array().map(Vec::len), Some(1));
    assert_eq!(network.get("/v1/light-blocks/latest").await.status, 200);
    for (path, status, code) in [
        ("/v1/light-blocks/0", 404, "NOT_FOUND"),
        ("/v1/light-blocks/99999", 404, "NOT_FOUND"),
        ("/v1/light-blocks/x", 400, "BAD_REQUEST"),
    ] {
        assert_eq!(network.get(path).await.refusal(), (status, code.to_owned()));
    }
    let mut late = network.light_client();
    let (block, _): (LightBlock, _) = proof(network.get_bytes("/v1/light-blocks/1").await);
    let after = TimeMs(now().0 + Bounds::default().trusting_period_ms + 60_000);
    let refused = late.skip(&block, after, &Bounds::default());
    assert_eq!(refused, Err(Code::TRUST_EXPIRED));
}

#[tokio::test]
async fn before_the_first_block_there_is_no_checkpoint() {
    let network = Network::start();
    for path in [
        "/v1/log/checkpoint",
        "/v1/log/headers/0",
        "/v1/log/consistency/1",
        "/v1/light-blocks/latest",
    ] {
        let refusal = network.get(path).await.refusal();
        assert_eq!(refusal, (404, "NOT_FOUND".to_owned()), "{path}");
    }
}
