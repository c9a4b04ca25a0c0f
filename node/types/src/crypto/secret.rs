//! Secret keys.

use crate::domain::{Domain, signed_bytes};
use crate::hash::ChainId;
use crate::key::{PublicKey, Signature};
use crate::transaction::{SignedTransaction, Statement, Transaction, device_bytes};
use ed25519_dalek::{Signer, SigningKey};
use zeroize::Zeroizing;

/// An Ed25519 secret key, wiped from memory when dropped.
#[derive(Clone)]
pub struct SecretKey {
    key: SigningKey,
    public: PublicKey,
}

impl core::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SecretKey({:?})", self.public)
    }
}

impl SecretKey {
    /// The key of a 32-byte seed, which the caller draws from a secure source.
    pub fn from_seed(seed: &[u8; 32]) -> SecretKey {
        let key = SigningKey::from_bytes(seed);
        let public = PublicKey::from_ed25519(key.verifying_key().to_bytes())
            .expect("a clamped scalar times the base point is canonical and of large order");
        SecretKey { key, public }
    }

    /// The seed, to be stored with care.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }

    /// The public key.
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs exactly these bytes; what they mean is the caller's business.
    pub fn sign_bytes(&self, bytes: &[u8]) -> Signature {
        Signature(self.key.sign(bytes).to_bytes())
    }

    /// Signs `message` for `domain` on `chain`.
    pub fn sign(&self, domain: Domain, chain: &ChainId, message: &[u8]) -> Signature {
        self.sign_bytes(&signed_bytes(domain, chain, message))
    }

    /// Signs a transaction as its device. `witness_signatures` are for `body.witnesses`, in order.
    pub fn sign_transaction(
        &self,
        body: Transaction,
        witness_signatures: alloc::vec::Vec<Signature>,
    ) -> SignedTransaction {
        let device_signature = self.sign_bytes(&device_bytes(&body.chain, &body.hash()));
        SignedTransaction {
            body,
            device_signature,
            witness_signatures,
        }
    }

    /// A statement by this key, with its signature.
    pub fn witness(
        &self,
        domain: Domain,
        chain: &ChainId,
        message: alloc::vec::Vec<u8>,
    ) -> (Statement, Signature) {
        let signature = self.sign(domain, chain, &message);
        (
            Statement {
                key: self.public,
                domain,
                message,
            },
            signature,
        )
    }
}
