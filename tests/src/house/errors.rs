//! `docs/errors.md`, made from the one table of error codes.

use std::collections::BTreeSet;

use senim_types::code::{CODES, CodeEntry};

use super::rust::is_word;
use super::{Finding, Tree};

/// The page.
pub const PAGE: &str = "docs/errors.md";

/// Numbers that once stood in the table, and why they were given up. They are never given again.
pub const RETIRED: &[(u16, &str)] = &[
    (2015, "CODE_EXISTS: nothing ever produced it"),
    (3328, "PROGRAMME_EXISTS: nothing ever produced it"),
];

/// Folders whose sources produce codes.
const PRODUCERS: &[&str] = &["node/", "contracts/", "client/"];

/// Where the ranges of numbers are written down.
const SOURCE: &str = "node/types/src/code.rs";

const HEAD: &str = "# Error codes

Made from `node/types/src/code.rs` by `make docs-update`; do not edit it by hand.

A number and its name are the contract between nodes and clients: they are never changed and never reused. *Who acts* says whose fault an error is: the **caller** changes the request; a **peer** sent something wrong and may be cut off; the **node**'s operator acts, or the caller tries again; a **contract**'s author mends it. A number that this table does not have comes from a contract that has codes of its own.
";

/// A range of numbers, as the head of the code table gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The first number.
    pub first: u16,
    /// The last number.
    pub last: u16,
    /// What its codes are about.
    pub about: String,
}

/// The ranges that the head of the code table names, in its order.
pub fn ranges(source: &str) -> Vec<Range> {
    source.lines().filter_map(range).collect()
}

fn range(line: &str) -> Option<Range> {
    let (numbers, about) = line
        .strip_prefix("//! | ")?
        .strip_suffix(" |")?
        .split_once(" | ")?;
    let (first, last) = numbers.split_once('–')?;
    Some(Range {
        first: first.parse().ok()?,
        last: last.parse().ok()?,
        about: about.to_owned(),
    })
}

/// The whole page.
pub fn page(ranges: &[Range], codes: &[CodeEntry]) -> String {
    let mut page = HEAD.to_owned();
    page += "\nGiven up, and never given again:";
    for (index, (number, why)) in RETIRED.iter().enumerate() {
        let (name, why) = why.split_once(": ").unwrap_or((why, ""));
        let before = if index == 0 { "" } else { ";" };
        page += &format!("{before} {number} `{name}` ({why})");
    }
    page += ".\n";
    for range in ranges {
        let mut rows = codes.iter().filter(|entry| holds(range, entry)).peekable();
        if rows.peek().is_none() {
            continue;
        }
        page += &format!("\n## {}–{}: {}\n\n", range.first, range.last, range.about);
        page +=
            "| number | name | who acts | meaning, and what to do |\n| ---: | --- | --- | --- |\n";
        for entry in rows {
            let (number, name, fault) = (entry.code.0, entry.name, entry.fault.name());
            page += &format!(
                "| {number} | `{name}` | {fault} | {} |\n",
                entry.advice.replace('|', "\\|")
            );
        }
    }
    page
}

/// The codes of contracts, which those who prescribe, dispense and pay are told.
const CONTRACT_CODES: core::ops::Range<u16> = 3000..3400;

fn holds(range: &Range, entry: &CodeEntry) -> bool {
    (range.first..=range.last).contains(&entry.code.0)
}

/// The page is what the table gives now.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let expected = page(&ranges(tree.text(SOURCE).unwrap_or_default()), CODES);
    if tree.text(PAGE) == Some(&expected) {
        return Vec::new();
    }
    let written = tree.text(PAGE).unwrap_or_default();
    let same = written
        .lines()
        .zip(expected.lines())
        .take_while(|(left, right)| left == right);
    let line = same.count() + 1;
    vec![Finding::at(
        PAGE,
        line,
        "differs from the table of codes: run `make docs-update`",
    )]
}

/// Each code is named in some source that could produce it, outside the table: a number that nothing produces
/// promises what is not so.
pub fn check_uses(tree: &Tree, codes: &[CodeEntry]) -> Vec<Finding> {
    let is_producer = |path: &str| {
        path != SOURCE
            && path.ends_with(".rs")
            && path.contains("/src/")
            && PRODUCERS.iter().any(|folder| path.starts_with(folder))
    };
    let mut words: BTreeSet<&str> = BTreeSet::new();
    for file in tree.files().iter().filter(|file| is_producer(&file.path)) {
        words.extend(file.text.split(|letter: char| !is_word(letter)));
    }
    codes
        .iter()
        .filter(|entry| !words.contains(entry.name))
        .map(|entry| {
            let (number, name) = (entry.code.0, entry.name);
            Finding::file(SOURCE, format!("{number} {name} is produced by nothing"))
        })
        .collect()
}

/// Each code lies in exactly one range, numbers ascend, names are unique and in capitals, and each says
/// what to do in whole sentences.
pub fn check_table(ranges: &[Range], codes: &[CodeEntry]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, entry) in codes.iter().enumerate() {
        let (number, name) = (entry.code.0, entry.name);
        let mut demand = |met: bool, message: &str| {
            if !met {
                findings.push(Finding::file(SOURCE, format!("{number} {name} {message}")));
            }
        };
        let homes = ranges.iter().filter(|range| holds(range, entry)).count();
        let earlier = &codes[..index];
        demand(homes == 1, "lies in no range, or in two");
        demand(
            earlier.last().is_none_or(|last| last.code < entry.code),
            "is out of order",
        );
        demand(
            !earlier.iter().any(|other| other.name == name),
            "has the name of another code",
        );
        demand(
            name.chars()
                .all(|letter| letter.is_ascii_uppercase() || matches!(letter, '_' | '0'..='9')),
            "is not in capitals",
        );
        demand(
            !RETIRED.iter().any(|(retired, _)| *retired == number),
            "has a number that was given up",
        );
        demand(
            entry.advice.len() > 10 && entry.advice.ends_with('.'),
            "says too little",
        );
        // What a person at a counter meets: a fact alone does not help there.
        demand(
            !CONTRACT_CODES.contains(&entry.code.0) || entry.advice.contains(". "),
            "says what is wrong and not what to do",
        );
    }
    findings
}
