//! The `senim` command: a client of the ledger for every role, and its verifier.
//!
//! Intent in, a signed transaction out, a proven receipt back: every write waits until it is final and checks the
//! receipt's proof against the genesis before it says that anything happened; every read of state that the ledger can
//! prove is proven. What cannot be proven (a contract's answer to a question) is said to be so.
//!
//! - [`args`] and [`commands`]: the command line, one module per group of commands.
//! - [`session`], [`node`]: the genesis that is trusted, the node that is not, the light client between them.
//! - [`describe`], [`words`], [`names`]: receipts for people. [`answer`], [`failure`]: the two ends of a command.
//! - [`history`], [`policies`], [`programmes`], [`simulate`]: what happened, why, and what other rules would have changed.
//! - [`follow`], [`journal`], [`vault`]: what a service needs that goes on where it was, and keeps what it knows.
//! - [`offer`]: what a person agrees to before the wallet makes a QR.
//! - [`sealing`]: what is kept off the ledger. [`keys`], [`one_time`], [`files`]: secrets in files that only their owner reads.
//!
//! Deliberately absent: trust in a node, secrets on the terminal, and state of one role in another role's folder.
#![forbid(unsafe_code)]

pub mod answer;
pub mod args;
pub mod commands;
pub mod context;
pub mod describe;
pub mod failure;
pub mod files;
pub mod follow;
pub mod history;
pub mod journal;
pub mod keys;
pub mod names;
pub mod node;
pub mod offer;
pub mod one_time;
pub mod policies;
pub mod programmes;
pub mod sealing;
pub mod session;
pub mod simulate;
pub mod vault;
pub mod words;

use answer::Answer;
use args::{Cli, Output};
use clap::Parser;
use clap::error::ErrorKind;
use failure::{Exit, Failure};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    match Cli::try_parse_from(&args) {
        Ok(cli) => finish("senim", commands::run(&cli), commands::output(&cli)),
        Err(error) => misunderstood(&error, &args),
    }
}

/// Help is an answer; what is not understood is a failure, in JSON where JSON was asked for or is the only form.
fn misunderstood(error: &clap::Error, args: &[OsString]) -> ExitCode {
    let is_answer = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    if is_answer || !(asks_for_json(args) || answers_in_json(args)) {
        // The terminal may be gone; there is nobody left to tell.
        let _ = error.print();
        return ExitCode::from(if is_answer { 0 } else { Exit::Usage as u8 });
    }
    let failure = Failure::usage(first_paragraph(error));
    finish("senim", Err(failure), Output::Json)
}

/// What is wrong, without the usage and the hints below it.
fn first_paragraph(error: &clap::Error) -> String {
    let message = error.to_string();
    let lines = message.lines().take_while(|line| !line.is_empty());
    let joined: Vec<&str> = lines.map(str::trim).collect();
    joined.join(" ")
}

fn asks_for_json(args: &[OsString]) -> bool {
    let together = ["-ojson", "-o=json", "--output=json"];
    let is_pair = |pair: &[OsString]| {
        ["-o", "--output"].iter().any(|name| pair[0] == *name) && pair[1] == "json"
    };
    args.iter()
        .any(|arg| together.iter().any(|form| arg == form))
        || args.windows(2).any(is_pair)
}

/// The commands that integrators call before they send data answer in JSON whatever is asked for.
fn answers_in_json(args: &[OsString]) -> bool {
    [["pack", "parse"], ["id", "check"]].iter().any(|command| {
        args.windows(2)
            .any(|pair| pair[0] == command[0] && pair[1] == command[1])
    })
}

/// Says what a command of this program, or of a service's, came to, and how the process ends by it.
pub fn finish(program: &str, result: failure::Result<Answer>, output: Output) -> ExitCode {
    match (result, output) {
        (Ok(answer), Output::Text) => say(&answer.text),
        (Ok(answer), Output::Json) => say(&format!("{}\n", answer.json)),
        (Err(failure), Output::Json) => {
            say(&format!("{}\n", failure.to_json()));
            return ExitCode::from(failure.exit as u8);
        }
        (Err(failure), Output::Text) => {
            let mut text = format!("{program}: {}: {}\n", failure.code, failure.message);
            failure
                .lines
                .iter()
                .for_each(|line| text += &format!("{line}\n"));
            complain(&text);
            return ExitCode::from(failure.exit as u8);
        }
    }
    ExitCode::SUCCESS
}

/// Writes to standard output. Whoever closed the pipe has read enough.
pub fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Writes to standard error. It may be closed; the exit code still says it.
pub fn complain(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Whether these words are a command of this program: for checking documents.
pub fn is_command(words: &[String]) -> bool {
    has_command(<Cli as clap::CommandFactory>::command(), words)
}

/// Whether these words name a command below this one.
pub fn has_command(mut command: clap::Command, words: &[String]) -> bool {
    for word in words {
        match command.find_subcommand(word) {
            Some(found) => command = found.clone(),
            None => return false,
        }
    }
    true
}

/// The examples in the help of a command and of all below it: for checking that they are commands.
pub fn examples(command: clap::Command) -> Vec<String> {
    let (mut waiting, mut examples) = (vec![command], Vec::new());
    while let Some(command) = waiting.pop() {
        waiting.extend(command.get_subcommands().cloned());
        let help = command.get_after_help().map(ToString::to_string);
        let lines = help.iter().flat_map(|help| help.lines());
        let indented = lines.filter(|line| line.starts_with("  "));
        examples.extend(indented.map(ToOwned::to_owned));
    }
    examples
}
