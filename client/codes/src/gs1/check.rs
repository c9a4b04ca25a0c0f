//! The rules on the content of a component, under the names that the GS1 Barcode Syntax Dictionary gives them.

use super::{
    check_digit::{check_digit, check_pair},
    date::{DayZero, ReferenceYear, pairs, yymmdd, yyyymmdd},
};

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The last digit is the check digit.
    CheckDigit,
    /// The last two characters are the check character pair.
    CheckPair,
    /// A GS1 Company Prefix (at least four digits) starts at this place, counted from zero.
    CompanyPrefix(usize),
    /// `YYMMDD`; day 00 is the last day of the month.
    DateOrMonth,
    /// `YYMMDD`.
    Date,
    /// `YYYYMMDD`.
    FullDate,
    /// `HH` to 23.
    Hour,
    /// `HHMM`.
    HourMinute,
    /// Minutes or seconds to 59.
    Sixtieth,
    /// ISO 5218: 0, 1, 2 or 9.
    Sex,
    /// 0 or 1.
    YesNo,
    /// Roll direction: 0, 1 or 9.
    Winding,
    /// Nothing but zeros.
    Zero,
    /// Not zero.
    NonZero,
    /// No zero in front, unless it is the only digit.
    NoZeroPrefix,
    /// At least one character that is no digit.
    HasNonDigit,
    /// Nothing but hyphens.
    Hyphen,
    /// `%` only before two hexadecimal digits.
    PercentEncoding,
    /// Half the digits a piece's number, the other half the number of pieces.
    PieceOfTotal,
    /// `position/end`.
    PositionInSequence,
    /// Importer index: a letter, digit, hyphen or underscore.
    ImporterIndex,
    /// AIDC media type: 01–10 and 80–99 are assigned.
    MediaType,
    /// Ten digits to this.
    Degrees {
        /// In units of 10⁻⁷ degrees.
        most: u64,
    },
    /// International bank account number.
    Iban,
    /// A code of a list that others keep (countries, currencies, package types, coupons): only characters and
    /// length are checked, because such a list changes more often than this software.
    OutsideList,
}

/// Why a component's content is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckFailure {
    /// The check digit or pair is wrong.
    CheckDigit,
    /// There is no such date or time.
    Date,
    /// Another rule, described for a reader.
    Content(&'static str),
}

impl Check {
    /// The rule of this name.
    pub(super) fn named(name: &str) -> Option<Check> {
        Some(match name {
            "csum" => Check::CheckDigit,
            "csumalpha" => Check::CheckPair,
            "gcppos1" => Check::CompanyPrefix(0),
            "gcppos2" => Check::CompanyPrefix(1),
            "yymmd0" => Check::DateOrMonth,
            "yymmdd" => Check::Date,
            "yyyymmdd" => Check::FullDate,
            "hh" => Check::Hour,
            "hhmi" => Check::HourMinute,
            "mi" | "ss" => Check::Sixtieth,
            "iso5218" => Check::Sex,
            "yesno" => Check::YesNo,
            "winding" => Check::Winding,
            "zero" => Check::Zero,
            "nonzero" => Check::NonZero,
            "nozeroprefix" => Check::NoZeroPrefix,
            "hasnondigit" => Check::HasNonDigit,
            "hyphen" => Check::Hyphen,
            "pcenc" => Check::PercentEncoding,
            "pieceoftotal" => Check::PieceOfTotal,
            "posinseqslash" => Check::PositionInSequence,
            "importeridx" => Check::ImporterIndex,
            "mediatype" => Check::MediaType,
            "latitude" => Check::Degrees {
                most: 1_800_000_000,
            },
            "longitude" => Check::Degrees {
                most: 3_600_000_000,
            },
            "iban" => Check::Iban,
            "iso3166" | "iso3166999" | "iso3166alpha2" | "iso4217" | "packagetype"
            | "couponcode" | "couponposoffer" => Check::OutsideList,
            _ => return None,
        })
    }

    /// Applies the rule. The characters are already known to belong to the component's set.
    pub fn apply(self, text: &[u8], reference: ReferenceYear) -> Result<(), CheckFailure> {
        let (sound, failure) = match self {
            Check::CheckDigit => (ends_with_check_digit(text), CheckFailure::CheckDigit),
            Check::CheckPair => (ends_with_check_pair(text), CheckFailure::CheckDigit),
            Check::DateOrMonth => (
                yymmdd(text, DayZero::LastOfMonth, reference).is_some(),
                CheckFailure::Date,
            ),
            Check::Date => (
                yymmdd(text, DayZero::Refused, reference).is_some(),
                CheckFailure::Date,
            ),
            Check::FullDate => (yyyymmdd(text).is_some(), CheckFailure::Date),
            Check::Hour => (
                pairs(text).is_some_and(|[hour]| hour < 24),
                CheckFailure::Date,
            ),
            Check::HourMinute => (
                pairs(text).is_some_and(|[hour, minute]| hour < 24 && minute < 60),
                CheckFailure::Date,
            ),
            Check::Sixtieth => (
                pairs(text).is_some_and(|[part]| part < 60),
                CheckFailure::Date,
            ),
            _ => {
                let (sound, rule) = self.apply_content_rule(text);
                (sound, CheckFailure::Content(rule))
            }
        };
        if sound { Ok(()) } else { Err(failure) }
    }

