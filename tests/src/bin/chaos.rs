//! `make chaos`: four real processes under a load, killed and cut off at random, and a count of what was acknowledged.

#![forbid(unsafe_code)]

use clap::Parser;
use senim_tests::chaos::{Chaos, run};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Kills and cuts off four real processes while they redeem, and counts afterwards on each what was acknowledged.
#[derive(Parser)]
struct Arguments {
    /// Decides what happens when; the time of day, unless it is named.
    #[arg(long)]
    seed: Option<u64>,
    /// How long.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Processes to kill.
    #[arg(long, default_value_t = 100)]
    kills: usize,
    /// Links to cut or to stall.
    #[arg(long, default_value_t = 20)]
    cuts: usize,
    /// Pharmacy redemptions begun each second: a hold and a dispense each.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// The folder for the network's data. Removed at the end; kept if something does not hold.
    #[arg(long, default_value = "target/chaos-network")]
    dir: PathBuf,
    /// The daemon. Without it, the one beside this program.
    #[arg(long)]
    program: Option<PathBuf>,
    /// The folder with the contracts' code.
    #[arg(long, default_value = "genesis/contracts")]
    contracts: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| senimd::driver::now().0);
    let beside = std::env::current_exe().map(|path| path.with_file_name("senimd"));
    let Some(program) = arguments.program.or(beside.ok()) else {
        eprintln!("chaos: no daemon: name it with --program");
        return ExitCode::FAILURE;
    };
    let chaos = Chaos {
        seed,
        time: Duration::from_secs(arguments.seconds),
        kills: arguments.kills,
        cuts: arguments.cuts,
        rate: arguments.rate,
        dir: arguments.dir,
        program,
        contracts: arguments.contracts,
    };
    eprintln!("chaos: seed {seed}");
    let tell = |line: String| eprintln!("chaos: {line}");
    let runtime = tokio::runtime::Runtime::new();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(&chaos, &tell)),
        Err(error) => Err(error.to_string()),
    };
    match outcome {
        Ok(outcome) => {
            println!(
                "{} kills, {} cuts, {} redemptions acknowledged in {:.0} s ({} transactions), {} found exactly once on each of four nodes \
                 that agree on block {}; terminals lost their node {} times",
                outcome.kills,
                outcome.cuts,
                outcome.acknowledged,
                outcome.elapsed.as_secs_f64(),
                outcome.transactions,
                outcome.found,
                outcome.height,
                outcome.lost
            );
            if outcome.found == outcome.transactions {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(reason) => {
            println!("FAILED: {reason}");
            println!(
                "the data is in {}; the same faults again: --seed {seed}",
                chaos.dir.display()
            );
            ExitCode::FAILURE
        }
    }
}
