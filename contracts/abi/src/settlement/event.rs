//! What the contract tells. Kind and version stand beside the body.

use super::act::ActId;
use super::record::{Despite, DisputeReason, EditCheck};
use crate::treasury::{CorrectionLine, ProgrammeId, SettlementKind};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Hash, OrgId, PublicKey, TimeMs, Tiyn, TiynTotal};

/// Version of the events' bodies.
pub const EVENT_VERSION: u8 = 1;

/// An event. Its kind is [`SettlementEvent::kind`], its body the borsh encoding of this enum.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum SettlementEvent {
    /// A contract with a provider was set.
    AgreementSet {
        /// Under which programme.
        programme: ProgrammeId,
        /// With whom.
        provider: OrgId,
        /// Who pays.
        payer: OrgId,
        /// The hash of its document.
        document: Hash,
        /// In force from this time on.
        from: TimeMs,
        /// Until this time.
        until: TimeMs,
        /// Σ of what may be posted, in tiyn.
        ceiling: Tiyn,
        /// The rate of the VAT, in 1/10,000.
        vat_basis_points: u16,
        /// When and how it is paid.
        kind: SettlementKind,
    },
    /// A provider proposed its details.
    DetailsProposed {
        /// Towards whom.
        payer: OrgId,
        /// Whose.
        provider: OrgId,
        /// Their hash.
        details: Hash,
    },
    /// A device of the payer's approved a provider's details.
    DetailsApproved {
        /// Towards whom.
        payer: OrgId,
        /// Whose.
        provider: OrgId,
        /// Their hash.
        details: Hash,
        /// The device.
        device: PublicKey,
        /// Whether this was the second approval, from which on they hold.
        confirmed: bool,
    },
    /// The ledger made an act.
    ActMade {
        /// Which.
        act: ActId,
        /// Its hash.
        hash: Hash,
        /// Who pays.
        payer: OrgId,
        /// Lines posted.
        lines: u32,
        /// Lines that take off.
        reversed_lines: u32,
        /// Σ of the lines posted, in tiyn.
        sum: TiynTotal,
        /// Σ of the lines that take off, in tiyn.
        reversed: TiynTotal,
        /// What is still to be paid, in tiyn.
        payable: Tiyn,
        /// The hash of the act that it takes the place of.
        corrects: Option<Hash>,
        /// What it takes off that one.
        corrections: Vec<CorrectionLine>,
    },
    /// The provider signed an act.
    ActSigned {
        /// Which.
        act: ActId,
        /// Its hash.
        hash: Hash,
        /// The provider's device.
        device: PublicKey,
    },
    /// The payer signed an act.
    ActAccepted {
        /// Which.
        act: ActId,
        /// Its hash.
        hash: Hash,
        /// The payer's device.
        device: PublicKey,
        /// What the edit check found, where there was one.
        check: Option<EditCheck>,
        /// In spite of which days, and why, where something was wrong.
        despite: Option<Despite>,
    },
    /// The payer disputes an act.
    ActDisputed {
        /// Which.
        act: ActId,
        /// Why.
        reason: DisputeReason,
        /// The hash of its statement.
        statement: Hash,
        /// The transfers of the lines.
        lines: Vec<Hash>,
    },
    /// The payer took a dispute back.
    DisputeWithdrawn {
        /// Which act.
        act: ActId,
    },
    /// An act is in a payment file.
    PaymentOrdered {
        /// Which.
        act: ActId,
        /// Which attempt, from 1.
        attempt: u8,
        /// How much, in tiyn.
        amount: Tiyn,
        /// The hash of the file.
        file: Hash,
        /// The hash of the provider's details in it.
        details: Hash,
    },
    /// The bank refused to pay.
    PaymentFailed {
        /// Which.
        act: ActId,
        /// Which attempt.
        attempt: u8,
        /// The hash of the bank's message.
        message: Hash,
        /// The ISO reason code, or zero bytes.
        reason: [u8; 4],
    },
    /// Nothing is owed any more.
    ActPaid {
        /// Which.
        act: ActId,
        /// How much was paid by this, in tiyn: 0 where it was paid at each redemption, or set off.
        amount: Tiyn,
        /// By which attempt of a bank payment; none in digital tenge.
        attempt: Option<u8>,
        /// The hash of the bank's message; zero in digital tenge.
        message: Hash,
    },
    /// The bank refused what the account says was paid: the money is expected back.
    PaymentRefusedLate {
        /// Which act.
        act: ActId,
        /// Which attempt.
        attempt: u8,
        /// The hash of the bank's message.
        message: Hash,
        /// The ISO reason code, or zero bytes.
        reason: [u8; 4],
    },
    /// The money of an attempt came back.
    PaymentReturned {
        /// Which act.
        act: ActId,
        /// Which attempt.
        attempt: u8,
        /// How much, in tiyn.
        amount: Tiyn,
        /// Whether the act had been paid by it, and is owed again.
        owed_again: bool,
        /// The hash of the bank's message.
        message: Hash,
        /// The ISO reason code, or zero bytes.
        reason: [u8; 4],
    },
    /// An act that was over long ago is kept no longer. The log has it.
    ActPruned {
        /// Which.
        act: ActId,
    },
}

impl SettlementEvent {
    /// The number of this kind of event. Permanent.
    pub const fn kind(&self) -> u16 {
        match self {
            SettlementEvent::AgreementSet { .. } => 0,
            SettlementEvent::DetailsProposed { .. } => 1,
            SettlementEvent::DetailsApproved { .. } => 2,
            SettlementEvent::ActMade { .. } => 3,
            SettlementEvent::ActSigned { .. } => 4,
            SettlementEvent::ActAccepted { .. } => 5,
            SettlementEvent::ActDisputed { .. } => 6,
            SettlementEvent::DisputeWithdrawn { .. } => 7,
            SettlementEvent::PaymentOrdered { .. } => 8,
            SettlementEvent::PaymentFailed { .. } => 9,
            SettlementEvent::ActPaid { .. } => 10,
            SettlementEvent::PaymentRefusedLate { .. } => 11,
            SettlementEvent::PaymentReturned { .. } => 12,
            SettlementEvent::ActPruned { .. } => 13,
        }
    }
}
