//! What the prescription contract keeps. The first byte of each value is the version of its record.
//!
//! | collection | key after the collection byte | value |
//! | --- | --- | --- |
//! | 1 group | group id (32) | [`GroupRecord`] |
//! | 2 programme | programme (4, BE) | [`super::programme::ProgrammeRecord`] |
//! | 3 medicine | programme (4, BE) ‖ INN code (8, zero-padded) | [`super::programme::MedicineRecord`] |
//! | 4 provider | programme (4, BE) ‖ organisation (4, BE) | [`super::programme::ProviderRecord`] |
//! | 5 prescriber | programme (4, BE) ‖ organisation (4, BE) ‖ prescriber (4, BE) | [`super::programme::PrescriberRecord`] |
//! | 6 overdue | group id (32) ‖ dispense (1) | [`OverdueRecord`] |
//! | 7 rules | programme (4, BE) ‖ version (4, BE) | [`super::programme::RulesRecord`] |
//!
//! A group is one value, so that a hold writes once and a dispense writes once here.

use super::delegation::Delegation;
use super::look::Looks;
use super::programme::{PrescriberId, ProgrammeId};
use crate::key::Key;
use crate::marking::{Form, Gtin, InnCode, PackId, Strength, Unit};
use crate::versioned::versioned;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;
use senim_types::{Hash, OrgId, PublicKey, TimeMs, Tiyn};

/// Collection of groups.
pub const COLLECTION_GROUP: u8 = 1;
/// Collection of programmes.
pub const COLLECTION_PROGRAMME: u8 = 2;
/// Collection of rules for medicines.
pub const COLLECTION_MEDICINE: u8 = 3;
/// Collection of pharmacies' contracts.
pub const COLLECTION_PROVIDER: u8 = 4;
/// Collection of prescribers' rights.
pub const COLLECTION_PRESCRIBER: u8 = 5;
/// Collection of dispenses whose packs' movements nobody reported in time: a list for a person.
pub const COLLECTION_OVERDUE: u8 = 6;
/// Collection of the versions of programmes' rules.
pub const COLLECTION_RULES: u8 = 7;

/// Key of a [`GroupRecord`].
pub fn group_key(group: &GroupId) -> Key {
    Key::new(COLLECTION_GROUP).hash(&group.0)
}

/// Key of a [`super::programme::ProgrammeRecord`].
pub fn programme_key(programme: ProgrammeId) -> Key {
    Key::new(COLLECTION_PROGRAMME).u32(programme.0)
}

/// Key of a [`super::programme::RulesRecord`].
pub fn rules_key(programme: ProgrammeId, version: u32) -> Key {
    Key::new(COLLECTION_RULES).u32(programme.0).u32(version)
}

/// Key of a [`super::programme::MedicineRecord`].
pub fn medicine_key(programme: ProgrammeId, inn: &InnCode) -> Key {
    Key::new(COLLECTION_MEDICINE)
        .u32(programme.0)
        .bytes(inn.padded())
}

/// Key of a [`super::programme::ProviderRecord`].
pub fn provider_key(programme: ProgrammeId, org: OrgId) -> Key {
    Key::new(COLLECTION_PROVIDER).u32(programme.0).org(org)
}

/// Key of a [`super::programme::PrescriberRecord`].
pub fn prescriber_key(programme: ProgrammeId, org: OrgId, prescriber: PrescriberId) -> Key {
    Key::new(COLLECTION_PRESCRIBER)
        .u32(programme.0)
        .org(org)
        .u32(prescriber.0)
}

/// Key of an [`OverdueRecord`].
pub fn overdue_key(group: &GroupId, dispense: u8) -> Key {
    Key::new(COLLECTION_OVERDUE).hash(&group.0).u8(dispense)
}

/// Items of a group: one bit each in an [`ItemMask`].
pub const ITEMS_MAX: usize = 16;
/// Dispenses of a group.
pub const DISPENSES_MAX: usize = 24;
/// Packs of all of a group's dispenses.
pub const GROUP_PACKS_MAX: usize = 128;

/// A prescription of one or more items: blake3 of the issuing transaction and an index in it, so
/// that an id can never come again, not even after its record is pruned.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct GroupId(pub Hash);

impl GroupId {
    /// What is hashed for an id: the transaction and which of its issues it is.
    pub fn preimage(transaction: &Hash, index: u16) -> Vec<u8> {
        [
            b"senim/group".as_slice(),
            transaction.as_bytes(),
            &index.to_be_bytes(),
        ]
        .concat()
    }

