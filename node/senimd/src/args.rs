//! The command line.

pub use crate::args_bench::{Bench, BenchStore, Scenario, Work};
use crate::args_key::{Key, PassphraseArgs};
use crate::ceremony::GenesisArgs;
use crate::config::layers::Flag;
use crate::config::{LogFormat, MachineConfig};
use crate::machine::Machines;
use crate::sync_config::SyncArgs;
use clap::{Args, Parser, Subcommand, ValueEnum};
use figment::Figment;
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
    /// `senim_replica=debug,warn`. Without it info, or what node.toml says.
    #[arg(long, global = true, env = "SENIM_LOG")]
    pub log: Option<String>,
    /// How lines of the log look. Without it text, or what node.toml says.
    #[arg(long, global = true, value_enum)]
    pub log_format: Option<LogFormat>,
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
    /// Shows or checks a machine's settings: defaults, its `node.toml`, environment and command line together.
    #[command(subcommand)]
    Config(Config),
    /// Looks at a machine's folder and at its host, changes nothing, and says of each thing whether it is sound
    /// and what to do where it is not.
    Doctor(Doctor),
    /// Writes the shell's completion to standard output.
    Completion(Completion),
    /// Writes manual pages, one for each command.
    Man(Man),
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

/// Where the nodes listen, and what they keep. What is not given is as the folder's node.toml says, and without
/// one the default.
#[derive(Clone, Debug, Default, Args)]
pub struct ListenArgs {
    /// The address that the HTTP interfaces listen on. [default: 127.0.0.1]
    #[arg(long)]
    pub listen: Option<IpAddr>,
    /// The port of the first node's HTTP interface; the others follow. [default: 7101]
    #[arg(long)]
    pub port: Option<u16>,
    /// Shortest time between two blocks, in ms. [default: 100]
    #[arg(long)]
    pub block_interval_ms: Option<u64>,
    /// How many bytes of sealed data the nodes keep, in whole blocks of 4 KiB for each object. [default: 64 GiB]
    #[arg(long)]
    pub sealed_bytes_max: Option<u64>,
    /// How many of these are of one organisation. [default: 16 GiB]
    #[arg(long)]
    pub sealed_organisation_bytes_max: Option<u64>,
    /// Sets the nodes' clocks ahead, in ms: for rehearsals of what happens at the end of a month. Validators of one network
    /// have to agree on it, and clients too.
    #[arg(long, hide = true, env = "SENIM_CLOCK_AHEAD_MS", default_value_t = 0)]
    pub clock_ahead_ms: u64,
}

/// Where interfaces listen by default.
pub const HTTP_DEFAULT: (IpAddr, u16) = (IpAddr::V4(Ipv4Addr::LOCALHOST), 7101);

impl ListenArgs {
    /// Where the interfaces of a network's folder listen.
    pub fn at(&self) -> (IpAddr, u16) {
        let (ip, port) = HTTP_DEFAULT;
        (self.listen.unwrap_or(ip), self.port.unwrap_or(port))
    }

    /// Settings of the nodes of a network's folder, which has no node.toml.
    pub fn settings(&self, store: StoreArgs) -> MachineConfig {
        let mut config = MachineConfig::of(1);
        let sealed = &mut config.sealed;
        sealed.bytes_max = self.sealed_bytes_max.unwrap_or(sealed.bytes_max);
        sealed.organisation_bytes_max = self
            .sealed_organisation_bytes_max
            .unwrap_or(sealed.organisation_bytes_max);
        config.block_interval_ms = self.block_interval_ms.unwrap_or(config.block_interval_ms);
        config.store.backend = store.kind();
        config
    }

    /// What the command line sets of a machine's settings, above `below`.
    pub fn flags(&self, store: StoreArgs, below: &Figment) -> Vec<Flag> {
        let mut flags: Vec<Flag> = Vec::new();
        let listen = below.extract_inner::<SocketAddr>("http.listen");
        let (ip, port) = listen.map_or(HTTP_DEFAULT, |address| (address.ip(), address.port()));
        if self.listen.is_some() || self.port.is_some() {
            let name = if self.port.is_some() {
                "--port"
            } else {
                "--listen"
            };
            let address = SocketAddr::new(self.listen.unwrap_or(ip), self.port.unwrap_or(port));
            flags.push((name, "http.listen", address.to_string().into()));
        }
        let mut number = |flag, key, value: Option<u64>| {
            if let Some(value) = value {
                flags.push((flag, key, value.into()));
            }
        };
        number(
            "--block-interval-ms",
            "block_interval_ms",
            self.block_interval_ms,
        );
        number(
            "--sealed-bytes-max",
            "sealed.bytes_max",
            self.sealed_bytes_max,
        );
        number(
            "--sealed-organisation-bytes-max",
            "sealed.organisation_bytes_max",
            self.sealed_organisation_bytes_max,
        );
        if let Some(kind) = store.kind() {
            flags.push(("--store", "store.backend", kind.name().into()));
        }
        flags
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

/// What can be done with a machine's settings.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Shows every setting in force and where it is from: default, file, variable or flag.
    Show(ConfigArgs),
    /// Says whether the settings can be used, and if not everything that is wrong with them.
    Check(ConfigArgs),
}

/// Arguments of `start`.
#[derive(Debug, Args)]
pub struct Start {
    /// With what.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Makes the validators of the folder observe before they vote: for an empty folder with the key of a validator
    /// that has voted before, on another machine or a lost disk.
    #[arg(long)]
    pub observe_first: bool,
}

/// Arguments that say with what a folder's nodes run.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Where.
    #[command(flatten)]
    pub folder: FolderArgs,
    /// How.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// How encrypted keys and tokens are opened.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
    /// In what.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// With what it would start.
    #[command(flatten)]
    pub start: ConfigArgs,
    /// Reads the whole log, and not only its end: minutes for a long chain.
    #[arg(long)]
    pub full: bool,
    /// The HTTP interface of another node, whose clock is compared with this machine's.
    #[arg(long, value_name = "URL")]
    pub compare: Vec<String>,
}

/// Arguments of `completion`.
#[derive(Debug, Args)]
pub struct Completion {
    /// Which shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The folder for the pages.
    pub to: PathBuf,
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
            assert_eq!(start.config.store.kind(), Some(kind));
        }
        let Ok(Command::Start(start)) = Cli::try_parse_from(["senimd", "start"]).map(|c| c.command)
        else {
            panic!("the store need not be named");
        };
        assert_eq!(start.config.store.kind(), None);
        assert!(Cli::try_parse_from(["senimd", "start", "--store", "redb"]).is_err());
    }
}
