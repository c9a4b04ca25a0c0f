//! Every guard of a dispense and of a reversal, and the code that it answers with.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::steps::{FIRST, line};
use common::*;
use senim_abi::marking::msg::{self as marking, SUPPLY_LINES_MAX};
use senim_abi::marking::{BatchMark, Form, Unit};
use senim_abi::prescription::record::DISPENSES_MAX;
use senim_abi::prescription::{DispenseLine, Execute, GroupId, ItemMask, ItemStatus, NewItem};
use senim_abi::proof::{HeldStep, lines_hash};
use senim_abi::{MARKING, PRESCRIPTION};
use senim_sdk::testing::key_of;
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn};

fn held() -> (World, GroupId) {
    let mut world = World::new();
    let item = world.item();
    let group = world.issue(vec![item]);
    world.held(APTEKA, group);
    (world, group)
}

#[test]
fn what_may_not_be_dispensed_is_refused_with_the_reason() {
    type Case = (
        &'static str,
        fn(&mut World, GroupId),
        Vec<DispenseLine>,
        Code,
    );
    let nothing: fn(&mut World, GroupId) = |_, _| ();
    let usual = || vec![line(0, pack(APTEKA, 0), 20, 1_000)];
    let mut two_packs = line(0, pack(APTEKA, 0), 20, 1_000);
    two_packs
        .packs
        .push(line(0, pack(APTEKA, 1), 1, 1_000).packs[0]);
    let many = DispenseLine {
        item: 0,
        packs: vec![usual()[0].packs[0]; SUPPLY_LINES_MAX + 1],
    };
    let mut wrong_lot = pack(APTEKA, 0);
    wrong_lot.lot = "L9".parse().unwrap();
    let cases: Vec<Case> = vec![
        ("nothing", nothing, vec![], Code::OUT_OF_RANGE),
        (
            "a line of nothing",
            nothing,
            vec![DispenseLine {
                item: 0,
                packs: vec![],
            }],
            Code::OUT_OF_RANGE,
        ),
        ("17 packs", nothing, vec![many], Code::TOO_MANY_ITEMS),
        (
            "the same item twice",
            nothing,
            [usual(), usual()].concat(),
            Code::OUT_OF_RANGE,
        ),
        (
            "an item that there is not",
            nothing,
            vec![line(1, pack(APTEKA, 0), 1, 1)],
            Code::PRESCRIPTION_UNKNOWN,
        ),
        (
            "no units",
            nothing,
            vec![line(0, pack(APTEKA, 0), 0, 1_000)],
            Code::OUT_OF_RANGE,
        ),
        (
            "more than remains",
            nothing,
            vec![two_packs],
            Code::QTY_EXCEEDS_REMAINING,
        ),
        (
            "u32 overflow",
            nothing,
            vec![line(0, pack(APTEKA, 0), u32::MAX, 1)],
            Code::QTY_EXCEEDS_REMAINING,
        ),
        (
            "another medicine",
            nothing,
            vec![line(0, amoxicillin_pack(APTEKA, 0), 16, 3_200)],
            Code::INN_MISMATCH,
        ),
        (
            "above the cap",
            nothing,
            vec![line(0, pack(APTEKA, 0), 20, 1_001)],
            Code::PRICE_ABOVE_CAP,
        ),
        (
            "another lot",
            nothing,
            vec![line(0, wrong_lot, 20, 1_000)],
            Code::PACK_LOT_MISMATCH,
        ),
        (
            "a pack that is elsewhere",
            nothing,
            vec![line(0, pack(OTHER_APTEKA, 0), 20, 1_000)],
            Code::PACK_NOT_HERE,
        ),
        (
            "an unknown pack",
            nothing,
            vec![line(0, pack(OrgId(99), 0), 20, 1_000)],
            Code::PACK_UNKNOWN,
        ),
        (
            "a recalled pack",
            |w, _| w.mark(BatchMark::Recalled),
            usual(),
            Code::PACK_RECALLED,
        ),
        (
            "an empty budget",
            |w, _| w.withdraw_all(),
            usual(),
            Code::BUDGET_EXHAUSTED,
        ),
        (
            "the contract ended",
            |w, _| w.set_provider_until(APTEKA, TimeMs(0)),
            usual(),
            Code::PHARMACY_NOT_CONTRACTED,
        ),
        (
            "the lease is over",
            |w, _| w.env.advance(30 * MINUTE_MS),
            usual(),
            Code::LEASE_EXPIRED,
        ),
        (
            "given back",
            |w, g| assert_eq!(w.reject(APTEKA, g, FIRST), Ok(())),
            usual(),
            Code::NOT_HELD,
        ),
        (
            "expired",
            |w, _| w.env.advance(31 * DAY_MS),
            usual(),
            Code::EXPIRED,
        ),
        (
            "held by another since",
            |w, g| {
                w.env.advance(30 * MINUTE_MS);
                w.held(OTHER_APTEKA, g);
            },
            usual(),
            Code::WITH_ANOTHER_DISPENSER,
        ),
    ];
    for (what, prepare, lines, expected) in cases {
        let (mut world, group) = held();
        prepare(&mut world, group);
        let before = world.env.state().clone();
        assert_eq!(
            world.dispense(APTEKA, group, lines),
            Err(expected),
            "{what}"
        );
        assert_eq!(
            &before,
            world.env.state(),
            "{what}: a refusal changes nothing anywhere"
        );
    }
}

