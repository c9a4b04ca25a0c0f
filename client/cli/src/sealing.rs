//! The part of a prescription that is kept off the ledger: sealed by the clinic, opened by the wallet and by a pharmacy
//! that was shown a QR. `docs/decisions/sealing.md` says why it is built like this.
//!
//! A random content key is drawn for each prescription. Every part – the whole message, and what belongs to one item –
//! has a key of its own, derived from it, so that a QR for one item opens that item and no other. The content key is
//! wrapped to X25519 keys (HPKE, RFC 9180): the wallet's, and those of the card and the paper where there are such. It
//! lies in the sealed object itself; the ledger has the object's blake3.

mod item_keys;
mod shared;

pub use item_keys::ItemKeys;
pub use shared::{SHARED_BYTES_MAX, narrowed, open_shared, seal_shared};

use crate::failure::{Failure, Result};
use crate::files;
use borsh::{BorshDeserialize, BorshSerialize};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hpke::aead::ChaCha20Poly1305 as WrapAead;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use senim_abi::prescription::ItemMask;
use senim_codes::live_qr::ContentKey as QrContentKey;
use senim_fhir::SealedOrder;
use senim_types::{ChainId, Code, codec};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a sealed object: the node's own limit.
pub const SEALED_BYTES_MAX: usize = 256 * 1024;
/// Items that a QR can open one by one; for more than these it has to open all.
pub const ITEM_KEYS_MAX: usize = 3;
/// Keys that a content key is wrapped to: of the wallet, the card and the paper.
pub const RECIPIENTS_MAX: usize = 3;
/// Bytes of a content key that is kept wrapped: the encapsulated key and the ciphertext.
pub const KEPT_BYTES: usize = 32 + 48;
/// What the wrapping is for.
const WRAP_INFO: &[u8] = b"senim content key 1";
/// The place of the whole message among the parts.
const MESSAGE_PART: u8 = u8::MAX;

/// What opens everything of one prescription.
#[derive(Clone, BorshSerialize, BorshDeserialize, Zeroize, ZeroizeOnDrop)]
pub struct ContentKey([u8; 32]);

/// What opens one part.
#[derive(Clone, BorshSerialize, BorshDeserialize, Zeroize, ZeroizeOnDrop)]
struct PartKey([u8; 32]);

/// What a QR hands over.
#[derive(BorshSerialize, BorshDeserialize)]
enum HandedKeys {
    /// Everything, the whole message included.
    All(ContentKey),
    /// Items by index.
    Items(Vec<(u8, PartKey)>),
}

/// A sealed object: what the node keeps, and whose blake3 is on the ledger.
#[derive(Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum SealedObject {
    /// The only version so far.
    V1 {
        /// The content key, wrapped once for each who may open it: at least one, at most [`RECIPIENTS_MAX`].
        wrapped: Vec<WrappedKey>,
        /// The whole message.
        message: SealedPart,
        /// What belongs to each item of the prescription, in their order.
        items: Vec<SealedPart>,
    },
}

/// A content key, wrapped to one key. It does not say to whose.
#[derive(Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct WrappedKey {
    /// HPKE's encapsulated key: whose shared secret wraps the content key.
    encapsulated: [u8; 32],
    /// The wrapped content key, and 16 bytes that authenticate it.
    ciphertext: [u8; 48],
}

/// One encrypted part.
#[derive(Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SealedPart {
    nonce: [u8; 24],
    ciphertext: Vec<u8>,
}

/// An X25519 key pair of one prescription: the wallet's, the card's or the paper's.
pub struct OpeningKey(<X25519HkdfSha256 as Kem>::PrivateKey);

impl OpeningKey {
    /// The key of 32 secret bytes.
    pub fn from_seed(seed: &[u8; 32]) -> OpeningKey {
        OpeningKey(X25519HkdfSha256::derive_keypair(seed).0)
    }

    /// The public half.
    pub fn public(&self) -> [u8; 32] {
        X25519HkdfSha256::sk_to_pk(&self.0).to_bytes().into()
    }
}

fn not_opened() -> Failure {
    Failure::new(Code::SEALED_NOT_OPENED)
}

