//! Amounts, days and times as ISO 20022 writes them.

use jiff::Timestamp;
use jiff::civil::Date;
use senim_types::{TimeMs, Tiyn};

/// Tiyn as tenge with two decimals: `1450.00`.
pub fn amount_text(tiyn: u128) -> String {
    format!("{}.{:02}", tiyn / 100, tiyn % 100)
}

/// An amount of a message in tiyn: digits, and at most two decimals that are not 0.
pub fn parse_amount(text: &str) -> Option<Tiyn> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || fraction.len() > 2 {
        return None;
    }
    let hundredths: u64 = format!("{fraction:0<2}").parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(100)?.checked_add(hundredths).map(Tiyn)
}

/// `2027-02-01T06:00:00Z`, to the second.
pub fn utc(at: TimeMs) -> String {
    let seconds = i64::try_from(at.0 / 1000).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds)
        .unwrap_or(Timestamp::MAX)
        .to_string()
}

/// A day of the calendar, YYYY-MM-DD.
pub fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for tiyn in [0, 1, 99, 100, 145_050, u64::MAX] {
            assert_eq!(parse_amount(&amount_text(tiyn.into())), Some(Tiyn(tiyn)));
        }
        assert_eq!(parse_amount("7"), Some(Tiyn(700)));
        assert_eq!(parse_amount("7.5"), Some(Tiyn(750)));
        assert_eq!(parse_amount("7.50000"), Some(Tiyn(750)));
        for text in [
            "",
            ".5",
            "7.005",
            "-7",
            "+7",
            "7,5",
            "7e2",
            "1.2.3",
            "184467440737095516.16",
        ] {
            assert_eq!(parse_amount(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_of_the_calendar() {
        assert!(is_day("2028-02-29"));
        for text in [
            "2027-02-29",
            "2027-2-1",
            "20270201",
            "",
            "2027-02-01T00:00:00",
        ] {
            assert!(!is_day(text), "{text}");
        }
        assert_eq!(utc(TimeMs(1_801_422_000_999)), "2027-01-31T19:00:00Z");
    }
}
