//! What `make story-guards` makes of a play without a guard: only a test that fails without it and passes with it counts.

use senim_tests::guards::play::{Ending, ending};
use senim_tests::guards::source::{Guard, guards, of_file};
use senim_tests::guards::table::{self, Row};
use senim_tests::guards::verdict::{Tally, Verdict};
use senim_tests::world::network::root;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

const TEST: &str = "a_pack_is_dispensed_once";

/// How a program ends that does this.
fn end_of(script: &str, patience: Duration) -> Ending {
    let mut shell = Command::new("sh");
    ending(shell.args(["-c", script]), TEST, patience).expect("there is a shell")
}

#[test]
fn a_test_passes_fails_or_is_stuck() {
    let patience = Duration::from_secs(60);
    assert_eq!(end_of("exit 0", patience), Ending::Passed);
    // As a program of tests ends that has one which failed.
    assert_eq!(end_of("exit 101", patience), Ending::Failed(TEST.into()));
    for script in ["kill -9 $$", "kill -6 $$", "exit 1", "exit 127"] {
        let ended = end_of(script, patience);
        assert_eq!(ended, Ending::Stuck(TEST.into()), "{script}");
    }
    let ended = end_of("sleep 60", Duration::from_millis(50));
    assert_eq!(ended, Ending::Stuck(TEST.into()));
}

#[test]
fn a_failure_counts_only_if_the_same_test_passes_with_the_guard() {
    let (failed, stuck) = (Ending::Failed(TEST.into()), Ending::Stuck(TEST.into()));
    for (without, with, expected, plays) in [
        (
            failed.clone(),
            Ending::Passed,
            Verdict::Shown(TEST.into()),
            1,
        ),
        (
            failed.clone(),
            failed.clone(),
            Verdict::Unsound(TEST.into()),
            1,
        ),
        (
            failed.clone(),
            stuck.clone(),
            Verdict::Unsound(TEST.into()),
            1,
        ),
        (stuck, Ending::Passed, Verdict::Stuck(TEST.into()), 0),
        (Ending::Passed, failed, Verdict::NotMissed, 0),
    ] {
        let played = Cell::new(0);
        let verdict = Verdict::of(without, |test| {
            assert_eq!(test, TEST, "the one that failed");
            played.set(played.get() + 1);
            Ok(with)
        });
        assert_eq!(verdict.expect("nothing went wrong"), expected);
        assert_eq!(played.get(), plays, "{expected:?}");
    }
}

#[test]
fn what_is_stuck_or_unsound_is_no_guard_that_is_shown() {
    let test = || TEST.to_owned();
    let tally = |verdicts: &[Verdict]| {
        let mut tally = Tally::default();
        for verdict in verdicts {
            tally.count(verdict);
        }
        (tally.is_sound(), tally.all_shown())
    };
    let shown = Verdict::Shown(test());
    assert_eq!(tally(&[shown.clone(), shown.clone()]), (true, true));
    assert_eq!(tally(&[]), (true, false));
    for (other, is_sound) in [
        (Verdict::NotMissed, true),
        (Verdict::Stuck(test()), false),
        (Verdict::Unsound(test()), false),
    ] {
        let counted = tally(&[shown.clone(), other.clone()]);
        assert_eq!(counted, (is_sound, false), "{other:?}");
        assert_eq!(other.shown(), None);
    }
    assert_eq!(shown.shown(), Some(test()));
}

/// Three guards of a contract.
fn three() -> Vec<Guard> {
    let text =
        "ensure(a, Code::NOT_YET)?;\nensure(b, Code::EXPIRED)?;\nrefuse(Code::CANCELLED)?;\n";
    of_file("prescription/src/rules.rs", text)
}

fn row(scenario: &str, guard: &Guard, test: Option<&str>) -> Row {
    Row {
        test: test.map(str::to_owned),
        ..Row::of(scenario, guard, String::new())
    }
}

#[test]
fn renewing_keeps_only_what_was_shown_and_nothing_of_an_unsound_scenario() {
    let guards = three();
    let [a, b, c] = &guards[..] else {
        panic!("{guards:?}")
    };
    let before = BTreeSet::from([
        row("scenario_orders", a, None),
        row("scenario_orders", b, Some("old")),
        row("scenario_till", a, None),
    ]);
    let mut rows = before.clone();
    let mut verdicts = vec![
        (a, Verdict::Shown(TEST.into())),
        (b, Verdict::Stuck(TEST.into())),
        (c, Verdict::NotMissed),
    ];
    table::renew(&mut rows, "scenario_orders", verdicts.clone());
    let other = row("scenario_till", a, None);
    let expected = BTreeSet::from([row("scenario_orders", a, Some(TEST)), other]);
    assert_eq!(rows, expected);
    verdicts.push((c, Verdict::Unsound(TEST.into())));
    let mut rows = before.clone();
    table::renew(&mut rows, "scenario_orders", verdicts.clone());
    assert_eq!(rows, before);
    table::name_tests(&mut rows, "scenario_orders", verdicts);
    let expected = BTreeSet::from([
        row("scenario_orders", a, Some(TEST)),
        row("scenario_orders", b, Some("old")),
        row("scenario_till", a, None),
    ]);
    assert_eq!(rows, expected);
}

#[test]
fn a_table_is_read_as_it_was_written() {
    let guards = three();
    let rows = BTreeSet::from([
        row("scenario_orders", &guards[0], None),
        row("scenario_orders", &guards[1], Some(TEST)),
    ]);
    let text = table::write(&rows);
    assert_eq!(table::read(&text), Some(rows));
    assert_eq!(table::read(&text.replace(TEST, "one\ttwo")), None);
    assert_eq!(table::read("scenario_orders\tcard/src/rules.rs\n"), None);
}

#[test]
fn make_guards_and_make_story_guards_leave_out_the_same() {
    let listed = Command::new(root().join("scripts/guards.sh"))
        .arg("--list")
        .output()
        .expect("the script runs");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let found = guards(&root().join("contracts")).expect("the sources");
    let found: BTreeSet<String> = found
        .iter()
        .map(|guard| format!("{}:{}", guard.file, guard.line))
        .collect();
    assert!(found.len() > 100, "{}", found.len());
    assert_eq!(listed, found);
}
