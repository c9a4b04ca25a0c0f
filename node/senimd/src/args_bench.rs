//! The command line of the benchmarks.

use crate::args::{Backend, StoreArgs};
use crate::bench::load::Wanted;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

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
    /// 1,000 meals a second, or `--rate`, for `--minutes`, then a fifth more, and then the month ends: an act for each school.
    Lunch,
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
            Scenario::Lunch => "the lunch of many schools, and the end of its month",
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
    /// Schools of a lunch, each with a caterer, a contract and an act of its own.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub schools: u32,
    /// Pupils of all schools together, each with a voucher.
    #[arg(long, default_value_t = 100_000)]
    pub pupils: u32,
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
            schools: match self.scenario {
                Scenario::Lunch => self.schools,
                _ => 1,
            },
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
