//! Which crate may depend on which, and what every manifest and crate root says.
//!
//! Arrows point downwards only. The tables are the design: a new arrow is a decision, made here and seen
//! in review, not a side effect of an import.

use std::process::Command;

use serde_json::Value;

use super::{Finding, Tree, tree};

/// A crate of ours and the crates of ours that it may use in what it ships.
pub const ARROWS: &[(&str, &[&str])] = &[
    ("senim-types", &[]),
    ("senim-abi", &["senim-types"]),
    ("senim-sdk", &["senim-abi", "senim-types"]),
    ("senim-contract-registry", CONTRACT),
    ("senim-contract-treasury", CONTRACT),
    ("senim-contract-marking", CONTRACT),
    ("senim-contract-prescription", CONTRACT),
    ("senim-contract-voucher", CONTRACT),
    ("senim-contract-measure", CONTRACT),
    ("senim-contract-settlement", CONTRACT),
    ("senim-contract-card", CONTRACT),
    // Broken builds for the simulator, optional wherever they are named: see `mutants`.
    ("senim-mutants", &[]),
    ("senim-state", &["senim-types", "senim-mutants"]),
    (
        "senim-execution",
        &["senim-types", "senim-abi", "senim-mutants"],
    ),
    ("senim-consensus", &["senim-types", "senim-mutants"]),
    (
        "senim-replica",
        &[
            "senim-types",
            "senim-abi",
            "senim-consensus",
            "senim-execution",
            "senim-state",
            // A node that joins from a snapshot trusts its block by the light client's rules.
            "senim-light-client",
            "senim-mutants",
        ],
    ),
    ("senim-network", &["senim-types"]),
    ("senim-api", &["senim-types", "senim-abi", "senim-replica"]),
    (
        "senimd",
        &[
            "senim-types",
            "senim-abi",
            "senim-consensus",
            "senim-execution",
            "senim-state",
            "senim-replica",
            "senim-network",
            "senim-api",
            // The benchmark's client verifies what the nodes answer.
            "senim-light-client",
        ],
    ),
    ("senim-light-client", &["senim-types"]),
    (
        "senim-light-client-wasm",
        &["senim-light-client", "senim-types"],
    ),
    ("senim-card-system", &["senim-abi", "senim-types"]),
    ("senim-codes", &["senim-abi", "senim-types"]),
    ("senim-fhir", &["senim-types"]),
    ("senim-bank", &["senim-codes", "senim-abi", "senim-types"]),
    (
        "senim-cli",
        &[
            // Policies are run where they are explained: nobody has to believe a node.
            "senim-execution",
            "senim-bank",
            "senim-card-system",
            "senim-codes",
            "senim-fhir",
            "senim-light-client",
            "senim-abi",
            "senim-types",
        ],
    ),
    (
        "senim-portal",
        &[
            // Sessions with a node, key files, failures: as every client does it.
            "senim-cli",
            "senim-codes",
            "senim-abi",
            "senim-types",
        ],
    ),
    (
        "senim-connector",
        &[
            // Sessions with a node, a clinic's folder, journals: as the commands do it.
            "senim-cli",
            "senim-fhir",
            "senim-abi",
            "senim-types",
        ],
    ),
    ("senim-tests", EVERYTHING),
];

const CONTRACT: &[&str] = &["senim-sdk", "senim-abi", "senim-types"];

/// The tests of the whole see the whole; nothing may depend on them.
const EVERYTHING: &[&str] = &["*"];

