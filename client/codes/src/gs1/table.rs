//! What every application identifier looks like, read from the table that is shipped with the crate.
//!
//! The grammar is that of the GS1 Barcode Syntax Dictionary, so one reader serves both the shipped table
//! (`data/gs1-application-identifiers.txt`) and the test that compares it with a release of the dictionary.

use core::fmt;
use std::{collections::BTreeMap, sync::OnceLock};

use super::{
    ai::{Ai, AiPattern},
    check::Check,
};

const SHIPPED: &str = include_str!("../../data/gs1-application-identifiers.txt");

/// Characters that a component may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CharSet {
    /// Digits.
    Numeric,
    /// GS1 AI encodable character set 82: the invariant subset of ISO/IEC 646.
    Cset82,
    /// GS1 AI encodable character set 39: digits, capitals, `#`, `-`, `/`.
    Cset39,
    /// Digits, letters, `-`, `_`, and `=` as padding.
    Base64Url,
}

impl CharSet {
    /// Whether the character belongs to the set.
    pub fn contains(self, symbol: u8) -> bool {
        match self {
            CharSet::Numeric => symbol.is_ascii_digit(),
            CharSet::Cset82 => {
                symbol.is_ascii_alphanumeric() || b"!\"%&'()*+,-./:;<=>?_".contains(&symbol)
            }
            CharSet::Cset39 => {
                symbol.is_ascii_digit() || symbol.is_ascii_uppercase() || b"#-/".contains(&symbol)
            }
            CharSet::Base64Url => symbol.is_ascii_alphanumeric() || b"-_=".contains(&symbol),
        }
    }

    /// What to call the set in a message.
    pub fn name(self) -> &'static str {
        match self {
            CharSet::Numeric => "digits",
            CharSet::Cset82 => "GS1 character set 82",
            CharSet::Cset39 => "GS1 character set 39",
            CharSet::Base64Url => "base64url characters",
        }
    }
}

/// One part of an element's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Characters it may hold.
    pub charset: CharSet,
    /// Fewest characters, when the component is there.
    pub length_min: usize,
    /// Most characters.
    pub length_max: usize,
    /// Whether it may be left out.
    pub optional: bool,
    /// Rules on its content.
    pub checks: Vec<Check>,
}

/// "One of these groups must be there, whole."
pub type Requirement = Vec<Vec<AiPattern>>;

/// What one application identifier takes and stands with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AiEntry {
    /// Whether the length follows from the first two digits, so that no separator is needed after it.
    pub predefined_length: bool,
    /// Parts of the value, in order.
    pub components: Vec<Component>,
    /// Every one must hold.
    pub requirements: Vec<Requirement>,
    /// None of these may stand beside it.
    pub excludes: Vec<AiPattern>,
    /// GS1's short title.
    pub title: String,
}

impl AiEntry {
    /// Fewest characters of a value.
    pub fn length_min(&self) -> usize {
        self.components
            .iter()
            .filter(|part| !part.optional)
            .map(|part| part.length_min)
            .sum()
    }

    /// Most characters of a value.
    pub fn length_max(&self) -> usize {
        self.components.iter().map(|part| part.length_max).sum()
    }
}

/// All application identifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AiTable(BTreeMap<Ai, AiEntry>);

impl AiTable {
    /// The table that is shipped with this crate.
    pub fn shipped() -> &'static AiTable {
        static TABLE: OnceLock<AiTable> = OnceLock::new();
        TABLE.get_or_init(|| AiTable::parse(SHIPPED).expect("the shipped table is read by a test"))
    }

    /// The entry of an identifier.
    pub fn get(&self, ai: Ai) -> Option<&AiEntry> {
        self.0.get(&ai)
    }

    /// The identifier that the text starts with. No identifier begins another, so at most one fits.
    pub fn starting(&self, text: &[u8]) -> Option<(Ai, &AiEntry)> {
        (Ai::LENGTH_MIN..=Ai::LENGTH_MAX.min(text.len()))
            .filter_map(|length| Ai::from_digits(&text[..length]))
            .find_map(|ai| self.get(ai).map(|entry| (ai, entry)))
    }

    /// Every identifier with its entry, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Ai, &AiEntry)> {
        self.0.iter().map(|(ai, entry)| (*ai, entry))
    }

    /// Reads a table in the grammar of the GS1 Barcode Syntax Dictionary.
    pub fn parse(text: &str) -> Result<AiTable, TableError> {
        let mut table = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let fail = |why| TableError {
                line: number + 1,
                why,
            };
            let (identifiers, entry) = parse_line(line).map_err(fail)?;
            for ai in identifiers {
                if table.insert(ai, entry.clone()).is_some() {
                    return Err(fail("an identifier stands twice"));
                }
            }
        }
        Ok(AiTable(table))
    }
}

