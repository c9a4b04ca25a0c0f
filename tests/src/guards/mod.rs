//! Stories played with one guard of the contracts left out: each has to fail.
//!
//! A guard is an `ensure`, a `refuse` or a policy's rule in a contract's sources. Contracts are compiled once so that one
//! can be left out (`scripts/contracts.sh build --leave-out`); which one is written into the artefact. The scenario then
//! runs with these contracts in its genesis, over the same interface and with the same keys as ever.
//!
//! - [`source`]: the guards, as they stand in the sources.
//! - [`artefact`]: an artefact without one of them.
//! - [`table`]: which scenario fails without which guard: `tests/data/guards-of-stories.tsv`.
//! - [`play`]: a scenario with the contracts of a folder.
//! - [`verdict`]: what a play says of the guard: a test has to fail without it and to pass with it.

pub mod artefact;
pub mod play;
pub mod source;
pub mod table;
pub mod verdict;

/// The scenarios of each story that `make demo` plays, and of what belongs to all of them.
pub const STORIES: &[(&str, &[&str])] = &[
    (
        "redemption",
        &[
            "scenario_redemption",
            "scenario_bad_redemption",
            "scenario_bad_packs",
        ],
    ),
    (
        "clinic",
        &[
            "scenario_clinic",
            "scenario_clinic_reports",
            "scenario_orders",
        ],
    ),
    (
        "pharmacy",
        &[
            "scenario_pharmacy",
            "scenario_pharmacy_act",
            "scenario_rebind",
            "scenario_delegate",
            "scenario_medicine_rules",
            "scenario_refusals_of_a_pharmacy",
            "scenario_settlement",
        ],
    ),
    ("card", &["scenario_card", "scenario_card_reports"]),
    (
        "meals",
        &[
            "scenario_consent",
            "scenario_meals",
            "scenario_till",
            "scenario_offline",
            "scenario_offline_records",
            "scenario_offline_silence",
            "scenario_edit_check",
            "scenario_refusals_of_a_list",
            "scenario_refusals_of_a_measure",
            "scenario_refusals_of_messages",
            "scenario_listing",
            "scenario_settlement",
        ],
    ),
    ("settlement", &["scenario_settlement", "scenario_one_block"]),
    ("marking", &["scenario_marking_reports"]),
    ("members", &["scenario_members", "scenario_bad_members"]),
];

/// The scenarios of a story, or the one of this name.
pub fn scenarios(name: &str) -> Option<Vec<&'static str>> {
    let story = STORIES.iter().find(|(story, _)| *story == name);
    if let Some((_, scenarios)) = story {
        return Some(scenarios.to_vec());
    }
    let all = STORIES.iter().flat_map(|(_, scenarios)| scenarios.iter());
    all.copied()
        .find(|scenario| *scenario == name)
        .map(|scenario| vec![scenario])
}
