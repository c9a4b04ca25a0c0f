//! The command line: what every command has in common, and the list of commands. Each command's own arguments stand
//! beside what it does, in [`crate::commands`].

use crate::commands::{
    act, card, contract, details, device, explain, fund, id, key, ledger, log, organisation, pack,
    payment, peer, pharmacy, prescription, programme, purse, report, school, terminal, upgrade,
    validator, verify, voucher, wallet,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Works with a Senim ledger: prescriptions, packs, payments, and the proofs of what happened.
#[derive(Debug, Parser)]
#[command(
    name = "senim",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Exit codes:
  0  done
  1  refused: the request has to change (the code says how; `senim code NAME` explains it)
  2  the command line is not understood
  3  the node, or the way to it: try again, or another node
  4  a proof does not hold: do not rely on the answer

Example, on a devnet that `senimd devnet` runs in ./devnet:
  senim status
  senim pack parse '(01)04870001000011(21)MF0001(17)310531(10)M2601'
  senim wallet new --wallet wallet"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Where and how.
    #[command(flatten)]
    pub global: Global,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// The node's HTTP interface.
    #[arg(
        long,
        global = true,
        env = "SENIM_NODE",
        default_value = "http://127.0.0.1:7101"
    )]
    pub node: String,
    /// The network's folder: its genesis.json, which answers are checked against, and on a devnet its keys.
    #[arg(long, global = true, env = "SENIM_DIR", default_value = "devnet")]
    pub dir: PathBuf,
    /// The newest block that is trusted, as `senim log follow` keeps it: answers are checked against its validators
    /// instead of those of the genesis. Without it, trusted.light in the network's folder, where there is one.
    #[arg(long, global = true, env = "SENIM_TRUSTED")]
    pub trusted: Option<PathBuf>,
    /// How to tell the result.
    #[arg(short, long, global = true, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// How a result is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people; errors on standard error.
    Text,
    /// One JSON object on standard output; an error is `{"code", "message", …}`.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Says how a node is: chain, height, time, waiting transactions.
    #[command(after_help = "Example:\n  senim status --node http://127.0.0.1:7102")]
    Status,
    /// Shows a block and checks its certificate against the genesis.
    #[command(after_help = "Example:\n  senim block latest")]
    Block(ledger::Block),
    /// Shows what became of a transaction, with its proof.
    #[command(after_help = "Example:\n  senim receipt HASH --wait --save receipt.proof")]
    Receipt(ledger::Receipt),
    /// Reads a key of the state, or its absence, with its proof.
    #[command(
        after_help = "Example (the record of organisation 20: contract 1, collection 2, number):\n  senim state 000000010200000014"
    )]
    State(ledger::State),
    /// Checks a proof with nothing but the genesis: no network, no node, nobody to trust.
    #[command(
        after_help = "Example:\n  senim verify --genesis genesis.json --receipt-proof receipt.proof"
    )]
    Verify(verify::Verify),
    /// The log of all headers: its checkpoints, what is in it, and trust that follows it.
    #[command(subcommand)]
    Log(log::Command),
    /// Submits the bytes of a signed transaction and waits until it is final.
    #[command(after_help = "Example:\n  senim submit transaction.borsh")]
    Submit(ledger::Submit),
    /// Asks a contract a question in JSON; nothing proves the answer (see `senim state`).
    #[command(
        after_help = "Example:\n  senim query registry '{\"organisation\":{\"org\":20}}'\n  senim query treasury '{\"budget\":{\"budget\":1}}'"
    )]
    Query(ledger::Query),
    /// Shows a budget line, proven.
    #[command(after_help = "Example:\n  senim budget 1")]
    Budget(ledger::Budget),
    /// Makes and shows keys.
    #[command(subcommand)]
    Key(key::Command),
    /// Registers, suspends and revokes organisations.
    #[command(subcommand)]
    Organisation(organisation::Command),
    /// Says who votes.
    #[command(subcommand)]
    Validator(validator::Command),
    /// Enrols, suspends and revokes devices.
    #[command(subcommand)]
    Device(device::Command),
    /// Says which nodes may connect to the others.
    #[command(subcommand)]
    Peer(peer::Command),
    /// Upgrades of the protocol and of contracts, from a height on.
    #[command(subcommand)]
    Upgrade(upgrade::Command),
    /// A clinic's commands: issue, show, cancel.
    #[command(subcommand)]
    Prescription(prescription::Command),
    /// A citizen's commands: keys, list, QR, cancel.
    #[command(subcommand)]
    Wallet(wallet::Command),
    /// A pharmacy's commands: hold, dispense, give back, undo, sales.
    #[command(subcommand)]
    Pharmacy(pharmacy::Command),
    /// Vouchers: issue, use, show, take back.
    #[command(subcommand)]
    Voucher(voucher::Command),
    /// A school's commands: which days are open, and who was present.
    #[command(subcommand)]
    School(school::Command),
    /// A payer's commands: budget lines and the money in them.
    #[command(subcommand)]
    Fund(fund::Command),
    /// Programmes: what a support measure allows, and what other rules would have changed.
    #[command(subcommand)]
    Programme(programme::Command),
    /// Says why something about a voucher was decided as it was: every rule that was looked at, judged again here.
    #[command(after_help = "Example:\n  senim explain HASH")]
    Explain(explain::Explain),
    /// Contracts of payers with providers: what may be paid, and how.
    #[command(subcommand)]
    Contract(contract::Command),
    /// A provider's bank details: proposed by it, approved by two devices of the payer's.
    #[command(subcommand)]
    Details(details::Command),
    /// Acts of completed work: signed by the provider, accepted or disputed by the payer.
    #[command(subcommand)]
    Act(act::Command),
    /// Payments by a bank: the file that goes to it, and what its answers mean.
    #[command(subcommand)]
    Payment(payment::Command),
    /// A provider's own digital tenge.
    #[command(subcommand)]
    Purse(purse::Command),
    /// Benefit cards: issue, keys, block, replace; and a card at a reader.
    #[command(subcommand)]
    Card(card::Command),
    /// Terminals: their last contact, software and clocks.
    #[command(subcommand)]
    Terminal(terminal::Command),
    /// Reports: who received what, and who stands out.
    #[command(subcommand)]
    Report(report::Command),
    /// Packs: their codes, images, and what the register says of them.
    #[command(subcommand)]
    Pack(pack::Command),
    /// National identifiers.
    #[command(subcommand)]
    Id(id::Command),
    /// Explains an error code, by name or number.
    #[command(after_help = "Example:\n  senim code QR_REPLAYED\n  senim code 3310")]
    Code(id::Code),
    /// Writes the shell's completion to standard output.
    #[command(
        after_help = "Example:\n  senim completion bash > ~/.local/share/bash-completion/completions/senim"
    )]
    Completion(id::Completion),
    /// Writes manual pages, one for each command, into a folder.
    #[command(after_help = "Example:\n  senim man ~/.local/share/man/man1")]
    Man(id::Man),
}
