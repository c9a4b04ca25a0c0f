//! What the prescription contract can be asked. The first byte of a message is its method.

use super::delegation::Delegation;
use super::look::LookReason;
use super::programme::{MedicineRule, PrescriberId, PrescriberRight, ProgrammeId, Provider, Rules};
use super::record::{Group, GroupId, ItemMask, ItemStatus, Part};
use crate::marking::msg::PackCode;
use crate::marking::{Form, Gtin, InnCode, Strength, Unit};
use crate::proof::QrStatement;
use crate::roles::Roles;
use crate::treasury::BudgetId;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Hash, OrgId, PublicKey, TimeMs, Tiyn};

/// An item to be issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct NewItem {
    /// Active substance.
    pub inn: InnCode,
    /// Strength; none leaves it open.
    pub strength: Option<Strength>,
    /// Form; none leaves it open.
    pub form: Option<Form>,
    /// The very product, where the prescriber names one and forbids another in its place; none leaves it open.
    pub product: Option<Gtin>,
    /// What is counted.
    pub unit: Unit,
    /// Units prescribed, at least 1.
    pub quantity: u32,
    /// Not to be held before this time.
    pub not_before: TimeMs,
    /// Not to be held from this time on.
    pub until: TimeMs,
    /// Highest cost per unit, in tiyn, besides the catalogue's cap per pack.
    pub price_cap: Option<Tiyn>,
    /// Set for a part of a multiple prescription.
    pub part: Option<Part>,
}

/// A document with which a pharmacist checked who somebody is.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum DocumentKind {
    /// Identity card.
    IdentityCard = 0,
    /// Passport.
    Passport = 1,
    /// Birth certificate, shown by a parent.
    BirthCertificate = 2,
    /// A digital document from the state's application.
    Digital = 3,
    /// Another document that the programme's rules allow.
    Other = 4,
}

/// The record of an identity check. Neither name nor number: those stay at the pharmacy.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct IdentityCheck {
    /// What was shown.
    pub document: DocumentKind,
    /// Salted hash of the pharmacy's own record of the check; zero bytes are no record.
    pub record: Hash,
}

/// What proves that the person, or their card or paper, is at the pharmacy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Proof {
    /// A live QR. Witnesses: this statement by the token's key or a delegate's, and the
    /// [`HoldStatement`](crate::proof::HoldStatement) by the QR's ephemeral key.
    LiveQr(QrStatement),
    /// A card. Witness: the [`CardStatement`](crate::proof::CardStatement) by the card's key.
    Card {
        /// The key that the card has for this prescription.
        card: PublicKey,
        /// When the terminal asked.
        challenged_at: TimeMs,
        /// From when on the answer is worthless.
        expires_at: TimeMs,
    },
    /// Paper. Witness: the [`HoldStatement`](crate::proof::HoldStatement) by the printed key.
    Paper {
        /// The identity check that goes with it.
        check: IdentityCheck,
    },
}

/// A part or all of a pack to dispense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct PackUse {
    /// The code as scanned.
    pub pack: PackCode,
    /// Units taken out, at least 1.
    pub units: u32,
    /// Price of the *full* pack, in tiyn.
    pub price: Tiyn,
}

/// What is dispensed of one item.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct DispenseLine {
    /// Index of the item in its group.
    pub item: u8,
    /// The packs, at least one.
    pub packs: Vec<PackUse>,
}

/// Why a pharmacy gives items back.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum RejectReason {
    /// It has none.
    OutOfStock = 0,
    /// The person does not take it here.
    PersonDeclined = 1,
    /// The pharmacist has to ask the prescriber.
    ClinicalQuestion = 2,
    /// The pack cannot be dispensed.
    PackRefused = 3,
    /// Held by mistake.
    Mistake = 4,
    /// Another reason.
    Other = 5,
}

