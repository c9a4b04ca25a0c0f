//! What a service keeps on its disk: sealed under one key, since names, numbers and telephones are in it.

use crate::failure::{Failure, Result};
use crate::{files, keys};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use senim_types::Code;
use std::path::Path;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Ahead of the text of the vault's key.
const SECRET_PREFIX: &str = "senimvaultsecret";
/// Bytes of a nonce, ahead of each ciphertext.
const NONCE_BYTES: usize = 24;
/// What a ciphertext has beside nonce and plaintext.
pub const OVERHEAD_BYTES: usize = NONCE_BYTES + 16;

/// The key. It can lie on another medium than what it seals.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Vault([u8; 32]);

impl Vault {
    /// Reads the key, or makes it where there is no file.
    pub fn open(path: &Path) -> Result<Vault> {
        Ok(Vault(*keys::read_or_make_secret(path, SECRET_PREFIX)?))
    }

    /// The key of 32 bytes that are secret already.
    pub fn of_secret(secret: [u8; 32]) -> Vault {
        Vault(secret)
    }

    /// Seals; `place` is what it is and where, and opens it nowhere else.
    pub fn seal(&self, place: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        // A nonce of 24 random bytes does not come twice.
        let nonce = *files::random::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: plain,
            aad: place,
        };
        let cipher = XChaCha20Poly1305::new(&Key::from(self.0));
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Failure::new(Code::TOO_LARGE))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens; none for another key, another place, or other bytes.
    pub fn unseal(&self, place: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: ciphertext,
            aad: place,
        };
        let cipher = XChaCha20Poly1305::new(&Key::from(self.0));
        cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .ok()
            .map(Zeroizing::new)
    }
}
