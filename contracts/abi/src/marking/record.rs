//! What the marking contract keeps. The first byte of each value is the version of its record.
//!
//! | collection | key after the collection byte | value |
//! | --- | --- | --- |
//! | 1 pack | GTIN (8, BE) ‖ serial (20, zero-padded) | [`PackRecord`] |
//! | 2 batch | GTIN (8, BE) ‖ lot (20, zero-padded) | [`BatchRecord`] |
//! | 3 product | GTIN (8, BE) | [`ProductRecord`] |
//! | 4 settings | none | [`SettingsRecord`] |

use super::msg::PackId;
use super::product::Product;
use super::value::{Day, Gtin, Lot};
use crate::civil::{DAY_MS, UtcOffsets};
use crate::key::Key;
use crate::versioned::versioned;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{OrgId, TimeMs, Tiyn};

/// Collection of packs.
pub const COLLECTION_PACK: u8 = 1;
/// Collection of batches.
pub const COLLECTION_BATCH: u8 = 2;
/// Collection of products.
pub const COLLECTION_PRODUCT: u8 = 3;
/// Collection of settings, with one entry.
pub const COLLECTION_SETTINGS: u8 = 4;

/// Key of a [`PackRecord`].
pub fn pack_key(pack: &PackId) -> Key {
    Key::new(COLLECTION_PACK)
        .u64(pack.gtin.number())
        .bytes(pack.serial.padded())
}

/// Key of a [`BatchRecord`].
pub fn batch_key(gtin: Gtin, lot: &Lot) -> Key {
    Key::new(COLLECTION_BATCH)
        .u64(gtin.number())
        .bytes(lot.padded())
}

/// Key of a [`ProductRecord`].
pub fn product_key(gtin: Gtin) -> Key {
    Key::new(COLLECTION_PRODUCT).u64(gtin.number())
}

/// Key of the [`SettingsRecord`].
pub fn settings_key() -> Key {
    Key::new(COLLECTION_SETTINGS)
}

/// Where a pack is in its life. What an organisation stands for is named in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum PackState {
    /// The code was given out; no pack is in circulation yet.
    Emitted,
    /// In circulation at a manufacturer, importer or wholesaler.
    Introduced {
        /// Who has it.
        at: OrgId,
    },
    /// Shipped, not yet received.
    InTransit {
        /// Who shipped it.
        from: OrgId,
        /// Who is to receive it.
        to: OrgId,
    },
    /// On the shelf of a pharmacy, whole.
    Active {
        /// The pharmacy.
        at: OrgId,
    },
    /// Set aside by the pharmacy for somebody, whole.
    Reserved {
        /// The pharmacy.
        at: OrgId,
    },
    /// Opened: a part was dispensed, the rest is at the pharmacy.
    SuppliedPart {
        /// The pharmacy.
        at: OrgId,
    },
    /// Dispensed to the last unit.
    Supplied {
        /// The pharmacy that dispensed last.
        at: OrgId,
    },
    /// Left the pharmacy and came back: never dispensed again, only destroyed.
    Quarantine {
        /// The pharmacy.
        at: OrgId,
    },
    /// Left the country.
    Exported {
        /// Who reported it.
        by: OrgId,
    },
    /// Taken as a sample by an authority.
    Sample {
        /// Who reported it.
        by: OrgId,
    },
    /// Blocked by an authority.
    Locked {
        /// Who reported it.
        by: OrgId,
    },
    /// Stolen.
    Stolen {
        /// Who reported it.
        by: OrgId,
    },
    /// Destroyed.
    Destroyed {
        /// Who reported it.
        by: OrgId,
    },
}

/// What is known of a pack of which something was dispensed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Opened {
    /// Units still at the pharmacy.
    pub units_left: u32,
    /// Price of the full pack, in tiyn: fixed by the first part.
    pub price: Tiyn,
    /// Sum of the parts' costs so far, in tiyn; the last part costs the rest of `price`.
    pub charged: Tiyn,
    /// Time of the latest dispensing.
    pub supplied_at: TimeMs,
    /// The holder whose shipment is still to be reported: set where the pack was dispensed before
    /// its movement to this pharmacy was known; payment stays pending until it is.
    pub awaited: Option<OrgId>,
}

/// A pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Pack {
    /// Its lot; none until it is introduced.
    pub lot: Option<Lot>,
    /// Where it is.
    pub state: PackState,
    /// Present once something of it was dispensed.
    pub opened: Option<Opened>,
}

/// A batch: (GTIN, lot). Permanent: it outlives its packs, so that a pruned serial cannot return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Batch {
    /// Last day of use; none where a recall came before the first pack.
    pub expiry: Option<Day>,
    /// When it was recalled; never undone.
    pub recalled_at: Option<TimeMs>,
    /// When it was withdrawn from the market; never undone.
    pub withdrawn_at: Option<TimeMs>,
}

/// Parameters of the contract.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Settings {
    /// Civil time: a pack may be dispensed until the end of its expiry date.
    pub offsets: UtcOffsets,
    /// How long after dispensing a pack may be restored, in ms (EU FMD: 10 days).
    pub restore_ms_max: u64,
}

impl Default for Settings {
    /// Kazakhstan since 2024-03-01 (UTC+5 in the whole country), and ten days.
    fn default() -> Self {
        Settings {
            offsets: UtcOffsets::fixed(300),
            restore_ms_max: 10 * DAY_MS,
        }
    }
}

impl Settings {
    /// The first instant at which `day` is over in civil time.
    pub fn end_of(&self, day: Day) -> TimeMs {
        let midnight_ms = (u64::from(day.number()) + 1) * DAY_MS;
        let offset_ms = i64::from(self.offsets.at(TimeMs(midnight_ms))) * 60_000;
        TimeMs(midnight_ms.saturating_add_signed(-offset_ms))
    }
}

versioned! {
    /// A stored [`Pack`].
    PackRecord(Pack)
}
versioned! {
    /// A stored [`Batch`].
    BatchRecord(Batch)
}
versioned! {
    /// A stored [`Product`].
    ProductRecord(Product)
}
versioned! {
    /// Stored [`Settings`].
    SettingsRecord(Settings)
}
