//! House rule: a source file is one sitting's reading, or says why not, and never more than 800 lines.

use senim_tests::house::sizes::{ALLOWED, LINES_HARD_MAX, LINES_SOFT_MAX, check};
use senim_tests::house::{Tree, assert_clean, assert_finds};

#[test]
fn no_source_file_is_too_long() {
    assert_clean(&check(&Tree::repository(), ALLOWED));
}

#[test]
fn a_file_above_the_hard_limit_is_found_even_with_a_reason() {
    let text = "//\n".repeat(LINES_HARD_MAX + 1);
    let tree = Tree::of([("node/x/src/a.rs", text.as_str())]);
    assert_finds(
        &check(&tree, &[("node/x/src/a.rs", "it is one table")]),
        "801 lines, at most 800",
    );
}

#[test]
fn a_file_above_the_soft_limit_needs_a_reason() {
    let text = "//\n".repeat(LINES_SOFT_MAX + 1);
    let tree = Tree::of([("node/x/src/a.rs", text.as_str())]);
    assert_finds(&check(&tree, &[]), "501 lines");
    assert_finds(
        &check(&tree, &[("node/x/src/a.rs", " ")]),
        "without a reason",
    );
    assert_clean(&check(&tree, &[("node/x/src/a.rs", "it is one table")]));
}

#[test]
fn an_exception_that_excuses_nothing_is_found() {
    let tree = Tree::of([("node/x/src/a.rs", "//\n")]);
    assert_finds(
        &check(&tree, &[("node/x/src/a.rs", "it was long")]),
        "is short again",
    );
    assert_finds(
        &check(&tree, &[("node/x/src/b.rs", "it was there")]),
        "does not exist",
    );
}
