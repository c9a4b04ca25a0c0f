//! Each rule of the light client, and the flip of any byte.

use senim_light_client::LightClient;
use senim_types::crypto::SecretKey;
use senim_types::proof::state::{state_inner_hash, state_leaf_hash, state_path, state_path_bit};
use senim_types::proof::{ReceiptProof, StateProof, StateProofBundle, StateProofEnd};
use senim_types::*;

fn keys(seeds: std::ops::RangeInclusive<u8>) -> Vec<SecretKey> {
    seeds.map(|n| SecretKey::from_seed(&[n; 32])).collect()
}

fn set(keys: &[SecretKey]) -> ValidatorSet {
    let validators = keys.iter().map(|k| Validator {
        key: k.public(),
        power: 1,
    });
    ValidatorSet::new(validators.collect()).expect("distinct keys")
}

fn genesis() -> Genesis {
    Genesis {
        version: 1,
        name: "light".into(),
        time: TimeMs(1),
        parameters: Parameters::default(),
        validators: set(&keys(1..=4)),
        contracts: vec![],
        calls: vec![],
    }
}

fn certify(header: &Header, keys: &[SecretKey], signers: usize) -> CommitCertificate {
    let set = set(keys);
    let mut certificate = CommitCertificate {
        height: header.height,
        round: Round(0),
        block: header.hash(),
        signatures: vec![],
    };
    let bytes = certificate
        .vote()
        .signed_bytes(VoteKind::Precommit, &header.chain);
    for (index, validator) in set.validators().iter().enumerate().take(signers) {
        let key = keys
            .iter()
            .find(|k| k.public() == validator.key)
            .expect("one of the set");
        let signature = key.sign_bytes(&bytes);
        certificate.signatures.push(CommitSignature {
            validator: index as u16,
            signature,
        });
    }
    certificate
}

fn receipts() -> Vec<Receipt> {
    let receipt = |index| Receipt {
        transaction: Hash::of(&[index as u8]),
        height: Height(1),
        index,
        status: Status::Applied,
        fuel: 7,
        events: vec![Event {
            contract: ContractId(4),
            kind: 1,
            version: 1,
            body: vec![1, 2],
        }],
        outputs: vec![],
    };
    (0..6).map(receipt).collect()
}

/// Two keys in the state: the root, the proof of the first, and a key whose absence it proves.
fn state() -> (Hash, StateProof, Vec<u8>) {
    let (a, b) = (state_path(b"a"), state_path(b"b"));
    let depth = (0..256)
        .find(|d| state_path_bit(&a, *d) != state_path_bit(&b, *d))
        .expect("differ");
    let leaf_b = state_leaf_hash(&b, &Hash::of(b"2"));
    let mut siblings = vec![Hash::ZERO; depth];
    siblings.push(leaf_b);
    let proof = StateProof {
        siblings,
        end: StateProofEnd::Leaf {
            path: a,
            value: Hash::of(b"1"),
        },
    };
    let mut root = state_leaf_hash(&a, &Hash::of(b"1"));
    for (depth, sibling) in proof.siblings.iter().enumerate().rev() {
        root = if state_path_bit(&a, depth) {
            state_inner_hash(sibling, &root)
        } else {
            state_inner_hash(&root, sibling)
        };
    }
    // Its way ends at the leaf of `a`, so the same siblings prove that it is not there.
    let absent = (0u32..).map(|n| n.to_be_bytes().to_vec()).find(|key| {
        let path = state_path(key);
        (0..=depth).all(|d| state_path_bit(&path, d) == state_path_bit(&a, d))
    });
    (
        root,
        proof,
        absent.expect("one in a few keys goes that way"),
    )
}

fn header() -> Header {
    Header {
        height: Height(1),
        time: TimeMs(5),
        parent: genesis().header(Hash::ZERO).hash(),
        receipts_root: merkle::list_root(receipts().iter().map(Receipt::leaf)),
        state_root: state().0,
        ..genesis().header(Hash::ZERO)
    }
}

fn receipt_proof() -> ReceiptProof {
    let certificate = certify(&header(), &keys(1..=4), 3);
    ReceiptProof::new(&receipts(), 4, header(), certificate).expect("index below count")
}

#[test]
fn a_sound_receipt_is_proven() {
    let client = LightClient::from_genesis(&genesis());
    assert_eq!(
        client.receipt(&codec::encode(&receipt_proof())),
        Ok(receipts()[4].clone())
    );
}

#[test]
fn a_flip_of_any_single_bit_is_refused() {
    let client = LightClient::from_genesis(&genesis());
    let sound = codec::encode(&receipt_proof());
    for at in 0..sound.len() {
        for bit in 0..8 {
            let mut bytes = sound.clone();
            bytes[at] ^= 1 << bit;
            assert!(
                client.receipt(&bytes).is_err(),
                "bit {bit} of byte {at} may flip"
            );
        }
    }
    for length in 0..sound.len() {
        assert!(
            client.receipt(&sound[..length]).is_err(),
            "cut to {length} bytes"
        );
    }
}

