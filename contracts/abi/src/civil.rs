//! Civil time from parameters, never from an operating system's table: a ledger must read the same in fifty years.

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::TimeMs;

/// Milliseconds of a day.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Local time from an instant on: local time = UTC + `offset_minutes`.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct UtcOffset {
    /// Valid from this time on.
    pub from: TimeMs,
    /// Minutes east of Greenwich, −840 to 840.
    pub offset_minutes: i16,
}

/// The offsets of a place, ascending by `from`; the first also holds before it. A country changes its offset once in
/// years, so a handful suffices.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct UtcOffsets(pub Vec<UtcOffset>);

impl UtcOffsets {
    /// Entries at most.
    pub const ENTRIES_MAX: usize = 8;
    /// Minutes from Greenwich at most, either way.
    pub const OFFSET_MINUTES_MAX: i16 = 840;

    /// One offset for all time.
    pub fn fixed(offset_minutes: i16) -> UtcOffsets {
        UtcOffsets(alloc::vec![UtcOffset {
            from: TimeMs(0),
            offset_minutes
        }])
    }

    /// One to [`UtcOffsets::ENTRIES_MAX`] entries, strictly ascending, each within range.
    pub fn is_valid(&self) -> bool {
        let counted = (1..=UtcOffsets::ENTRIES_MAX).contains(&self.0.len());
        let ascending = self.0.windows(2).all(|pair| pair[0].from < pair[1].from);
        let limit = UtcOffsets::OFFSET_MINUTES_MAX;
        counted
            && ascending
            && self
                .0
                .iter()
                .all(|entry| (-limit..=limit).contains(&entry.offset_minutes))
    }

    /// The offset at an instant, in minutes; 0 if there are no entries.
    pub fn at(&self, time: TimeMs) -> i16 {
        let in_force = self.0.iter().rev().find(|entry| entry.from <= time);
        in_force
            .or(self.0.first())
            .map_or(0, |entry| entry.offset_minutes)
    }

    /// The day of local time in which an instant lies, counted from 1970-01-01.
    pub fn day_of(&self, time: TimeMs) -> u64 {
        let local_ms = i128::from(time.0) + i128::from(self.at(time)) * 60_000;
        (local_ms.max(0) / i128::from(DAY_MS)) as u64
    }

    /// Minutes since that day began.
    pub fn minute_of(&self, time: TimeMs) -> u16 {
        let local_ms = i128::from(time.0) + i128::from(self.at(time)) * 60_000;
        (local_ms.max(0) % i128::from(DAY_MS) / 60_000) as u16
    }

    /// The month of local time in which an instant lies.
    pub fn month_of(&self, time: TimeMs) -> Month {
        Month::of_day(self.day_of(time))
    }

    /// The first instant that lies in this month or a later one. Where an offset changes just then, a month may begin
    /// with the change.
    pub fn start_of(&self, month: Month) -> TimeMs {
        let midnight_ms = i128::from(month.first_day()) * i128::from(DAY_MS);
        let by_offset = self
            .0
            .iter()
            .map(|entry| midnight_ms - i128::from(entry.offset_minutes) * 60_000);
        let by_change = self.0.iter().map(|entry| i128::from(entry.from.0));
        by_offset
            .chain(by_change)
            .chain(self.0.is_empty().then_some(midnight_ms))
            .map(|instant| TimeMs(instant.clamp(0, i128::from(u64::MAX)) as u64))
            .filter(|instant| self.month_of(*instant) >= month)
            .min()
            .unwrap_or(TimeMs(u64::MAX))
    }
}

/// A month of civil time: 12 · year + (month − 1), so that the next month is the next number.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize,
)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Month(pub u32);

impl Month {
    /// A month by year and month 1–12.
    pub const fn new(year: u32, month: u32) -> Month {
        Month(year * 12 + month - 1)
    }

    /// The year.
    pub const fn year(self) -> u32 {
        self.0 / 12
    }

    /// The month, 1–12.
    pub const fn month(self) -> u32 {
        self.0 % 12 + 1
    }

    /// The next month.
    pub const fn next(self) -> Month {
        Month(self.0.saturating_add(1))
    }

    /// Its first day, counted from 1970-01-01; that day for what lies before (the inverse of [`Month::of_day`], by the
    /// same source).
    pub const fn first_day(self) -> u64 {
        let shifted_year = (self.year() - (self.month() <= 2) as u32) as u64;
        let era = shifted_year / 400;
        let year_of_era = shifted_year % 400;
        let month_from_march = (self.month() as u64 + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        (era * 146_097 + day_of_era).saturating_sub(719_468)
    }

    /// The month of a day counted from 1970-01-01.
    pub const fn of_day(days: u64) -> Month {
        let (year, month, _) = ymd(days);
        Month::new(year, month)
    }
}

/// Year, month and day of a day counted from 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms": years
/// that begin in March make the leap day the last of its year).
pub const fn ymd(days: u64) -> (u32, u32, u32) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let (month, carry) = if from_march < 10 {
        (from_march + 3, 0)
    } else {
        (from_march - 9, 1)
    };
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    // Time is a u64 of milliseconds: the year stays below 6 · 10^8.
    let year = era * 400 + year_of_era + carry;
    (year as u32, month as u32, day as u32)
}
