//! What a machine lacks is said before anything is built, and only to whoever needs it.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// A program that answers with a line, or fails for the words of `lacks`.
fn tool(folder: &Path, name: &str, answer: &str, lacks: &str) {
    let path = folder.join(name);
    let script = format!("#!/bin/sh\ncase \"$1\" in {lacks}) exit 101 ;; esac\necho '{answer}'\n");
    fs::write(&path, script).expect("the folder can be written");
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&path, mode).expect("it is ours");
}

fn check(tools: &Path, words: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/check-tools.sh");
    let path = format!("{}:/usr/bin:/bin", tools.display());
    let mut command = Command::new("bash");
    let command = command.arg(script).args(words).env("PATH", path);
    command.output().expect("there is a shell")
}

#[test]
fn rustfmt_and_clippy_are_asked_for_where_code_is_linted_alone() {
    let tools = tempfile::tempdir().expect("a folder");
    tool(tools.path(), "rustc", "rustc 1.95.0 (of the test)", "none");
    tool(tools.path(), "cc", "cc", "none");
    tool(tools.path(), "cargo", "cargo", "fmt|clippy");
    assert!(check(tools.path(), &[]).status.success(), "enough to build");
    let linting = check(tools.path(), &["lint"]);
    assert_eq!(linting.status.code(), Some(1));
    let said = String::from_utf8_lossy(&linting.stderr).into_owned();
    for cure in [
        "rustup component add rustfmt",
        "rustup component add clippy",
    ] {
        assert!(said.contains(cure), "{said}");
    }
    tool(tools.path(), "cargo", "cargo", "none");
    assert!(check(tools.path(), &["lint"]).status.success());
}

#[test]
fn a_compiler_that_is_too_old_is_named() {
    let tools = tempfile::tempdir().expect("a folder");
    tool(tools.path(), "rustc", "rustc 1.94.1 (of the test)", "none");
    tool(tools.path(), "cc", "cc", "none");
    tool(tools.path(), "cargo", "cargo", "none");
    let checked = check(tools.path(), &[]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&checked.stderr).contains("this is 1.94"));
}
