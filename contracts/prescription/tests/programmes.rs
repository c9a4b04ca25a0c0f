//! A prescription is judged by the version of the rules that it was issued under, whatever its programme says since.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::steps::*;
use common::*;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::programme::{Programme, ProgrammeAnswer};
use senim_abi::prescription::{
    Execute, GroupId, ItemMask, LookReason, PrescriptionEvent, ProofKinds, Query, Rules, Share,
};
use senim_sdk::codec;
use senim_types::{Code, TimeMs, Tiyn};

/// The programme bears half.
fn half() -> Rules {
    Rules {
        share: Share::BasisPoints(5_000),
        ..rules()
    }
}

fn programme(world: &mut World) -> ProgrammeAnswer {
    let question = Query::Programme {
        programme: PROGRAMME,
    };
    codec::decode(&world.env.ask(PRESCRIPTION, &question).unwrap()).unwrap()
}

fn version(world: &mut World, version: u32) -> Result<Rules, Code> {
    let question = Query::Rules {
        programme: PROGRAMME,
        version,
    };
    match world.env.ask(PRESCRIPTION, &question) {
        Ok(answer) => Ok(codec::decode(&answer).unwrap()),
        Err(refusal) => Err(refusal.code),
    }
}

#[test]
fn other_rules_are_the_next_version_and_the_same_rules_are_none() {
    let mut world = World::new();
    assert_eq!(programme(&mut world).version, 1);
    for (what, open, wanted, expected) in [
        ("the same", true, rules(), 1),
        ("half of it", true, half(), 2),
        ("half of it again", true, half(), 2),
        ("closed", false, half(), 2),
        ("as at first: a version of its own", true, rules(), 3),
    ] {
        let is = world.set_programme(open, wanted.clone());
        assert_eq!(is, expected, "{what}");
        let now = programme(&mut world);
        assert_eq!((now.version, now.open), (expected, open), "{what}");
        assert_eq!(now.rules, wanted, "{what}");
    }
    assert_eq!(version(&mut world, 1), Ok(rules()));
    assert_eq!(version(&mut world, 2), Ok(half()));
    for unknown in [0, 4] {
        assert_eq!(version(&mut world, unknown), Err(Code::PROGRAMME_UNKNOWN));
    }
}

#[test]
fn what_a_programme_is_already_is_told_to_nobody() {
    let mut world = World::new();
    let set = |open| Execute::SetProgramme {
        programme: PROGRAMME,
        open,
        budget: BUDGET,
        rules: rules(),
    };
    let again = world.ok(&fund(), &set(true), &[]);
    assert!(again.events.is_empty() && again.writes.is_empty());
    let closed = world.ok(&fund(), &set(false), &[]);
    let event = PrescriptionEvent::ProgrammeSet {
        programme: PROGRAMME,
        version: 1,
        open: false,
        budget: BUDGET,
        rules: rules(),
    };
    assert_eq!(closed.events[0].body, codec::encode(&event));
    assert_eq!(closed.writes.len(), 1, "and no version is written");
}

#[test]
fn versions_have_an_end_and_a_programme_can_be_closed_at_it() {
    let mut world = World::new();
    let nth = |number: u32| Rules {
        dispute_ms: rules().dispute_ms + u64::from(number),
        ..rules()
    };
    for number in 2..=Programme::VERSIONS_MAX {
        assert_eq!(world.set_rules(nth(number)), number);
    }
    let one_more = Execute::SetProgramme {
        programme: PROGRAMME,
        open: true,
        budget: BUDGET,
        rules: rules(),
    };
    let refused = world.call(&fund(), &one_more, &[]).code();
    assert_eq!(refused, Some(Code::TOO_MANY_VERSIONS));
    let last = nth(Programme::VERSIONS_MAX);
    assert_eq!(world.set_programme(false, last), Programme::VERSIONS_MAX);
}

/// Something done with a prescription, by a pharmacy with packs from this number on.
type Act = fn(&mut World, GroupId, usize) -> Step;

const NOTHING: Act = |_, _, _| Ok(());
const HOLD: Act = |world, group, _| world.hold(APTEKA, group, FIRST);
const DISPENSE: Act = |world, group, number| {
    world.hold(APTEKA, group, FIRST)?;
    world.dispense_units(APTEKA, group, number, 20)
};

