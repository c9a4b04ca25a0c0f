//! `make simulate`: one seed with its trace, or many with counts.

#![forbid(unsafe_code)]

use senim_tests::sim::{Counts, Outcome, Stage, simulate};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const USAGE: &str = "usage: simulate --seed N | --seeds A..B [--threads N]";

fn main() -> ExitCode {
    // A run that fails says so by a panic, which is caught, told and counted.
    std::panic::set_hook(Box::new(|_| {}));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--seed", seed] => match seed.parse() {
            Ok(seed) => one(seed),
            Err(_) => usage(),
        },
        ["--seeds", seeds] => match range(seeds) {
            Some((from, to)) => many(from, to, 2),
            None => usage(),
        },
        ["--seeds", seeds, "--threads", threads] => match (range(seeds), threads.parse()) {
            (Some((from, to)), Ok(threads)) => many(from, to, threads),
            _ => usage(),
        },
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// `a..b`: from a, without b.
fn range(text: &str) -> Option<(u64, u64)> {
    let (from, to) = text.split_once("..")?;
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (from < to).then_some((from, to))
}

fn one(seed: u64) -> ExitCode {
    let outcome = simulate(&Stage::default(), seed, true);
    print_counts(&outcome.counts);
    println!("trace {}", outcome.trace);
    tell(seed, &outcome)
}

fn tell(seed: u64, outcome: &Outcome) -> ExitCode {
    match &outcome.failure {
        None => ExitCode::SUCCESS,
        Some(failure) => {
            println!("seed {seed} FAILED: {failure}");
            println!("repeat with: make simulate SEED={seed}");
            ExitCode::FAILURE
        }
    }
}

fn many(from: u64, to: u64, threads: u64) -> ExitCode {
    let stage = Stage::default();
    let (next, failed) = (AtomicU64::new(from), AtomicBool::new(false));
    let total = Mutex::new(Counts::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= to {
                        return;
                    }
                    let outcome = simulate(&stage, seed, false);
                    if tell(seed, &outcome) != ExitCode::SUCCESS {
                        failed.store(true, Ordering::Relaxed);
                    }
                    let mut total = total.lock().expect("no run panics outside its catch");
                    for (name, count) in outcome.counts {
                        *total.entry(name).or_default() += count;
                    }
                }
            });
        }
    });
    print_counts(&total.into_inner().expect("the threads have ended"));
    if failed.into_inner() {
        ExitCode::FAILURE
    } else {
        println!("no rule was broken");
        ExitCode::SUCCESS
    }
}

fn print_counts(counts: &Counts) {
    for (name, count) in counts {
        match *name {
            "simulated ms" => {
                println!(
                    "{:<28}{:.2}",
                    "simulated hours",
                    *count as f64 / 3_600_000.0
                );
            }
            name => println!("{name:<28}{count}"),
        }
    }
}