#[test]
fn each_rule_refuses_with_its_own_code() {
    let client = LightClient::from_genesis(&genesis());
    let four = keys(1..=4);
    let strangers = keys(11..=14);
    let recertified = |change: fn(&mut Header), keys: &[SecretKey], signers| {
        let mut header = header();
        change(&mut header);
        let certificate = certify(&header, keys, signers);
        ReceiptProof::new(&receipts(), 4, header, certificate).expect("index below count")
    };
    let mut wrong_block = receipt_proof();
    wrong_block.header.time = TimeMs(6);
    let mut wrong_height = receipt_proof();
    wrong_height.certificate.height = Height(2);
    let mut forged = receipt_proof();
    forged.receipt.status = Status::Refused {
        code: Code::EXPIRED,
        detail: vec![],
    };
    let other_height = recertified(|h| h.height = Height(2), &four, 3);
    let table = [
        (
            Code::HEADER_CHAIN,
            recertified(|h| h.chain = ChainId(Hash::ZERO), &four, 4),
        ),
        (
            Code::HEADER_HEIGHT,
            recertified(|h| h.height = Height(0), &four, 4),
        ),
        (Code::HEADER_HEIGHT, other_height),
        (Code::HEADER_HEIGHT, wrong_height),
        (
            Code::VALIDATORS_HASH,
            recertified(|h| h.validators_hash = Hash::ZERO, &four, 4),
        ),
        (Code::CERTIFICATE_BLOCK, wrong_block),
        (
            Code::CERTIFICATE_SIGNATURE,
            recertified(|_| {}, &strangers, 4),
        ),
        (Code::CERTIFICATE_QUORUM, recertified(|_| {}, &four, 2)),
        (Code::RECEIPT_PROOF, forged),
    ];
    for (code, proof) in table {
        assert_eq!(client.receipt(&codec::encode(&proof)), Err(code));
    }
    assert_eq!(client.receipt(b"nonsense"), Err(Code::MALFORMED));
}

#[test]
fn a_value_is_proven_and_no_other() {
    let client = LightClient::from_genesis(&genesis());
    let bundle = |key: &[u8], value: Option<&[u8]>| StateProofBundle {
        key: key.to_vec(),
        value: value.map(<[u8]>::to_vec),
        proof: state().1,
        header: header(),
        certificate: certify(&header(), &keys(1..=4), 3),
    };
    let proven = client
        .state(&codec::encode(&bundle(b"a", Some(b"1"))))
        .expect("sound");
    assert_eq!(proven.value.as_deref(), Some(&b"1"[..]));
    let absent = state().2;
    let proven = client
        .state(&codec::encode(&bundle(&absent, None)))
        .expect("sound");
    assert_eq!(proven.value, None);
    let invented = client.state(&codec::encode(&bundle(&absent, Some(b"1"))));
    assert_eq!(invented, Err(Code::STATE_PROOF));
    for (key, value) in [
        (&b"a"[..], Some(&b"2"[..])),
        (b"a", None),
        (b"b", Some(b"1")),
        (b"b", None),
    ] {
        let refused = client.state(&codec::encode(&bundle(key, value)));
        assert_eq!(refused, Err(Code::STATE_PROOF));
    }
    let sound = codec::encode(&bundle(b"a", Some(b"1")));
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        assert!(client.state(&bytes).is_err(), "byte {at} may flip");
    }
}

#[test]
fn trust_moves_only_to_the_set_that_a_certified_header_names() {
    let mut client = LightClient::from_genesis(&genesis());
    let (four, next) = (keys(1..=4), keys(3..=7));
    let mut first = header();
    first.next_validators_hash = set(&next).hash();
    let certificate = certify(&first, &four, 3);
    let wrong = client.advance(&first, &certificate, set(&keys(4..=8)));
    assert_eq!(wrong, Err(Code::VALIDATORS_HASH));
    assert_eq!(client.advance(&first, &certificate, set(&next)), Ok(()));
    let mut second = first.clone();
    second.height = Height(2);
    second.validators_hash = set(&next).hash();
    assert_eq!(client.header(&second, &certify(&second, &next, 4)), Ok(()));
    // The block that trust came by stays known, those before it do not.
    assert_eq!(client.header(&first, &certificate), Ok(()));
    let certificate = certify(&second, &next, 4);
    assert_eq!(client.advance(&second, &certificate, set(&next)), Ok(()));
    assert_eq!(
        client.header(&first, &certify(&first, &four, 3)),
        Err(Code::HEADER_HEIGHT)
    );
}
