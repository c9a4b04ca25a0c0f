//! Amounts, times and item numbers as people read and write them.

use crate::failure::{Failure, Result};
use senim_abi::civil::{DAY_MS, Month, UtcOffsets};
use senim_abi::marking::{Day, Unit};
use senim_abi::prescription::{ItemMask, record::ITEMS_MAX};
use senim_types::{Hash, TimeMs, Tiyn, TiynTotal};
use std::ffi::OsStr;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How far a rehearsal's clock is ahead, in ms, as for the nodes that it is played on.
const CLOCK_AHEAD: &str = "SENIM_CLOCK_AHEAD_MS";

/// How far the clock is ahead, by what the environment says; none where it says no number.
fn clock_ahead(said: Option<&OsStr>) -> Option<u64> {
    match said {
        None => Some(0),
        Some(said) => said.to_str()?.parse().ok(),
    }
}

/// What the environment says is read once: a process has one clock.
fn ahead_ms() -> Option<u64> {
    static AHEAD_MS: OnceLock<Option<u64>> = OnceLock::new();
    *AHEAD_MS.get_or_init(|| clock_ahead(std::env::var_os(CLOCK_AHEAD).as_deref()))
}

/// Whether a rehearsal's clock is a clock: what is stamped by a wrong one would only be refused later.
pub fn check_clock() -> Result<()> {
    let said = || Failure::usage(format!("{CLOCK_AHEAD} is not a number of ms"));
    ahead_ms().map(|_| ()).ok_or_else(said)
}

/// Now, by this machine's clock, in Unix ms. The ledger judges by block time; this only stamps what is sent. Programs
/// ask [`check_clock`] first.
pub fn now() -> TimeMs {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let now_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    TimeMs(now_ms.saturating_add(ahead_ms().unwrap_or(0)))
}

/// How far this machine's clock and the validators' may differ before a judgement about time is made here, in ms.
const CLOCKS_DIFFER_MS_MAX: u64 = 10 * 60 * 1000;

/// Whether a transaction that is valid until then can enter no block any more, also where this machine's clock is ahead.
pub fn is_over(valid_until: TimeMs, now: TimeMs) -> bool {
    now.0 > valid_until.0.saturating_add(CLOCKS_DIFFER_MS_MAX)
}

/// `1 450.00 ₸`
pub fn tenge(amount: Tiyn) -> String {
    tenge_total(TiynTotal(amount.0.into()))
}

/// `1 450.00 ₸`
pub fn tenge_total(amount: TiynTotal) -> String {
    let whole = (amount.0 / 100).to_string();
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{:02} ₸", amount.0 % 100)
}

/// Reads tenge with at most two decimals: `1450`, `1450.5`, `1450.50`.
pub fn parse_tenge(text: &str) -> std::result::Result<Tiyn, String> {
    let malformed = || format!("`{text}` is not an amount in tenge, such as 1450 or 1450.50");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 2 {
        return Err(malformed());
    }
    let hundredths: u64 = format!("{fraction:0<2}").parse().map_err(|_| malformed())?;
    let whole: u64 = whole.parse().map_err(|_| malformed())?;
    let tiyn = whole
        .checked_mul(100)
        .and_then(|tiyn| tiyn.checked_add(hundredths));
    tiyn.map(Tiyn).ok_or_else(malformed)
}

/// `2026-02-03T07:00:00Z`, as FHIR writes a moment.
pub fn date_time(at: TimeMs) -> String {
    time(at).replacen(' ', "T", 1).replace(" UTC", "Z")
}

/// `2026-02-03 07:00:00 UTC`
pub fn time(at: TimeMs) -> String {
    let days = u32::try_from(at.0 / DAY_MS)
        .ok()
        .and_then(|days| Day::new(days).ok());
    let Some(day) = days else {
        return format!("{} ms", at.0);
    };
    let second = at.0 % DAY_MS / 1000;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{day} {hour:02}:{minute:02}:{second:02} UTC")
}

/// `2026-02-03T07:00:00Z`, as a FHIR dateTime.
pub fn fhir_time(at: TimeMs) -> String {
    time(at).replacen(" UTC", "Z", 1).replacen(' ', "T", 1)
}

