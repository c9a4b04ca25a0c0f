//! What the treasury can be asked. The first byte of a message is its method.
//!
//! Kinds of callers: the payer's devices (role `FUND`, their own budget lines), the contracts that a line names, the
//! settlement contract, and a provider's devices for its own purse. `NOT_AUTHORISED` for anybody else.
//!
//! Ids are idempotent: the same message again gives the same answer and changes nothing; the same id with another message
//! is refused (`TRANSFER_EXISTS`). Ids of different contracts and payers never clash.

use super::account::{BudgetId, CorrectionLine, ProgrammeId, SettlementKind};
use super::record::{
    Budget, BudgetStanding, Claim, Outside, Outstanding, ProgrammeOwner, Purse, Terms, Transfer,
};
use crate::civil::{Month, UtcOffsets};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{ContractId, Hash, OrgId, TimeMs, Tiyn, TiynTotal};

/// How far ahead a reservation may lapse, in ms: 400 days, so that a yearly measure fits.
pub const RESERVATION_MS_MAX: u64 = 400 * 24 * 60 * 60 * 1000;

/// Messages that change something.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Execute {
    /// By the payer: opens an empty budget line. `BUDGET_EXISTS` with other details; `NOT_AUTHORISED` if the programme is
    /// another payer's; `OUT_OF_RANGE` for callers or offsets beyond their limits, or other offsets than the
    /// programme's first line has.
    OpenBudget {
        /// Its number.
        budget: BudgetId,
        /// Whose money: the organisation of the device that sends this.
        payer: OrgId,
        /// What for.
        programme: ProgrammeId,
        /// The contracts that may move it, strictly ascending.
        callers: Vec<ContractId>,
        /// Civil time of the programme.
        offsets: UtcOffsets,
    },
    /// By the payer: names other contracts. What one that is named no more has reserved can be posted by nobody until it
    /// is named again; it can still void it. `NO_BUDGET`, `OUT_OF_RANGE`.
    SetBudgetCallers {
        /// Which.
        budget: BudgetId,
        /// From now on, strictly ascending.
        callers: Vec<ContractId>,
    },
    /// By the payer: suspends, resumes or closes a line. `NO_BUDGET`; `WRONG_STATE` if closed, or to be closed with money
    /// still reserved.
    SetBudgetStanding {
        /// Which.
        budget: BudgetId,
        /// From now on.
        standing: BudgetStanding,
    },
    /// By the payer: brings money in. `NO_BUDGET`, `WRONG_STATE` if closed, `AMOUNT_ZERO`, `AMOUNT_OVERFLOW`,
    /// `TRANSFER_EXISTS`.
    Allot {
        /// The payer's id for this operation.
        id: Hash,
        /// Which line.
        budget: BudgetId,
        /// How much.
        amount: Tiyn,
    },
    /// By the payer: takes money out that is neither spent nor reserved. `NO_BUDGET`, `BUDGET_EXHAUSTED`, `AMOUNT_ZERO`,
    /// `TRANSFER_EXISTS`.
    Withdraw {
        /// The payer's id for this operation.
        id: Hash,
        /// Which line.
        budget: BudgetId,
        /// How much.
        amount: Tiyn,
    },
    /// By the payer: says that a provider's claim was paid out. `ACCOUNT_UNKNOWN`; `SETTLED_BY_ACT` where the provider has a
    /// contract; `BUDGET_EXHAUSTED` above what is owed; `AMOUNT_ZERO`, `TRANSFER_EXISTS`.
    Settle {
        /// The payer's id for this operation.
        id: Hash,
        /// Whose claim.
        provider: OrgId,
        /// Under which programme.
        programme: ProgrammeId,
        /// Of which month.
        period: Month,
        /// How much.
        amount: Tiyn,
    },
    /// By a named contract: pays at once. Answers [`Posted`]. `NO_BUDGET`, `WRONG_STATE` if not open,
    /// `BUDGET_EXHAUSTED`, `AMOUNT_ZERO`, `AMOUNT_OVERFLOW`, `OUT_OF_RANGE` for provider 0, `TRANSFER_EXISTS`. This, `Post`
    /// and `Spend` where the provider has a contract: `CONTRACT_EXCEEDED`, `CONTRACT_NOT_IN_FORCE`, `STOCK_ONLY`.
    Pay {
        /// The caller's id for this transfer.
        id: Hash,
        /// From.
        budget: BudgetId,
        /// To.
        provider: OrgId,
        /// How much.
        amount: Tiyn,
        /// What the line is to be joined to; kept, not interpreted.
        reference: Hash,
    },
    /// By a named contract: makes money unavailable for others until it is posted or voided, or until `expires_at`.
    /// Answers [`Reserved`]. Codes as for `Pay`: where the provider has a contract, that has to allow it now, though it
    /// counts up to the ceiling only once it is posted. `OUT_OF_RANGE` if `expires_at` is not ahead, or more than
    /// [`RESERVATION_MS_MAX`].
    Reserve {
        /// The caller's id for this transfer.
        id: Hash,
        /// From.
        budget: BudgetId,
        /// To.
        provider: OrgId,
        /// How much at most.
        amount: Tiyn,
        /// What the line is to be joined to.
        reference: Hash,
        /// From this block time on it cannot be posted; the money is released by itself.
        expires_at: TimeMs,
    },
    /// By its issuer, while the line names it: pays out of a reservation and releases the rest. Answers [`Posted`].
    /// `TRANSFER_UNKNOWN`, `TRANSFER_EXPIRED`, `TRANSFER_RESOLVED`, `AMOUNT_EXCEEDS_PENDING`, `AMOUNT_ZERO`.
    Post {
        /// The transfer.
        id: Hash,
        /// How much.
        amount: Tiyn,
        /// When what is paid was served, at most now: a provider's contract has to be in force now, or to have been then.
        /// The caller answers for it.
        served_at: TimeMs,
    },
    /// By its issuer: releases a reservation; a success also if it lapsed before. `TRANSFER_UNKNOWN`,
    /// `TRANSFER_RESOLVED` if it was posted.
    Void {
        /// The transfer.
        id: Hash,
    },
    /// By its issuer: takes a posted transfer off the provider's claim and returns it to the budget line; where a
    /// correcting act took off a part of its line, the rest, which may be nothing. Answers [`Reversed`].
    /// `TRANSFER_UNKNOWN`; `REVERSAL_EXCEEDS_POSTED` if nothing was posted.
    Reverse {
        /// The transfer.
        id: Hash,
    },
    /// By a named contract: makes money unavailable for others until this contract spends or unlocks it: what stands
    /// behind the tokens that it issues. It has no id, so the caller's own state has to say that it happened once.
    /// `NO_BUDGET`, `WRONG_STATE` if not open, `BUDGET_EXHAUSTED`, `AMOUNT_ZERO`, `AMOUNT_OVERFLOW`.
    Lock {
        /// In which line.
        budget: BudgetId,
        /// How much.
        amount: Tiyn,
    },
    /// By the contract that locked it, whether the line still names it or not: makes it available again. `NO_BUDGET`,
    /// `AMOUNT_EXCEEDS_PENDING` above what this contract has locked, `AMOUNT_ZERO`.
    Unlock {
        /// In which line.
        budget: BudgetId,
        /// How much.
        amount: Tiyn,
    },
    /// By a named contract: pays out of what it has locked. Keeps no transfer, so that a small payment costs no new key:
    /// the id only names the line, and the caller's own state has to say that it happened once. Answers [`Spent`].
    /// `NO_BUDGET`, `AMOUNT_EXCEEDS_PENDING`, `AMOUNT_ZERO`, `AMOUNT_OVERFLOW`, `OUT_OF_RANGE` for provider 0.
    Spend {
        /// The caller's id for this line.
        id: Hash,
        /// From.
        budget: BudgetId,
        /// To.
        provider: OrgId,
        /// How much.
        amount: Tiyn,
        /// What the line is to be joined to; kept, not interpreted.
        reference: Hash,
        /// When what is paid was served, at most now: a provider's contract has to be in force now, or to have been then.
        /// The caller answers for it.
        served_at: TimeMs,
    },
    /// By the settlement contract: sets what may be posted to a provider. The same contract again with another ceiling
    /// keeps what was posted; another contract counts from nothing. `ACCOUNT_UNKNOWN` for a programme without a line,
    /// `NOT_AUTHORISED` if it is another payer's.
    SetTerms {
        /// The payer in whose name.
        payer: OrgId,
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
        /// The rate of the VAT in what is posted, in 1/10,000.
        vat_basis_points: u16,
        /// When and how it is paid.
        kind: SettlementKind,
    },
    /// By the settlement contract, whose own state has to say that it happened once: pays a claim. `ACCOUNT_UNKNOWN`,
    /// `BUDGET_EXHAUSTED` above what is owed, `AMOUNT_ZERO`.
    PayClaim {
        /// The caller's id, such as the hash of an act.
        id: Hash,
        /// Whose claim.
        provider: OrgId,
        /// Under which programme.
        programme: ProgrammeId,
        /// Of which month.
        period: Month,
        /// How much.
        amount: Tiyn,
        /// True: into the provider's purse. False: to the outside, by a bank.
        to_purse: bool,
    },
    /// By the settlement contract, whose own state has to say that it happened once: takes lines off a claim, each once, and
    /// returns the money of each to the budget line that it names. The claim may have been paid: the next line of a later
    /// month makes that good. What is known of a line has to be so. Of one that was spent out of a lock no transfer is known: its
    /// issuer has to be a contract that the budget line names, what was taken off it before is known, and all lines
    /// together take off no more than the claim has, neither of money nor of VAT. `ACCOUNT_UNKNOWN`, `NO_BUDGET`,
    /// `NOT_AUTHORISED` for a budget line of another programme, `REVERSAL_EXCEEDS_POSTED`, `AMOUNT_OVERFLOW`,
    /// `DISPUTED_LINE` for no or too many lines, one of nothing, or one that was corrected before, `LINE_REVERSED`,
    /// `LINE_OF_ANOTHER_ACT`, `LINE_RATE`.
    Correct {
        /// The caller's id, such as the hash of a correcting act.
        id: Hash,
        /// Whose claim.
        provider: OrgId,
        /// Under which programme.
        programme: ProgrammeId,
        /// Of which month.
        period: Month,
        /// What is taken off, at most [`CORRECTIONS_MAX`].
        lines: Vec<CorrectionLine>,
        /// What the movement is joined to, such as the act that is corrected.
        reference: Hash,
    },
    /// By a provider's device: takes money out of its own purse. `BUDGET_EXHAUSTED` above what is in it, `AMOUNT_ZERO`,
    /// `TRANSFER_EXISTS`.
    Leave {
        /// The provider's id for this operation.
        id: Hash,
        /// How much.
        amount: Tiyn,
    },
    /// By their issuer: drops what is known of resolved transfers, at most [`FORGET_MAX`], once nothing can come of them
    /// any more: an id that is forgotten is a new one. What is not known is forgotten already. `TRANSFER_PENDING`,
    /// `OUT_OF_RANGE`.
    Forget {
        /// The transfers.
        ids: Vec<Hash>,
    },
    /// By the settlement contract, whose own state has to say that it happened once: what a bank had paid of a claim came
    /// back, and is owed again. `ACCOUNT_UNKNOWN`, `RETURN_EXCEEDS_SETTLED`, `AMOUNT_ZERO`.
    Return {
        /// The id that it was paid under.
        id: Hash,
        /// Whose claim.
        provider: OrgId,
        /// Under which programme.
        programme: ProgrammeId,
        /// Of which month.
        period: Month,
        /// How much.
        amount: Tiyn,
    },
    /// By the settlement contract: drops a claim whose acts go, and what was taken off its lines, of which at most
    /// [`FORGET_MAX`] at a time. Answers [`Forgotten`]. What is not known is forgotten already. `CLAIM_OPEN` where it is
    /// not even, or what it is short of waits to be set off.
    ForgetClaim {
        /// Whose.
        provider: OrgId,
        /// Under which programme.
        programme: ProgrammeId,
        /// Of which month.
        period: Month,
    },
    /// By a named contract, whose own state has to say that it happened once: takes off what it has spent, and locks it
    /// again. The line stays; one that takes off is appended to the claim of the month of now, or, where the provider has no
    /// contract and its own month is not paid yet, of that; under the same id. What correcting acts took off before is not taken off again:
    /// that part is locked anew, out of what they returned. `NO_BUDGET`, `LINE_REVERSED`, `BUDGET_EXHAUSTED` where what was
    /// returned is not there, `AMOUNT_ZERO`.
    Unspend {
        /// The id that it was spent under.
        id: Hash,
        /// Back to.
        budget: BudgetId,
        /// Off whose claim.
        provider: OrgId,
        /// How much: the whole line.
        amount: Tiyn,
        /// What the line was joined to.
        reference: Hash,
        /// The claim's month, as [`Spent`] said.
        period: Month,
        /// The rate of the VAT in the line, as [`Spent`] said.
        vat_basis_points: u16,
    },
}

