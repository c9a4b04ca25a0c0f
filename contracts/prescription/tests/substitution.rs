//! Another product in place of the one prescribed: where it goes, and where not.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::steps::line;
use common::*;
use senim_abi::MARKING;
use senim_abi::marking::msg as marking;
use senim_abi::marking::{Form, Gtin, PackCode, Product, Stage, Unit};
use senim_abi::prescription::{DispenseLine, GroupId, NewItem};
use senim_types::{Code, Tiyn};

/// Another maker's pack of the same medicine on the pharmacy's shelf.
fn other_pack(strength: &str) -> (World, PackCode) {
    let mut world = World::new();
    let (gtin, serial) = (other_paracetamol_gtin(), serial(APTEKA, 77));
    let product = Product {
        name: "Parasetamol of another maker".into(),
        inn: paracetamol(),
        strength: strength.parse().unwrap(),
        form: Form::Tablet,
        unit: Unit::Tablet,
        units_per_pack: 10,
        price_cap: Tiyn(400),
        marketed: true,
    };
    let set = marking::Execute::SetProduct { gtin, product };
    assert_eq!(world.env.execute(&regulator(), MARKING, &set).code(), None);
    let introduce = marking::Execute::Introduce {
        gtin,
        lot: lot(),
        expiry: expiry(),
        serials: vec![serial],
        at: APTEKA,
        stage: Stage::OpeningStock,
    };
    let outcome = world.env.execute(&marker(), MARKING, &introduce);
    assert_eq!(outcome.code(), None);
    let code = PackCode {
        gtin,
        serial,
        lot: lot(),
        expiry: expiry(),
    };
    (world, code)
}

fn held(world: &mut World, product: Option<Gtin>) -> GroupId {
    let item = NewItem {
        product,
        ..world.item()
    };
    let group = world.issue(vec![item]);
    world.held(APTEKA, group);
    group
}

fn both(one: PackCode, other: PackCode) -> Vec<DispenseLine> {
    let mut lines = vec![line(0, one, 10, 1_000)];
    lines[0]
        .packs
        .extend(line(0, other, 10, 400).packs.iter().copied());
    lines
}

#[test]
fn where_nothing_is_forbidden_any_product_of_the_medicine_goes() {
    let (mut world, other) = other_pack("500mg");
    let group = held(&mut world, None);
    let lines = both(pack(APTEKA, 0), other);
    assert_eq!(world.dispense(APTEKA, group, lines), Ok(()));
    assert_eq!(world.remaining(group, 0), 0);
}

#[test]
fn where_the_prescriber_forbade_it_only_the_very_product_goes() {
    let (mut world, other) = other_pack("500mg");
    let group = held(&mut world, Some(paracetamol_gtin()));
    let refused = Err(Code::SUBSTITUTION_NOT_ALLOWED);
    let before = world.available();
    let alone = vec![line(0, other, 10, 400)];
    assert_eq!(world.dispense(APTEKA, group, alone), refused);
    let lines = both(pack(APTEKA, 0), other);
    assert_eq!(
        world.dispense(APTEKA, group, lines),
        refused,
        "not even beside the right one"
    );
    assert_eq!((world.available(), world.remaining(group, 0)), (before, 20));
    assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
}

#[test]
fn another_medicine_is_told_as_that_and_not_as_another_product() {
    let (mut world, other) = other_pack("250mg");
    let group = held(&mut world, Some(paracetamol_gtin()));
    assert_eq!(
        world.dispense(APTEKA, group, vec![line(0, other, 10, 400)]),
        Err(Code::STRENGTH_MISMATCH)
    );
    let amoxicillin = vec![line(0, amoxicillin_pack(APTEKA, 0), 16, 3_200)];
    assert_eq!(
        world.dispense(APTEKA, group, amoxicillin),
        Err(Code::INN_MISMATCH)
    );
}
