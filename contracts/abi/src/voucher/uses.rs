//! On which days a voucher was used, and on which its person was absent.

use crate::civil::Month;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{OrgId, TimeMs, Tiyn};

/// How many days back uses are known by day: a terminal's records come late, and none of a day may be judged as if it were
/// the first.
pub const DAYS_KNOWN: usize = 16;

/// A use that can still be undone, as far as that needs it: what it counted, and where its line stands.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct RecentUse {
    /// Which use of the voucher it was, from 1.
    pub number: u32,
    /// The civil day that it belongs to.
    pub day: u32,
    /// Where.
    pub place: OrgId,
    /// Who is paid.
    pub provider: OrgId,
    /// Whose terminal took it.
    pub by: OrgId,
    /// What the programme paid, in tiyn.
    pub paid: Tiyn,
    /// When the ledger took it; for a record that was made without connection, later than it was made.
    pub at: TimeMs,
    /// The month in whose act its line stands.
    pub period: Month,
    /// The rate of the VAT in its line, in 1/10,000.
    pub vat_basis_points: u16,
    /// Whether the day's tally counts the person by this use.
    pub counts_person: bool,
    /// Whether it was one of the uses of the present delegation.
    pub delegated: bool,
    /// Whether it was undone.
    pub refunded: bool,
}

impl RecentUse {
    /// How many a voucher knows: more than are served before a mistake is noticed.
    pub const KNOWN_MAX: usize = 4;
    /// How long a use can be undone: a mistake of Friday's is seen on Monday.
    pub const REFUND_MS_MAX: u64 = 3 * crate::civil::DAY_MS;
}

/// The last day with a use, and what came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct LastUse {
    /// The civil day, counted from 1970-01-01.
    pub day: u32,
    /// How many uses there were on that day, on the day before it, and so on.
    pub days: [u8; DAYS_KNOWN],
    /// In that day's month.
    pub month: Used,
    /// In the month before.
    pub month_before: Used,
}

/// What a month came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Used {
    /// How many uses.
    pub uses: u16,
    /// What the programme paid, in tiyn.
    pub spent: Tiyn,
}

impl LastUse {
    /// None yet, as of this day.
    const fn none(day: u32) -> LastUse {
        let nothing = Used {
            uses: 0,
            spent: Tiyn::ZERO,
        };
        LastUse {
            day,
            days: [0; DAYS_KNOWN],
            month: nothing,
            month_before: nothing,
        }
    }

    /// With one more use for this much on a day. None if the sum does not fit, or the day lies too far back to be known.
    pub fn with(last: Option<LastUse>, day: u32, spent: Tiyn) -> Option<LastUse> {
        let mut last = last.unwrap_or(LastUse::none(day));
        last.move_to(day);
        let index = (last.day - day) as usize;
        let count = last.days.get_mut(index)?;
        *count = count.saturating_add(1);
        let month = if month_of(day) == month_of(last.day) {
            &mut last.month
        } else {
            &mut last.month_before
        };
        month.uses = month.uses.saturating_add(1);
        month.spent = month.spent.checked_add(spent)?;
        Some(last)
    }

    /// Without a use for this much on a day. What lies too far back to be known stays as it is: nothing is judged by it.
    pub fn without(mut self, day: u32, spent: Tiyn) -> LastUse {
        let back = self.day.checked_sub(day).map(|back| back as usize);
        if let Some(count) = back.and_then(|back| self.days.get_mut(back)) {
            *count = count.saturating_sub(1);
        }
        let (month, last) = (month_of(day), month_of(self.day));
        let month = if month == last {
            &mut self.month
        } else if month.next() == last {
            &mut self.month_before
        } else {
            return self;
        };
        month.uses = month.uses.saturating_sub(1);
        month.spent = Tiyn(month.spent.0.saturating_sub(spent.0));
        self
    }

    /// Moves the window forward to a later day.
    fn move_to(&mut self, day: u32) {
        if day <= self.day {
            return;
        }
        let (from, to) = (month_of(self.day), month_of(day));
        if to != from {
            let follows = from.next() == to;
            self.month_before = if follows { self.month } else { Used::default() };
            self.month = Used::default();
        }
        let ahead = ((day - self.day) as usize).min(DAYS_KNOWN);
        self.days.rotate_right(ahead % DAYS_KNOWN);
        self.days[..ahead].fill(0);
        self.day = day;
    }

    /// Uses on a day; 0 for one too far back to be known.
    pub fn on(&self, day: u32) -> u8 {
        let back = self.day.checked_sub(day).map(|back| back as usize);
        back.and_then(|back| self.days.get(back))
            .copied()
            .unwrap_or(0)
    }

    /// What a month came to; nothing for one too far back to be known.
    pub fn in_month(&self, month: Month) -> Used {
        let last = month_of(self.day);
        if month == last {
            self.month
        } else if month.next() == last {
            self.month_before
        } else {
            Used::default()
        }
    }

    /// Whether the uses of this day are known.
    pub const fn knows(&self, day: u32) -> bool {
        day as u64 + DAYS_KNOWN as u64 > self.day as u64
    }
}

const fn month_of(day: u32) -> Month {
    Month::of_day(day as u64)
}

/// Days on which the person was reported absent: a window of 32 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Absences {
    /// The day of the lowest bit.
    pub from: u32,
    /// The days.
    pub days: u32,
}

impl Absences {
    /// Whether the day is one of them.
    pub const fn contains(&self, day: u32) -> bool {
        day >= self.from && day - self.from < 32 && self.days >> (day - self.from) & 1 == 1
    }

    /// With the day set or cleared. The window moves forward as it has to; a day before it is not kept.
    pub const fn with(self, day: u32, absent: bool) -> Absences {
        let Absences { mut from, mut days } = self;
        if day < from {
            return self;
        }
        let ahead = day - from;
        if ahead >= 32 {
            let shift = ahead - 31;
            days = if shift >= 32 { 0 } else { days >> shift };
            from += shift;
        }
        let bit = 1 << (day - from);
        days = if absent { days | bit } else { days & !bit };
        Absences { from, days }
    }
}
