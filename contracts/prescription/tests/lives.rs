//! Leases, cancellations, reversals, repeats, and payments that wait.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::steps::{BOTH, FIRST, line};
use common::*;
use senim_abi::marking::PackState;
use senim_abi::prescription::msg::Query;
use senim_abi::prescription::record::{Overdue, OverdueReason};
use senim_abi::prescription::{
    Execute, GroupId, ItemMask, ItemStatus, Money, Part, PrescriptionEvent, Rules,
};
use senim_abi::{PRESCRIPTION, TREASURY, treasury};
use senim_sdk::codec;
use senim_types::{Code, Hash, TimeMs};

fn with_one() -> (World, GroupId) {
    let mut world = World::new();
    let item = world.item();
    let group = world.issue(vec![item]);
    (world, group)
}

#[test]
fn a_lease_runs_out_and_another_pharmacy_may_hold() {
    let (mut world, group) = with_one();
    world.held(APTEKA, group);
    world.env.advance(30 * MINUTE_MS - 1);
    assert_eq!(world.status(group, 0), ItemStatus::Held);
    world.env.advance(1);
    assert_eq!(world.status(group, 0), ItemStatus::Ready);
    world.held(OTHER_APTEKA, group);
}

#[test]
fn a_lease_is_extended_within_the_longest_life_of_a_hold() {
    let (mut world, group) = with_one();
    world.held(APTEKA, group);
    let since = world.env.time();
    let minutes = |n: u64| TimeMs(since.0 + n * MINUTE_MS);
    assert_eq!(
        world.extend(APTEKA, group, FIRST, minutes(31)),
        Err(Code::OUT_OF_RANGE)
    );
    for at in [20, 40, 60, 80] {
        world.env.set_time(minutes(at));
        assert_eq!(world.extend(APTEKA, group, FIRST, minutes(at + 30)), Ok(()));
    }
    world.env.set_time(minutes(100));
    assert_eq!(
        world.extend(APTEKA, group, FIRST, minutes(121)),
        Err(Code::OUT_OF_RANGE)
    );
    assert_eq!(world.extend(APTEKA, group, FIRST, minutes(120)), Ok(()));
    assert_eq!(
        world.extend(APTEKA, group, FIRST, minutes(119)),
        Err(Code::OUT_OF_RANGE)
    );
    let of_another = world.extend(OTHER_APTEKA, group, FIRST, minutes(120));
    assert_eq!(of_another, Err(Code::WITH_ANOTHER_DISPENSER));
    world.env.set_time(minutes(120));
    assert_eq!(
        world.extend(APTEKA, group, FIRST, minutes(121)),
        Err(Code::LEASE_EXPIRED)
    );
}

#[test]
fn a_lease_never_outlives_the_items_window() {
    let (mut world, group) = with_one();
    let until = world.group(group).items[0].until;
    world.env.set_time(TimeMs(until.0 - 5 * MINUTE_MS));
    world.held(APTEKA, group);
    assert_eq!(world.group(group).holds[0].until, until);
    world.env.set_time(until);
    assert_eq!(world.status(group, 0), ItemStatus::Expired);
}

#[test]
fn the_same_pharmacy_may_fetch_again_with_a_fresh_proof() {
    let (mut world, group) = with_one();
    world.held(APTEKA, group);
    world.env.advance(20 * MINUTE_MS);
    world.held(APTEKA, group);
    world.env.advance(20 * MINUTE_MS);
    assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
}

#[test]
fn a_rejected_item_is_what_it_was_before() {
    let (mut world, group) = with_one();
    world.held(APTEKA, group);
    assert_eq!(
        world.reject(OTHER_APTEKA, group, FIRST),
        Err(Code::WITH_ANOTHER_DISPENSER)
    );
    assert_eq!(world.reject(APTEKA, group, FIRST), Ok(()));
    assert_eq!(world.status(group, 0), ItemStatus::Ready);
    assert_eq!(world.reject(APTEKA, group, FIRST), Err(Code::NOT_HELD));
    world.held(APTEKA, group);
    assert_eq!(world.dispense_units(APTEKA, group, 0, 1), Ok(()));
    world.held(OTHER_APTEKA, group);
    assert_eq!(world.reject(OTHER_APTEKA, group, FIRST), Ok(()));
    assert_eq!(world.status(group, 0), ItemStatus::Partial);
}

