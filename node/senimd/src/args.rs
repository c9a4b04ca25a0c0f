//! The command line.

use crate::args_key::{Key, PassphraseArgs};
use crate::bench::load::Wanted;
use crate::ceremony::GenesisArgs;
use crate::machine::Machines;
use crate::sync_config::SyncArgs;
use clap::{Args, Parser, Subcommand, ValueEnum};
use senim_api::SealedLimits;
use senim_network::Multiaddr;
use senim_state::store::StoreKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The Senim daemon: runs the nodes of a permissioned ledger for vouchers and prescriptions.
///
/// Begin with `senimd devnet`: it makes a network of four validators in ./devnet and runs it on
/// this machine. Then `senim status` in another terminal, and `senim --help` for what to do with it.
#[derive(Debug, Parser)]
#[command(name = "senimd", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How much to log to standard error: error, warn, info, debug, trace, or a filter such as
    /// `senim_replica=debug,warn`.
    #[arg(long, global = true, default_value = "info", env = "SENIM_LOG")]
    pub log: String,
    /// How a command tells its result.
    #[arg(short, long, global = true, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// Whether these words are a command of this program: for checking documents.
pub fn is_command(words: &[String]) -> bool {
    let mut command = <Cli as clap::CommandFactory>::command();
    words
        .iter()
        .all(|word| match command.find_subcommand(word).cloned() {
            Some(found) => {
                command = found;
                true
            }
            None => false,
        })
}

/// How a result is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Text,
    /// One JSON object, for programs.
    Json,
}

/// The daemon's commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes a network's folder: keys for everybody in the template, contract code, genesis.
    Init(Init),
    /// Agrees on a genesis among organisations that do not trust each other, step by step.
    Genesis(GenesisArgs),
    /// Runs every validator whose key is in a network's folder, or the node of a machine's folder (one with a
    /// `node.toml`).
    Start(Start),
    /// Makes the folder of a devnet where there is none, and runs it: `init` and `start` in one.
    Devnet(Devnet),
    /// Makes the folder of a node that joins a running network without a vote: it follows, serves and proves.
    Join(Join),
    /// Makes a backup of a folder in one file: blocks, genesis, settings, code, sealed data; no keys and no votes.
    /// The node may run meanwhile.
    Backup(Backup),
    /// Puts a backup into a folder of its own and proves every block of it. A restored validator observes before it
    /// votes, so that it contradicts nothing that it forgot.
    Restore(Restore),
    /// Makes, imports, encrypts and shows the secret keys of nodes.
    Key(Key),
    /// Measures pharmacy redemptions (hold + dispense) on a network of its own and says where the
    /// time goes.
    Bench(Bench),
    /// Measures a node's store alone: fills it as a ledger does with many live tokens, redeems, and
    /// starts again.
    BenchStore(BenchStore),
}

/// A network's folder.
#[derive(Clone, Debug, Args)]
pub struct FolderArgs {
    /// The network's folder.
    #[arg(long, default_value = "devnet", env = "SENIM_DIR")]
    pub dir: PathBuf,
}

/// What a network is made of.
#[derive(Clone, Debug, Args)]
pub struct TemplateArgs {
    /// Who is in the network and what it starts with.
    #[arg(long, default_value = "genesis/devnet.toml")]
    pub template: PathBuf,
    /// The folder with the contracts' code.
    #[arg(long, default_value = "genesis/contracts")]
    pub contracts: PathBuf,
    /// How many of the template's validators run, from one upwards.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub validators: u16,
}

/// Where the nodes listen.
#[derive(Clone, Debug, Args)]
pub struct ListenArgs {
    /// The address that the HTTP interfaces listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub listen: IpAddr,
    /// The port of the first node's HTTP interface; the others follow.
    #[arg(long, default_value_t = 7101)]
    pub port: u16,
    /// Shortest time between two blocks, in ms.
    #[arg(long, default_value_t = 100)]
    pub block_interval_ms: u64,
    /// How many bytes of sealed data the nodes keep, in whole blocks of 4 KiB for each object.
    #[arg(long, default_value_t = SealedLimits::default().bytes_max)]
    pub sealed_bytes_max: u64,
    /// How many of these are of one organisation.
    #[arg(long, default_value_t = SealedLimits::default().organisation_bytes_max)]
    pub sealed_organisation_bytes_max: u64,
}

impl ListenArgs {
    /// The limits of the store of sealed data.
    pub fn sealed_limits(&self) -> SealedLimits {
        SealedLimits {
            bytes_max: self.sealed_bytes_max,
            organisation_bytes_max: self.sealed_organisation_bytes_max,
        }
    }
}

