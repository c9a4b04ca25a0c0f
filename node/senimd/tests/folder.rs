//! What the daemon does with a network's folder when something is in its way: the real program, on real files.

#[path = "support/ports.rs"]
mod ports;

use ports::free_ports;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn senimd(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_senimd"));
    command
        .current_dir(ROOT)
        .env_remove("SENIM_DIR")
        .env_remove("SENIM_LOG")
        .args(args);
    command
}

fn run(args: &[&str]) -> Output {
    senimd(args).output().expect("the program was built")
}

/// Runs what has to be refused; gives all that it said.
fn refused(args: &[&str], code: &str) -> String {
    let output = run(args);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    // What another start may cure is 1, what somebody has to change first 3.
    let status = match code {
        "CANNOT_LISTEN" | "DATA_FOLDER_LOCKED" => 1,
        _ => 3,
    };
    assert_eq!(output.status.code(), Some(status), "{args:?}: {said}");
    assert!(said.contains(&format!("[{code}]")), "{args:?}: {said}");
    said
}

/// A network of one validator, running until this is dropped.
struct Running(Child);

impl Running {
    fn start(args: &[&str]) -> Running {
        Running::start_with(args, Stdio::null())
    }

    fn start_with(args: &[&str], stderr: Stdio) -> Running {
        let mut child = senimd(args)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("the program was built");
        let stdout = child.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it says something");
        assert!(line.starts_with("Running"), "{line}");
        Running(child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Every file that makes the network what it is, with its bytes.
fn identity(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in ["", "keys", "contracts"] {
        let Ok(entries) = std::fs::read_dir(dir.join(folder)) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("it can be listed").path();
            if path.is_file() {
                let mut bytes = Vec::new();
                let mut file = std::fs::File::open(&path).expect("it can be opened");
                file.read_to_end(&mut bytes).expect("it can be read");
                files.insert(path, bytes);
            }
        }
    }
    files
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_running_network_is_not_removed_by_a_second_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("net");
    let port = free_ports(4);
    let (port, other) = (port.to_string(), (port + 2).to_string());
    let devnet = [
        "devnet",
        "--fresh",
        "--validators",
        "1",
        "--dir",
        text(&dir),
        "--port",
    ];
    let _running = Running::start(&[&devnet[..], &[&port]].concat());
    let before = identity(&dir);
    assert!(before.len() > 10, "{:?}", before.keys());

    let said = refused(&[&devnet[..], &[&port]].concat(), "CANNOT_LISTEN");
    assert!(said.contains("--port"), "{said}");
    assert_eq!(identity(&dir), before);
    refused(&[&devnet[..], &[&other]].concat(), "DATA_FOLDER_LOCKED");
    assert_eq!(identity(&dir), before);
    let start = ["start", "--dir", text(&dir), "--port", &other];
    refused(&start, "DATA_FOLDER_LOCKED");
    assert_eq!(identity(&dir), before);
}

#[test]
fn an_init_that_fails_leaves_nothing_in_the_way_of_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("net");
    let init = ["init", "--validators", "1", "--dir", text(&dir)];
    let wrong = [&init[..], &["--contracts", "docs"]].concat();
    refused(&wrong, "GENESIS");
    assert_eq!(identity(&dir), BTreeMap::new());
    assert!(run(&init).status.success());
    refused(&init, "CONFIGURATION");
}

#[test]
fn what_an_interrupted_init_left_is_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("net");
    let init = ["init", "--validators", "1", "--dir", text(&dir)];
    // A kill between any two files: the mark is there, and whatever was written until then.
    std::fs::create_dir_all(dir.join("keys")).expect("a folder");
    std::fs::write(dir.join("unfinished"), "").expect("a file");
    std::fs::write(dir.join("keys/operator.key"), "half").expect("a file");
    std::fs::write(dir.join("mine.txt"), "kept").expect("a file");
    let said = refused(&["start", "--dir", text(&dir)], "CONFIGURATION");
    assert!(said.contains("senimd init"), "{said}");
    assert!(run(&init).status.success());
    assert!(dir.join("genesis.json").exists() && !dir.join("unfinished").exists());
    assert_eq!(std::fs::read(dir.join("mine.txt")).expect("kept"), b"kept");
}

#[test]
fn keys_that_no_network_of_ours_left_are_never_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("keys/somebody.key");
    std::fs::create_dir_all(folder.path().join("keys")).expect("a folder");
    std::fs::write(&key, "theirs").expect("a file");
    let port = free_ports(2).to_string();
    let dir = text(folder.path());
    let said = refused(&["init", "--dir", dir], "CONFIGURATION");
    assert!(said.contains("move it away"), "{said}");
    refused(
        &[
            "devnet",
            "--fresh",
            "--validators",
            "1",
            "--dir",
            dir,
            "--port",
            &port,
        ],
        "CONFIGURATION",
    );
    assert_eq!(std::fs::read(&key).expect("kept"), b"theirs");
    assert!(!folder.path().join("unfinished").exists());
}

#[test]
fn contract_code_that_is_not_the_genesis_s_is_a_fault_of_the_genesis() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = text(folder.path());
    assert!(
        run(&["init", "--validators", "1", "--dir", dir])
            .status
            .success()
    );
    let code = folder.path().join("contracts/treasury.wasm");
    let mut bytes = std::fs::read(&code).expect("it was copied");
    *bytes.last_mut().expect("it has bytes") ^= 1;
    std::fs::write(&code, bytes).expect("it can be written");
    let port = free_ports(2).to_string();
    let said = refused(&["start", "--dir", dir, "--port", &port], "GENESIS");
    assert!(said.contains("treasury.wasm"), "{said}");
}

#[test]
fn a_folder_without_a_network_and_a_wrong_filter_say_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = text(folder.path());
    let said = refused(&["start", "--dir", dir], "CONFIGURATION");
    assert!(said.contains("senimd init --dir"), "{said}");
    let said = refused(
        &["start", "--dir", dir, "--log", "senim=loud"],
        "CONFIGURATION",
    );
    assert!(said.contains("--log"), "{said}");
}

#[test]
fn a_redirected_log_has_no_colours_and_says_whose_each_line_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let dir = folder.path().join("net");
    let port = free_ports(2).to_string();
    let args = [
        "devnet",
        "--validators",
        "1",
        "--dir",
        text(&dir),
        "--port",
        &port,
        "--log",
        "info",
    ];
    let stderr = std::fs::File::create(&log).expect("a file");
    let running = Running::start_with(&args, stderr.into());
    drop(running);
    let log = std::fs::read_to_string(&log).expect("UTF-8");
    assert!(!log.contains('\u{1b}'), "{log}");
    let opened = log.lines().find(|line| line.contains("the ledger is open"));
    assert!(
        opened.is_some_and(|line| line.contains("validator-")),
        "{log}"
    );
}
