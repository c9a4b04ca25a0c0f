//! The parts of a pack's code, as parsed types: what is malformed does not exist as one of these.

use crate::civil;
use borsh::io::{Error, ErrorKind, Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;
use core::str::FromStr;

/// Why a text is not a value of this kind. The callers' codes differ, so there is none here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAValue;

/// One to `N` characters of GS1's character set 82 (the one of serial numbers and lots).
///
/// Encoded as a length byte and the characters. In a state key it is padded with zero bytes to `N`
/// ([`Text::padded`]): the set has no zero byte, so that different texts stay different.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    length: u8,
}

/// AI 21: the serial number of a pack, unique under its GTIN.
pub type Serial = Text<20>;
/// AI 10: the lot (batch, серия) that a pack belongs to.
pub type Lot = Text<20>;

/// Whether `byte` is in GS1's character set 82 (General Specifications, figure 7.11-1).
const fn in_set_82(byte: u8) -> bool {
    matches!(byte, b'!' | b'"' | b'%'..=b'/' | b'0'..=b'9' | b':'..=b'?' | b'A'..=b'Z' | b'_' | b'a'..=b'z')
}

impl<const N: usize> Text<N> {
    /// A text from its characters.
    pub fn new(characters: &[u8]) -> core::result::Result<Text<N>, NotAValue> {
        let fits = !characters.is_empty() && characters.len() <= N && characters.len() <= 255;
        if !fits || !characters.iter().all(|byte| in_set_82(*byte)) {
            return Err(NotAValue);
        }
        let mut bytes = [0; N];
        bytes[..characters.len()].copy_from_slice(characters);
        Ok(Text {
            bytes,
            length: characters.len() as u8,
        })
    }

    /// The characters, padded with zero bytes to `N`: the form in a state key.
    pub const fn padded(&self) -> &[u8; N] {
        &self.bytes
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.bytes[..self.length as usize]).expect("set 82 is ASCII")
    }
}

impl<const N: usize> FromStr for Text<N> {
    type Err = NotAValue;

    fn from_str(text: &str) -> core::result::Result<Text<N>, NotAValue> {
        Text::new(text.as_bytes())
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> BorshSerialize for Text<N> {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        writer.write_all(&[self.length])?;
        writer.write_all(&self.bytes[..self.length as usize])
    }
}

impl<const N: usize> BorshDeserialize for Text<N> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let length = u8::deserialize_reader(reader)? as usize;
        let mut bytes = [0; N];
        let characters = bytes
            .get_mut(..length)
            .ok_or_else(|| malformed("text too long"))?;
        reader.read_exact(characters)?;
        Text::new(&bytes[..length]).map_err(|_| malformed("text empty or not of set 82"))
    }
}

/// A length byte and the characters.
#[cfg(feature = "schema")]
impl<const N: usize> borsh::BorshSchema for Text<N> {
    fn declaration() -> borsh::schema::Declaration {
        alloc::format!("Text<{N}>")
    }

    fn add_definitions_recursively(
        definitions: &mut alloc::collections::BTreeMap<
            borsh::schema::Declaration,
            borsh::schema::Definition,
        >,
    ) {
        let definition = borsh::schema::Definition::Sequence {
            length_width: 1,
            length_range: 1..=N as u64,
            elements: u8::declaration(),
        };
        borsh::schema::add_definition(Self::declaration(), definition, definitions);
        u8::add_definitions_recursively(definitions);
    }
}

