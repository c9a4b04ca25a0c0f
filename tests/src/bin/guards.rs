//! `make story-guards`: stories with one guard of the contracts left out, each of which has to fail.

#![forbid(unsafe_code)]

use clap::Parser;
use senim_tests::guards::play::{Ending, Programs};
use senim_tests::guards::source::{self, Guard};
use senim_tests::guards::table::{self, Row};
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
    /// Only every so many of the table's rows of each story, beginning with the first
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "renew")]
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
    let (mut played, mut passed) = (0, 0);
    for scenario in chosen {
        if let Ending::Failed(test) = stage.programs.play(&root(), scenario, &stage.contracts)? {
            println!("{scenario}: {test} fails without leaving anything out");
            return Ok(false);
        }
        let wanted = if args.renew {
            let codes = source::codes_of_scenario(&root().join("tests/tests"), scenario)?;
            source::asked(&guards, &codes, args.shared)
        } else {
            of_table(&rows, scenario, args.every, &guards)?
        };
        let endings = stage.play_all(scenario, &wanted)?;
        played += endings.len();
        passed += endings
            .iter()
            .filter(|(_, ending)| *ending == Ending::Passed)
            .count();
        if args.renew {
            rows.retain(|row| row.scenario != scenario);
            let failed = endings
                .into_iter()
                .filter(|(_, ending)| *ending != Ending::Passed);
            rows.extend(failed.map(|(row, _)| row));
            // Each as soon as it is known: all of them take long.
            fs::write(&path, table::write(&rows))?;
        }
    }
    if args.renew {
        tell(&rows, &guards);
        return Ok(true);
    }
    println!("guards: {played} left out in turn; {passed} plays did not fail");
    Ok(passed == 0 && played > 0)
}

/// The guards that the table has for a scenario, or every so many of them.
fn of_table<'a>(
    rows: &BTreeSet<Row>,
    scenario: &str,
    every: usize,
    guards: &'a [Guard],
) -> io::Result<Vec<&'a Guard>> {
    let rows = rows.iter().filter(|row| row.scenario == scenario);
    rows.step_by(every.max(1))
        .map(|row| {
            let gone = || {
                io::Error::other(format!(
                    "no longer in {}: {}; renew the table",
                    row.file, row.text
                ))
            };
            row.guard(guards).ok_or_else(gone)
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
    fn play_all(&self, scenario: &str, wanted: &[&Guard]) -> io::Result<Vec<(Row, Ending)>> {
        let next = AtomicUsize::new(0);
        let played = Mutex::new(Vec::new());
        let work = || -> io::Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(guard) = wanted.get(number) else {
                    return Ok(());
                };
                let ending = self.play(scenario, guard)?;
                let said = match &ending {
                    Ending::Passed => "PASSES ALL THE SAME",
                    Ending::Failed(test) => test,
                };
                println!(
                    "[{}/{}] {scenario} without {}:{} {}: {said}",
                    number + 1,
                    wanted.len(),
                    guard.file,
                    guard.line,
                    guard.text
                );
                if let Ok(mut played) = played.lock() {
                    played.push((Row::of(scenario, guard), ending));
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

    /// Plays a scenario without a guard.
    fn play(&self, scenario: &str, guard: &Guard) -> io::Result<Ending> {
        let folder = tempfile::tempdir()?;
        for entry in fs::read_dir(&self.contracts)? {
            let path = entry?.path();
            if let Some(name) = path.file_name() {
                fs::copy(&path, folder.path().join(name))?;
            }
        }
        let path = folder.path().join(format!("{}.wasm", guard.contract()));
        let changed = changed(&path, guard)?;
        fs::write(&path, changed)?;
        self.programs.play(&root(), scenario, folder.path())
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
