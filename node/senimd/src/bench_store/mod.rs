//! `senimd bench-store`: what a backend of the store costs a node with many live tokens.
//!
//! A real ledger on a real disk is filled with tokens, then redeems them, and writes its store as in a
//! node: sealed values in loose batches of about 50,000 keys, each behind the redo journal, each
//! followed by its height, with two syncs. Only what is inside the store is counted: all of its CPU,
//! that of a backend's own threads included. Then another process opens what is there, so that the
//! ledger's memory holds nothing yet: how long a start takes, and what a read costs that no cache
//! answers.

mod load;
mod metered;
mod report;

pub use report::{Opened, Report, Written};

use crate::args::{Backend, BenchStore};
use crate::bench::{STORE_WORKER, meter};
use load::{KEYS_OF_REDEMPTION, Load, NoReplay};
use metered::{Metered, Spent};
use senim_state::StateError;
use senim_state::disk::RealDisk;
use senim_state::ledger::{FlushMode, Ledger, LedgerOptions, StateSource};
use senim_state::store::{StoreError, StoreFolder};
use senim_types::{Code, StateView};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

/// Reads that are measured.
const READS: u64 = 50_000;

/// Why a run gives no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchStoreError {
    /// The ledger failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file, or the process that opens the store again.
    #[error("{0}")]
    System(String),
    /// What was opened again is not what was written: the figures would be of something else.
    #[error("the store came back otherwise than it was left: {0}")]
    Differs(String),
}

impl BenchStoreError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            BenchStoreError::State(error) => error.code(),
            BenchStoreError::Store(error) => error.code(),
            BenchStoreError::System(_) => Code::CONFIGURATION,
            BenchStoreError::Differs(_) => Code::STORE_DAMAGED,
        }
    }
}

fn system(what: &Path, error: impl std::fmt::Display) -> BenchStoreError {
    BenchStoreError::System(format!("{}: {error}", what.display()))
}

/// Fills, redeems, and has another process open what is there. `tell` gets a line of progress now and
/// then.
pub fn run(args: &BenchStore, tell: &mut dyn FnMut(String)) -> Result<Report, BenchStoreError> {
    remove(&args.dir)?;
    let (filled, redeemed) = write(args, tell)?;
    tell("opening it again, in another process".to_owned());
    let opened = open_elsewhere(args)?;
    let report = Report::new(args, filled, redeemed, opened);
    remove(&args.dir)?;
    Ok(report)
}

/// Issues the tokens, redeems, and leaves everything on the disk.
fn write(
    args: &BenchStore,
    tell: &mut dyn FnMut(String),
) -> Result<(Written, Written), BenchStoreError> {
    let spent = Arc::new(Spent::default());
    let mut load = Load::default();
    let (mut ledger, _) = open_ledger(args, &spent)?;
    let mut writer = Writer::new(&spent);
    tell(format!("issuing {} tokens", args.tokens));
    let mut told = 0;
    while load.live().end < args.tokens {
        let left = args.tokens - load.live().end;
        writer.keys += load.issue(&mut ledger, left)?;
        writer.flush(&mut ledger, false)?;
        if load.live().end >= told + 1_000_000 {
            told = load.live().end;
            tell(format!("{told} tokens issued"));
        }
    }
    writer.flush(&mut ledger, true)?;
    let filled = writer.written(&args.dir)?;
    tell(format!("redeeming {}", args.redemptions));
    let mut done = 0;
    while done < args.redemptions {
        let redeemed = load.redeem(&mut ledger, args.redemptions - done)?;
        writer.keys += redeemed * KEYS_OF_REDEMPTION;
        writer.flush(&mut ledger, false)?;
        done += redeemed;
    }
    writer.flush(&mut ledger, true)?;
    let redeemed = writer.written(&args.dir)?;
    ledger.flush()?;
    Ok((filled, redeemed))
}

/// Opens what a run left as a node does, every entry compared with the tree: for a process of its own,
/// that has nothing in memory.
pub fn open(args: &BenchStore) -> Result<Opened, BenchStoreError> {
    let spent = Arc::new(Spent::default());
    let started = Instant::now();
    let (ledger, state) = open_ledger(args, &spent)?;
    let usable_s = started.elapsed().as_secs_f64();
    let (store_s, store_bytes) = spent.opening();
    let (scan_s, scan_cpu_s) = spent.take();
    if !matches!(state, StateSource::Store(_)) {
        return Err(BenchStoreError::Differs(format!("{state:?}")));
    }
    let resident_bytes = meter::resident_bytes();

    let mut load = Load::over(args.redemptions..args.redemptions + args.tokens);
    let (started, before_us) = (Instant::now(), meter::thread_cpu_us());
    for _ in 0..READS {
        let token = load::token(load.choose());
        let value = ledger.get(&token);
        let value = value.map_err(|error| BenchStoreError::Differs(error.to_string()))?;
        if value.is_none() {
            return Err(BenchStoreError::Differs("a live token is not there".into()));
        }
    }
    let per_read = |seconds: f64| seconds * 1e6 / READS as f64;
    let (wall_s, cpu_s) = spent.take();
    Ok(Opened {
        store_s,
        store_mib: mib(store_bytes),
        scan_s,
        scan_cpu_s,
        usable_s,
        resident_mib: mib(resident_bytes),
        read_us: per_read(wall_s),
        read_cpu_us: per_read(cpu_s),
        ledger_read_us: per_read(started.elapsed().as_secs_f64()),
        ledger_read_cpu_us: (meter::thread_cpu_us() - before_us) as f64 / READS as f64,
    })
}