/// Why what remains is cancelled.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum CancelReason {
    /// A mistake in the prescription.
    PrescribingError = 0,
    /// Treatment has changed.
    TreatmentChanged = 1,
    /// Another prescription replaces it.
    Replaced = 2,
    /// The person asked for it.
    HolderRequest = 3,
    /// Another reason.
    Other = 4,
}

/// Calls that change prescriptions. The roles that may make them are in [`RIGHTS`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Execute {
    /// By the payer of the budget line, as the three that follow: opens or closes a programme, names its budget line, and
    /// makes other rules the next version of its rules: for what is issued from now on. What it has already is a success
    /// that changes nothing. Returns the version. `NO_BUDGET`; `NOT_AUTHORISED` for a line of another payer's or programme's,
    /// or, for an open programme, one that does not name this contract; `WRONG_STATE` for an open programme with a line that is closed;
    /// `TOO_MANY_VERSIONS` after [`Programme::VERSIONS_MAX`](super::programme::Programme::VERSIONS_MAX).
    SetProgramme {
        /// Which.
        programme: ProgrammeId,
        /// False: nothing new is issued or held, at once and for what was issued before, too.
        open: bool,
        /// The budget line that pays what is dispensed from now on.
        budget: BudgetId,
        /// All of its rules.
        rules: Rules,
    },
    /// Sets or removes what a programme says of a medicine: for what is issued from now on.
    SetMedicine {
        /// Which programme.
        programme: ProgrammeId,
        /// Which medicine.
        inn: InnCode,
        /// None removes it.
        rule: Option<MedicineRule>,
    },
    /// Sets or ends a pharmacy's contract for a programme.
    SetProvider {
        /// Which programme.
        programme: ProgrammeId,
        /// Which pharmacy.
        org: OrgId,
        /// None ends it at once.
        provider: Option<Provider>,
    },
    /// Sets or ends a right to prescribe under a programme.
    SetPrescriber {
        /// Which programme.
        programme: ProgrammeId,
        /// Which clinic.
        org: OrgId,
        /// Which of its prescribers, or [`PrescriberId::ANY`].
        prescriber: PrescriberId,
        /// None ends it at once.
        right: Option<PrescriberRight>,
    },
    /// A clinic issues a prescription. Returns the [`GroupId`].
    Issue {
        /// Which of the transaction's prescriptions it is; with the transaction's hash it makes the id.
        index: u16,
        /// The programme that bears it.
        programme: ProgrammeId,
        /// Who prescribes.
        prescriber: PrescriberId,
        /// One-time key of the person it is for, or of the identity service standing in.
        holder: PublicKey,
        /// One-time key that the person's card has for it, registered by a service centre: `CARD_UNKNOWN`,
        /// `CARD_BLOCKED`, `ENTITLEMENT_ENDED`, `CARD_CATEGORY`, `CARD_KEY_USED`. None is `CARD_REQUIRED` where the
        /// programme accepts cards alone.
        card: Option<PublicKey>,
        /// One-time key printed on the paper.
        paper: Option<PublicKey>,
        /// blake3 of the ciphertext, kept off the ledger, of diagnosis, dosage and names.
        sealed: Option<Hash>,
        /// True: not to be held until [`Execute::Release`].
        draft: bool,
        /// At least one, at most [`ITEMS_MAX`](super::record::ITEMS_MAX).
        items: Vec<NewItem>,
    },
    /// The clinic releases a draft.
    Release {
        /// Which.
        group: GroupId,
    },
    /// A pharmacy takes items into its exclusive hold, or fetches again what it holds.
    Hold {
        /// Which prescription.
        group: GroupId,
        /// Which of its items.
        items: ItemMask,
        /// The pharmacy's key for the later steps.
        hold_key: PublicKey,
        /// What proves the person.
        proof: Proof,
    },
    /// Lengthens a lease. Witness: [`HeldStep::Extend`](crate::proof::HeldStep) by the hold key.
    Extend {
        /// Which prescription.
        group: GroupId,
        /// All items of one hold, as they are still held.
        items: ItemMask,
        /// New end of the lease.
        until: TimeMs,
    },
    /// Dispenses, takes the packs from the register and settles: all or nothing. Witness:
    /// [`HeldStep::Dispense`](crate::proof::HeldStep) by the hold key. Returns [`DispenseReceipt`].
    Dispense {
        /// Which prescription.
        group: GroupId,
        /// What of its items. Items that are held and not named stay held.
        lines: Vec<DispenseLine>,
    },
    /// Gives items back undispensed. Witness: [`HeldStep::Reject`](crate::proof::HeldStep) by the hold key.
    Reject {
        /// Which prescription.
        group: GroupId,
        /// Which of the items held.
        items: ItemMask,
        /// Why.
        reason: RejectReason,
    },
    /// Cancels what remains: by the clinic that issued, or with the witness
    /// [`HolderAct::Cancel`](crate::proof::HolderAct) by the token's key. Items that are held are marked.
    Cancel {
        /// Which prescription.
        group: GroupId,
        /// Which of its items.
        items: ItemMask,
        /// Why.
        reason: CancelReason,
    },
    /// Undoes a dispensing that did not take place. Witness:
    /// [`HeldStep::Reverse`](crate::proof::HeldStep) by the key that signed the dispensing.
    Reverse {
        /// Which prescription.
        group: GroupId,
        /// Number of the dispense, from 0.
        dispense: u8,
        /// The packs of it, by position, that left the pharmacy and came back.
        left: ItemMask,
    },
    /// Posts a pending payment once every pack's movement is reported.
    Settle {
        /// Which prescription.
        group: GroupId,
        /// Number of the dispense, from 0.
        dispense: u8,
    },
    /// The identity service binds a prescription to other keys of the same person: a new phone, a
    /// lost card. What is not named here opens nothing any more.
    Rebind {
        /// Which prescription. One per transaction, or the ledger joins a person's prescriptions.
        group: GroupId,
        /// The person's new key, or the same again.
        holder: PublicKey,
        /// The card's key; none blocks the card.
        card: Option<PublicKey>,
        /// The paper's key; none makes the paper worthless.
        paper: Option<PublicKey>,
    },
    /// The service centre that issued a prescription's card binds it to a key of the person's new card. The old one opens
    /// nothing any more; a hold that runs is not touched. `CARD_MISMATCH` if it has no card, `NOT_AUTHORISED` if another
    /// service centre issued the old card or the new one, and the codes of a card at [`Execute::Issue`].
    ReplaceCard {
        /// Which prescription. One per transaction, or the ledger joins a person's prescriptions.
        group: GroupId,
        /// The new card's key for it.
        card: PublicKey,
    },
    /// A pharmacy looks at the medicine data of items again, beyond the look that its hold was: of what it holds, or
    /// dispensed within the programme's time for disputes. From then on the sealed part is given to it for
    /// [`Looks::OPEN_MS`](super::look::Looks::OPEN_MS). Else `LOOK_REFUSED`.
    Look {
        /// Which prescription.
        group: GroupId,
        /// Which of its items.
        items: ItemMask,
        /// Why.
        reason: LookReason,
    },
    /// The person lets another key collect items, in place of an earlier one, or takes that back. Witness:
    /// [`HolderAct::Delegate`](crate::proof::HolderAct) by the token's key, signed just now. `HOLDER_NOT_SIGNED`,
    /// `STATEMENT_REPLAYED`, `STATEMENT_WINDOW`; `OUT_OF_RANGE` beyond the items' windows or for the holder's own key; the
    /// codes of what is finished.
    Delegate {
        /// Which prescription.
        group: GroupId,
        /// When it was signed. The contract takes only later ones than the last it took.
        at: TimeMs,
        /// None takes it back.
        delegation: Option<Delegation>,
    },
}

