//! Checkpoints, and proofs about the log of headers.

mod chain;

use chain::*;
use senim_light_client::{Bisection, Bounds, LightClient};
use senim_types::checkpoint::*;
use senim_types::*;

fn followed(chain: &Chain, target: u64) -> LightClient {
    let mut client = LightClient::from_genesis(&chain.genesis);
    let mut way = Bisection::new(&client, Height(target));
    while let Some(height) = way.wanted() {
        let block = chain.light_block(height.0);
        way.take(&mut client, block, chain.after(target), &Bounds::default())
            .expect("a sound chain");
    }
    client
}

#[test]
fn a_checkpoint_is_proven_by_its_certificate_and_cosigners_are_counted() {
    let chain = Chain::rotating(9, 30);
    let client = LightClient::from_genesis(&chain.genesis);
    let note = chain.checkpoint(9, &[2, 0, 77]);
    let proven = client.checkpoint(&note.to_text()).expect("sound");
    assert_eq!(proven.checkpoint, note.checkpoint);
    assert_eq!(proven.header, *chain.header(9));
    let mut cosigned: Vec<PublicKey> = proven.cosigned.iter().map(|one| one.validator).collect();
    cosigned.sort();
    let mut expected = vec![key(0).public(), key(2).public()];
    expected.sort();
    assert_eq!(cosigned, expected, "77 is no validator");
    assert!(proven.cosigned.iter().all(|one| one.time_s == 9));
}

#[test]
fn a_checkpoint_of_later_validators_needs_trust_that_has_moved() {
    let chain = Chain::rotating(40, 4);
    let text = chain.checkpoint(40, &[]).to_text();
    let start = LightClient::from_genesis(&chain.genesis);
    assert_eq!(start.checkpoint(&text), Err(Code::VALIDATORS_HASH));
    // Trust that stands exactly at the checkpoint's block knows who certified it.
    let proven = followed(&chain, 40).checkpoint(&text).expect("sound");
    assert_eq!(proven.checkpoint.size, 40);
}

#[test]
fn each_rule_of_checkpoints_refuses_with_its_own_code() {
    let chain = Chain::rotating(9, 30);
    let client = LightClient::from_genesis(&chain.genesis);
    let changed = |change: &dyn Fn(&mut SignedCheckpoint)| {
        let mut note = chain.checkpoint(9, &[0]);
        change(&mut note);
        client.checkpoint(&note.to_text()).map(|_| ())
    };
    assert_eq!(changed(&|_| {}), Ok(()));
    let another = |note: &mut SignedCheckpoint, chain: ChainId| {
        let of = Checkpoint {
            chain,
            ..note.checkpoint
        };
        note.checkpoint = of;
    };
    assert_eq!(
        changed(&|note| another(note, ChainId(Hash::ZERO))),
        Err(Code::HEADER_CHAIN)
    );
    let certificate = Err(Code::CHECKPOINT_CERTIFICATE);
    assert_eq!(changed(&|note| drop(note.lines.remove(0))), certificate);
    assert_eq!(
        changed(&|note| note.lines.push(note.lines[0].clone())),
        certificate
    );
    assert_eq!(changed(&|note| note.checkpoint.size = 8), certificate);
    assert_eq!(
        changed(&|note| note.checkpoint.root = Hash::ZERO),
        certificate
    );
    assert_eq!(
        changed(&|note| note.lines[0].signature.truncate(99)),
        certificate
    );
    let replace = |note: &mut SignedCheckpoint, header: &Header, signers: &[u16]| {
        let line = CertificateLine {
            header: header.clone(),
            certificate: certify(header, &chain.powers[9], signers),
        };
        note.lines[0] = line.line(&note.checkpoint);
    };
    let header = chain.header(9);
    assert_eq!(
        changed(&|note| replace(note, header, &[0, 1])),
        Err(Code::CERTIFICATE_QUORUM)
    );
    let cosignature = Err(Code::CHECKPOINT_COSIGNATURE);
    assert_eq!(
        changed(&|note| note.lines[1].signature[7] ^= 1),
        cosignature
    );
    assert_eq!(
        changed(&|note| note.lines[1].signature[8] ^= 1),
        cosignature
    );
    assert_eq!(
        changed(&|note| note.lines[1].signature.truncate(71)),
        cosignature
    );
    assert_eq!(client.checkpoint("nonsense"), Err(Code::CHECKPOINT_FORM));
    let huge = " ".repeat(limits::CHECKPOINT_BYTES_MAX + 1);
    assert_eq!(client.checkpoint(&huge), Err(Code::TOO_LARGE));
}

/// A flipped bit makes a note worthless, or takes a cosigner from it whose name or key id it was:
/// then it says the same as before with one witness less, as C2SP wants unknown lines treated.
#[test]
fn a_flip_of_any_bit_of_a_checkpoint_changes_nothing_that_it_says() {
    let chain = Chain::rotating(9, 30);
    let client = LightClient::from_genesis(&chain.genesis);
    let note = chain.checkpoint(9, &[0]);
    let sound = client.checkpoint(&note.to_text()).expect("sound");
    let bytes = note.to_text().into_bytes();
    let cosigner = SignedCheckpoint {
        lines: note.lines[..1].to_vec(),
        ..note.clone()
    };
    let cosigner = cosigner.to_text().len();
    let (mut refused, mut passed_over) = (0, 0);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let text = String::from_utf8(flipped);
            let verdict = text.map_err(|_| Code::MALFORMED);
            match verdict.and_then(|text| client.checkpoint(&text)) {
                Err(_) => refused += 1,
                Ok(proven) => {
                    assert!(at >= cosigner, "bit {bit} of byte {at} may flip");
                    assert!(proven.cosigned.is_empty());
                    assert_eq!(proven.header, sound.header);
                    assert_eq!(proven.checkpoint, sound.checkpoint);
                    passed_over += 1;
                }
            }
        }
    }
    assert!(refused > 8 * cosigner && passed_over > 0);
}

