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
    /// An organisation's money outside the ledger: the other side of what enters and leaves. A payer's balance is never
    /// positive; a provider's is what it took out of its purse.
    Outside(OrgId),
    /// A budget line. Its balance is never negative, nor is it with all reservations taken off.
    Budget(BudgetId),
    /// What a programme owes a provider for what was posted in a month of civil time. What is taken off after it was
    /// paid, or off an earlier month's line, can make it negative: the next line of a later month makes that good.
    Claim {
        /// The provider.
        provider: OrgId,
        /// The programme.
        programme: ProgrammeId,
        /// The month of posting.
        period: Month,
    },
    /// A provider's own digital tenge: what claims were paid into, free of any purpose. Its balance is never negative.
    Purse(OrgId),
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
    /// Claim → outside: the provider was paid by a bank.
    Settle = 5,
    /// Claim → purse: the provider was paid in digital tenge.
    PayOut = 6,
    /// Purse → outside, by the provider.
    Leave = 7,
    /// Claim → claim of an earlier month: what was taken off there after it had been paid is set off here.
    SetOff = 8,
    /// Claim → budget, by a correcting act.
    Correct = 9,
    /// Outside → claim: what a bank had paid came back.
    Return = 10,
}

/// When and how a provider's claim is paid: the programme's contract with the provider says so.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum SettlementKind {
    /// In digital tenge, in the transaction of the redemption.
    TengeAtRedemption = 0,
    /// In digital tenge, when the payer accepts the act.
    TengeAtAcceptance = 1,
    /// By a payment file to the payer's bank, after the act is accepted.
    BankFile = 2,
    /// Never: state-bought stock is handed out. Nothing can be posted.
    StockOnly = 3,
}

/// The VAT in an amount that includes it, in tiyn: amount · r ÷ (1 + r), half a tiyn rounded up. Each line of an act is
/// rounded by itself, and an act's VAT is the sum over its lines.
pub const fn vat_share(amount: Tiyn, basis_points: u16) -> Tiyn {
    let whole = 10_000 + basis_points as u128;
    let doubled = 2 * amount.0 as u128 * basis_points as u128 + whole;
    // Below the amount, which is a u64.
    Tiyn((doubled / (2 * whole)) as u64)
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
    /// How much, VAT included, in tiyn.
    pub amount: Tiyn,
    /// The rate of the VAT in it, in 1/10,000; 0 where the provider pays none, or has no contract on the ledger. A line
    /// that takes off has the rate of the one that it takes off.
    pub vat_basis_points: u16,
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

/// A line of a correcting act: it takes off a line that stands in the claim.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct CorrectionLine {
    /// The contract that posted the line that is wrong.
    pub issuer: ContractId,
    /// The id that it posted the line under.
    pub transfer: Hash,
    /// The budget line that paid it, and gets the money back.
    pub budget: BudgetId,
    /// How much is taken off, VAT included, in tiyn.
    pub amount: Tiyn,
    /// The rate of the VAT in the line that is wrong, in 1/10,000.
    pub vat_basis_points: u16,
}
