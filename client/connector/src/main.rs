//! The program: see `senim-connector --help`.
#![forbid(unsafe_code)]

use clap::Parser;
use senim_cli::args::Output;
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
    senim_cli::finish("senim-connector", commands::run(cli), Output::Text)
}
