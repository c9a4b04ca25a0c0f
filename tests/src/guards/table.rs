//! Which scenario fails without which guard, as a table that is kept with the sources.

use super::source::Guard;
use super::verdict::Verdict;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The table, from the root of the repository.
pub const PATH: &str = "tests/data/guards-of-stories.tsv";

const HEAD: &str =
    "# Which scenario fails when which guard of the contracts is left out: scenario, file, guard, the test that fails.
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
    /// The test of the scenario that fails; none where it is not known yet.
    pub test: Option<String>,
}

impl Row {
    /// The row of a scenario, a guard and the test that fails.
    pub fn of(scenario: &str, guard: &Guard, test: String) -> Row {
        Row {
            scenario: scenario.to_owned(),
            file: guard.file.clone(),
            text: guard.text.clone(),
            test: Some(test),
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
            let mut fields = line.split('\t').map(str::to_owned);
            let row = Row {
                scenario: fields.next()?,
                file: fields.next()?,
                text: fields.next()?,
                test: fields.next(),
            };
            fields.next().is_none().then_some(row)
        })
        .collect()
}

/// A table's text.
pub fn write(rows: &BTreeSet<Row>) -> String {
    let mut text = HEAD.to_owned();
    for row in rows {
        let _written = write!(text, "{}\t{}\t{}", row.scenario, row.file, row.text);
        if let Some(test) = &row.test {
            let _written = write!(text, "\t{test}");
        }
        text.push('\n');
    }
    text
}

/// Gives a scenario the rows of the guards that it showed, and of no others. Where a test did not pass with its guard
/// either, the scenario is not sound: its rows stay as they are.
pub fn renew(rows: &mut BTreeSet<Row>, scenario: &str, verdicts: Vec<(&Guard, Verdict)>) {
    let is_unsound = |verdict: &Verdict| matches!(verdict, Verdict::Unsound(_));
    if verdicts.iter().any(|(_, verdict)| is_unsound(verdict)) {
        return;
    }
    rows.retain(|row| row.scenario != scenario);
    let shown = verdicts.into_iter().filter_map(|(guard, verdict)| {
        let test = verdict.shown()?;
        Some(Row::of(scenario, guard, test))
    });
    rows.extend(shown);
}

/// Writes the tests that failed into a scenario's rows. A row whose guard was not shown stays as it is.
pub fn name_tests(rows: &mut BTreeSet<Row>, scenario: &str, verdicts: Vec<(&Guard, Verdict)>) {
    for (guard, verdict) in verdicts {
        if let Some(test) = verdict.shown() {
            let row = Row::of(scenario, guard, test);
            rows.retain(|old| {
                (&old.scenario, &old.file, &old.text) != (&row.scenario, &row.file, &row.text)
            });
            rows.insert(row);
        }
    }
}
