//! House rule: nothing in the tree says on whose machine it was made, or names a person.

use senim_tests::house::machine::check;
use senim_tests::house::{Tree, assert_clean, assert_finds};

#[test]
fn the_tree_has_no_trace_of_a_machine_or_a_person() {
    assert_clean(&check(&Tree::repository()));
}

#[test]
fn each_trace_is_found() {
    let check = |text: &str| check(&Tree::of([("a.md", text)]));
    for folder in ["home", "root", "Users", "work"] {
        assert_finds(
            &check(&format!("see /{folder}/me/x")),
            "a path of one machine",
        );
        assert_clean(&check(&format!(
            "see https://example.org/{folder}/me and ./{folder}/x, x/{folder}/y"
        )));
    }
    let at = '@';
    assert_finds(
        &check(&format!("me{at}company.kz")),
        "a mail address at company.kz",
    );
    assert_clean(&check(&format!(
        "me{at}example.org, x{at}0.1.2, git@, a @ b.c, {at}types/node"
    )));
    let scheme = "https:/";
    assert_finds(
        &check(&format!("{scheme}/mirror.company.kz:8080/x")),
        "the host mirror.company.kz",
    );
    assert_clean(&check(&format!(
        "{scheme}/docs.rs/x, {scheme}/localhost:1, http://127.0.0.1:26600/v1"
    )));
    for address in [[10, 0, 0, 1], [192, 168, 1, 1], [172, 16, 0, 9]] {
        let address = address.map(|part| part.to_string()).join(".");
        assert_finds(
            &check(&format!("listen on {address}:80")),
            "the private address",
        );
    }
    assert_clean(&check("version 10.2.1, 127.0.0.1, 192.0.2.1, 172.99.0.1"));
}

/// A number with a right check digit, from its first eleven digits; nothing if none exists.
fn with_check_digit(eleven: [u32; 11]) -> Option<String> {
    let first = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    let second = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];
    let rest = |weights: [u32; 11]| {
        eleven
            .iter()
            .zip(weights)
            .map(|(digit, w)| digit * w)
            .sum::<u32>()
            % 11
    };
    let check = [first, second]
        .map(rest)
        .into_iter()
        .find(|rest| *rest < 10)?;
    Some(
        eleven
            .iter()
            .chain([&check])
            .map(ToString::to_string)
            .collect(),
    )
}

#[test]
fn a_number_that_could_be_a_living_persons_is_found() {
    let check = |text: &str| check(&Tree::of([("a.md", text)]));
    for serial in 0..20 {
        let eleven = |century| [9, 1, 0, 3, 1, 2, century, 0, 4, serial / 10, serial % 10];
        let (Some(living), Some(dead)) = (with_check_digit(eleven(3)), with_check_digit(eleven(1)))
        else {
            continue;
        };
        assert_finds(
            &check(&format!("a citizen, {living}, asks")),
            "a living person's national number",
        );
        assert_clean(&check(&format!(
            "born before 1900: {dead}; inside a longer one: 9{living} x{living}"
        )));
    }
}
