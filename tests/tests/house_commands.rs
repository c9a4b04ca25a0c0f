//! House rule: a command that a document names exists.

use senim_tests::house::commands::{check_make, check_program, named};
use senim_tests::house::{Tree, assert_clean, assert_finds};

#[test]
fn every_make_target_that_a_document_names_exists() {
    assert_clean(&check_make(&Tree::repository()));
}

#[test]
fn a_make_target_that_does_not_exist_is_found() {
    let check = |text: &str| {
        check_make(&Tree::of([
            ("Makefile", "test: build\n\techo\n"),
            ("a.md", text),
        ]))
    };
    assert_clean(&check(
        "`make`, `make test`, `make test ARGS=-v`, `make -j2 test`, what you make of it",
    ));
    assert_clean(&check("`make test ARGS=\"--for 180 --of 6\" test`"));
    assert_finds(
        &check("`make test ARGS=\"--for 180 --of 6\" gone`"),
        "names `make gone`",
    );
    assert_clean(&check("```rust\nmake sense;\n```\n"));
    assert_finds(&check("`make tests`"), "names `make tests`");
    assert_finds(
        &check("text\n\n```console\n$ X=1 make test gone # really\n```\n"),
        "a.md:4: names `make gone`",
    );
}

#[test]
fn every_command_that_a_document_names_exists() {
    let tree = Tree::repository();
    assert_clean(&check_program(&tree, "senim", &senim_cli::is_command));
    assert_clean(&check_program(&tree, "senimd", &senimd::args::is_command));
    assert_clean(&check_program(
        &tree,
        "senim-portal",
        &senim_portal::args::is_command,
    ));
    assert_clean(&check_program(
        &tree,
        "senim-connector",
        &senim_connector::args::is_command,
    ));
}

#[test]
fn commands_are_read_from_backticks_and_blocks() {
    let text = "`senim pack parse '<x>'`\n\n```sh\n# senim comment\nKEY=k senim tx submit --key k | jq .\n```\n";
    let tree = Tree::of([("a.md", text)]);
    let words: Vec<String> = named(&tree, "senim")
        .iter()
        .map(|command| command.words.join(" "))
        .collect();
    assert_eq!(words, ["senim pack parse '<x>'", "senim tx submit --key k"]);
}

#[test]
fn a_subcommand_that_does_not_exist_is_found() {
    let known = |words: &[String]| matches!(words.join(" ").as_str(), "pack" | "pack parse");
    let check = |text: &str| check_program(&Tree::of([("a.md", text)]), "senim", &known);
    assert_clean(&check(
        "`senim`, `senim --help`, `senim pack parse '<x>'`, `senim pack`",
    ));
    assert_finds(&check("`senim packs parse`"), "names `senim packs parse`");
}
