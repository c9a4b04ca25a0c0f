//! Decimal numbers, exactly. A quantity read through a float could become another quantity.

/// Why a number is not a count of smallest units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotACount {
    Negative,
    NotWhole,
    TooLarge,
}

/// Longest number read, in bytes: longer ones are no amounts of medicine.
const NUMBER_BYTES_MAX: usize = 64;

/// `number · factor` as a whole number of at most 32 bits; `number` is the text of a JSON number.
pub(crate) fn count(number: &str, factor: u32) -> Result<u32, NotACount> {
    let (negative, magnitude) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    if magnitude.len() > NUMBER_BYTES_MAX {
        return Err(NotACount::TooLarge);
    }
    let (digits, exponent) = match magnitude.split_once(['e', 'E']) {
        // An exponent that does not fit is beyond any amount, in one direction or the other.
        Some((digits, text)) => (
            digits,
            text.parse::<i64>().unwrap_or(match text.starts_with('-') {
                true => i64::from(i32::MIN),
                false => i64::from(i32::MAX),
            }),
        ),
        None => (magnitude, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let significant = format!("{whole}{fraction}");
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    if negative {
        return Err(NotACount::Negative);
    }
    let trimmed = significant.trim_end_matches('0');
    let zeros = i64::try_from(significant.len() - trimmed.len()).expect("at most 64 digits");
    let places = i64::try_from(fraction.len()).expect("at most 64 digits");
    let mut exponent = exponent.saturating_add(zeros).saturating_sub(places);
    let mut value: u128 = trimmed.parse().map_err(|_| NotACount::TooLarge)?;
    value = value
        .checked_mul(u128::from(factor))
        .ok_or(NotACount::TooLarge)?;
    while exponent < 0 {
        if !value.is_multiple_of(10) {
            return Err(NotACount::NotWhole);
        }
        value /= 10;
        exponent += 1;
    }
    while exponent > 0 {
        value = value.checked_mul(10).ok_or(NotACount::TooLarge)?;
        exponent -= 1;
    }
    u32::try_from(value).map_err(|_| NotACount::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly() {
        let table: &[(&str, u32, Result<u32, NotACount>)] = &[
            ("20", 1, Ok(20)),
            ("20.0", 1, Ok(20)),
            ("20.000", 1, Ok(20)),
            ("2e1", 1, Ok(20)),
            ("2E+1", 1, Ok(20)),
            ("200e-1", 1, Ok(20)),
            ("0.5", 1000, Ok(500)),
            ("0.0005", 1000, Err(NotACount::NotWhole)),
            ("0.5", 1, Err(NotACount::NotWhole)),
            ("20.0000000000000000001", 1, Err(NotACount::NotWhole)),
            ("0", 1, Ok(0)),
            ("-0", 1, Ok(0)),
            ("0e999999999999999999999", 1, Ok(0)),
            ("-1", 1, Err(NotACount::Negative)),
            ("-0.5", 1, Err(NotACount::Negative)),
            ("4294967295", 1, Ok(u32::MAX)),
            ("4294967296", 1, Err(NotACount::TooLarge)),
            ("1e400", 1, Err(NotACount::TooLarge)),
            ("1e99999999999999999999", 1, Err(NotACount::TooLarge)),
            ("1e-99999999999999999999", 1, Err(NotACount::NotWhole)),
        ];
        for (text, factor, expected) in table {
            assert_eq!(count(text, *factor), *expected, "{text} · {factor}");
        }
        assert_eq!(count(&"9".repeat(60), 1), Err(NotACount::TooLarge));
        assert_eq!(count(&"9".repeat(65), 1), Err(NotACount::TooLarge));
    }
}
