//! Which scenario fails without which guard, as a table that is kept with the sources.

use super::source::Guard;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The table, from the root of the repository.
pub const PATH: &str = "tests/data/guards-of-stories.tsv";

const HEAD: &str =
    "# Which scenario fails when which guard of the contracts is left out: scenario, file, guard.
# Kept by `make story-guards ARGS=--renew`, checked by `make story-guards`; see docs/contracts.md.
";

/// A scenario fails without a guard.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The scenario.
    pub scenario: String,
    /// The guard's file.
    pub file: String,
    /// The guard's text.
    pub text: String,
}

impl Row {
    /// The row of a scenario and a guard.
    pub fn of(scenario: &str, guard: &Guard) -> Row {
        Row {
            scenario: scenario.to_owned(),
            file: guard.file.clone(),
            text: guard.text.clone(),
        }
    }

    /// Its guard among those of the sources.
    pub fn guard<'a>(&self, guards: &'a [Guard]) -> Option<&'a Guard> {
        guards
            .iter()
            .find(|guard| guard.file == self.file && guard.text == self.text)
    }
}

/// The rows of a table's text; none where a line has another form.
pub fn read(text: &str) -> Option<BTreeSet<Row>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut fields = line.splitn(3, '\t').map(str::to_owned);
            Some(Row {
                scenario: fields.next()?,
                file: fields.next()?,
                text: fields.next()?,
            })
        })
        .collect()
}

/// A table's text.
pub fn write(rows: &BTreeSet<Row>) -> String {
    let mut text = HEAD.to_owned();
    for row in rows {
        let _written = writeln!(text, "{}\t{}\t{}", row.scenario, row.file, row.text);
    }
    text
}