/// Seals a message for a chain and those who hold one of these keys, wallet first. `item_parts` says, for each item of the prescription, which of the
/// message's requests it came from: parts of one repeat share theirs.
pub fn seal(
    order: &SealedOrder,
    item_parts: &[usize],
    chain: &ChainId,
    recipients: &[[u8; 32]],
) -> Result<Vec<u8>> {
    let key = ContentKey(*files::random::<32>()?);
    let message = key
        .part(MESSAGE_PART)
        .seal(chain, MESSAGE_PART, &order.message)?;
    let mut items = Vec::with_capacity(item_parts.len());
    for (index, request) in (0u8..).zip(item_parts) {
        let plain = order.items.get(*request).map_or(&[][..], Vec::as_slice);
        items.push(key.part(index).seal(chain, index, plain)?);
    }
    let wrapped = recipients
        .iter()
        .map(|recipient| key.wrap(chain, recipient));
    let sealed = codec::encode(&SealedObject::V1 {
        wrapped: wrapped.collect::<Result<_>>()?,
        message,
        items,
    });
    if sealed.len() > SEALED_BYTES_MAX {
        return Err(Failure::with(
            Code::TOO_LARGE,
            format!(
                "The sealed message has {} bytes, at most {SEALED_BYTES_MAX} are kept. Send fewer items at once.",
                sealed.len()
            ),
        ));
    }
    Ok(sealed)
}

impl SealedObject {
    /// Reads a sealed object.
    pub fn decode(bytes: &[u8]) -> Result<SealedObject> {
        let object = codec::decode(bytes, SEALED_BYTES_MAX).map_err(|_| not_opened())?;
        let SealedObject::V1 { wrapped, .. } = &object;
        if wrapped.len() > RECIPIENTS_MAX {
            return Err(not_opened());
        }
        Ok(object)
    }

    /// Unwraps the content key with a key that it was wrapped to.
    pub fn unwrap_key(&self, chain: &ChainId, opening: &OpeningKey) -> Result<ContentKey> {
        let SealedObject::V1 { wrapped, .. } = self;
        let opened = wrapped
            .iter()
            .find_map(|wrapped| opening.unwrap(chain, wrapped));
        opened.ok_or_else(not_opened)
    }

    /// Unwraps the content key with the first of these keys that it was wrapped to; `None` where there is none.
    pub fn unwrap_any(
        &self,
        chain: &ChainId,
        mut openings: impl Iterator<Item = OpeningKey>,
    ) -> Option<ContentKey> {
        openings.find_map(|opening| self.unwrap_key(chain, &opening).ok())
    }

    /// Opens the item at `index`; `None` where there is no key for it.
    pub fn open_item(
        &self,
        chain: &ChainId,
        keys: &ItemKeys,
        index: usize,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let SealedObject::V1 { items, .. } = self;
        let place = u8::try_from(index).map_err(|_| not_opened())?;
        let (Some(key), Some(sealed)) = (keys.of(index), items.get(index)) else {
            return Ok(None);
        };
        key.open(chain, place, sealed).map(Some)
    }
}

impl OpeningKey {
    /// The content key out of [`ContentKey::kept_for`]'s bytes, if they are for this key.
    pub fn unwrap_kept(&self, chain: &ChainId, kept: &[u8]) -> Option<ContentKey> {
        let wrapped: WrappedKey = codec::decode(kept, KEPT_BYTES).ok()?;
        self.unwrap(chain, &wrapped)
    }

    /// The content key, if it was wrapped to this key.
    fn unwrap(&self, chain: &ChainId, wrapped: &WrappedKey) -> Option<ContentKey> {
        let encapsulated =
            <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&wrapped.encapsulated);
        let opened = hpke::single_shot_open::<WrapAead, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.0,
            &encapsulated.ok()?,
            WRAP_INFO,
            &wrapped.ciphertext,
            chain.0.as_bytes(),
        );
        let opened = Zeroizing::new(opened.ok()?);
        opened.as_slice().try_into().ok().map(ContentKey)
    }
}

