//! The live QR: what a wallet shows and a pharmacy scans, for a minute.
//!
//! It carries the holder's signed [`QrStatement`] and the ephemeral *private* key that the statement names: who
//! sees the code may hold the items, so the pharmacy signs its hold with that key and nobody who copies the hold
//! from elsewhere can. The private key never leaves the QR: it is wiped from memory and left out of `Debug`.
//!
//! Text form: `SENIM1:` and what [`crate::envelope`] says.

use std::fmt;

use crate::envelope::{self, VERSION};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::{
    prescription::{GroupId, ItemMask},
    proof::QrStatement,
};
use senim_types::{
    ChainId, Code, Domain, PublicKey, Signature, TimeMs,
    crypto::{self, SecretKey},
    domain::signed_bytes,
};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use crate::envelope::TEXT_LENGTH_MAX;

/// Ahead of the text form: names the system and the encoding.
pub const PREFIX: &str = "SENIM1:";
/// Bytes of a content key, as the wallet hands it over.
pub const CONTENT_KEY_BYTES_MAX: usize = 128;

/// Why a live QR is refused before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LiveQrError {
    /// Another QR.
    #[error(
        "this QR is not a prescription of this system: ask the patient to open the prescription in the wallet"
    )]
    Prefix,
    /// More than [`TEXT_LENGTH_MAX`].
    #[error(
        "longer than a live QR may be ({TEXT_LENGTH_MAX} characters): scan the wallet's QR alone"
    )]
    TooLong,
    /// Not what a wallet writes.
    #[error("the QR's content is damaged or not complete: scan it again")]
    Malformed,
    /// From a newer wallet.
    #[error("the QR is of version {version}, this program knows {VERSION}: update it")]
    Version {
        /// The version found.
        version: u8,
    },
    /// An empty mask.
    #[error("the QR opens no item: ask the patient to choose at least one")]
    NoItems,
    /// For another network.
    #[error("the QR belongs to another chain: check which network this program is set up for")]
    WrongChain,
    /// Its end is not after its beginning.
    #[error("the QR expires before it begins: the wallet is wrong, ask for another QR")]
    Window,
    /// Too old.
    #[error("the QR is older than it may be: ask the patient for a fresh one")]
    Expired,
    /// The signature is not the holder's.
    #[error("the QR is not signed by the holder it names: do not accept it")]
    NotSigned,
}

impl LiveQrError {
    /// The stable code.
    pub fn code(self) -> Code {
        match self {
            LiveQrError::Prefix => Code::LIVE_QR_PREFIX,
            LiveQrError::TooLong => Code::LIVE_QR_TOO_LONG,
            LiveQrError::Malformed => Code::LIVE_QR_MALFORMED,
            LiveQrError::Version { .. } => Code::LIVE_QR_VERSION,
            LiveQrError::NoItems => Code::LIVE_QR_NO_ITEMS,
            LiveQrError::WrongChain => Code::WRONG_CHAIN,
            LiveQrError::Window => Code::QR_WINDOW,
            LiveQrError::Expired => Code::QR_EXPIRED,
            LiveQrError::NotSigned => Code::QR_NOT_SIGNED,
        }
    }
}

/// A private key in a code.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Seed(pub [u8; 32]);

/// A key that opens the prescription's encrypted part, 1 to [`CONTENT_KEY_BYTES_MAX`] bytes.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Zeroize, ZeroizeOnDrop)]
pub struct ContentKey(Vec<u8>);

impl ContentKey {
    /// The key, if its length is allowed.
    pub fn new(bytes: Vec<u8>) -> Option<ContentKey> {
        let key = ContentKey(bytes);
        key.fits().then_some(key)
    }

    /// The key's bytes. A secret.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn fits(&self) -> bool {
        (1..=CONTENT_KEY_BYTES_MAX).contains(&self.0.len())
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(…)")
    }
}

/// What a live QR carries. Decoding gives one whose form is sound; [`LiveQr::check`] says whether it is worth
/// anything here and now.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LiveQr {
    chain: ChainId,
    group: GroupId,
    items: ItemMask,
    issued_at: TimeMs,
    expires_at: TimeMs,
    holder: PublicKey,
    signature: Signature,
    ephemeral_seed: Seed,
    content_key: Option<ContentKey>,
}

