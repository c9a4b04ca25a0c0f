//! The automaton as a whole: every pair of state and input is tried, and the edges that come out are
//! exactly these.

use senim_abi::marking::{Exit, PackState, Stage};
use senim_contract_marking::rules::{By, Input, next};
use senim_types::OrgId;
use std::collections::BTreeSet;

const HERE: OrgId = OrgId(1);
const THERE: OrgId = OrgId(2);

fn name(state: PackState) -> &'static str {
    match state {
        PackState::Emitted => "emitted",
        PackState::Introduced { .. } => "introduced",
        PackState::InTransit { .. } => "in transit",
        PackState::Active { .. } => "active",
        PackState::Reserved { .. } => "reserved",
        PackState::SuppliedPart { .. } => "supplied part",
        PackState::Supplied { .. } => "supplied",
        PackState::Quarantine { .. } => "quarantine",
        PackState::Exported { .. } => "exported",
        PackState::Sample { .. } => "sample",
        PackState::Locked { .. } => "locked",
        PackState::Stolen { .. } => "stolen",
        PackState::Destroyed { .. } => "destroyed",
    }
}

fn states() -> Vec<PackState> {
    use PackState as S;
    vec![
        S::Emitted,
        S::Introduced { at: HERE },
        S::InTransit {
            from: HERE,
            to: THERE,
        },
        S::InTransit {
            from: THERE,
            to: HERE,
        },
        S::Active { at: HERE },
        S::Reserved { at: HERE },
        S::SuppliedPart { at: HERE },
        S::Supplied { at: HERE },
        S::Quarantine { at: HERE },
        S::Exported { by: HERE },
        S::Sample { by: HERE },
        S::Locked { by: HERE },
        S::Stolen { by: HERE },
        S::Destroyed { by: HERE },
    ]
}

fn inputs() -> Vec<(&'static str, Input)> {
    let mut inputs = Vec::new();
    let exits = [
        Exit::Exported,
        Exit::Sample,
        Exit::Locked,
        Exit::Stolen,
        Exit::Destroyed,
    ];
    for org in [HERE, THERE] {
        for stage in [Stage::Circulation, Stage::OpeningStock] {
            inputs.push(("introduce", Input::Introduce { at: org, stage }));
        }
        for flag in [false, true] {
            let by = By { org, for_all: flag };
            inputs.push(("ship", Input::Ship { by, to: THERE }));
            inputs.push((
                "receive",
                Input::Receive {
                    by: org,
                    is_pharmacy: flag,
                },
            ));
            inputs.push((
                "supply",
                Input::Supply {
                    at: org,
                    is_last: flag,
                },
            ));
            inputs.extend(exits.map(|exit| ("remove", Input::Remove { by, exit })));
            for left in [false, true] {
                for awaited in [None, Some(THERE)] {
                    let restore = Input::Restore {
                        at: org,
                        left,
                        is_whole: flag,
                        awaited,
                    };
                    inputs.push(("restore", restore));
                }
            }
        }
        inputs.push(("reserve", Input::Reserve { by: org }));
        inputs.push(("release", Input::Release { by: org }));
    }
    inputs
}

#[test]
fn the_edges_of_the_automaton_are_these_and_no_others() {
    let mut expected: BTreeSet<(&str, &str, &str)> = [
        ("emitted", "introduce", "introduced"),
        ("emitted", "introduce", "active"),
        ("introduced", "ship", "in transit"),
        ("active", "ship", "in transit"),
        ("in transit", "receive", "introduced"),
        ("in transit", "receive", "active"),
        ("active", "reserve", "reserved"),
        ("reserved", "release", "active"),
        // Dispensing; from the first two the movement to the pharmacy is not reported yet.
        ("introduced", "supply", "supplied"),
        ("introduced", "supply", "supplied part"),
        ("in transit", "supply", "supplied"),
        ("in transit", "supply", "supplied part"),
        ("active", "supply", "supplied"),
        ("active", "supply", "supplied part"),
        ("reserved", "supply", "supplied"),
        ("reserved", "supply", "supplied part"),
        ("supplied part", "supply", "supplied"),
        // Undoing: what left goes to quarantine, and from there nowhere but to its destruction.
        ("supplied", "restore", "active"),
        ("supplied", "restore", "introduced"),
        ("supplied", "restore", "supplied part"),
        ("supplied", "restore", "quarantine"),
        ("supplied part", "restore", "active"),
        ("supplied part", "restore", "introduced"),
        ("quarantine", "remove", "destroyed"),
        ("sample", "remove", "destroyed"),
        ("locked", "remove", "destroyed"),
    ]
    .into();
    for from in [
        "introduced",
        "in transit",
        "active",
        "reserved",
        "supplied part",
    ] {
        for to in ["exported", "sample", "locked", "stolen", "destroyed"] {
            expected.insert((from, "remove", to));
        }
    }
    let mut found = BTreeSet::new();
    for state in states() {
        for (input_name, input) in inputs() {
            match next(state, input) {
                Ok(after) if name(after) != name(state) => {
                    found.insert((name(state), input_name, name(after)));
                }
                _ => {}
            }
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn a_pack_at_a_place_is_dispensed_and_undone_only_there() {
    for state in states() {
        let is_placed = matches!(
            state,
            PackState::Active { .. }
                | PackState::Reserved { .. }
                | PackState::SuppliedPart { .. }
                | PackState::Supplied { .. }
                | PackState::Quarantine { .. }
        );
        for (input_name, input) in inputs() {
            match input {
                Input::Supply { at: THERE, .. } | Input::Restore { at: THERE, .. } if is_placed => {
                    assert!(next(state, input).is_err(), "{input_name} of {state:?}");
                }
                _ => {}
            }
        }
    }
}
