//! The words of `senimd genesis`.

use clap::{Args, Subcommand};
use senim_network::Multiaddr;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Arguments of `genesis`.
#[derive(Debug, Args)]
pub struct GenesisArgs {
    /// The step.
    #[command(subcommand)]
    pub command: GenesisCommand,
}

/// The steps of a ceremony, in their order.
#[derive(Debug, Subcommand)]
pub enum GenesisCommand {
    /// Each organisation: makes its keys in its folder, and a contribution with the public ones to hand on.
    Keys(Keys),
    /// The operator: puts the template and everybody's contributions together.
    Assemble(Assemble),
    /// Shows what is in a ceremony's file, and whether it follows from its template and contributions.
    Show(Show),
    /// Each organisation: looks at the file and signs its chain, with the keys of its folder.
    Sign(Sign),
    /// The operator: puts everybody's signatures into the file.
    Finish(Finish),
    /// Anybody: makes sure of the whole file, and that everybody signed it.
    Verify(Show),
    /// Each organisation: makes its folder that of its machine.
    Install(Install),
}

/// Arguments of `genesis keys`.
#[derive(Debug, Args)]
pub struct Keys {
    /// The organisation's number in the template.
    #[arg(long)]
    pub organisation: u32,
    /// The organisation's folder. Its secret keys never leave it.
    #[arg(long)]
    pub dir: PathBuf,
    /// The template: the same bytes for everybody.
    #[arg(long)]
    pub template: PathBuf,
    /// Where the others will reach its validator: a multiaddr such as /ip4/192.0.2.1/tcp/7301.
    #[arg(long)]
    pub address: Option<Multiaddr>,
}

/// Arguments of `genesis assemble`.
#[derive(Debug, Args)]
pub struct Assemble {
    /// The contributions of all organisations of the template.
    #[arg(required = true)]
    pub contributions: Vec<PathBuf>,
    /// The template.
    #[arg(long)]
    pub template: PathBuf,
    /// The folder with the contracts' code.
    #[arg(long, default_value = "genesis/contracts")]
    pub contracts: PathBuf,
    /// The ceremony's file, which is made.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `genesis show` and `genesis verify`.
#[derive(Debug, Args)]
pub struct Show {
    /// The ceremony's file.
    pub file: PathBuf,
    /// The folder with the contracts' code.
    #[arg(long, default_value = "genesis/contracts")]
    pub contracts: PathBuf,
}

/// Arguments of `genesis sign`.
#[derive(Debug, Args)]
pub struct Sign {
    /// The ceremony's file.
    pub file: PathBuf,
    /// The organisation's number in the template.
    #[arg(long)]
    pub organisation: u32,
    /// The organisation's folder, with its keys.
    #[arg(long)]
    pub dir: PathBuf,
    /// The folder with the contracts' code.
    #[arg(long, default_value = "genesis/contracts")]
    pub contracts: PathBuf,
    /// The chain id that you saw and agree to. Without it, you are asked.
    #[arg(long, value_name = "CHAIN")]
    pub accept: Option<String>,
}

/// Arguments of `genesis finish`.
#[derive(Debug, Args)]
pub struct Finish {
    /// The ceremony's file.
    pub file: PathBuf,
    /// The signatures of all organisations.
    #[arg(required = true)]
    pub signatures: Vec<PathBuf>,
    /// The signed file, which is made.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `genesis install`.
#[derive(Debug, Args)]
pub struct Install {
    /// The signed file.
    pub file: PathBuf,
    /// The organisation's number in the template.
    #[arg(long)]
    pub organisation: u32,
    /// The organisation's folder, with its keys.
    #[arg(long)]
    pub dir: PathBuf,
    /// The folder with the contracts' code.
    #[arg(long, default_value = "genesis/contracts")]
    pub contracts: PathBuf,
    /// Where its machine listens for others; by default, the address that it contributed.
    #[arg(long)]
    pub listen: Vec<Multiaddr>,
    /// Where its HTTP interface listens.
    #[arg(long, default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 7101)))]
    pub http: SocketAddr,
}
