//! What the contract keeps. The first byte of each value is the version of its record.
//!
//! | collection | key after the collection byte | value |
//! | --- | --- | --- |
//! | 1 agreement | programme (4, BE) ‖ provider (4, BE) | [`AgreementRecord`] |
//! | 2 act | programme (4, BE) ‖ provider (4, BE) ‖ month (4, BE) ‖ number (1) | [`ActRecord`] |
//! | 3 details | payer (4, BE) ‖ provider (4, BE) | [`DetailsRecord`] |
//! | 4 ordered | payer (4, BE) ‖ message id (16) ‖ the act's key | [`OrderedRecord`] |

use super::act::{ActBody, ActId};
use crate::civil::{Month, UtcOffsets};
use crate::key::Key;
use crate::treasury::{ProgrammeId, SettlementKind};
use crate::versioned::versioned;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Hash, OrgId, PublicKey, TimeMs, Tiyn};

/// Collection of contracts with providers.
pub const COLLECTION_AGREEMENT: u8 = 1;
/// Collection of acts.
pub const COLLECTION_ACT: u8 = 2;
/// Collection of providers' details.
pub const COLLECTION_DETAILS: u8 = 3;
/// Collection of what payment files have in them.
pub const COLLECTION_ORDERED: u8 = 4;

/// Key of an [`AgreementRecord`].
pub fn agreement_key(programme: ProgrammeId, provider: OrgId) -> Key {
    Key::new(COLLECTION_AGREEMENT)
        .u32(programme.0)
        .org(provider)
}

/// Prefix of the [`ActRecord`]s of a programme.
pub fn acts_prefix(programme: ProgrammeId) -> Key {
    Key::new(COLLECTION_ACT).u32(programme.0)
}

/// Key of an [`ActRecord`].
pub fn act_key(act: &ActId) -> Key {
    acts_prefix(act.programme)
        .org(act.provider)
        .u32(act.period.0)
        .u8(act.number)
}

/// Key of a [`DetailsRecord`].
pub fn details_key(payer: OrgId, provider: OrgId) -> Key {
    Key::new(COLLECTION_DETAILS).org(payer).org(provider)
}

/// Prefix of the [`OrderedRecord`]s of a payment file.
pub fn ordered_prefix(payer: OrgId, message_id: &MessageId) -> Key {
    Key::new(COLLECTION_ORDERED).org(payer).bytes(&message_id.0)
}

/// Key of an [`OrderedRecord`].
pub fn ordered_key(payer: OrgId, message_id: &MessageId, act: &ActId) -> Key {
    ordered_prefix(payer, message_id)
        .u32(act.programme.0)
        .org(act.provider)
        .u32(act.period.0)
        .u8(act.number)
}

/// A contract between a payer and a provider under a programme.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Agreement {
    /// Who pays.
    pub payer: OrgId,
    /// The hash of its document, which has its number and date.
    pub document: Hash,
    /// In force from this time on.
    pub from: TimeMs,
    /// Until this time.
    pub until: TimeMs,
    /// Σ of what may be posted under it, in tiyn.
    pub ceiling: Tiyn,
    /// The rate of the VAT in the provider's prices, in 1/10,000; 0 if it pays none.
    pub vat_basis_points: u16,
    /// When and how it is paid.
    pub kind: SettlementKind,
    /// Civil time of the programme.
    pub offsets: UtcOffsets,
    /// The month that is cut next; none once no line can come any more.
    pub next_cut: Option<Month>,
}

impl Agreement {
    /// The highest rate of a VAT that a contract may have, in 1/10,000.
    pub const VAT_BASIS_POINTS_MAX: u16 = 10_000;
    /// Months after its end for which acts are still cut by themselves: what is taken off comes late.
    pub const MONTHS_AFTER_END: u32 = 2;
}

/// A signature of a device's: its transaction named the act's hash.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Signed {
    /// The device.
    pub device: PublicKey,
    /// The block's time.
    pub at: TimeMs,
}

/// What the payer's edit check found: for each place and day, what is claimed is at most what was eligible and present.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct EditCheck {
    /// The hash of its report, which lies off the ledger.
    pub report: Hash,
    /// How much more is claimed than was found, in tiyn. An act is accepted only with 0.
    pub excess: Tiyn,
}

/// A day at a place with which the edit check found something wrong.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct FlawedDay {
    /// Where.
    pub place: OrgId,
    /// The civil day, counted from 1970-01-01.
    pub day: u32,
}

/// The payer accepts an act in spite of what the ledger's edit check found.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Despite {
    /// The hash of its reasons, which lie off the ledger.
    pub statement: Hash,
    /// Each day that something is wrong with, strictly ascending.
    pub days: Vec<FlawedDay>,
}

impl Despite {
    /// Days that an act may be accepted in spite of. One with more is disputed.
    pub const DAYS_MAX: usize = 256;
}