/// `1 report`, `2 reports`
pub fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Reads `60s`, `5m`, `2h` or `3d`, in ms.
pub fn parse_duration_ms(text: &str) -> std::result::Result<u64, String> {
    let malformed = || format!("`{text}` is not a time span, such as 60s, 5m, 2h or 3d");
    let split = text.len() - text.chars().last().map_or(0, char::len_utf8);
    let (number, unit) = text.split_at(split);
    let unit_ms = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY_MS,
        _ => return Err(malformed()),
    };
    let number: u64 = number.parse().map_err(|_| malformed())?;
    number
        .checked_mul(unit_ms)
        .filter(|span| *span > 0)
        .ok_or_else(malformed)
}

/// The end of a civil day of the country, five hours east of Greenwich: from then on the day is over.
pub fn end_of_day(text: &str) -> std::result::Result<TimeMs, String> {
    const OFFSET_MS: u64 = 5 * 60 * 60 * 1000;
    let malformed = || format!("`{text}` is not a date, such as 2027-12-31");
    let day: Day = text.parse().map_err(|_| malformed())?;
    let next_ms = u64::from(day.number())
        .saturating_add(1)
        .saturating_mul(DAY_MS);
    next_ms
        .checked_sub(OFFSET_MS)
        .map(TimeMs)
        .ok_or_else(malformed)
}

/// Reads `+05:00` in minutes.
pub fn parse_offset(text: &str) -> std::result::Result<i16, String> {
    let malformed = || format!("`{text}` is not an offset from UTC, such as +05:00");
    let sign = match text.get(..1) {
        Some("+") => 1,
        Some("-") => -1,
        _ => return Err(malformed()),
    };
    let (hours, minutes) = text[1..].split_once(':').ok_or_else(malformed)?;
    let number = |part: &str, max: i16| {
        let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_number.then(|| part.parse::<i16>().ok()).flatten();
        number.filter(|number| *number <= max).ok_or_else(malformed)
    };
    Ok(sign * (number(hours, 14)? * 60 + number(minutes, 59)?))
}

/// Reads items as people number them, from 1: `1,2`.
pub fn parse_items(text: &str) -> std::result::Result<ItemMask, String> {
    let mut mask = ItemMask::NONE;
    for part in text.split(',') {
        let number: usize = part.trim().parse().unwrap_or(0);
        if number == 0 || number > ITEMS_MAX {
            return Err(format!(
                "`{part}` is not the number of an item: they are numbered from 1, at most {ITEMS_MAX}"
            ));
        }
        mask = mask.or(ItemMask::one(number - 1));
    }
    Ok(mask)
}

/// Checks that a prescription has all of the items.
pub fn within(items: ItemMask, count: usize) -> Result<ItemMask> {
    if items.without(ItemMask::first(count)).is_empty() {
        Ok(items)
    } else {
        Err(Failure::usage(format!(
            "the prescription has {count} items; name some of those"
        )))
    }
}

/// `item 1`, `items 1, 3`
pub fn items(mask: ItemMask) -> String {
    let numbers: Vec<String> = mask
        .indices()
        .map(|index| (index + 1).to_string())
        .collect();
    let word = if numbers.len() == 1 { "item" } else { "items" };
    format!("{word} {}", numbers.join(", "))
}

/// The numbers of the items, from 1.
pub fn item_numbers(mask: ItemMask) -> Vec<usize> {
    mask.indices().map(|index| index + 1).collect()
}

/// `60 tablets`
pub fn quantity(count: u32, unit: Unit) -> String {
    let unit = match unit {
        Unit::Tablet => "tablet",
        Unit::Capsule => "capsule",
        Unit::Dose => "dose",
        Unit::Millilitre => "ml",
        Unit::Gram => "g",
        Unit::Ampoule => "ampoule",
        Unit::Sachet => "sachet",
        Unit::Piece => "piece",
    };
    let plural = if count == 1 || matches!(unit, "ml" | "g") {
        ""
    } else {
        "s"
    };
    format!("{count} {unit}{plural}")
}

