//! What the prescription contract tells. Kind and version stand beside the body.

use super::delegation::Delegation;
use super::facts::{DispenseFacts, HoldFacts, IssueFacts, ReverseFacts};
use super::look::LookReason;
use super::msg::{CancelReason, IdentityCheck, RejectReason};
use super::programme::{MedicineRule, PrescriberId, PrescriberRight, ProgrammeId, Provider, Rules};
use super::record::{DispensedPack, GroupId, ItemMask, Money, OverdueReason};
use crate::marking::InnCode;
use crate::treasury::BudgetId;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{OrgId, PublicKey, TimeMs, Tiyn};

/// Version of the events' bodies.
pub const EVENT_VERSION: u8 = 1;

/// Which proof opened a hold.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum ProofUsed {
    /// A live QR.
    LiveQr,
    /// A card.
    Card,
    /// Paper, with this identity check.
    Paper(IdentityCheck),
    /// A live QR of whoever collects for the person: by this delegated key.
    DelegatedQr(PublicKey),
}

/// An event. Its kind is [`PrescriptionEvent::kind`], its body the borsh encoding of this enum.
///
/// Where a clinic has to be told what became of its prescription, the event names the issuer.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum PrescriptionEvent {
    /// A programme was opened or closed, or has a new version of its rules.
    ProgrammeSet {
        /// Which.
        programme: ProgrammeId,
        /// The version of its rules from now on.
        version: u32,
        /// Whether anything new is issued or held.
        open: bool,
        /// The budget line that pays.
        budget: BudgetId,
        /// The rules of that version.
        rules: Rules,
    },
    /// What a programme says of a medicine was set or removed.
    MedicineSet {
        /// Which programme.
        programme: ProgrammeId,
        /// Which medicine.
        inn: InnCode,
        /// None: removed.
        rule: Option<MedicineRule>,
    },
    /// A pharmacy's contract was set or ended.
    ProviderSet {
        /// Which programme.
        programme: ProgrammeId,
        /// Which pharmacy.
        org: OrgId,
        /// None: ended.
        provider: Option<Provider>,
    },
    /// A right to prescribe was set or ended.
    PrescriberSet {
        /// Which programme.
        programme: ProgrammeId,
        /// Which clinic.
        org: OrgId,
        /// Which prescriber.
        prescriber: PrescriberId,
        /// None: ended.
        right: Option<PrescriberRight>,
    },
    /// A prescription was issued.
    Issued {
        /// Its id.
        group: GroupId,
        /// The clinic.
        issuer: OrgId,
        /// The programme.
        programme: ProgrammeId,
        /// The key by which a wallet finds it.
        holder: PublicKey,
        /// Its items.
        items: ItemMask,
        /// Whether it waits for its release.
        draft: bool,
        /// The version of the programme's rules that it is judged by.
        version: u32,
        /// On what it was decided.
        facts: IssueFacts,
    },
    /// A draft was released.
    Released {
        /// Which.
        group: GroupId,
    },
    /// A pharmacy holds items.
    Held {
        /// Which prescription.
        group: GroupId,
        /// The clinic.
        issuer: OrgId,
        /// Which items.
        items: ItemMask,
        /// The pharmacy.
        org: OrgId,
        /// End of the lease.
        until: TimeMs,
        /// By which proof.
        proof: ProofUsed,
        /// The programme.
        programme: ProgrammeId,
        /// The version of its rules.
        version: u32,
        /// On what it was decided.
        facts: HoldFacts,
    },
    /// A lease was lengthened.
    Extended {
        /// Which prescription.
        group: GroupId,
        /// Which items.
        items: ItemMask,
        /// New end of the lease.
        until: TimeMs,
    },
    /// Something was dispensed: prescription, packs and money in one.
    Dispensed {
        /// Which prescription.
        group: GroupId,
        /// The clinic: told that its prescription is redeemed.
        issuer: OrgId,
        /// The programme.
        programme: ProgrammeId,
        /// The pharmacy.
        org: OrgId,
        /// Number of the dispense.
        dispense: u8,
        /// What left the register.
        packs: Vec<DispensedPack>,
        /// The items of which nothing remains now.
        completed: ItemMask,
        /// What the programme bears, in tiyn.
        borne: Tiyn,
        /// What the citizen pays, in tiyn: recorded, never claimed.
        citizen: Tiyn,
        /// What became of the programme's part.
        money: Money,
        /// The version of the programme's rules.
        version: u32,
        /// On what it was decided.
        facts: DispenseFacts,
    },
    /// Items were given back undispensed.
    Rejected {
        /// Which prescription.
        group: GroupId,
        /// The clinic.
        issuer: OrgId,
        /// Which items.
        items: ItemMask,
        /// The pharmacy.
        org: OrgId,
        /// Why.
        reason: RejectReason,
    },
    /// What remained was cancelled, or marked where it is held.
    Cancelled {
        /// Which prescription.
        group: GroupId,
        /// The items that are cancelled.
        items: ItemMask,
        /// The items that are held: cancelled when the hold ends.
        marked: ItemMask,
        /// Whether the person did it, rather than the clinic.
        by_holder: bool,
        /// Why.
        reason: CancelReason,
    },
    /// A dispensing was undone.
    Reversed {
        /// Which prescription.
        group: GroupId,
        /// The clinic.
        issuer: OrgId,
        /// The pharmacy.
        org: OrgId,
        /// Number of the dispense.
        dispense: u8,
        /// The packs of it that are in quarantine.
        left: ItemMask,
        /// What went back to the budget line, in tiyn.
        returned: Tiyn,
        /// The programme.
        programme: ProgrammeId,
        /// The version of its rules.
        version: u32,
        /// On what it was decided.
        facts: ReverseFacts,
    },
    /// A pending payment was posted: the movements of its packs are reported.
    Settled {
        /// Which prescription.
        group: GroupId,
        /// The pharmacy.
        org: OrgId,
        /// Number of the dispense.
        dispense: u8,
        /// How much, in tiyn.
        amount: Tiyn,
    },
    /// A pending payment does not come by itself: a person has to look.
    PaymentOverdue {
        /// Which prescription.
        group: GroupId,
        /// The pharmacy.
        org: OrgId,
        /// Number of the dispense.
        dispense: u8,
        /// Why.
        reason: OverdueReason,
    },
    /// A prescription was bound to other keys of the same person.
    Rebound {
        /// Which.
        group: GroupId,
        /// The person's key from now on.
        holder: PublicKey,
    },
    /// A finished prescription was forgotten.
    Pruned {
        /// Which.
        group: GroupId,
    },
    /// A prescription was bound to a key of the person's new card.
    CardReplaced {
        /// Which.
        group: GroupId,
    },
    /// A pharmacy looked at the medicine data again. `Held` is the first look.
    Looked {
        /// Which prescription.
        group: GroupId,
        /// The clinic.
        issuer: OrgId,
        /// Which items.
        items: ItemMask,
        /// The pharmacy.
        org: OrgId,
        /// Why.
        reason: LookReason,
        /// Which of all looks at the prescription it is, from 1, holds included.
        number: u32,
    },
    /// The person lets another collect, or takes that back. A new key of the person's (`Rebound`) ends it, too.
    Delegated {
        /// Which prescription.
        group: GroupId,
        /// Who may collect what until when; none: nobody else any more.
        delegation: Option<Delegation>,
    },
}

