//! What the contract tells. Kind and version stand beside the body.

use super::ProgrammeId;
use super::record::Category;
use crate::prescription::GroupId;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{OrgId, PublicKey, TimeMs};

/// Version of the events' bodies.
pub const EVENT_VERSION: u8 = 1;

/// An event. Its kind is [`CardEvent::kind`], its body the borsh encoding of this enum.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum CardEvent {
    /// Which categories a programme serves was set.
    ProgrammeSet {
        /// Which.
        programme: ProgrammeId,
        /// A bit for each category.
        categories: u32,
    },
    /// Keys were registered.
    Registered {
        /// The service centre.
        issuer: OrgId,
        /// Why their cards' owners are entitled.
        category: Category,
        /// Until when.
        entitled_until: TimeMs,
        /// How many that were not registered before.
        count: u16,
    },
    /// A key's card was blocked.
    Blocked {
        /// Which.
        key: PublicKey,
    },
    /// A key's entitlement ends earlier.
    Ended {
        /// Which.
        key: PublicKey,
        /// From when on.
        at: TimeMs,
    },
    /// A key was written into a prescription: by this the card system finds whose it is, and nobody else.
    Bound {
        /// Which.
        key: PublicKey,
        /// The prescription.
        group: GroupId,
    },
    /// Keys were forgotten after their dispute time.
    Forgotten {
        /// How many.
        count: u16,
    },
}

impl CardEvent {
    /// The number of this kind of event. Permanent.
    pub const fn kind(&self) -> u16 {
        match self {
            CardEvent::ProgrammeSet { .. } => 0,
            CardEvent::Registered { .. } => 1,
            CardEvent::Blocked { .. } => 2,
            CardEvent::Ended { .. } => 3,
            CardEvent::Bound { .. } => 4,
            CardEvent::Forgotten { .. } => 5,
        }
    }
}
