//! How the log is written: where, how much, in which form.

use crate::config::LogFormat;
use std::io::IsTerminal;
use std::sync::OnceLock;
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

/// The form of this process's log, once it is started.
static FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// Whether every line on standard error has to be a JSON object.
pub fn is_json() -> bool {
    FORMAT.get() == Some(&LogFormat::Json)
}

/// Starts the log of this process, on standard error.
pub fn start(filter: EnvFilter, format: LogFormat) {
    FORMAT.get_or_init(|| format);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => {
            log.json().flatten_event(true).init();
            std::panic::set_hook(Box::new(|panic| {
                tracing::error!(reason = %panic, "a thread panicked");
            }));
        }
    }
}
