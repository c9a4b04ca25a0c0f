//! The path that a reader should know first: from the doctor's order to a settled payment.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::steps::{BOTH, FIRST, line};
use common::*;
use senim_abi::marking::PackState;
use senim_abi::prescription::msg::DispenseReceipt;
use senim_abi::prescription::{ItemMask, ItemStatus, Money, PrescriptionEvent};
use senim_sdk::codec;
use senim_types::{Code, Tiyn};

#[test]
fn a_prescription_is_held_dispensed_and_paid_in_one_transaction() {
    let mut world = World::new();
    let items = vec![world.item(), world.amoxicillin_item()];
    let group = world.issue(items);
    assert_eq!(
        world.view(group).statuses,
        [ItemStatus::Ready, ItemStatus::Ready]
    );

    // The person shows a QR; the pharmacy holds one of the two items.
    world.held(APTEKA, group);
    assert_eq!(
        world.view(group).statuses,
        [ItemStatus::Held, ItemStatus::Ready]
    );

    // It scans a pack and dispenses: item, pack and money in one transaction.
    let lines = vec![line(0, pack(APTEKA, 0), 20, 900)];
    let outcome = world.dispense_outcome(APTEKA, group, lines);
    let receipt: DispenseReceipt = codec::decode(outcome.output()).unwrap();
    assert_eq!((receipt.cost, receipt.borne), (Tiyn(900), Tiyn(900)));
    assert_eq!(
        world.view(group).statuses,
        [ItemStatus::Dispensed, ItemStatus::Ready]
    );
    assert_eq!(
        world.pack_state(pack(APTEKA, 0)),
        PackState::Supplied { at: APTEKA }
    );
    assert_eq!(world.owed(APTEKA), 900);
    assert_eq!(world.available(), ALLOTTED - 900);

    // The issuing clinic is named, so that it can be told.
    let event = outcome.events.last().unwrap();
    let told: PrescriptionEvent = codec::decode(&event.body).unwrap();
    let PrescriptionEvent::Dispensed {
        issuer, completed, ..
    } = told
    else {
        panic!("{told:?}");
    };
    assert_eq!((issuer, completed), (CLINIC, FIRST));

    // Nothing of it works twice.
    assert_eq!(
        world.dispense_units(APTEKA, group, 0, 20),
        Err(Code::ALREADY_DISPENSED)
    );
    let other = world.item();
    let other = world.issue(vec![other]);
    world.held(APTEKA, other);
    let again = world.dispense_units(APTEKA, other, 0, 20);
    assert_eq!(again, Err(Code::PACK_ALREADY_SUPPLIED));
}

#[test]
fn a_hold_writes_once_and_a_dispense_five_times_in_all_contracts() {
    let mut world = World::new();
    let item = world.item();
    let group = world.issue(vec![item]);
    let hold = world.hold_by_qr(APTEKA, world.qr(group, FIRST));
    let held = world.call(&hold.actor, &hold.message, &hold.witnesses);
    assert_eq!(held.writes.len(), 1);
    let lines = vec![line(0, pack(APTEKA, 0), 20, 900)];
    let dispensed = world.dispense_outcome(APTEKA, group, lines);
    // The group, the pack, the transfer, the pharmacy's claim, the budget line.
    assert_eq!(dispensed.writes.len(), 5);
    let group_bytes = held.writes.values().flatten().map(Vec::len).max().unwrap();
    assert!(group_bytes < 400, "{group_bytes} bytes");
}

#[test]
fn an_item_is_dispensed_in_parts_by_two_pharmacies() {
    let mut world = World::new();
    let item = world.item();
    let group = world.issue(vec![item]);
    world.held(APTEKA, group);
    assert_eq!(world.dispense_units(APTEKA, group, 0, 5), Ok(()));
    assert_eq!(world.status(group, 0), ItemStatus::Partial);
    world.held(OTHER_APTEKA, group);
    assert_eq!(world.dispense_units(OTHER_APTEKA, group, 0, 15), Ok(()));
    assert_eq!(world.status(group, 0), ItemStatus::Dispensed);
    // floor(1000 · 5 / 20) and floor(1000 · 15 / 20).
    assert_eq!((world.owed(APTEKA), world.owed(OTHER_APTEKA)), (250, 750));
}

#[test]
fn two_items_are_dispensed_with_several_packs_in_one_step() {
    let mut world = World::new();
    let mut item = world.item();
    item.quantity = 30;
    let items = vec![item, world.amoxicillin_item()];
    let group = world.issue(items);
    assert_eq!(world.hold(APTEKA, group, BOTH), Ok(()));
    let mut first = line(0, pack(APTEKA, 0), 20, 1_000);
    first
        .packs
        .push(line(0, pack(APTEKA, 1), 10, 1_000).packs[0]);
    let lines = vec![first, line(1, amoxicillin_pack(APTEKA, 0), 16, 3_200)];
    assert_eq!(world.dispense(APTEKA, group, lines), Ok(()));
    assert_eq!(
        world.view(group).statuses,
        [ItemStatus::Dispensed, ItemStatus::Dispensed]
    );
    assert_eq!(world.owed(APTEKA), 1_000 + 500 + 3_200);
    assert_eq!(
        world.pack_state(pack(APTEKA, 1)),
        PackState::SuppliedPart { at: APTEKA }
    );
}

#[test]
fn items_that_are_held_and_not_named_stay_held() {
    let mut world = World::new();
    let items = vec![world.item(), world.amoxicillin_item()];
    let group = world.issue(items);
    assert_eq!(world.hold(APTEKA, group, BOTH), Ok(()));
    assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
    assert_eq!(
        world.view(group).statuses,
        [ItemStatus::Dispensed, ItemStatus::Held]
    );
    assert_eq!(
        world.hold(OTHER_APTEKA, group, ItemMask(2)),
        Err(Code::WITH_ANOTHER_DISPENSER)
    );
}

#[test]
fn the_clinic_pharmacy_hands_out_stock_and_nobody_is_paid() {
    let mut world = World::new();
    let item = world.item();
    let group = world.issue(vec![item]);
    world.dispensed(CLINIC_APTEKA, group, 0);
    assert_eq!(world.group(group).dispenses[0].money, Money::None);
    assert_eq!(
        (world.owed(CLINIC_APTEKA), world.available()),
        (0, ALLOTTED)
    );
}

#[test]
fn the_programme_bears_its_share_and_the_rest_is_only_recorded() {
    use senim_abi::prescription::Share;
    // 20 tablets for 999 tiyn; the reference price is 40 tiyn a tablet.
    for (share, borne) in [
        (Share::BasisPoints(10_000), 999),
        (Share::BasisPoints(5_000), 499),
        (Share::BasisPoints(0), 0),
        (Share::UpToReference, 800),
    ] {
        let mut world = World::with_rules(senim_abi::prescription::Rules { share, ..rules() });
        let item = world.item();
        let group = world.issue(vec![item]);
        world.held(APTEKA, group);
        let lines = vec![line(0, pack(APTEKA, 0), 20, 999)];
        let outcome = world.dispense_outcome(APTEKA, group, lines);
        assert_eq!(outcome.code(), None, "{share:?}");
        assert_eq!(world.owed(APTEKA), borne, "{share:?}");
        let told: PrescriptionEvent = codec::decode(&outcome.events.last().unwrap().body).unwrap();
        let PrescriptionEvent::Dispensed { citizen, .. } = told else {
            panic!("{told:?}")
        };
        assert_eq!(citizen.0, 999 - borne, "{share:?}");
    }
}