fn malformed(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

/// AI 01: a GTIN-14, with a right check digit or it does not exist as this type.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Gtin(u64);

impl Gtin {
    /// A GTIN from its number; shorter GTINs (8, 12, 13 digits) are the same number with leading zeros.
    pub const fn new(number: u64) -> core::result::Result<Gtin, NotAValue> {
        if number == 0 || number > 99_999_999_999_999 {
            return Err(NotAValue);
        }
        if Gtin::check_digit(number / 10) as u64 != number % 10 {
            Err(NotAValue)
        } else {
            Ok(Gtin(number))
        }
    }

    /// The check digit that completes 13 digits: weights 3 and 1 from the right, modulo 10.
    pub const fn check_digit(thirteen: u64) -> u8 {
        let (mut rest, mut sum, mut weight) = (thirteen, 0, 3);
        while rest > 0 {
            sum += rest % 10 * weight;
            weight = 4 - weight;
            rest /= 10;
        }
        ((10 - sum % 10) % 10) as u8
    }

    /// The number; as a state key its 8 bytes, big-endian.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What a decoder says of a number that is no GTIN: the only thing that comes through borsh's errors.
const NOT_A_GTIN: &str = "not a GTIN";

impl Gtin {
    /// Whether a decoding ended at a number that is no GTIN.
    pub fn is_what_failed(error: &Error) -> bool {
        alloc::string::ToString::to_string(error) == NOT_A_GTIN
    }
}

impl BorshDeserialize for Gtin {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        Gtin::new(u64::deserialize_reader(reader)?).map_err(|_| malformed(NOT_A_GTIN))
    }
}

impl FromStr for Gtin {
    type Err = NotAValue;

    fn from_str(text: &str) -> core::result::Result<Gtin, NotAValue> {
        let is_digits =
            matches!(text.len(), 8 | 12..=14) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits {
            return Err(NotAValue);
        }
        Gtin::new(text.parse().map_err(|_| NotAValue)?)
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014}", self.0)
    }
}

impl fmt::Debug for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A civil date as the number of days since 1970-01-01, up to 9999-12-31.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Day(u32);

impl Day {
    /// 9999-12-31.
    pub const MAX: Day = Day(2_932_896);

    /// The date of `number` days after 1970-01-01.
    pub const fn new(number: u32) -> core::result::Result<Day, NotAValue> {
        if number > Day::MAX.0 {
            Err(NotAValue)
        } else {
            Ok(Day(number))
        }
    }

    /// The date of this year, month and day of the Gregorian calendar. Day 00 of GS1 (the end of
    /// the month) is resolved by whoever reads the pack's code, not here.
    pub const fn from_ymd(year: u32, month: u32, day: u32) -> core::result::Result<Day, NotAValue> {
        let in_range = year >= 1970 && year <= 9999 && month >= 1 && month <= 12 && day >= 1;
        if !in_range || day > days_in_month(year, month) {
            return Err(NotAValue);
        }
        // Years begin in March, so that the leap day is the last of its year.
        let (y, m) = if month > 2 {
            (year, month - 3)
        } else {
            (year - 1, month + 9)
        };
        let day_of_year = (153 * m + 2) / 5 + day - 1;
        Ok(Day(
            365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719_468
        ))
    }

    /// Days since 1970-01-01.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Year, month, day.
    pub const fn to_ymd(self) -> (u32, u32, u32) {
        civil::ymd(self.0 as u64)
    }
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

impl BorshDeserialize for Day {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        Day::new(u32::deserialize_reader(reader)?).map_err(|_| malformed("not a date"))
    }
}

impl FromStr for Day {
    type Err = NotAValue;

    /// `YYYY-MM-DD`.
    fn from_str(text: &str) -> core::result::Result<Day, NotAValue> {
        let bytes = text.as_bytes();
        let is_shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !is_shaped {
            return Err(NotAValue);
        }
        let number =
            |range: core::ops::Range<usize>| text[range].parse::<u32>().map_err(|_| NotAValue);
        Day::from_ymd(number(0..4)?, number(5..7)?, number(8..10)?)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.to_ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// JSON has these values as their text.
#[cfg(feature = "json")]
mod json {
    use super::{Day, Gtin, Text};
    use alloc::string::String;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    macro_rules! as_text {
        ($what:literal, [$($n:ident)?], $type:ty) => {
            impl $(<const $n: usize>)? Serialize for $type {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de, $(const $n: usize)?> Deserialize<'de> for $type {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    String::deserialize(deserializer)?.parse().map_err(|_| D::Error::custom(concat!("not ", $what)))
                }
            }
        };
    }

    as_text!("a GTIN with a right check digit", [], Gtin);
    as_text!("a date YYYY-MM-DD", [], Day);
    as_text!(
        "a text of GS1 character set 82 within its length",
        [N],
        Text<N>
    );
}
