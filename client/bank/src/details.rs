//! A provider's details: name, number, account.

use borsh::BorshSerialize;
use senim_codes::national_id;
use senim_types::{Code, Hash};
use serde::{Deserialize, Serialize};

/// Where a provider's money goes, and as who. Every field is checked before there is such a value.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// Name, as the bank has it: 1 to 140 characters.
    pub name: String,
    /// БИН or ИИН: 12 digits.
    pub bin: String,
    /// Address, as an act has it: at most 140 characters.
    pub address: String,
    /// IBAN, without spaces.
    pub iban: String,
    /// БИК of the bank: 8 or 11 characters.
    pub bic: String,
    /// КБе, code of the beneficiary: 2 digits, residency and sector.
    pub kbe: String,
    /// КНП, code of the payment's purpose: 3 digits.
    pub knp: String,
    /// Whether it pays VAT.
    pub vat_payer: bool,
}

/// What is wrong with details.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DetailsError {
    /// Not the JSON of details.
    #[error("{0}")]
    Json(String),
    /// A field that no bank would take.
    #[error("{field} `{value}`: {rule}")]
    Field {
        /// Which.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it has to be.
        rule: &'static str,
    },
}

impl DetailsError {
    /// Its stable code.
    pub fn code(&self) -> Code {
        match self {
            DetailsError::Json(_) => Code::FILE_CONTENT,
            DetailsError::Field { .. } => Code::BANK_DETAILS,
        }
    }
}

impl Details {
    /// Reads and checks details.
    pub fn from_json(bytes: &[u8]) -> Result<Details, DetailsError> {
        let details: Details =
            serde_json::from_slice(bytes).map_err(|error| DetailsError::Json(error.to_string()))?;
        details.check()?;
        Ok(details)
    }

    /// What the ledger has: blake3 of a domain and the borsh encoding of the fields in order.
    pub fn hash(&self) -> Hash {
        let mut bytes = b"senim/details".to_vec();
        BorshSerialize::serialize(self, &mut bytes)
            .expect("writing to memory cannot fail and texts are short");
        Hash::of(&bytes)
    }

    fn check(&self) -> Result<(), DetailsError> {
        let name = is_text(&self.name, 1);
        rule("name", &self.name, name, "1 to 140 printable characters")?;
        let bin = national_id::check(&self.bin).is_ok();
        rule("bin", &self.bin, bin, "12 digits with their check digit")?;
        let address = is_text(&self.address, 0);
        let at_most = "at most 140 printable characters";
        rule("address", &self.address, address, at_most)?;
        let iban = is_iban(&self.iban);
        rule("iban", &self.iban, iban, "an IBAN with its check digits")?;
        let bic = is_bic(&self.bic);
        rule(
            "bic",
            &self.bic,
            bic,
            "8 or 11 capitals and digits, such as ABCDKZKA",
        )?;
        rule("kbe", &self.kbe, is_digits(&self.kbe, 2), "2 digits")?;
        rule("knp", &self.knp, is_digits(&self.knp, 3), "3 digits")
    }
}

fn rule(
    field: &'static str,
    value: &str,
    holds: bool,
    rule: &'static str,
) -> Result<(), DetailsError> {
    if holds {
        return Ok(());
    }
    let value = value.chars().take(64).collect();
    Err(DetailsError::Field { field, value, rule })
}

fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_text(text: &str, least: usize) -> bool {
    let trimmed = text.trim() == text && !text.chars().any(char::is_control);
    trimmed && (least..=140).contains(&text.chars().count())
}

/// ISO 9362: institution (4), country (2), location (2), branch (3) or none.
fn is_bic(text: &str) -> bool {
    let bytes = text.as_bytes();
    let counted = matches!(bytes.len(), 8 | 11);
    counted
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && bytes[4..6].iter().all(u8::is_ascii_uppercase)
}

/// ISO 13616: country, check digits, and with the first four characters moved to the end and letters as numbers, 1 modulo
/// 97. Accounts of Kazakhstan have 20 characters.
fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    let formed = (15..=34).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && (!text.starts_with("KZ") || bytes.len() == 20);
    if !formed {
        return false;
    }
    let turned = bytes[4..].iter().chain(&bytes[..4]);
    let rest = turned.fold(0u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    rest == 1
}

#[cfg(test)]
#[path = "details_tests.rs"]
mod tests;