/// Lines in one [`Execute::Correct`].
pub const CORRECTIONS_MAX: usize = 64;
/// Transfers in one [`Execute::Forget`], and lines in one [`Execute::ForgetClaim`].
pub const FORGET_MAX: usize = 64;

impl Execute {
    /// The first byte of [`Execute::Leave`], the one method that providers have a right to.
    pub const METHOD_LEAVE: u8 = 17;
}

/// Answer to [`Execute::Spend`]: what [`Execute::Unspend`] has to name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Spent {
    /// How much, in tiyn.
    pub amount: Tiyn,
    /// The month of the claim that it stands in.
    pub period: Month,
    /// The rate of the VAT in it, in 1/10,000.
    pub vat_basis_points: u16,
}

/// Answer to [`Execute::Pay`] and [`Execute::Post`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Posted {
    /// How much, in tiyn.
    pub amount: Tiyn,
    /// The month of the claim that it stands in.
    pub period: Month,
}

/// Answer to [`Execute::Reserve`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Reserved {
    /// How much, in tiyn.
    pub amount: Tiyn,
    /// When it lapses.
    pub expires_at: TimeMs,
}

/// Answer to [`Execute::Reverse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Reversed {
    /// How much came back, in tiyn: 0 where a correcting act had taken off all of it, and then there is no line.
    pub amount: Tiyn,
    /// The month of the claim that the line that takes off stands in.
    pub period: Month,
}