#[test]
fn a_cancellation_while_held_takes_effect_when_the_hold_ends() {
    // By rejection, by the end of the lease, and by a dispense of a part.
    for way in 0..3 {
        let (mut world, group) = with_one();
        world.held(APTEKA, group);
        assert_eq!(world.cancel_by_holder(group, FIRST), Ok(()));
        assert_eq!(world.status(group, 0), ItemStatus::Held);
        match way {
            0 => assert_eq!(world.reject(APTEKA, group, FIRST), Ok(())),
            1 => world.env.advance(30 * MINUTE_MS),
            _ => assert_eq!(world.dispense_units(APTEKA, group, 0, 5), Ok(())),
        }
        assert_eq!(world.status(group, 0), ItemStatus::Cancelled, "way {way}");
        assert_eq!(world.hold(OTHER_APTEKA, group, FIRST), Err(Code::CANCELLED));
    }
}

#[test]
fn a_cancellation_is_the_clinics_or_the_persons_and_of_what_remains() {
    let (mut world, group) = with_one();
    let reason = senim_abi::prescription::CancelReason::Other;
    let message = Execute::Cancel {
        group,
        items: FIRST,
        reason,
    };
    let stranger = world.call(&wallet_service(), &message, &[]);
    assert_eq!(stranger.code(), Some(Code::HOLDER_NOT_SIGNED));
    world.held(APTEKA, group);
    assert_eq!(world.dispense_units(APTEKA, group, 0, 5), Ok(()));
    assert_eq!(world.cancel_by_clinic(group, FIRST), Ok(()));
    assert_eq!(
        world.cancel_by_clinic(group, FIRST),
        Ok(()),
        "again is no error"
    );
    assert_eq!(
        (world.status(group, 0), world.remaining(group, 0)),
        (ItemStatus::Cancelled, 15)
    );
    assert_eq!(world.owed(APTEKA), 250, "what was dispensed stays paid");

    let item = world.item();
    let done = world.issue(vec![item]);
    world.dispensed(APTEKA, done, 1);
    assert_eq!(
        world.cancel_by_clinic(done, FIRST),
        Err(Code::ALREADY_DISPENSED)
    );
    let over = world.issue(vec![item]);
    world.env.advance(31 * DAY_MS);
    assert_eq!(world.cancel_by_clinic(over, FIRST), Err(Code::EXPIRED));
}

#[test]
fn a_dispense_that_did_not_take_place_is_undone_with_pack_and_money() {
    let (mut world, group) = with_one();
    world.dispensed(APTEKA, group, 0);
    assert_eq!(
        (world.owed(APTEKA), world.available()),
        (1_000, ALLOTTED - 1_000)
    );
    assert_eq!(world.reverse(APTEKA, group, 0, ItemMask::NONE), Ok(()));
    assert_eq!(world.status(group, 0), ItemStatus::Ready);
    assert_eq!(
        world.pack_state(pack(APTEKA, 0)),
        PackState::Active { at: APTEKA }
    );
    assert_eq!((world.owed(APTEKA), world.available()), (0, ALLOTTED));
    // And everything may be done again.
    world.dispensed(APTEKA, group, 0);
    assert_eq!(world.owed(APTEKA), 1_000);
}

