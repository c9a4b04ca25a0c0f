//! Verification: one rule (ZIP-215), one by one or in a batch with the same answer.

use crate::certificate::{CommitCertificate, VoteKind};
use crate::code::Code;
use crate::codec;
use crate::domain::signed_bytes;
use crate::hash::{ChainId, Hash};
use crate::key::{PublicKey, Signature};
use crate::transaction::{SignedTransaction, device_bytes};
use crate::validator::ValidatorSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ed25519_zebra::batch::{Item, Verifier};
use ed25519_zebra::{Signature as ZebraSignature, VerificationKeyBytes};
use rand_core::CryptoRng;

fn item(key: &PublicKey, bytes: &[u8], signature: &Signature) -> Item {
    Item::from((
        VerificationKeyBytes::from(*key.point()),
        ZebraSignature::from(signature.0),
        bytes,
    ))
}

/// Whether `signature` by `key` over exactly `bytes` is valid under ZIP-215.
pub fn verify(key: &PublicKey, bytes: &[u8], signature: &Signature) -> bool {
    item(key, bytes, signature).verify_single().is_ok()
}

/// A transaction whose shape, chain and every signature were checked. Only this module makes one.
#[derive(Clone, Debug)]
pub struct VerifiedTransaction(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    transaction: SignedTransaction,
    hash: Hash,
    length: usize,
}

impl VerifiedTransaction {
    /// The transaction.
    pub fn transaction(&self) -> &SignedTransaction {
        &self.0.transaction
    }

    /// Hash of its body.
    pub fn hash(&self) -> Hash {
        self.0.hash
    }

    /// Bytes of its encoding.
    pub fn length(&self) -> usize {
        self.0.length
    }
}

/// Verifies transactions together: all signatures in one batch, and one by one only if it fails.
///
/// `rng` draws the batch's coefficients; the answer does not depend on it. Answers are in the order
/// of `transactions`.
pub fn verify_transactions(
    chain: &ChainId,
    transactions: Vec<SignedTransaction>,
    rng: &mut impl CryptoRng,
) -> Vec<Result<VerifiedTransaction, Code>> {
    let mut batch = Verifier::new();
    let prepared: Vec<Result<Prepared, Code>> = transactions
        .into_iter()
        .map(|transaction| Prepared::new(chain, transaction))
        .collect();
    for prepared in prepared.iter().flatten() {
        prepared
            .items
            .iter()
            .for_each(|item| batch.queue(item.clone()));
    }
    let all_valid = batch.verify(rng).is_ok();
    prepared
        .into_iter()
        .map(|prepared| prepared?.judge(all_valid))
        .collect()
}

/// A transaction with the right chain, and what has to be verified of it: the device's signature
/// first, then the witnesses'.
struct Prepared {
    transaction: SignedTransaction,
    hash: Hash,
    length: usize,
    items: Vec<Item>,
}

impl Prepared {
    fn new(chain: &ChainId, transaction: SignedTransaction) -> Result<Prepared, Code> {
        let body = &transaction.body;
        if body.chain != *chain {
            return Err(Code::WRONG_CHAIN);
        }
        if body.witnesses.len() != transaction.witness_signatures.len() {
            return Err(Code::WITNESS_COUNT);
        }
        let encoded_body = codec::encode(body);
        let hash = Hash::of(&encoded_body);
        // The signatures follow the body: 64 bytes each, and the list's length in 4 bytes.
        let length = encoded_body.len() + 64 + 4 + 64 * transaction.witness_signatures.len();
        let mut items = Vec::with_capacity(1 + body.witnesses.len());
        items.push(item(
            &body.device,
            &device_bytes(chain, &hash),
            &transaction.device_signature,
        ));
        for (statement, signature) in body.witnesses.iter().zip(&transaction.witness_signatures) {
            let bytes = signed_bytes(statement.domain, chain, &statement.message);
            items.push(item(&statement.key, &bytes, signature));
        }
        Ok(Prepared {
            transaction,
            hash,
            length,
            items,
        })
    }

    fn judge(self, all_valid: bool) -> Result<VerifiedTransaction, Code> {
        if !all_valid {
            for (index, item) in self.items.into_iter().enumerate() {
                let code = if index == 0 {
                    Code::BAD_SIGNATURE
                } else {
                    Code::BAD_WITNESS
                };
                item.verify_single().map_err(|_| code)?;
            }
        }
        let checked = Checked {
            transaction: self.transaction,
            hash: self.hash,
            length: self.length,
        };
        Ok(VerifiedTransaction(Arc::new(checked)))
    }
}

/// Why a certificate does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateError {
    /// Indices are not strictly ascending, or one is outside the set.
    BadIndex,
    /// A signature in it is not valid; all have to be.
    BadSignature,
    /// Two thirds of the power or less signed.
    NoQuorum,
}

impl CertificateError {
    /// The stable code of this error.
    pub const fn code(self) -> Code {
        match self {
            CertificateError::BadIndex => Code::CERTIFICATE_INDEX,
            CertificateError::BadSignature => Code::CERTIFICATE_SIGNATURE,
            CertificateError::NoQuorum => Code::CERTIFICATE_QUORUM,
        }
    }
}

/// Whether `certificate` is one of `validators` on `chain`: every signature valid, power above two thirds.
pub fn verify_certificate(
    chain: &ChainId,
    validators: &ValidatorSet,
    certificate: &CommitCertificate,
) -> Result<(), CertificateError> {
    let bytes = certificate.vote().signed_bytes(VoteKind::Precommit, chain);
    let (mut power, mut previous) = (0u64, None);
    for commit in &certificate.signatures {
        if previous.is_some_and(|previous| commit.validator <= previous) {
            return Err(CertificateError::BadIndex);
        }
        previous = Some(commit.validator);
        let validator = validators
            .get(commit.validator.into())
            .ok_or(CertificateError::BadIndex)?;
        if !verify(&validator.key, &bytes, &commit.signature) {
            return Err(CertificateError::BadSignature);
        }
        power = power.saturating_add(validator.power);
    }
    if validators.is_quorum(power) {
        Ok(())
    } else {
        Err(CertificateError::NoQuorum)
    }
}
