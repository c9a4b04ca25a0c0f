//! House rules: each is a function from a [`Tree`] to [`Finding`]s, and an empty list is a pass.
//!
//! | module | rule |
//! | --- | --- |
//! | [`crates`] | which crate may depend on which, and what every manifest and crate root says |
//! | [`sizes`] | how long a source file may grow |
//! | [`banned`] | calls that a deterministic crate must not make, and unfinished work |
//! | [`docs`] | links, anchors, paths and code fences in documents |
//! | [`commands`] | commands that documents name |
//! | [`errors`] | the page of error codes, and the table it is made from |
//! | [`guards`] | which refusals of the automata a scenario meets over the public interface |
//! | [`refusals`] | a contract's refusals are guards that can be left out |
//! | [`stories`] | what `make demo` plays is held by scenarios |
//! | [`machine`] | traces of one machine, or of a person: absolute paths, addresses, hosts |
//!
//! An exception is a row in a table with its reason. A row that excuses nothing any more is a finding
//! too, so the tables never outlive what they excuse.

pub mod banned;
pub mod commands;
pub mod crates;
pub mod docs;
pub mod errors;
pub mod guards;
pub mod machine;
pub mod refusals;
pub mod rust;
pub mod sizes;
pub mod stories;
pub mod tree;

pub use tree::{File, Tree};

use std::fmt;

/// One place where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path from the root of the repository, with `/` between folders.
    pub path: String,
    /// Line, from 1; 0 when the finding is about the file as a whole.
    pub line: usize,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl Finding {
    /// A finding at a line of a file.
    pub fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }

    /// A finding about a file as a whole.
    pub fn file(path: &str, message: impl Into<String>) -> Self {
        Self::at(path, 0, message)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// Fails the test that calls it with every finding on a line of its own.
///
/// # Panics
/// When there is a finding; that is the point.
pub fn assert_clean(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(
        lines.is_empty(),
        "{} finding(s):\n{}\n",
        lines.len(),
        lines.join("\n")
    );
}

/// Fails the test that calls it unless exactly one finding was made and its message holds `needle`.
///
/// # Panics
/// When the rule found nothing, found more than one thing, or found something else.
pub fn assert_finds(findings: &[Finding], needle: &str) {
    let [finding] = findings else {
        panic!("expected one finding with `{needle}`, got {findings:#?}");
    };
    assert!(
        finding.to_string().contains(needle),
        "expected `{needle}` in: {finding}"
    );
}