#[test]
fn a_pack_that_left_goes_to_quarantine_and_the_money_comes_back() {
    let (mut world, group) = with_one();
    world.dispensed(APTEKA, group, 0);
    assert_eq!(world.reverse(APTEKA, group, 0, FIRST), Ok(()));
    assert_eq!(
        world.pack_state(pack(APTEKA, 0)),
        PackState::Quarantine { at: APTEKA }
    );
    assert_eq!((world.owed(APTEKA), world.available()), (0, ALLOTTED));
    world.held(APTEKA, group);
    assert_eq!(
        world.dispense_units(APTEKA, group, 0, 20),
        Err(Code::PACK_LEFT)
    );
    assert_eq!(world.dispense_units(APTEKA, group, 1, 20), Ok(()));
}

#[test]
fn undoing_does_not_revive_what_is_cancelled_or_over() {
    let (mut world, group) = with_one();
    world.held(APTEKA, group);
    assert_eq!(world.dispense_units(APTEKA, group, 0, 5), Ok(()));
    assert_eq!(world.cancel_by_clinic(group, FIRST), Ok(()));
    assert_eq!(world.reverse(APTEKA, group, 0, ItemMask::NONE), Ok(()));
    assert_eq!(
        (world.status(group, 0), world.remaining(group, 0)),
        (ItemStatus::Cancelled, 20)
    );

    let item = world.item();
    let over = world.issue(vec![item]);
    world.env.advance(25 * DAY_MS);
    world.dispensed(APTEKA, over, 1);
    world.env.advance(6 * DAY_MS);
    assert_eq!(world.reverse(APTEKA, over, 0, ItemMask::NONE), Ok(()));
    assert_eq!(world.status(over, 0), ItemStatus::Expired);
}

#[test]
fn undoing_while_another_pharmacy_holds_gives_it_more_to_dispense() {
    let (mut world, group) = with_one();
    world.held(APTEKA, group);
    assert_eq!(world.dispense_units(APTEKA, group, 0, 5), Ok(()));
    world.held(OTHER_APTEKA, group);
    assert_eq!(world.reverse(APTEKA, group, 0, ItemMask::NONE), Ok(()));
    assert_eq!(world.status(group, 0), ItemStatus::Held);
    assert_eq!(world.dispense_units(OTHER_APTEKA, group, 0, 20), Ok(()));
}

#[test]
fn the_parts_of_a_repeat_have_their_own_windows() {
    let mut world = World::new();
    let first = world.item();
    let parts = (0..3u64).map(|n| {
        let (mut item, ahead_ms) = (first, n * 30 * DAY_MS);
        item.not_before.0 += ahead_ms;
        item.until.0 += ahead_ms;
        item.part = Some(Part {
            line: 0,
            number: n as u8 + 1,
            of: 3,
        });
        item
    });
    let group = world.issue(parts.collect());
    assert_eq!(world.hold(APTEKA, group, BOTH), Err(Code::NOT_YET));
    world.dispensed(APTEKA, group, 0);
    world.env.advance(30 * DAY_MS);
    let second = ItemMask(2);
    assert_eq!(world.hold(APTEKA, group, second), Ok(()));
    assert_eq!(
        world.dispense(APTEKA, group, vec![line(1, pack(APTEKA, 1), 20, 1_000)]),
        Ok(())
    );
    world.env.advance(60 * DAY_MS);
    assert_eq!(
        world.view(group).statuses,
        [
            ItemStatus::Dispensed,
            ItemStatus::Dispensed,
            ItemStatus::Expired
        ]
    );
}

/// A pharmacy dispensed a pack that is still with the maker as far as the register knows.
fn with_missing_movement() -> (World, GroupId) {
    let (mut world, group) = with_one();
    world.introduce_unshipped();
    world.held(APTEKA, group);
    let lines = vec![line(0, pack(MAKER, 0), 20, 1_000)];
    assert_eq!(world.dispense(APTEKA, group, lines), Ok(()));
    assert_eq!(
        world.status(group, 0),
        ItemStatus::Dispensed,
        "the person has the medicine"
    );
    assert_eq!(world.group(group).dispenses[0].money, Money::Pending);
    assert_eq!(
        (world.owed(APTEKA), world.available()),
        (0, ALLOTTED - 1_000)
    );
    (world, group)
}

