//! Settings, and what is looked at without running anything.

use super::Failure;
use clap::{CommandFactory, ValueEnum};
use senim_types::Code;
use senimd::args::{Cli, Completion, Config, ConfigArgs, Doctor, Man, Output};
use senimd::config::{Effective, MachineConfig, show};
use senimd::doctor::{self, Question};
use senimd::folder::{Folder, FolderError};
use senimd::{logging, machine};
use std::process::ExitCode;

/// Starts the log: as the command line says, else as the settings say.
pub fn start_log(cli: &Cli, settings: Option<&MachineConfig>) -> Result<(), Failure> {
    let default = settings
        .map(|settings| settings.log.clone())
        .unwrap_or_default();
    let text = cli.log.as_deref().unwrap_or(&default.filter);
    let filter = logging::filter(text).map_err(|error| Failure {
        code: Code::CONFIGURATION,
        message: format!(
            "--log {text:?} is not a filter: {error}. Give a level, such as info, or a filter, such as \
             senim_replica=debug,warn"
        ),
    })?;
    logging::start(filter, cli.log_format.unwrap_or(default.format));
    Ok(())
}

/// A machine's settings, with environment and command line; none if the folder is not one of a machine.
pub fn settings(cli: &Cli, args: &ConfigArgs) -> Result<Option<Effective>, FolderError> {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let folder = Folder::new(&args.folder.dir);
    machine::effective(&folder, variables, |below| {
        let mut flags = args.listen.flags(args.store, below);
        if let Some(filter) = &cli.log {
            flags.push(("--log or SENIM_LOG", "log.filter", filter.as_str().into()));
        }
        if let Some(format) = cli.log_format.and_then(|format| format.to_possible_value()) {
            flags.push(("--log-format", "log.format", format.get_name().into()));
        }
        flags
    })
}

/// What is broken is its answer, and no failure of its own: the exit code is 1.
pub fn doctor(cli: &Cli, args: &Doctor) -> ExitCode {
    let report = doctor::examine(&Question {
        folder: Folder::new(&args.start.folder.dir),
        settings: settings(cli, &args.start),
        is_full: args.full,
        compare: args.compare.clone(),
    });
    match cli.output {
        Output::Json => println!(
            "{}",
            serde_json::json!({ "ok": report.is_sound(), "findings": report.findings })
        ),
        Output::Text => println!("{report}"),
    }
    if report.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

pub fn config(cli: &Cli, command: &Config) -> Result<(), Failure> {
    let (Config::Show(args) | Config::Check(args)) = command;
    let path = args.folder.dir.join(machine::CONFIG_FILE);
    let effective = settings(cli, args)?.ok_or_else(|| Failure {
        code: Code::CONFIGURATION,
        message: format!(
            "{} is not there: the folder is not one of a machine. Make one with `senimd join` or `senimd init --machines`; \
             a network's folder takes its settings from the command line alone",
            path.display()
        ),
    })?;
    match (command, cli.output) {
        (Config::Show(_), Output::Text) => print!("{}", show::text(&effective)),
        (Config::Show(_), Output::Json) => println!(
            "{}",
            serde_json::json!({ "file": path.display().to_string(), "settings": show::json(&effective) })
        ),
        (Config::Check(_), Output::Text) => println!("{} can be used", path.display()),
        (Config::Check(_), Output::Json) => println!(
            "{}",
            serde_json::json!({ "file": path.display().to_string(), "problems": [] })
        ),
    }
    Ok(())
}

/// The completion script of a shell.
pub fn completion(args: &Completion) {
    let mut command = Cli::command();
    clap_complete::generate(args.shell, &mut command, "senimd", &mut std::io::stdout());
}

/// A manual page for each command.
pub fn man(args: &Man) -> Result<(), Failure> {
    let made = std::fs::create_dir_all(&args.to)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), &args.to));
    made.map_err(|error| Failure {
        code: Code::CONFIGURATION,
        message: format!("{}: {error}", args.to.display()),
    })
}
