//! House rule: every error code is documented, by a page that is made from the table of codes.
//!
//! `make docs-update` writes the page again: it runs this test with `SENIM_UPDATE_DOCS=1`.

use senim_tests::house::errors::{PAGE, RETIRED, check, check_table, check_uses, page, ranges};
use senim_tests::house::{Tree, assert_clean, assert_finds, tree};
use senim_types::code::{CODES, Code, CodeEntry, Fault};

#[test]
fn the_page_of_error_codes_is_made_from_the_table() {
    if std::env::var_os("SENIM_UPDATE_DOCS").is_some() {
        let tree = Tree::repository();
        let source = tree
            .text("node/types/src/code.rs")
            .expect("the table of codes is there");
        std::fs::write(tree::root().join(PAGE), page(&ranges(source), CODES))
            .expect("the page can be written");
    }
    assert_clean(&check(&Tree::repository()));
}

#[test]
fn the_table_of_codes_is_sound() {
    let tree = Tree::repository();
    let ranges = ranges(
        tree.text("node/types/src/code.rs")
            .expect("the table of codes is there"),
    );
    assert!(ranges.len() > 5 && CODES.len() > 50, "the table was read");
    assert_clean(&check_table(&ranges, CODES));
}

#[test]
fn a_page_that_differs_is_found() {
    let source = "//! | 1000–1099 | bytes |\n";
    let stale = page(&ranges(source), &CODES[1..]);
    let tree = Tree::of([("node/types/src/code.rs", source), (PAGE, &stale)]);
    assert_finds(&check(&tree), "run `make docs-update`");
    let tree = Tree::of([("node/types/src/code.rs", source)]);
    assert_finds(&check(&tree), "run `make docs-update`");
    let fresh = page(&ranges(source), CODES);
    assert_clean(&check(&Tree::of([
        ("node/types/src/code.rs", source),
        (PAGE, &fresh),
    ])));
}

#[test]
fn each_code_is_produced_by_something() {
    assert_clean(&check_uses(&Tree::repository(), CODES));
    let entry = &CODES[..1];
    let used = format!("fn refuse() -> Code {{ Code::{} }}", entry[0].name);
    assert_clean(&check_uses(
        &Tree::of([("node/api/src/error.rs", used.as_str())]),
        entry,
    ));
    // Neither the table itself, nor a test, nor a longer name counts.
    let longer = format!("{}_TOO", entry[0].name);
    for (path, text) in [
        ("node/types/src/code.rs", used.as_str()),
        ("node/api/tests/api.rs", used.as_str()),
        ("node/api/src/error.rs", longer.as_str()),
    ] {
        assert_finds(
            &check_uses(&Tree::of([(path, text)]), entry),
            "produced by nothing",
        );
    }
}

#[test]
fn a_number_that_was_given_up_is_not_given_again() {
    let ranges = ranges("//! | 2000–2099 | execution |\n");
    let again = CodeEntry {
        code: Code(RETIRED[0].0),
        name: "ANOTHER",
        fault: Fault::Caller,
        advice: "Send it again.",
    };
    assert_finds(&check_table(&ranges, &[again]), "was given up");
}

#[test]
fn each_fault_of_the_table_is_found() {
    let of_contracts = ranges("//! | 3000–3099 | registry |\n");
    let ranges = ranges("//! | 1000–1099 | bytes |\n//! | 1100–1199 | time |\n");
    let entry = |number, name, advice| CodeEntry {
        code: Code(number),
        name,
        fault: Fault::Caller,
        advice,
    };
    const ADVICE: &str = "Send it again.";
    assert_clean(&check_table(
        &ranges,
        &[entry(1000, "A", ADVICE), entry(1100, "B_2", ADVICE)],
    ));
    assert_clean(&check_table(
        &of_contracts,
        &[entry(3000, "A", "The record is gone. Ask for another one.")],
    ));
    assert_finds(
        &check_table(&of_contracts, &[entry(3000, "A", "The record is gone.")]),
        "and not what to do",
    );
    assert_finds(
        &check_table(&ranges, &[entry(1200, "A", ADVICE)]),
        "lies in no range",
    );
    let twice = [entry(1000, "A", ADVICE), entry(1000, "B", ADVICE)];
    assert_finds(&check_table(&ranges, &twice), "out of order");
    let twice = [entry(1000, "A", ADVICE), entry(1001, "A", ADVICE)];
    assert_finds(&check_table(&ranges, &twice), "the name of another code");
    assert_finds(
        &check_table(&ranges, &[entry(1000, "a", ADVICE)]),
        "not in capitals",
    );
    assert_finds(
        &check_table(&ranges, &[entry(1000, "A", "Bad.")]),
        "says too little",
    );
}
