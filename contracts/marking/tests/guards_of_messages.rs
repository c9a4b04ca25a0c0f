//! The guards of all messages but supply and restore, and the codes that they answer with.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::marking::msg::{PACKS_MAX, SUPPLY_LINES_MAX};
use senim_abi::marking::{Execute, Exit, Genesis, Product, Query, Stage};
use senim_abi::{MARKING, TREASURY};
use senim_sdk::{Entry, codec};
use senim_types::{Code, OrgId, Tiyn};

#[test]
fn messages_out_of_their_limits_are_refused() {
    let introduce = |serials: Vec<_>, at| Execute::Introduce {
        gtin: gtin(),
        lot: lot(),
        expiry: expiry(),
        serials,
        at,
        stage: Stage::Circulation,
    };
    let many = || (0..=PACKS_MAX).map(id).collect::<Vec<_>>();
    let product = |change: fn(&mut Product)| {
        let mut product = paracetamol();
        change(&mut product);
        Execute::SetProduct {
            gtin: other_gtin(),
            product,
        }
    };
    let changed = |change: fn(&mut Product)| {
        let mut product = paracetamol();
        change(&mut product);
        Execute::SetProduct {
            gtin: gtin(),
            product,
        }
    };
    let cases: Vec<(&str, Execute, Code)> = vec![
        ("no packs", introduce(vec![], MAKER), Code::TOO_MANY_ITEMS),
        (
            "101 packs",
            introduce((0..=PACKS_MAX).map(serial).collect(), MAKER),
            Code::TOO_MANY_ITEMS,
        ),
        (
            "nobody has them",
            introduce(vec![serial(9)], OrgId(0)),
            Code::OUT_OF_RANGE,
        ),
        (
            "exists elsewhere",
            introduce(vec![serial(1)], MAKER),
            Code::PACK_EXISTS,
        ),
        (
            "where it is, but of another lot",
            Execute::Introduce {
                gtin: gtin(),
                lot: "L2".parse().unwrap(),
                expiry: expiry(),
                serials: vec![serial(1)],
                at: APTEKA,
                stage: Stage::OpeningStock,
            },
            Code::PACK_EXISTS,
        ),
        (
            "codes of packs that exist",
            Execute::Emit {
                gtin: gtin(),
                serials: vec![serial(1)],
            },
            Code::PACK_EXISTS,
        ),
        (
            "a product that is not in the catalogue",
            Execute::Emit {
                gtin: other_gtin(),
                serials: vec![serial(1)],
            },
            Code::PRODUCT_UNKNOWN,
        ),
        (
            "ship 101",
            Execute::Ship {
                packs: many(),
                to: APTEKA,
            },
            Code::TOO_MANY_ITEMS,
        ),
        (
            "ship to nobody",
            Execute::Ship {
                packs: vec![id(1)],
                to: OrgId(0),
            },
            Code::OUT_OF_RANGE,
        ),
        (
            "receive what is not for me",
            Execute::Receive { packs: vec![id(1)] },
            Code::PACK_NOT_HERE,
        ),
        (
            "reserve what is not here",
            Execute::Reserve { packs: vec![id(1)] },
            Code::PACK_NOT_HERE,
        ),
        (
            "take away what is not mine",
            Execute::Remove {
                packs: vec![id(1)],
                exit: Exit::Destroyed,
            },
            Code::PACK_NOT_HERE,
        ),
        (
            "a name of nothing",
            product(|p| p.name.clear()),
            Code::OUT_OF_RANGE,
        ),
        (
            "a long name",
            product(|p| p.name = "x".repeat(97)),
            Code::OUT_OF_RANGE,
        ),
        (
            "a pack of nothing",
            product(|p| p.units_per_pack = 0),
            Code::OUT_OF_RANGE,
        ),
        (
            "a cap of nothing",
            product(|p| p.price_cap = Tiyn(0)),
            Code::OUT_OF_RANGE,
        ),
        (
            "another content",
            changed(|p| p.units_per_pack = 10),
            Code::PRODUCT_EXISTS,
        ),
        (
            "another substance",
            changed(|p| p.inn = "N02BA01".parse().unwrap()),
            Code::PRODUCT_EXISTS,
        ),
        (
            "a batch with two expiry dates",
            Execute::Introduce {
                gtin: gtin(),
                lot: lot(),
                expiry: "2028-01-31".parse().unwrap(),
                serials: vec![serial(9)],
                at: MAKER,
                stage: Stage::Circulation,
            },
            Code::PACK_EXPIRY_MISMATCH,
        ),
        (
            "settings without an offset",
            Execute::SetSettings {
                settings: senim_abi::marking::Settings {
                    offsets: senim_abi::civil::UtcOffsets(vec![]),
                    restore_ms_max: 0,
                },
            },
            Code::OUT_OF_RANGE,
        ),
    ];
    for (what, message, expected) in cases {
        let mut world = World::stocked();
        let outcome = world.call(&marker(), message.clone());
        assert_eq!(outcome.code(), Some(expected), "{what}");
    }
    let mut world = World::stocked();
    let lines = vec![line(1, 1); SUPPLY_LINES_MAX + 1];
    assert_eq!(world.supply_at(APTEKA, lines), Err(Code::TOO_MANY_ITEMS));
    assert_eq!(world.supply_at(APTEKA, vec![]), Err(Code::TOO_MANY_ITEMS));
    let mut reported = |packs| {
        let packs = (0..packs).map(id).collect();
        let answer = world.ask(&Query::MovementsReported { packs });
        answer.map_err(|refusal| refusal.code)
    };
    assert!(reported(SUPPLY_LINES_MAX).is_ok());
    assert_eq!(reported(SUPPLY_LINES_MAX + 1), Err(Code::TOO_MANY_ITEMS));
}