#[test]
fn any_earlier_header_is_proven_whatever_validators_it_had() {
    let chain = Chain::rotating(33, 2);
    let client = followed(&chain, 33);
    for height in 0..33 {
        let bytes = codec::encode(&chain.header_proof(height, 33));
        let proven = client.header_in_log(&bytes).map(|proof| proof.earlier);
        assert_eq!(proven, Ok(chain.header(height).clone()));
    }
    let mut other = chain.header_proof(7, 33);
    other.earlier = chain.header(8).clone();
    assert_eq!(
        client.header_in_log(&codec::encode(&other)),
        Err(Code::LOG_PROOF)
    );
    let old = codec::encode(&chain.header_proof(7, 20));
    assert_eq!(client.header_in_log(&old), Err(Code::HEADER_HEIGHT));
}

#[test]
fn every_earlier_log_is_the_beginning_of_the_latest() {
    let chain = Chain::rotating(33, 2);
    let client = followed(&chain, 33);
    for size in 1..=33 {
        let bytes = codec::encode(&chain.consistency_proof(size, 33));
        let proven = client
            .consistency(&bytes)
            .map(|proof| (proof.size, proof.root));
        assert_eq!(proven, Ok((size, chain.header(size).log_root)));
    }
    let mut other = chain.consistency_proof(7, 33);
    other.root = chain.header(8).log_root;
    assert_eq!(
        client.consistency(&codec::encode(&other)),
        Err(Code::LOG_CONSISTENCY)
    );
    // What another chain has is nobody's beginning here.
    let fork = Chain::rotating(33, 3);
    let mut forked = chain.consistency_proof(20, 33);
    forked.root = fork.header(20).log_root;
    assert_eq!(
        client.consistency(&codec::encode(&forked)),
        Err(Code::LOG_CONSISTENCY)
    );
}

#[test]
fn a_flip_of_any_bit_of_a_proof_about_the_log_is_refused() {
    let chain = Chain::rotating(21, 2);
    let client = followed(&chain, 21);
    let refuses = |sound: &[u8], judge: &dyn Fn(&[u8]) -> bool| {
        assert!(judge(sound));
        for at in 0..sound.len() {
            for bit in 0..8 {
                let mut bytes = sound.to_vec();
                bytes[at] ^= 1 << bit;
                assert!(!judge(&bytes), "bit {bit} of byte {at} may flip");
            }
            assert!(!judge(&sound[..at]), "cut to {at} bytes");
        }
    };
    for height in [0, 13, 20] {
        let bytes = codec::encode(&chain.header_proof(height, 21));
        refuses(&bytes, &|bytes| client.header_in_log(bytes).is_ok());
    }
    for size in [1, 8, 13, 20, 21] {
        let bytes = codec::encode(&chain.consistency_proof(size, 21));
        refuses(&bytes, &|bytes| client.consistency(bytes).is_ok());
    }
}

/// The bytes that are pinned for other implementations are judged sound by this one.
#[test]
fn the_golden_vectors_hold() {
    const GOLDEN: &str = include_str!("../../../node/types/tests/golden/wire.txt");
    let golden = |name: &str| -> Vec<u8> {
        let line = GOLDEN
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let digits = line.expect("a vector of this name").as_bytes();
        let byte = |pair: &[u8]| {
            let text = std::str::from_utf8(pair).expect("hex");
            u8::from_str_radix(text, 16).expect("hex")
        };
        digits.chunks(2).map(byte).collect()
    };
    let genesis = Genesis::decode(&golden("genesis")).expect("a genesis");
    let mut client = LightClient::from_genesis(&genesis);
    let header = client.header_in_log(&golden("header_proof"));
    assert_eq!(header.map(|proof| proof.earlier.height), Ok(Height(1)));
    let grown = client.consistency(&golden("consistency_proof"));
    assert_eq!(
        grown.map(|proof| (proof.size, proof.header.height)),
        Ok((2, Height(3)))
    );
    let text = String::from_utf8(golden("checkpoint")).expect("a note");
    let proven = client.checkpoint(&text).expect("it holds");
    assert_eq!((proven.checkpoint.size, proven.cosigned.len()), (1, 1));
    let block: senim_types::proof::LightBlock =
        codec::decode(&golden("light_block"), limits::LIGHT_BLOCK_BYTES_MAX).expect("canonical");
    let now = TimeMs(block.header.time.0 + 1);
    let moved = client.skip(&block, now, &Bounds::default());
    assert_eq!(moved, Ok(senim_light_client::Skip::Moved));
    assert!(
        client.checkpoint(&text).is_ok(),
        "of the block that is trusted now"
    );
}
