//! What became of a transaction.

use crate::code::Code;
use crate::codec;
use crate::hash::Hash;
use crate::units::{ContractId, Height};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// The answer of the ledger to one transaction: a leaf of the block's `receipts_root`.
///
/// Entries that the ledger executes by itself (the due-queue) have a receipt too; their
/// `transaction` is the hash of the due entry.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Receipt {
    /// Hash of the transaction's body, or of the due entry.
    pub transaction: Hash,
    /// The block that holds it.
    pub height: Height,
    /// Its place among the block's receipts, from 0.
    pub index: u32,
    /// Applied, refused or trapped.
    pub status: Status,
    /// Fuel used, whatever became of it.
    pub fuel: u64,
    /// What happened, in order; empty unless applied.
    pub events: Vec<Event>,
    /// Each call's output, in order; empty unless applied.
    #[cfg_attr(feature = "json", serde(with = "crate::text::hex_list"))]
    pub outputs: Vec<Vec<u8>>,
}

/// How a transaction ended. Whatever it was, its sequence number is used and its fuel recorded.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Status {
    /// All calls took effect.
    Applied,
    /// A contract, or the right to call it, refused; nothing took effect.
    Refused {
        /// The stable code.
        code: Code,
        /// What the code's documentation says stands here, such as the holder of a held item.
        #[cfg_attr(feature = "json", serde(with = "crate::text::hex_bytes"))]
        detail: Vec<u8>,
    },
    /// A contract broke a rule of the machine (fuel, memory, depth, …); nothing took effect.
    Trapped {
        /// The coarse code: never the text of a trap, which may change with the engine.
        code: Code,
    },
}

impl Status {
    /// The code of a refusal or a trap.
    pub const fn code(&self) -> Option<Code> {
        match self {
            Status::Applied => None,
            Status::Refused { code, .. } | Status::Trapped { code } => Some(*code),
        }
    }

    /// Whether the calls took effect.
    pub const fn is_applied(&self) -> bool {
        matches!(self, Status::Applied)
    }
}

/// Something that happened, said by a contract for the world outside: contracts never read events.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Event {
    /// Who says it.
    pub contract: ContractId,
    /// What kind, numbered per contract.
    pub kind: u16,
    /// Version of the body's schema.
    pub version: u8,
    /// borsh, as the contract's schema describes it.
    #[cfg_attr(feature = "json", serde(with = "crate::text::hex_bytes"))]
    pub body: Vec<u8>,
}

impl Receipt {
    /// The bytes that are a leaf of the receipts root.
    pub fn leaf(&self) -> Vec<u8> {
        codec::encode(self)
    }
}
