//! What one party seals for another: HPKE (RFC 9180) in base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305, as for what
//! clinics seal. `docs/decisions/sealed-lists.md` says why lists are sealed record by record.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use senim_cli::failure::{Failure, Result};
use senim_types::Code;
use zeroize::Zeroizing;

/// Bytes of HPKE's encapsulated key, ahead of each ciphertext.
const ENCAPSULATED_BYTES: usize = 32;

/// Ahead of the text of a secret of this kind.
pub const SECRET_PREFIX: &str = "senimboxsecret";

/// Who can open what was sealed to the public half.
pub struct BoxKey(<X25519HkdfSha256 as Kem>::PrivateKey);

/// To whom something is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoxPublic(pub [u8; 32]);

impl std::str::FromStr for BoxPublic {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let bytes = hex::decode(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        bytes.map(BoxPublic).ok_or_else(|| {
            "a public key to seal for has 64 hex digits: `senim-portal key` shows it".to_owned()
        })
    }
}

impl std::fmt::Display for BoxPublic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl BoxPublic {
    /// Seals `plain`: only the key opens it, and only beside the same `purpose` and `bound`.
    pub fn seal(&self, purpose: &[u8], bound: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        let not_sealed = || Failure::new(Code::LIST_NOT_OPENED);
        let recipient = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&self.0);
        let recipient = recipient.map_err(|_| not_sealed())?;
        let sealed = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &recipient,
            purpose,
            plain,
            bound,
        );
        let (encapsulated, ciphertext) = sealed.map_err(|_| not_sealed())?;
        Ok([&encapsulated.to_bytes()[..], &ciphertext].concat())
    }
}

impl BoxKey {
    /// The key of 32 secret bytes.
    pub fn from_seed(seed: &[u8; 32]) -> BoxKey {
        BoxKey(X25519HkdfSha256::derive_keypair(seed).0)
    }

    /// The public half.
    pub fn public(&self) -> BoxPublic {
        BoxPublic(X25519HkdfSha256::sk_to_pk(&self.0).to_bytes().into())
    }

    /// Opens what was sealed to this key. `LIST_NOT_OPENED`.
    pub fn open(&self, purpose: &[u8], bound: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let not_opened = || Failure::new(Code::LIST_NOT_OPENED);
        let (encapsulated, ciphertext) = sealed
            .split_at_checked(ENCAPSULATED_BYTES)
            .ok_or_else(not_opened)?;
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated);
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.0,
            &encapsulated.map_err(|_| not_opened())?,
            purpose,
            ciphertext,
            bound,
        );
        opened.map(Zeroizing::new).map_err(|_| not_opened())
    }
}