/// The input of `Entry::Genesis`: messages carried out with the ledger's authority, in order, all
/// or none.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Genesis(pub Vec<Execute>);

/// What [`Execute::Dispense`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct DispenseReceipt {
    /// Number of the dispense within its group.
    pub dispense: u8,
    /// What the packs cost, in tiyn.
    pub cost: Tiyn,
    /// What the programme bears, in tiyn.
    pub borne: Tiyn,
    /// What became of it.
    pub money: super::record::Money,
}

/// Questions. The answers are borsh.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Query {
    /// A prescription with its items' states now. Answers [`GroupView`].
    Group {
        /// Which.
        group: GroupId,
    },
    /// A programme with the rules that what is issued now is judged by. Answers [`ProgrammeAnswer`](super::programme::ProgrammeAnswer).
    Programme {
        /// Which.
        programme: ProgrammeId,
    },
    /// Dispenses whose payments do not come by themselves, after the given one, at most 64. Answers `Vec<(GroupId, u8, Overdue)>`.
    Overdue {
        /// Where the previous page ended.
        after: Option<(GroupId, u8)>,
    },
    /// A version of a programme's rules. Answers [`Rules`].
    Rules {
        /// Which programme.
        programme: ProgrammeId,
        /// Which version, from 1.
        version: u32,
    },
}

