//! What the marking contract can be asked. The first byte of a message is its method.

use super::product::{Form, InnCode, Product, Strength, Unit};
use super::record::{Batch, Pack, Settings};
use super::value::{Day, Gtin, Lot, Serial};
use crate::roles::Roles;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{OrgId, Tiyn};

/// Packs in one message about movements.
pub const PACKS_MAX: usize = 100;
/// Packs in one [`Execute::Supply`] or [`Execute::Restore`].
pub const SUPPLY_LINES_MAX: usize = 16;

/// The name of a pack: unique for ever.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct PackId {
    /// AI 01.
    pub gtin: Gtin,
    /// AI 21.
    pub serial: Serial,
}

/// All four parts of a pack's code, as scanned. Each is compared with the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct PackCode {
    /// AI 01.
    pub gtin: Gtin,
    /// AI 21.
    pub serial: Serial,
    /// AI 10.
    pub lot: Lot,
    /// AI 17, with day 00 resolved to the end of the month.
    pub expiry: Day,
}

impl PackCode {
    /// The pack's name.
    pub const fn id(&self) -> PackId {
        PackId {
            gtin: self.gtin,
            serial: self.serial,
        }
    }
}

/// Where packs stand when they are introduced.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Stage {
    /// At a manufacturer, importer or wholesaler, to be shipped.
    Circulation = 0,
    /// On the shelf of a pharmacy already: its opening stock when it joins.
    OpeningStock = 1,
}

/// What happens to a batch. Neither is ever undone.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum BatchMark {
    /// The batch is called back.
    Recalled = 0,
    /// The batch is taken off the market.
    Withdrawn = 1,
}

/// How a pack leaves circulation other than by being dispensed.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum Exit {
    /// Exported.
    Exported = 0,
    /// Taken as a sample by an authority.
    Sample = 1,
    /// Blocked by an authority.
    Locked = 2,
    /// Stolen.
    Stolen = 3,
    /// Destroyed; the only exit of what is blocked, in quarantine, or a sample.
    Destroyed = 4,
}

/// A part or all of a pack that is dispensed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct SupplyLine {
    /// The code as scanned.
    pub pack: PackCode,
    /// Units taken out, at least 1.
    pub units: u32,
    /// Price of the *full* pack, in tiyn: at most the catalogue's cap, and for an opened pack the
    /// price of its first part.
    pub price: Tiyn,
}

/// The answer to a [`SupplyLine`]: what the caller compares with a prescription.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct SuppliedLine {
    /// Active substance.
    pub inn: InnCode,
    /// Strength.
    pub strength: Strength,
    /// Form.
    pub form: Form,
    /// What `units` counts.
    pub unit: Unit,
    /// What this part costs, in tiyn: floor(price · units / units per pack), the last part the rest.
    pub cost: Tiyn,
    /// Whether the movement to this place is still to be reported: then payment stays pending.
    pub movement_missing: bool,
}

/// A part or all of a pack whose dispensing is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct RestoreLine {
    /// Which pack.
    pub pack: PackId,
    /// Units of the dispensing that is undone.
    pub units: u32,
    /// What they cost, in tiyn.
    pub cost: Tiyn,
    /// True if the units left the pharmacy and came back: they are never dispensed again.
    pub left: bool,
}

