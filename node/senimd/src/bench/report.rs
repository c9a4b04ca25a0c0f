//! What a run reports, and the replay that ends it.

use super::BenchError;
use super::client::{Measured, Tips};
use super::meter::{BUILD, Snapshot};
use crate::args::Bench;
use crate::folder::Folder;
use crate::node::{Nodes, reopen};
use senim_replica::{Read, ReadAnswer, Stage};
use senim_state::store::StoreKind;
use senim_types::Height;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// The figures of one run with their conditions.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Validators in this process.
    pub validators: u16,
    /// What a redemption is.
    pub of: &'static str,
    /// How many.
    pub redemptions: usize,
    /// Devices that submitted.
    pub devices: u16,
    /// Other live tokens in the state.
    pub live_tokens: u32,
    /// Backend of the validators' stores.
    pub store: &'static str,
    /// Redemptions under way at once, at most.
    pub concurrency: u32,
    /// Redemptions offered per second; none is as many as are taken.
    pub rate: Option<u32>,
    /// Shortest time between two blocks, in ms.
    pub block_interval_ms: u64,
    /// From the first submission to the last verified certificate, in s.
    pub elapsed_s: f64,
    /// Redemptions per second of that time.
    pub redemptions_per_s: f64,
    /// A transaction: submission to a verified certificate at the client.
    pub finality_ms: Percentiles,
    /// A redemption: submission of the hold to the verified certificate of the dispense.
    pub redemption_ms: Percentiles,
    /// CPU of one validator, mean over all.
    pub cpu_us_per_redemption: f64,
    /// The same by stage.
    pub cpu_us_by_stage: BTreeMap<&'static str, f64>,
    /// CPU of the client: it verifies every block.
    pub client_cpu_us_per_redemption: f64,
    /// CPU of the whole process, all validators and the client.
    pub process_cpu_us_per_redemption: f64,
    /// Resident memory of the process at the end of the measured part.
    pub resident_mib: f64,
    /// Answers that asked the client to come again.
    pub turned_away: u64,
    /// Blocks of the whole run.
    pub blocks: u64,
    /// File system of the data.
    pub file_system: String,
    /// Whether executing every node's log again gave the same count and roots.
    pub replayed: bool,
    /// Threads that the machine offers.
    pub cores: usize,
    /// How this program was built.
    pub build: &'static str,
}

/// Exact percentiles over all samples.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Percentiles {
    /// Half are faster.
    pub p50: f64,
    /// One in a hundred is slower.
    pub p99: f64,
}

impl Percentiles {
    pub(super) fn of_us(mut samples: Vec<u64>) -> Percentiles {
        samples.sort_unstable();
        let at = |percent: usize| {
            let index = (samples.len() * percent).div_ceil(100).saturating_sub(1);
            samples.get(index).map_or(0.0, |us| *us as f64 / 1000.0)
        };
        Percentiles {
            p50: at(50),
            p99: at(99),
        }
    }
}

/// All that a report is made of.
pub struct Run<'a> {
    pub args: &'a Bench,
    pub measured: Measured,
    pub elapsed: Duration,
    pub stages: Snapshot,
    pub client_cpu_us: u64,
    pub process_cpu_us: u64,
    /// Of the threads on which a backend sorts and merges, all validators.
    pub workers_cpu_us: u64,
    pub resident_bytes: u64,
    pub file_system: String,
    pub blocks: Height,
    pub replayed: bool,
}

