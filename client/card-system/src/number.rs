//! Card numbers: sixteen digits, national assignment by ISO/IEC 7812 (9, then the country's 398), the last a check digit.

use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::Code;
use std::fmt;
use std::str::FromStr;

/// A card's number. It names a card to people and proves nothing; it is never on the ledger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct CardNumber(u64);

/// What every number begins with.
const PREFIX: u64 = 9398;
/// Digits between prefix and check digit.
const SERIAL_DIGITS: u32 = 11;

impl CardNumber {
    /// The number of a serial, of which the last eleven digits count.
    pub fn of_serial(serial: u64) -> CardNumber {
        let modulus = 10u64.pow(SERIAL_DIGITS);
        let body = PREFIX * modulus + serial % modulus;
        CardNumber(body * 10 + u64::from(check_digit(body)))
    }
}

/// The check digit of ISO/IEC 7812 (Luhn).
fn check_digit(mut body: u64) -> u8 {
    let (mut sum, mut doubles) = (0u64, true);
    while body > 0 {
        let digit = body % 10;
        let counted = if doubles { digit * 2 } else { digit };
        sum += counted / 10 + counted % 10;
        doubles = !doubles;
        body /= 10;
    }
    ((10 - sum % 10) % 10) as u8
}

impl FromStr for CardNumber {
    type Err = Code;

    /// Sixteen digits, with or without blanks between them. `CARD_UNKNOWN` for what is no card's number.
    fn from_str(text: &str) -> Result<CardNumber, Code> {
        let digits: String = text.chars().filter(|letter| *letter != ' ').collect();
        let is_number = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = digits.parse().map_err(|_| Code::CARD_UNKNOWN)?;
        let is_sound = is_number
            && number / 10u64.pow(SERIAL_DIGITS + 1) == PREFIX
            && u64::from(check_digit(number / 10)) == number % 10;
        is_sound
            .then_some(CardNumber(number))
            .ok_or(Code::CARD_UNKNOWN)
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016}", self.0)
    }
}

impl fmt::Debug for CardNumber {
    /// Without the digits: a number in a log says whose prescription it was.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardNumber(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_luhns() {
        // Sums by hand: 7992739871 has the check digit 3 in every description of the algorithm.
        assert_eq!(check_digit(7_992_739_871), 3);
    }

    #[test]
    fn a_number_is_read_back_and_one_wrong_digit_is_noticed() {
        for serial in [0, 1, 99_999_999_999, 12_345_678_901_234] {
            let number = CardNumber::of_serial(serial);
            let text = number.to_string();
            assert_eq!(text.len(), 16);
            assert_eq!(text.parse(), Ok(number));
            assert_eq!(format!("{} {}", &text[..4], &text[4..]).parse(), Ok(number));
            for place in 0..16 {
                let mut wrong = text.clone().into_bytes();
                wrong[place] = if wrong[place] == b'9' {
                    b'0'
                } else {
                    wrong[place] + 1
                };
                let wrong = String::from_utf8(wrong).expect("digits");
                assert_eq!(
                    wrong.parse::<CardNumber>(),
                    Err(Code::CARD_UNKNOWN),
                    "{wrong}"
                );
            }
        }
        for wrong in ["", "9398", "abcd", "93980000000000000", "+398000000000001"] {
            assert_eq!(
                wrong.parse::<CardNumber>(),
                Err(Code::CARD_UNKNOWN),
                "{wrong}"
            );
        }
    }
}
