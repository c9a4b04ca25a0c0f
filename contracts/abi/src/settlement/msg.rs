//! What the contract can be asked. The first byte of a message is its method.

use super::act::ActId;
#[cfg(doc)]
use super::record::FlawedDay;
use super::record::{Act, Agreement, Despite, Details, DisputeReason, EditCheck, MessageId};
use crate::civil::Month;
use crate::roles::Roles;
use crate::treasury::{CorrectionLine, ProgrammeId, SettlementKind};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Hash, OrgId, TimeMs, Tiyn};

/// Messages that change something. The roles that may send them are in [`RIGHTS`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Execute {
    /// By the payer of the programme: sets the contract with a provider. The same document again is an addendum: what
    /// was posted under it counts. `NO_BUDGET` for a programme without a line; `NOT_AUTHORISED` if it is another payer's;
    /// `OUT_OF_RANGE`; `AGREEMENT_IN_USE` for another document while lines of the month stand under the one before, or a
    /// month before is not cut yet.
    SetAgreement {
        /// Under which programme.
        programme: ProgrammeId,
        /// With whom.
        provider: OrgId,
        /// The hash of its document, which has its number and date.
        document: Hash,
        /// In force from this time on.
        from: TimeMs,
        /// Until this time.
        until: TimeMs,
        /// Σ of what may be posted under it, in tiyn.
        ceiling: Tiyn,
        /// The rate of the VAT in the provider's prices, in 1/10,000.
        vat_basis_points: u16,
        /// When and how it is paid.
        kind: SettlementKind,
    },
    /// By the provider: proposes its details to a payer; what it proposed before and was not confirmed is gone.
    ProposeDetails {
        /// To whom.
        payer: OrgId,
        /// Their hash.
        details: Hash,
    },
    /// By the payer, twice, with two devices: confirms details. From the second approval on they hold for payments that
    /// are ordered from then on. `DETAILS_UNKNOWN`, `SAME_APPROVER`.
    ApproveDetails {
        /// Whose.
        provider: OrgId,
        /// Their hash.
        details: Hash,
    },
    /// By the provider or the payer: makes the act of a month that has ended, if the ledger has not done so by itself.
    /// Answers an `Option<`[`ActId`]`>`, none where nothing was posted; the same again is a success. `AGREEMENT_UNKNOWN`,
    /// `NOT_AUTHORISED`, `PERIOD_OPEN`.
    Cut {
        /// Under which programme.
        programme: ProgrammeId,
        /// Whose work.
        provider: OrgId,
        /// Of which month.
        period: Month,
    },
    /// By the provider: signs an act. `ACT_UNKNOWN`, `NOT_AUTHORISED`, `ACT_HASH`, `WRONG_STATE`.
    Sign {
        /// Which.
        act: ActId,
        /// Its hash.
        hash: Hash,
    },
    /// By the payer: signs an act that the provider has signed, after the edit checks. What the contract pays in digital
    /// tenge is paid by this. `ACT_UNKNOWN`, `NOT_AUTHORISED`, `ACT_HASH`, `WRONG_STATE`, `ACT_MISMATCH`,
    /// `CONTRACT_EXCEEDED`, `DETAILS_UNCONFIRMED`, `EDIT_CHECK_FAILED`; with a [`Finding`](crate::voucher::msg::Finding) as
    /// detail `DAY_EXCEEDS_PRESENT`, `DAY_NOT_OPEN`, `DAY_UNREPORTED`; `DAY_NOT_FLAWED` with a [`FlawedDay`] as detail;
    /// `OUT_OF_RANGE` for days out of order, none or too many.
    Accept {
        /// Which.
        act: ActId,
        /// Its hash.
        hash: Hash,
        /// What the edit check against attendance found, where there was one.
        check: Option<EditCheck>,
        /// In spite of which days: all that the ledger's own check found something wrong with, and no others.
        despite: Option<Despite>,
    },
    /// By the payer: disputes an act that it has not accepted. `ACT_UNKNOWN`, `NOT_AUTHORISED`, `ACT_HASH`,
    /// `WRONG_STATE`, `OUT_OF_RANGE` for too many lines.
    Dispute {
        /// Which.
        act: ActId,
        /// Its hash.
        hash: Hash,
        /// Why.
        reason: DisputeReason,
        /// The hash of the statement.
        statement: Hash,
        /// The transfers of the lines that are disputed; none for the whole act.
        lines: Vec<Hash>,
    },
    /// By the payer: takes its dispute back. `ACT_UNKNOWN`, `NOT_AUTHORISED`, `WRONG_STATE`.
    WithdrawDispute {
        /// Which.
        act: ActId,
    },
    /// By the provider: admits that lines of a disputed act are wrong. The ledger makes a correcting act, which names the
    /// one that it takes the place of, and the money returns to the budget line. Answers the [`ActId`] of the correcting
    /// act. `ACT_UNKNOWN`, `NOT_AUTHORISED`, `WRONG_STATE`, `OUT_OF_RANGE` after
    /// [`ActBody::NUMBER_MAX`](super::act::ActBody::NUMBER_MAX), and the codes of the treasury's
    /// [`Correct`](crate::treasury::Execute::Correct).
    Correct {
        /// Which.
        act: ActId,
        /// What is taken off.
        lines: Vec<CorrectionLine>,
    },
    /// By the payer: says that an accepted act is in a payment file, or again after the bank refused it or the money came
    /// back. The same again is a success. `ACT_UNKNOWN`, `NOT_AUTHORISED`, `WRONG_STATE`, `PAYMENT_EXISTS`,
    /// `DETAILS_UNCONFIRMED`, `ACT_MISMATCH`, `PAYMENT_UNKNOWN` for an attempt that is not the next one, `OUT_OF_RANGE`
    /// after [`Payment::ATTEMPTS_MAX`](super::record::Payment::ATTEMPTS_MAX).
    OrderPayment {
        /// Which.
        act: ActId,
        /// Which attempt, from 1.
        attempt: u8,
        /// The hash of the file.
        file: Hash,
        /// The file's message id, by which a bank refuses it as a whole.
        message_id: MessageId,
        /// The hash of the provider's details in it: those that are confirmed.
        details: Hash,
    },
    /// By the payer: says that the bank has paid. The same again is a success. `ACT_UNKNOWN`, `NOT_AUTHORISED`,
    /// `PAYMENT_UNKNOWN`, `PAYMENT_SUPERSEDED`, `PAYMENT_RETURNED`, `PAYMENT_AMOUNT`, `WRONG_STATE`.
    ConfirmPayment {
        /// Which.
        act: ActId,
        /// Which attempt.
        attempt: u8,
        /// How much the bank moved, in tiyn.
        amount: Tiyn,
        /// The hash of the bank's message.
        message: Hash,
    },
    /// By the payer: says that the bank has refused to pay. Silence is no refusal. The same again is a success. An act that
    /// was paid stays so, since only the account says where money is: the refusal is kept until the money comes back.
    /// `ACT_UNKNOWN`, `NOT_AUTHORISED`, `PAYMENT_UNKNOWN`, `WRONG_STATE`.
    FailPayment {
        /// Which.
        act: ActId,
        /// Which attempt.
        attempt: u8,
        /// The hash of the bank's message.
        message: Hash,
        /// The ISO reason code; zero bytes where the bank gave none.
        reason: [u8; 4],
    },
    /// By the payer: says that the money of an attempt is back on its account. The act is owed again, if this was its latest
    /// attempt, and the next one may be ordered. The same again is a success. `ACT_UNKNOWN`, `NOT_AUTHORISED`,
    /// `PAYMENT_UNKNOWN`, `PAYMENT_AMOUNT` for a part, `WRONG_STATE`.
    ReturnPayment {
        /// Which.
        act: ActId,
        /// Which attempt.
        attempt: u8,
        /// How much came back, in tiyn.
        amount: Tiyn,
        /// The hash of the bank's message.
        message: Hash,
        /// The ISO reason code; zero bytes where the bank gave none.
        reason: [u8; 4],
    },
}

