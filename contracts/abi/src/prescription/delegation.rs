//! Another collects: a parent, a guardian, a daughter for a sick father, within bounds.

use super::record::ItemMask;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{PublicKey, TimeMs};

/// A part of a prescription that another key opens, too. The holder's own key goes on opening all of it.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Delegation {
    /// One-time key of whoever collects: signs live QRs of these items. One for each prescription, or the ledger joins
    /// those that one person collects.
    pub key: PublicKey,
    /// The items that it opens.
    pub items: ItemMask,
    /// From when on it opens nothing.
    pub until: TimeMs,
}
