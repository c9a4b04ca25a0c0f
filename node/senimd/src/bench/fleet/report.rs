//! What was measured, with its conditions.

use crate::bench::report::{Percentiles, round};
use serde::Serialize;
use std::fmt::{Display, Formatter, Result};

/// One run of redemptions.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// What a redemption is.
    pub of: &'static str,
    /// What was special about the run.
    pub note: String,
    /// Redemptions offered per second; none is as many as are taken.
    pub offered_per_s: Option<f64>,
    /// Redemptions that became final.
    pub redemptions: usize,
    /// From the first begin to the last end, in s.
    pub elapsed_s: f64,
    /// Redemptions per second of that time.
    pub redemptions_per_s: f64,
    /// A transaction: submission to the node's answer that its block has a certificate.
    pub finality_ms: Percentiles,
    /// A redemption: from its begin (at a rate: from when it should have begun) to its last certificate.
    pub redemption_ms: Percentiles,
    /// CPU of one validator's process, mean over those that run.
    pub cpu_us_per_redemption: f64,
    /// CPU of the load's own process.
    pub client_cpu_us_per_redemption: f64,
    /// Resident memory of the largest validator at the end.
    pub resident_mib: f64,
    /// Blocks made meanwhile.
    pub blocks: u64,
    /// Answers that asked to come again.
    pub turned_away: u64,
}

/// A line of what was watched over time.
#[derive(Clone, Debug, Serialize)]
pub struct Watched {
    /// Minutes since the watch began.
    pub minute: u64,
    /// Redemptions so far.
    pub redemptions: usize,
    /// Height.
    pub height: u64,
    /// Keys of the state; none where the node did not say.
    pub state_keys: Option<u64>,
    /// Resident memory of each validator.
    pub resident_mib: Vec<f64>,
    /// CPU of each validator since the line before, in thousandths of a core.
    pub cpu_millicores: Vec<f64>,
}

/// A whole report.
#[derive(Clone, Debug, Serialize)]
pub struct FleetReport {
    /// Validators, each a process.
    pub processes: u16,
    /// What was played.
    pub scenario: &'static str,
    /// Other live tokens in the state.
    pub live_tokens: u32,
    /// Terminals: redemptions under way at once, at most.
    pub terminals: u32,
    /// Devices that submitted.
    pub devices: u16,
    /// Backend of the validators' stores.
    pub store: &'static str,
    /// Shortest time between two blocks, in ms.
    pub block_interval_ms: u64,
    /// File system of the data.
    pub file_system: String,
    /// Threads that the machine offers.
    pub cores: usize,
    /// How this program was built.
    pub build: &'static str,
    /// Runs in their order.
    pub runs: Vec<RunReport>,
    /// What was watched over time.
    pub watched: Vec<Watched>,
    /// What was found besides.
    pub findings: Vec<String>,
    /// Height at which all nodes that run agree at the end.
    pub agreed_height: u64,
    /// Redemptions that providers are owed for, proven by every node; as many as were made.
    pub proven: u64,
}

impl FleetReport {
    /// The fastest run of a kind in which nothing was amiss.
    pub fn best(&self, of: &str) -> Option<&RunReport> {
        let runs = self.runs.iter();
        let runs = runs.filter(|run| run.of == of && run.note.is_empty());
        runs.max_by(|a, b| a.redemptions_per_s.total_cmp(&b.redemptions_per_s))
    }
}

impl Display for RunReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(
            f,
            "  {:<26} {:>6.0}/s  finality p50 {:>5.0} ms p99 {:>5.0} ms  redemption p50 {:>5.0} ms p99 {:>5.0} ms  \
             {:>5.0} µs CPU a validator  client {:>4.0} µs  {:>5.0} MiB  {} in {:.1} s, {} blocks",
            self.of,
            self.redemptions_per_s,
            self.finality_ms.p50,
            self.finality_ms.p99,
            self.redemption_ms.p50,
            self.redemption_ms.p99,
            self.cpu_us_per_redemption,
            self.client_cpu_us_per_redemption,
            self.resident_mib,
            self.redemptions,
            self.elapsed_s,
            self.blocks,
        )?;
        if self.turned_away > 0 {
            write!(f, ", {} told to come again", self.turned_away)?;
        }
        if !self.note.is_empty() {
            write!(f, "  ({})", self.note)?;
        }
        Ok(())
    }
}

impl Display for FleetReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(
            f,
            "{} validators, each a process, over the loopback; {}",
            self.processes, self.scenario
        )?;
        writeln!(
            f,
            "  {} build, {} cores, {} on {}, {} devices, {} terminals, {} other live tokens, blocks at least {} ms apart",
            self.build,
            self.cores,
            self.store,
            self.file_system,
            self.devices,
            self.terminals,
            self.live_tokens,
            self.block_interval_ms
        )?;
        for run in &self.runs {
            writeln!(f, "{run}")?;
        }
        for line in &self.watched {
            let each = |values: &[f64]| {
                let each: Vec<String> = values.iter().map(|value| format!("{value:.0}")).collect();
                each.join(" ")
            };
            writeln!(
                f,
                "  minute {:>3}: height {:>7}, {:>8} redemptions, {:>8} keys, MiB {}, millicores {}",
                line.minute,
                line.height,
                line.redemptions,
                line.state_keys
                    .map_or("?".to_owned(), |keys| keys.to_string()),
                each(&line.resident_mib),
                each(&line.cpu_millicores)
            )?;
        }
        let kinds: std::collections::BTreeSet<_> = self.runs.iter().map(|run| run.of).collect();
        for of in kinds {
            if let Some(best) = self.best(of) {
                writeln!(f, "  best {of}: {:.0}/s", best.redemptions_per_s)?;
            }
        }
        for finding in &self.findings {
            writeln!(f, "  {finding}")?;
        }
        write!(
            f,
            "  all agree on block {}; {} redemptions are owed for, proven by each",
            self.agreed_height, self.proven
        )
    }
}

/// Mebibytes, rounded.
pub fn mib(bytes: u64) -> f64 {
    round(bytes as f64 / (1024.0 * 1024.0))
}
