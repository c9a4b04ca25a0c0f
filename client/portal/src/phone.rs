//! Telephone numbers: one form, so that the number that was asked and the number that answers compare.

use borsh::{BorshDeserialize, BorshSerialize};
use std::fmt;

/// A mobile number of the country, as eleven digits that begin with 7. It is personal: nothing prints it but
/// [`Phone::digits`], which the SMS connection alone calls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Phone(u64);

impl Phone {
    /// Reads `+7 701 …`, `8 (701) …` and `7701…`; none for anything else, such as a short number.
    pub fn read(text: &str) -> Option<Phone> {
        let is_spacing = |letter: &char| matches!(letter, ' ' | '-' | '(' | ')');
        let bare: String = text.trim().chars().filter(|c| !is_spacing(c)).collect();
        let digits = bare.strip_prefix('+').unwrap_or(&bare);
        let is_number = digits.len() == 11 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let national = digits.strip_prefix(['7', '8'])?;
        let is_mobile = is_number && national.starts_with('7');
        is_mobile.then(|| format!("7{national}").parse().ok().map(Phone))?
    }

    /// The eleven digits, for the message that goes to it.
    pub fn digits(&self) -> String {
        self.0.to_string()
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_form() {
        let forms = [
            "77010000001",
            "+77010000001",
            "87010000001",
            "+7 (701) 000-00-01",
            " 8 701 000 00 01 ",
        ];
        for form in forms {
            let phone = Phone::read(form).unwrap_or_else(|| panic!("{form}"));
            assert_eq!(phone.digits(), "77010000001", "{form}");
        }
        for other in [
            "",
            "1414",
            "7701000000",
            "770100000011",
            "+1 701 000 00 01",
            "67010000001",
            "7701000000a",
            "77+10000001",
            "73010000001",
        ] {
            assert_eq!(Phone::read(other), None, "{other}");
        }
        let shown = format!("{:?}", Phone::read("77010000001"));
        assert!(!shown.contains("701"), "{shown}");
    }
}
