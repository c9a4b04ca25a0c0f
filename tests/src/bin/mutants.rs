//! `make mutants`: each broken build runs until a checker finds it, and the sound one on the same seeds.

#![forbid(unsafe_code)]

use senim_mutants::{Mutant, choose};
use senim_tests::sim::{Failure, Stage, simulate};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a broken build is given: every one has to be found within so many seeds.
const SEEDS_MAX: u64 = 1_000;
const THREADS: u64 = 2;
/// Letters of what was seen that the table has room for.
const WORDS_MAX: usize = 70;
const USAGE: &str = "usage: mutants [--seeds N] [NAME...]";

type Found = (Mutant, u64, Option<Failure>);

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|_| {}));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (seeds_max, names) = match arguments[..] {
        ["--seeds", seeds, ref names @ ..] => match seeds.parse() {
            Ok(seeds) => (seeds, names),
            Err(_) => return usage(),
        },
        ref names => (SEEDS_MAX, names),
    };
    let mut mutants = Vec::new();
    for name in names {
        match Mutant::ALL.iter().find(|it| format!("{it:?}") == *name) {
            Some(mutant) => mutants.push(*mutant),
            None => return usage(),
        }
    }
    if mutants.is_empty() {
        mutants = Mutant::ALL.to_vec();
    }
    let stage = Stage::default();
    let found = hunt(&stage, &mutants, seeds_max);
    let seeds = found.iter().map(|(_, seed, _)| seed + 1).max().unwrap_or(0);
    let seeds = seeds.min(seeds_max);
    let unfound = found.iter().filter(|(.., failure)| failure.is_none());
    let unfound = unfound.count();
    println!(
        "{} broken builds, {unfound} not found; the sound build on seeds 0..{seeds}",
        found.len()
    );
    let sound = sound_is_clean(&stage, seeds);
    if unfound == 0 && sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    for mutant in Mutant::ALL {
        eprintln!("  {mutant:?}");
    }
    ExitCode::from(2)
}

/// Runs each broken build until it is found.
fn hunt(stage: &Stage, mutants: &[Mutant], seeds_max: u64) -> Vec<Found> {
    let next = AtomicU64::new(0);
    let found = Mutex::new(Vec::new());
    println!("{:<24}{:>6}  checker", "broken build", "seeds");
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed) as usize)
                {
                    choose(Some(*mutant));
                    let (seed, failure) = match mutant {
                        // Its wrong line is in a contract.
                        Mutant::LeaseForgotten => {
                            first_failure(&Stage::with_leases_forgotten(), seeds_max)
                        }
                        _ => first_failure(stage, seeds_max),
                    };
                    choose(None);
                    let name = format!("{mutant:?}");
                    match &failure {
                        Some(it) => {
                            let what: String = it.what.chars().take(WORDS_MAX).collect();
                            println!("{name:<24}{:>6}  {}: {what:?}", seed + 1, it.checker);
                        }
                        None => println!("{name:<24}{seed:>6}  NOT FOUND"),
                    }
                    let mut found = found.lock().expect("no run panics outside its catch");
                    found.push((*mutant, seed, failure));
                }
            });
        }
    });
    found.into_inner().expect("the threads have ended")
}

fn first_failure(stage: &Stage, seeds_max: u64) -> (u64, Option<Failure>) {
    for seed in 0..seeds_max {
        let outcome = simulate(stage, seed, false);
        if outcome.failure.is_some() {
            return (seed, outcome.failure);
        }
    }
    (seeds_max, None)
}

fn sound_is_clean(stage: &Stage, seeds: u64) -> bool {
    let next = AtomicU64::new(0);
    let broken = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    if let Some(failure) = simulate(stage, seed, false).failure {
                        println!("the sound build fails with seed {seed}: {failure}");
                        broken.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let broken = broken.into_inner();
    println!("{broken} of {seeds} seeds failed with the sound build");
    broken == 0
}
