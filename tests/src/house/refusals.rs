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
        "contracts/prescription/src/card.rs",
        "CARD_MISMATCH",
        "no card is bound, so there is no key to check",
    ),
    (
        "contracts/prescription/src/card.rs",
        "CARD_MISMATCH",
        "no card is bound, so there is none to replace",
    ),
    (
        "contracts/prescription/src/dispense.rs",
        "NOT_HELD",
        "without a hold there is no key for a reversal",
    ),
    (
        "contracts/prescription/src/dispense.rs",
        "QTY_EXCEEDS_REMAINING",
        "the units do not fit their type",
    ),
    (
        "contracts/prescription/src/hold.rs",
        "OUT_OF_RANGE",
        "there is no hold that could be extended",
    ),
    (
        "contracts/prescription/src/issue.rs",
        "PRESCRIBER_NOT_AUTHORISED",
        "without a right there are no categories to judge by",
    ),
    (
        "contracts/prescription/src/proofs.rs",
        "NOT_AUTHORISED",
        "what no device signed is of no pharmacy",
    ),
    (
        "contracts/prescription/src/proofs.rs",
        "PROOF_NOT_ACCEPTED",
        "no paper is bound, so there is no number to compare",
    ),
    (
        "contracts/prescription/src/rules.rs",
        "NOT_HELD",
        "an item is held only while somebody's lease runs",
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
    (
        "contracts/settlement/src/setup.rs",
        "NOT_AUTHORISED",
        "what no device signed has no signature to keep",
    ),
    (
        "contracts/settlement/src/sign.rs",
        "ACT_MISMATCH",
        "without a claim there is nothing to hold the act against",
    ),
    (
        "contracts/treasury/src/rules.rs",
        "NOT_AUTHORISED",
        "who is no payer and no contract has no lines to act on",
    ),
    (
        "contracts/treasury/src/rules.rs",
        "NOT_AUTHORISED",
        "without a contract there is no issuer of the transfer",
    ),
    (
        "contracts/treasury/src/transfer.rs",
        "REVERSAL_EXCEEDS_POSTED",
        "what was not reversed has no amount to answer with",
    ),
    (
        "contracts/treasury/src/transfer.rs",
        "TRANSFER_RESOLVED",
        "what was not posted has no month to answer with",
    ),
    (
        "contracts/voucher/src/attend.rs",
        "NOT_WHITELISTED",
        "a place that is not served has no provider to compare",
    ),
    (
        "contracts/voucher/src/list.rs",
        "NOT_AUTHORISED",
        "without a portal there is nobody whose answer counts",
    ),
    (
        "contracts/voucher/src/list.rs",
        "OUT_OF_RANGE",
        "the number does not fit its type",
    ),
    (
        "contracts/voucher/src/list.rs",
        "OUT_OF_RANGE",
        "without an exclusion group no nullifier has a place",
    ),
    (
        "contracts/voucher/src/offline.rs",
        "OFFLINE_NOT_ALLOWED",
        "without bounds there is nothing to give the terminal",
    ),
    (
        "contracts/voucher/src/offline.rs",
        "OFFLINE_NO_SESSION",
        "without a chain there is no head to go on from",
    ),
    (
        "contracts/voucher/src/offline.rs",
        "OUT_OF_RANGE",
        "the number does not fit its type",
    ),
    (
        "contracts/voucher/src/offline.rs",
        "OUT_OF_RANGE",
        "the number does not fit its type",
    ),
    (
        "contracts/voucher/src/offline.rs",
        "OUT_OF_RANGE",
        "without a record nothing is signed",
    ),
    (
        "contracts/voucher/src/proof.rs",
        "NOT_AUTHORISED",
        "what no device signed is of no terminal",
    ),
    (
        "contracts/voucher/src/proof.rs",
        "NOT_SIGNED",
        "without a delegation there is no key to check",
    ),
    (
        "contracts/voucher/src/rules.rs",
        "NOT_WHITELISTED",
        "a place that is not served has no terms to judge by",
    ),
    (
        "contracts/voucher/src/setup.rs",
        "OUT_OF_RANGE",
        "the number does not fit its type",
    ),
    (
        "contracts/voucher/src/setup.rs",
        "WRONG_SEED",
        "without arms there is no commitment to compare",
    ),
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
pub fn check(tree: &Tree, excused: &[(&str, &str, &str)]) -> Vec<Finding> {
    let here = |message: String| Finding::file("tests/src/house/refusals.rs", message);
    let mut findings = Vec::new();
    let mut unused: Vec<(&str, &str)> = Vec::new();
    unused.extend(excused.iter().map(|(file, code, _)| (*file, *code)));
    for file in tree.with_extension("rs") {
        let path = file.path.as_str();
        // What contracts are written with refuses in no contract's name.
        let is_contracts = path.starts_with("contracts/") && path.contains("/src/");
        if !is_contracts || path.starts_with("contracts/sdk/") {
            continue;
        }
        for (line, code) in refusals(&file.text) {
            let row = unused.iter().position(|row| *row == (path, code.as_str()));
            if let Some(row) = row {
                unused.swap_remove(row);
            } else if !has_nothing_to_go_on_with(&code) {
                let message = format!(
                    "{code} is refused so that it cannot be left out: write `ensure(holds, Code::{code})?`, `refuse` or `refuse_with`, and go on with what is there; if nothing is, give EXCUSED a row that says why"
                );
                findings.push(Finding::at(path, line, message));
            }
        }
    }
    let gone = unused.iter().map(|(path, code)| {
        here(format!(
            "{path} no longer refuses with {code} so: take its row out"
        ))
    });
    findings.extend(gone);
    findings
}