#[test]
fn an_older_prescription_is_judged_by_its_own_version_at_every_step_and_a_newer_one_by_the_new() {
    type Change = fn(&mut Rules);
    let cases: [(&str, Change, Act, Act, Code); 6] = [
        (
            "the proofs that are accepted",
            |r| r.proofs = ProofKinds::PAPER,
            NOTHING,
            HOLD,
            Code::PROOF_NOT_ACCEPTED,
        ),
        (
            "the life of a QR",
            |r| r.proof_ms_max = 1,
            NOTHING,
            HOLD,
            Code::QR_WINDOW,
        ),
        (
            "the length of a lease",
            |r| (r.lease_ms, r.hold_ms_max) = (1, 1),
            NOTHING,
            |world, group, number| {
                world.hold(APTEKA, group, FIRST)?;
                world.env.advance(10 * MINUTE_MS);
                world.dispense_units(APTEKA, group, number, 20)
            },
            Code::LEASE_EXPIRED,
        ),
        (
            "the longest hold",
            |r| r.hold_ms_max = r.lease_ms,
            NOTHING,
            |world, group, _| {
                world.hold(APTEKA, group, FIRST)?;
                world.env.advance(MINUTE_MS);
                let until = TimeMs(world.env.time().0 + 30 * MINUTE_MS);
                world.extend(APTEKA, group, FIRST, until)
            },
            Code::OUT_OF_RANGE,
        ),
        (
            "how late may be undone",
            |r| r.reversal_ms = 0,
            DISPENSE,
            |world, group, _| {
                world.env.advance(MINUTE_MS);
                world.reverse(APTEKA, group, 0, ItemMask::NONE)
            },
            Code::REVERSAL_TOO_LATE,
        ),
        (
            "how long may be looked",
            |r| (r.reversal_ms, r.dispute_ms) = (0, 0),
            DISPENSE,
            |world, group, _| {
                world.env.advance(MINUTE_MS);
                let look = Execute::Look {
                    group,
                    items: FIRST,
                    reason: LookReason::Dispute,
                };
                step(&world.call(&apteka(APTEKA), &look, &[]))
            },
            Code::LOOK_REFUSED,
        ),
    ];
    for (what, change, before, later, code) in cases {
        let mut world = World::new();
        let item = world.item();
        let older = world.issue(vec![item]);
        assert_eq!(before(&mut world, older, 0), Ok(()), "{what}");
        let mut changed = rules();
        change(&mut changed);
        assert_eq!(world.set_rules(changed), 2);
        let newer = world.issue(vec![item]);
        assert_eq!(before(&mut world, newer, 1), Ok(()), "{what}");
        assert_eq!(later(&mut world, older, 2), Ok(()), "{what}");
        assert_eq!(later(&mut world, newer, 3), Err(code), "{what}");
    }
}

#[test]
fn an_older_prescription_is_forgotten_when_its_own_version_says() {
    let mut world = World::new();
    let item = world.item();
    let older = world.issue(vec![item]);
    world.set_rules(Rules {
        dispute_ms: 10 * DAY_MS,
        ..rules()
    });
    let newer = world.issue(vec![item]);
    let is_there = |world: &mut World, group| {
        let answer = world.env.ask(PRESCRIPTION, &Query::Group { group });
        answer.is_ok()
    };
    let pass = |world: &mut World, days: u64| {
        for _ in 0..days {
            world.env.advance(DAY_MS);
            world.env.serve_due();
        }
    };
    // A window of 30 days; then 10 by the new version, 90 by the old.
    pass(&mut world, 40);
    assert!(is_there(&mut world, newer));
    pass(&mut world, 1);
    assert!(!is_there(&mut world, newer) && is_there(&mut world, older));
    pass(&mut world, 79);
    assert!(is_there(&mut world, older));
    pass(&mut world, 1);
    assert!(!is_there(&mut world, older));
}

