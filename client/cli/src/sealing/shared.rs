//! What opens shared items, on its way to whoever collects them: sealed to a key of that wallet's, so that the file that
//! carries it is no secret.

use super::{HandedKeys, OpeningKey, X25519HkdfSha256, not_opened};
use crate::failure::Result;
use borsh::BorshDeserialize;
use hpke::aead::ChaCha20Poly1305 as WrapAead;
use hpke::kdf::HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use senim_abi::prescription::ItemMask;
use senim_codes::live_qr::{CONTENT_KEY_BYTES_MAX, ContentKey as QrContentKey};
use senim_types::ChainId;
use zeroize::Zeroizing;

/// Bytes of a shared part at most: the encapsulated key, the item keys, and 16 bytes that authenticate them.
pub const SHARED_BYTES_MAX: usize = 32 + CONTENT_KEY_BYTES_MAX + 16;
/// What the sealing is for.
const SHARE_INFO: &[u8] = b"senim shared items 1";

/// Seals what opens items to a wallet's key.
pub fn seal_shared(
    handed: &QrContentKey,
    chain: &ChainId,
    recipient: &[u8; 32],
) -> Result<Vec<u8>> {
    let recipient = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(recipient);
    let sealed = hpke::single_shot_seal::<WrapAead, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &recipient.map_err(|_| not_opened())?,
        SHARE_INFO,
        handed.as_bytes(),
        chain.0.as_bytes(),
    );
    let (encapsulated, ciphertext) = sealed.map_err(|_| not_opened())?;
    Ok([encapsulated.to_bytes().as_slice(), &ciphertext].concat())
}

/// Opens [`seal_shared`]'s bytes with the key that they were sealed to.
pub fn open_shared(bytes: &[u8], chain: &ChainId, opening: &OpeningKey) -> Result<QrContentKey> {
    let (encapsulated, ciphertext) = bytes.split_at_checked(32).ok_or_else(not_opened)?;
    let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated);
    let opened = hpke::single_shot_open::<WrapAead, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &opening.0,
        &encapsulated.map_err(|_| not_opened())?,
        SHARE_INFO,
        ciphertext,
        chain.0.as_bytes(),
    );
    let opened = Zeroizing::new(opened.map_err(|_| not_opened())?);
    QrContentKey::new(opened.to_vec()).ok_or_else(not_opened)
}

/// What a QR for these of the shared items hands over.
pub fn narrowed(handed: &QrContentKey, chosen: ItemMask, count: usize) -> Result<QrContentKey> {
    let keys = HandedKeys::try_from_slice(handed.as_bytes()).map_err(|_| not_opened())?;
    let keys = match keys {
        HandedKeys::All(key) => return key.hand_over(chosen, count),
        HandedKeys::Items(keys) => {
            let of_chosen = keys.into_iter();
            of_chosen.filter(|(item, _)| chosen.has(usize::from(*item)))
        }
    };
    let mut bytes = Vec::with_capacity(CONTENT_KEY_BYTES_MAX);
    borsh::to_writer(&mut bytes, &HandedKeys::Items(keys.collect()))
        .expect("writing to memory cannot fail");
    QrContentKey::new(bytes).ok_or_else(not_opened)
}
