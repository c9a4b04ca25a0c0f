//! The register as it lies on a disk: XChaCha20-Poly1305 under a key that is kept elsewhere. Who destroys that key
//! destroys what the register says of people; the ledger never had it.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use senim_types::{ChainId, Code, codec};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::register::Register;

/// Bytes of a register, at most: some hundred thousand cards.
pub const VAULT_BYTES_MAX: usize = 1 << 30;
/// How a file begins: what it is, and its version.
const MAGIC: &[u8; 8] = b"senimcr1";
const NONCE_BYTES: usize = 24;

/// What opens the register.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct VaultKey([u8; 32]);

impl VaultKey {
    /// The key of 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> VaultKey {
        VaultKey(blake3::derive_key(
            "senim 2026-11 register of a card system",
            secret,
        ))
    }

    /// Encrypts the register for a chain. The nonce is random and never used again.
    pub fn seal(&self, register: &Register, chain: &ChainId, nonce: &[u8; 24]) -> Vec<u8> {
        let plain = Zeroizing::new(codec::encode(register));
        let payload = Payload {
            msg: &plain,
            aad: chain.0.as_bytes(),
        };
        let cipher = XChaCha20Poly1305::new(&Key::from(self.0));
        let sealed = cipher
            .encrypt(&XNonce::from(*nonce), payload)
            .expect("a register is far shorter than the cipher's longest message");
        [MAGIC.as_slice(), nonce, &sealed].concat()
    }

    /// Opens a register. `SEALED_NOT_OPENED` if the key is another, the chain is another, or a bit has changed.
    pub fn open(&self, bytes: &[u8], chain: &ChainId) -> Result<Register, Code> {
        let not_opened = Code::SEALED_NOT_OPENED;
        let rest = bytes.strip_prefix(MAGIC).ok_or(not_opened)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(not_opened)?;
        let payload = Payload {
            msg: sealed,
            aad: chain.0.as_bytes(),
        };
        let cipher = XChaCha20Poly1305::new(&Key::from(self.0));
        let plain = cipher.decrypt(&XNonce::from(*nonce), payload);
        let plain = Zeroizing::new(plain.map_err(|_| not_opened)?);
        codec::decode(&plain, VAULT_BYTES_MAX).map_err(|_| not_opened)
    }
}
