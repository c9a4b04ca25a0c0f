//! What the office has: a table of persons, one a line.

use crate::conversation::words::CHILD_CHARS_MAX;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::voucher::Entry;
use senim_cli::failure::{Failure, Result};
use senim_codes::national_id::{NationalIdKind, check};
use senim_types::{Code, OrgId, TimeMs, Tiyn};
use serde::Deserialize;
use std::collections::BTreeMap;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Persons of one list.
pub const PERSONS_MAX: usize = 100_000;

/// A person's national number, twelve digits with a check digit. Personal: it has no text but for those who open it.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Zeroize, ZeroizeOnDrop,
)]
pub struct Iin([u8; 12]);

impl Iin {
    /// Reads a number and its check digit.
    pub fn read(text: &str) -> Option<Iin> {
        let kind = check(text).ok()?.kind;
        let is_person = kind == NationalIdKind::Iin;
        is_person.then(|| text.as_bytes().try_into().ok().map(Iin))?
    }

    /// The digits.
    pub const fn digits(&self) -> &[u8; 12] {
        &self.0
    }
}

/// A line of the office's table.
pub struct Line {
    /// The child.
    pub iin: Iin,
    /// The parent, whose telephone is asked.
    pub parent: Iin,
    /// The child's given name, to tell brothers and sisters apart.
    pub child: Option<String>,
    /// What the ledger is told.
    pub entry: Entry,
}

/// The columns, in any order.
#[derive(Deserialize)]
struct Row {
    iin: String,
    parent_iin: String,
    child: String,
    category: u8,
    place: u32,
    amount_tiyn: u64,
    until_ms: u64,
}

/// Reads the table: `iin,parent_iin,child,category,place,amount_tiyn,until_ms`, with these names in the first line.
/// `categories` are those that the rule entitles.
///
/// # Errors
/// `LIST_PERSON_TWICE`, `LIST_NOT_ENTITLED`, `FILE_CONTENT` with the line; never with what stands there.
pub fn read(table: &[u8], categories: &[u8]) -> Result<Vec<Line>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(table);
    let mut lines = Vec::new();
    let mut seen = BTreeMap::new();
    for (row, number) in reader.deserialize::<Row>().zip(2_usize..) {
        let wrong =
            |what: &str| Failure::with(Code::FILE_CONTENT, format!("Line {number}: {what}."));
        let row = row.map_err(|_| {
            wrong("not the columns iin, parent_iin, child, category, place, amount_tiyn, until_ms")
        })?;
        let person = |text: &str, whose: &str| {
            Iin::read(text).ok_or_else(|| wrong(&format!("the {whose} number is not an ИИН")))
        };
        let (iin, parent) = (
            person(&row.iin, "child's")?,
            person(&row.parent_iin, "parent's")?,
        );
        if !categories.contains(&row.category) {
            return Err(Failure::with(
                Code::LIST_NOT_ENTITLED,
                format!(
                    "Line {number}: category {} is not one that the rule entitles.",
                    row.category
                ),
            ));
        }
        if let Some(first) = seen.insert(iin.clone(), number) {
            return Err(Failure::with(
                Code::LIST_PERSON_TWICE,
                format!("Lines {first} and {number} are the same child."),
            ));
        }
        if row.child.chars().count() > CHILD_CHARS_MAX || row.child.chars().any(char::is_control) {
            return Err(wrong("a given name of at most 40 letters"));
        }
        if row.amount_tiyn == 0 {
            return Err(wrong("no amount"));
        }
        let until = TimeMs(row.until_ms);
        lines.push(Line {
            iin,
            parent,
            child: (!row.child.is_empty()).then_some(row.child),
            entry: Entry {
                place: (row.place != 0).then_some(OrgId(row.place)),
                amount: Tiyn(row.amount_tiyn),
                mature_at: until,
                until,
            },
        });
    }
    if lines.is_empty() || lines.len() > PERSONS_MAX {
        return Err(Failure::with(
            Code::FILE_CONTENT,
            format!(
                "A list has 1 to {PERSONS_MAX} persons, this one {}.",
                lines.len()
            ),
        ));
    }
    Ok(lines)
}
