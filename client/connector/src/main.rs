//! The program: see `senim-connector --help`.
#![forbid(unsafe_code)]

use clap::Parser;
use senim_connector::args::Cli;
use senim_connector::commands;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Only the connector's own lines: a library below could show a message on its way.
    let own = EnvFilter::new("off,senim_connector=info");
    tracing_subscriber::fmt()
        .with_env_filter(own)
        .with_writer(std::io::stderr)
        .init();
    match commands::run(cli) {
        Ok(answer) => {
            senim_cli::say(&answer.text);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let lines = failure.lines.iter().map(|line| format!("{line}\n"));
            let text = format!("senim-connector: {}: {}\n", failure.code, failure.message);
            senim_cli::complain(&lines.fold(text, |text, line| text + &line));
            ExitCode::from(failure.exit as u8)
        }
    }
}