/// A prescription and what time makes of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct GroupView {
    /// The prescription.
    pub group: Group,
    /// The block time that the states are judged by.
    pub now: TimeMs,
    /// The items' states, in their order.
    pub statuses: Vec<ItemStatus>,
}

/// Who may call each method, in the order of the methods: what a genesis enters in the registry.
pub const RIGHTS: [(&str, Roles); 17] = [
    ("set_programme", Roles(Roles::FUND.0 | Roles::OPERATOR.0)),
    ("set_medicine", Roles(Roles::FUND.0 | Roles::OPERATOR.0)),
    ("set_provider", Roles(Roles::FUND.0 | Roles::OPERATOR.0)),
    ("set_prescriber", Roles(Roles::FUND.0 | Roles::REGULATOR.0)),
    ("issue", Roles::CLINIC),
    ("release", Roles::CLINIC),
    ("hold", Roles::PHARMACY),
    ("extend", Roles::PHARMACY),
    ("dispense", Roles::PHARMACY),
    ("reject", Roles::PHARMACY),
    (
        "cancel",
        Roles(Roles::CLINIC.0 | Roles::WALLET_SERVICE.0 | Roles::IDENTITY_SERVICE.0),
    ),
    ("reverse", Roles::PHARMACY),
    (
        "settle",
        Roles(Roles::PHARMACY.0 | Roles::FUND.0 | Roles::MARKING_OPERATOR.0),
    ),
    ("rebind", Roles::IDENTITY_SERVICE),
    ("replace_card", Roles::SERVICE_CENTRE),
    ("look", Roles::PHARMACY),
    ("delegate", Roles::WALLET_SERVICE),
];

impl Execute {
    /// The method: the first byte of the message.
    pub const fn method(&self) -> u8 {
        match self {
            Execute::SetProgramme { .. } => 0,
            Execute::SetMedicine { .. } => 1,
            Execute::SetProvider { .. } => 2,
            Execute::SetPrescriber { .. } => 3,
            Execute::Issue { .. } => 4,
            Execute::Release { .. } => 5,
            Execute::Hold { .. } => 6,
            Execute::Extend { .. } => 7,
            Execute::Dispense { .. } => 8,
            Execute::Reject { .. } => 9,
            Execute::Cancel { .. } => 10,
            Execute::Reverse { .. } => 11,
            Execute::Settle { .. } => 12,
            Execute::Rebind { .. } => 13,
            Execute::ReplaceCard { .. } => 14,
            Execute::Look { .. } => 15,
            Execute::Delegate { .. } => 16,
        }
    }
}