    /// The id of the group that `transaction` issues with `index`.
    pub fn derive(transaction: &Hash, index: u16) -> GroupId {
        GroupId(Hash::of(&GroupId::preimage(transaction, index)))
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A set of a group's items (or of a dispense's packs): bit 0 is the first.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct ItemMask(pub u16);

impl ItemMask {
    /// None.
    pub const NONE: ItemMask = ItemMask(0);

    /// The item at `index` alone; none for an index that no group has.
    pub const fn one(index: usize) -> ItemMask {
        if index < ITEMS_MAX {
            ItemMask(1 << index)
        } else {
            ItemMask::NONE
        }
    }

    /// The first `count` items.
    pub const fn first(count: usize) -> ItemMask {
        if count >= ITEMS_MAX {
            ItemMask(u16::MAX)
        } else {
            ItemMask((1 << count) - 1)
        }
    }

    /// Whether it has no item.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` is in it.
    pub const fn contains(self, other: ItemMask) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the item at `index` is in it.
    pub const fn has(self, index: usize) -> bool {
        !ItemMask::one(index).is_empty() && self.contains(ItemMask::one(index))
    }

    /// What is in both.
    pub const fn and(self, other: ItemMask) -> ItemMask {
        ItemMask(self.0 & other.0)
    }

    /// What is in either.
    pub const fn or(self, other: ItemMask) -> ItemMask {
        ItemMask(self.0 | other.0)
    }

    /// What is in this and not in `other`.
    pub const fn without(self, other: ItemMask) -> ItemMask {
        ItemMask(self.0 & !other.0)
    }

    /// The indices in it, ascending.
    pub fn indices(self) -> impl Iterator<Item = usize> {
        (0..ITEMS_MAX).filter(move |index| self.has(*index))
    }
}

/// A part of a multiple prescription: the parts of one line are items of their own, each with its
/// own window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Part {
    /// Which line of the order, from 0.
    pub line: u8,
    /// Which part of it, from 1.
    pub number: u8,
    /// How many parts it has.
    pub of: u8,
}

/// What is stored of an item's state; the rest is judged by time ([`Item::status`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum ItemStage {
    /// Written, not yet released by the prescriber.
    Draft = 0,
    /// Released.
    Open = 1,
    /// Cancelled, what remained of it.
    Cancelled = 2,
}

/// The state of an item at a time: `Draft → Ready → Held → Partial | Dispensed`, `Cancelled`,
/// `Expired`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum ItemStatus {
    /// Written, not yet released.
    Draft = 0,
    /// To be held; nothing of it is dispensed. It may still be too early for it.
    Ready = 1,
    /// A pharmacy holds it and its lease runs.
    Held = 2,
    /// To be held; something of it is dispensed.
    Partial = 3,
    /// All of it is dispensed.
    Dispensed = 4,
    /// What remained was cancelled.
    Cancelled = 5,
    /// Its window is over.
    Expired = 6,
}

/// One prescribed medicine: one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Item {
    /// Active substance.
    pub inn: InnCode,
    /// Strength; none leaves it open.
    pub strength: Option<Strength>,
    /// Form; none leaves it open.
    pub form: Option<Form>,
    /// The very product, where the prescriber named one and forbade another in its place; none leaves it open.
    pub product: Option<Gtin>,
    /// What is counted.
    pub unit: Unit,
    /// Units prescribed.
    pub quantity: u32,
    /// Units not yet dispensed.
    pub remaining: u32,
    /// Not to be held before this time.
    pub not_before: TimeMs,
    /// Not to be held from this time on.
    pub until: TimeMs,
    /// Highest cost per unit, in tiyn, besides the catalogue's cap per pack.
    pub price_cap: Option<Tiyn>,
    /// What [`Share::UpToReference`](super::programme::Share) bears at most per unit, in tiyn: as the programme's list said
    /// at issue. None for a medicine that it did not have.
    pub reference_price: Option<Tiyn>,
    /// Set for a part of a multiple prescription.
    pub part: Option<Part>,
    /// What is stored of its state.
    pub stage: ItemStage,
    /// Cancelled while held: takes effect when the hold ends.
    pub cancel_requested: bool,
}

impl Item {
    /// The state at `now`, where `is_held` says whether a hold's lease runs for it. Nothing is
    /// written when time passes: expiry, the end of a lease and a cancellation that waits for it are judged here.
    pub fn status(&self, is_held: bool, now: TimeMs) -> ItemStatus {
        match self.stage {
            ItemStage::Cancelled => ItemStatus::Cancelled,
            _ if self.remaining == 0 => ItemStatus::Dispensed,
            ItemStage::Open if is_held => ItemStatus::Held,
            ItemStage::Open if self.cancel_requested => ItemStatus::Cancelled,
            _ if now >= self.until => ItemStatus::Expired,
            ItemStage::Draft => ItemStatus::Draft,
            ItemStage::Open if self.remaining < self.quantity => ItemStatus::Partial,
            ItemStage::Open => ItemStatus::Ready,
        }
    }
}

