//! CPU time by stage, per validator: each node's thread reads its own CPU clock where a stage begins.

use crate::driver::thread_cpu_ns;
use senim_replica::{Observer, Stage};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How this program was built.
pub const BUILD: &str = if cfg!(debug_assertions) {
    "debug"
} else {
    "optimised"
};

/// CPU time of the calling thread, in µs.
pub fn thread_cpu_us() -> u64 {
    cpu_us(rustix::time::ClockId::ThreadCPUTime)
}

/// CPU time of the whole process, in µs.
pub fn process_cpu_us() -> u64 {
    cpu_us(rustix::time::ClockId::ProcessCPUTime)
}

fn cpu_us(clock: rustix::time::ClockId) -> u64 {
    let time = rustix::time::clock_gettime(clock);
    time.tv_sec as u64 * 1_000_000 + time.tv_nsec as u64 / 1_000
}

/// CPU time of the threads of this process that have this name and still run, in µs.
pub fn threads_cpu_us(name: &str) -> u64 {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return 0;
    };
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).ok();
    let cpu_us = |thread: std::fs::DirEntry| {
        let is_one = read(thread.path().join("comm"))?.trim_end() == name;
        let used_ns = read(thread.path().join("schedstat")).filter(|_| is_one)?;
        Some(used_ns.split(' ').next()?.parse::<u64>().ok()? / 1_000)
    };
    threads.flatten().filter_map(cpu_us).sum()
}

/// Lets this process open as many files as the system allows it: a terminal is a connection.
pub fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // With fewer, connections fail and say so.
    let _kept = setrlimit(Resource::Nofile, limit);
}

/// Resident memory of the process, in bytes.
pub fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm
        .split(' ')
        .nth(1)
        .and_then(|field| field.parse().ok())
        .unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

/// The type of the file system that `path` lies on, as the system's table of mounts has it.
pub fn file_system(path: &Path) -> String {
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let fields = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        Some((fields.nth(1)?, fields.next()?))
    });
    let holding = fields.filter(|(mount, _)| path.starts_with(mount));
    let nearest = holding.max_by_key(|(mount, _)| mount.len());
    nearest.map_or_else(|| "unknown".to_owned(), |(_, kind)| kind.to_owned())
}

type Totals = [AtomicU64; Stage::ALL.len()];

/// The meters of all nodes.
#[derive(Clone, Default)]
pub struct Meters(Arc<Mutex<BTreeMap<String, Arc<Totals>>>>);

/// CPU time per node and stage, in ns.
#[derive(Clone, Debug, Default)]
pub struct Snapshot(pub BTreeMap<String, [u64; Stage::ALL.len()]>);

impl Meters {
    /// The observer of a node.
    pub fn observer(&self, node: &str) -> Box<dyn Observer> {
        let totals = Arc::new(Totals::default());
        let mut meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        meters.insert(node.to_owned(), Arc::clone(&totals));
        Box::new(Meter {
            totals,
            stage: Stage::Other,
            since_ns: None,
        })
    }

    /// What was used so far.
    pub fn snapshot(&self) -> Snapshot {
        let meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read =
            |totals: &Arc<Totals>| std::array::from_fn(|i| totals[i].load(Ordering::Relaxed));
        Snapshot(
            meters
                .iter()
                .map(|(node, totals)| (node.clone(), read(totals)))
                .collect(),
        )
    }
}

impl Snapshot {
    /// What was used after `before`.
    pub fn since(&self, before: &Snapshot) -> Snapshot {
        let zero = [0; Stage::ALL.len()];
        let since = |(node, now): (&String, &[u64; Stage::ALL.len()])| {
            let then = before.0.get(node).unwrap_or(&zero);
            (node.clone(), std::array::from_fn(|i| now[i] - then[i]))
        };
        Snapshot(self.0.iter().map(since).collect())
    }

    /// Mean over the nodes of the time in `stage`, in µs.
    pub fn mean_us(&self, stage: Stage) -> f64 {
        let index = Stage::ALL
            .iter()
            .position(|other| *other == stage)
            .unwrap_or(0);
        let sum: u64 = self.0.values().map(|totals| totals[index]).sum();
        sum as f64 / 1_000.0 / self.0.len().max(1) as f64
    }
}

struct Meter {
    totals: Arc<Totals>,
    stage: Stage,
    /// CPU time at which the stage began; none until the node's own thread enters its first.
    since_ns: Option<u64>,
}

impl Observer for Meter {
    fn enter(&mut self, stage: Stage) -> Stage {
        let now_ns = thread_cpu_ns();
        if let Some(since_ns) = self.since_ns {
            let index = Stage::ALL
                .iter()
                .position(|other| *other == self.stage)
                .unwrap_or(0);
            self.totals[index].fetch_add(now_ns.saturating_sub(since_ns), Ordering::Relaxed);
        }
        self.since_ns = Some(now_ns);
        std::mem::replace(&mut self.stage, stage)
    }

    fn spent(&mut self, stage: Stage, spent_ns: u64) {
        let index = Stage::ALL
            .iter()
            .position(|other| *other == stage)
            .unwrap_or(0);
        self.totals[index].fetch_add(spent_ns, Ordering::Relaxed);
    }
}
