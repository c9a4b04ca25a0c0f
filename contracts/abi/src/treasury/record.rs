//! What the treasury keeps. The first byte of each value is the version of its record.
//!
//! | collection | key after the collection byte | value |
//! | --- | --- | --- |
//! | 1 budget | budget (4, BE) | [`BudgetRecord`] |
//! | 2 claim | provider (4, BE) ‖ programme (4, BE) ‖ month (4, BE) | [`ClaimRecord`] |
//! | 3 transfer | issuing contract (4, BE) ‖ id (32) | [`TransferRecord`] |
//! | 4 outside | payer (4, BE) | [`OutsideRecord`] |
//! | 5 operation | payer (4, BE) ‖ id (32) | [`OperationRecord`] |
//! | 6 programme | programme (4, BE) | [`ProgrammeRecord`] |
//! | 7 lock | budget (4, BE) ‖ contract (4, BE) | [`LockRecord`] |
//! | 8 terms | programme (4, BE) ‖ provider (4, BE) | [`TermsRecord`] |
//! | 9 purse | provider (4, BE) | [`PurseRecord`] |
//! | 10 taken off | provider (4, BE) ‖ programme (4, BE) ‖ month (4, BE) ‖ issuing contract (4, BE) ‖ id (32) | [`TakenOffRecord`] |
//! | 11 outstanding | programme (4, BE) ‖ provider (4, BE) | [`OutstandingRecord`] |
//!
//! A payment writes three keys: its own transfer, the provider's claim, and the budget line; the latter two are shared by
//! all payments of a block. A payment out of a lock writes none of its own: claim, line and lock. Where the provider has a
//! contract, its terms are written too, since they count up to the ceiling.

use super::account::{BudgetId, ProgrammeId, SettlementKind};
use crate::civil::{Month, UtcOffsets};
use crate::key::Key;
use crate::versioned::versioned;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{ContractId, Hash, OrgId, TimeMs, Tiyn, TiynTotal};

/// Collection of budget lines.
pub const COLLECTION_BUDGET: u8 = 1;
/// Collection of claims.
pub const COLLECTION_CLAIM: u8 = 2;
/// Collection of transfers.
pub const COLLECTION_TRANSFER: u8 = 3;
/// Collection of outside accounts.
pub const COLLECTION_OUTSIDE: u8 = 4;
/// Collection of payers' own operations, by their ids.
pub const COLLECTION_OPERATION: u8 = 5;
/// Collection of programmes.
pub const COLLECTION_PROGRAMME: u8 = 6;
/// Collection of what contracts have locked.
pub const COLLECTION_LOCK: u8 = 7;
/// Collection of what contracts with providers allow.
pub const COLLECTION_TERMS: u8 = 8;
/// Collection of providers' purses.
pub const COLLECTION_PURSE: u8 = 9;
/// Collection of what was taken off lines.
pub const COLLECTION_TAKEN_OFF: u8 = 10;
/// Collection of what is not resolved yet between a programme and a provider.
pub const COLLECTION_OUTSTANDING: u8 = 11;

/// Key of a [`BudgetRecord`].
pub fn budget_key(budget: BudgetId) -> Key {
    Key::new(COLLECTION_BUDGET).u32(budget.0)
}

/// Prefix of the [`ClaimRecord`]s of a provider.
pub fn claims_prefix(provider: OrgId) -> Key {
    Key::new(COLLECTION_CLAIM).org(provider)
}

/// Key of a [`ClaimRecord`].
pub fn claim_key(provider: OrgId, programme: ProgrammeId, period: Month) -> Key {
    claims_prefix(provider).u32(programme.0).u32(period.0)
}

/// Key of a [`TransferRecord`].
pub fn transfer_key(issuer: ContractId, id: &Hash) -> Key {
    Key::new(COLLECTION_TRANSFER).contract(issuer).hash(id)
}

/// Key of an [`OutsideRecord`].
pub fn outside_key(payer: OrgId) -> Key {
    Key::new(COLLECTION_OUTSIDE).org(payer)
}