/// Answer to [`Execute::ForgetClaim`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Forgotten {
    /// False: there is more, and the claim is still there.
    pub all: bool,
}

/// The input of `Entry::Genesis`: the payers' messages, carried out with the ledger's authority, in order, all or none.
/// Messages of contracts are `NOT_AUTHORISED` here.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Genesis(pub Vec<Execute>);

/// The input of `Entry::Due`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum DueEntry {
    /// A reservation lapses, unless it was resolved.
    Expire {
        /// Who issued it.
        issuer: ContractId,
        /// Its id.
        id: Hash,
    },
}

/// Questions. Each names the borsh type of its answer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Query {
    /// `Option<`[`Budget`]`>`.
    Budget {
        /// Which.
        budget: BudgetId,
    },
    /// `Option<`[`Claim`]`>`.
    Claim {
        /// Whose.
        provider: OrgId,
        /// Under which programme.
        programme: ProgrammeId,
        /// Of which month.
        period: Month,
    },
    /// [`ClaimPage`]: a provider's claims above `after`, at most 64: its accounts.
    Claims {
        /// Whose.
        provider: OrgId,
        /// None for the first page, then programme and month of the last entry of the page before.
        after: Option<(ProgrammeId, Month)>,
    },
    /// `Option<`[`Transfer`]`>`.
    Transfer {
        /// Who issued it.
        issuer: ContractId,
        /// Its id.
        id: Hash,
    },
    /// `Option<`[`Outside`]`>`.
    Outside {
        /// Whose.
        payer: OrgId,
    },
    /// [`TiynTotal`]: what a contract has locked in a line.
    Locked {
        /// Which line.
        budget: BudgetId,
        /// Which contract.
        contract: ContractId,
    },
    /// `Option<`[`ProgrammeOwner`]`>`: whose programme it is, and its civil time.
    Programme {
        /// Which.
        programme: ProgrammeId,
    },
    /// `Option<`[`Terms`]`>`: what may be posted to a provider that has a contract.
    Terms {
        /// Under which programme.
        programme: ProgrammeId,
        /// To whom.
        provider: OrgId,
    },
    /// [`Purse`]: a provider's own digital tenge.
    Purse {
        /// Whose.
        provider: OrgId,
    },
    /// [`Outstanding`]: what is not resolved yet between a programme and a provider.
    Outstanding {
        /// Which programme.
        programme: ProgrammeId,
        /// Which provider.
        provider: OrgId,
    },
}

/// Answer to [`Query::Budget`].
pub type BudgetAnswer = Option<Budget>;
/// Answer to [`Query::Claim`].
pub type ClaimAnswer = Option<Claim>;
/// Answer to [`Query::Claims`].
pub type ClaimPage = Vec<(ProgrammeId, Month, Claim)>;
/// Answer to [`Query::Transfer`].
pub type TransferAnswer = Option<Transfer>;
/// Answer to [`Query::Outside`].
pub type OutsideAnswer = Option<Outside>;
/// Answer to [`Query::Programme`].
pub type ProgrammeAnswer = Option<ProgrammeOwner>;
/// Answer to [`Query::Terms`].
pub type TermsAnswer = Option<Terms>;
/// Answer to [`Query::Purse`].
pub type PurseAnswer = Purse;
/// Answer to [`Query::Outstanding`].
pub type OutstandingAnswer = Outstanding;
/// Answer to [`Query::Locked`], in tiyn.
pub type LockedAnswer = TiynTotal;