/// Without the secrets.
impl fmt::Debug for LiveQr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveQr")
            .field("chain", &self.chain)
            .field("group", &self.group)
            .field("items", &self.items)
            .field("issued_at", &self.issued_at)
            .field("expires_at", &self.expires_at)
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}

/// What the wallet is asked to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QrRequest {
    /// The chain that the prescription is on.
    pub chain: ChainId,
    /// The prescription.
    pub group: GroupId,
    /// The items that the QR is to open, at least one.
    pub items: ItemMask,
    /// Now.
    pub issued_at: TimeMs,
    /// A minute or so later.
    pub expires_at: TimeMs,
}

impl LiveQr {
    /// Makes and signs a QR. `ephemeral_seed` is fresh from a secure source and used for nothing else; the
    /// caller wipes its own copy.
    pub fn issue(
        request: QrRequest,
        holder: &SecretKey,
        ephemeral_seed: &[u8; 32],
        content_key: Option<ContentKey>,
    ) -> Result<LiveQr, LiveQrError> {
        let QrRequest {
            chain,
            group,
            items,
            issued_at,
            expires_at,
        } = request;
        let mut qr = LiveQr {
            chain,
            group,
            items,
            issued_at,
            expires_at,
            holder: holder.public(),
            signature: Signature([0; 64]),
            ephemeral_seed: Seed(*ephemeral_seed),
            content_key,
        };
        qr.check_form()?;
        qr.signature = holder.sign(Domain::Qr, &chain, &qr.statement().message());
        Ok(qr)
    }

    /// What the holder signed. The pharmacy's transaction carries it as a witness by [`LiveQr::holder`].
    pub fn statement(&self) -> QrStatement {
        QrStatement {
            group: self.group,
            items: self.items,
            ephemeral: self.ephemeral().public(),
            issued_at: self.issued_at,
            expires_at: self.expires_at,
        }
    }

    /// The key with which the pharmacy signs its hold.
    pub fn ephemeral(&self) -> SecretKey {
        SecretKey::from_seed(&self.ephemeral_seed.0)
    }

    /// The chain that the prescription is on.
    pub fn chain(&self) -> ChainId {
        self.chain
    }

    /// The token's key, which signed.
    pub fn holder(&self) -> PublicKey {
        self.holder
    }

    /// The holder's signature over the statement, for the witness.
    pub fn signature(&self) -> Signature {
        self.signature
    }

    /// Opens the prescription's encrypted part.
    pub fn content_key(&self) -> Option<&ContentKey> {
        self.content_key.as_ref()
    }

    /// Everything that the ledger will check and a terminal can check first: chain, times, signature. `now` is
    /// the terminal's clock; the ledger judges by block time.
    pub fn check(&self, chain: &ChainId, now: TimeMs) -> Result<(), LiveQrError> {
        self.check_form()?;
        if self.chain != *chain {
            return Err(LiveQrError::WrongChain);
        }
        let signed = signed_bytes(Domain::Qr, chain, &self.statement().message());
        if !crypto::verify(&self.holder, &signed, &self.signature) {
            return Err(LiveQrError::NotSigned);
        }
        if now >= self.expires_at {
            Err(LiveQrError::Expired)
        } else {
            Ok(())
        }
    }

    fn check_form(&self) -> Result<(), LiveQrError> {
        if self.items.is_empty() {
            return Err(LiveQrError::NoItems);
        }
        if self.expires_at <= self.issued_at {
            return Err(LiveQrError::Window);
        }
        if self.content_key.as_ref().is_some_and(|key| !key.fits()) {
            return Err(LiveQrError::Malformed);
        }
        Ok(())
    }

    /// The text that the QR shows. A secret for its minute.
    pub fn to_text(&self) -> Zeroizing<String> {
        envelope::to_text(PREFIX, self)
    }

    /// Reads the text of a QR; white space around it is dropped. Limits come before decoding, and only the text
    /// that [`LiveQr::to_text`] writes for the same content is accepted.
    pub fn from_text(text: &str) -> Result<LiveQr, LiveQrError> {
        let qr: LiveQr = envelope::from_text(PREFIX, text)?;
        qr.check_form()?;
        Ok(qr)
    }
}

#[cfg(test)]
#[path = "live_qr_tests.rs"]
mod tests;