#[test]
fn closing_is_for_all_versions_at_once_and_what_is_held_is_finished() {
    let mut world = World::new();
    let item = world.item();
    let (held, waiting) = (world.issue(vec![item]), world.issue(vec![item]));
    world.held(APTEKA, held);
    world.set_programme(false, half());
    assert_eq!(
        world.hold(APTEKA, waiting, FIRST),
        Err(Code::PROGRAMME_UNKNOWN)
    );
    let order = world.order(vec![item]);
    let issued = world.call(&clinic(), &order, &[]).code();
    assert_eq!(issued, Some(Code::PROGRAMME_UNKNOWN));
    assert_eq!(world.dispense_units(APTEKA, held, 0, 20), Ok(()));
    assert_eq!(world.owed(APTEKA), 1_000, "all of it, as promised");
}

#[test]
fn what_was_promised_at_issue_is_what_is_paid() {
    let to_reference = || Rules {
        share: Share::UpToReference,
        ..rules()
    };
    type Change = fn(&mut World);
    // A pack of 20 tablets for 1,000 tiyn; the list's reference price is 40 tiyn a tablet.
    let cases: [(&str, Rules, Change, u64, u64); 4] = [
        (
            "another share",
            rules(),
            |world| {
                world.set_rules(half());
            },
            1_000,
            500,
        ),
        (
            "a reference price instead of a share",
            half(),
            |world| {
                world.set_rules(Rules {
                    share: Share::UpToReference,
                    ..rules()
                });
            },
            500,
            800,
        ),
        (
            "another reference price",
            to_reference(),
            |world| world.set_reference(Tiyn(10)),
            800,
            200,
        ),
        (
            "a higher reference price",
            to_reference(),
            |world| world.set_reference(Tiyn(45)),
            800,
            900,
        ),
    ];
    for (what, first, change, by_older, by_newer) in cases {
        let mut world = World::with_rules(first);
        let item = world.item();
        let older = world.issue(vec![item]);
        change(&mut world);
        let newer = world.issue(vec![item]);
        world.dispensed(APTEKA, older, 0);
        assert_eq!(world.owed(APTEKA), by_older, "{what}");
        world.dispensed(APTEKA, newer, 1);
        assert_eq!(world.owed(APTEKA), by_older + by_newer, "{what}");
    }
}

#[test]
fn a_medicine_that_leaves_the_list_is_paid_for_where_it_was_promised() {
    let mut world = World::with_rules(Rules {
        share: Share::UpToReference,
        ..rules()
    });
    let item = world.item();
    let older = world.issue(vec![item]);
    let delist = Execute::SetMedicine {
        programme: PROGRAMME,
        inn: paracetamol(),
        rule: None,
    };
    world.ok(&fund(), &delist, &[]);
    let order = world.order(vec![item]);
    let issued = world.call(&clinic(), &order, &[]).code();
    assert_eq!(issued, Some(Code::CATEGORY_NOT_ENTITLED));
    world.dispensed(APTEKA, older, 0);
    assert_eq!(world.owed(APTEKA), 800);
}

#[test]
fn a_budget_line_that_is_over_is_followed_by_another_for_what_was_issued_before_too() {
    let mut world = World::new();
    let item = world.item();
    let older = world.issue(vec![item]);
    let other = world.issue(vec![item]);
    world.dispensed(APTEKA, other, 0);
    let next_year = world.open_budget(71);
    world.close_budget(BUDGET);
    // Nothing is paid from a line that is closed, and the pack stays where it is.
    assert_eq!(world.hold(APTEKA, older, FIRST), Ok(()));
    let refused = world.dispense_units(APTEKA, older, 1, 20);
    assert_eq!(refused, Err(Code::WRONG_STATE));
    assert_eq!(
        world.set_line(true, next_year, rules()),
        1,
        "no new version"
    );
    assert_eq!(world.dispense_units(APTEKA, older, 1, 20), Ok(()));
    let newer = world.issue(vec![item]);
    world.dispensed(APTEKA, newer, 2);
    assert_eq!(world.available_in(next_year), ALLOTTED - 2_000);
    // Undone: the money goes back to where it came from.
    assert_eq!(world.reverse(APTEKA, other, 0, ItemMask::NONE), Ok(()));
    assert_eq!(world.reverse(APTEKA, newer, 0, ItemMask::NONE), Ok(()));
    assert_eq!(world.available(), ALLOTTED);
    assert_eq!(world.available_in(next_year), ALLOTTED - 1_000);
}