impl ContentKey {
    /// Wraps it to a public key, for whoever has that key to keep: [`OpeningKey::unwrap_kept`]. No secret by itself.
    pub fn kept_for(&self, chain: &ChainId, recipient: &[u8; 32]) -> Result<Vec<u8>> {
        Ok(codec::encode(&self.wrap(chain, recipient)?))
    }

    /// Wraps it to a public key.
    fn wrap(&self, chain: &ChainId, recipient: &[u8; 32]) -> Result<WrappedKey> {
        let recipient = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(recipient);
        let recipient = recipient.map_err(|_| not_opened())?;
        let sealed = hpke::single_shot_seal::<WrapAead, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &recipient,
            WRAP_INFO,
            &self.0,
            chain.0.as_bytes(),
        );
        let (encapsulated, ciphertext) = sealed.map_err(|_| not_opened())?;
        Ok(WrappedKey {
            encapsulated: encapsulated.to_bytes().into(),
            ciphertext: ciphertext.try_into().map_err(|_| not_opened())?,
        })
    }

    /// Opens the item at `index`.
    pub fn open_item(
        &self,
        object: &SealedObject,
        chain: &ChainId,
        index: usize,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let SealedObject::V1 { items, .. } = object;
        let place = u8::try_from(index).map_err(|_| not_opened())?;
        let sealed = items.get(index).ok_or_else(not_opened)?;
        self.part(place).open(chain, place, sealed)
    }

    /// Opens the whole message.
    pub fn open_message(
        &self,
        object: &SealedObject,
        chain: &ChainId,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let SealedObject::V1 { message, .. } = object;
        self.part(MESSAGE_PART).open(chain, MESSAGE_PART, message)
    }

    /// What a QR for these items hands over: their own keys, or the content key where it is for all `count` items.
    pub fn hand_over(&self, items: ItemMask, count: usize) -> Result<QrContentKey> {
        let chosen: Vec<u8> = items
            .indices()
            .filter_map(|index| u8::try_from(index).ok())
            .collect();
        let keys = if items == ItemMask::first(count) {
            HandedKeys::All(self.clone())
        } else if chosen.len() <= ITEM_KEYS_MAX {
            HandedKeys::Items(
                chosen
                    .into_iter()
                    .map(|index| (index, self.part(index)))
                    .collect(),
            )
        } else {
            return Err(Failure::usage(format!(
                "a QR opens all items of a prescription, or at most {ITEM_KEYS_MAX} of them"
            )));
        };
        let mut bytes = Vec::with_capacity(128);
        keys.serialize(&mut bytes)
            .expect("writing to memory cannot fail");
        Ok(QrContentKey::new(bytes)
            .expect("three keys with their places are 104 bytes, of at most 128"))
    }

    fn part(&self, place: u8) -> PartKey {
        let mut material = Zeroizing::new([place; 33]);
        material[..32].copy_from_slice(&self.0);
        PartKey(blake3::derive_key(
            "senim 2026-02 key of a sealed part",
            material.as_ref(),
        ))
    }
}

impl PartKey {
    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.0))
    }

    fn seal(&self, chain: &ChainId, place: u8, plain: &[u8]) -> Result<SealedPart> {
        let nonce = *files::random::<24>()?;
        let aad = bound_to(chain, place);
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let ciphertext = self.cipher().encrypt(&XNonce::from(nonce), payload);
        Ok(SealedPart {
            nonce,
            ciphertext: ciphertext.map_err(|_| not_opened())?,
        })
    }

    fn open(&self, chain: &ChainId, place: u8, sealed: &SealedPart) -> Result<Zeroizing<Vec<u8>>> {
        let aad = bound_to(chain, place);
        let payload = Payload {
            msg: &sealed.ciphertext,
            aad: &aad,
        };
        let plain = self.cipher().decrypt(&XNonce::from(sealed.nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| not_opened())
    }
}

/// A part is worth nothing on another chain or in another place.
fn bound_to(chain: &ChainId, place: u8) -> [u8; 33] {
    let mut aad = [place; 33];
    aad[..32].copy_from_slice(chain.0.as_bytes());
    aad
}

#[cfg(test)]
mod tests;