#[test]
fn only_an_authority_blocks_packs() {
    let mut world = World::stocked();
    let lock = Execute::Remove {
        packs: vec![id(1)],
        exit: Exit::Locked,
    };
    world.refused(&apteka(APTEKA), lock.clone(), Code::NOT_AUTHORISED);
    world.ok(&regulator(), lock);
}

#[test]
fn a_product_off_the_market_is_not_introduced_but_used_up() {
    let mut world = World::stocked();
    let product = Product {
        marketed: false,
        ..paracetamol()
    };
    world.ok(
        &regulator(),
        Execute::SetProduct {
            gtin: gtin(),
            product,
        },
    );
    let introduce = Execute::Introduce {
        gtin: gtin(),
        lot: lot(),
        expiry: expiry(),
        serials: vec![serial(9)],
        at: MAKER,
        stage: Stage::Circulation,
    };
    world.refused(&marker(), introduce, Code::PACK_WITHDRAWN);
    assert!(world.supply(1, 20).is_ok());
}

#[test]
fn authority_is_by_immediate_caller() {
    let mut world = World::stocked();
    let supply = Execute::Supply {
        place: APTEKA,
        lines: vec![line(1, 20)],
    };
    world.refused(&apteka(APTEKA), supply.clone(), Code::NOT_AUTHORISED);
    let by_treasury = world
        .env
        .execute_as(TREASURY, &apteka(APTEKA), MARKING, &supply);
    assert_eq!(by_treasury.code(), Some(Code::NOT_AUTHORISED));
    let reserve = Execute::Reserve { packs: vec![id(1)] };
    assert_eq!(
        world.as_prescription(&reserve).code(),
        Some(Code::NOT_AUTHORISED)
    );
}

#[test]
fn bytes_that_are_no_message_and_entries_that_it_has_not_are_refused() {
    let mut world = World::stocked();
    let mut bytes = codec::encode(&Execute::Reserve { packs: vec![id(1)] });
    bytes.push(0);
    for input in [vec![], vec![200], bytes] {
        let outcome = world.env.submit(&marker(), &[(MARKING, input)], &[]);
        assert_eq!(outcome.code(), Some(Code::BAD_INPUT));
    }
    let due = world.env.by_ledger(MARKING, Entry::Due, &[]);
    assert_eq!(due.code(), Some(Code::BAD_ENTRY));
    let migrate = world.env.by_ledger(MARKING, Entry::Migrate, &[1, 0, 0, 0]);
    assert_eq!(migrate.code(), Some(Code::BAD_ENTRY));
}

#[test]
fn a_genesis_sets_up_the_catalogue_and_dispenses_nothing() {
    let set = Execute::SetProduct {
        gtin: other_gtin(),
        product: paracetamol(),
    };
    let supply = Execute::Supply {
        place: APTEKA,
        lines: vec![line(1, 20)],
    };
    let mut world = World::stocked();
    let mut genesis = |messages| {
        let input = codec::encode(&Genesis(messages));
        world.env.by_ledger(MARKING, Entry::Genesis, &input).code()
    };
    assert_eq!(genesis(vec![set.clone()]), None);
    assert_eq!(genesis(vec![set, supply]), Some(Code::NOT_AUTHORISED));
}

/// A code that was given out and is on no pack yet is as good as unknown.
#[test]
fn a_code_without_a_pack_goes_nowhere() {
    let mut world = World::new();
    world.ok(
        &marker(),
        Execute::Emit {
            gtin: gtin(),
            serials: vec![serial(1)],
        },
    );
    let packs = vec![id(1)];
    let ship = Execute::Ship {
        packs: packs.clone(),
        to: WHOLESALER,
    };
    world.refused(&distributor(MAKER), ship, Code::PACK_UNKNOWN);
    world.refused(
        &apteka(APTEKA),
        Execute::Receive { packs },
        Code::PACK_UNKNOWN,
    );
}
