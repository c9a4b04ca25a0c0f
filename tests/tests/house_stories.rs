//! House rule: what `make demo` plays is held by tests.

use senim_tests::guards::table;
use senim_tests::house::stories::{WITHOUT_ROW, check, check_shown, check_table};
use senim_tests::house::{Tree, assert_clean, assert_finds};
use senim_tests::world::network::root;

#[test]
fn each_refusal_of_a_story_is_met_by_a_scenario_of_it() {
    assert_clean(&check(&Tree::repository()));
}

#[test]
fn the_table_of_guards_is_of_what_is_there() {
    let table = std::fs::read_to_string(root().join(table::PATH)).expect("the table");
    assert!(table::read(&table).is_some_and(|rows| !rows.is_empty()));
    assert_clean(&check_table(&Tree::repository(), &table));
}

#[test]
fn each_refusal_of_a_story_fails_without_its_guard() {
    let table = std::fs::read_to_string(root().join(table::PATH)).expect("the table");
    assert_clean(&check_shown(&Tree::repository(), &table, WITHOUT_ROW));
}

#[test]
fn a_story_that_shows_a_guard_which_nothing_holds_is_found() {
    let tree = Tree::of([
        (
            "contracts/card/src/rules.rs",
            "ensure(a, Code::CARD_BLOCKED)?;\n",
        ),
        (
            "scripts/demo/card.sh",
            "    refused 1 CARD_BLOCKED \"senim\"\n",
        ),
    ]);
    let row = "scenario_card\tcard/src/rules.rs\tensure(a, Code::CARD_BLOCKED)\n";
    let excuse = [("CARD_BLOCKED", "of a test")];
    assert_clean(&check_shown(&tree, row, &[]));
    assert_clean(&check_shown(&tree, "", &excuse));
    assert_finds(&check_shown(&tree, "", &[]), "fails without the guard");
    assert_finds(&check_shown(&tree, row, &excuse), "take it out");
}

#[test]
fn a_refusal_that_a_story_shows_and_no_test_meets_is_found() {
    let story = |code: &str| format!("    refused 1 {code} \"senim act show\"\n");
    let of = |script: &str, scenario: &str| {
        check(&Tree::of([
            ("scripts/demo/card.sh", script),
            ("tests/tests/scenario_card.rs", scenario),
        ]))
    };
    let met = "assert_eq!(code, Code::CARD_BLOCKED);";
    assert_clean(&of(&story("CARD_BLOCKED"), met));
    for (script, scenario) in [
        (story("CARD_EXISTS"), met.to_owned()),
        (story("CARD_BLOCKED"), format!("// {met}")),
        (story("CARD_BLOCKED"), met.replace("BLOCKED", "BLOCKED_NOW")),
    ] {
        assert_finds(&of(&script, &scenario), "no scenario of the story meets");
    }
    let other = Tree::of([("scripts/demo/rides.sh", "")]);
    assert_finds(&check(&other), "no scenario of this story");
}

#[test]
fn a_row_of_a_guard_or_a_scenario_that_is_gone_is_found() {
    let source = "fn f() {\n    ensure(a == b, Code::CARD_BLOCKED)?;\n}\n";
    let scenario = "#[test]\nfn a_blocked_card() {}\n";
    let tree = Tree::of([
        ("contracts/card/src/rules.rs", source),
        ("tests/tests/scenario_card.rs", scenario),
    ]);
    let row =
        "scenario_card\tcard/src/rules.rs\tensure(a == b, Code::CARD_BLOCKED)\ta_blocked_card\n";
    assert_clean(&check_table(&tree, row));
    assert_clean(&check_table(&tree, &row.replace("\ta_b", "\trefused::a_b")));
    assert_finds(
        &check_table(&tree, &row.replace("a == b", "a != b")),
        "one of them is gone",
    );
    assert_finds(
        &check_table(&tree, &row.replace("scenario_card", "scenario_x")),
        "one of them is gone",
    );
    assert_finds(
        &check_table(&tree, &row.replace("a_blocked", "a_lost")),
        "the test a_lost_card is gone",
    );
    assert_finds(
        &check_table(&tree, &row.replace("\ta_blocked_card", "")),
        "which test fails is not known",
    );
    assert_finds(&check_table(&tree, "scenario_card\n"), "another form");
}
