//! CPU time of a committed block by part, on a real disk with sled:
//! `cargo bench -p senim-state --bench ledger`. Nothing is asserted.

use senim_state::disk::RealDisk;
use senim_state::log::BlockLog;
use senim_state::store::{Batch, SLED_CACHE_BYTES_DEFAULT, SledOpener, Store, StoreOpener};
use senim_state::tree::Tree;
use senim_types::{ChangeSet, Height};
use std::path::Path;
use std::sync::Arc;

/// Keys there at the start, and keys changed by a block.
const KEYS: u64 = 300_000;
const CHANGED: u64 = 5_000;
/// Blocks between flushes, and flushes.
const BLOCKS: u64 = 8;
const FLUSHES: u64 = 8;

/// CPU seconds of this process so far, all threads (Linux: hundredths of a second).
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("the bench runs on Linux");
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .expect("the name ends")
        .split_whitespace()
        .collect();
    let ticks = |index: usize| fields[index].parse::<f64>().expect("a number of ticks");
    (ticks(11) + ticks(12)) / 100.0
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the bench runs on Linux");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .expect("is there");
    line.split_whitespace()
        .nth(1)
        .expect("a number")
        .parse::<u64>()
        .expect("of kB")
        / 1024
}

fn key(n: u64) -> Vec<u8> {
    [
        [1, 0, 0, 0, 4, 1].as_slice(),
        &blake3::hash(&n.to_le_bytes()).as_bytes()[..],
    ]
    .concat()
}

fn timed<T>(total_s: &mut f64, run: impl FnOnce() -> T) -> T {
    let start = cpu_s();
    let result = run();
    *total_s += cpu_s() - start;
    result
}

fn load(store: &dyn Store, tree: &mut Tree) {
    for part in 0..30 {
        let (mut changes, mut batch) = (ChangeSet::default(), Batch::default());
        for n in part * KEYS / 30..(part + 1) * KEYS / 30 {
            changes.put(key(n), vec![n as u8; 150]);
            batch.put(key(n), vec![n as u8; 150]);
        }
        let staged = tree.stage(&changes);
        tree.apply(staged);
        store.write_loose(batch).expect("writes");
    }
    store.flush().expect("flushes");
}

fn main() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = tempfile::tempdir_in(target).expect("a folder on the disk of the build");
    let disk = Arc::new(RealDisk::open(folder.path()).expect("a disk"));
    let (mut log, _) = BlockLog::open(disk, 64 << 20, Height(0), Height(0)).expect("opens");
    let opener = SledOpener::new(&folder.path().join("store"), SLED_CACHE_BYTES_DEFAULT);
    let store = opener.open().expect("opens");
    let mut tree = Tree::new();
    load(store.as_ref(), &mut tree);
    println!("{KEYS} keys loaded, {} MB resident", resident_mb());

    let (mut tree_s, mut log_s, mut store_s, mut read_s) = (0.0, 0.0, 0.0, 0.0);
    let block = vec![7u8; 500 * 1024];
    for flush in 0..FLUSHES {
        let mut pending = ChangeSet::default();
        for round in 0..BLOCKS {
            let height = flush * BLOCKS + round + 1;
            let mut changes = ChangeSet::default();
            for n in 0..CHANGED {
                changes.put(
                    key((height * CHANGED + n) * 7919 % KEYS),
                    vec![height as u8; 150],
                );
            }
            timed(&mut read_s, || {
                changes
                    .0
                    .keys()
                    .for_each(|key| drop(store.get(key).expect("reads")));
            });
            timed(&mut tree_s, || {
                let staged = tree.stage(&changes);
                tree.apply(staged);
            });
            timed(&mut log_s, || log.append(Height(height), &block, b"", b"")).expect("appends");
            pending.0.extend(changes.0);
        }
        timed(&mut store_s, || {
            let batch = Batch {
                writes: pending.0.into_iter().collect(),
            };
            store.write_loose(batch).expect("writes");
            store.flush().expect("flushes");
        });
    }
    let keys = (FLUSHES * BLOCKS * CHANGED) as f64;
    let per_key = |seconds: f64| seconds * 1e6 / keys;
    println!("tree   {:6.2} us of CPU per changed key", per_key(tree_s));
    println!(
        "store  {:6.2} us of CPU per changed key, flush included",
        per_key(store_s)
    );
    println!("read   {:6.2} us of CPU per read key", per_key(read_s));
    println!(
        "log    {:6.0} us of CPU per block of 500 KiB",
        log_s * 1e6 / (FLUSHES * BLOCKS) as f64
    );
    println!("{} MB resident", resident_mb());
}
