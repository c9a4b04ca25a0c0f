//! What the operating system says of this process and of a folder's file system.

use senim_api::HostCounts;
use std::path::{Path, PathBuf};

/// Free bytes and all bytes of a folder's file system; none where it cannot be asked.
pub fn space(folder: &Path) -> Option<(u64, u64)> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some((
        stat.f_bavail.saturating_mul(stat.f_frsize),
        stat.f_blocks.saturating_mul(stat.f_frsize),
    ))
}

/// Files and sockets that this process may have open.
pub fn open_files_max() -> u64 {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.unwrap_or(u64::MAX)
}

/// Files and sockets that this process has open; 0 where that cannot be seen.
pub fn open_files() -> u64 {
    std::fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64)
}

/// Memory of the machine in bytes: what can be had without swapping, and all of it; none where that cannot be seen.
pub fn memory() -> Option<(u64, u64)> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kib * 1_024)
    };
    Some((line("MemAvailable:")?, line("MemTotal:")?))
}

/// Asks for everything that metrics tell, about data in `folder`.
pub fn counts(folder: PathBuf) -> impl Fn() -> HostCounts + Send + Sync {
    move || {
        let (data_free_bytes, data_size_bytes) = space(&folder).unwrap_or_default();
        HostCounts {
            resident_bytes: crate::bench::meter::resident_bytes(),
            open_files: open_files(),
            open_files_max: open_files_max(),
            data_free_bytes,
            data_size_bytes,
        }
    }
}
