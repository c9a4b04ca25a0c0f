//! What the treasury tells. Kind and version stand beside the body.

use super::account::{Account, BudgetId, PostingKind, ProgrammeId, SettlementKind, TransferKey};
use super::record::BudgetStanding;
use crate::civil::UtcOffsets;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{ContractId, Hash, OrgId, TimeMs, Tiyn, TiynTotal};

/// Version of the events' bodies.
pub const EVENT_VERSION: u8 = 1;
/// Kind of [`TreasuryEvent::Posting`].
pub const KIND_POSTING: u16 = 0;

/// One side of a posting.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Side {
    /// The account.
    pub account: Account,
    /// How much, in tiyn.
    pub amount: Tiyn,
    /// The account's total on this side afterwards, in tiyn.
    pub total: TiynTotal,
}

/// A movement of money. Both sides stand here with their own amounts and totals, so that a node checks over a block that
/// Σ debits = Σ credits without reading the state: [`check_postings`](super::check_postings).
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Posting {
    /// What kind.
    pub kind: PostingKind,
    /// By which transfer or operation.
    pub transfer: TransferKey,
    /// Where the money leaves.
    pub debit: Side,
    /// Where it arrives.
    pub credit: Side,
    /// What the line is joined to; zero for a payer's operation.
    pub reference: Hash,
    /// For a line of a claim, the rate of the VAT in it, in 1/10,000; 0 for others.
    pub vat_basis_points: u16,
    /// For a line of a claim, the claim's chain with this line appended; zero for others.
    pub chain: Hash,
    /// The block's time.
    pub at: TimeMs,
}

/// Why reserved money became available again.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Release {
    /// Less was posted than was reserved.
    PostedLess = 0,
    /// Its issuer voided it.
    Voided = 1,
    /// Its time ran out: for payments that waited for something, this is a case for a person.
    Expired = 2,
}

/// An event. Its kind is [`TreasuryEvent::kind`], its body the borsh encoding of this enum.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum TreasuryEvent {
    /// Money moved.
    Posting(Posting),
    /// Money was reserved.
    Reserved {
        /// By which transfer.
        transfer: TransferKey,
        /// From which line.
        budget: BudgetId,
        /// For whom.
        provider: OrgId,
        /// How much, in tiyn.
        amount: Tiyn,
        /// What it is joined to.
        reference: Hash,
        /// When it lapses.
        expires_at: TimeMs,
    },
    /// Reserved money became available again.
    Released {
        /// Of which transfer.
        transfer: TransferKey,
        /// In which line.
        budget: BudgetId,
        /// How much, in tiyn.
        amount: Tiyn,
        /// Why.
        release: Release,
    },
    /// A budget line was opened.
    BudgetOpened {
        /// Which.
        budget: BudgetId,
        /// Whose money.
        payer: OrgId,
        /// What for.
        programme: ProgrammeId,
        /// The contracts that may move it.
        callers: Vec<ContractId>,
        /// Its civil time.
        offsets: UtcOffsets,
    },
    /// A budget line names other contracts.
    BudgetCallersSet {
        /// Which.
        budget: BudgetId,
        /// The contracts that may move it.
        callers: Vec<ContractId>,
    },
    /// A budget line was suspended, resumed or closed.
    BudgetStandingSet {
        /// Which.
        budget: BudgetId,
        /// How it stands.
        standing: BudgetStanding,
    },
    /// A contract locked money for its tokens.
    Locked {
        /// In which line.
        budget: BudgetId,
        /// Which contract.
        contract: ContractId,
        /// How much, in tiyn.
        amount: Tiyn,
    },
    /// A contract made locked money available again.
    Unlocked {
        /// In which line.
        budget: BudgetId,
        /// Which contract.
        contract: ContractId,
        /// How much, in tiyn.
        amount: Tiyn,
    },
    /// What may be posted to a provider was set by its contract.
    TermsSet {
        /// Under which programme.
        programme: ProgrammeId,
        /// To whom.
        provider: OrgId,
        /// Which contract: the hash of its document.
        agreement: Hash,
        /// Nothing is posted before.
        from: TimeMs,
        /// Nothing is posted from then on.
        until: TimeMs,
        /// Σ of what may be posted, in tiyn.
        ceiling: Tiyn,
        /// The rate of the VAT in what is posted from now on, in 1/10,000.
        vat_basis_points: u16,
        /// When and how it is paid.
        kind: SettlementKind,
    },
}

impl TreasuryEvent {
    /// The number of this kind of event. Permanent.
    pub const fn kind(&self) -> u16 {
        match self {
            TreasuryEvent::Posting(_) => KIND_POSTING,
            TreasuryEvent::Reserved { .. } => 1,
            TreasuryEvent::Released { .. } => 2,
            TreasuryEvent::BudgetOpened { .. } => 3,
            TreasuryEvent::BudgetCallersSet { .. } => 4,
            TreasuryEvent::BudgetStandingSet { .. } => 5,
            TreasuryEvent::Locked { .. } => 6,
            TreasuryEvent::Unlocked { .. } => 7,
            TreasuryEvent::TermsSet { .. } => 8,
        }
    }
}