/// Key of an [`OperationRecord`].
pub fn operation_key(payer: OrgId, id: &Hash) -> Key {
    Key::new(COLLECTION_OPERATION).org(payer).hash(id)
}

/// Key of a [`ProgrammeRecord`].
pub fn programme_key(programme: ProgrammeId) -> Key {
    Key::new(COLLECTION_PROGRAMME).u32(programme.0)
}

/// Key of a [`LockRecord`].
pub fn lock_key(budget: BudgetId, contract: ContractId) -> Key {
    Key::new(COLLECTION_LOCK).u32(budget.0).contract(contract)
}

/// Key of a [`TermsRecord`].
pub fn terms_key(programme: ProgrammeId, provider: OrgId) -> Key {
    Key::new(COLLECTION_TERMS).u32(programme.0).org(provider)
}

/// Key of a [`PurseRecord`].
pub fn purse_key(provider: OrgId) -> Key {
    Key::new(COLLECTION_PURSE).org(provider)
}

/// Key of an [`OutstandingRecord`].
pub fn outstanding_key(programme: ProgrammeId, provider: OrgId) -> Key {
    Key::new(COLLECTION_OUTSTANDING)
        .u32(programme.0)
        .org(provider)
}

/// Prefix of the [`TakenOffRecord`]s of a claim.
pub fn taken_off_prefix(provider: OrgId, programme: ProgrammeId, period: Month) -> Key {
    Key::new(COLLECTION_TAKEN_OFF)
        .org(provider)
        .u32(programme.0)
        .u32(period.0)
}

/// Key of a [`TakenOffRecord`]: below the claim that the line stands in, so that nobody notes anything on another's line,
/// and nothing is noted on one that is yet to come.
pub fn taken_off_key(
    provider: OrgId,
    programme: ProgrammeId,
    period: Month,
    issuer: ContractId,
    id: &Hash,
) -> Key {
    taken_off_prefix(provider, programme, period)
        .contract(issuer)
        .hash(id)
}

/// How a budget line stands.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum BudgetStanding {
    /// May be spent.
    Open = 0,
    /// Nothing new is paid or reserved; what is reserved may be posted.
    Suspended = 1,
    /// Nothing is paid, reserved or allotted ever again. Reversals still come back to it, to be withdrawn.
    Closed = 2,
}

/// A budget line.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Budget {
    /// Whose money.
    pub payer: OrgId,
    /// What for.
    pub programme: ProgrammeId,
    /// How it stands.
    pub standing: BudgetStanding,
    /// The contracts that may move it, ascending. Authority is by immediate caller.
    pub callers: Vec<ContractId>,
    /// Civil time of the programme: which month a posting belongs to.
    pub offsets: UtcOffsets,
    /// Σ of what left, in tiyn.
    pub debits: TiynTotal,
    /// Σ of what entered, in tiyn.
    pub credits: TiynTotal,
    /// Reserved and not yet resolved, and locked, in tiyn.
    pub pending: TiynTotal,
}

impl Budget {
    /// Contracts that one line may name.
    pub const CALLERS_MAX: usize = 8;

    /// What can be paid or reserved now, in tiyn.
    pub const fn available(&self) -> TiynTotal {
        TiynTotal(
            self.credits
                .0
                .saturating_sub(self.debits.0)
                .saturating_sub(self.pending.0),
        )
    }
}

/// What a programme owes a provider for one month: what a settlement act is checked against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Claim {
    /// Lines posted.
    pub lines: u32,
    /// Lines that take off.
    pub reversed_lines: u32,
    /// Σ of the lines posted, in tiyn.
    pub sum: TiynTotal,
    /// Σ of the lines that take off, in tiyn.
    pub reversed: TiynTotal,
    /// Σ of the VAT in the lines posted, each rounded by itself, in tiyn.
    pub vat: TiynTotal,
    /// Σ of the VAT in the lines that take off, in tiyn.
    pub vat_reversed: TiynTotal,
    /// Paid out, in tiyn.
    pub settled: TiynTotal,
    /// Returned to budget lines by correcting acts, in tiyn.
    pub corrected: TiynTotal,
    /// Σ of the VAT in it, each line rounded by itself, in tiyn.
    pub vat_corrected: TiynTotal,
    /// What was taken off this month's own lines so far, by correcting acts, in this month, or in a later one.
    pub off: Off,
    /// Set off against what another month's claim was negative by, in tiyn.
    pub set_off: TiynTotal,
    /// What another month's claim made good of this one, in tiyn: a later one's next line, or what is left to pay of the
    /// line's own month, where there is no contract.
    pub made_good: TiynTotal,
    /// What came back from the bank after it had been paid out, in tiyn.
    pub returned: TiynTotal,
    /// Hash chain over all lines, in order.
    pub chain: Hash,
}

