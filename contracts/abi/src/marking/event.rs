//! What the marking contract tells. Kind and version stand beside the body.

use super::msg::{BatchMark, Exit, PackId, Stage};
use super::product::Product;
use super::value::{Day, Gtin, Lot, Serial};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::OrgId;

/// Version of the events' bodies.
pub const EVENT_VERSION: u8 = 1;

/// An event. Its kind is [`MarkingEvent::kind`], its body the borsh encoding of this enum.
///
/// Dispensing has no event here: the prescription contract's `Dispensed` names the packs.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum MarkingEvent {
    /// A product was added or changed.
    ProductSet {
        /// Its GTIN.
        gtin: Gtin,
        /// The entry.
        product: Product,
    },
    /// A batch was recalled or withdrawn.
    BatchMarked {
        /// GTIN of the batch.
        gtin: Gtin,
        /// Its lot.
        lot: Lot,
        /// What happened to it.
        mark: BatchMark,
    },
    /// Codes were given out.
    Emitted {
        /// GTIN of all.
        gtin: Gtin,
        /// Their serials.
        serials: Vec<Serial>,
    },
    /// Packs were put into circulation.
    Introduced {
        /// GTIN of all.
        gtin: Gtin,
        /// Lot of all.
        lot: Lot,
        /// Last day of use.
        expiry: Day,
        /// Their serials.
        serials: Vec<Serial>,
        /// Who has them.
        at: OrgId,
        /// Where they stand.
        stage: Stage,
    },
    /// Packs were shipped.
    Shipped {
        /// Which.
        packs: Vec<PackId>,
        /// To whom.
        to: OrgId,
    },
    /// Packs were received.
    Received {
        /// Which.
        packs: Vec<PackId>,
    },
    /// Packs left circulation.
    Removed {
        /// Which.
        packs: Vec<PackId>,
        /// How.
        exit: Exit,
    },
    /// The missing report of a movement arrived: pending payments for the pack may be posted.
    MovementClosed {
        /// Which pack.
        pack: PackId,
    },
    /// A dispensed pack came back and is in quarantine.
    Quarantined {
        /// Which pack.
        pack: PackId,
    },
}

impl MarkingEvent {
    /// The number of this kind of event. Permanent.
    pub const fn kind(&self) -> u16 {
        match self {
            MarkingEvent::ProductSet { .. } => 0,
            MarkingEvent::BatchMarked { .. } => 1,
            MarkingEvent::Emitted { .. } => 2,
            MarkingEvent::Introduced { .. } => 3,
            MarkingEvent::Shipped { .. } => 4,
            MarkingEvent::Received { .. } => 5,
            MarkingEvent::Removed { .. } => 6,
            MarkingEvent::MovementClosed { .. } => 7,
            MarkingEvent::Quarantined { .. } => 8,
        }
    }
}