/// Arrows for tests and benches only, beside [`ARROWS`]: crate, what it may use, why.
pub const ARROWS_OF_TESTS: &[(&str, &[&str], &str)] = &[
    (
        "senim-contract-prescription",
        &[
            "senim-contract-treasury",
            "senim-contract-marking",
            "senim-contract-card",
        ],
        "a redemption is one transaction through all of them",
    ),
    (
        "senim-contract-voucher",
        &[
            "senim-contract-measure",
            "senim-contract-registry",
            "senim-contract-treasury",
        ],
        "a use of a voucher is paid in the same transaction, and a terminal's records are judged by how it stands",
    ),
    (
        "senim-contract-settlement",
        &[
            "senim-contract-treasury",
            "senim-contract-voucher",
            "senim-contract-measure",
        ],
        "an act is made of what the treasury posted, and accepted by what the days of vouchers came to",
    ),
    (
        "senim-api",
        &["senimd", "senim-light-client"],
        "the interface is asked with a running node behind it, and what it proves is verified",
    ),
];

/// Outside crates that only some of ours may use in what they ship: name (a `*` at the end stands for any
/// ending), who may, why.
pub const KEPT_IN: &[(&str, &[&str], &str)] = &[
    (
        "wasmtime*",
        &["senim-execution"],
        "the engine can be replaced in one place",
    ),
    (
        "wasmparser",
        &["senim-execution"],
        "what a contract may contain is decided in one place",
    ),
    (
        "arc-malachitebft-*",
        &["senim-consensus"],
        "every minor version of it breaks its users",
    ),
    (
        "sled",
        &["senim-state"],
        "the store is derived data behind a narrow trait",
    ),
    (
        "fjall",
        &["senim-state"],
        "the store is derived data behind a narrow trait",
    ),
    (
        "serde_json",
        &[
            "senim-api",
            "senimd",
            "senim-bank",
            "senim-cli",
            "senim-codes",
            "senim-fhir",
            "senim-connector",
            "senim-portal",
            "senim-tests",
        ],
        "JSON is for people and their programs; nothing that is hashed or signed passes through it",
    ),
    (
        "tokio*",
        &[
            "senim-api",
            "senim-network",
            "senimd",
            "senim-cli",
            "senim-connector",
            "senim-portal",
        ],
        "only the edges do I/O",
    ),
    (
        "libp2p*",
        &["senim-network"],
        "how nodes reach each other can be replaced in one place",
    ),
    (
        "axum*",
        &["senim-api", "senimd", "senim-connector"],
        "HTTP ends at the edge",
    ),
    (
        "rusmpp*",
        &["senim-portal"],
        "how an operator is reached can be replaced in one place",
    ),
    ("reqwest", &["senim-cli"], "only the client asks over HTTP"),
    (
        "clap*",
        &["senimd", "senim-cli", "senim-connector", "senim-portal"],
        "only programs have arguments",
    ),
];

/// Crates that may hold `unsafe`, and why. They deny it all the same, so that each use is an `expect` with
/// its reason; what exports fixed names to wasm forbids it on every other target.
pub const UNSAFE: &[(&str, &str)] = &[
    (
        "node/execution",
        "lends a borrowed view to an engine whose store holds only `'static` data, and loads what it compiled",
    ),
    (
        "client/light-client/wasm",
        "exports fixed names and reads what its caller wrote to linear memory",
    ),
    (
        "contracts/sdk",
        "calls the host's imports and hands it pointers into linear memory",
    ),
    (
        "contracts/marking",
        "exports its entry points under fixed names: `unsafe(no_mangle)`",
    ),
    (
        "contracts/card",
        "exports its entry points under fixed names: `unsafe(no_mangle)`",
    ),
    (
        "contracts/voucher",
        "exports its entry points under fixed names: `unsafe(no_mangle)`",
    ),
    (
        "contracts/measure",
        "exports its entry points under fixed names: `unsafe(no_mangle)`",
    ),
    (
        "contracts/settlement",
        "exports its entry points under fixed names: `unsafe(no_mangle)`",
    ),
    (
        "contracts/prescription",
        "exports its entry points under fixed names: `unsafe(no_mangle)`",
    ),
    (
        "contracts/registry",
        "exports its entry points under fixed names: `unsafe(no_mangle)`",
    ),
    (
        "contracts/treasury",
        "exports its entry points under fixed names: `unsafe(no_mangle)`",
    ),
];