/// Why a table cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub struct TableError {
    /// Counted from one.
    pub line: usize,
    /// What is wrong there.
    pub why: &'static str,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

fn parse_line(line: &str) -> Result<(Vec<Ai>, AiEntry), &'static str> {
    let (facts, title) = line.split_once(" # ").unwrap_or((line, ""));
    let mut words = facts.split_whitespace();
    let identifiers = parse_identifiers(words.next().unwrap_or_default())?;
    let mut entry = AiEntry {
        predefined_length: false,
        components: Vec::new(),
        requirements: Vec::new(),
        excludes: Vec::new(),
        title: title.trim().to_owned(),
    };
    for word in words {
        if let Some(groups) = word.strip_prefix("req=") {
            entry.requirements.push(parse_requirement(groups)?);
        } else if let Some(patterns) = word.strip_prefix("ex=") {
            for pattern in patterns.split(',') {
                entry
                    .excludes
                    .push(AiPattern::parse(pattern).ok_or("a pattern is malformed")?);
            }
        } else if word.starts_with("dlpkey") {
            // GS1 Digital Link only.
        } else if word.chars().all(|symbol| symbol.is_ascii_punctuation()) {
            entry.predefined_length = word.contains('*');
        } else {
            entry.components.push(parse_component(word)?);
        }
    }
    if entry.components.is_empty() {
        return Err("an identifier has no components");
    }
    Ok((identifiers, entry))
}

fn parse_identifiers(word: &str) -> Result<Vec<Ai>, &'static str> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let number = |text: &str| {
        text.parse::<u16>()
            .map_err(|_| "an identifier is not a number")
    };
    (number(first)?..=number(last)?)
        .map(|value| format!("{value:0width$}", width = first.len()))
        .map(|digits| Ai::from_digits(digits.as_bytes()).ok_or("an identifier has 2 to 4 digits"))
        .collect()
}

fn parse_requirement(groups: &str) -> Result<Requirement, &'static str> {
    let pattern = |text| AiPattern::parse(text).ok_or("a pattern is malformed");
    groups
        .split(',')
        .map(|group| group.split('+').map(pattern).collect())
        .collect()
}

fn parse_component(word: &str) -> Result<Component, &'static str> {
    // An optional component is written `[N6],check`.
    let (optional, word) = match word.strip_prefix('[') {
        Some(rest) => (true, rest.replacen(']', "", 1)),
        None => (false, word.to_owned()),
    };
    let mut parts = word.split(',');
    let form = parts.next().unwrap_or_default();
    let mut symbols = form.chars();
    let charset = match symbols.next() {
        Some('N') => CharSet::Numeric,
        Some('X') => CharSet::Cset82,
        Some('Y') => CharSet::Cset39,
        Some('Z') => CharSet::Base64Url,
        _ => return Err("a component's type is unknown"),
    };
    let length = symbols.as_str();
    let (variable, length) = match length.strip_prefix("..") {
        Some(most) => (true, most),
        None => (false, length),
    };
    let length_max: usize = length
        .parse()
        .map_err(|_| "a component's length is not a number")?;
    let checks = parts
        .map(|name| Check::named(name).ok_or("a check is unknown"))
        .collect::<Result<_, _>>()?;
    Ok(Component {
        charset,
        length_min: if variable { 1 } else { length_max },
        length_max,
        optional,
        checks,
    })
}
