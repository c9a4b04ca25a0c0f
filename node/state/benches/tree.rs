//! CPU time of the state tree per changed key: `cargo bench -p senim-state --bench tree`.
//!
//! The figures to compare with are in `docs/PERFORMANCE.md`. CPU time is the process's own, so that
//! a busy machine does not show; nothing is asserted.

use senim_state::tree::{PathChange, Tree, write_checkpoint};
use senim_types::Hash;
use std::hint::black_box;

/// Keys in the tree.
const KEYS: u64 = 1_000_000;

/// CPU seconds of this process so far (Linux: hundredths of a second).
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

fn change(key: u64, round: u64) -> PathChange {
    let mut value = [0u8; 100];
    value[..16].copy_from_slice(&[key.to_le_bytes(), round.to_le_bytes()].concat());
    PathChange {
        path: Hash::of(&(key % KEYS).to_le_bytes()),
        value: Some(Hash::of(&value)),
    }
}

/// Hashes, sorts, stages and applies, as a block does.
fn batch(tree: &mut Tree, changes: impl Iterator<Item = PathChange>) {
    let mut changes: Vec<PathChange> = changes.collect();
    changes.sort_unstable_by_key(|change| change.path);
    changes.dedup_by_key(|change| change.path);
    let staged = tree.stage_paths(changes);
    tree.apply(black_box(staged));
}

fn main() {
    let mut tree = Tree::new();
    let start = cpu_s();
    for part in 0..50 {
        let keys = part * KEYS / 50..(part + 1) * KEYS / 50;
        batch(&mut tree, keys.map(|key| change(key, 0)));
    }
    println!(
        "load {KEYS} keys: {:.2} s of CPU, {} MB",
        cpu_s() - start,
        tree.memory_bytes() / 1_000_000
    );
    for size in [300u64, 3_000, 12_000] {
        let rounds = 600_000 / size;
        let start = cpu_s();
        for round in 0..rounds {
            let keys = (round * size..(round + 1) * size).map(|n| n.wrapping_mul(7919));
            batch(&mut tree, keys.map(|key| change(key, 1 + round)));
        }
        let per_key_us = (cpu_s() - start) * 1e6 / (rounds * size) as f64;
        println!("change keys in batches of {size}: {per_key_us:.2} us of CPU per key");
    }
    let (start, mut bytes) = (cpu_s(), 0);
    write_checkpoint(&tree, |part| {
        bytes += part.len();
        Ok::<(), ()>(())
    })
    .expect("counting cannot fail");
    println!(
        "checkpoint: {} MB, {:.2} s of CPU",
        bytes / 1_000_000,
        cpu_s() - start
    );
}