/// The first eight characters of a hash or key: enough to tell two apart on a screen.
pub fn short(text: impl std::fmt::Display) -> String {
    text.to_string().chars().take(8).chain(['…']).collect()
}

/// A rate in 1/10,000: `16 %`, `12.5 %`.
pub fn percent(basis_points: u16) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    let fraction = format!("{rest:02}");
    match fraction.trim_end_matches('0') {
        "" => format!("{whole} %"),
        fraction => format!("{whole}.{fraction} %"),
    }
}

/// Reads `2027-01`.
pub fn parse_month(text: &str) -> std::result::Result<Month, String> {
    let malformed = || format!("`{text}` is not a month, such as 2027-01");
    let (year, month) = text.split_once('-').ok_or_else(malformed)?;
    let number = |part: &str, digits: usize| {
        let is_number = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse::<u32>().ok()).flatten()
    };
    match (number(year, 4), number(month, 2)) {
        (Some(year), Some(month @ 1..=12)) => Ok(Month::new(year, month)),
        _ => Err(malformed()),
    }
}

/// `2027-01`
pub fn month(month: Month) -> String {
    format!("{:04}-{:02}", month.year(), month.month())
}

/// The civil day of an instant: `2027-01-31`.
pub fn date_in(at: TimeMs, offsets: &UtcOffsets) -> String {
    let day = u32::try_from(offsets.day_of(at))
        .ok()
        .and_then(|days| Day::new(days).ok());
    day.map_or_else(|| time(at), |day| day.to_string())
}

/// Reads a day, `2027-01-31`: its midnight in Greenwich.
pub fn parse_day(text: &str) -> std::result::Result<TimeMs, String> {
    let day: Day = text
        .parse()
        .map_err(|_| format!("`{text}` is not a day, such as 2027-01-31"))?;
    Ok(TimeMs(u64::from(day.number()) * DAY_MS))
}

/// Reads a digest: 64 hex digits.
pub fn parse_hash(text: &str) -> std::result::Result<Hash, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a hash: 64 hex digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written_in_tenge() {
        for (text, tiyn) in [
            ("0", 0),
            ("1450", 145_000),
            ("1450.5", 145_050),
            ("0.07", 7),
        ] {
            assert_eq!(parse_tenge(text), Ok(Tiyn(tiyn)), "{text}");
        }
        for text in [
            "",
            "-1",
            "1.234",
            "1,5",
            ".5",
            "1.",
            "1e3",
            "200000000000000000",
        ] {
            assert!(parse_tenge(text).is_err(), "{text}");
        }
        assert_eq!(tenge(Tiyn(50_000_000_007)), "500 000 000.07 ₸");
        assert_eq!(tenge(Tiyn(99)), "0.99 ₸");
    }

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(time(TimeMs(1_770_102_000_000)), "2026-02-03 07:00:00 UTC");
        assert_eq!(fhir_time(TimeMs(1_770_102_000_000)), "2026-02-03T07:00:00Z");
        assert_eq!(time(TimeMs(u64::MAX)), "18446744073709551615 ms");
    }

    #[test]
    fn spans_offsets_and_items_are_read() {
        assert_eq!(parse_duration_ms("60s"), Ok(60_000));
        assert_eq!(parse_duration_ms("2h"), Ok(7_200_000));
        for text in [
            "",
            "60",
            "s",
            "0s",
            "1w",
            "-1s",
            "9e9д",
            "99999999999999999999d",
        ] {
            assert!(parse_duration_ms(text).is_err(), "{text}");
        }
        assert_eq!(parse_offset("+05:00"), Ok(300));
        assert_eq!(parse_offset("-03:30"), Ok(-210));
        for text in ["", "5", "+5:00", "+15:00", "+05:60", "+05", "я05:00"] {
            assert!(parse_offset(text).is_err(), "{text}");
        }
        assert_eq!(parse_items("1,3"), Ok(ItemMask(0b101)));
        for text in ["", "0", "17", "1,", "a"] {
            assert!(parse_items(text).is_err(), "{text}");
        }
        assert!(within(ItemMask(0b100), 2).is_err());
        assert_eq!(items(ItemMask(0b101)), "items 1, 3");
    }
}