#[test]
fn payment_waits_for_the_report_of_a_movement_and_is_posted_when_asked() {
    let (mut world, group) = with_missing_movement();
    assert_eq!(world.settle(group, 0), Err(Code::PACK_NOT_HERE));
    world.report_movement(0..1, APTEKA);
    assert_eq!(world.settle(group, 0), Ok(()));
    assert_eq!(world.owed(APTEKA), 1_000);
    assert_eq!(world.settle(group, 0), Ok(()), "again is no error");
    assert_eq!(world.owed(APTEKA), 1_000);
}

#[test]
fn payment_is_posted_by_itself_within_a_day_of_the_report() {
    let (mut world, group) = with_missing_movement();
    world.env.advance(DAY_MS);
    assert!(
        world
            .env
            .serve_due()
            .iter()
            .all(|(_, outcome)| outcome.code().is_none())
    );
    assert_eq!(world.group(group).dispenses[0].money, Money::Pending);
    world.report_movement(0..1, APTEKA);
    world.env.advance(DAY_MS);
    world.env.serve_due();
    assert_eq!(world.group(group).dispenses[0].money, Money::Posted);
    assert_eq!(world.owed(APTEKA), 1_000);
    world.env.advance(DAY_MS);
    let looks = world.env.serve_due();
    assert!(looks.iter().all(|(_, outcome)| outcome.writes.is_empty()));
    world.env.advance(DAY_MS);
    assert!(
        world.env.serve_due().is_empty(),
        "nothing is left to look at"
    );
}

#[test]
fn after_seven_days_a_person_has_to_look() {
    let (mut world, group) = with_missing_movement();
    let dispensed_at = world.env.time();
    for _ in 0..7 {
        world.env.advance(DAY_MS);
        world.env.serve_due();
    }
    let list = |world: &mut World| {
        let answer = world
            .env
            .ask(PRESCRIPTION, &Query::Overdue { after: None })
            .unwrap();
        codec::decode::<Vec<(GroupId, u8, Overdue)>>(&answer).unwrap()
    };
    let entry = Overdue {
        org: APTEKA,
        dispensed_at,
        reason: OverdueReason::Movement,
    };
    assert_eq!(list(&mut world), [(group, 0, entry)]);
    let after = Some((group, 0));
    let next = world
        .env
        .ask(PRESCRIPTION, &Query::Overdue { after })
        .unwrap();
    assert_eq!(
        codec::decode::<Vec<(GroupId, u8, Overdue)>>(&next),
        Ok(vec![])
    );
    world.report_movement(0..1, APTEKA);
    assert_eq!(world.settle(group, 0), Ok(()));
    assert_eq!(list(&mut world), []);
    assert_eq!(world.owed(APTEKA), 1_000);
}

#[test]
fn a_pending_dispense_is_undone_and_its_reservation_released() {
    let (mut world, group) = with_missing_movement();
    assert_eq!(world.reverse(APTEKA, group, 0, ItemMask::NONE), Ok(()));
    assert_eq!(
        world.pack_state(pack(MAKER, 0)),
        PackState::Introduced { at: MAKER }
    );
    assert_eq!((world.owed(APTEKA), world.available()), (0, ALLOTTED));
    assert_eq!(world.settle(group, 0), Err(Code::WRONG_STATE));
}

#[test]
fn a_programme_may_insist_on_reported_movements() {
    let mut world = World::with_rules(Rules {
        movement_may_lag: false,
        ..rules()
    });
    world.introduce_unshipped();
    let item = world.item();
    let group = world.issue(vec![item]);
    world.held(APTEKA, group);
    let lines = vec![line(0, pack(MAKER, 0), 20, 1_000)];
    assert_eq!(
        world.dispense(APTEKA, group, lines),
        Err(Code::PACK_NOT_HERE)
    );
    world.report_movement(1..2, APTEKA);
    let lines = vec![line(0, pack(MAKER, 1), 20, 1_000)];
    assert_eq!(world.dispense(APTEKA, group, lines), Ok(()));
}

