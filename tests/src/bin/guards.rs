//! `make story-guards`: stories with one guard of the contracts left out, each of which has to fail.

#![forbid(unsafe_code)]

use clap::Parser;
use senim_tests::guards::play::{Ending, Programs};
use senim_tests::guards::source::{self, Guard};
use senim_tests::guards::table::{self, Row};
use senim_tests::guards::verdict::{Tally, Verdict};
use senim_tests::guards::{STORIES, artefact, scenarios};
use senim_tests::world::network::root;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io};

const THREADS: usize = 2;

/// Plays stories with one guard of the contracts left out, each of which has to fail
#[derive(Parser)]
struct Args {
    /// Stories or scenarios; all, if there is none
    names: Vec<String>,
    /// Try each guard whose code a scenario names and few others share, and write down which it fails without
    #[arg(long)]
    renew: bool,
    /// With --renew: codes that more guards share are not tried
    #[arg(long, value_name = "N", default_value_t = 12, requires = "renew")]
    shared: usize,
    /// Find the test of each of the table's rows that has none, and write it down
    #[arg(long, conflicts_with = "renew")]
    tests: bool,
    /// Only every so many of the table's rows of each story, beginning with the first
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with_all = ["renew", "tests"])]
    every: usize,
    /// Folder of the contracts that were built with --leave-out
    #[arg(long, value_name = "FOLDER")]
    contracts: PathBuf,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("guards: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> io::Result<bool> {
    let chosen = chosen(&args.names)?;
    let guards = source::guards(&root().join("contracts"))?;
    let path = root().join(table::PATH);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let mut rows =
        table::read(&text).ok_or_else(|| io::Error::other("the table has another form"))?;
    println!("guards: building {} scenarios", chosen.len());
    let stage = Stage {
        programs: Programs::build(&root(), &chosen)?,
        contracts: fs::canonicalize(&args.contracts)?,
    };
    let mut tally = Tally::default();
    for scenario in chosen {
        let plays = plays(args, &rows, scenario, &guards)?;
        if plays.is_empty() {
            continue;
        }
        let tests = stage.programs.tests(scenario)?;
        let sound = (stage.programs).play(&root(), scenario, tests, &stage.contracts)?;
        if let Ending::Failed(test) | Ending::Stuck(test) = sound {
            println!("{scenario}: {test} does not pass without leaving anything out");
            return Ok(false);
        }
        let verdicts = stage.play_all(scenario, &plays)?;
        for (_, verdict) in &verdicts {
            tally.count(verdict);
        }
        if args.renew {
            table::renew(&mut rows, scenario, verdicts);
        } else if args.tests {
            table::name_tests(&mut rows, scenario, verdicts);
        } else {
            continue;
        }
        // Each as soon as it is known: all of them take long.
        fs::write(&path, table::write(&rows))?;
    }
    println!("guards: {tally}");
    if args.renew {
        tell(&rows, &guards);
        return Ok(tally.is_sound());
    }
    Ok(tally.all_shown())
}

/// A guard that is left out, and the test that is known to fail then.
struct Play<'a> {
    guard: &'a Guard,
    test: Option<String>,
}

/// What is played of a scenario.
fn plays<'a>(
    args: &Args,
    rows: &BTreeSet<Row>,
    scenario: &str,
    guards: &'a [Guard],
) -> io::Result<Vec<Play<'a>>> {
    if args.renew {
        let codes = source::codes_of_scenario(&root().join("tests/tests"), scenario)?;
        let asked = source::asked(guards, &codes, args.shared).into_iter();
        return Ok(asked.map(|guard| Play { guard, test: None }).collect());
    }
    let rows = rows.iter().filter(|row| row.scenario == scenario);
    rows.filter(|row| !args.tests || row.test.is_none())
        .step_by(args.every.max(1))
        .map(|row| {
            let gone = || {
                io::Error::other(format!(
                    "no longer in {}: {}; renew the table",
                    row.file, row.text
                ))
            };
            let guard = row.guard(guards).ok_or_else(gone)?;
            let test = row.test.clone();
            Ok(Play { guard, test })
        })
        .collect()
}

