//! What `make demo` plays is held by tests: each refusal that a story shows is met by a scenario of the same story, and the
//! table of guards that scenarios fail without is of guards that are there.

use super::rust::is_word;
use super::{Finding, Tree};
use crate::guards::STORIES;
use crate::guards::source::{Guard, of_file};
use crate::guards::table::{self, Row};

/// Scripts of stories; the name of the story follows, and `.sh`.
const SCRIPTS: &str = "scripts/demo/";

/// The scripts' word for a command that is refused: an exit code and the refusal follow.
const REFUSED: &str = "refused ";

/// Refusals that stories show and contracts have guards for, and that no row of the table is of, with the reason.
pub const WITHOUT_ROW: &[(&str, &str)] = &[
    ("NOT_AUTHORISED", "a node's refusal to list terminals"),
    (
        "PACK_UNKNOWN",
        "what is not in the register has no guard to leave out",
    ),
    (
        "WRONG_STATE",
        "what an act's state does not allow has no next state, and no guard to leave out",
    ),
];

/// The refusals that a script shows, each with its line.
fn shown(script: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = (1..).zip(script.lines());
    lines.filter_map(|(number, line)| {
        let mut words = line.trim_start().strip_prefix(REFUSED)?.split(' ');
        words.next()?.parse::<u8>().ok()?;
        Some((number, words.next()?))
    })
}

/// Whether a scenario's sources have this word outside of comments.
fn names(tree: &Tree, scenario: &str, word: &str) -> bool {
    let file = format!("tests/tests/{scenario}.rs");
    let folder = format!("tests/tests/{scenario}/");
    tree.with_extension("rs")
        .filter(|source| source.path == file || source.path.starts_with(&folder))
        .flat_map(|source| source.text.lines())
        .filter(|line| !line.trim_start().starts_with("//"))
        .any(|line| {
            line.split(|letter| !is_word(letter))
                .any(|part| part == word)
        })
}

/// Each refusal of each story is met by one of its scenarios, and each scenario of a story is there.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for script in tree.with_extension("sh") {
        let story = script.path.strip_prefix(SCRIPTS);
        let Some(story) = story.and_then(|name| name.strip_suffix(".sh")) else {
            continue;
        };
        let known = STORIES.iter().find(|(name, _)| *name == story);
        let Some((_, scenarios)) = known else {
            findings.push(Finding::file(
                &script.path,
                "no scenario of this story is named in tests/src/guards/mod.rs",
            ));
            continue;
        };
        for (line, code) in shown(&script.text) {
            if !scenarios.iter().any(|scenario| names(tree, scenario, code)) {
                let message =
                    format!("no scenario of the story meets {code}: add a step that does");
                findings.push(Finding::at(&script.path, line, message));
            }
        }
    }
    findings
}

/// The guards of the contracts.
fn guards(tree: &Tree) -> Vec<Guard> {
    let sources = tree.with_extension("rs").filter_map(|file| {
        let name = file.path.strip_prefix("contracts/")?;
        name.contains("/src/").then(|| of_file(name, &file.text))
    });
    sources.flatten().collect()
}

/// Each refusal of a story that a guard of a contract gives is of a guard that a scenario of the story fails without, or
/// excused.
pub fn check_shown(tree: &Tree, table: &str, excused: &[(&str, &str)]) -> Vec<Finding> {
    let (guards, rows) = (guards(tree), table::read(table).unwrap_or_default());
    let (mut findings, mut used) = (Vec::new(), vec![false; excused.len()]);
    for (story, scenarios) in STORIES {
        let path = format!("{SCRIPTS}{story}.sh");
        let Some(script) = tree.files().iter().find(|file| file.path == path) else {
            continue;
        };
        let of_story = rows
            .iter()
            .filter(|row| scenarios.contains(&row.scenario.as_str()));
        let held: Vec<&Guard> = of_story.filter_map(|row| row.guard(&guards)).collect();
        for (line, code) in shown(&script.text) {
            let is_contracts = guards.iter().any(|guard| guard.codes.contains(code));
            if !is_contracts || held.iter().any(|guard| guard.codes.contains(code)) {
                continue;
            }
            match excused.iter().position(|(name, _)| *name == code) {
                Some(row) => used[row] = true,
                None => findings.push(Finding::at(
                    &path,
                    line,
                    format!("no scenario of the story fails without the guard of {code}: renew its table, or add a step"),
                )),
            }
        }
    }
    let unused = excused.iter().zip(used).filter(|(_, used)| !used);
    findings.extend(unused.map(|((name, _), _)| {
        let message = format!("{name} is shown by no story, or has its row now: take it out");
        Finding::file("tests/src/house/stories.rs", message)
    }));
    findings
}

/// Whether a scenario's sources, or a harness that scenarios share, have a test of this name.
fn has_test(tree: &Tree, scenario: &str, test: &str) -> bool {
    let name = test.rsplit("::").next().unwrap_or(test);
    let [function, support] = [format!("fn {name}("), "tests/tests/support/".to_owned()];
    let file = format!("tests/tests/{scenario}.rs");
    let folder = format!("tests/tests/{scenario}/");
    tree.with_extension("rs").any(|source| {
        let path = &source.path;
        let is_its = *path == file || path.starts_with(&folder) || path.starts_with(&support);
        is_its && source.text.contains(&function)
    })
}

/// Each row of the table is of a guard in the contracts' sources and of a test of a story's scenario.
pub fn check_table(tree: &Tree, table: &str) -> Vec<Finding> {
    let Some(rows) = table::read(table) else {
        return vec![Finding::file(table::PATH, "a line has another form")];
    };
    let guards = guards(tree);
    let is_played = |scenario: &str| STORIES.iter().any(|(_, all)| all.contains(&scenario));
    let mut findings = Vec::new();
    for row in &rows {
        let Row {
            scenario,
            file,
            text,
            test,
        } = row;
        let here = |what: String| {
            let message = format!("{scenario} without {file}: {text}: {what}");
            Finding::file(table::PATH, message)
        };
        if row.guard(&guards).is_none() || !is_played(scenario) {
            findings.push(here(format!(
                "one of them is gone; renew the table by `make story-guards ARGS=\"--renew {scenario}\"`"
            )));
            continue;
        }
        match test {
            None => findings.push(here(format!(
                "which test fails is not known; `make story-guards ARGS=\"--tests {scenario}\"` finds it"
            ))),
            Some(test) if !has_test(tree, scenario, test) => findings.push(here(format!(
                "the test {test} is gone; renew the table by `make story-guards ARGS=\"--renew {scenario}\"`"
            ))),
            Some(_) => {}
        }
    }
    findings
}
