//! `senimd doctor`: a sound folder passes, and of each broken one it says what is broken and what to do.

mod support;

use rustix::process::Signal;
use senim_abi::registry::Execute;
use senim_types::{Hash, OrgId};
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::Machines;

fn register(number: u32) -> Execute {
    Execute::RegisterOrganisation {
        org: OrgId(number),
        name: format!("Organisation {number}"),
        roles: senim_abi::Roles::CLINIC,
        details: Hash::of(b"details"),
    }
}

struct Examined {
    is_sound: bool,
    findings: Vec<Value>,
}

fn doctor(dir: &Path, args: &[&str]) -> Examined {
    let mut command = Command::new(env!("CARGO_BIN_EXE_senimd"));
    let output = command
        .args(["doctor", "-o", "json", "--dir"])
        .arg(dir)
        .args(args)
        .output()
        .expect("the daemon runs");
    let json: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let is_sound = json["ok"] == true;
    assert_eq!(output.status.code(), Some(i32::from(!is_sound)));
    let findings = json["findings"].as_array().expect("findings").clone();
    for finding in &findings {
        let is_told = finding["status"] == "ok" || finding["status"] == "skip";
        assert!(
            is_told || finding["advice"].is_string(),
            "what to do: {finding}"
        );
    }
    Examined { is_sound, findings }
}

impl Examined {
    /// One finding of this check has this status and says this.
    fn assert_says(&self, check: &str, status: &str, words: &str) {
        let found = self.findings.iter().any(|finding| {
            let text = finding["message"].as_str().expect("a message");
            finding["check"] == check && finding["status"] == status && text.contains(words)
        });
        assert!(found, "{check} {status} {words}: {:#?}", self.findings);
        assert!(status != "fail" || !self.is_sound);
    }

    /// Nothing but this check fails.
    fn assert_only(&self, check: &str, words: &str) {
        self.assert_says(check, "fail", words);
        let failing = self
            .findings
            .iter()
            .filter(|finding| finding["status"] == "fail");
        for finding in failing {
            assert_eq!(finding["check"], check, "{finding}");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("it can be copied");
        }
    }
}

/// Flips a byte.
fn damage(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("it can be read");
    bytes[at] ^= 1;
    fs::write(path, bytes).expect("it can be written");
}

fn only_file(folder: &Path, ending: &str) -> PathBuf {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut found = entries.map(|entry| entry.path());
    found
        .find(|path| path.to_string_lossy().ends_with(ending))
        .expect("one of them")
}

#[test]
fn a_sound_folder_passes_running_and_stopped_and_nothing_in_it_changes() {
    let mut machines = Machines::start(1);
    machines.submit(0, register(4_000));
    let (dir, url) = (machines.folder(0).to_owned(), machines.url(0).to_owned());
    let running = doctor(&dir, &["--compare", &url]);
    assert!(running.is_sound, "{:#?}", running.findings);
    running.assert_says("ports", "ok", "a node of this chain answers");
    running.assert_says("ports", "ok", "the running node has it");
    running.assert_says("data", "skip", "the running node works in it");
    running.assert_says("clock", "ok", &url);
    doctor(&dir, &[]).assert_says("clock", "ok", "the last block");

    machines.signal(0, Signal::TERM);
    assert_eq!(machines.end(0), Some(0));
    let tail = only_file(&dir.join("nodes/validator-1/log"), ".seg");
    let before = fs::read(&tail).expect("a segment");
    let stopped = doctor(&dir, &["--full"]);
    assert!(stopped.is_sound, "{:#?}", stopped.findings);
    for (check, words) in [
        ("version", env!("CARGO_PKG_VERSION")),
        ("settings", "of organisation 1"),
        ("genesis", "1 validators"),
        ("contracts", "of the genesis, which makes a state"),
        ("keys", "validator-1: senimval1"),
        ("keys", "peer-1: senimpeer1"),
        ("ports", "is free"),
        ("data", "the whole log is sound"),
        ("votes", "sound"),
        ("store", "sled"),
    ] {
        stopped.assert_says(check, "ok", words);
    }
    stopped.assert_says("clock", "skip", "--compare");
    assert_eq!(fs::read(&tail).expect("a segment"), before);

    // Its text is for people, and says the same.
    let said = Command::new(env!("CARGO_BIN_EXE_senimd"))
        .args(["doctor", "--dir"])
        .arg(&dir)
        .output()
        .expect("the daemon runs");
    let text = String::from_utf8(said.stdout).expect("UTF-8");
    assert!(
        text.contains("ok    genesis") && text.contains(", 0 broken,"),
        "{text}"
    );
}