/// The scenarios of these stories.
fn chosen(names: &[String]) -> io::Result<Vec<&'static str>> {
    let all = || {
        STORIES
            .iter()
            .map(|(story, _)| (*story).to_owned())
            .collect()
    };
    let names: Vec<String> = if names.is_empty() {
        all()
    } else {
        names.to_vec()
    };
    let mut chosen = Vec::new();
    for name in names {
        let unknown = || io::Error::other(format!("there is no story or scenario {name}"));
        for scenario in scenarios(&name).ok_or_else(unknown)? {
            // Some belong to several stories.
            if !chosen.contains(&scenario) {
                chosen.push(scenario);
            }
        }
    }
    Ok(chosen)
}

/// How many guards each story shows, and how many no story does.
fn tell(rows: &BTreeSet<Row>, guards: &[Guard]) {
    for (story, scenarios) in STORIES {
        let of_story = rows
            .iter()
            .filter(|row| scenarios.contains(&row.scenario.as_str()));
        let shown: BTreeSet<_> = of_story.map(|row| (&row.file, &row.text)).collect();
        println!("{story}: fails without any one of {} guards", shown.len());
    }
    let shown: BTreeSet<_> = rows.iter().map(|row| (&row.file, &row.text)).collect();
    println!(
        "{} of the contracts' {} guards are in the table; for each of them all, make guards has a test that fails",
        shown.len(),
        guards.len()
    );
}

/// What scenarios are played with.
struct Stage {
    programs: Programs,
    contracts: PathBuf,
}

impl Stage {
    /// Plays a scenario without each of these guards in turn.
    fn play_all<'a>(
        &self,
        scenario: &str,
        plays: &[Play<'a>],
    ) -> io::Result<Vec<(&'a Guard, Verdict)>> {
        let next = AtomicUsize::new(0);
        let played = Mutex::new(Vec::new());
        let work = || -> io::Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(play) = plays.get(number) else {
                    return Ok(());
                };
                let verdict = self.play(scenario, play)?;
                let guard = play.guard;
                println!(
                    "[{}/{}] {scenario} without {}:{} {}: {verdict}",
                    number + 1,
                    plays.len(),
                    guard.file,
                    guard.line,
                    guard.text
                );
                if let Ok(mut played) = played.lock() {
                    played.push((guard, verdict));
                }
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(io::Error::other("a thread ended by a mistake")))
            })
        })?;
        Ok(played.into_inner().unwrap_or_default())
    }

    /// Plays a scenario without a guard: the test that is known to fail, or all of them.
    fn play(&self, scenario: &str, play: &Play<'_>) -> io::Result<Verdict> {
        let folder = tempfile::tempdir()?;
        for entry in fs::read_dir(&self.contracts)? {
            let path = entry?.path();
            if let Some(name) = path.file_name() {
                fs::copy(&path, folder.path().join(name))?;
            }
        }
        let path = folder
            .path()
            .join(format!("{}.wasm", play.guard.contract()));
        let changed = changed(&path, play.guard)?;
        fs::write(&path, changed)?;
        let tests = match &play.test {
            Some(test) => std::slice::from_ref(test),
            None => self.programs.tests(scenario)?,
        };
        let ending = (self.programs).play(&root(), scenario, tests, folder.path())?;
        // The very artefacts that the guard was left out of, with every guard in place.
        Verdict::of(ending, |test| {
            let test = [test.to_owned()];
            (self.programs).play(&root(), scenario, &test, &self.contracts)
        })
    }
}

fn changed(path: &Path, guard: &Guard) -> io::Result<Vec<u8>> {
    let unfit = || {
        io::Error::other(format!(
            "{}: not built with --leave-out, or stale",
            path.display()
        ))
    };
    artefact::without(&fs::read(path)?, guard).ok_or_else(unfit)
}
