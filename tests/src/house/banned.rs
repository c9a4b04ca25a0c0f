//! Calls that break determinism or purity, and work that was left unfinished.
//!
//! Two nodes that run the same block must get the same bytes, on any machine, in any year. What could
//! differ between them is not used at all in the crates that a block passes through.

use super::rust::{is_word, line_of, split, without_test_items, word_positions};
use super::{File, Finding, Tree};

/// What a ban looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Folders whose crates take part in computing a block.
    Deterministic,
    /// Of these, the ones that touch nothing outside either.
    Pure,
    /// All code except tests and what else is not shipped.
    Shipped,
    /// All code.
    Everywhere,
}

/// Folders of crates in which the same input must give the same bytes.
const DETERMINISTIC: &[&str] = &[
    "client/light-client/",
    "contracts/",
    "node/consensus/",
    "node/execution/",
    "node/replica/",
    "node/state/",
    "node/types/",
];

/// Folders of deterministic crates that may also read files: the log and the store, and compiled modules.
const WITH_FILES: &[&str] = &["node/execution/", "node/state/"];

struct Ban {
    scope: Scope,
    words: &'static [&'static str],
    instead: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        scope: Scope::Deterministic,
        words: &["SystemTime", "Instant"],
        instead: "time is an argument: two nodes never read the same clock",
    },
    Ban {
        scope: Scope::Deterministic,
        words: &["HashMap", "HashSet", "RandomState", "hash_map", "hash_set"],
        instead: "BTreeMap or BTreeSet: the order of a hash map differs between runs",
    },
    Ban {
        scope: Scope::Deterministic,
        words: &["thread_rng", "OsRng", "SysRng", "getrandom", "from_entropy"],
        instead: "randomness is an argument",
    },
    Ban {
        scope: Scope::Deterministic,
        words: &["f32", "f64"],
        instead: "integers with their unit: floats round differently",
    },
    Ban {
        scope: Scope::Deterministic,
        words: &["println!", "print!", "eprintln!", "eprint!"],
        instead: "return it, or `tracing`: a library does not own the terminal",
    },
    Ban {
        scope: Scope::Deterministic,
        words: &["std::env", "env::var", "env::args"],
        instead: "settings are arguments",
    },
    Ban {
        scope: Scope::Pure,
        words: &[
            "std::fs",
            "std::net",
            "std::thread",
            "std::process",
            "tokio",
        ],
        instead: "an effect for the daemon to perform",
    },
    Ban {
        scope: Scope::Shipped,
        words: &[".unwrap()"],
        instead: "`?`, or `expect` that says why it cannot fail",
    },
    Ban {
        scope: Scope::Shipped,
        words: &["dbg!"],
        instead: "`tracing`",
    },
    Ban {
        scope: Scope::Everywhere,
        words: &["todo!", "unimplemented!"],
        instead: "finished work, or an error with a code",
    },
    Ban {
        scope: Scope::Everywhere,
        words: &["#[ignore"],
        instead: "a test that runs, or a named command that runs it",
    },
];

/// Exceptions: file, word, why it does no harm there.
pub const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "client/codes/src/gs1/tests/table.rs",
        "#[ignore",
        "reads a dictionary that is not carried here: `make test` runs it where SENIM_VECTORS names its folder",
    ),
    (
        "client/fhir/tests/public_messages.rs",
        "#[ignore",
        "reads messages that are not carried here: `make test` runs it where SENIM_VECTORS names their folder",
    ),
    (
        "contracts/abi/src/guards.rs",
        "std::env",
        "only with the feature `testing`: which guard the contracts' native tests do without",
    ),
    (
        "contracts/abi/src/guards.rs",
        "env::var",
        "only with the feature `testing`: which guard the contracts' native tests do without",
    ),
    (
        "tests/tests/light_client_wasm.rs",
        "#[ignore",
        "takes a module that only a toolchain for wasm makes: `make contracts-check` makes it and runs it",
    ),
    (
        "tests/tests/scenario_orders.rs",
        "#[ignore",
        "reads messages that are not carried here: `make test` runs it where SENIM_VECTORS names their folder",
    ),
];

/// Judges every Rust file against every ban, and the table of exceptions against the files.
pub fn check(tree: &Tree, allowed: &[(&str, &str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used = vec![false; allowed.len()];
    for file in tree.with_extension("rs") {
        for (word, finding) in check_file(file) {
            match allowed
                .iter()
                .position(|(path, excused, _)| *path == file.path && *excused == word)
            {
                Some(row) => used[row] = true,
                None => findings.push(finding),
            }
        }
    }
    for ((path, word, _), _) in allowed.iter().zip(&used).filter(|(_, used)| !**used) {
        findings.push(Finding::file(
            path,
            format!("does not use {word}: take its row out of banned.rs"),
        ));
    }
    findings
}

fn check_file(file: &File) -> Vec<(&'static str, Finding)> {
    let all = split(&file.text).code;
    let shipped = if file.is_shipped() {
        without_test_items(&all)
    } else {
        String::new()
    };
    let lies_in = |folders: &[&str]| folders.iter().any(|folder| file.path.starts_with(folder));
    let mut found = Vec::new();
    for ban in BANS {
        let code = match ban.scope {
            Scope::Everywhere => &all,
            Scope::Shipped => &shipped,
            Scope::Deterministic if lies_in(DETERMINISTIC) => &shipped,
            Scope::Pure if lies_in(DETERMINISTIC) && !lies_in(WITH_FILES) => &shipped,
            Scope::Deterministic | Scope::Pure => continue,
        };
        for &word in ban.words {
            for at in word_positions(code, word) {
                let message = format!("`{word}` is banned here; instead: {}", ban.instead);
                found.push((word, Finding::at(&file.path, line_of(code, at), message)));
            }
        }
    }
    if lies_in(DETERMINISTIC) {
        for at in float_literals(&shipped) {
            let message = "a float literal is banned here; instead: integers with their unit";
            found.push((
                "float",
                Finding::at(&file.path, line_of(&shipped, at), message),
            ));
        }
    }
    found
}

/// Positions of literals such as `1.5`; a field of a tuple in a tuple, `x.0.1`, is not one.
fn float_literals(code: &str) -> impl Iterator<Item = usize> + '_ {
    let digit = |at: usize| code.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    code.match_indices('.')
        .map(|(at, _)| at)
        .filter(move |&at| {
            if at == 0 || !digit(at - 1) || !digit(at + 1) {
                return false;
            }
            let before = code[..at]
                .trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '_');
            !before.ends_with(|letter: char| is_word(letter) || letter == '.')
        })
}

/// Marks of unfinished work, in the comments of code and in every other text file.
pub fn check_unfinished(tree: &Tree) -> Vec<Finding> {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let mut findings = Vec::new();
    for file in tree.files() {
        let text = match file.extension() {
            "rs" => split(&file.text).comments,
            "lock" | "json" => continue,
            _ => file.text.clone(),
        };
        for mark in marks {
            for at in word_positions(&text, mark) {
                let message =
                    format!("{mark}: finish it, or write down as a limit what is missing and why");
                findings.push(Finding::at(&file.path, line_of(&text, at), message));
            }
        }
    }
    findings
}