#[test]
fn strength_form_unit_and_price_of_the_item_bind() {
    type Change = fn(&mut NewItem);
    let cases: [(&str, Change, Code); 5] = [
        (
            "strength",
            |i| i.strength = Some("250mg".parse().unwrap()),
            Code::STRENGTH_MISMATCH,
        ),
        (
            "form",
            |i| i.form = Some(Form::Capsule),
            Code::STRENGTH_MISMATCH,
        ),
        ("unit", |i| i.unit = Unit::Dose, Code::STRENGTH_MISMATCH),
        (
            "price per unit",
            |i| i.price_cap = Some(Tiyn(49)),
            Code::PRICE_ABOVE_CAP,
        ),
        (
            "an endless cap",
            |i| i.price_cap = Some(Tiyn(u64::MAX)),
            Code(0),
        ),
    ];
    for (what, change, expected) in cases {
        let mut world = World::new();
        let mut item = world.item();
        change(&mut item);
        let group = world.issue(vec![item]);
        world.held(APTEKA, group);
        let expected = if expected == Code(0) {
            Ok(())
        } else {
            Err(expected)
        };
        assert_eq!(
            world.dispense_units(APTEKA, group, 0, 20),
            expected,
            "{what}"
        );
    }
}

#[test]
fn only_the_hold_key_dispenses_and_only_what_it_signed() {
    let (mut world, group) = held();
    let lines = vec![line(0, pack(APTEKA, 0), 20, 1_000)];
    let message = Execute::Dispense {
        group,
        lines: lines.clone(),
    };
    let signed = HeldStep::Dispense {
        group,
        lines: lines_hash(&lines),
    };
    let other_lines = HeldStep::Dispense {
        group,
        lines: Hash::of(b"others"),
    };
    let other_group = HeldStep::Dispense {
        group: GroupId(Hash::ZERO),
        lines: lines_hash(&lines),
    };
    for (what, witness) in [
        ("another key", signed.by(key_of(9))),
        ("other lines", other_lines.by(hold_key(APTEKA))),
        ("another prescription", other_group.by(hold_key(APTEKA))),
    ] {
        let outcome = world.call(&apteka(APTEKA), &message, &[witness]);
        assert_eq!(outcome.code(), Some(Code::WRONG_HOLD_KEY), "{what}");
    }
    let outcome = world.call(&apteka(APTEKA), &message, &[]);
    assert_eq!(outcome.code(), Some(Code::WRONG_HOLD_KEY), "unsigned");
    world.ok(&apteka(APTEKA), &message, &[signed.by(hold_key(APTEKA))]);
}