/// What the light client may not have below it, at any depth: it does no I/O and builds to wasm.
pub const LIGHT_CLIENT_WITHOUT: &[&str] = &[
    "tokio",
    "mio",
    "socket2",
    "hyper",
    "reqwest",
    "ureq",
    "getrandom",
    "fjall",
    "sled",
    "wasmtime",
    "tempfile",
];

/// A crate of ours as `cargo metadata` shows it.
#[derive(Debug, Clone, Default)]
pub struct Package {
    /// The name of the package.
    pub name: String,
    /// Its folder from the root of the repository.
    pub folder: String,
    /// One line about it.
    pub description: String,
    /// Whether it could be published.
    pub published: bool,
    /// What it names in its manifest.
    pub dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependency tables.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The name of the package, whatever it is renamed to.
    pub name: String,
    /// Whether it is for tests and benches only.
    pub for_tests: bool,
}

/// All crates of the workspaces that are shipped.
///
/// # Panics
/// When cargo cannot read the manifests.
pub fn packages() -> Vec<Package> {
    [
        "Cargo.toml",
        "client/light-client/wasm/Cargo.toml",
        "contracts/Cargo.toml",
    ]
    .into_iter()
    .flat_map(packages_of)
    .collect()
}

fn packages_of(manifest: &str) -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version=1",
            "--no-deps",
            "--manifest-path",
        ])
        .arg(tree::root().join(manifest))
        .output()
        .expect("cargo runs: it built this test");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo metadata of {manifest}: {complaint}"
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"]
        .as_array()
        .expect("cargo metadata lists packages");
    packages.iter().map(package).collect()
}

fn package(value: &Value) -> Package {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let root = tree::root();
    let manifest = text("manifest_path");
    let folder = manifest
        .strip_prefix(root.to_str().expect("the root is UTF-8"))
        .and_then(|path| path.strip_suffix("/Cargo.toml"))
        .expect("every package lies below the root");
    let dependencies = value["dependencies"]
        .as_array()
        .expect("a package lists its dependencies");
    Package {
        name: text("name"),
        folder: folder.trim_start_matches('/').to_owned(),
        description: text("description"),
        published: value["publish"]
            .as_array()
            .is_none_or(|registries| !registries.is_empty()),
        dependencies: dependencies
            .iter()
            .map(|dependency| Dependency {
                name: dependency["name"].as_str().unwrap_or_default().to_owned(),
                for_tests: dependency["kind"].as_str() == Some("dev"),
            })
            .collect(),
    }
}

/// Every arrow between crates of ours, and every outside crate that is kept in one place.
pub fn check_edges(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let manifest = format!("{}/Cargo.toml", package.folder);
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            let message = format!(
                "{} has no row in ARROWS: decide what it may depend on",
                package.name
            );
            findings.push(Finding::file(&manifest, message));
            continue;
        };
        for dependency in &package.dependencies {
            if let Some(message) = refusal(&package.name, allowed, dependency) {
                findings.push(Finding::file(&manifest, message));
            }
        }
    }
    findings
}

/// Every arrow of tests is used; a row for one that is not has outlived its reason.
pub fn check_arrows_of_tests(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (of, to, _) in ARROWS_OF_TESTS {
        let package = packages.iter().find(|package| package.name == *of);
        for target in *to {
            let names_it =
                |dependency: &Dependency| dependency.for_tests && dependency.name == *target;
            if !package.is_some_and(|package| package.dependencies.iter().any(names_it)) {
                let message = format!("{of} → {target} is an arrow of tests that nothing uses");
                findings.push(Finding::file("tests/src/house/crates.rs", message));
            }
        }
    }
    findings
}

