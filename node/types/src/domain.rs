//! What a signature is for is part of what is signed.

use crate::hash::ChainId;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// The purpose of a signed byte string. Numbers are permanent and never reused.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Domain {
    /// A transaction's body, by its device.
    Transaction = 1,
    /// A prevote, by a validator.
    Prevote = 2,
    /// A precommit, by a validator: what a commit certificate consists of.
    Precommit = 3,
    /// A proposal, by a validator.
    Proposal = 4,
    /// A validator's proof that it owns its key, at the genesis ceremony.
    Genesis = 5,
    /// A live QR, by a token's key.
    Qr = 16,
    /// A hold, by the QR's ephemeral key.
    Hold = 17,
    /// A later step of a held token, by the hold key.
    HeldStep = 18,
    /// A terminal's challenge, by a card.
    Card = 19,
    /// An act of the token's holder: cancel, delegate, revoke.
    Holder = 20,
    /// An attestation by the identity service. Kept for it: no contract asks for one yet.
    Identity = 21,
    /// A live QR of a voucher, by its holder's key or a delegate's.
    VoucherQr = 22,
    /// Where and for what a voucher is used, by the QR's ephemeral key or a delegate's.
    VoucherUse = 23,
    /// An act of a voucher's holder: activate, delegate, withdraw the consent.
    VoucherHolder = 24,
    /// What a voucher terminal did without connection, by its device: the head of its chain of records.
    VoucherOffline = 25,
    /// A request to a node's private interface, such as the store of sealed data.
    Request = 32,
    /// A sealed list of persons who are entitled, by a device of the office that made it. It stays off the ledger.
    List = 33,
}

impl Domain {
    /// The domain of this number, if there is one.
    pub fn from_number(number: u8) -> Option<Domain> {
        Domain::try_from_slice(&[number]).ok()
    }

    /// Whether a transaction may carry a witness statement of this domain. Keys of validators and
    /// devices sign protocol messages, and a contract can never be shown one of those.
    pub const fn is_witness(self) -> bool {
        (self as u8) >= 16 && (self as u8) < 32
    }
}

/// Ahead of everything that is signed, so that no other protocol's bytes are ever ours.
const PREFIX: &[u8; 6] = b"senim\0";

/// The exact bytes that are signed: prefix, domain, chain, message.
pub fn signed_bytes(domain: Domain, chain: &ChainId, message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(PREFIX.len() + 1 + 32 + message.len());
    bytes.extend_from_slice(PREFIX);
    bytes.push(domain as u8);
    bytes.extend_from_slice(chain.0.as_bytes());
    bytes.extend_from_slice(message);
    bytes
}