/// Why an act is disputed.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum DisputeReason {
    /// What a line is about was not delivered.
    NotDelivered = 0,
    /// A line has the wrong price.
    WrongPrice = 1,
    /// A line is about more than was delivered.
    WrongQuantity = 2,
    /// Two lines are about one delivery.
    Twice = 3,
    /// The edit check found more claimed than eligible and present.
    EditCheck = 4,
    /// Something else; the statement says what.
    Other = 5,
}

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Dispute {
    /// Why.
    pub reason: DisputeReason,
    /// The hash of the payer's statement, which lies off the ledger.
    pub statement: Hash,
    /// The transfers of the lines that are disputed; none for the whole act.
    pub lines: Vec<Hash>,
    /// Who, and when.
    pub by: Signed,
}

impl Dispute {
    /// Lines that one dispute may name.
    pub const LINES_MAX: usize = 64;
}

/// A bank's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct BankAnswer {
    /// The hash of the message.
    pub message: Hash,
    /// For a payment that failed, the ISO reason code, such as `AC04`; zero bytes where the bank gave none.
    pub reason: [u8; 4],
}

/// The payment of an act by a bank: its latest attempt. Earlier ones are in the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Payment {
    /// Which attempt, from 1. Its end-to-end id is [`end_to_end_id`](super::act::end_to_end_id).
    pub attempt: u8,
    /// The hash of the payment file.
    pub file: Hash,
    /// The provider's details that the file has: a later change does not touch them.
    pub details: Hash,
    /// The block's time.
    pub ordered_at: TimeMs,
    /// What the bank answered.
    pub answer: Option<BankAnswer>,
    /// A refusal of what the account says was paid: the money is expected back.
    pub refused_late: Option<BankAnswer>,
    /// The attempts whose money came back, the first in the lowest bit.
    pub returned: u32,
}

impl Payment {
    /// Attempts to pay one act.
    pub const ATTEMPTS_MAX: u8 = 32;

    /// Whether the money of an attempt came back.
    pub const fn has_returned(&self, attempt: u8) -> bool {
        attempt >= 1 && attempt <= Payment::ATTEMPTS_MAX && self.returned >> (attempt - 1) & 1 == 1
    }

    /// With the money of an attempt come back.
    #[must_use]
    pub const fn with_returned(self, attempt: u8) -> Payment {
        Payment {
            returned: self.returned | 1 << (attempt - 1),
            ..self
        }
    }
}

/// The message id of a payment file: `B` and these bytes in hex. It follows from the payments in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct MessageId(pub [u8; 16]);

/// How an act stands.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum ActState {
    /// The ledger made it.
    Generated = 0,
    /// The provider signed it.
    SignedByProvider = 1,
    /// The payer signed it too; it is to be paid by a bank.
    Accepted = 2,
    /// It is in a payment file.
    PaymentPending = 3,
    /// Nothing is owed any more.
    Paid = 4,
    /// The payer disputes it.
    Disputed = 5,
    /// Another act took its place.
    Corrected = 6,
    /// The bank refused the payment.
    PaymentFailed = 7,
    /// The bank had paid, and the money came back: it is owed again.
    Returned = 8,
}

/// An act and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Act {
    /// What it says.
    pub body: ActBody,
    /// How it stands.
    pub state: ActState,
    /// The provider's signature.
    pub signed: Option<Signed>,
    /// The payer's signature.
    pub accepted: Option<Signed>,
    /// What the edit check found, where the payer stated it.
    pub check: Option<EditCheck>,
    /// In spite of what the payer accepted it, if anything was wrong.
    pub despite: Option<Despite>,
    /// The last dispute.
    pub dispute: Option<Dispute>,
    /// The last attempt to pay it by a bank.
    pub payment: Option<Payment>,
}

impl Act {
    /// How long an act is kept after it was paid, in ms: 180 days. Longer than a line of it can be reversed, and than a bank
    /// takes to send money back. The log has it for ever.
    pub const KEPT_MS: u64 = 180 * crate::civil::DAY_MS;
    /// When what is not over yet is looked at again, in ms: 30 days.
    pub const AGAIN_MS: u64 = 30 * crate::civil::DAY_MS;
}

/// Details that a provider proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Proposal {
    /// Their hash.
    pub details: Hash,
    /// The provider's device.
    pub by: Signed,
    /// The first of the payer's two approvals.
    pub approved: Option<Signed>,
}

/// A provider's details towards a payer: name, БИН, IBAN, БИК, КБе, КНП, VAT payer or not. They lie off the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Details {
    /// The hash of those that hold.
    pub confirmed: Option<Hash>,
    /// Proposed since.
    pub proposal: Option<Proposal>,
}

versioned! {
    /// A stored [`Agreement`].
    AgreementRecord(Agreement)
}
versioned! {
    /// A stored [`Act`].
    ActRecord(Act)
}
versioned! {
    /// A stored [`Details`].
    DetailsRecord(Details)
}
versioned! {
    /// Which attempt to pay an act is in a payment file, from 1.
    OrderedRecord(u8)
}