    /// Whether the rule holds, and the rule in words.
    fn apply_content_rule(self, text: &[u8]) -> (bool, &'static str) {
        match self {
            Check::CompanyPrefix(start) => {
                let prefix = text.get(start..start + 4);
                (
                    prefix.is_some_and(|digits| digits.iter().all(u8::is_ascii_digit)),
                    "must start with a GS1 company prefix",
                )
            }
            Check::Sex => (
                matches!(text, b"0" | b"1" | b"2" | b"9"),
                "must be 0, 1, 2 or 9",
            ),
            Check::YesNo => (matches!(text, b"0" | b"1"), "must be 0 or 1"),
            Check::Winding => (matches!(text, b"0" | b"1" | b"9"), "must be 0, 1 or 9"),
            Check::Zero => (text.iter().all(|&digit| digit == b'0'), "must be zero here"),
            Check::NonZero => (text.iter().any(|&digit| digit != b'0'), "must not be zero"),
            Check::NoZeroPrefix => (
                text.len() == 1 || !text.starts_with(b"0"),
                "must not start with a zero",
            ),
            Check::HasNonDigit => (
                !text.iter().all(u8::is_ascii_digit),
                "must hold a character that is no digit",
            ),
            Check::Hyphen => (
                !text.is_empty() && text.iter().all(|&symbol| symbol == b'-'),
                "must be a hyphen here",
            ),
            Check::PercentEncoding => (
                percent_encoded(text),
                "must have two hexadecimal digits after each %",
            ),
            Check::PieceOfTotal => (
                piece_of_total(text),
                "must be a piece's number within the number of pieces",
            ),
            Check::PositionInSequence => (
                position_in_sequence(text),
                "must be position/end, without zeros in front",
            ),
            Check::ImporterIndex => (
                matches!(text, [symbol] if symbol.is_ascii_alphanumeric() || b"-_".contains(symbol)),
                "must end in an importer index (letter, digit, - or _)",
            ),
            Check::MediaType => (
                pairs(text).is_some_and(|[kind]| matches!(kind, 1..=10 | 80..=99)),
                "must be an assigned media type",
            ),
            Check::Degrees { most } => (
                number(text).is_some_and(|value| value <= most),
                "must lie on the globe",
            ),
            Check::Iban => (iban(text), "must be an IBAN with its two check digits"),
            _ => (true, "is taken as it is"),
        }
    }
}

fn ends_with_check_digit(text: &[u8]) -> bool {
    text.split_last()
        .is_some_and(|(last, digits)| *last == check_digit(digits))
}

fn ends_with_check_pair(text: &[u8]) -> bool {
    text.split_last_chunk::<2>()
        .is_some_and(|(data, pair)| check_pair(data).as_ref() == Some(pair))
}

fn percent_encoded(text: &[u8]) -> bool {
    text.iter()
        .enumerate()
        .filter(|(_, symbol)| **symbol == b'%')
        .all(|(place, _)| {
            text.get(place + 1..place + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        })
}

fn number(text: &[u8]) -> Option<u64> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

fn piece_of_total(text: &[u8]) -> bool {
    let (piece, total) = text.split_at(text.len() / 2);
    matches!((number(piece), number(total)), (Some(piece), Some(total)) if piece >= 1 && piece <= total)
}

fn position_in_sequence(text: &[u8]) -> bool {
    let mut parts = text.split(|&symbol| symbol == b'/');
    let (Some(position), Some(end), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    if position.starts_with(b"0") || end.starts_with(b"0") {
        return false;
    }
    let digits = position.iter().chain(end).all(u8::is_ascii_digit);
    digits
        && matches!((number(position), number(end)), (Some(position), Some(end)) if position <= end)
}

/// ISO 13616: country and check digits moved to the end, letters as 10 to 35, remainder by 97 is one.
fn iban(text: &[u8]) -> bool {
    let form = text.len() > 4
        && text[..2].iter().all(u8::is_ascii_uppercase)
        && text[2..4].iter().all(u8::is_ascii_digit)
        && text[4..]
            .iter()
            .all(|symbol| symbol.is_ascii_digit() || symbol.is_ascii_uppercase());
    let remainder = text
        .iter()
        .cycle()
        .skip(4)
        .take(text.len())
        .fold(0u32, |sum, symbol| match symbol {
            b'0'..=b'9' => (sum * 10 + u32::from(symbol - b'0')) % 97,
            _ => (sum * 100 + u32::from(symbol.wrapping_sub(b'A')) + 10) % 97,
        });
    form && remainder == 1
}
