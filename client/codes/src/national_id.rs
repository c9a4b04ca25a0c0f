//! ИИН (persons and sole entrepreneurs) and БИН (organisations): twelve digits each, told apart by structure.
//!
//! ИИН: `YYMMDD`, century and sex (1, 2: XIX; 3, 4: XX; 5, 6: XXI century), four digits, check digit.
//! БИН: `YYMM`, type (4 resident, 5 non-resident, 6 joint entrepreneurship), attribute (0 head, 1 branch,
//! 2 representation, 3 peasant farm), five digits, check digit.
//! The fifth digit decides: a day starts with 0 to 3, a type is 4 to 6. A sole entrepreneur acts under an ИИН, so
//! an ИИН may stand wherever a business is asked for.
//!
//! Numbers are personal data: nothing here stores or repeats one.

use senim_types::Code;
use serde::{Serialize, Serializer, ser::SerializeMap};
use thiserror::Error;

use crate::gs1::days_of_month;

const DIGITS: usize = 12;
const WEIGHTS_FIRST: [u32; DIGITS - 1] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const WEIGHTS_SECOND: [u32; DIGITS - 1] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];

/// Whose number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NationalIdKind {
    /// ИИН: a person, or the sole entrepreneur who is that person.
    Iin,
    /// БИН: an organisation, a branch, a joint entrepreneurship.
    Bin,
}

/// A number that passed every check that needs no register. Shown to machines as `{kind, valid: true}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NationalId {
    /// Whose number it is.
    pub kind: NationalIdKind,
}

impl Serialize for NationalId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = match self.kind {
            NationalIdKind::Iin => "iin",
            NationalIdKind::Bin => "bin",
        };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("kind", kind)?;
        map.serialize_entry("valid", &true)?;
        map.end()
    }
}

/// Why a number is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NationalIdError {
    /// Not twelve digits.
    #[error(
        "an ИИН or БИН has 12 digits and nothing else: check for missing digits, letters and spaces"
    )]
    Form,
    /// Neither structure fits.
    #[error(
        "the fifth digit is neither that of a day (0 to 3, ИИН) nor a type of organisation (4 to 6, БИН): check the number"
    )]
    UnknownKind,
    /// The date in it does not exist.
    #[error("the number does not start with a date of the calendar: check its first digits")]
    Date,
    /// The seventh digit of an ИИН.
    #[error("the seventh digit of an ИИН is the century and sex, 1 to 6: check it")]
    Century,
    /// The sixth digit of a БИН.
    #[error("the sixth digit of a БИН is the attribute, 0 to 3: check it")]
    Attribute,
    /// The last digit.
    #[error("the check digit does not fit: check the number for a mistyped or swapped digit")]
    CheckDigit,
    /// Both weight passes leave ten.
    #[error(
        "no check digit exists for these digits, such a number is never issued: check the number"
    )]
    NeverIssued,
}

impl NationalIdError {
    /// The stable code.
    pub fn code(self) -> Code {
        match self {
            NationalIdError::Form => Code::ID_FORM,
            NationalIdError::UnknownKind => Code::ID_UNKNOWN_KIND,
            NationalIdError::Date => Code::ID_DATE,
            NationalIdError::Century => Code::ID_CENTURY,
            NationalIdError::Attribute => Code::ID_ATTRIBUTE,
            NationalIdError::CheckDigit => Code::ID_CHECK_DIGIT,
            NationalIdError::NeverIssued => Code::ID_NEVER_ISSUED,
        }
    }
}

/// Checks a number of twelve digits; white space around it is dropped.
pub fn check(number: &str) -> Result<NationalId, NationalIdError> {
    let digits = digits(number.trim())?;
    let kind = match digits[4] {
        0..=3 => NationalIdKind::Iin,
        4..=6 => NationalIdKind::Bin,
        _ => return Err(NationalIdError::UnknownKind),
    };
    match kind {
        NationalIdKind::Iin => check_iin(&digits)?,
        NationalIdKind::Bin => check_bin(&digits)?,
    }
    let expected = check_digit(&digits[..DIGITS - 1]).ok_or(NationalIdError::NeverIssued)?;
    if expected != digits[DIGITS - 1] {
        return Err(NationalIdError::CheckDigit);
    }
    Ok(NationalId { kind })
}

fn digits(number: &str) -> Result<[u8; DIGITS], NationalIdError> {
    let bytes: [u8; DIGITS] = number
        .as_bytes()
        .try_into()
        .map_err(|_| NationalIdError::Form)?;
    if bytes.iter().all(u8::is_ascii_digit) {
        Ok(bytes.map(|digit| digit - b'0'))
    } else {
        Err(NationalIdError::Form)
    }
}

fn check_iin(digits: &[u8; DIGITS]) -> Result<(), NationalIdError> {
    let century = match digits[6] {
        1 | 2 => 1800,
        3 | 4 => 1900,
        5 | 6 => 2000,
        _ => return Err(NationalIdError::Century),
    };
    let [year, month, day] = [0, 2, 4].map(|start| digits[start] * 10 + digits[start + 1]);
    let days = days_of_month(century + u16::from(year), month);
    if day >= 1 && day <= days {
        Ok(())
    } else {
        Err(NationalIdError::Date)
    }
}

fn check_bin(digits: &[u8; DIGITS]) -> Result<(), NationalIdError> {
    let month = digits[2] * 10 + digits[3];
    if !(1..=12).contains(&month) {
        return Err(NationalIdError::Date);
    }
    if digits[5] > 3 {
        Err(NationalIdError::Attribute)
    } else {
        Ok(())
    }
}

/// The check digit that belongs after eleven digits, or nothing if both weight passes leave ten: such a number is
/// never issued.
fn check_digit(digits: &[u8]) -> Option<u8> {
    [WEIGHTS_FIRST, WEIGHTS_SECOND]
        .iter()
        .map(|weights| {
            digits
                .iter()
                .zip(weights)
                .map(|(digit, weight)| u32::from(*digit) * weight)
                .sum::<u32>()
                % 11
        })
        .find(|remainder| *remainder < 10)
        .and_then(|remainder| u8::try_from(remainder).ok())
}

#[cfg(test)]
#[path = "national_id_tests.rs"]
mod tests;
