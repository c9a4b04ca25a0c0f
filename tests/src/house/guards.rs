//! Which refusals of the contracts' automata some scenario meets over the public interface, with the roles' own keys.
//!
//! A contract's own tests meet each of them; a story over HTTP shows that the refusal reaches whoever caused it, with its
//! code, through node, proof and client.

use super::rust::{has_word, split};
use super::{Finding, Tree};
use senim_types::code::{CodeEntry, Fault};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Numbers of the automata of packs, prescriptions, vouchers, settlement and cards, and of the portal's conversation.
pub const RANGES: &[RangeInclusive<u16>] = &[
    3200..=3299,
    3300..=3399,
    3400..=3499,
    3500..=3599,
    3600..=3699,
    7450..=7452,
];

/// What no client of ours would send: a scenario offers it, signed with a role's own key, to a real node.
pub const OFFERED: &[(&str, &str)] = &[
    ("GTIN_INVALID", "the client reads no such number"),
    (
        "LEASE_EXPIRED",
        "hours pass, which no clock of a machine lets",
    ),
    (
        "QR_WINDOW",
        "a QR of a wallet that does not keep the programme's bounds",
    ),
];

/// What no scenario meets, and why: the contract's own tests do.
pub const NOT_MET: &[(&str, &str)] = &[
    (
        "ACT_MISMATCH",
        "the treasury's claim and the act come of the same lines",
    ),
    (
        "BATCH_UNKNOWN",
        "a pack of the register always has its batch",
    ),
];

/// What a scenario's sources are, by the scenario's name.
struct Scenario {
    code: String,
    is_over_http: bool,
}

/// The scenario that a file belongs to: a file, or the folder of one.
fn scenario_of(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("tests/tests/")?;
    let name = rest.split('/').next()?;
    let name = name.strip_suffix(".rs").unwrap_or(name);
    (name.starts_with("scenario_") && path.ends_with(".rs")).then_some(name)
}

fn scenarios(tree: &Tree) -> BTreeMap<&str, Scenario> {
    let mut all: BTreeMap<&str, Scenario> = BTreeMap::new();
    for file in tree.files() {
        let Some(name) = scenario_of(&file.path) else {
            continue;
        };
        let scenario = all.entry(name).or_insert(Scenario {
            code: String::new(),
            is_over_http: false,
        });
        scenario.code += &split(&file.text).code;
        // The harnesses that serve the daemon's routes and run the client's commands against them.
        scenario.is_over_http |= file.text.contains("support/");
    }
    all
}

/// Each refusal of the automata is met by a scenario over HTTP, or offered to a node by one, or excused; and no row excuses
/// what is met.
pub fn check(tree: &Tree, codes: &[CodeEntry]) -> Vec<Finding> {
    let scenarios = scenarios(tree);
    let is_met = |name: &str, over_http: bool| {
        let word = format!("Code::{name}");
        let mut of = scenarios
            .values()
            .filter(|one| one.is_over_http == over_http);
        of.any(|one| has_word(&one.code, &word))
    };
    let here = |message: String| Finding::file("tests/src/house/guards.rs", message);
    let guards = codes.iter().filter(|entry| {
        let number = entry.code.0;
        entry.fault == Fault::Caller && RANGES.iter().any(|range| range.contains(&number))
    });
    let guards: Vec<&str> = guards.map(|entry| entry.name).collect();
    let excused = |rows: &[(&str, &str)], name: &str| rows.iter().any(|(of, _)| *of == name);
    let mut findings = Vec::new();
    for name in &guards {
        let (offered, not_met) = (excused(OFFERED, name), excused(NOT_MET, name));
        if is_met(name, true) {
            if offered || not_met {
                findings.push(here(format!(
                    "{name} is met over HTTP now: take its row out"
                )));
            }
        } else if offered {
            if !is_met(name, false) {
                findings.push(here(format!(
                    "no scenario offers a node what {name} refuses"
                )));
            }
        } else if !not_met {
            findings.push(here(format!(
                "no scenario over HTTP meets {name}: add a step that is refused with it, beside one that is sound"
            )));
        }
    }
    let rows = OFFERED.iter().chain(NOT_MET);
    let strangers = rows.filter(|(name, _)| !guards.contains(name));
    findings
        .extend(strangers.map(|(name, _)| here(format!("{name} is no refusal of an automaton"))));
    findings
}
