//! FHIR dates and times as spans of Unix milliseconds.

use jiff::civil::Date;

/// The span that a FHIR `date` or `dateTime` covers: `2024` is a year, `2024-05-01` a day,
/// `2024-05-01T10:00:00Z` a second. Unix ms; `end_ms` is the first moment after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
}

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

/// Reads `text`; dates without a time are civil dates at `offset_minutes` from UTC.
/// `None` if it is not a FHIR date or dateTime (a time needs seconds and an offset).
pub(crate) fn span(text: &str, offset_minutes: i16) -> Option<Span> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let fields: Vec<&str> = date.split('-').collect();
    let year = i16::try_from(digits(fields.first()?, 4)?).ok()?;
    let month = fields
        .get(1)
        .map(|field| digits(field, 2))
        .map_or(Some(None), |m| m.map(Some))?;
    let day = fields
        .get(2)
        .map(|field| digits(field, 2))
        .map_or(Some(None), |d| d.map(Some))?;
    if fields.len() > 3 || year == 0 {
        return None;
    }
    let small = |field: u32| i8::try_from(field).ok();
    let first = Date::new(year, small(month.unwrap_or(1))?, small(day.unwrap_or(1))?).ok()?;
    let Some(time) = time else {
        let length = match (month, day) {
            (None, _) => jiff::Span::new().years(1),
            (_, None) => jiff::Span::new().months(1),
            _ => jiff::Span::new().days(1),
        };
        let next = first.checked_add(length).ok()?;
        let shift = i64::from(offset_minutes) * MINUTE_MS;
        return Some(Span {
            start_ms: midnight_ms(first) - shift,
            end_ms: midnight_ms(next) - shift,
        });
    };
    day?;
    let (of_day_ms, length_ms, offset) = time_of_day(time)?;
    let start_ms = midnight_ms(first) + of_day_ms - offset * MINUTE_MS;
    Some(Span {
        start_ms,
        end_ms: start_ms + length_ms,
    })
}

/// `HH:MM:SS[.fff](Z|±HH:MM)` as (ms of the day, length in ms, offset in minutes).
fn time_of_day(text: &str) -> Option<(i64, i64, i64)> {
    let (clock, offset) = match text.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let at = text.rfind(['+', '-'])?;
            let (clock, zone) = text.split_at(at);
            let (hours, minutes) = zone[1..].split_once(':')?;
            let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
            let size = i64::from(hours) * 60 + i64::from(minutes);
            if minutes > 59 || size > 14 * 60 {
                return None;
            }
            (clock, if zone.starts_with('-') { -size } else { size })
        }
    };
    let (whole, fraction) = match clock.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (clock, None),
    };
    let mut fields = whole.split(':');
    let hours = digits(fields.next()?, 2)?;
    let minutes = digits(fields.next()?, 2)?;
    // FHIR allows the leap second 60; it is the first moment of the next minute.
    let seconds = digits(fields.next()?, 2)?;
    if fields.next().is_some() || hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let milliseconds = match fraction {
        None => 0,
        Some(f) if f.is_empty() || f.len() > 9 || !f.bytes().all(|b| b.is_ascii_digit()) => {
            return None;
        }
        Some(f) => format!("{f:0<3}")[..3].parse::<i64>().ok()?,
    };
    let of_day = i64::from(hours) * HOUR_MS + i64::from(minutes) * MINUTE_MS;
    let of_day = of_day + i64::from(seconds) * 1000 + milliseconds;
    Some((of_day, if fraction.is_some() { 1 } else { 1000 }, offset))
}

