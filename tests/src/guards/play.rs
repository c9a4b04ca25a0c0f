//! A scenario, played with the contracts of a folder.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A scenario that has not come to its end by then is stuck, which is a failure too.
const PATIENCE: Duration = Duration::from_secs(300);

/// What became of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every test of it passed.
    Passed,
    /// This one did not.
    Failed(String),
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

    /// Plays a scenario, test by test, until one fails. `contracts` is the folder of the artefacts.
    pub fn play(&self, root: &Path, scenario: &str, contracts: &Path) -> io::Result<Ending> {
        let Some((program, tests)) = self.0.get(scenario) else {
            return Err(io::Error::other(format!("there is no scenario {scenario}")));
        };
        for test in tests {
            let mut child = Command::new(program)
                .args(["--exact", test])
                // As cargo does: a test finds its files from its package's folder.
                .current_dir(root.join("tests"))
                .env(crate::world::network::CONTRACTS, contracts)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            let begun = Instant::now();
            let passed = loop {
                if let Some(status) = child.try_wait()? {
                    break status.success();
                }
                if begun.elapsed() > PATIENCE {
                    child.kill()?;
                    let _status = child.wait()?;
                    break false;
                }
                std::thread::sleep(Duration::from_millis(20));
            };
            if !passed {
                return Ok(Ending::Failed(test.clone()));
            }
        }
        Ok(Ending::Passed)
    }
}
