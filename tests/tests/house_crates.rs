//! House rule: arrows between crates point downwards, and every manifest and crate root says what it must.

use senim_tests::house::crates::{
    self, Dependency, Package, check_arrows_of_tests, check_edges, check_light_client,
    check_manifests,
};
use senim_tests::house::{Tree, assert_clean, assert_finds};

fn package(name: &str, dependencies: &[(&str, bool)]) -> Package {
    Package {
        name: name.to_owned(),
        folder: "node/x".to_owned(),
        description: "A crate of a test.".to_owned(),
        published: false,
        dependencies: dependencies
            .iter()
            .map(|&(name, for_tests)| Dependency {
                name: name.to_owned(),
                for_tests,
            })
            .collect(),
    }
}

#[test]
fn every_arrow_between_our_crates_is_in_the_table() {
    let packages = crates::packages();
    assert!(
        packages.len() >= 18,
        "both workspaces are read: {}",
        packages.len()
    );
    assert_clean(&check_edges(&packages));
    assert_clean(&check_arrows_of_tests(&packages));
}

#[test]
fn an_arrow_of_tests_that_nothing_uses_is_found() {
    let treasury = ("senim-contract-treasury", true);
    let card = ("senim-contract-card", true);
    let used = package(
        "senim-contract-prescription",
        &[treasury, card, ("senim-contract-marking", true)],
    );
    let api = package(
        "senim-api",
        &[("senimd", true), ("senim-light-client", true)],
    );
    let voucher = package(
        "senim-contract-voucher",
        &[
            ("senim-contract-measure", true),
            ("senim-contract-registry", true),
            treasury,
        ],
    );
    let settlement = package(
        "senim-contract-settlement",
        &[
            ("senim-contract-measure", true),
            treasury,
            ("senim-contract-voucher", true),
        ],
    );
    assert_clean(&check_arrows_of_tests(&[
        used,
        voucher.clone(),
        settlement.clone(),
        api.clone(),
    ]));
    let unused = package(
        "senim-contract-prescription",
        &[treasury, card, ("senim-contract-marking", false)],
    );
    assert_finds(
        &check_arrows_of_tests(&[unused, voucher, settlement, api]),
        "senim-contract-marking is an arrow of tests",
    );
}

#[test]
fn the_table_names_only_crates_that_exist() {
    let packages = crates::packages();
    for (name, _) in crates::ARROWS {
        assert!(
            packages.iter().any(|package| package.name == *name),
            "{name} is in ARROWS only"
        );
    }
}

#[test]
fn an_arrow_upwards_is_found() {
    assert_finds(
        &check_edges(&[package("senim-state", &[("senim-replica", false)])]),
        "senim-state → senim-replica is not an arrow",
    );
    assert_finds(
        &check_edges(&[package("senim-light-client", &[("senim-state", false)])]),
        "senim-light-client → senim-state is not an arrow",
    );
}

#[test]
fn an_arrow_upwards_is_found_among_test_dependencies_too() {
    let dependencies = [
        ("senim-replica", true),
        ("proptest", true),
        ("senim-types", true),
    ];
    assert_finds(
        &check_edges(&[package("senim-types", &dependencies)]),
        "senim-types → senim-replica is not an arrow, not even of tests",
    );
}

#[test]
fn a_crate_without_a_row_is_found() {
    assert_finds(
        &check_edges(&[package("senim-new", &[])]),
        "senim-new has no row in ARROWS",
    );
}

#[test]
fn an_outside_crate_that_is_kept_in_one_place_is_found_elsewhere() {
    let cases = [
        ("senim-state", "wasmtime"),
        ("senim-replica", "arc-malachitebft-core-consensus"),
        ("senim-execution", "sled"),
        ("senim-replica", "fjall"),
        ("senim-types", "serde_json"),
        ("senim-light-client", "tokio"),
    ];
    for (package_name, outside) in cases {
        let findings = check_edges(&[package(package_name, &[(outside, false)])]);
        assert_finds(&findings, &format!("{package_name} → {outside}: kept in"));
        assert_clean(&check_edges(&[package(package_name, &[(outside, true)])]));
    }
}

#[test]
fn every_manifest_and_crate_root_says_what_it_must() {
    assert_clean(&check_manifests(&crates::packages(), &Tree::repository()));
}

#[test]
fn each_thing_that_a_manifest_or_crate_root_lacks_is_found() {
    const MANIFEST: &str = "license.workspace = true\n[lints]\nworkspace = true\n";
    const ROOT: &str = "//! A crate.\n#![forbid(unsafe_code)]\n";
    let check = |change: fn(&mut Package), manifest: &str, root: &str| {
        let mut package = package("senim-state", &[]);
        change(&mut package);
        let tree = Tree::of([("node/x/Cargo.toml", manifest), ("node/x/src/lib.rs", root)]);
        check_manifests(&[package], &tree)
    };
    assert_clean(&check(|_| {}, MANIFEST, ROOT));
    assert_finds(
        &check(|package| package.description.clear(), MANIFEST, ROOT),
        "no description",
    );
    assert_finds(
        &check(|package| package.published = true, MANIFEST, ROOT),
        "publish = false",
    );
    assert_finds(
        &check(|_| {}, "license.workspace = true", ROOT),
        "[lints] workspace = true",
    );
    assert_finds(
        &check(|_| {}, "[lints]\nworkspace = true", ROOT),
        "license.workspace = true",
    );
    assert_finds(
        &check(|_| {}, MANIFEST, "#![forbid(unsafe_code)]"),
        "starts with `//!`",
    );
    assert_finds(
        &check(|_| {}, MANIFEST, "//! A crate."),
        "forbid(unsafe_code)",
    );
}

#[test]
fn a_crate_that_may_hold_unsafe_denies_it_all_the_same() {
    let check = |root: &str| {
        let mut package = package("senim-execution", &[]);
        package.folder = "node/execution".to_owned();
        let manifest = "license.workspace = true\n[lints]\nworkspace = true\n";
        let files = [
            ("node/execution/Cargo.toml", manifest),
            ("node/execution/src/lib.rs", root),
        ];
        check_manifests(&[package], &Tree::of(files))
    };
    assert_clean(&check("//! A crate.\n#![deny(unsafe_code)]\n"));
    assert_finds(&check("//! A crate.\n"), "lacks `#![deny(unsafe_code)]`");
    let both = "//! A crate.\n#![deny(unsafe_code)]\n#![forbid(unsafe_code)]\n";
    assert_finds(&check(both), "take its row out");
}

#[test]
fn a_crate_that_runs_inside_wasm_does_without_the_standard_library() {
    let mut contract = package("senim-contract-registry", &[]);
    contract.folder = "contracts/registry".to_owned();
    let tree = Tree::of([
        (
            "contracts/registry/Cargo.toml",
            "license.workspace = true\n[lints]\nworkspace = true\n",
        ),
        (
            "contracts/registry/src/lib.rs",
            "//! A contract.\n#![cfg_attr(not(target_arch = \"wasm32\"), forbid(unsafe_code))]\n",
        ),
    ]);
    assert_finds(&check_manifests(&[contract], &tree), "is not `no_std`");
}

#[test]
fn nothing_below_the_light_client_does_io() {
    let below = crates::below_light_client();
    assert!(
        below.contains("senim-light-client"),
        "cargo tree printed the crate itself: {below}"
    );
    assert_clean(&check_light_client(&below));
}

#[test]
fn io_below_the_light_client_is_found() {
    let below = "senim-light-client v0.1.0 (/x)\nborsh v1.6.1\nmio v1.0.0\n";
    assert_finds(&check_light_client(below), "has mio below it");
}
