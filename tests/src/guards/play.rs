//! A scenario, played with the contracts of a folder.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A test that has not come to its end by then is stuck.
const PATIENCE: Duration = Duration::from_secs(300);

/// How a program of tests ends that has a test which failed.
const TEST_FAILED: i32 = 101;

/// What became of a scenario's tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every one passed.
    Passed,
    /// This one failed.
    Failed(String),
    /// This one came to no end of its own: its time was up, or something killed it. That says nothing of any guard.
    Stuck(String),
}

/// The programs of scenarios, and the tests that each has.
pub struct Programs(BTreeMap<String, (PathBuf, Vec<String>)>);

impl Programs {
    /// Builds them.
    pub fn build(root: &Path, scenarios: &[&str]) -> io::Result<Programs> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.current_dir(root).args([
            "test",
            "--locked",
            "--workspace",
            "--no-run",
            "--message-format=json",
        ]);
        for scenario in scenarios {
            cargo.args(["--test", scenario]);
        }
        let built = cargo.stderr(Stdio::inherit()).output()?;
        if !built.status.success() {
            return Err(io::Error::other("the scenarios do not build"));
        }
        let mut programs = BTreeMap::new();
        for line in String::from_utf8_lossy(&built.stdout).lines() {
            let message: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            let name = message["target"]["name"].as_str().unwrap_or_default();
            if let (Some(path), true) = (message["executable"].as_str(), scenarios.contains(&name))
            {
                let path = PathBuf::from(path);
                let listed = Command::new(&path)
                    .args(["--list", "--format=terse"])
                    .output()?;
                let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
                let tests = listed
                    .lines()
                    .filter_map(|line| line.strip_suffix(": test"));
                programs.insert(name.to_owned(), (path, tests.map(str::to_owned).collect()));
            }
        }
        Ok(Programs(programs))
    }

    /// The tests of a scenario.
    pub fn tests(&self, scenario: &str) -> io::Result<&[String]> {
        Ok(&self.of(scenario)?.1)
    }

    /// Plays these tests of a scenario until one does not pass. `contracts` is the folder of the artefacts.
    pub fn play(
        &self,
        root: &Path,
        scenario: &str,
        tests: &[String],
        contracts: &Path,
    ) -> io::Result<Ending> {
        let (program, known) = self.of(scenario)?;
        for test in tests {
            // A program that is asked for a test which it has not got runs none, and is content.
            if !known.contains(test) {
                return Err(io::Error::other(format!("{scenario} has no test {test}")));
            }
            let mut command = Command::new(program);
            command
                .args(["--exact", test])
                // As cargo does: a test finds its files from its package's folder.
                .current_dir(root.join("tests"))
                .env(crate::world::network::CONTRACTS, contracts);
            match ending(&mut command, test, PATIENCE)? {
                Ending::Passed => {}
                other => return Ok(other),
            }
        }
        Ok(Ending::Passed)
    }

    fn of(&self, scenario: &str) -> io::Result<&(PathBuf, Vec<String>)> {
        let unknown = || io::Error::other(format!("there is no scenario {scenario}"));
        self.0.get(scenario).ok_or_else(unknown)
    }
}

/// Runs a test's program, which is killed when `patience` is over.
pub fn ending(command: &mut Command, test: &str, patience: Duration) -> io::Result<Ending> {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(match status.code() {
                Some(0) => Ending::Passed,
                Some(TEST_FAILED) => Ending::Failed(test.to_owned()),
                _ => Ending::Stuck(test.to_owned()),
            });
        }
        if begun.elapsed() > patience {
            child.kill()?;
            let _status = child.wait()?;
            return Ok(Ending::Stuck(test.to_owned()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