impl PrescriptionEvent {
    /// The number of this kind of event. Permanent.
    pub const fn kind(&self) -> u16 {
        match self {
            PrescriptionEvent::ProgrammeSet { .. } => 0,
            PrescriptionEvent::MedicineSet { .. } => 1,
            PrescriptionEvent::ProviderSet { .. } => 2,
            PrescriptionEvent::PrescriberSet { .. } => 3,
            PrescriptionEvent::Issued { .. } => 4,
            PrescriptionEvent::Released { .. } => 5,
            PrescriptionEvent::Held { .. } => 6,
            PrescriptionEvent::Extended { .. } => 7,
            PrescriptionEvent::Dispensed { .. } => 8,
            PrescriptionEvent::Rejected { .. } => 9,
            PrescriptionEvent::Cancelled { .. } => 10,
            PrescriptionEvent::Reversed { .. } => 11,
            PrescriptionEvent::Settled { .. } => 12,
            PrescriptionEvent::PaymentOverdue { .. } => 13,
            PrescriptionEvent::Rebound { .. } => 14,
            PrescriptionEvent::Pruned { .. } => 15,
            PrescriptionEvent::CardReplaced { .. } => 16,
            PrescriptionEvent::Looked { .. } => 17,
            PrescriptionEvent::Delegated { .. } => 18,
        }
    }
}