/// Whether validators run as processes of their own.
#[derive(Clone, Debug, Args)]
pub struct MachinesArgs {
    /// Each validator as a process of its own with its own folder, reaching the others over libp2p; else all in
    /// one process.
    #[arg(long)]
    pub machines: bool,
    /// The port at which others reach the first machine; the next ones follow.
    #[arg(long, default_value_t = 7301)]
    pub network_port: u16,
}

impl MachinesArgs {
    /// Where the machines are, if there are to be any: their interfaces from `http_port` on.
    pub fn at(&self, ip: IpAddr, http_port: u16) -> Option<Machines> {
        self.machines.then_some(Machines {
            ip,
            network_port: self.network_port,
            http_port,
        })
    }
}

/// Where nodes keep what can be made anew from their log.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct StoreArgs {
    /// The backend of the nodes' store. Without it, the one that wrote the store, and sled for a new
    /// one. With another than that, the node says so and rebuilds the store from its log.
    #[arg(long, value_enum)]
    pub store: Option<Backend>,
}

/// A backend of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// sled 0.34: the default.
    Sled,
    /// fjall 3: for nodes with many live tokens.
    Fjall,
}

impl StoreArgs {
    /// The backend that is asked for, if one is.
    pub fn kind(&self) -> Option<StoreKind> {
        self.store.map(StoreKind::from)
    }
}

impl From<Backend> for StoreKind {
    fn from(backend: Backend) -> StoreKind {
        match backend {
            Backend::Sled => StoreKind::Sled,
            Backend::Fjall => StoreKind::Fjall,
        }
    }
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Where.
    #[command(flatten)]
    pub folder: FolderArgs,
    /// Of what.
    #[command(flatten)]
    pub template: TemplateArgs,
    /// In how many processes.
    #[command(flatten)]
    pub machines: MachinesArgs,
    /// The address of all machines.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub listen: IpAddr,
    /// The port of the first machine's HTTP interface; the next ones follow.
    #[arg(long, default_value_t = 7101)]
    pub port: u16,
}

/// Arguments of `start`.
#[derive(Debug, Args)]
pub struct Start {
    /// Where.
    #[command(flatten)]
    pub folder: FolderArgs,
    /// How.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// In what.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Makes the validators of the folder observe before they vote: for an empty folder with the key of a validator
    /// that has voted before, on another machine or a lost disk.
    #[arg(long)]
    pub observe_first: bool,
    /// How encrypted keys and tokens are opened.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
}

/// Arguments of `join`.
#[derive(Debug, Args)]
pub struct Join {
    /// A folder with the network's genesis.json and contracts, as whoever runs it hands them out.
    #[arg(long, default_value = "devnet")]
    pub network: PathBuf,
    /// The new node's folder.
    #[arg(long)]
    pub dir: PathBuf,
    /// The number of the organisation that runs it.
    #[arg(long)]
    pub organisation: u32,
    /// Where it listens for other nodes: a multiaddr such as /ip4/0.0.0.0/tcp/7301. Without it, it only goes out.
    #[arg(long)]
    pub listen: Vec<Multiaddr>,
    /// Where it goes while nobody is connected, beside the addresses in the registry.
    #[arg(long)]
    pub bootstrap: Vec<Multiaddr>,
    /// Where its HTTP interface listens.
    #[arg(long, default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 7111)))]
    pub http: SocketAddr,
    /// How it catches up.
    #[command(flatten)]
    pub sync: SyncArgs,
}

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// Of what.
    #[command(flatten)]
    pub folder: FolderArgs,
    /// The file to make; it appears under this name only when it is whole.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Takes the key files as well. None of them may be open: `senimd key encrypt` comes before.
    #[arg(long)]
    pub with_keys: bool,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup.
    pub file: PathBuf,
    /// The folder to make: one that is not there, or has nothing in it.
    #[arg(long)]
    pub dir: PathBuf,
}

/// Arguments of `devnet`.
#[derive(Debug, Args)]
pub struct Devnet {
    /// Where.
    #[command(flatten)]
    pub folder: FolderArgs,
    /// Of what.
    #[command(flatten)]
    pub template: TemplateArgs,
    /// How.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// In how many processes.
    #[command(flatten)]
    pub machines: MachinesArgs,
    /// In what.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Removes an earlier devnet of this folder, with everything on it, and begins anew.
    #[arg(long)]
    pub fresh: bool,
}

/// What is played on a network of processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// As many redemptions as are taken, or `--rate`.
    #[default]
    Throughput,
    /// One of the validators is killed; the others are offered 60 % of the best.
    OneDead,
    /// Ten times the best is offered, by terminals that come again when they are told to.
    Overload,
    /// 300 redemptions a second, or `--rate`, for `--minutes`, with a look at the memory each minute.
    Soak,
    /// After `--blocks-behind` small blocks a node without a vote joins and gets all of them.
    CatchUp,
    /// Nothing is offered for `--minutes`.
    Idle,
}

