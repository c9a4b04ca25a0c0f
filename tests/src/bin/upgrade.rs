//! `make upgrade-test`: the software of four processes is replaced one by one under load, and the protocol changes.

#![forbid(unsafe_code)]

use clap::Parser;
use senim_tests::upgrade::{Upgrade, run};
use std::path::PathBuf;
use std::process::ExitCode;

/// Replaces the software of four real processes one by one while they serve meals, and has protocol and contract change
/// at one height.
#[derive(Parser)]
struct Arguments {
    /// The software that does not know the next version. Without it, `senimd` beside this program.
    #[arg(long)]
    old: Option<PathBuf>,
    /// The software that does. Without it, `senimd-protocol-2` beside this program.
    #[arg(long)]
    new: Option<PathBuf>,
    /// The folder for the network's data. Removed at the end; kept if something does not hold.
    #[arg(long, default_value = "target/upgrade-network")]
    dir: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let beside = |name: &str| {
        let program = std::env::current_exe().map(|path| path.with_file_name(name));
        program.unwrap_or_else(|_| name.into())
    };
    let upgrade = Upgrade {
        old: arguments.old.unwrap_or_else(|| beside("senimd")),
        new: arguments.new.unwrap_or_else(|| beside("senimd-protocol-2")),
        dir: arguments.dir,
    };
    let tell = |line: String| eprintln!("upgrade: {line}");
    let outcome = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(run(&upgrade, &tell)),
        Err(error) => Err(error.to_string()),
    };
    match outcome {
        Ok(outcome) => {
            println!(
                "protocol and contract changed at height {}; {} meals were served meanwhile and all are owed for; four nodes agree on block {}",
                outcome.activation, outcome.meals, outcome.height
            );
            ExitCode::SUCCESS
        }
        Err(reason) => {
            println!("FAILED: {reason}");
            println!("the data is in {}", upgrade.dir.display());
            ExitCode::FAILURE
        }
    }
}