impl Item {
    /// Makes a cancellation that waited for the end of a hold final; nothing else changes.
    pub fn settle_cancellation(&mut self, is_held: bool) {
        if self.cancel_requested && !is_held && self.remaining > 0 {
            self.stage = ItemStage::Cancelled;
        }
    }
}

/// A pharmacy's exclusive hold of some items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Hold {
    /// The items that are still held.
    pub items: ItemMask,
    /// The pharmacy.
    pub org: OrgId,
    /// Its key for the later steps.
    pub key: PublicKey,
    /// When it began.
    pub since: TimeMs,
    /// From when on it is void.
    pub until: TimeMs,
}

/// What became of the money of a dispense.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Money {
    /// None moves: stock only, or a cost of nothing.
    None = 0,
    /// Posted to the pharmacy.
    Posted = 1,
    /// Reserved until the movement of every pack is reported.
    Pending = 2,
    /// Back in the budget line: the dispense was reversed.
    Reversed = 3,
}

/// A pack, or a part of one, that was dispensed.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct DispensedPack {
    /// Index of the item that it was for.
    pub item: u8,
    /// The pack.
    pub pack: PackId,
    /// Units taken.
    pub units: u32,
    /// What they cost, in tiyn.
    pub cost: Tiyn,
}

/// One dispensing: kept as long as it can be reversed or disputed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Dispense {
    /// The pharmacy.
    pub org: OrgId,
    /// The key that signed it, and that a reversal has to be signed by.
    pub key: PublicKey,
    /// When.
    pub at: TimeMs,
    /// What.
    pub packs: Vec<DispensedPack>,
    /// What the programme bears, in tiyn. The rest of the packs' cost is the citizen's.
    pub borne: Tiyn,
    /// What became of it.
    pub money: Money,
    /// Whether it was reversed.
    pub reversed: bool,
}

/// A prescription: one proof of the holder's opens all or chosen items.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Group {
    /// The programme that bears it.
    pub programme: ProgrammeId,
    /// The version of its rules that the prescription is judged by.
    pub version: u32,
    /// The clinic.
    pub issuer: OrgId,
    /// Its prescriber.
    pub prescriber: PrescriberId,
    /// When it was issued.
    pub created: TimeMs,
    /// Time of its latest step: from here the dispute deadline counts.
    pub touched: TimeMs,
    /// One-time key of the person it is for: signs live QRs.
    pub holder: PublicKey,
    /// One-time key that the person's card has for it.
    pub card: Option<PublicKey>,
    /// One-time key printed on the paper.
    pub paper: Option<PublicKey>,
    /// blake3 of the ciphertext, kept off the ledger, of all that is not here.
    pub sealed: Option<Hash>,
    /// Who else may collect, and what; the latest one alone.
    pub delegation: Option<Delegation>,
    /// When the latest act about a delegation was signed: only later ones are taken.
    pub delegated_at: TimeMs,
    /// Issued-at of the latest live QR or card challenge that was taken: only later ones are.
    pub last_proof_at: TimeMs,
    /// The items.
    pub items: Vec<Item>,
    /// The holds; those whose lease is over are dropped at the next write.
    pub holds: Vec<Hold>,
    /// The dispenses, in order.
    pub dispenses: Vec<Dispense>,
    /// Who looked at the sealed part.
    pub looks: Looks,
}

impl Group {
    /// The hold of the item at `index` whose lease runs at `now`.
    pub fn hold_of(&self, index: usize, now: TimeMs) -> Option<&Hold> {
        self.holds
            .iter()
            .find(|hold| hold.items.has(index) && now < hold.until)
    }

    /// The state of the item at `index` at `now`; none if there is no such item.
    pub fn status(&self, index: usize, now: TimeMs) -> Option<ItemStatus> {
        let is_held = self.hold_of(index, now).is_some();
        self.items.get(index).map(|item| item.status(is_held, now))
    }
}

/// Why a pending payment does not come by itself.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum OverdueReason {
    /// The movements of the packs were not reported in seven days.
    Movement = 0,
    /// They are reported, and the treasury refuses to post it: by the provider's contract, or the budget line.
    Refused = 1,
}

/// An entry of the list for a person: a dispense whose payment does not come by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Overdue {
    /// The pharmacy whose payment waits.
    pub org: OrgId,
    /// Since when.
    pub dispensed_at: TimeMs,
    /// Why.
    pub reason: OverdueReason,
}

versioned! {
    /// A stored [`Group`].
    GroupRecord(Group)
}
versioned! {
    /// A stored [`Overdue`].
    OverdueRecord(Overdue)
}