impl Report {
    pub(super) fn new(run: Run<'_>) -> Report {
        let Run {
            args,
            measured,
            elapsed,
            stages,
            ..
        } = run;
        let redemptions = measured.redemptions;
        let each = |total_us: f64| round(total_us / redemptions.max(1) as f64);
        let workers_us = run.workers_cpu_us as f64 / f64::from(args.validators.max(1));
        let mut by_stage: BTreeMap<&'static str, f64> = Stage::ALL
            .iter()
            .map(|stage| (stage.name(), each(stages.mean_us(*stage))))
            .collect();
        by_stage.insert("store, in the background", each(workers_us));
        let staged_us: f64 = Stage::ALL.iter().map(|stage| stages.mean_us(*stage)).sum();
        let total_us = staged_us + workers_us;
        Report {
            validators: args.validators,
            of: args.work.unwrap_or_default().name(),
            redemptions,
            devices: args.devices,
            live_tokens: args.live,
            store: args.store.kind().unwrap_or_default().name(),
            concurrency: args.concurrency,
            rate: args.rate,
            block_interval_ms: args.block_interval_ms,
            elapsed_s: round(elapsed.as_secs_f64()),
            redemptions_per_s: round(redemptions as f64 / elapsed.as_secs_f64()),
            finality_ms: Percentiles::of_us(measured.finality_us),
            redemption_ms: Percentiles::of_us(measured.redemption_us),
            cpu_us_per_redemption: each(total_us),
            cpu_us_by_stage: by_stage,
            client_cpu_us_per_redemption: each(run.client_cpu_us as f64),
            process_cpu_us_per_redemption: each(run.process_cpu_us as f64),
            resident_mib: round(run.resident_bytes as f64 / (1024.0 * 1024.0)),
            turned_away: measured.turned_away,
            blocks: run.blocks.0,
            file_system: run.file_system,
            replayed: run.replayed,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            build: BUILD,
        }
    }
}

pub(super) fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} redemptions ({}), {} validators",
            self.redemptions, self.of, self.validators
        )?;
        writeln!(
            f,
            "  {} build, {} cores, {} on {}, {} devices, {} other live tokens",
            self.build, self.cores, self.store, self.file_system, self.devices, self.live_tokens
        )?;
        writeln!(
            f,
            "  {:>10.0} redemptions/s over {:.1} s, {} blocks",
            self.redemptions_per_s, self.elapsed_s, self.blocks
        )?;
        writeln!(
            f,
            "  {:>10.0} ms finality p50, {:.0} ms p99 (a transaction)",
            self.finality_ms.p50, self.finality_ms.p99
        )?;
        writeln!(
            f,
            "  {:>10.0} ms p50, {:.0} ms p99 (a redemption)",
            self.redemption_ms.p50, self.redemption_ms.p99
        )?;
        writeln!(
            f,
            "  {:>10.1} µs CPU per redemption and validator",
            self.cpu_us_per_redemption
        )?;
        let mut stages: Vec<_> = self.cpu_us_by_stage.iter().collect();
        stages.sort_by(|a, b| b.1.total_cmp(a.1));
        for (stage, us) in stages {
            writeln!(f, "  {us:>10.1} µs   {stage}")?;
        }
        writeln!(
            f,
            "  {:>10.1} µs CPU per redemption, the client",
            self.client_cpu_us_per_redemption
        )?;
        writeln!(f, "  {:>10.0} MiB resident", self.resident_mib)?;
        let replayed = if self.replayed {
            "same count and roots"
        } else {
            "DIFFERENT"
        };
        write!(f, "  executing every log again: {replayed}")
    }
}

/// Throws every node's state away, executes its log again, and compares count and roots; `expected` is how
/// many transactions were submitted.
pub fn replay(
    folder: &Folder,
    nodes: &Nodes,
    tips: &Tips,
    expected: u64,
    store: Option<StoreKind>,
) -> Result<bool, BenchError> {
    for node in &nodes.nodes {
        let differs = |reason: String| BenchError::Replay {
            node: node.name.clone(),
            reason,
        };
        if tips.transactions != expected {
            return Err(differs(format!(
                "{} transactions, not {expected}",
                tips.transactions
            )));
        }
        folder.remove_state(&node.name)?;
        let replica = reopen(folder, &node.name, store)?;
        let Ok(ReadAnswer::Status(status)) = replica.read(Read::Status) else {
            return Err(differs("no status".to_owned()));
        };
        if status.tip.hash() != tips.hash || status.tip.state_root != tips.state_root {
            return Err(differs(format!(
                "tip {} instead of {}",
                status.tip.hash(),
                tips.hash
            )));
        }
    }
    Ok(true)
}
