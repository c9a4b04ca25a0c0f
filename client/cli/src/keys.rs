//! Key files: one secret a file, in bech32m with the prefix of its kind, readable by its owner only.

use crate::failure::Result;
use crate::files;
use senim_types::crypto::SecretKey;
use senim_types::text::{KeyKind, from_bech32m, to_bech32m};
use std::path::Path;
use zeroize::Zeroizing;

/// Kinds of keys that a client makes and uses.
const KINDS: [KeyKind; 7] = [
    KeyKind::Organisation,
    KeyKind::Validator,
    KeyKind::Peer,
    KeyKind::Device,
    KeyKind::Token,
    KeyKind::Hold,
    KeyKind::Any,
];

/// Extension of key files.
pub const EXTENSION: &str = ".key";

/// Reads a secret key of this kind.
pub fn read(path: &Path, kind: KeyKind) -> Result<SecretKey> {
    let text = files::read_secret(path)?;
    let seed =
        from_bech32m(kind.secret_prefix(), &text).map_err(|error| files::content(path, error))?;
    Ok(SecretKey::from_seed(&Zeroizing::new(seed)))
}

/// Reads a secret key of any kind, and says which.
pub fn read_any(path: &Path) -> Result<(KeyKind, SecretKey)> {
    let text = files::read_secret(path)?;
    for kind in KINDS {
        if let Ok(seed) = from_bech32m(kind.secret_prefix(), &text) {
            return Ok((kind, SecretKey::from_seed(&Zeroizing::new(seed))));
        }
    }
    Err(files::content(path, "not the text of a secret key"))
}

/// Makes a key and writes it to a new file.
pub fn make(path: &Path, kind: KeyKind) -> Result<SecretKey> {
    let seed = files::random::<32>()?;
    let text = Zeroizing::new(format!(
        "{}\n",
        *Zeroizing::new(to_bech32m(kind.secret_prefix(), &seed))
    ));
    files::write_new_secret(path, text.as_bytes())?;
    Ok(SecretKey::from_seed(&seed))
}

/// Reads 32 secret bytes that are not a signing key, or makes them where there is no file. Of processes that do so at
/// the same time, one makes them and all have the same.
pub fn read_or_make_secret(path: &Path, prefix: &'static str) -> Result<Zeroizing<[u8; 32]>> {
    if !path.exists() {
        let secret = files::random::<32>()?;
        let text = Zeroizing::new(format!(
            "{}\n",
            *Zeroizing::new(to_bech32m(prefix, &secret))
        ));
        if files::write_secret_if_new(path, text.as_bytes())? {
            return Ok(secret);
        }
    }
    let text = files::read_secret(path)?;
    let secret = from_bech32m(prefix, &text).map_err(|error| files::content(path, error))?;
    Ok(Zeroizing::new(secret))
}

/// The public prefix's name of a kind.
pub const fn kind_name(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Organisation => "organisation",
        KeyKind::Validator => "validator",
        KeyKind::Peer => "peer",
        KeyKind::Device => "device",
        KeyKind::Token => "token",
        KeyKind::Hold => "hold",
        KeyKind::Any => "any",
    }
}
