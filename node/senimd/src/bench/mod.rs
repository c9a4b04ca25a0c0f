//! `senimd bench`: a network of its own, a load that is signed before the clock starts, and a report
//! of what each redemption costs and where.
//!
//! A *pharmacy redemption* is a hold and a dispense: two transactions, five signatures, four
//! contracts, one pack, one payment. Every validator verifies, executes, hashes, stores and answers
//! by itself; nothing but the compiled code of the contracts is shared between them. A transaction is final for
//! the client when it has the block with its certificate and has verified both.
//!
//! The run ends by throwing every node's state away, executing the log again, and comparing.

mod client;
pub mod fleet;
pub mod load;
pub(crate) mod meter;
mod report;

pub use fleet::FleetReport;
pub use report::Report;

use crate::args::Bench;
use crate::driver;
use crate::folder::{Folder, FolderError};
use crate::node::{Nodes, StartError, Tuning};
use load::Signing;
use meter::Meters;
use senim_replica::MempoolLimits;
use senim_types::Code;
use std::path::Path;
use std::time::Instant;

/// A benchmark that cannot go on for what the operating system says.
fn dies(error: std::io::Error) -> BenchError {
    BenchError::Still(error.to_string())
}

/// The name of the threads on which a backend sorts and merges by itself: fjall's; sled has none.
pub(crate) const STORE_WORKER: &str = "fjall:worker";

/// Why a benchmark gives no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Its network cannot be made.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Its nodes do not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A transaction did not do what it should: the figures would be of something else.
    #[error("transaction {what} ended with {code}: the run measures nothing")]
    Refused {
        /// Which.
        what: String,
        /// How.
        code: Code,
    },
    /// A block, its certificate or its receipts did not verify.
    #[error("block {height} does not verify: {code}")]
    Unverified {
        /// Which.
        height: u64,
        /// Why.
        code: Code,
    },
    /// A node stopped, or made no block for a minute.
    #[error("the network stands still: {0}")]
    Still(String),
    /// Executing the log again led somewhere else.
    #[error("node {node}: executing the log again: {reason}")]
    Replay {
        /// Which.
        node: String,
        /// What differs.
        reason: String,
    },
}

impl BenchError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            BenchError::Folder(error) => error.code(),
            BenchError::Start(error) => error.code(),
            BenchError::Refused { code, .. } | BenchError::Unverified { code, .. } => *code,
            BenchError::Still(_) => Code::TIMED_OUT,
            BenchError::Replay { .. } => Code::OUTCOME_DIFFERS,
        }
    }
}

/// Runs the benchmark. `tell` gets a line of progress now and then.
pub fn run(args: &Bench, tell: &mut dyn FnMut(String)) -> Result<Report, BenchError> {
    let folder = Folder::new(&args.dir);
    folder.remove()?;
    tell(format!(
        "making a network of {} validators in {}",
        args.validators,
        args.dir.display()
    ));
    let network = load::network(args.wanted(), &folder, None)?;
    let mut tuning = Tuning::default();
    tuning.pace.block_interval_ms_min = args.block_interval_ms;
    tuning.store = args.store.kind();
    tuning.mempool = MempoolLimits {
        transactions_max: 100_000,
        ..MempoolLimits::default()
    };
    let meters = Meters::default();
    let mut nodes = Nodes::start(&folder, tuning, |name| meters.observer(name))?;
    tell(format!(
        "signing the load: {} redemptions, {} other live tokens",
        args.transactions, args.live
    ));
    let mut signing = Signing::new(&network, driver::now());
    let live = signing.live(args.live as usize);
    let load = signing.load(args.work.unwrap_or_default(), args.transactions as usize);
    let mut client = client::Client::new(&nodes);
    tell("issuing tokens and putting packs on the shelves (not measured)".to_owned());
    let expected = live.len() as u64 + load.transactions();
    let setup = live.into_iter().chain(load.setup).collect();
    client.submit_all("setup", setup, args.concurrency as usize)?;
    tell("measuring".to_owned());
    let before = meters.snapshot();
    let process_before = meter::process_cpu_us();
    let workers_before = meter::threads_cpu_us(STORE_WORKER);
    let client_before = meter::thread_cpu_us();
    let started = Instant::now();
    let measured = client.redeem(&load.redemptions, args)?;
    let elapsed = started.elapsed();
    let client_cpu_us = meter::thread_cpu_us() - client_before;
    let process_cpu_us = meter::process_cpu_us() - process_before;
    let workers_cpu_us = meter::threads_cpu_us(STORE_WORKER).saturating_sub(workers_before);
    let stages = meters.snapshot().since(&before);
    let resident_bytes = meter::resident_bytes();
    let tips = client.settle(&nodes)?;
    nodes.stop();
    tell("executing every node's log again".to_owned());
    let replayed = report::replay(&folder, &nodes, &tips, expected, args.store.kind())?;
    let report = Report::new(report::Run {
        args,
        measured,
        elapsed,
        stages,
        client_cpu_us,
        process_cpu_us,
        workers_cpu_us,
        resident_bytes,
        file_system: meter::file_system(&args.dir),
        blocks: tips.height,
        replayed,
    });
    folder.remove()?;
    Ok(report)
}

/// Where the benchmark's template is written for whoever wants to see it.
fn template_path(folder: &Path) -> std::path::PathBuf {
    folder.join("bench.toml")
}
