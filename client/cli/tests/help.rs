//! The command line teaches: every command has an example, and every example is a command.

mod support;

use clap::{Command, CommandFactory, Parser};
use senim_cli::args::Cli;
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use support::*;

/// Every command that does something, with its words.
fn leaves(command: &Command, words: &[String], found: &mut Vec<(Vec<String>, Command)>) {
    let mut has_children = false;
    for child in command.get_subcommands() {
        has_children = true;
        let words = [words, &[child.get_name().to_owned()]].concat();
        leaves(child, &words, found);
    }
    if !has_children {
        found.push((words.to_vec(), command.clone()));
    }
}

fn commands() -> Vec<(Vec<String>, Command)> {
    let mut found = Vec::new();
    leaves(&Cli::command(), &[], &mut found);
    found
}

#[test]
fn the_definition_of_the_command_line_is_sound() {
    Cli::command().debug_assert();
    assert!(commands().len() > 30);
}

#[test]
fn every_command_says_what_it_does_and_shows_itself() {
    for (words, command) in commands() {
        let name = words.join(" ");
        assert!(command.get_about().is_some(), "{name} says nothing");
        let help = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(
            help.contains(&format!("senim {name}")),
            "{name} has no example of itself"
        );
        for argument in command.get_arguments() {
            assert!(
                argument.get_help().is_some(),
                "{name} {} is not explained",
                argument.get_id()
            );
        }
    }
}

#[test]
fn every_example_is_understood() {
    for (words, command) in commands() {
        let help = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let examples = help
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("senim "));
        for example in examples.filter(|example| !example.contains("$(")) {
            let line = example
                .replace("GROUP", &"0".repeat(64))
                .replace("VOUCHER", &"0".repeat(64))
                .replace("HASH", &"0".repeat(64));
            let line = line
                .replace("senimdev1…", &some_key(KeyKind::Device))
                .replace("senimval1…", &some_key(KeyKind::Validator))
                .replace("senimpeer1…", &some_key(KeyKind::Peer));
            let line = line.split(" > ").next().unwrap_or_default();
            let parsed = Cli::try_parse_from(shell_words(line));
            assert!(
                parsed.is_ok(),
                "{}: {example}: {:?}",
                words.join(" "),
                parsed.err()
            );
        }
    }
}

fn some_key(kind: KeyKind) -> String {
    SecretKey::from_seed(&[1; 32]).public().to_text(kind)
}

/// Words of a line, with single quotes.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, part) in line.split('\'').enumerate() {
        if place % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn help_and_version_are_answers() {
    for args in [
        &["--help"][..],
        &["--version"],
        &["pharmacy", "dispense", "--help"],
        &["--help", "-o", "json"],
    ] {
        let output = senim(args);
        assert!(code(&output) == 0 && !text(&output).is_empty(), "{args:?}");
    }
    assert!(text(&senim(&["--help"])).contains("Exit codes:"));
    assert!(text(&senim(&["completion", "bash"])).contains("_senim"));
}

#[test]
fn commands_are_known_by_their_words() {
    let known = |words: &str| {
        senim_cli::is_command(&words.split(' ').map(str::to_owned).collect::<Vec<_>>())
    };
    assert!(known("pack parse") && known("status") && known("prescription"));
    assert!(!known("packs parse") && !known("pack parse more") && !known("sell"));
}