/// What was taken off a claim's own lines, in whichever month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Off {
    /// How often something was taken off.
    pub times: u32,
    /// Σ of it, in tiyn.
    pub sum: TiynTotal,
    /// Σ of the VAT in it, each rounded by itself, in tiyn.
    pub vat: TiynTotal,
}

impl Claim {
    /// The account's debits, in tiyn.
    pub const fn debits(&self) -> TiynTotal {
        let taken_off = self.reversed.0.saturating_add(self.corrected.0);
        let paid = self.settled.0.saturating_add(self.set_off.0);
        TiynTotal(taken_off.saturating_add(paid))
    }

    /// The account's credits, in tiyn.
    pub const fn credits(&self) -> TiynTotal {
        let back = self.made_good.0.saturating_add(self.returned.0);
        TiynTotal(self.sum.0.saturating_add(back))
    }

    /// What is still to be paid, in tiyn; 0 where more was taken off than posted.
    pub const fn owed(&self) -> TiynTotal {
        TiynTotal(self.credits().0.saturating_sub(self.debits().0))
    }

    /// What of the lines posted was not taken off, in tiyn.
    pub const fn stands(&self) -> TiynTotal {
        TiynTotal(self.sum.0.saturating_sub(self.off.sum.0))
    }

    /// What was paid of it, and did not come back, in tiyn.
    pub const fn paid(&self) -> TiynTotal {
        TiynTotal(self.settled.0.saturating_sub(self.returned.0))
    }

    /// Whether so much is still to be paid.
    pub const fn owes(&self, amount: Tiyn) -> bool {
        self.owed().0 >= amount.0 as u128
    }

    /// Whether nothing is owed either way.
    pub const fn is_even(&self) -> bool {
        self.owed().0 == 0 && self.excess().0 == 0
    }

    /// What was taken off and paid beyond what was posted, in tiyn: the next line of a later month makes it good.
    pub const fn excess(&self) -> TiynTotal {
        TiynTotal(self.debits().0.saturating_sub(self.credits().0))
    }
}

/// Where a transfer is. Pending is resolved exactly once; only a posted transfer can be reversed, once and whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum TransferState {
    /// Reserved.
    Pending,
    /// In the provider's claim.
    Posted {
        /// How much: at most what was reserved.
        amount: Tiyn,
        /// The claim's month.
        period: Month,
        /// The rate of the VAT in it, in 1/10,000.
        vat_basis_points: u16,
    },
    /// Released by its issuer.
    Voided,
    /// Released by time.
    Expired,
    /// Posted, then taken off.
    Reversed {
        /// How much was posted.
        amount: Tiyn,
        /// How much of it came back by the reversal: what a correcting act had left of it.
        returned: Tiyn,
        /// The month of the line that was posted.
        period: Month,
        /// The month of the line that takes off: the same while that month lasts, since its act is cut when it ends;
        /// else the month of the reversal.
        reversed_in: Month,
    },
}

/// A transfer from a budget line to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Transfer {
    /// From.
    pub budget: BudgetId,
    /// To.
    pub provider: OrgId,
    /// Paid or reserved, in tiyn.
    pub amount: Tiyn,
    /// What the caller wants its lines to be joined to.
    pub reference: Hash,
    /// When a reservation lapses; none for a payment at once.
    pub expires_at: Option<TimeMs>,
    /// Where it is.
    pub state: TransferState,
}

