//! Dates of two-digit years.

use core::fmt;

/// The year against which two-digit years are read. An argument, never the clock's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferenceYear(u16);

impl ReferenceYear {
    /// A year from 1900 to 9900.
    pub fn new(year: u16) -> Option<ReferenceYear> {
        (1900..=9900).contains(&year).then_some(ReferenceYear(year))
    }

    /// GS1 General Specifications 7.12: of all years with these last digits the one that lies from 49 years
    /// before to 50 years after the reference year.
    pub fn resolve(self, last_digits: u16) -> u16 {
        let century = self.0 - self.0 % 100;
        let difference = i32::from(last_digits) - i32::from(self.0 % 100);
        match difference {
            51.. => century - 100 + last_digits,
            ..=-50 => century + 100 + last_digits,
            _ => century + last_digits,
        }
    }
}

/// A day of the Gregorian calendar; shown as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day, if the calendar has it.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        (day >= 1 && day <= days_of_month(year, month)).then_some(Date { year, month, day })
    }

    /// The last day of a month.
    pub fn last_of_month(year: u16, month: u8) -> Option<Date> {
        Date::new(year, month, days_of_month(year, month))
    }

    /// The full year.
    pub fn year(self) -> u16 {
        self.year
    }

    /// 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// 1 to 31.
    pub fn day(self) -> u8 {
        self.day
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// What day 00 means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DayZero {
    LastOfMonth,
    Refused,
}

/// Reads `YYMMDD`.
pub(super) fn yymmdd(text: &[u8], day_zero: DayZero, reference: ReferenceYear) -> Option<Date> {
    let [year, month, day] = pairs(text)?;
    calendar(reference.resolve(u16::from(year)), month, day, day_zero)
}

/// Reads `YYYYMMDD`.
pub(super) fn yyyymmdd(text: &[u8]) -> Option<Date> {
    let [century, year, month, day] = pairs(text)?;
    calendar(
        u16::from(century) * 100 + u16::from(year),
        month,
        day,
        DayZero::Refused,
    )
}

fn calendar(year: u16, month: u8, day: u8, day_zero: DayZero) -> Option<Date> {
    match (day, day_zero) {
        (0, DayZero::LastOfMonth) => Date::last_of_month(year, month),
        _ => Date::new(year, month, day),
    }
}

/// Reads exactly `N` two-digit numbers.
pub(super) fn pairs<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut numbers = [0; N];
    for (number, pair) in numbers.iter_mut().zip(text.chunks_exact(2)) {
        *number = (pair[0] - b'0') * 10 + (pair[1] - b'0');
    }
    Some(numbers)
}

/// Days of a month, zero where there is no such month.
pub(crate) fn days_of_month(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}