#[test]
fn data_that_is_damaged_is_told_with_its_code() {
    let mut machines = Machines::start(1);
    machines.submit(0, register(4_001));
    machines.submit(0, register(4_002));
    machines.kill(0);
    let dir = machines.folder(0).to_owned();
    let node = |folder: &Path| folder.join("nodes/validator-1");

    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("log");
    copy(&dir, &broken);
    // In the first of two records: nothing a crash could have left.
    damage(&only_file(&node(&broken).join("log"), ".seg"), 150);
    doctor(&broken, &[]).assert_only("data", "LOG_DAMAGED");

    let broken = folder.path().join("votes");
    copy(&dir, &broken);
    damage(&node(&broken).join("wal/consensus"), 54);
    doctor(&broken, &[]).assert_only("votes", "VOTES_DAMAGED");

    let broken = folder.path().join("store");
    copy(&dir, &broken);
    let fjall = doctor(&broken, &["--store", "fjall"]);
    fjall.assert_says("store", "warn", "written by sled");
    assert!(fjall.is_sound);
}

#[test]
fn each_broken_folder_fails_with_the_line_that_names_it() {
    let mut machines = Machines::start(1);
    machines.kill(0);
    let original = machines.folder(0).to_owned();
    let folder = tempfile::tempdir().expect("a folder");
    let mut count = 0;
    let mut broken = |make: &dyn Fn(&Path)| {
        count += 1;
        let dir = folder.path().join(count.to_string());
        copy(&original, &dir);
        make(&dir);
        doctor(&dir, &[])
    };
    let remove = |path: PathBuf| fs::remove_file(path).expect("it was there");

    let readable = broken(&|dir| {
        let key = dir.join("keys/validator-1.key");
        fs::set_permissions(key, fs::Permissions::from_mode(0o644)).expect("it is ours");
    });
    readable.assert_only("keys", "validator-1.key can be read by others: mode 0644");

    broken(&|dir| remove(dir.join("keys/peer-1.key"))).assert_only("keys", "peer-1.key");
    let foreign = broken(&|dir| {
        let from = dir.join("keys/validator-1.key");
        fs::copy(from, dir.join("keys/validator-2.key")).expect("it can be copied");
    });
    foreign.assert_only("keys", "validator-2.key is in the folder of organisation 1");
    let nonsense = |dir: &Path| fs::write(dir.join("keys/validator-1.key"), "x").expect("ours");
    broken(&nonsense).assert_only("keys", "validator-1.key");

    broken(&|dir| damage(&dir.join("contracts/treasury.wasm"), 2_000))
        .assert_only("contracts", "treasury.wasm");
    broken(&|dir| fs::write(dir.join("genesis.json"), "{").expect("ours"))
        .assert_only("genesis", "genesis.json");
    broken(&|dir| remove(dir.join("genesis.json"))).assert_only("genesis", "holds no network");
    broken(&|dir| remove(dir.join("node.toml"))).assert_only("settings", "has no node.toml");
    let wrong = broken(&|dir| {
        fs::write(
            dir.join("node.toml"),
            "organisation = 1\n[http]\nlissen = 1",
        )
        .expect("ours");
    });
    wrong.assert_only("settings", "http.lissen: there is no such setting");

    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("it listens").to_string();
    let busy = broken(&|dir| {
        let text = format!("organisation = 1\n[http]\nlisten = \"{address}\"");
        fs::write(dir.join("node.toml"), text).expect("ours");
    });
    busy.assert_only("ports", "another program has it");

    // A key that nobody knows may have been let in since: it is to be looked at, and no more.
    let stranger = broken(&|dir| {
        for name in ["validator-1", "peer-1"] {
            remove(dir.join("keys").join(format!("{name}.key")));
        }
        let text = "organisation = 1\n";
        fs::write(dir.join("node.toml"), text).expect("ours");
        let join = Command::new(env!("CARGO_BIN_EXE_senimd"))
            .args(["join", "--organisation", "1", "--network"])
            .arg(dir)
            .arg("--dir")
            .arg(dir.join("new"))
            .output()
            .expect("the daemon runs");
        assert!(join.status.success(), "{join:?}");
        let key = dir.join("new/keys/peer-1.key");
        fs::rename(key, dir.join("keys/peer-1.key")).expect("it can be moved");
    });
    stranger.assert_says("keys", "warn", "peer-1: senimpeer1");
    stranger.assert_says("keys", "ok", "no validator's key");
    assert!(count >= 11);
}