#[test]
fn a_reversal_has_its_guards() {
    type Case = (
        &'static str,
        fn(&mut World, GroupId),
        OrgId,
        u8,
        ItemMask,
        Code,
    );
    let nothing: fn(&mut World, GroupId) = |_, _| ();
    let cases: [Case; 7] = [
        (
            "elsewhere",
            nothing,
            OTHER_APTEKA,
            0,
            ItemMask::NONE,
            Code::NOT_DISPENSED_HERE,
        ),
        (
            "never took place",
            nothing,
            APTEKA,
            1,
            ItemMask::NONE,
            Code::DISPENSE_UNKNOWN,
        ),
        (
            "undone already",
            |w, g| assert_eq!(w.reverse(APTEKA, g, 0, ItemMask::NONE), Ok(())),
            APTEKA,
            0,
            ItemMask::NONE,
            Code::DISPENSE_UNKNOWN,
        ),
        (
            "after ten days",
            |w, _| w.env.advance(10 * DAY_MS + 1),
            APTEKA,
            0,
            ItemMask::NONE,
            Code::REVERSAL_TOO_LATE,
        ),
        (
            "recalled meanwhile",
            |w, _| w.mark(BatchMark::Recalled),
            APTEKA,
            0,
            FIRST,
            Code::PACK_RECALLED,
        ),
        (
            "withdrawn meanwhile",
            |w, _| w.mark(BatchMark::Withdrawn),
            APTEKA,
            0,
            ItemMask::NONE,
            Code::PACK_WITHDRAWN,
        ),
        (
            "a pack that there is not",
            nothing,
            APTEKA,
            0,
            ItemMask(2),
            Code::OUT_OF_RANGE,
        ),
    ];
    for (what, prepare, org, number, left, expected) in cases {
        let (mut world, group) = held();
        assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
        prepare(&mut world, group);
        let before = world.env.state().clone();
        assert_eq!(
            world.reverse(org, group, number, left),
            Err(expected),
            "{what}"
        );
        assert_eq!(
            &before,
            world.env.state(),
            "{what}: a refusal changes nothing anywhere"
        );
    }
    let (mut world, group) = held();
    assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
    let unsigned = Execute::Reverse {
        group,
        dispense: 0,
        left: ItemMask::NONE,
    };
    let outcome = world.call(&apteka(APTEKA), &unsigned, &[]);
    assert_eq!(outcome.code(), Some(Code::WRONG_HOLD_KEY));
}

#[test]
fn a_prescription_has_room_for_so_many_dispenses() {
    let mut world = World::new();
    let mut item = world.item();
    item.quantity = 60;
    let group = world.issue(vec![item]);
    for number in 0..DISPENSES_MAX {
        world.held(APTEKA, group);
        assert_eq!(world.dispense_units(APTEKA, group, number / 20, 1), Ok(()));
    }
    world.held(APTEKA, group);
    let one_more = world.dispense_units(APTEKA, group, 1, 1);
    assert_eq!(one_more, Err(Code::TOO_MANY_ITEMS));
    assert_eq!(world.status(group, 0), ItemStatus::Held);
}

#[test]
fn no_contract_and_no_ledger_speaks_for_a_pharmacy() {
    let (mut world, group) = held();
    let lines = vec![line(0, pack(APTEKA, 0), 20, 1_000)];
    let message = Execute::Dispense { group, lines };
    let outcome = world
        .env
        .execute_as(MARKING, &apteka(APTEKA), PRESCRIPTION, &message);
    assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
    let genesis = senim_sdk::codec::encode(&senim_abi::prescription::Genesis(vec![message]));
    let outcome = world
        .env
        .by_ledger(PRESCRIPTION, senim_sdk::Entry::Genesis, &genesis);
    assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
    let unshipped = marking::Execute::Prune {
        packs: vec![pack(APTEKA, 0).id()],
    };
    let outcome = world
        .env
        .execute_as(PRESCRIPTION, &marker(), MARKING, &unshipped);
    assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
}