fn refusal(package: &str, allowed: &[&str], dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    if allowed == EVERYTHING || allowed.contains(&name) {
        return None;
    }
    if dependency.for_tests {
        let also = ARROWS_OF_TESTS
            .iter()
            .any(|(of, to, _)| *of == package && to.contains(&name));
        let ours = ARROWS.iter().any(|(of, _)| *of == name);
        return (ours && !also && name != package)
            .then(|| format!("{package} → {name} is not an arrow, not even of tests"));
    }
    if ARROWS.iter().any(|(of, _)| *of == name) {
        return Some(format!(
            "{package} → {name} is not an arrow: see ARROWS in crates.rs"
        ));
    }
    let (_, homes, reason) = KEPT_IN
        .iter()
        .find(|(pattern, _, _)| matches(pattern, name))?;
    (!homes.contains(&package))
        .then(|| format!("{package} → {name}: kept in {homes:?}, since {reason}"))
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == name, |start| name.starts_with(start))
}

/// What every manifest and crate root says: a description, the shared lints, that it is not published,
/// documentation at the top, no `unsafe`, and `no_std` where the crate runs inside wasm.
pub fn check_manifests(packages: &[Package], tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let path = format!("{}/Cargo.toml", package.folder);
        let manifest = tree.text(&path).unwrap_or_default();
        let mut demand = |met: bool, message: &str| {
            if !met {
                findings.push(Finding::file(&path, message));
            }
        };
        demand(!package.description.trim().is_empty(), "has no description");
        demand(!package.published, "lacks `publish = false`");
        demand(
            manifest.contains("[lints]\nworkspace = true"),
            "lacks `[lints] workspace = true`",
        );
        demand(
            manifest.contains("license.workspace = true"),
            "lacks `license.workspace = true`",
        );
        for root in ["lib.rs", "main.rs"] {
            let path = format!("{}/src/{root}", package.folder);
            if let Some(text) = tree.text(&path) {
                findings.extend(check_root(&package.folder, &path, text));
            }
        }
    }
    findings
}

fn check_root(folder: &str, path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !text.starts_with("//!") {
        findings.push(Finding::at(
            path,
            1,
            "a crate starts with `//!`: what it is for",
        ));
    }
    // Contracts, and the types that they are made of.
    let in_wasm = folder == "node/types" || folder.starts_with("contracts/");
    let excused = UNSAFE.iter().any(|(excused, _)| *excused == folder);
    let demanded = match (excused, in_wasm) {
        (false, _) => "#![forbid(unsafe_code)]",
        (true, false) => "#![deny(unsafe_code)]",
        (true, true) => "#![cfg_attr(not(target_arch = \"wasm32\"), forbid(unsafe_code))]",
    };
    if !text.contains(demanded) {
        findings.push(Finding::file(path, format!("lacks `{demanded}`")));
    }
    if excused && text.contains("#![forbid(unsafe_code)]") {
        findings.push(Finding::file(
            path,
            "forbids `unsafe`: take its row out of crates.rs",
        ));
    }
    if in_wasm && !text.contains("no_std") {
        findings.push(Finding::file(path, "runs inside wasm and is not `no_std`"));
    }
    findings
}

/// Every crate below the light client, at any depth, as `cargo tree` prints them.
///
/// # Panics
/// When cargo cannot resolve the workspace.
pub fn below_light_client() -> String {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package=senim-light-client",
            "--edges=normal",
            "--prefix=none",
            "--format={p}",
        ])
        .arg("--manifest-path")
        .arg(tree::root().join("Cargo.toml"))
        .output()
        .expect("cargo runs: it built this test");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo tree of the light client: {complaint}"
    );
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

/// What the light client must do without.
pub fn check_light_client(below: &str) -> Vec<Finding> {
    let names = below
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let mut findings: Vec<Finding> = names
        .filter(|name| LIGHT_CLIENT_WITHOUT.contains(name))
        .map(|name| {
            let message =
                format!("has {name} below it, and must do no I/O: see `cargo tree -i {name}`");
            Finding::file("client/light-client/Cargo.toml", message)
        })
        .collect();
    findings.dedup();
    findings
}
