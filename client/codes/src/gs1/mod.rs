//! GS1 element strings: what the DataMatrix of a pack says.
//!
//! [`parse`] takes what a scanner delivers and gives an [`ElementString`], in which everything has been checked
//! that can be checked without the register: lengths, characters, check digits, dates, identifiers that exclude
//! or require each other. A [`Pack`] is an element string with GTIN and serial.
//!
//! The rules are data (`data/gs1-application-identifiers.txt`, from the GS1 Barcode Syntax Dictionary) and cover
//! all application identifiers.

mod ai;
mod check;
mod check_digit;
mod date;
mod element;
mod error;
mod parse;
mod rules;
mod table;
#[cfg(test)]
mod tests;

pub use ai::{Ai, AiPattern};
pub use check::{Check, CheckFailure};
pub use check_digit::{check_digit, check_pair};
pub(crate) use date::days_of_month;
pub use date::{Date, ReferenceYear};
pub use element::{Element, ElementString, Pack, SEPARATOR};
pub use error::Gs1Error;
pub use parse::{INPUT_BYTES_MAX, complete_gtin, parse};
pub use table::{AiEntry, AiTable, CharSet, Component, Requirement, TableError};
