//! Disk, memory and open files of the machine.

use super::Report;
use crate::config::MachineConfig;
use crate::host as system;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

/// Syncs that are measured.
const SYNCS: usize = 20;
/// Bytes of each: those of a vote.
const SYNC_BYTES: usize = 256;
/// A vote waits for one of them: beyond the first a validator is slow, beyond the second it misses rounds.
const SYNC_WARN: Duration = Duration::from_millis(25);
const SYNC_FAIL: Duration = Duration::from_millis(500);

/// Files of the process beside connections: the store's, the log's.
const FILES_OWN: u64 = 512;

/// There is room on the disk, and it syncs fast enough.
pub fn disk(folder: &Path, report: &mut Report) {
    match system::space(folder) {
        Some((free, size)) => report.at_least(
            "disk",
            (free, (size / 10).min(20 * GIB), GIB),
            format!("{} GiB free of {} GiB", free / GIB, size / GIB),
            "make room, or grow the file system: a node whose disk is full stops",
        ),
        None => report.skip("disk", "the operating system does not say how much is free"),
    }
    match sync_time(folder) {
        Ok(took) => {
            let (took_us, message) = (
                took.as_micros(),
                format!("a sync takes {} µs at the median", took.as_micros()),
            );
            let advice = "votes and answers wait for syncs: take an SSD with power-loss protection, and no other program on it";
            if took_us > SYNC_FAIL.as_micros() {
                report.fail("sync", message, advice);
            } else if took_us > SYNC_WARN.as_micros() {
                report.warn("sync", message, advice);
            } else {
                report.ok("sync", message);
            }
        }
        Err(error) => report.fail(
            "sync",
            format!("{} cannot be written: {error}", folder.display()),
            "let the node's user write to it",
        ),
    }
}

/// The median of a few syncs of a small file in the folder, which is removed.
fn sync_time(folder: &Path) -> io::Result<Duration> {
    let path = folder.join(format!(".doctor-{}", std::process::id()));
    let mut file = File::options().write(true).create_new(true).open(&path)?;
    let measured = (0..SYNCS)
        .map(|_| {
            let started = Instant::now();
            file.write_all(&[0; SYNC_BYTES])?;
            file.sync_data()?;
            Ok(started.elapsed())
        })
        .collect::<io::Result<Vec<Duration>>>();
    let removed = std::fs::remove_file(&path);
    let mut times = measured?;
    removed?;
    times.sort();
    Ok(times[SYNCS / 2])
}

/// The process may have as many files and sockets open as the settings let it need.
pub fn open_files(config: Option<&MachineConfig>, report: &mut Report) {
    let Some(config) = config else {
        return report.skip("files", "without settings nobody knows how many are needed");
    };
    let connections = u64::from(config.network.connections_max) * 2;
    let clients = u64::try_from(config.http.connections_max).unwrap_or(u64::MAX);
    let needed = connections
        .saturating_add(clients)
        .saturating_add(FILES_OWN);
    let allowed = system::open_files_max();
    report.at_least(
        "files",
        (allowed, needed, FILES_OWN),
        format!("{allowed} files and sockets may be open, {needed} can be needed"),
        "raise LimitNOFILE of the service (`ulimit -n` in a terminal), or lower http.connections_max",
    );
}

/// There is memory.
pub fn memory(report: &mut Report) {
    match system::memory() {
        Some((available, total)) => report.at_least(
            "memory",
            (available, GIB, 256 * MIB),
            format!("{} MiB available of {} MiB", available / MIB, total / MIB),
            "end other programs, or take a machine with more: a node needs a gigabyte and more with many live tokens",
        ),
        None => report.skip("memory", "the operating system does not say how much there is"),
    }
}