/// Calls that change the register. The roles that may make them are in [`RIGHTS`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Execute {
    /// Sets the contract's parameters.
    SetSettings {
        /// All of them.
        settings: Settings,
    },
    /// Adds a product, or changes its name, cap or whether it is marketed.
    SetProduct {
        /// Its GTIN.
        gtin: Gtin,
        /// The entry; what is fixed with the GTIN must not differ (`PRODUCT_EXISTS`).
        product: Product,
    },
    /// Recalls or withdraws a batch, for ever.
    MarkBatch {
        /// GTIN of the batch.
        gtin: Gtin,
        /// Its lot.
        lot: Lot,
        /// What happens to it.
        mark: BatchMark,
    },
    /// Gives out codes for packs yet to be made.
    Emit {
        /// GTIN of all.
        gtin: Gtin,
        /// At most [`PACKS_MAX`].
        serials: Vec<Serial>,
    },
    /// Puts packs into circulation; codes that were not emitted here are emitted with it.
    Introduce {
        /// GTIN of all.
        gtin: Gtin,
        /// Lot of all.
        lot: Lot,
        /// Last day of use; one (GTIN, lot) has one expiry for ever (`PACK_EXPIRY_MISMATCH`).
        expiry: Day,
        /// At most [`PACKS_MAX`].
        serials: Vec<Serial>,
        /// Who has them.
        at: OrgId,
        /// Where they stand.
        stage: Stage,
    },
    /// The holder ships packs. For a pack that was dispensed before its movement was known this
    /// is the missing report.
    Ship {
        /// At most [`PACKS_MAX`].
        packs: Vec<PackId>,
        /// To whom.
        to: OrgId,
    },
    /// The addressee received packs.
    Receive {
        /// At most [`PACKS_MAX`].
        packs: Vec<PackId>,
    },
    /// The pharmacy sets whole packs aside.
    Reserve {
        /// At most [`PACKS_MAX`].
        packs: Vec<PackId>,
    },
    /// The pharmacy puts packs that were set aside back on the shelf.
    Release {
        /// At most [`PACKS_MAX`].
        packs: Vec<PackId>,
    },
    /// Packs leave circulation other than by being dispensed.
    Remove {
        /// At most [`PACKS_MAX`].
        packs: Vec<PackId>,
        /// How.
        exit: Exit,
    },
    /// Dispenses; only from the prescription contract. Returns one [`SuppliedLine`] per line.
    Supply {
        /// The pharmacy.
        place: OrgId,
        /// At most [`SUPPLY_LINES_MAX`].
        lines: Vec<SupplyLine>,
    },
    /// Undoes a dispensing; only from the prescription contract.
    Restore {
        /// The pharmacy; the same as in the supply.
        place: OrgId,
        /// At most [`SUPPLY_LINES_MAX`].
        lines: Vec<RestoreLine>,
    },
    /// Forgets packs that are out of circulation and past their expiry. The batch stays known.
    Prune {
        /// At most [`PACKS_MAX`].
        packs: Vec<PackId>,
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

/// Questions. The answers are borsh.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Query {
    /// EU FMD's *verify*: what a supply at `place` would say now. Answers [`PackView`], or refuses
    /// with the code of the supply.
    Verify {
        /// The code as scanned.
        pack: PackCode,
        /// The pharmacy.
        place: OrgId,
    },
    /// A pack with its batch and product. Answers [`PackView`].
    Pack {
        /// Its name.
        pack: PackId,
    },
    /// Whether the movements of all these packs are reported. Answers `bool`.
    MovementsReported {
        /// At most [`SUPPLY_LINES_MAX`].
        packs: Vec<PackId>,
    },
}

/// A pack with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct PackView {
    /// The pack.
    pub pack: Pack,
    /// Its batch; none before it is introduced.
    pub batch: Option<Batch>,
    /// Its product.
    pub product: Product,
}

/// Who may call each method, in the order of the methods: what a genesis enters in the registry.
/// Where there is no role, no device may: the caller is a contract.
pub const RIGHTS: [(&str, Roles); 13] = [
    ("set_settings", Roles::OPERATOR),
    ("set_product", Roles::REGULATOR),
    (
        "mark_batch",
        Roles(Roles::REGULATOR.0 | Roles::MARKING_OPERATOR.0),
    ),
    ("emit", Roles::MARKING_OPERATOR),
    ("introduce", Roles::MARKING_OPERATOR),
    (
        "ship",
        Roles(Roles::DISTRIBUTOR.0 | Roles::MARKING_OPERATOR.0 | Roles::PHARMACY.0),
    ),
    (
        "receive",
        Roles(Roles::DISTRIBUTOR.0 | Roles::MARKING_OPERATOR.0 | Roles::PHARMACY.0),
    ),
    ("reserve", Roles::PHARMACY),
    ("release", Roles::PHARMACY),
    (
        "remove",
        Roles(Roles::DISTRIBUTOR.0 | Roles::REGULATOR.0 | Roles::PHARMACY.0),
    ),
    ("supply", Roles::NONE),
    ("restore", Roles::NONE),
    ("prune", Roles::MARKING_OPERATOR),
];

impl Execute {
    /// The method: the first byte of the message.
    pub const fn method(&self) -> u8 {
        match self {
            Execute::SetSettings { .. } => 0,
            Execute::SetProduct { .. } => 1,
            Execute::MarkBatch { .. } => 2,
            Execute::Emit { .. } => 3,
            Execute::Introduce { .. } => 4,
            Execute::Ship { .. } => 5,
            Execute::Receive { .. } => 6,
            Execute::Reserve { .. } => 7,
            Execute::Release { .. } => 8,
            Execute::Remove { .. } => 9,
            Execute::Supply { .. } => 10,
            Execute::Restore { .. } => 11,
            Execute::Prune { .. } => 12,
        }
    }
}
