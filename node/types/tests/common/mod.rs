//! One value of every wire type, made from fixed seeds.
#![allow(dead_code)]

use senim_types::crypto::SecretKey;
use senim_types::*;

pub fn secret(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

pub fn chain() -> ChainId {
    genesis().chain_id()
}

pub fn validators() -> ValidatorSet {
    ValidatorSet::new(
        (1..=4)
            .map(|n| Validator {
                key: secret(n).public(),
                power: 1,
            })
            .collect(),
    )
    .expect("four distinct keys")
}

pub fn genesis() -> Genesis {
    Genesis {
        version: 1,
        name: "golden".into(),
        time: TimeMs(1_760_000_000_000),
        parameters: Parameters::default(),
        validators: validators(),
        contracts: vec![GenesisContract {
            id: ContractId(1),
            name: "registry".into(),
            code: Hash::of(b"code"),
        }],
        calls: vec![GenesisCall {
            contract: ContractId(1),
            input: vec![0, 1, 2],
        }],
    }
}

pub fn transaction() -> SignedTransaction {
    let (statement, signature) = secret(8).witness(Domain::Qr, &chain(), b"message".to_vec());
    let body = Transaction {
        version: 1,
        chain: chain(),
        device: secret(9).public(),
        sequence: 7,
        valid_until: TimeMs(1_760_000_060_000),
        calls: vec![Call {
            contract: ContractId(4),
            input: vec![3, 1, 4],
        }],
        witnesses: vec![statement],
    };
    secret(9).sign_transaction(body, vec![signature])
}

pub fn receipt(index: u32) -> Receipt {
    Receipt {
        transaction: transaction().hash(),
        height: Height(1),
        index,
        status: Status::Refused {
            code: Code::EXPIRED,
            detail: vec![1, 2],
        },
        fuel: 12_345,
        events: vec![Event {
            contract: ContractId(4),
            kind: 2,
            version: 1,
            body: vec![9],
        }],
        outputs: vec![vec![5]],
    }
}

pub fn receipts() -> Vec<Receipt> {
    (0..5).map(receipt).collect()
}

pub fn block() -> Block {
    let transactions = vec![transaction()];
    let header = Header {
        height: Height(1),
        time: TimeMs(1_760_000_000_500),
        parent: genesis().header(Hash::ZERO).hash(),
        transactions_root: block::transactions_root(&transactions),
        receipts_root: merkle::list_root(receipts().iter().map(Receipt::leaf)),
        state_root: Hash::of(b"state"),
        ..genesis().header(Hash::ZERO)
    };
    Block {
        header,
        transactions,
    }
}

pub fn certificate() -> CommitCertificate {
    let mut certificate = CommitCertificate {
        height: Height(1),
        round: Round(0),
        block: block().header.hash(),
        signatures: vec![],
    };
    let bytes = certificate
        .vote()
        .signed_bytes(VoteKind::Precommit, &chain());
    let secrets: Vec<SecretKey> = (1..=4).map(secret).collect();
    for (index, validator) in validators().validators().iter().enumerate().take(3) {
        let secret = secrets
            .iter()
            .find(|s| s.public() == validator.key)
            .expect("one of the four");
        certificate.signatures.push(CommitSignature {
            validator: index as u16,
            signature: secret.sign_bytes(&bytes),
        });
    }
    certificate
}

pub fn receipt_proof() -> proof::ReceiptProof {
    proof::ReceiptProof::new(&receipts(), 3, block().header, certificate()).expect("index 3 of 5")
}

/// A proof of the only key of a state, or of the absence of a key from an empty one.
pub fn state_proof(value: Option<&[u8]>) -> proof::StateProofBundle {
    use senim_types::proof::state::{StateProof, StateProofEnd, state_leaf_hash, state_path};
    let key = vec![0, 0, 0, 4, 1, 7];
    let end = match value {
        None => StateProofEnd::Empty,
        Some(value) => StateProofEnd::Leaf {
            path: state_path(&key),
            value: Hash::of(value),
        },
    };
    let state_root = match end {
        StateProofEnd::Empty => Hash::ZERO,
        StateProofEnd::Leaf { path, value } => state_leaf_hash(&path, &value),
    };
    let header = Header {
        state_root,
        ..block().header
    };
    let mut certificate = certificate();
    certificate.block = header.hash();
    proof::StateProofBundle {
        key,
        value: value.map(<[u8]>::to_vec),
        proof: StateProof {
            siblings: vec![],
            end,
        },
        header,
        certificate,
    }
}

/// The first block's header with the root that belongs there: over the genesis header.
pub fn log_header() -> Header {
    let mut frontier = proof::LogFrontier::default();
    frontier.append(
        proof::log::log_leaf(&genesis().header(Hash::ZERO)),
        |_, _, _| {},
    );
    Header {
        log_root: frontier.root(),
        ..block().header
    }
}

/// The header of a third block, whose log holds the genesis header, [`log_header`] and another.
pub fn later_header() -> (Header, Vec<Hash>) {
    let leaves: Vec<Hash> = [genesis().header(Hash::ZERO), log_header(), block().header]
        .iter()
        .map(proof::log::log_leaf)
        .collect();
    let header = Header {
        height: Height(3),
        time: TimeMs(1_760_000_001_500),
        log_root: merkle::top::<merkle::Sha256>(&leaves),
        ..block().header
    };
    (header, leaves)
}

/// Three of the four validators certify `header`.
pub fn certify(header: &Header) -> CommitCertificate {
    let mut certificate = CommitCertificate {
        height: header.height,
        block: header.hash(),
        ..certificate()
    };
    let bytes = certificate
        .vote()
        .signed_bytes(VoteKind::Precommit, &chain());
    let secrets: Vec<SecretKey> = (1..=4).map(secret).collect();
    for commit in &mut certificate.signatures {
        let key = validators().validators()[usize::from(commit.validator)].key;
        let secret = secrets.iter().find(|secret| secret.public() == key);
        commit.signature = secret.expect("one of the four").sign_bytes(&bytes);
    }
    certificate
}

pub fn light_block() -> proof::LightBlock {
    proof::LightBlock {
        header: log_header(),
        certificate: certify(&log_header()),
        validators: validators(),
        next_validators: validators(),
    }
}

pub fn header_proof() -> proof::HeaderProof {
    let (header, leaves) = later_header();
    proof::HeaderProof {
        earlier: log_header(),
        path: merkle::path::<merkle::Sha256>(&leaves, 1).expect("one of three"),
        certificate: certify(&header),
        header,
    }
}

/// That the log of [`log_header`] is the beginning of that of [`later_header`].
pub fn consistency_proof() -> proof::ConsistencyProof {
    use merkle::TreeHash;
    let (header, leaves) = later_header();
    proof::ConsistencyProof {
        size: 2,
        root: merkle::Sha256::node(&leaves[0], &leaves[1]),
        path: vec![leaves[2]],
        certificate: certify(&header),
        header,
    }
}

/// The checkpoint of [`log_header`] with its certificate and a cosignature of the first validator.
pub fn signed_checkpoint() -> checkpoint::SignedCheckpoint {
    use checkpoint::{CertificateLine, Checkpoint, CosignatureLine, SignedCheckpoint};
    let checkpoint = Checkpoint::of(&log_header()).expect("not the genesis header");
    let certificate = CertificateLine {
        header: log_header(),
        certificate: certify(&log_header()),
    };
    let time_s = 1_760_000_001;
    let cosignature = CosignatureLine {
        validator: secret(1).public(),
        time_s,
        signature: secret(1).sign_bytes(&checkpoint.cosigned_bytes(time_s)),
    };
    SignedCheckpoint {
        checkpoint,
        lines: vec![certificate.line(&checkpoint), cosignature.line(&checkpoint)],
    }
}
