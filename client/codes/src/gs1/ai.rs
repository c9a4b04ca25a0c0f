//! Application identifiers and the patterns that name families of them.

use core::fmt;

/// An application identifier: two to four digits, such as `01` or `8006`. Ordered as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ai {
    /// ASCII digits; unused places at the end are zero bytes.
    digits: [u8; Ai::LENGTH_MAX],
}

impl Ai {
    /// Digits of the shortest identifier.
    pub const LENGTH_MIN: usize = 2;
    /// Digits of the longest identifier.
    pub const LENGTH_MAX: usize = 4;

    /// GTIN of a trade item.
    pub const GTIN: Ai = Ai { digits: *b"01\0\0" };
    /// Batch or lot.
    pub const LOT: Ai = Ai { digits: *b"10\0\0" };
    /// Expiry date, `YYMMDD`.
    pub const EXPIRY: Ai = Ai { digits: *b"17\0\0" };
    /// Serial number.
    pub const SERIAL: Ai = Ai { digits: *b"21\0\0" };
    /// Internal to companies; in a marking code (КИЗ) the number of the key that signed it.
    pub const MARKING_KEY: Ai = Ai { digits: *b"91\0\0" };
    /// Internal to companies; in a marking code (КИЗ) its signature.
    pub const MARKING_SIGNATURE: Ai = Ai { digits: *b"92\0\0" };
    /// Expiry date and time, `YYMMDDHHMM`.
    pub const EXPIRY_TIME: Ai = Ai { digits: *b"7003" };

    /// Two to four ASCII digits, or nothing.
    pub fn from_digits(text: &[u8]) -> Option<Ai> {
        let fits = (Self::LENGTH_MIN..=Self::LENGTH_MAX).contains(&text.len());
        if !fits || !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut digits = [0; Self::LENGTH_MAX];
        digits[..text.len()].copy_from_slice(text);
        Some(Ai { digits })
    }

    /// The digits as text.
    pub fn as_str(&self) -> &str {
        let length = self
            .digits
            .iter()
            .position(|&digit| digit == 0)
            .unwrap_or(Self::LENGTH_MAX);
        core::str::from_utf8(&self.digits[..length]).expect("only ASCII digits are stored")
    }
}

impl fmt::Display for Ai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Ai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({self})")
    }
}

/// An identifier in which `n` stands for any digit, such as `392n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AiPattern(String);

impl AiPattern {
    pub(super) fn parse(text: &str) -> Option<AiPattern> {
        let fits = (Ai::LENGTH_MIN..=Ai::LENGTH_MAX).contains(&text.len());
        let sound = text
            .bytes()
            .all(|symbol| symbol.is_ascii_digit() || symbol == b'n');
        (fits && sound).then(|| AiPattern(text.to_owned()))
    }

    /// Whether the identifier belongs to the family.
    pub fn matches(&self, ai: Ai) -> bool {
        let ai = ai.as_str().as_bytes();
        self.0.len() == ai.len()
            && self
                .0
                .bytes()
                .zip(ai)
                .all(|(symbol, digit)| symbol == b'n' || symbol == *digit)
    }
}

impl fmt::Display for AiPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", self.0)
    }
}
