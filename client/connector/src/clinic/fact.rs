//! What a clinic is told.

use borsh::BorshSerialize;
use senim_abi::prescription::msg::{CancelReason, RejectReason};
use senim_abi::prescription::record::DispensedPack;
use senim_abi::prescription::{GroupId, ItemMask};
use senim_types::{OrgId, TimeMs};

/// What a clinic is told.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize)]
pub struct Fact {
    /// Of which prescription.
    pub group: GroupId,
    /// What.
    pub what: What,
    /// When.
    pub at: TimeMs,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize)]
pub enum What {
    /// A pharmacy holds items.
    Held {
        /// Which.
        items: ItemMask,
        /// The pharmacy.
        org: OrgId,
        /// Since when.
        since: TimeMs,
        /// Until when.
        until: TimeMs,
    },
    /// Something was supplied.
    Dispensed {
        /// Number of the supply.
        number: u8,
        /// The pharmacy.
        org: OrgId,
        /// What.
        packs: Vec<DispensedPack>,
    },
    /// A supply was undone.
    Reversed {
        /// Number of the supply.
        number: u8,
        /// The pharmacy.
        org: OrgId,
        /// What it had supplied.
        packs: Vec<DispensedPack>,
    },
    /// A hold ended without a supply.
    Returned {
        /// Of which items.
        items: ItemMask,
        /// The pharmacy.
        org: OrgId,
        /// Since when it held them.
        since: TimeMs,
        /// Why it gave them back; none where the hold ended by itself.
        reason: Option<RejectReason>,
    },
    /// What is held is cancelled when the hold ends.
    CancelAsked {
        /// Which items.
        items: ItemMask,
        /// Whether the person did it, rather than the clinic.
        by_holder: bool,
    },
    /// What remained was cancelled.
    Cancelled {
        /// Of which items.
        items: ItemMask,
        /// Whether the person did it, rather than the clinic.
        by_holder: bool,
        /// Why.
        reason: CancelReason,
    },
    /// The window is over.
    Expired {
        /// Of which items.
        items: ItemMask,
    },
}