impl Scenario {
    /// What it is called in a report.
    pub const fn name(self) -> &'static str {
        match self {
            Scenario::Throughput => "as many as are taken, or at a rate",
            Scenario::OneDead => "one killed, 60 % of the best offered to the others",
            Scenario::Overload => "ten times the best offered",
            Scenario::Soak => "a steady load, memory watched",
            Scenario::CatchUp => "a node joins late and catches up",
            Scenario::Idle => "nothing offered",
        }
    }
}

/// What a benchmark redeems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Work {
    /// A prescription's item at a pharmacy: a hold and a dispense, two transactions, five signatures, one pack.
    #[default]
    Pharmacy,
    /// A school meal: one transaction, one signature, a voucher of the simplest kind.
    Meal,
}

impl Work {
    /// What it is called in a report.
    pub const fn name(self) -> &'static str {
        match self {
            Work::Pharmacy => "pharmacy: hold + dispense",
            Work::Meal => "meal: one call",
        }
    }
}

/// Arguments of `bench`.
#[derive(Clone, Debug, Args)]
pub struct Bench {
    /// Validators in this process.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=16))]
    pub validators: u16,
    /// So many validators instead, each a process of its own that is loaded over HTTP.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=16))]
    pub processes: Option<u16>,
    /// What is played on a network of processes.
    #[arg(long, value_enum, default_value_t = Scenario::Throughput, requires = "processes")]
    pub scenario: Scenario,
    /// How long the scenarios that watch go on.
    #[arg(long, default_value_t = 10)]
    pub minutes: u64,
    /// Blocks that a node that catches up is behind, at least.
    #[arg(long, default_value_t = 10_000)]
    pub blocks_behind: u64,
    /// Runs of each kind on a network of processes; the best counts.
    #[arg(long, default_value_t = 3)]
    pub runs: u16,
    /// Redemptions.
    #[arg(long, default_value_t = 10_000)]
    pub transactions: u32,
    /// What a redemption is. Without it, of a pharmacy; with `--processes`, one after the other.
    #[arg(long = "of", value_enum)]
    pub work: Option<Work>,
    /// Devices that submit, in rotation.
    #[arg(long, default_value_t = 256)]
    pub devices: u16,
    /// Live prescriptions besides those that are redeemed.
    #[arg(long, default_value_t = 100_000)]
    pub live: u32,
    /// Redemptions under way at once.
    #[arg(long, default_value_t = 2_000)]
    pub concurrency: u32,
    /// Offers so many redemptions per second instead of as many as are taken.
    #[arg(long)]
    pub rate: Option<u32>,
    /// The folder for the network's data: on the disk that is to be measured. Removed at the end.
    #[arg(long, default_value = "target/bench-network")]
    pub dir: PathBuf,
    /// The folder with the contracts' code.
    #[arg(long, default_value = "genesis/contracts")]
    pub contracts: PathBuf,
    /// Shortest time between two blocks, in ms.
    #[arg(long, default_value_t = 250)]
    pub block_interval_ms: u64,
    /// In what.
    #[command(flatten)]
    pub store: StoreArgs,
}

impl Bench {
    /// The network that is made for it.
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted {
            validators: self.processes.unwrap_or(self.validators),
            devices: self.devices,
            contracts: &self.contracts,
        }
    }
}

/// Arguments of `bench-store`.
#[derive(Clone, Debug, Args)]
pub struct BenchStore {
    /// Live tokens: each a random key with a value of 142 bytes.
    #[arg(long, default_value_t = 1_000_000)]
    pub tokens: u64,
    /// Redemptions over them, once they are there.
    #[arg(long, default_value_t = 100_000)]
    pub redemptions: u64,
    /// The folder for the data: on the disk that is to be measured. Removed at the end.
    #[arg(long, default_value = "target/bench-store")]
    pub dir: PathBuf,
    /// The backend.
    #[arg(long, value_enum, default_value_t = Backend::Sled)]
    pub store: Backend,
    /// Opens what an earlier run left in the folder, and measures that: what a run does in a process
    /// of its own, so that nothing is in memory yet.
    #[arg(long, hide = true)]
    pub open: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_can_be_chosen_by_its_name_and_none_is_what_is_there() {
        for kind in StoreKind::ALL {
            let words = ["senimd", "start", "--store", kind.name()];
            let Ok(Command::Start(start)) = Cli::try_parse_from(words).map(|cli| cli.command)
            else {
                panic!("{kind} cannot be chosen");
            };
            assert_eq!(start.store.kind(), Some(kind));
        }
        let Ok(Command::Start(start)) = Cli::try_parse_from(["senimd", "start"]).map(|c| c.command)
        else {
            panic!("the store need not be named");
        };
        assert_eq!(start.store.kind(), None);
        assert!(Cli::try_parse_from(["senimd", "start", "--store", "redb"]).is_err());
    }
}
