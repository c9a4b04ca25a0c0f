//! What needs no network and no key: national identifiers, error codes, completion, manual pages.

use crate::answer::Answer;
use crate::args::Cli;
use crate::failure::{Failure, Result};
use clap::{Args, CommandFactory, Subcommand};
use clap_complete::Shell;
use senim_codes::national_id;
use senim_types::Code as ErrorCode;
use serde_json::json;
use std::ffi::OsString;
use std::path::PathBuf;

/// National identifiers.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Checks an ИИН or БИН: structure, date, check digit. The answer is JSON; the number is not repeated in it.
    #[command(after_help = "Example (an invented number):\n  senim id check 160540012340")]
    Check(Check),
}

/// Arguments of `id check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Twelve digits.
    #[arg(allow_hyphen_values = true)]
    pub number: OsString,
}

/// Arguments of `code`.
#[derive(Debug, Args)]
pub struct Code {
    /// Name or number, such as `QR_REPLAYED` or `3310`.
    pub code: String,
}

/// Arguments of `completion`.
#[derive(Debug, Args)]
pub struct Completion {
    /// Which shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The folder for the pages.
    pub to: PathBuf,
}

/// Runs a command about identifiers.
pub fn run(command: &Command) -> Result<Answer> {
    let Command::Check(args) = command;
    // What is not text is no number either.
    let number = args.number.to_str().ok_or(ErrorCode::ID_FORM)?;
    let checked = national_id::check(number)?;
    Ok(Answer::json_only(json!(checked)))
}

/// Explains an error code.
pub fn explain(args: &Code) -> Result<Answer> {
    let wanted = args.code.trim().to_uppercase();
    let by_number = wanted.parse().ok().map(ErrorCode);
    let code = by_number.or_else(|| ErrorCode::from_name(&wanted));
    let entry = code.and_then(ErrorCode::entry).ok_or_else(|| {
        Failure::with(
            ErrorCode::NOT_FOUND,
            "There is no such code: docs/errors.md lists all. A number that is not there is a contract's own.",
        )
    })?;
    let json = json!({
        "number": entry.code.0,
        "name": entry.name,
        "fault": entry.fault.name(),
        "advice": entry.advice,
    });
    Ok(Answer::new(json)
        .line(format!("{} ({})", entry.name, entry.code.0))
        .line(format!("  {}", entry.advice))
        .line(format!("  Who acts: the {}.", entry.fault.name())))
}

/// The completion script of a shell.
pub fn completion(args: &Completion) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "senim", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let json = json!({ "shell": args.shell.to_string(), "script": script });
    Answer { text: script, json }
}

/// A manual page for each command.
pub fn man(args: &Man) -> Result<Answer> {
    let to = args.to.display();
    std::fs::create_dir_all(&args.to)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), &args.to))
        .map_err(|error| Failure::with(ErrorCode::FILE_UNWRITABLE, format!("{to}: {error}")))?;
    Ok(Answer::new(json!({ "dir": to.to_string() }))
        .line(format!("Wrote the manual pages into {to}")))
}
