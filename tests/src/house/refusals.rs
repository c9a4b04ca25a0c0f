//! A contract's refusals are guards, so that each can be left out to see that something fails without it.
//!
//! Where a guard is left out the contract goes on. Some refusals have nothing to go on with: a record that is not there, a
//! sum that does not fit. They may be an `Err` or an `ok_or`; any other has to be an `ensure`, a `refuse` or a rule that a
//! policy asks its judge about.

use super::rust::{is_word, split};
use super::{Finding, Tree};

/// What stands before a code that is refused with and is no guard's.
const FORMS: &[&str] = &[
    "Refusal::new(",
    "Refusal::with_detail(",
    "Refusal::from(",
    "Err(",
    "ok_or(",
    "||",
    "|_|",
    // Of a policy's denial.
    "code:",
];

/// Reasons for which there is never anything to go on with, beside those of what is not found: `NO_…` and `…_UNKNOWN`.
pub const REASONS: &[&str] = &[
    "AMOUNT_OVERFLOW",
    "BAD_ENTRY",
    "BAD_INPUT",
    "CORRUPT_RECORD",
];

/// Refusals that have nothing to go on with for a reason of their own: file, code, why. Each row is of one place.
pub const EXCUSED: &[(&str, &str, &str)] = &[
    (
        "contracts/marking/src/supply.rs",
        "PACK_WRONG_STATE",
        "a pack that is not opened has no units to give back",
    ),
    (
        "contracts/registry/src/contract.rs",
        "VALIDATOR_LIMIT",
        "there is no set of validators that breaks the rules of its type",
    ),
    (
        "contracts/registry/src/rules.rs",
        "NOT_AUTHORISED",
        "what no device signed is on nobody's authority",
    ),
];

/// Refusals that are not written as guards yet: file, how many. Rows are only ever taken out or lowered.
pub const NOT_YET: &[(&str, usize)] = &[
    ("contracts/prescription/src/card.rs", 2),
    ("contracts/prescription/src/dispense.rs", 2),
    ("contracts/prescription/src/hold.rs", 1),
    ("contracts/prescription/src/issue.rs", 1),
    ("contracts/prescription/src/pending.rs", 1),
    ("contracts/prescription/src/proofs.rs", 2),
    ("contracts/prescription/src/rules.rs", 1),
    ("contracts/settlement/src/rules.rs", 1),
    ("contracts/settlement/src/setup.rs", 1),
    ("contracts/settlement/src/sign.rs", 1),
    ("contracts/treasury/src/contract.rs", 1),
    ("contracts/treasury/src/correction.rs", 2),
    ("contracts/treasury/src/rules.rs", 3),
    ("contracts/treasury/src/transfer.rs", 2),
    ("contracts/voucher/src/attend.rs", 1),
    ("contracts/voucher/src/list.rs", 3),
    ("contracts/voucher/src/offline.rs", 5),
    ("contracts/voucher/src/proof.rs", 2),
    ("contracts/voucher/src/redeem.rs", 1),
    ("contracts/voucher/src/rules.rs", 1),
    ("contracts/voucher/src/setup.rs", 2),
];

/// The refusals of a file that are no guards: line and code.
fn refusals(text: &str) -> Vec<(usize, String)> {
    let code = split(text).code;
    let mut found = Vec::new();
    for (at, named) in code.match_indices("Code::") {
        let before = code[..at].trim_end();
        if FORMS.iter().any(|form| before.ends_with(form)) {
            let line = 1 + code[..at].matches('\n').count();
            let name = code[at + named.len()..].split(|letter| !is_word(letter));
            found.push((line, name.into_iter().next().unwrap_or_default().to_owned()));
        }
    }
    found
}

fn has_nothing_to_go_on_with(code: &str) -> bool {
    code.starts_with("NO_") || code.ends_with("_UNKNOWN") || REASONS.contains(&code)
}

/// Each refusal of a contract's sources is a guard, or has nothing to go on with; and no row excuses what is not there.
pub fn check(
    tree: &Tree,
    excused: &[(&str, &str, &str)],
    not_yet: &[(&str, usize)],
) -> Vec<Finding> {
    let here = |message: String| Finding::file("tests/src/house/refusals.rs", message);
    let mut findings = Vec::new();
    let mut unused: Vec<(&str, &str)> = Vec::new();
    unused.extend(excused.iter().map(|(file, code, _)| (*file, *code)));
    let mut left = not_yet.to_vec();
    for file in tree.with_extension("rs") {
        let path = file.path.as_str();
        // What contracts are written with refuses in no contract's name.
        let is_contracts = path.starts_with("contracts/") && path.contains("/src/");
        if !is_contracts || path.starts_with("contracts/sdk/") {
            continue;
        }
        let mut wrong = Vec::new();
        for (line, code) in refusals(&file.text) {
            let row = unused.iter().position(|row| *row == (path, code.as_str()));
            match row {
                Some(row) => {
                    unused.swap_remove(row);
                }
                None if has_nothing_to_go_on_with(&code) => {}
                None => wrong.push((line, code)),
            }
        }
        let row = left.iter().position(|(known, _)| *known == path);
        let known = row.map_or(0, |row| left.swap_remove(row).1);
        if wrong.len() > known {
            findings.extend(wrong.into_iter().map(|(line, code)| {
                let message = format!(
                    "{code} is refused so that it cannot be left out: write `ensure(holds, Code::{code})?`, `refuse` or `refuse_with`, and go on with what is there; if nothing is, give EXCUSED a row that says why"
                );
                Finding::at(path, line, message)
            }));
        } else if wrong.len() < known {
            findings.push(here(format!(
                "{path} has {} such refusals now, not {known}: lower its row, or take it out",
                wrong.len()
            )));
        }
    }
    let gone = unused.iter().map(|(path, code)| {
        here(format!(
            "{path} no longer refuses with {code} so: take its row out"
        ))
    });
    findings.extend(gone);
    let gone = left
        .iter()
        .map(|(path, _)| here(format!("{path} is gone: take its row out")));
    findings.extend(gone);
    findings
}
