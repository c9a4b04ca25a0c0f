//! What the contract gives the due-queue.

use super::record::GroupId;
use borsh::{BorshDeserialize, BorshSerialize};

/// An entry of the due-queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum DueEntry {
    /// Look again at a pending payment.
    Movement {
        /// Which prescription.
        group: GroupId,
        /// Number of the dispense.
        dispense: u8,
    },
    /// Post a pending payment. An entry of its own: what the treasury refuses is rolled back, and the looks go on.
    Post {
        /// Which prescription.
        group: GroupId,
        /// Number of the dispense.
        dispense: u8,
    },
    /// Look again at a payment that was to be posted the day before.
    Unpaid {
        /// Which prescription.
        group: GroupId,
        /// Number of the dispense.
        dispense: u8,
    },
    /// A prescription whose windows and time for disputes are over goes, and its transfers with it.
    Forget {
        /// Which prescription.
        group: GroupId,
    },
}
