//! What a day at a place came to, and what the edit check finds wrong with it.

use super::record::{COLLECTION_FINDING, COLLECTION_TALLY};
use crate::civil::Month;
use crate::key::Key;
use crate::treasury::ProgrammeId;
use crate::versioned::versioned;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{OrgId, TiynTotal};

/// Key of a [`TallyRecord`].
pub fn tally_key(programme: ProgrammeId, place: OrgId, day: u32) -> Key {
    let key = Key::new(COLLECTION_TALLY).u32(programme.0);
    key.org(place).u32(day)
}

/// Prefix of the [`FindingRecord`]s of what was posted to a provider in a month.
pub fn findings_prefix(programme: ProgrammeId, served: &Served) -> Key {
    let key = Key::new(COLLECTION_FINDING).u32(programme.0);
    key.org(served.provider).u32(served.period.0)
}

/// Key of a [`FindingRecord`].
pub fn finding_key(programme: ProgrammeId, served: &Served, place: OrgId, day: u32) -> Key {
    findings_prefix(programme, served).org(place).u32(day)
}

/// To whom uses of a day were posted, and in which month: whose act they stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Served {
    /// Who is paid.
    pub provider: OrgId,
    /// The month of the posting.
    pub period: Month,
}

/// What one day at a place came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Tally {
    /// Uses.
    pub uses: u32,
    /// How many persons they were of. Each has a voucher that could be used here, so they are at most the eligible.
    pub persons: u32,
    /// What the programme paid for them, in tiyn.
    pub paid: TiynTotal,
    /// How many entitled persons were present, as the place said; none: it has not.
    pub present: Option<u32>,
    /// In whose acts it stands, at most [`Tally::SERVED_MAX`]: of more than one where a record of the day came after the
    /// month's end, or another provider took over. What is wrong with the day stands in the way of each of them.
    pub served: Vec<Served>,
    /// What is wrong with it, where attendance is checked.
    pub finding: Option<FindingKind>,
}

impl Tally {
    /// When what was found is looked at again, in ms: 30 days.
    pub const FINDING_AGAIN_MS: u64 = 30 * crate::civil::DAY_MS;
    /// Acts that one day stands in. A day that comes to more is forgotten in the first of them, and what was found stays
    /// there.
    pub const SERVED_MAX: usize = 8;

    /// Notes in whose act a use stands.
    pub fn stands_in(&mut self, served: Served) {
        if self.served.contains(&served) {
            return;
        }
        if self.served.len() == Tally::SERVED_MAX {
            self.served.remove(0);
        }
        self.served.push(served);
    }

    /// The edit check of a day: claimed is at most what was eligible and present, and nothing on a closed day. `open` is what
    /// the calendar says, if there is one.
    pub fn check(&self, open: Option<bool>) -> Option<FindingKind> {
        match self.present {
            _ if self.uses == 0 => None,
            _ if open == Some(false) => Some(FindingKind::Closed),
            None => Some(FindingKind::Unreported),
            Some(present) if self.persons > present => Some(FindingKind::ExceedsPresent),
            Some(_) => None,
        }
    }
}

/// What the edit check finds wrong with a day.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[repr(u8)]
pub enum FindingKind {
    /// More persons were served than were present.
    ExceedsPresent = 0,
    /// The place was closed.
    Closed = 1,
    /// The place reported no attendance.
    Unreported = 2,
}

versioned! {
    /// A stored [`Tally`].
    TallyRecord(Tally)
}

versioned! {
    /// A stored [`FindingKind`].
    FindingRecord(FindingKind)
}

/// What the edit check finds wrong with a day at a place.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Finding {
    /// Where.
    pub place: OrgId,
    /// The civil day, counted from 1970-01-01.
    pub day: u32,
    /// What.
    pub kind: FindingKind,
    /// What the day came to; none once it is no longer kept.
    pub tally: Option<Tally>,
}