/// `count` months after `at_ms`, by the calendar at `offset_minutes`: the 31st becomes the last
/// day of a shorter month.
pub(crate) fn add_months(at_ms: i64, count: u32, offset_minutes: i16) -> Option<i64> {
    let shift = i64::from(offset_minutes) * MINUTE_MS;
    let local = at_ms.checked_add(shift)?;
    let days = i32::try_from(local.div_euclid(DAY_MS)).ok()?;
    let epoch = Date::constant(1970, 1, 1);
    // jiff panics on spans beyond its own range, so the years are bounded first.
    if days.abs() > 3_000_000 || count > 12_000 {
        return None;
    }
    let date = epoch.checked_add(jiff::Span::new().days(days)).ok()?;
    let later = date
        .checked_add(jiff::Span::new().months(i64::from(count)))
        .ok()?;
    Some(midnight_ms(later) + local.rem_euclid(DAY_MS) - shift)
}

fn midnight_ms(date: Date) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    date.duration_since(epoch).as_hours() / 24 * DAY_MS
}

/// Exactly `width` ASCII digits.
fn digits(text: &str, width: usize) -> Option<u32> {
    let sound = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    if sound { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALMATY: i16 = 300;

    #[test]
    fn dates_cover_their_day_at_the_given_offset() {
        let day = span("1970-01-02", 0).expect("a date");
        assert_eq!(
            day,
            Span {
                start_ms: DAY_MS,
                end_ms: 2 * DAY_MS
            }
        );
        let day = span("1970-01-02", ALMATY).expect("a date");
        assert_eq!(
            day,
            Span {
                start_ms: DAY_MS - 5 * HOUR_MS,
                end_ms: 2 * DAY_MS - 5 * HOUR_MS
            }
        );
        let month = span("1972-02", 0).expect("a month");
        assert_eq!(month.end_ms - month.start_ms, 29 * DAY_MS);
        let year = span("1972", 0).expect("a year");
        assert_eq!(year.end_ms - year.start_ms, 366 * DAY_MS);
        assert_eq!(year.start_ms, 730 * DAY_MS);
    }

    #[test]
    fn times_carry_their_own_offset() {
        let second = span("2021-05-18T23:59:59Z", ALMATY).expect("a dateTime");
        assert_eq!(
            second,
            Span {
                start_ms: 1_621_382_399_000,
                end_ms: 1_621_382_400_000
            }
        );
        assert_eq!(span("2021-05-19T04:59:59+05:00", 0), Some(second));
        assert_eq!(span("2021-05-18T18:59:59-05:00", 0), Some(second));
        let moment = span("2021-05-18T23:59:59.5Z", 0).expect("a fraction");
        assert_eq!(
            moment,
            Span {
                start_ms: 1_621_382_399_500,
                end_ms: 1_621_382_399_501
            }
        );
        let leap = span("2021-05-18T23:59:60Z", 0).expect("a leap second");
        assert_eq!(leap.start_ms, second.end_ms);
    }

    #[test]
    fn what_is_not_a_date_is_refused() {
        for text in [
            "",
            "T",
            "24",
            "0000",
            "2024-13",
            "2024-00",
            "2024-2-3",
            "2023-02-29",
            "2024-02-30",
            "2024-01-01-01",
            "2024-01-01T10:00",
            "2024-01-01T10:00:00",
            "2024-01T10:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T10:60:00Z",
            "2024-01-01T10:00:61Z",
            "2024-01-01T10:00:00+15:00",
            "2024-01-01T10:00:00.Z",
            "2024-01-01T10:00:00+5",
            "+024-01-01",
            "２０２４-01-01",
            "2024-01-01T10:00:00é",
            "yesterday",
        ] {
            assert_eq!(span(text, 0), None, "{text}");
        }
    }

    #[test]
    fn months_follow_the_calendar() {
        let start = span("2024-01-31", ALMATY).expect("a date").start_ms;
        let expected = span("2024-02-29", ALMATY).expect("a date").start_ms;
        assert_eq!(add_months(start, 1, ALMATY), Some(expected));
        assert_eq!(add_months(i64::MAX, 1, ALMATY), None);
        assert_eq!(add_months(0, u32::MAX, ALMATY), None);
    }
}
