//! Looks at what belongs to a prescription and is sealed off the ledger: who read it, when, which items.

use super::record::{Group, ItemMask};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{OrgId, TimeMs};

/// Why a pharmacy looks at the medicine data again.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum LookReason {
    /// To dispense.
    Dispensing = 0,
    /// The pharmacist has to ask the prescriber.
    ClinicalQuestion = 1,
    /// The person asks.
    PersonAsks = 2,
    /// A reversal, a claim or a dispute about it.
    Dispute = 3,
    /// Another reason.
    Other = 4,
}

/// An organisation's latest look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Look {
    /// Who.
    pub org: OrgId,
    /// Which items.
    pub items: ItemMask,
    /// When.
    pub at: TimeMs,
}

/// What a prescription keeps of the looks at its medicine data. All of them are events; the count is what their list is
/// checked with, so that nobody can leave one out.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Looks {
    /// How many there were: each hold, and each look after it.
    pub count: u32,
    /// The latest look of each of the last [`Looks::ORGS_MAX`] organisations, the newest last. A hold is not among them:
    /// it stands in the group's holds as long as it lasts.
    pub latest: Vec<Look>,
}

impl Looks {
    /// Organisations whose latest look is kept.
    pub const ORGS_MAX: usize = 4;
    /// How long after a look the sealed part may be fetched, in ms.
    pub const OPEN_MS: u64 = 5 * 60 * 1000;

    /// Counts a look.
    pub fn count_one(&mut self) {
        self.count = self.count.saturating_add(1);
    }

    /// Counts a look and keeps it as its organisation's latest.
    pub fn add(&mut self, look: Look) {
        self.count_one();
        self.forget(look.org);
        if self.latest.len() >= Looks::ORGS_MAX {
            self.latest.remove(0);
        }
        self.latest.push(look);
    }

    /// What an organisation looked at before opens nothing to it any more.
    pub fn forget(&mut self, org: OrgId) {
        self.latest.retain(|look| look.org != org);
    }
}

impl Group {
    /// Whether the sealed part is given to an organisation at `now`: it holds an item, or it has looked just now.
    pub fn is_open_to(&self, org: OrgId, now: TimeMs) -> bool {
        let holds = |items: ItemMask, until: TimeMs| !items.is_empty() && now < until;
        self.holds
            .iter()
            .any(|hold| hold.org == org && holds(hold.items, hold.until))
            || self
                .looks
                .latest
                .iter()
                .any(|look| look.org == org && now.since_ms(look.at) <= Looks::OPEN_MS)
    }

    /// Whether an organisation may look at the item at `index` at `now`: it holds it, or it dispensed some of it no
    /// longer than `dispute_ms` ago and has not undone that.
    pub fn may_look(&self, index: usize, org: OrgId, now: TimeMs, dispute_ms: u64) -> bool {
        let dispensed = self.dispenses.iter().any(|dispense| {
            dispense.org == org
                && !dispense.reversed
                && now.since_ms(dispense.at) <= dispute_ms
                && dispense
                    .packs
                    .iter()
                    .any(|pack| usize::from(pack.item) == index)
        });
        dispensed || self.hold_of(index, now).is_some_and(|hold| hold.org == org)
    }
}