/// What was taken off a line, by a correcting act or by its issuer: so that nothing takes it off a second time. Kept as long
/// as the claim, below the month that the line stands in, and below that of the line that takes it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct TakenOff {
    /// By correcting acts, in tiyn.
    pub corrected: Tiyn,
    /// Whether its issuer took off the rest.
    pub undone: bool,
}

/// The other side of what enters and leaves the ledger, per organisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Outside {
    /// Σ allotted, and come back after it was settled by bank, in tiyn.
    pub debits: TiynTotal,
    /// Σ withdrawn, settled by bank, and taken out of a purse, in tiyn.
    pub credits: TiynTotal,
}

/// A payer's own operation that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Operation {
    /// blake3 of the message: the same again is a success, another of this id is refused.
    pub message: Hash,
}

/// A programme that has a budget line.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct ProgrammeOwner {
    /// Who opened its first line: only this payer may open more, or settle its claims.
    pub payer: OrgId,
    /// Civil time of all its lines, so that a month of its claims ends at one instant.
    pub offsets: UtcOffsets,
}

/// What a contract with a provider allows to be posted. A provider without terms is paid as the budget line's contracts
/// say, and its claims are settled by the payer's own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Terms {
    /// Which contract: the hash of its document. Another contract counts from nothing.
    pub agreement: Hash,
    /// Nothing is posted before.
    pub from: TimeMs,
    /// Nothing is posted from then on.
    pub until: TimeMs,
    /// Σ of what may be posted, in tiyn.
    pub ceiling: Tiyn,
    /// The rate of the VAT in what is posted, in 1/10,000.
    pub vat_basis_points: u16,
    /// When and how it is paid.
    pub kind: SettlementKind,
    /// Posted under this contract and not taken off since, in tiyn.
    pub posted: TiynTotal,
    /// The first month whose lines all count under it: what is taken off an earlier one was counted under another
    /// contract, or under none.
    pub counted_from: Month,
}

impl Terms {
    /// Whether something that was served then may be posted now: the contract is in force, or was when it was served.
    pub fn in_force(&self, now: TimeMs, served_at: TimeMs) -> bool {
        let times = self.from..self.until;
        times.contains(&now) || times.contains(&served_at.min(now))
    }
}

/// What is not resolved yet between a programme and a provider, whether it has a contract or not: it outlives a contract.
/// Nothing outstanding is no record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Outstanding {
    /// Σ of the transfers that are reserved for it, in tiyn: room that is kept under the ceiling of its contract.
    pub reserved: TiynTotal,
    /// The one month whose claim is negative, if one is; the next line of a later month takes that over.
    pub debt: Option<Month>,
}

/// A provider's purse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Purse {
    /// Σ taken out, in tiyn.
    pub debits: TiynTotal,
    /// Σ paid in, in tiyn.
    pub credits: TiynTotal,
}

impl Purse {
    /// What is in it, in tiyn.
    pub const fn balance(&self) -> TiynTotal {
        TiynTotal(self.credits.0.saturating_sub(self.debits.0))
    }
}

/// What one contract has locked in a line: the money behind its tokens. Part of [`Budget::pending`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Lock {
    /// How much, in tiyn.
    pub amount: TiynTotal,
}

versioned! {
    /// A stored [`Budget`].
    BudgetRecord(Budget)
}
versioned! {
    /// A stored [`Claim`].
    ClaimRecord(Claim)
}
versioned! {
    /// A stored [`Transfer`].
    TransferRecord(Transfer)
}
versioned! {
    /// A stored [`TakenOff`].
    TakenOffRecord(TakenOff)
}
versioned! {
    /// A stored [`Outside`].
    OutsideRecord(Outside)
}
versioned! {
    /// A stored [`Operation`].
    OperationRecord(Operation)
}
versioned! {
    /// A stored [`ProgrammeOwner`].
    ProgrammeRecord(ProgrammeOwner)
}
versioned! {
    /// A stored [`Lock`].
    LockRecord(Lock)
}
versioned! {
    /// A stored [`Terms`].
    TermsRecord(Terms)
}
versioned! {
    /// A stored [`Outstanding`].
    OutstandingRecord(Outstanding)
}
versioned! {
    /// A stored [`Purse`].
    PurseRecord(Purse)
}
