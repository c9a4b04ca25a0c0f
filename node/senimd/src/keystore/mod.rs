//! Where a node's secret keys lie, and how they are had.
//!
//! A key file `keys/<name>.key` has one of three forms:
//!
//! | form | content |
//! | --- | --- |
//! | open | the secret in bech32m, on one line |
//! | encrypted | that line, encrypted with a passphrase: an armoured age file, as `age -d` reads it |
//! | on a token | a PKCS#11 URI (RFC 7512) of a key that never leaves its token |
//!
//! Whatever the form, the file is readable by its owner only, or it is refused. Decision:
//! `docs/decisions/keystore.md`.

mod encrypted;
mod file;
mod passphrase;
mod token;

pub use file::{KeyFile, create_key, read_key, replace_key};
pub use passphrase::Passphrase;
pub use token::{TokenKey, TokenUri};

use senim_consensus::Signer;
use senim_types::PublicKey;
use senim_types::crypto::SecretKey;
use senim_types::text::{KeyKind, from_bech32m, to_bech32m};
use std::io;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The operating system's answer.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others may read or change the file.
    #[error("{path} may be read or changed by others than its owner (mode {mode:03o}); make it `chmod 600 {path}`", path = path.display())]
    Mode {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file is no key of the kind asked for.
    #[error("{}: {reason}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// No passphrase can be had.
    #[error("{} needs a passphrase or PIN: {reason}; give --passphrase-file FILE (also a systemd credential or /dev/fd/3), or set SENIM_PASSPHRASE, or run this in a terminal", path.display())]
    NoPassphrase {
        /// For which key.
        path: PathBuf,
        /// Why there is none.
        reason: String,
    },
    /// The passphrase opens nothing.
    #[error("{}: the passphrase is wrong, or the file has changed", .0.display())]
    WrongPassphrase(PathBuf),
    /// The token does not do what is asked.
    #[error("{}: the token: {reason}", path.display())]
    Token {
        /// Which key file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The secret is needed in memory, and a token keeps it.
    #[error("{} is on a token, which gives no secret: the network's key has to be an open or encrypted file", .0.display())]
    OnToken(PathBuf),
}

/// A secret key with its kind.
#[derive(Clone, Debug)]
pub struct Secret {
    /// What it is for.
    pub kind: KeyKind,
    /// The key.
    pub key: SecretKey,
}

/// Kinds of keys that a node uses.
const KINDS: [KeyKind; 4] = [
    KeyKind::Validator,
    KeyKind::Peer,
    KeyKind::Device,
    KeyKind::Organisation,
];

impl Secret {
    fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(to_bech32m(self.kind.secret_prefix(), &self.key.seed()))
    }

    fn from_text(text: &str) -> Option<Secret> {
        KINDS.into_iter().find_map(|kind| {
            let seed = from_bech32m(kind.secret_prefix(), text.trim()).ok()?;
            let key = SecretKey::from_seed(&Zeroizing::new(seed));
            Some(Secret { kind, key })
        })
    }
}

/// A new key of the operating system's randomness.
///
/// # Errors
/// The operating system gives none.
pub fn random_key() -> Result<SecretKey, getrandom::Error> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)?;
    Ok(SecretKey::from_seed(&seed))
}

/// A key that can sign, wherever it lies.
pub enum NodeKey {
    /// In this process's memory.
    Secret(SecretKey),
    /// On a token.
    Token(TokenKey),
}

impl NodeKey {
    /// The public key.
    pub fn public(&self) -> PublicKey {
        match self {
            NodeKey::Secret(key) => key.public(),
            NodeKey::Token(key) => key.public_key(),
        }
    }

    /// What consensus signs with.
    pub fn into_signer(self) -> Box<dyn Signer> {
        match self {
            NodeKey::Secret(key) => Box::new(key),
            NodeKey::Token(key) => Box::new(key),
        }
    }
}
