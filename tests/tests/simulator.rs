//! A fixed slice of the simulator's seeds, that it can be repeated, and that no build has broken lines.

use senim_tests::sim::{Stage, simulate};
use senim_tests::world::network::root;
use std::process::Command;

/// So many seeds run with every `make test`; `make simulate` runs more.
const SEEDS: u64 = 20;

#[test]
fn a_fixed_slice_of_seeds_breaks_no_rule() {
    let stage = Stage::default();
    let mut redemptions = 0;
    for seed in 0..SEEDS {
        let outcome = simulate(&stage, seed, false);
        assert_eq!(
            outcome.failure, None,
            "repeat with: make simulate SEED={seed}"
        );
        redemptions += outcome.counts.get("redemptions").copied().unwrap_or(0);
    }
    assert!(redemptions > 0, "somebody was given a medicine");
}

#[test]
fn a_contract_that_forgets_leases_is_found() {
    let broken = Stage::with_leases_forgotten();
    let found = (0..SEEDS).find_map(|seed| simulate(&broken, seed, false).failure);
    let checker = found.map(|failure| failure.checker);
    assert!(
        matches!(checker, Some("leases" | "no double redemption")),
        "{checker:?}"
    );
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let stage = Stage::default();
    let first = simulate(&stage, 1, false);
    let again = simulate(&stage, 1, false);
    let other = simulate(&stage, 2, false);
    assert_eq!(first.trace, again.trace);
    assert_eq!(first.counts, again.counts);
    assert_ne!(first.trace, other.trace);
}

/// What `cargo tree` says that a default build of everything consists of.
fn built(package: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal,build", "--package"])
        .arg(package)
        .current_dir(root())
        .output()
        .expect("cargo runs: it runs this test");
    assert!(output.status.success(), "cargo tree fails");
    String::from_utf8(output.stdout).expect("cargo prints text")
}

#[test]
fn no_default_build_has_broken_lines() {
    for package in ["senimd", "senim-cli", "senim-api", "senim-tests"] {
        let tree = built(package);
        assert!(tree.contains("senim-types"), "{package}: {tree}");
        assert!(
            !tree.contains("senim-mutants"),
            "{package} is built with broken lines: {tree}"
        );
    }
}
