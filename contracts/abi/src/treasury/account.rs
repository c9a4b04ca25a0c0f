//! Accounts, transfers' names, and the lines that make up a provider's claim.

use crate::civil::Month;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;
use senim_types::{ContractId, Hash, OrgId, TimeMs, Tiyn};

pub use crate::prescription::ProgrammeId;

/// A budget line, numbered by its payer. Never reused.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize,
)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct BudgetId(pub u32);

impl fmt::Display for BudgetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// An account. Its balance is credits − debits.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Account {
    /// The payer's money outside the ledger: the other side of what enters and leaves. Its balance is never positive.
    Outside(OrgId),
    /// A budget line. Its balance is never negative, nor is it with all reservations taken off.
    Budget(BudgetId),
    /// What a programme owes a provider for what was posted in a month of civil time. Only a reversal of an earlier
    /// month's line can make it negative: the next payment is the smaller for it.
    Claim {
        /// The provider.
        provider: OrgId,
        /// The programme.
        programme: ProgrammeId,
        /// The month of posting.
        period: Month,
    },
}

/// Who gave a transfer its id: ids of different issuers never clash.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Issuer {
    /// A contract that the budget line names.
    Contract(ContractId),
    /// The payer.
    Organisation(OrgId),
}

/// The name of a transfer: unique for ever.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct TransferKey {
    /// Who gave the id.
    pub issuer: Issuer,
    /// The id, such as a hash over the transaction and the place in it.
    pub id: Hash,
}

/// What kind of movement a posting is.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum PostingKind {
    /// Outside → budget.
    Allot = 0,
    /// Budget → outside.
    Withdraw = 1,
    /// Budget → claim, at once.
    Pay = 2,
    /// Budget → claim, out of a reservation or a lock.
    Post = 3,
    /// Claim → budget.
    Reverse = 4,
    /// Claim → outside: the provider was paid.
    Settle = 5,
}

/// A line of a provider's claim. The ledger keeps only the hash chain over a claim's lines; a settlement act that lists
/// them is built outside and must reproduce the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct ClaimLine {
    /// `Pay`, `Post`, or `Reverse` for a line that takes off.
    pub kind: PostingKind,
    /// The transfer.
    pub transfer: TransferKey,
    /// What the caller wants the line to be joined to, such as the hash of a dispense.
    pub reference: Hash,
    /// How much, in tiyn.
    pub amount: Tiyn,
    /// The block's time.
    pub at: TimeMs,
}

impl ClaimLine {
    /// What is hashed to append this line to a chain; the chain of no lines is [`Hash::ZERO`].
    pub fn link(&self, chain: &Hash) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(160);
        bytes.extend_from_slice(b"senim/claim");
        bytes.extend_from_slice(chain.as_bytes());
        self.serialize(&mut bytes)
            .expect("writing to memory cannot fail and a line has no length to exceed");
        bytes
    }

    /// The chain with this line appended.
    pub fn append_to(&self, chain: &Hash) -> Hash {
        Hash::of(&self.link(chain))
    }
}
