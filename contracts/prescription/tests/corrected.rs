//! A dispense whose line a correcting act took off is undone all the same, and its money comes back once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::prescription::{GroupId, ItemMask, Money};
use senim_abi::{PRESCRIPTION, TREASURY, treasury};
use senim_types::{Hash, Tiyn};

/// The transfer of a prescription's first dispense.
fn transfer_of(group: GroupId) -> Hash {
    Hash::of(&[b"senim/dispense".as_slice(), group.0.as_bytes(), &[0]].concat())
}

#[test]
fn what_a_correcting_act_took_off_comes_back_once() {
    let mut world = World::new();
    let item = world.item();
    let group = world.issue(vec![item]);
    world.dispensed(APTEKA, group, 0);
    let owed = world.env.time();
    let period = senim_abi::civil::UtcOffsets::fixed(300).month_of(owed);
    let correct = treasury::Execute::Correct {
        id: Hash::of(b"a correcting act"),
        provider: APTEKA,
        programme: PROGRAMME,
        period,
        lines: vec![treasury::CorrectionLine {
            issuer: PRESCRIPTION,
            transfer: transfer_of(group),
            budget: BUDGET,
            amount: Tiyn(400),
            vat_basis_points: 0,
        }],
        reference: Hash::ZERO,
    };
    let corrected = world
        .env
        .execute_as(senim_abi::SETTLEMENT, &fund(), TREASURY, &correct);
    assert_eq!(corrected.code(), None);
    assert_eq!(world.available(), ALLOTTED - 600);
    assert_eq!(world.reverse(APTEKA, group, 0, ItemMask::NONE), Ok(()));
    assert_eq!((world.owed(APTEKA), world.available()), (0, ALLOTTED));
    let dispense = world.group(group).dispenses[0].clone();
    assert_eq!(dispense.money, Money::Reversed);
}
