//! The automaton as a whole: every pair of state and input is tried, and the edges that come out are
//! exactly these.

use senim_abi::prescription::ItemStatus::{
    self, Cancelled, Dispensed, Draft, Expired, Held, Partial, Ready,
};
use senim_contract_prescription::rules::{HeldBy, Input, next};
use senim_types::OrgId;
use std::collections::BTreeSet;

const STATES: [ItemStatus; 7] = [Draft, Ready, Held, Partial, Dispensed, Cancelled, Expired];

fn inputs() -> Vec<(&'static str, Input)> {
    let holders = [
        HeldBy::Nobody,
        HeldBy::Lapsed,
        HeldBy::Me,
        HeldBy::Another(OrgId(9)),
    ];
    let flags = [false, true];
    let mut inputs = vec![
        ("release", Input::Release),
        ("cancel", Input::Cancel),
        ("delegate", Input::Delegate),
    ];
    for a in flags {
        for b in flags {
            for holder in holders {
                inputs.push((
                    "hold",
                    Input::Hold {
                        holder,
                        is_early: a,
                        is_marked: b,
                    },
                ));
                inputs.push((
                    "extend",
                    Input::Extend {
                        holder,
                        is_marked: a,
                    },
                ));
                inputs.push((
                    "dispense",
                    Input::Dispense {
                        holder,
                        is_last: a,
                        is_marked: b,
                    },
                ));
                inputs.push((
                    "reject",
                    Input::Reject {
                        holder,
                        is_begun: a,
                        is_marked: b,
                    },
                ));
            }
            for c in flags {
                let restore = Input::Restore {
                    is_whole: a,
                    is_marked: b,
                    is_over: c,
                };
                inputs.push(("restore", restore));
            }
        }
    }
    inputs
}

#[test]
fn the_edges_of_the_automaton_are_these_and_no_others() {
    let expected: BTreeSet<(ItemStatus, &str, ItemStatus)> = [
        (Draft, "release", Ready),
        (Draft, "cancel", Cancelled),
        (Ready, "hold", Held),
        (Partial, "hold", Held),
        (Held, "dispense", Partial),
        (Held, "dispense", Dispensed),
        (Held, "reject", Ready),
        (Held, "reject", Partial),
        // A cancellation that waited for the end of the hold.
        (Held, "dispense", Cancelled),
        (Held, "reject", Cancelled),
        (Ready, "cancel", Cancelled),
        (Partial, "cancel", Cancelled),
        // A dispensing that did not take place.
        (Dispensed, "restore", Partial),
        (Dispensed, "restore", Ready),
        (Dispensed, "restore", Cancelled),
        (Dispensed, "restore", Expired),
        (Partial, "restore", Ready),
        (Partial, "restore", Cancelled),
        (Partial, "restore", Expired),
    ]
    .into();
    let mut found = BTreeSet::new();
    for state in STATES {
        for (name, input) in inputs() {
            match next(state, input) {
                Ok(after) if after != state => drop(found.insert((state, name, after))),
                _ => {}
            }
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn nobody_but_the_holding_pharmacy_moves_a_held_item() {
    for (name, input) in inputs() {
        let holder = match input {
            Input::Hold { holder, .. }
            | Input::Extend { holder, .. }
            | Input::Dispense { holder, .. }
            | Input::Reject { holder, .. } => holder,
            Input::Release | Input::Cancel | Input::Delegate | Input::Restore { .. } => {
                assert_eq!(next(Held, input).ok(), Some(Held), "{name}");
                continue;
            }
        };
        if holder != HeldBy::Me {
            assert!(next(Held, input).is_err(), "{name} by {holder:?}");
        }
    }
}
