//! A payment that waits for a movement is tried until it is posted, and put before a person where it cannot be.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::steps::*;
use common::*;
use senim_abi::prescription::record::{Overdue, OverdueReason};
use senim_abi::prescription::{GroupId, Money, Query};
use senim_abi::{PRESCRIPTION, SETTLEMENT, TREASURY, treasury};
use senim_sdk::codec;
use senim_types::{Code, ContractId, Hash, TimeMs, Tiyn};

/// A dispense of a pack of which the register does not know yet how it came to the pharmacy.
fn dispensed(world: &mut World) -> Result<GroupId, Code> {
    dispensed_of(world, 0)
}

fn dispensed_of(world: &mut World, serial: usize) -> Result<GroupId, Code> {
    let item = world.item();
    let group = world.issue(vec![item]);
    world.held(APTEKA, group);
    let lines = vec![line(0, pack(MAKER, serial), 20, 1_000)];
    world.dispense(APTEKA, group, lines).map(|()| group)
}

fn contract(world: &mut World, until: TimeMs, ceiling: u64) {
    let terms = treasury::Execute::SetTerms {
        payer: FUND,
        programme: PROGRAMME,
        provider: APTEKA,
        agreement: Hash::of(b"a contract"),
        from: TimeMs(0),
        until,
        ceiling: Tiyn(ceiling),
        vat_basis_points: 0,
        kind: treasury::SettlementKind::BankFile,
    };
    let set = world.env.execute_as(SETTLEMENT, &fund(), TREASURY, &terms);
    assert_eq!(set.code(), None);
}

fn callers(world: &mut World, callers: Vec<ContractId>) {
    let budget = BUDGET;
    let set = treasury::Execute::SetBudgetCallers { budget, callers };
    let outcome = world.env.execute(&fund(), TREASURY, &set);
    assert_eq!(outcome.code(), None);
}

fn days(world: &mut World, days: u64) {
    for _ in 0..days {
        world.env.advance(DAY_MS);
        world.env.serve_due();
    }
}

/// What is before a person, and why.
fn overdue(world: &mut World) -> Vec<OverdueReason> {
    let question = Query::Overdue { after: None };
    let answer = world.env.ask(PRESCRIPTION, &question).unwrap();
    let list: Vec<(GroupId, u8, Overdue)> = codec::decode(&answer).unwrap();
    list.into_iter().map(|(_, _, one)| one.reason).collect()
}

#[test]
fn what_was_dispensed_under_a_contract_that_has_ended_since_is_paid() {
    let mut world = World::new();
    world.introduce_unshipped();
    let until = TimeMs(world.env.time().0 + DAY_MS / 2);
    contract(&mut world, until, 1_000_000);
    dispensed(&mut world).unwrap();
    world.report_movement(0..1, APTEKA);
    days(&mut world, 1);
    assert_eq!(world.owed(APTEKA), 1_000);
}

#[test]
fn what_is_refused_is_before_a_person_and_tried_again_each_day() {
    let mut world = World::new();
    world.introduce_unshipped();
    let group = dispensed(&mut world).unwrap();
    world.report_movement(0..1, APTEKA);
    callers(&mut world, vec![]);
    days(&mut world, 1);
    assert_eq!((world.owed(APTEKA), overdue(&mut world)), (0, vec![]));
    days(&mut world, 1);
    assert_eq!(overdue(&mut world), [OverdueReason::Refused]);
    assert_eq!(world.settle(group, 0), Err(Code::NOT_AUTHORISED));
    days(&mut world, 20);
    assert_eq!(overdue(&mut world), [OverdueReason::Refused], "once");
    callers(&mut world, vec![PRESCRIPTION]);
    days(&mut world, 1);
    assert_eq!((world.owed(APTEKA), overdue(&mut world)), (1_000, vec![]));
    assert_eq!(world.group(group).dispenses[0].money, Money::Posted);
}

#[test]
fn the_list_says_why_it_is_not_paid_now() {
    let mut world = World::new();
    world.introduce_unshipped();
    dispensed(&mut world).unwrap();
    days(&mut world, 8);
    assert_eq!(overdue(&mut world), [OverdueReason::Movement]);
    callers(&mut world, vec![]);
    world.report_movement(0..1, APTEKA);
    days(&mut world, 2);
    assert_eq!(overdue(&mut world), [OverdueReason::Refused]);
}

#[test]
fn what_waits_is_kept_room_for_below_the_ceiling() {
    let mut world = World::new();
    world.introduce_unshipped();
    contract(&mut world, TimeMs(u64::MAX), 1_500);
    dispensed(&mut world).unwrap();
    assert_eq!(
        dispensed_of(&mut world, 1),
        Err(Code::CONTRACT_EXCEEDED),
        "before the medicine is given, not after"
    );
    contract(&mut world, TimeMs(u64::MAX), 2_000);
    dispensed_of(&mut world, 1).unwrap();
    world.report_movement(0..2, APTEKA);
    days(&mut world, 2);
    assert_eq!((world.owed(APTEKA), overdue(&mut world)), (2_000, vec![]));
}

#[test]
fn a_movement_that_is_reported_after_a_person_was_asked_is_paid_by_itself() {
    let mut world = World::new();
    world.introduce_unshipped();
    dispensed(&mut world).unwrap();
    days(&mut world, 20);
    assert_eq!(overdue(&mut world), [OverdueReason::Movement]);
    world.report_movement(0..1, APTEKA);
    days(&mut world, 1);
    assert_eq!((world.owed(APTEKA), overdue(&mut world)), (1_000, vec![]));
}

#[test]
fn a_reservation_that_lapsed_is_not_said_to_wait_for_a_movement() {
    let mut world = World::new();
    world.introduce_unshipped();
    let group = dispensed(&mut world).unwrap();
    days(&mut world, 89);
    assert_eq!(overdue(&mut world), [OverdueReason::Movement]);
    world.report_movement(0..1, APTEKA);
    days(&mut world, 5);
    assert_eq!(world.owed(APTEKA), 0);
    assert_eq!(world.settle(group, 0), Err(Code::TRANSFER_EXPIRED));
    assert_eq!(overdue(&mut world), [OverdueReason::Refused]);
}

#[test]
fn looks_end_with_the_reservation() {
    let mut world = World::new();
    world.introduce_unshipped();
    dispensed(&mut world).unwrap();
    days(&mut world, 91);
    assert_eq!(world.available(), ALLOTTED, "it is free again");
    world.report_movement(0..1, APTEKA);
    days(&mut world, 3);
    assert_eq!(world.owed(APTEKA), 0);
    let looks = world.env.due().filter(|due| due.contract == PRESCRIPTION);
    assert!(looks.count() <= 1, "but for what forgets it");
}

#[test]
fn nothing_is_dispensed_above_the_ceiling_whether_its_movement_is_reported_or_not() {
    let mut world = World::new();
    world.introduce_unshipped();
    contract(&mut world, TimeMs(u64::MAX), 1_000);
    let item = world.item();
    let paid = world.issue(vec![item]);
    world.dispensed(APTEKA, paid, 0);
    assert_eq!(dispensed(&mut world), Err(Code::CONTRACT_EXCEEDED));
}
