//! Backups of real machines: made while the node runs, restored elsewhere, and what is wrong with one found out.

mod support;

use senim_abi::registry::Execute;
use senim_types::{Code, Hash, OrgId};
use senimd::exit;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::Machines;

fn register(number: u32) -> Execute {
    Execute::RegisterOrganisation {
        org: OrgId(number),
        name: format!("Organisation {number}"),
        roles: senim_abi::Roles::CLINIC,
        details: Hash::of(b"details"),
    }
}

fn senimd(args: &[&str]) -> Output {
    let command = Command::new(env!("CARGO_BIN_EXE_senimd"))
        .args(args)
        .output();
    command.expect("the program was built")
}

fn done(args: &[&str]) -> String {
    let output = senimd(args);
    let (said, told) = (text_of(&output.stderr), text_of(&output.stdout));
    assert!(output.status.success(), "{args:?}: {said}");
    told
}

fn refused(args: &[&str], code: Code) -> String {
    let output = senimd(args);
    let said = text_of(&output.stderr);
    let status = exit::status(code).into();
    assert_eq!(output.status.code(), Some(status), "{args:?}: {said}");
    assert!(said.contains(&format!("[{code}]")), "{args:?}: {said}");
    said
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Everything below a folder, by path.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_validator_is_backed_up_while_it_runs_loses_its_disk_and_comes_back() {
    let mut machines = Machines::start(4);
    machines.submit(0, register(1_001));
    machines.submit(1, register(1_002));
    machines.agree(&[0, 1, 2, 3]);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let backup = elsewhere.path().join("backup.tar.zst");
    let dir = machines.folder(3).to_owned();
    let told = done(&["backup", "--dir", text(&dir), "--to", text(&backup)]);
    assert!(told.contains("blocks 1 to"), "{told}");
    let again = ["backup", "--dir", text(&dir), "--to", text(&backup)];
    refused(&again, Code::CONFIGURATION);

    machines.submit(2, register(1_003));
    machines.submit(3, register(1_004));
    machines.agree(&[0, 1, 2, 3]);
    machines.kill(3);
    let restored = elsewhere.path().join("restored");
    done(&["restore", text(&backup), "--dir", text(&restored)]);
    let kept: Vec<PathBuf> = files(&restored);
    let has = |part: &str| kept.iter().any(|path| text(path).contains(part));
    assert!(
        has("node.toml") && has("genesis.json") && has(".seg"),
        "{kept:?}"
    );
    assert!(!has("wal/consensus") && !has(".key"), "{kept:?}");

    // The lost machine: only its keys were kept elsewhere.
    let keys = elsewhere.path().join("keys");
    fs::rename(dir.join("keys"), &keys).expect("they can be moved");
    fs::remove_dir_all(&dir).expect("it can be removed");
    fs::rename(&restored, &dir).expect("it can be moved");
    fs::remove_dir(dir.join("keys")).expect("it is empty");
    fs::rename(&keys, dir.join("keys")).expect("they can be moved");
    machines.restart(3);
    machines.until_metric(3, "senim_observing", 1);
    machines.agree(&[0, 1, 2, 3]);
    // What is decided before it knows the height does not count.
    machines.until_logged(3, "it observes until that height is decided");

    // Two more heights without it, and it votes.
    for number in 1_005..1_008 {
        machines.submit(0, register(number));
        machines.agree(&[0, 1, 2, 3]);
    }
    machines.until_metric(3, "senim_observing", 0);
    machines.kill(0);
    machines.submit(1, register(1_009));
    machines.submit(3, register(1_010));
    machines.agree(&[1, 2, 3]);
}

#[test]
fn what_is_not_a_whole_and_proven_backup_restores_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (net, backup) = (folder.path().join("net"), folder.path().join("b.tar.zst"));
    let mut machines = Machines::start(1);
    machines.submit(0, register(1_001));
    let height = machines.height(0);
    machines.kill(0);
    let source = machines.folder(0).to_owned();
    done(&["backup", "--dir", text(&source), "--to", text(&backup)]);
    let whole = fs::read(&backup).expect("it was made");

    let restore = ["restore", text(&backup), "--dir", text(&net)];
    let nothing_is_left = || {
        let left = files(&net);
        assert!(left.is_empty(), "{left:?}");
    };
    for kept in [0, 100, whole.len() / 2, whole.len() - 1] {
        fs::write(&backup, &whole[..kept]).expect("it can be written");
        refused(&restore, Code::MALFORMED);
        nothing_is_left();
    }
    for offset in (0..whole.len()).step_by(whole.len() / 12) {
        let mut bytes = whole.clone();
        bytes[offset] ^= 0x10;
        fs::write(&backup, &bytes).expect("it can be written");
        assert_eq!(senimd(&restore).status.code(), Some(1), "byte {offset}");
        nothing_is_left();
    }

    fs::write(&backup, &whole).expect("it can be written");
    fs::create_dir_all(&net).expect("a folder");
    fs::write(net.join("mine"), "mine").expect("a file");
    let said = refused(&restore, Code::CONFIGURATION);
    assert!(said.contains("not empty"), "{said}");
    fs::remove_file(net.join("mine")).expect("it is there");
    let told = done(&restore);
    assert!(told.contains(&format!("blocks 1 to {height}")), "{told}");
}

#[test]
fn a_damaged_log_is_not_backed_up_as_if_it_were_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let backup = folder.path().join("b.tar.zst");
    let mut machines = Machines::start(1);
    machines.submit(0, register(1_001));
    machines.submit(0, register(1_002));
    machines.kill(0);
    let source = machines.folder(0).to_owned();
    let segment = files(&source)
        .into_iter()
        .find(|path| path.extension().is_some_and(|it| it == "seg"))
        .expect("it has a log");
    let mut bytes = fs::read(&segment).expect("it can be read");
    bytes[300] ^= 1;
    fs::write(&segment, bytes).expect("it can be written");
    let args = ["backup", "--dir", text(&source), "--to", text(&backup)];
    let said = refused(&args, Code::LOG_DAMAGED);
    assert!(said.contains("height 1"), "{said}");
    assert!(!backup.exists() && files(folder.path()).is_empty());
}
