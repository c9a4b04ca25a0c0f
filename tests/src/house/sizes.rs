//! A file that has to be scrolled for its own sake is two files. Length is a smell and not a measure, so
//! the soft limit asks for a reason and only the hard one refuses.

use super::{Finding, Tree};

/// Above this many lines a source file needs a row in [`ALLOWED`].
pub const LINES_SOFT_MAX: usize = 500;

/// Above this many lines no reason helps: split by responsibility, not by length.
pub const LINES_HARD_MAX: usize = 800;

/// Files between the two limits: path, and why one file reads better than two.
pub const ALLOWED: &[(&str, &str)] = &[
    (
        "contracts/measure/tests/tables.rs",
        "one table of every rule of a measure, and the tables that price and bound it",
    ),
    (
        "node/types/src/code.rs",
        "one table of every code, in the order of the numbers",
    ),
    (
        "tests/src/house/crates.rs",
        "one table of crates and arrows, and the functions that read it",
    ),
    (
        "contracts/treasury/tests/properties.rs",
        "a naive model and the random commands that are compared with it, side by side",
    ),
    (
        "contracts/treasury/tests/transfers.rs",
        "one table of every state and step of a transfer",
    ),
    (
        "node/types/src/code.rs",
        "one table of every error, so that no number is given twice",
    ),
    (
        "tests/src/house/crates.rs",
        "the tables of who may use what, beside the rules that read them",
    ),
];

/// Judges every source file against the two limits, and the table of exceptions against the files.
pub fn check(tree: &Tree, allowed: &[(&str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in ["rs", "ts", "svelte"]
        .into_iter()
        .flat_map(|extension| tree.with_extension(extension))
    {
        let lines = file.text.lines().count();
        let excused = allowed.iter().any(|(path, _)| *path == file.path);
        if lines > LINES_HARD_MAX {
            let message =
                format!("{lines} lines, at most {LINES_HARD_MAX}: split it by responsibility");
            findings.push(Finding::file(&file.path, message));
        } else if lines > LINES_SOFT_MAX && !excused {
            let message = format!(
                "{lines} lines: split it by responsibility, or say in sizes.rs why it reads better whole"
            );
            findings.push(Finding::file(&file.path, message));
        } else if lines <= LINES_SOFT_MAX && excused {
            findings.push(Finding::file(
                &file.path,
                "is short again: take its row out of sizes.rs",
            ));
        }
    }
    for (path, reason) in allowed {
        if tree.text(path).is_none() {
            findings.push(Finding::file(
                path,
                "is excused in sizes.rs and does not exist",
            ));
        }
        if reason.trim().is_empty() {
            findings.push(Finding::file(
                path,
                "is excused in sizes.rs without a reason",
            ));
        }
    }
    findings
}
