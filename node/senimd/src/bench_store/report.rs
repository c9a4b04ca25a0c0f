//! What a run reports.

use super::name;
use crate::args::BenchStore;
use crate::bench::meter;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The figures of one run with their conditions.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The backend.
    pub store: &'static str,
    /// Live tokens.
    pub tokens: u64,
    /// Redemptions.
    pub redemptions: u64,
    /// Threads that the machine offers.
    pub cores: usize,
    /// File system of the data.
    pub file_system: String,
    /// How this program was built.
    pub build: &'static str,
    /// Issuing the tokens.
    pub filled: Written,
    /// Redeeming.
    pub redeemed: Written,
    /// Opening what is there.
    pub opened: Opened,
}

/// What writing cost.
#[derive(Debug, Serialize)]
pub struct Written {
    /// Keys that were written or deleted.
    pub keys: u64,
    /// Flushes of the ledger.
    pub flushes: u64,
    /// Keys per second of the time inside the store, its syncs included.
    pub keys_per_s: f64,
    /// Keys per second of the ledger's flushes: with sealing, redo journal and checkpoints.
    pub flush_keys_per_s: f64,
    /// CPU of the store for each key, in µs, its own threads included.
    pub cpu_us_per_key: f64,
    /// The part of it on the store's own threads.
    pub background_cpu_us_per_key: f64,
    /// Resident memory of the process at the end, the ledger's tree and caches included.
    pub resident_mib: f64,
    /// The most after any flush.
    pub resident_mib_max: f64,
    /// What the store's files take on the disk at the end.
    pub store_disk_mib: f64,
}

/// What opening cost, in a process that had nothing in memory.
#[derive(Debug, Serialize, Deserialize)]
pub struct Opened {
    /// Opening the store alone, in s.
    pub store_s: f64,
    /// Resident memory that this added.
    pub store_mib: f64,
    /// Opening the ledger as a node does, in s: the store, the tree's checkpoint, and comparing every
    /// entry of the one with the other.
    pub usable_s: f64,
    /// The part of it that the store took to give its entries, in s.
    pub scan_s: f64,
    /// CPU of that, in s.
    pub scan_cpu_s: f64,
    /// Resident memory of the process then.
    pub resident_mib: f64,
    /// A read inside the store, of a random token, in µs.
    pub read_us: f64,
    /// CPU of that.
    pub read_cpu_us: f64,
    /// The same read through the ledger: with the tree's answer, its seal and its hash, in µs.
    pub ledger_read_us: f64,
    /// CPU of that.
    pub ledger_read_cpu_us: f64,
}

impl Report {
    pub(super) fn new(
        args: &BenchStore,
        filled: Written,
        redeemed: Written,
        opened: Opened,
    ) -> Report {
        Report {
            store: name(args.store),
            tokens: args.tokens,
            redemptions: args.redemptions,
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            file_system: meter::file_system(&args.dir),
            build: meter::BUILD,
            filled,
            redeemed,
            opened,
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} keys in {} flushes", self.keys, self.flushes)?;
        let rows = [
            (self.keys_per_s, 0, "keys/s inside the store"),
            (self.flush_keys_per_s, 0, "keys/s of whole flushes"),
            (self.cpu_us_per_key, 1, "µs CPU of the store per key"),
            (
                self.background_cpu_us_per_key,
                1,
                "µs   of it on its own threads",
            ),
            (self.resident_mib, 0, "MiB resident, whole process"),
            (self.resident_mib_max, 0, "MiB at most"),
            (self.store_disk_mib, 0, "MiB of the store's files"),
        ];
        write_rows(f, &rows)
    }
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = [
            (self.store_s, 2, "s to open the store"),
            (self.store_mib, 0, "MiB resident for it"),
            (self.usable_s, 2, "s to a usable node, audit included"),
            (self.scan_s, 2, "s   of it for the store's entries"),
            (self.scan_cpu_s, 2, "s   CPU of that"),
            (self.resident_mib, 0, "MiB resident then, whole process"),
            (self.read_us, 1, "µs for a read inside the store"),
            (self.read_cpu_us, 1, "µs CPU of it"),
            (
                self.ledger_read_us,
                1,
                "µs for a read through the ledger, not cached",
            ),
            (self.ledger_read_cpu_us, 1, "µs CPU of it"),
        ];
        write_rows(f, &rows)
    }
}

fn write_rows(f: &mut fmt::Formatter<'_>, rows: &[(f64, usize, &str)]) -> fmt::Result {
    rows.iter().try_for_each(|(figure, digits, what)| {
        writeln!(f, "  {figure:>12.digits$} {what}", digits = *digits)
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} live tokens in {}: {} build, {} cores, {}",
            self.tokens, self.store, self.build, self.cores, self.file_system
        )?;
        write!(f, "issued: {}", self.filled)?;
        write!(f, "{} redeemed: {}", self.redemptions, self.redeemed)?;
        write!(f, "opened by another process\n{}", self.opened)
    }
}
