//! A chain of headers whose validators change, made by whoever holds the keys.
#![allow(dead_code, reason = "each test binary uses a part of this")]

use senim_types::checkpoint::{CertificateLine, Checkpoint, CosignatureLine, SignedCheckpoint};
use senim_types::crypto::SecretKey;
use senim_types::merkle::{self, Sha256};
use senim_types::proof::log::log_leaf;
use senim_types::proof::{ConsistencyProof, HeaderProof, LightBlock};
use senim_types::*;

/// Time of the genesis, and between two blocks, in ms.
pub const START_MS: u64 = 1_000_000;
pub const STEP_MS: u64 = 1_000;

/// The key of this number.
pub fn key(number: u16) -> SecretKey {
    let mut seed = [7; 32];
    seed[..2].copy_from_slice(&number.to_le_bytes());
    SecretKey::from_seed(&seed)
}

/// A validator's key by number, and its power.
pub type Power = (u16, u64);

pub fn set(powers: &[Power]) -> ValidatorSet {
    let validators = powers.iter().map(|(number, power)| Validator {
        key: key(*number).public(),
        power: *power,
    });
    ValidatorSet::new(validators.collect()).expect("distinct keys with power")
}

pub fn genesis(powers: &[Power]) -> Genesis {
    Genesis {
        version: 1,
        name: "followed".into(),
        time: TimeMs(START_MS),
        parameters: Parameters::default(),
        validators: set(powers),
        contracts: vec![],
        calls: vec![],
    }
}

/// The certificate of `header` by those of `powers` whose number is in `signers`.
pub fn certify(header: &Header, powers: &[Power], signers: &[u16]) -> CommitCertificate {
    let set = set(powers);
    let mut certificate = CommitCertificate {
        height: header.height,
        round: Round(0),
        block: header.hash(),
        signatures: vec![],
    };
    let bytes = certificate
        .vote()
        .signed_bytes(VoteKind::Precommit, &header.chain);
    for number in signers {
        let secret = key(*number);
        let index = set.index_of(&secret.public()).expect("of the set");
        certificate.signatures.push(CommitSignature {
            validator: index as u16,
            signature: secret.sign_bytes(&bytes),
        });
    }
    certificate
        .signatures
        .sort_by_key(|commit| commit.validator);
    certificate
}

/// A chain: headers from the genesis on, and the validators of each height.
pub struct Chain {
    pub genesis: Genesis,
    pub headers: Vec<Header>,
    /// By height; 0 stands for the genesis and is that of 1.
    pub powers: Vec<Vec<Power>>,
}

impl Chain {
    /// A chain of `blocks` blocks above the genesis, with the validators that `at` gives for a height.
    pub fn new(blocks: u64, at: impl Fn(u64) -> Vec<Power>) -> Chain {
        let genesis = genesis(&at(1));
        let mut headers = vec![genesis.header(Hash::ZERO)];
        let mut powers = vec![at(1)];
        let mut leaves = vec![log_leaf(&headers[0])];
        for height in 1..=blocks {
            let header = Header {
                height: Height(height),
                time: TimeMs(START_MS + height * STEP_MS),
                parent: headers[height as usize - 1].hash(),
                validators_hash: set(&at(height)).hash(),
                next_validators_hash: set(&at(height + 1)).hash(),
                log_root: merkle::top::<Sha256>(&leaves),
                ..headers[0].clone()
            };
            leaves.push(log_leaf(&header));
            headers.push(header);
            powers.push(at(height));
        }
        powers.push(at(blocks + 1));
        Chain {
            genesis,
            headers,
            powers,
        }
    }

    /// A chain on which one of the four validators is replaced every `every` blocks.
    pub fn rotating(blocks: u64, every: u64) -> Chain {
        Chain::new(blocks, |height| {
            let first = (height / every) as u16;
            (first..first + 4).map(|number| (number, 1)).collect()
        })
    }

    pub fn header(&self, height: u64) -> &Header {
        &self.headers[height as usize]
    }

    /// A height's certificate by all of its validators but the last, where those are enough.
    pub fn certificate(&self, height: u64) -> CommitCertificate {
        let powers = &self.powers[height as usize];
        let mut signers: Vec<u16> = powers.iter().map(|(number, _)| *number).collect();
        let last = powers.last().map_or(0, |(_, power)| *power);
        let set = set(powers);
        if set.is_quorum(set.total_power() - last) {
            signers.pop();
        }
        certify(self.header(height), powers, &signers)
    }

    pub fn light_block(&self, height: u64) -> LightBlock {
        LightBlock {
            header: self.header(height).clone(),
            certificate: self.certificate(height),
            validators: set(&self.powers[height as usize]),
            next_validators: set(&self.powers[height as usize + 1]),
        }
    }

    /// Time a moment after the block at `height`.
    pub fn after(&self, height: u64) -> TimeMs {
        TimeMs(self.header(height).time.0 + 1)
    }

    fn leaves(&self, size: u64) -> Vec<Hash> {
        self.headers[..size as usize].iter().map(log_leaf).collect()
    }

    pub fn header_proof(&self, height: u64, later: u64) -> HeaderProof {
        let path = merkle::path::<Sha256>(&self.leaves(later), height as usize);
        HeaderProof {
            earlier: self.header(height).clone(),
            path: path.expect("below the size"),
            header: self.header(later).clone(),
            certificate: self.certificate(later),
        }
    }

    pub fn consistency_proof(&self, size: u64, later: u64) -> ConsistencyProof {
        ConsistencyProof {
            size,
            root: self.header(size).log_root,
            path: defined_path(size as usize, &self.leaves(later), true),
            header: self.header(later).clone(),
            certificate: self.certificate(later),
        }
    }

    /// The checkpoint of the header at `height`, cosigned by these at second 9.
    pub fn checkpoint(&self, height: u64, cosigners: &[u16]) -> SignedCheckpoint {
        let checkpoint = Checkpoint::of(self.header(height)).expect("above the genesis");
        let certificate = CertificateLine {
            header: self.header(height).clone(),
            certificate: self.certificate(height),
        };
        let cosign = |number: &u16| {
            let cosignature = CosignatureLine {
                validator: key(*number).public(),
                time_s: 9,
                signature: key(*number).sign_bytes(&checkpoint.cosigned_bytes(9)),
            };
            cosignature.line(&checkpoint)
        };
        let mut lines = vec![certificate.line(&checkpoint)];
        lines.extend(cosigners.iter().map(cosign));
        SignedCheckpoint { checkpoint, lines }
    }
}

/// RFC 6962, 2.1.2: `SUBPROOF(m, D[n], b)`.
fn defined_path(first: usize, leaves: &[Hash], is_whole: bool) -> Vec<Hash> {
    if first == leaves.len() {
        let top = merkle::top::<Sha256>(leaves);
        return if is_whole { vec![] } else { vec![top] };
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, sibling) = if first <= left.len() {
        (defined_path(first, left, is_whole), right)
    } else {
        (defined_path(first - left.len(), right, false), left)
    };
    path.push(merkle::top::<Sha256>(sibling));
    path
}
