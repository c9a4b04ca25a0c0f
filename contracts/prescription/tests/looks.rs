//! Who may look at the medicine data, and that every look is counted and told.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::steps::{BOTH, FIRST};
use common::*;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{
    Execute, GroupId, ItemMask, LookReason, Looks, PrescriptionEvent, ProofKinds,
};
use senim_sdk::codec;
use senim_sdk::testing::TestOutcome;
use senim_types::{Code, OrgId, TimeMs};

const SECOND: ItemMask = ItemMask(2);

/// A prescription of two items; the pharmacy holds the first.
fn held() -> (World, GroupId) {
    let mut world = World::new();
    let items = vec![world.item(), world.amoxicillin_item()];
    let group = world.issue(items);
    world.held(APTEKA, group);
    (world, group)
}

fn look_outcome(world: &mut World, org: OrgId, group: GroupId, items: ItemMask) -> TestOutcome {
    let message = Execute::Look {
        group,
        items,
        reason: LookReason::Dispensing,
    };
    world.call(&apteka(org), &message, &[])
}

fn look(world: &mut World, org: OrgId, group: GroupId, items: ItemMask) -> Step {
    step(&look_outcome(world, org, group, items))
}

fn is_open(world: &mut World, org: OrgId, group: GroupId) -> bool {
    let now = world.env.time();
    world.group(group).is_open_to(org, now)
}

#[test]
fn the_hold_is_the_first_look_and_each_look_after_it_is_counted_and_told() {
    let (mut world, group) = held();
    assert_eq!(world.group(group).looks.count, 1);
    let touched = world.group(group).touched;
    world.env.advance(MINUTE_MS);
    for number in 2..5 {
        let outcome = look_outcome(&mut world, APTEKA, group, FIRST);
        assert_eq!(outcome.code(), None);
        let told = PrescriptionEvent::Looked {
            group,
            issuer: CLINIC,
            items: FIRST,
            org: APTEKA,
            reason: LookReason::Dispensing,
            number,
        };
        let event = &outcome.events[0];
        assert_eq!((event.contract, event.kind), (PRESCRIPTION, told.kind()));
        assert_eq!(event.body, codec::encode(&told));
        assert_eq!(outcome.writes.len(), 1, "nothing but the count moves");
    }
    let after = world.group(group);
    assert_eq!((after.looks.count, after.looks.latest.len()), (4, 1));
    assert_eq!(after.touched, touched, "a look moves no deadline");
}

#[test]
fn who_neither_holds_nor_dispensed_sees_nothing() {
    let (mut world, group) = held();
    let refused = Err(Code::LOOK_REFUSED);
    assert_eq!(look(&mut world, OTHER_APTEKA, group, FIRST), refused);
    assert_eq!(look(&mut world, APTEKA, group, SECOND), refused, "not held");
    assert_eq!(look(&mut world, APTEKA, group, BOTH), refused, "one of two");
    assert_eq!(
        look(&mut world, APTEKA, group, ItemMask::NONE),
        Err(Code::OUT_OF_RANGE)
    );
    assert_eq!(
        look(&mut world, APTEKA, group, ItemMask(4)),
        Err(Code::PRESCRIPTION_UNKNOWN)
    );
    assert!(is_open(&mut world, APTEKA, group));
    assert!(!is_open(&mut world, OTHER_APTEKA, group));
    assert_eq!(world.group(group).looks.count, 1);
    let clinics = Execute::Look {
        group,
        items: FIRST,
        reason: LookReason::Other,
    };
    assert_eq!(
        world.call(&clinic(), &clinics, &[]).code(),
        Some(Code::LOOK_REFUSED)
    );
}

#[test]
fn after_the_hold_there_is_nothing_to_look_at() {
    let (mut world, group) = held();
    assert_eq!(look(&mut world, APTEKA, group, FIRST), Ok(()));
    assert_eq!(world.reject(APTEKA, group, FIRST), Ok(()));
    assert_eq!(
        look(&mut world, APTEKA, group, FIRST),
        Err(Code::LOOK_REFUSED)
    );
    assert!(
        !is_open(&mut world, APTEKA, group),
        "a look from before it gave back opens nothing"
    );

    world.held(APTEKA, group);
    world.env.advance(31 * MINUTE_MS);
    assert_eq!(
        look(&mut world, APTEKA, group, FIRST),
        Err(Code::LOOK_REFUSED),
        "the lease is over"
    );
    assert!(!is_open(&mut world, APTEKA, group));
}

#[test]
fn who_dispensed_may_look_as_long_as_it_may_have_to_answer_for_it() {
    let (mut world, group) = held();
    assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
    assert!(!is_open(&mut world, APTEKA, group), "not without a look");
    assert_eq!(look(&mut world, APTEKA, group, FIRST), Ok(()));
    assert!(is_open(&mut world, APTEKA, group));
    world.env.advance(Looks::OPEN_MS);
    assert!(is_open(&mut world, APTEKA, group), "to the last moment");
    world.env.advance(1);
    assert!(!is_open(&mut world, APTEKA, group));
    assert_eq!(
        look(&mut world, APTEKA, group, SECOND),
        Err(Code::LOOK_REFUSED)
    );
    let dispensed_at = world.group(group).dispenses[0].at;
    let last = TimeMs(dispensed_at.0 + rules().dispute_ms);
    world.env.advance(last.since_ms(world.env.time()));
    assert_eq!(look(&mut world, APTEKA, group, FIRST), Ok(()));
    world.env.advance(1);
    assert_eq!(
        look(&mut world, APTEKA, group, FIRST),
        Err(Code::LOOK_REFUSED)
    );
}

#[test]
fn what_was_undone_did_not_take_place_and_is_not_looked_at() {
    let (mut world, group) = held();
    assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
    assert_eq!(world.reverse(APTEKA, group, 0, ItemMask::NONE), Ok(()));
    assert_eq!(
        look(&mut world, APTEKA, group, FIRST),
        Err(Code::LOOK_REFUSED)
    );
}

#[test]
fn the_record_keeps_the_latest_look_of_few_and_the_count_of_all() {
    let mut looks = Looks::default();
    let add = |looks: &mut Looks, org: u32, at: u64| {
        looks.add(senim_abi::prescription::Look {
            org: OrgId(org),
            items: FIRST,
            at: TimeMs(at),
        });
    };
    for round in 0..3 {
        for org in 0..6 {
            add(&mut looks, org, u64::from(round * 6 + org));
        }
    }
    let kept: Vec<(u32, u64)> = looks
        .latest
        .iter()
        .map(|look| (look.org.0, look.at.0))
        .collect();
    assert_eq!(looks.count, 18);
    assert_eq!(kept, [(2, 14), (3, 15), (4, 16), (5, 17)]);
}

#[test]
fn a_hold_by_each_proof_is_a_look() {
    let mut world = World::with_rules(senim_abi::prescription::Rules {
        proofs: ProofKinds::ALL,
        ..rules()
    });
    let items = vec![world.item()];
    let group = world.issue(items);
    let card = world.hold_by_card(group, |_| ());
    assert_eq!(world.try_hold(&card), Ok(()));
    assert_eq!(world.reject(APTEKA, group, FIRST), Ok(()));
    // The QR is made after the card was there.
    world.env.advance(2_000);
    assert_eq!(world.hold(OTHER_APTEKA, group, FIRST), Ok(()));
    // The same pharmacy fetches again, with a fresh proof.
    assert_eq!(world.hold(OTHER_APTEKA, group, FIRST), Ok(()));
    assert_eq!(world.group(group).looks.count, 3);
}
