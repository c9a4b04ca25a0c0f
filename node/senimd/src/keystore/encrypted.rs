//! Key files under a passphrase: age files with scrypt.

use age::secrecy::SecretString;
use zeroize::Zeroizing;

/// How an armoured age file begins.
const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
/// Base-two logarithm of scrypt's work: about a second, and 256 MiB, for each guess.
const WORK_FACTOR: u8 = 18;
/// More than this is somebody's attempt to keep the node busy.
const WORK_FACTOR_MAX: u8 = 20;

pub(super) fn is_encrypted(text: &str) -> bool {
    text.trim_start().starts_with(BEGIN)
}

/// Encrypts a key's text.
pub(super) fn encrypt(text: &str, passphrase: SecretString) -> Result<String, String> {
    let mut recipient = age::scrypt::Recipient::new(passphrase);
    recipient.set_work_factor(WORK_FACTOR);
    age::encrypt_and_armor(&recipient, text.as_bytes()).map_err(|error| error.to_string())
}

/// Decrypts a key's text; none where the passphrase is wrong or the file has changed.
pub(super) fn decrypt(text: &str, passphrase: SecretString) -> Option<Zeroizing<String>> {
    let mut identity = age::scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(WORK_FACTOR_MAX);
    let plain = Zeroizing::new(age::decrypt(&identity, text.as_bytes()).ok()?);
    Some(Zeroizing::new(std::str::from_utf8(&plain).ok()?.to_owned()))
}
