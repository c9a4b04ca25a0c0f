//! The public halves of a one-time key pair, as text: what a wallet or a card system leaves with a clinic for one
//! prescription. The Ed25519 half signs for it, the X25519 half is what its content key is wrapped to.

use bech32::{Bech32m, Hrp};
use senim_types::PublicKey;

/// Version of the text.
const VERSION: u8 = 1;

/// Bech32m of version, Ed25519 point, X25519 point.
pub fn pair_to_text(prefix: &str, token: &PublicKey, opening: &[u8; 32]) -> String {
    let data = [&[VERSION][..], token.point(), opening].concat();
    let prefix = Hrp::parse(prefix).expect("lower-case ASCII letters");
    bech32::encode::<Bech32m>(prefix, &data).expect("65 bytes are far below the length limit")
}

/// Reads the text; `None` if it is another, or a letter of it is wrong.
pub fn pair_from_text(prefix: &str, text: &str) -> Option<(PublicKey, [u8; 32])> {
    let checked = bech32::primitives::decode::CheckedHrpstring::new::<Bech32m>(text.trim()).ok()?;
    let data: Vec<u8> = checked.byte_iter().collect();
    let data: [u8; 65] = data.try_into().ok()?;
    if checked.hrp().to_lowercase() != prefix || data[0] != VERSION {
        return None;
    }
    let mut halves = [[0; 32]; 2];
    halves[0].copy_from_slice(&data[1..33]);
    halves[1].copy_from_slice(&data[33..]);
    let [token, opening] = halves;
    Some((PublicKey::from_ed25519(token).ok()?, opening))
}
