//! Who signs for this validator.

use senim_types::PublicKey;
use senim_types::Signature;
use senim_types::crypto::SecretKey;

/// A signing device: a key in memory, a keystore, a hardware module.
///
/// Called only for bytes that [`Consensus`](crate::Consensus) made: domain, chain and message in one
/// string, or a checkpoint in the form `cosignature/v1`, which begins with these words and names the
/// chain. It has to answer at once; a slow device slows the validator.
pub trait Signer: Send {
    /// The validator's address. It must not change.
    fn public_key(&self) -> PublicKey;

    /// Signs exactly `bytes`.
    ///
    /// # Errors
    /// [`SignerUnavailable`] where no signature can be had; the node stops taking part and says so.
    fn sign(&self, bytes: &[u8]) -> Result<Signature, SignerUnavailable>;
}

/// The signer gave no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignerUnavailable;

impl Signer for SecretKey {
    fn public_key(&self) -> PublicKey {
        self.public()
    }

    fn sign(&self, bytes: &[u8]) -> Result<Signature, SignerUnavailable> {
        Ok(self.sign_bytes(bytes))
    }
}
