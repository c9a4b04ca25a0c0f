//! The command line.

use crate::phone::Phone;
use crate::sealing::BoxPublic;
use crate::smpp::smsc::Subscriber;
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Asks parents for their consent by SMS and brings their answers to the ledger; and what belongs to that: sealed lists,
/// the register of telephones, an SMSC to rehearse with.
#[derive(Debug, Parser)]
#[command(name = "senim-portal", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Shows the public half of a key that lists are sealed for; makes the key where there is none.
    #[command(after_help = "Example:\n  senim-portal key --file portal/lists.key")]
    Key {
        /// The file with the secret half.
        #[arg(long)]
        file: PathBuf,
    },
    /// Sealed lists of persons who are entitled.
    #[command(subcommand)]
    List(ListCommand),
    /// Takes over a table of telephone numbers, with the columns iin and phone, as the register of mobile citizens.
    #[command(
        after_help = "Example:\n  senim-portal numbers --config portal.toml --table numbers.csv"
    )]
    Numbers {
        /// The portal's settings.
        #[arg(long, default_value = "portal.toml")]
        config: PathBuf,
        /// The table.
        #[arg(long)]
        table: PathBuf,
    },
    /// Follows the ledger, asks by SMS, brings answers. Runs until it is told to stop.
    #[command(after_help = "Example:\n  senim-portal run --config portal.toml")]
    Run {
        /// The portal's settings.
        #[arg(long, default_value = "portal.toml")]
        config: PathBuf,
    },
    /// Tells how often each thing happened, and each line by pseudonym, as JSON.
    #[command(after_help = "Example:\n  senim-portal report --config portal.toml")]
    Report {
        /// The portal's settings.
        #[arg(long, default_value = "portal.toml")]
        config: PathBuf,
    },
    /// An SMSC to rehearse with. Shows what telephones show; a line `NUMBER TEXT` on its input is a reply.
    #[command(
        after_help = "Example:\n  senim-portal smsc --subscriber 77010000001=yes --subscriber 77010000002=blocked"
    )]
    Smsc {
        /// Where it listens.
        #[arg(long, default_value = "127.0.0.1:2775")]
        listen: SocketAddr,
        /// How a subscriber behaves: yes, no, silent, blocked, away, unknown, from:NUMBER, says:TEXT.
        #[arg(long, value_name = "NUMBER=HOW", value_parser = subscriber)]
        subscriber: Vec<(Phone, Subscriber)>,
    },
}

/// A node and what its answers are checked against.
#[derive(Debug, Args)]
pub struct Network {
    /// The node's HTTP interface.
    #[arg(long, env = "SENIM_NODE", default_value = "http://127.0.0.1:7101")]
    pub node: String,
    /// The network's folder: its genesis.json, and on a devnet its keys.
    #[arg(long, env = "SENIM_DIR", default_value = "devnet")]
    pub dir: PathBuf,
}

/// Commands about lists.
#[derive(Debug, Subcommand)]
pub enum ListCommand {
    /// The office: lists the persons of a table on the ledger, and writes the sealed list for portal and identity service.
    #[command(
        after_help = "Example:\n  senim-portal list make --persons persons.csv --categories 1,2 --portal-key HEX --identity-key HEX --out september.list"
    )]
    Make(Make),
    /// The portal: checks a list, and puts it where `senim-portal run` opens it.
    #[command(
        after_help = "Example:\n  senim-portal list open --config portal.toml --list september.list"
    )]
    Open {
        /// The portal's settings.
        #[arg(long, default_value = "portal.toml")]
        config: PathBuf,
        /// The list.
        #[arg(long)]
        list: PathBuf,
    },
    /// The identity service: says on the ledger who has a voucher of the group already, by nullifiers.
    #[command(
        after_help = "Example:\n  senim-portal list attest --list september.list --file identity/lists.key --secret identity/nullifiers.key --period 2026-2027"
    )]
    Attest(Attest),
}

/// Arguments of `list make`.
#[derive(Debug, Args)]
pub struct Make {
    /// The table: iin, parent_iin, child, category, place, amount_tiyn, until_ms.
    #[arg(long)]
    pub persons: PathBuf,
    /// Categories that the rule entitles.
    #[arg(long, value_delimiter = ',', required = true)]
    pub categories: Vec<u8>,
    /// Under which programme.
    #[arg(long, default_value_t = 3)]
    pub programme: u32,
    /// The portal's public key for lists.
    #[arg(long)]
    pub portal_key: BoxPublic,
    /// The identity service's public key for lists.
    #[arg(long)]
    pub identity_key: BoxPublic,
    /// The office's device key, by name or file.
    #[arg(long, default_value = "office")]
    pub key: String,
    /// Where the list is written.
    #[arg(long)]
    pub out: PathBuf,
    /// Node and genesis.
    #[command(flatten)]
    pub network: Network,
}

/// Arguments of `list attest`.
#[derive(Debug, Args)]
pub struct Attest {
    /// The list.
    #[arg(long)]
    pub list: PathBuf,
    /// The key that lists are sealed for.
    #[arg(long)]
    pub file: PathBuf,
    /// The secret of nullifiers, which is made where there is none. Whoever has it can find persons by trying numbers.
    #[arg(long)]
    pub secret: PathBuf,
    /// The period in which nobody gets it twice, such as a school year.
    #[arg(long)]
    pub period: String,
    /// The identity service's device key, by name or file.
    #[arg(long, default_value = "identity")]
    pub key: String,
    /// Node and genesis.
    #[command(flatten)]
    pub network: Network,
}

fn subscriber(text: &str) -> Result<(Phone, Subscriber), String> {
    let read = || {
        let (number, behaves) = text.split_once('=')?;
        Some((Phone::read(number)?, Subscriber::read(behaves)?))
    };
    read().ok_or_else(|| format!("`{text}` is not NUMBER=HOW, such as 77010000001=yes"))
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
        // A key that a reader puts in has 64 hex digits.
        let key = "00".repeat(32);
        let examples = senim_cli::examples(Cli::command());
        for line in &examples {
            let words = line
                .split_whitespace()
                .map(|word| if word == "HEX" { key.as_str() } else { word });
            Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
        assert_eq!(examples.len(), 8);
    }
}
