//! The command line.

use crate::clinic::message_id;
use clap::{ArgGroup, Args, Parser, Subcommand};
use senim_cli::words::parse_offset;
use senim_types::Hash;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Tells clinics' systems and marking operators what happened on the ledger, each message until it is acknowledged, and
/// takes in what they tell.
#[derive(Debug, Parser)]
#[command(name = "senim-connector", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The outside systems.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A clinic's system: its messages in, what became of its prescriptions back.
    #[command(subcommand)]
    Clinic(Clinic),
    /// A marking operator's system: what was dispensed out, movements of packs in.
    #[command(subcommand)]
    Marking(Marking),
}

/// Commands about a clinic's system.
#[derive(Debug, Subcommand)]
pub enum Clinic {
    /// Takes the clinic's messages in over HTTP, and reports back. Runs until it is told to stop.
    #[command(
        after_help = "Example:\n  senim-connector clinic run --clinic clinic --endpoint http://127.0.0.1:7250/fhir --state connector"
    )]
    Run(Box<ClinicRun>),
    /// Shows what waits: the register.
    #[command(after_help = "Example:\n  senim-connector clinic list --state connector")]
    List(List),
    /// Has a message tried again, now.
    #[command(
        after_help = "Example:\n  senim-connector clinic retry 0000000000000000000000000000000000000000000000000000000000000000 --state connector"
    )]
    Retry(One),
    /// Says that a message need not go.
    #[command(
        after_help = "Example:\n  senim-connector clinic dismiss 0000000000000000000000000000000000000000000000000000000000000000 --reason told-by-telephone --state connector"
    )]
    Dismiss(Dismiss),
    /// Sends a message as a clinic's system does, to rehearse: shows the answer, or is refused with its code.
    #[command(
        after_help = "Example:\n  senim-connector clinic send --fhir tests/data/demo/order.json --holder senimwallet1…"
    )]
    Send(Send),
    /// A clinic's system to rehearse with. Shows what it is told; a line on its input changes how it behaves: well, down,
    /// slow MS, nonsense, refuse TEXT.
    #[command(after_help = "Example:\n  senim-connector clinic system --listen 127.0.0.1:7250")]
    System {
        /// Where it listens.
        #[arg(long, default_value = "127.0.0.1:7250")]
        listen: SocketAddr,
    },
}

/// Commands about a marking operator's system.
#[derive(Debug, Subcommand)]
pub enum Marking {
    /// Reports what the pharmacy dispensed, and brings the operator's movements to the ledger. Runs until it is told to
    /// stop.
    #[command(
        after_help = "Example:\n  senim-connector marking run --endpoint http://127.0.0.1:7260 --key pharmacy --state marking\n  senim-connector marking run --endpoint http://127.0.0.1:7260 --operator-key regulator --state operator"
    )]
    Run(MarkingRun),
    /// Shows what waits: the register.
    #[command(after_help = "Example:\n  senim-connector marking list --state marking")]
    List(List),
    /// Has a message tried again, now.
    #[command(
        after_help = "Example:\n  senim-connector marking retry 0000000000000000000000000000000000000000000000000000000000000000 --state marking"
    )]
    Retry(One),
    /// Says that a message need not go.
    #[command(
        after_help = "Example:\n  senim-connector marking dismiss 0000000000000000000000000000000000000000000000000000000000000000 --reason told-by-telephone --state marking"
    )]
    Dismiss(Dismiss),
    /// A marking operator's system to rehearse with. Shows what it is told; a line on its input changes how it behaves
    /// (well, down, slow MS, nonsense, refuse TEXT), or is a movement in JSON.
    #[command(after_help = "Example:\n  senim-connector marking operator --listen 127.0.0.1:7260")]
    Operator {
        /// Where it listens.
        #[arg(long, default_value = "127.0.0.1:7260")]
        listen: SocketAddr,
    },
}

/// What runs.
#[derive(Debug, Args)]
pub struct Running {
    /// The node's HTTP interface.
    #[arg(long, env = "SENIM_NODE", default_value = "http://127.0.0.1:7101")]
    pub node: String,
    /// The network's folder: its genesis.json, and on a devnet its keys.
    #[arg(long, env = "SENIM_DIR", default_value = "devnet")]
    pub dir: PathBuf,
    /// Where the outside system is, such as http://127.0.0.1:7250/fhir.
    #[arg(long)]
    pub endpoint: String,
    /// A file with the bearer token that the outside system wants, which only its owner can read.
    #[arg(long)]
    pub token: Option<PathBuf>,
    /// The connector's own folder.
    #[command(flatten)]
    pub place: Place,
    /// How often the node is asked, in ms.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    pub poll_ms: u64,
    /// How long the outside system may take to answer, in ms.
    #[arg(long, default_value_t = 15_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub answer_ms: u64,
    /// The pause after a first failure, in ms; each next is twice as long.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub pause_ms: u64,
    /// The longest pause, in ms.
    #[arg(long, default_value_t = 300_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub pause_max_ms: u64,
}

