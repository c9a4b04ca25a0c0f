//! House rule: what the automata refuse is met over the public interface.

use senim_tests::house::guards::{NOT_MET, OFFERED, check};
use senim_tests::house::{Tree, assert_clean, assert_finds};
use senim_types::code::{CODES, CodeEntry};

#[test]
fn each_refusal_of_the_automata_is_met_by_a_scenario() {
    assert_clean(&check(&Tree::repository(), CODES));
}

/// The table with one refusal, and what the rule's rows excuse: all other findings are of rows, and fall away.
fn of(name: &str, path: &str, text: &str) -> Vec<senim_tests::house::Finding> {
    let codes: Vec<CodeEntry> = CODES
        .iter()
        .filter(|entry| entry.name == name)
        .copied()
        .collect();
    assert_eq!(codes.len(), 1, "{name}");
    let mut findings = check(&Tree::of([(path, text)]), &codes);
    findings.retain(|finding| !finding.message.ends_with("is no refusal of an automaton"));
    findings
}

#[test]
fn a_refusal_that_no_scenario_meets_is_found() {
    const HTTP: &str = "#[path = \"support/ledger.rs\"]\nmod ledger;\n";
    let met = format!("{HTTP}fn f() {{ assert_eq!(code, Code::NOT_YET); }}");
    assert_clean(&of("NOT_YET", "tests/tests/scenario_a.rs", &met));
    let folder = "tests/tests/scenario_a/main.rs";
    assert_clean(&of("NOT_YET", folder, &met));
    for (path, text) in [
        (
            "tests/tests/scenario_a.rs",
            format!("{HTTP}// Code::NOT_YET"),
        ),
        (
            "tests/tests/scenario_a.rs",
            format!("{HTTP}fn f() {{ g(\"Code::NOT_YET\") }}"),
        ),
        (
            "tests/tests/scenario_a.rs",
            format!("{HTTP}fn f() {{ g(Code::NOT_YET_KNOWN) }}"),
        ),
        (
            "tests/tests/scenario_a.rs",
            "fn f() { g(Code::NOT_YET) }".to_owned(),
        ),
        ("tests/tests/conformance.rs", met),
    ] {
        assert_finds(
            &of("NOT_YET", path, &text),
            "no scenario over HTTP meets NOT_YET",
        );
    }
}

#[test]
fn a_row_that_excuses_nothing_is_found() {
    let name = OFFERED[0].0;
    let offered = format!("fn f() {{ g(Code::{name}) }}");
    let path = "tests/tests/scenario_a.rs";
    assert_clean(&of(name, path, &offered));
    assert_finds(&of(name, path, "fn f() {}"), "no scenario offers a node");
    let met = format!("#[path = \"support/ledger.rs\"] mod ledger; {offered}");
    assert_finds(&of(name, path, &met), "take its row out");
    let name = NOT_MET[0].0;
    assert_clean(&of(name, path, "fn f() {}"));
    let met = met.replace(OFFERED[0].0, name);
    assert_finds(&of(name, path, &met), "take its row out");
}

#[test]
fn no_row_stands_twice_and_each_says_why() {
    let rows = || OFFERED.iter().chain(NOT_MET);
    for (name, why) in rows() {
        assert_eq!(
            rows().filter(|(other, _)| other == name).count(),
            1,
            "{name}"
        );
        assert!(why.split(' ').count() >= 3, "{name}: {why}");
    }
}
