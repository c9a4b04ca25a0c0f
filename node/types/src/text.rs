//! Text forms for people and JSON: hex for bytes, bech32m with a prefix per kind for keys.

use crate::hash::{ChainId, Hash};
use crate::key::{PublicKey, SCHEME_ED25519, Signature};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use bech32::{Bech32m, Hrp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a key is for: shown as the prefix of its text form, so that one is not taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// An organisation's key, kept offline.
    Organisation,
    /// A validator's.
    Validator,
    /// A network peer's.
    Peer,
    /// A device's: a terminal, a doctor's workplace, an office.
    Device,
    /// A token's: one-time, in the citizen's wallet.
    Token,
    /// A hold's, of the pharmacy that holds an item.
    Hold,
    /// Any key, where the kind follows from the place.
    Any,
}

/// A text form that is not a key of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextError {
    /// Not bech32m.
    NotBech32m,
    /// The prefix is of another kind.
    WrongPrefix {
        /// What was expected.
        expected: &'static str,
        /// What was there.
        found: String,
    },
    /// The right prefix, but not such a key.
    NotAKey,
}

impl core::fmt::Display for TextError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            TextError::NotBech32m => {
                f.write_str("not bech32m text: a character is missing, added or mistyped")
            }
            TextError::WrongPrefix { expected, found } => {
                write!(
                    f,
                    "a key of another kind: expected {expected}1…, found {found}1…"
                )
            }
            TextError::NotAKey => f.write_str("not a usable key"),
        }
    }
}

impl core::error::Error for TextError {}

impl KeyKind {
    /// Prefix of a public key's text.
    pub const fn public_prefix(self) -> &'static str {
        match self {
            KeyKind::Organisation => "senimorg",
            KeyKind::Validator => "senimval",
            KeyKind::Peer => "senimpeer",
            KeyKind::Device => "senimdev",
            KeyKind::Token => "senimtok",
            KeyKind::Hold => "senimhold",
            KeyKind::Any => "senimkey",
        }
    }

    /// Prefix of a secret key's text.
    pub const fn secret_prefix(self) -> &'static str {
        match self {
            KeyKind::Organisation => "senimorgsecret",
            KeyKind::Validator => "senimvalsecret",
            KeyKind::Peer => "senimpeersecret",
            KeyKind::Device => "senimdevsecret",
            KeyKind::Token => "senimtoksecret",
            KeyKind::Hold => "senimholdsecret",
            KeyKind::Any => "senimsecret",
        }
    }
}

/// bech32m of scheme byte and 32 bytes under `prefix`.
pub fn to_bech32m(prefix: &'static str, bytes: &[u8; 32]) -> String {
    let mut data = [SCHEME_ED25519; 33];
    data[1..].copy_from_slice(bytes);
    let hrp = Hrp::parse(prefix).expect("prefixes are lower-case ASCII letters of this file");
    bech32::encode::<Bech32m>(hrp, &data).expect("33 bytes are far below the length limit")
}

/// The 32 bytes of bech32m text under `prefix`.
pub fn from_bech32m(prefix: &'static str, text: &str) -> Result<[u8; 32], TextError> {
    let checked = bech32::primitives::decode::CheckedHrpstring::new::<Bech32m>(text)
        .map_err(|_| TextError::NotBech32m)?;
    let found = checked.hrp().to_lowercase();
    if found != prefix {
        return Err(TextError::WrongPrefix {
            expected: prefix,
            found,
        });
    }
    let data: Vec<u8> = checked.byte_iter().take(34).collect();
    match data.split_first() {
        Some((&SCHEME_ED25519, rest)) => rest.try_into().map_err(|_| TextError::NotAKey),
        _ => Err(TextError::NotAKey),
    }
}

impl PublicKey {
    /// The text form under the prefix of `kind`.
    pub fn to_text(&self, kind: KeyKind) -> String {
        to_bech32m(kind.public_prefix(), self.point())
    }

    /// The key in `text`, which must have the prefix of `kind`.
    pub fn from_text(kind: KeyKind, text: &str) -> Result<PublicKey, TextError> {
        PublicKey::from_ed25519(from_bech32m(kind.public_prefix(), text)?)
            .map_err(|_| TextError::NotAKey)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text(KeyKind::Any))
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PublicKey::from_text(KeyKind::Any, &String::deserialize(deserializer)?)
            .map_err(D::Error::custom)
    }
}

fn fixed<'de, D: Deserializer<'de>, const N: usize>(deserializer: D) -> Result<[u8; N], D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut bytes = [0; N];
    hex::decode_to_slice(&text, &mut bytes)
        .map_err(|_| D::Error::custom(format!("expected {} hex digits", 2 * N)))?;
    Ok(bytes)
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fixed(deserializer).map(Hash)
    }
}

impl Serialize for ChainId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ChainId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Hash::deserialize(deserializer).map(ChainId)
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fixed(deserializer).map(Signature)
    }
}

impl core::str::FromStr for Hash {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Hash, hex::FromHexError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map(|()| Hash(bytes))
    }
}

/// Bytes as hex text; for `serde(with)`.
pub mod hex_bytes {
    use super::*;

    /// Writes hex.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    /// Reads hex.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Optional bytes as hex text or null; for `serde(serialize_with)`.
pub fn optional_hex<S: Serializer>(
    bytes: &Option<Vec<u8>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    bytes.as_ref().map(hex::encode).serialize(serializer)
}

/// A list of byte strings as hex texts; for `serde(with)`.
pub mod hex_list {
    use super::*;

    /// Writes hex texts.
    pub fn serialize<S: Serializer>(list: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(hex::encode))
    }

    /// Reads hex texts.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Vec<u8>>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts
            .into_iter()
            .map(|text| hex::decode(text).map_err(D::Error::custom))
            .collect()
    }
}