/// Where a connector keeps what it must not forget.
#[derive(Debug, Args)]
pub struct Place {
    /// The connector's own folder: journal and register, sealed.
    #[arg(long, default_value = "connector")]
    pub state: PathBuf,
    /// The key of what lies in the folder, if it lies elsewhere.
    #[arg(long)]
    pub vault: Option<PathBuf>,
}

/// Arguments of `clinic run`.
#[derive(Debug, Args)]
pub struct ClinicRun {
    /// The clinic's own folder, as `senim prescription issue` has it.
    #[arg(long, default_value = "clinic", env = "SENIM_CLINIC")]
    pub clinic: PathBuf,
    /// The clinic's device: a key by name or file.
    #[arg(long, default_value = "clinic")]
    pub key: String,
    /// Where the clinic's system posts its messages: /fhir/$process-message.
    #[arg(long, default_value = "127.0.0.1:7240")]
    pub listen: SocketAddr,
    /// A file with the bearer token that the clinic's system has to send. Needed where not only this machine is listened
    /// to.
    #[arg(long)]
    pub door_token: Option<PathBuf>,
    /// The support measure where a message names none.
    #[arg(long, default_value_t = 1)]
    pub programme: u32,
    /// The prescriber where a message names none.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub prescriber: u32,
    /// Offset of civil dates in messages from UTC.
    #[arg(long, default_value = "+05:00", value_parser = parse_offset, allow_hyphen_values = true)]
    pub offset: i16,
    /// Where and how.
    #[command(flatten)]
    pub running: Running,
}

/// Arguments of `clinic send`.
#[derive(Debug, Args)]
pub struct Send {
    /// Where the connector listens.
    #[arg(long, default_value = "http://127.0.0.1:7240")]
    pub to: String,
    /// The message.
    #[arg(long)]
    pub fhir: PathBuf,
    /// A one-time key of the person's wallet, for an order.
    #[arg(long)]
    pub holder: Option<String>,
    /// A file with the bearer token that the connector wants.
    #[arg(long)]
    pub token: Option<PathBuf>,
}

/// Arguments of `marking run`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("who").required(true).multiple(true))]
pub struct MarkingRun {
    /// A device of the pharmacy whose supplies are reported: a key by name or file.
    #[arg(long, group = "who")]
    pub key: Option<String>,
    /// The operator's own device, which brings its movements to the ledger: a key by name or file.
    #[arg(long, group = "who")]
    pub operator_key: Option<String>,
    /// Where and how.
    #[command(flatten)]
    pub running: Running,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct List {
    /// Shows what was dismissed, too.
    #[arg(long)]
    pub dismissed: bool,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
    /// Whose.
    #[command(flatten)]
    pub place: Place,
}

/// Arguments of `retry`.
#[derive(Debug, Args)]
pub struct One {
    /// The message, as `list` shows it.
    #[arg(value_parser = message_id)]
    pub id: Hash,
    /// Whose.
    #[command(flatten)]
    pub place: Place,
}

/// Arguments of `dismiss`.
#[derive(Debug, Args)]
pub struct Dismiss {
    /// The message, as `list` shows it.
    #[arg(value_parser = message_id)]
    pub id: Hash,
    /// Why it need not go. No personal data: it is kept.
    #[arg(long)]
    pub reason: String,
    /// Whose.
    #[command(flatten)]
    pub place: Place,
}

impl Place {
    /// The key of what lies in the folder.
    pub fn vault(&self) -> PathBuf {
        let elsewhere = self.vault.clone();
        elsewhere.unwrap_or_else(|| self.state.join("vault.key"))
    }
}

/// Whether these words are a command of this program: for checking documents.
pub fn is_command(words: &[String]) -> bool {
    senim_cli::has_command(<Cli as clap::CommandFactory>::command(), words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound_and_its_examples_are_commands() {
        Cli::command().debug_assert();
        let examples = senim_cli::examples(Cli::command());
        for line in &examples {
            Cli::try_parse_from(line.split_whitespace())
                .unwrap_or_else(|error| panic!("{line}: {error}"));
        }
        assert_eq!(examples.len(), 12);
    }
}