/// Whether the treasury knows of a transfer of the prescription's first dispense.
fn has_transfer(world: &mut World, group: GroupId) -> bool {
    let preimage = [b"senim/dispense".as_slice(), group.0.as_bytes(), &[0]].concat();
    let question = treasury::Query::Transfer {
        issuer: PRESCRIPTION,
        id: Hash::of(&preimage),
    };
    let answer = world.env.ask(TREASURY, &question);
    let answer: treasury::msg::TransferAnswer =
        codec::decode(&answer.expect("the treasury answers")).expect("as its manual says");
    answer.is_some()
}

/// Lets days pass, and the ledger do what is due; whether the prescription is there still.
fn is_kept_for(world: &mut World, group: GroupId, days: u64) -> bool {
    for _ in 0..days {
        world.env.advance(DAY_MS);
        for (_, outcome) in world.env.serve_due() {
            assert_eq!(outcome.code(), None);
        }
    }
    let question = Query::Group { group };
    let answer = world.env.ask(PRESCRIPTION, &question);
    match answer {
        Ok(_) => true,
        Err(refusal) => {
            assert_eq!(refusal.code, Code::PRESCRIPTION_UNKNOWN);
            false
        }
    }
}

#[test]
fn a_finished_prescription_is_kept_for_disputes_and_then_forgotten() {
    let (mut world, group) = with_one();
    world.dispensed(APTEKA, group, 0);
    // Its window of 30 days, and 90 days for disputes.
    assert!(is_kept_for(&mut world, group, 119));
    assert!(has_transfer(&mut world, group));
    world.env.advance(DAY_MS);
    let served = world.env.serve_due();
    let told = PrescriptionEvent::Pruned { group };
    let events: Vec<_> = served
        .iter()
        .flat_map(|(_, outcome)| &outcome.events)
        .collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].body, codec::encode(&told));
    assert_eq!(
        world.hold(APTEKA, group, FIRST),
        Err(Code::PRESCRIPTION_UNKNOWN)
    );
    assert!(
        !has_transfer(&mut world, group),
        "what is known of its payment goes with it"
    );
}

#[test]
fn an_expired_prescription_is_kept_from_the_end_of_its_window() {
    let (mut world, group) = with_one();
    assert!(is_kept_for(&mut world, group, 120));
    assert!(!is_kept_for(&mut world, group, 1));
}

#[test]
fn a_reversal_begins_the_time_for_disputes_anew() {
    let (mut world, group) = with_one();
    assert!(is_kept_for(&mut world, group, 29));
    world.dispensed(APTEKA, group, 0);
    assert!(is_kept_for(&mut world, group, 9));
    let reversed = world.reverse(APTEKA, group, 0, ItemMask::NONE);
    assert_eq!(reversed, Ok(()));
    // 38 days and 90 after, where its window's end would be 30 and 90.
    assert!(is_kept_for(&mut world, group, 90));
    assert!(!is_kept_for(&mut world, group, 2));
    assert!(!has_transfer(&mut world, group));
}

#[test]
fn a_pending_payment_keeps_its_prescription_until_the_treasury_lets_it_lapse() {
    let (mut world, group) = with_missing_movement();
    assert!(is_kept_for(&mut world, group, 89));
    assert_eq!(world.available(), ALLOTTED - 1_000);
    assert!(is_kept_for(&mut world, group, 1));
    assert_eq!(
        world.available(),
        ALLOTTED,
        "lapsed: the money is free again"
    );
    assert!(has_transfer(&mut world, group));
    assert!(!is_kept_for(&mut world, group, 40));
    assert!(!has_transfer(&mut world, group));
    let question = Query::Overdue { after: None };
    let overdue = world.env.ask(PRESCRIPTION, &question);
    let overdue: Vec<(GroupId, u8, Overdue)> =
        codec::decode(&overdue.expect("it answers")).expect("a page");
    assert!(overdue.is_empty(), "nor is it on the list for a person");
}
