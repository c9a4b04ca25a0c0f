//! House rule: documents name what exists.

use senim_tests::house::docs::{anchors, check, check_index};
use senim_tests::house::{Tree, assert_clean, assert_finds};

#[test]
fn documents_name_what_exists() {
    assert_clean(&check(&Tree::repository()));
}

#[test]
fn a_dead_link_is_found() {
    let check = |text: &str| {
        check(&Tree::of([
            ("a/b.md", text),
            ("a/c.md", "# One\n## Two words\n"),
        ]))
    };
    assert_clean(&check("[c](c.md), [two](c.md#two-words), [here](#top), [folder](../a), [c](/a/../a/c.md)\n# Top\n"
        .replace("[c](/a/../a/c.md)", "[out](https://example.org/none)")
        .as_str()));
    assert_finds(
        &check("text\n\n[x](none.md)"),
        "b.md:3: link to none.md: no such file",
    );
    assert_finds(&check("[x](c.md#three)"), "no such heading");
    assert_finds(&check("[x](#three)"), "no such heading");
    assert_finds(&check("![x](picture.png)"), "no such file");
    assert_finds(&check("[x][y]\n\n[y]: none.md\n"), "no such file");
    assert_clean(&check("```\n[x](none.md)\n```\n"));
}

#[test]
fn a_path_in_backticks_that_does_not_exist_is_found() {
    let check = |text: &str| check(&Tree::of([("a/b.md", text), ("node/x/src/lib.rs", "")]));
    assert_clean(&check(
        "`node/x`, `node/x/src/lib.rs`, `node/x/src/lib.rs:12`, `node/*/src`, `node/<crate>/y`",
    ));
    assert_clean(&check("`and/or`, `node / none`, `/v1/node/none`, `x/node`"));
    assert_finds(&check("`node/y`"), "names `node/y`, which does not exist");
    assert_finds(&check("`none/../node`, `node/x/src/gone.rs`"), "gone.rs");
    assert_finds(&check("`node/y/*.rs`"), "does not exist");
}

#[test]
fn a_path_in_a_comment_that_does_not_exist_is_found() {
    let check = |text: &str| {
        check(&Tree::of([
            ("node/x/src/a.rs", text),
            ("node/x/tests/b.rs", ""),
        ]))
    };
    assert_clean(&check(
        "//! See `node/x/src/a.rs` and `tests/b.rs`.\nconst A: &str = \"`node/none`\";\n",
    ));
    assert_finds(
        &check("//! See\n//! `node/x/src/gone.rs`.\n"),
        "a.rs:2: names `node/x/src/gone.rs`",
    );
}

#[test]
fn an_open_fence_is_found() {
    let check = |text: &str| check(&Tree::of([("a/b.md", text)]));
    assert_clean(&check("```sh\nmake\n```\n\n````text\n```\n````\n"));
    assert_finds(
        &check("a\n```sh\nmake\n"),
        "b.md:2: this code fence is never closed",
    );
    assert_finds(&check("```\n```sh\n"), "never closed");
}

#[test]
fn a_page_that_no_index_lists_is_found() {
    let check = |index: &str, below: &str| {
        let files = [
            ("docs/README.md", index),
            ("docs/a.md", ""),
            ("docs/decisions/README.md", below),
            ("docs/decisions/b.md", ""),
        ];
        check_index(&Tree::of(files))
    };
    assert_clean(&check("[a](a.md) [all](decisions/README.md)", "[b](b.md)"));
    assert_clean(&check(
        "[a](a.md) [all](decisions/README.md) [b](decisions/b.md)",
        "",
    ));
    assert_finds(
        &check("`a.md` [all](decisions/README.md)", "[b](b.md)"),
        "docs/a.md: is not listed",
    );
    assert_finds(
        &check("[a](a.md) [all](decisions/README.md)", ""),
        "docs/decisions/b.md: is not listed",
    );
    assert_finds(
        &check("[a](a.md)", "[b](b.md)"),
        "docs/decisions/README.md: is not listed",
    );
}

#[test]
fn anchors_are_made_as_the_usual_renderers_make_them() {
    let text = "# One & two\n## `code` here\n## Same\n## Same\n### ИИН, БИН\n";
    assert_eq!(
        anchors(text),
        ["one--two", "code-here", "same", "same-1", "иин-бин"]
    );
}