/// Whoever may be a provider.
const PROVIDERS: u32 = Roles::PROVIDER.0 | Roles::PHARMACY.0 | Roles::CLINIC.0;

/// Who may call each method, in the order of the methods: what a genesis enters in the registry.
pub const RIGHTS: [(&str, Roles); 13] = [
    ("set_agreement", Roles::FUND),
    ("propose_details", Roles(PROVIDERS)),
    ("approve_details", Roles::FUND),
    ("cut", Roles(PROVIDERS | Roles::FUND.0)),
    ("sign", Roles(PROVIDERS)),
    ("accept", Roles::FUND),
    ("dispute", Roles::FUND),
    ("withdraw_dispute", Roles::FUND),
    ("correct", Roles(PROVIDERS)),
    ("order_payment", Roles::FUND),
    ("confirm_payment", Roles::FUND),
    ("fail_payment", Roles::FUND),
    ("return_payment", Roles::FUND),
];

/// Whoever may take money out of a purse: the right to the treasury's `leave`.
pub const RIGHT_TO_LEAVE: Roles = Roles(PROVIDERS);

/// The input of `Entry::Genesis`: contracts, carried out with the ledger's authority, in order, all or none. Others are
/// `NOT_AUTHORISED` here.
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
    /// A month has ended: its act is made.
    Cut {
        /// Under which programme.
        programme: ProgrammeId,
        /// Whose work.
        provider: OrgId,
        /// Of which month.
        period: Month,
    },
    /// An act was paid long ago, or another one took its place that is gone: it goes.
    Forget {
        /// Which.
        act: ActId,
    },
    /// An act was in a payment file: that it was goes when the act is gone.
    ForgetOrdered {
        /// Whose file.
        payer: OrgId,
        /// Its message id.
        message_id: MessageId,
        /// Which act.
        act: ActId,
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
    /// `Option<`[`Agreement`]`>`.
    Agreement {
        /// Under which programme.
        programme: ProgrammeId,
        /// With whom.
        provider: OrgId,
    },
    /// `Option<`[`Act`]`>`.
    Act {
        /// Which.
        act: ActId,
    },
    /// `Vec<`[`Act`]`>`: a programme's acts above `after`, by provider, month and number, at most [`Query::ACTS_MAX`].
    Acts {
        /// Under which programme.
        programme: ProgrammeId,
        /// None for the first page, then the last act of the page before.
        after: Option<ActId>,
    },
    /// [`Details`].
    Details {
        /// Towards whom.
        payer: OrgId,
        /// Whose.
        provider: OrgId,
    },
    /// `Vec<`[`Ordered`]`>`: what is in a payment file, above `after`, by act, at most [`Query::ORDERED_MAX`]. Whoever has all
    /// of it can make the message id of it again.
    Ordered {
        /// Whose file.
        payer: OrgId,
        /// Its message id.
        message_id: MessageId,
        /// None for the first page, then the last act of the page before.
        after: Option<ActId>,
    },
}

impl Query {
    /// Acts of one page.
    pub const ACTS_MAX: usize = 8;
    /// Payments of one page.
    pub const ORDERED_MAX: usize = 64;
}

/// A payment in a payment file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Ordered {
    /// Of which act.
    pub act: ActId,
    /// Which attempt, from 1.
    pub attempt: u8,
}

/// Answer to [`Query::Agreement`].
pub type AgreementAnswer = Option<Agreement>;
/// Answer to [`Query::Act`].
pub type ActAnswer = Option<Act>;
/// Answer to [`Query::Acts`].
pub type ActsAnswer = Vec<Act>;
/// Answer to [`Query::Ordered`].
pub type OrderedAnswer = Vec<Ordered>;
/// Answer to [`Query::Details`].
pub type DetailsAnswer = Details;
