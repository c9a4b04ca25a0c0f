//! How the log is written: where, how much, in which form.

use crate::config::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// A level or a filter, with what is too talkative at `info` made quieter.
///
/// # Errors
/// What is not understood of it.
pub fn filter(text: &str) -> Result<EnvFilter, ParseError> {
    // Malachite tells every vote at `info`; who wants that asks for it by name.
    EnvFilter::try_new(format!("arc_malachitebft_core_consensus=warn,{text}"))
}

/// Starts the log of this process, on standard error.
pub fn start(filter: EnvFilter, format: LogFormat) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}
