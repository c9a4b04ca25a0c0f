//! The log for programs: one JSON object a line from the first to the last; and the page of events, held against
//! the code.

#[path = "support/ports.rs"]
mod ports;

use ports::free_ports;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn lines(log: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(log).expect("UTF-8");
    let parse = |line: &str| {
        let parsed = serde_json::from_str(line);
        parsed.unwrap_or_else(|error| panic!("{error}: {line}"))
    };
    text.lines().map(parse).collect()
}

fn with_message<'a>(lines: &'a [serde_json::Value], message: &str) -> &'a serde_json::Value {
    let found = lines.iter().find(|line| line["message"] == message);
    found.unwrap_or_else(|| panic!("no {message}: {lines:#?}"))
}

fn senimd(args: &[&str], log: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_senimd"));
    let stderr = std::fs::File::create(log).expect("a file");
    command
        .current_dir(ROOT)
        .env_remove("SENIM_LOG")
        .args(args)
        .args(["--log-format", "json"])
        .stderr(stderr);
    command
}

#[test]
fn for_programs_every_line_is_an_object_with_the_same_fields() {
    let folder = tempfile::tempdir().expect("a folder");
    let (log, dir) = (folder.path().join("log"), folder.path().join("net"));
    let dir = dir.to_str().expect("UTF-8");
    let port = free_ports(2).to_string();
    let args = ["devnet", "--validators", "1", "--dir", dir, "--port", &port];
    let mut child = senimd(&args, &log)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut said = String::new();
    let stdout = child.stdout.take().expect("it is piped");
    BufReader::new(stdout)
        .read_line(&mut said)
        .expect("it says something");
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("it runs");
    assert!(child.wait().expect("it ends").success());
    let told = lines(&log);
    for line in &told {
        for field in ["timestamp", "level", "message", "target"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
    }
    let started = with_message(&told, "the node is started");
    assert_eq!(started["node"], "validator-1");
    assert_eq!(started["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(started["dir"], dir);
    assert_eq!(started["height"], 0);
    assert!(
        started["chain"]
            .as_str()
            .is_some_and(|chain| said.contains(chain) || !chain.is_empty())
    );
    with_message(&told, "the ledger is open");
    assert_eq!(told.last().expect("lines")["message"], "stopped");

    // A start that fails says why in the same form.
    let args = ["start", "--dir", "nowhere-at-all"];
    let failed = senimd(&args, &log).status().expect("it runs");
    assert_eq!(failed.code(), Some(3));
    let told = lines(&log);
    let end = with_message(&told, "the process ends");
    assert_eq!(end["code"], "CONFIGURATION");
    assert!(
        end["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("senimd init"))
    );
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_page_names_events_that_the_code_logs_at_their_levels_with_their_fields() {
    let root = Path::new(ROOT);
    let mut paths = Vec::new();
    for krate in ["api", "network", "replica", "senimd", "state"] {
        sources(&root.join("node").join(krate).join("src"), &mut paths);
    }
    let texts: Vec<String> = paths
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("UTF-8"))
        .collect();
    let page = std::fs::read_to_string(root.join("docs/operating/logs.md")).expect("the page");
    let mut count = 0;
    for row in page.lines().filter_map(|line| line.strip_prefix("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (message, level) = (cells[0].trim_end_matches('`'), cells[1]);
        let literal = format!("\"{message}\"");
        let event = texts.iter().find_map(|text| {
            let at = text.find(&literal)?;
            let from = text[..at].rfind("tracing::")?;
            Some(&text[from..at])
        });
        let event = event.unwrap_or_else(|| panic!("nothing logs {message}"));
        assert!(
            event.starts_with(&format!("tracing::{level}!(")),
            "{message}: {event}"
        );
        for field in cells[2].split('`').skip(1).step_by(2) {
            assert!(event.contains(field), "{message} has no {field}: {event}");
        }
        count += 1;
    }
    assert!(count > 20, "the table was read: {count}");
}