fn open_ledger(
    args: &BenchStore,
    spent: &Arc<Spent>,
) -> Result<(Ledger, StateSource), BenchStoreError> {
    let disk = RealDisk::open(&args.dir).map_err(StateError::from)?;
    let opener = Metered {
        opener: StoreFolder::new(&args.dir.join("store"), Some(args.store.into())),
        spent: Arc::clone(spent),
    };
    let options = LedgerOptions {
        flush: FlushMode::ByCaller,
        ..LedgerOptions::default()
    };
    let (ledger, recovery) = Ledger::open(
        Arc::new(disk),
        &opener,
        &load::genesis(),
        options,
        &mut NoReplay,
    )?;
    Ok((ledger, recovery.state))
}

/// Writes the store when that is due, and counts.
struct Writer<'a> {
    spent: &'a Spent,
    keys: u64,
    flushes: u64,
    flush_s: f64,
    workers_before_us: u64,
    resident_bytes_max: u64,
}

impl<'a> Writer<'a> {
    fn new(spent: &'a Spent) -> Writer<'a> {
        spent.take();
        Writer {
            spent,
            keys: 0,
            flushes: 0,
            flush_s: 0.0,
            workers_before_us: meter::threads_cpu_us(STORE_WORKER),
            resident_bytes_max: 0,
        }
    }

    fn flush(&mut self, ledger: &mut Ledger, is_last: bool) -> Result<(), BenchStoreError> {
        if !is_last && !ledger.is_flush_due() {
            return Ok(());
        }
        let started = Instant::now();
        if let Some(job) = ledger.begin_flush() {
            let result = job.run();
            self.flush_s += started.elapsed().as_secs_f64();
            self.flushes += 1;
            ledger.end_flush(result)?;
        }
        self.resident_bytes_max = self.resident_bytes_max.max(meter::resident_bytes());
        Ok(())
    }

    /// What was written since the last time.
    fn written(&mut self, dir: &Path) -> Result<Written, BenchStoreError> {
        let (wall_s, calls_cpu_s) = self.spent.take();
        let workers_us = meter::threads_cpu_us(STORE_WORKER);
        let workers_s = workers_us.saturating_sub(self.workers_before_us) as f64 / 1e6;
        self.workers_before_us = workers_us;
        let keys = std::mem::take(&mut self.keys).max(1) as f64;
        let store = dir.join("store");
        let written = Written {
            keys: keys as u64,
            flushes: std::mem::take(&mut self.flushes),
            keys_per_s: keys / wall_s,
            flush_keys_per_s: keys / std::mem::take(&mut self.flush_s),
            cpu_us_per_key: (calls_cpu_s + workers_s) * 1e6 / keys,
            background_cpu_us_per_key: workers_s * 1e6 / keys,
            resident_mib: mib(meter::resident_bytes()),
            resident_mib_max: mib(std::mem::take(&mut self.resident_bytes_max)),
            store_disk_mib: mib(size_bytes(&store).map_err(|error| system(&store, error))?),
        };
        Ok(written)
    }
}

/// Has another process open it, which has nothing in memory yet.
fn open_elsewhere(args: &BenchStore) -> Result<Opened, BenchStoreError> {
    let program = std::env::current_exe().map_err(|error| system(Path::new("senimd"), error))?;
    let failed = |error: &dyn std::fmt::Display| system(&program, error);
    let output = Command::new(&program)
        .args(["--log", "warn", "bench-store", "--open", "--dir"])
        .arg(&args.dir)
        .args(["--tokens", &args.tokens.to_string()])
        .args(["--redemptions", &args.redemptions.to_string()])
        .args([
            "--store",
            senim_state::store::StoreKind::from(args.store).name(),
        ])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(&error))?;
    if !output.status.success() {
        return Err(failed(&"opening the store again failed"));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(&error))
}

fn remove(dir: &Path) -> Result<(), BenchStoreError> {
    // What else may lie there is not ours to remove.
    for part in ["store", "log", "tree", "lock"] {
        let path = dir.join(part);
        let removed = match path.is_dir() {
            true => std::fs::remove_dir_all(&path),
            false if path.exists() => std::fs::remove_file(&path),
            false => Ok(()),
        };
        removed.map_err(|error| system(&path, error))?;
    }
    Ok(())
}

/// Bytes that the files below `path` take on the disk.
fn size_bytes(path: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        bytes += match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_bytes(&entry.path())?,
            Ok(metadata) => std::os::unix::fs::MetadataExt::blocks(&metadata) * 512,
            // A backend removes files that it has merged while this looks.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(bytes)
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

/// The name of a backend in a report.
fn name(backend: Backend) -> &'static str {
    senim_state::store::StoreKind::from(backend).name()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn what_is_measured_is_a_state_that_comes_back() {
        for store in Backend::value_variants() {
            let folder = tempfile::tempdir().expect("a folder");
            let args = BenchStore {
                tokens: 6_000,
                redemptions: 300,
                dir: folder.path().to_owned(),
                store: *store,
                open: false,
            };
            let (filled, redeemed) = write(&args, &mut drop).expect("writes");
            assert_eq!((filled.keys, filled.flushes), (6_000, 1));
            assert_eq!((redeemed.keys, redeemed.flushes), (2_400, 1));
            assert!(redeemed.cpu_us_per_key > 0.0 && redeemed.keys_per_s > 0.0);
            // Fails unless the store has the state, the audit agrees and every live token is read.
            let opened = open(&args).expect("opens");
            assert!(opened.usable_s > opened.store_s && opened.read_us > 0.0);

            let more = BenchStore {
                tokens: 6_001,
                ..args.clone()
            };
            let error = open(&more).expect_err("one of these was never issued");
            assert!(matches!(error, BenchStoreError::Differs(_)), "{error}");
            let lost = folder.path().join("store");
            std::fs::remove_dir_all(lost).expect("removes");
            open(&args).expect_err("a rebuild is not what is measured");
        }
    }
}
