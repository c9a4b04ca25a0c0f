//! Every guard of the contract and the code that it answers with, as tables.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::marking::msg::{PACKS_MAX, SUPPLY_LINES_MAX};
use senim_abi::marking::{
    BatchMark, Execute, Exit, Genesis, Gtin, PackCode, Product, Query, Stage,
};
use senim_abi::{MARKING, TREASURY};
use senim_sdk::{Entry, codec};
use senim_types::{Code, OrgId, Tiyn};

/// What is done first, what is supplied then, and the answer.
type Case = (&'static str, fn(&mut World), PackCode, Code);

#[test]
fn a_pack_that_may_not_be_dispensed_is_refused_with_the_reason() {
    let nothing: fn(&mut World) = |_| ();
    let cases: Vec<Case> = vec![
        (
            "a serial that nobody gave out",
            nothing,
            code(99),
            Code::PACK_UNKNOWN,
        ),
        (
            "a code that stands for no pack yet",
            |w| {
                drop(w.ok(
                    &marker(),
                    Execute::Emit {
                        gtin: gtin(),
                        serials: vec![serial(50)],
                    },
                ))
            },
            code(50),
            Code::PACK_UNKNOWN,
        ),
        (
            "another lot",
            nothing,
            PackCode {
                lot: "L2".parse().unwrap(),
                ..code(1)
            },
            Code::PACK_LOT_MISMATCH,
        ),
        (
            "another expiry date",
            nothing,
            PackCode {
                expiry: "2028-12-31".parse().unwrap(),
                ..code(1)
            },
            Code::PACK_EXPIRY_MISMATCH,
        ),
        (
            "another GTIN with the same serial",
            nothing,
            PackCode {
                gtin: other_gtin(),
                ..code(1)
            },
            Code::PACK_UNKNOWN,
        ),
        (
            "a pack on another pharmacy's shelf",
            |w| w.introduce(60..61, OTHER_APTEKA, Stage::OpeningStock),
            code(60),
            Code::PACK_NOT_HERE,
        ),
        (
            "supplied",
            |w| assert!(w.supply(1, 20).is_ok()),
            code(1),
            Code::PACK_ALREADY_SUPPLIED,
        ),
        (
            "recalled",
            |w| w.mark(BatchMark::Recalled),
            code(1),
            Code::PACK_RECALLED,
        ),
        (
            "withdrawn",
            |w| w.mark(BatchMark::Withdrawn),
            code(1),
            Code::PACK_WITHDRAWN,
        ),
        (
            "expired",
            |w| w.env.advance(351 * DAY_MS),
            code(1),
            Code::PACK_EXPIRED,
        ),
        (
            "stolen",
            |w| w.remove(1, Exit::Stolen),
            code(1),
            Code::PACK_STOLEN,
        ),
        (
            "blocked",
            |w| w.remove(1, Exit::Locked),
            code(1),
            Code::PACK_WRONG_STATE,
        ),
        (
            "a sample",
            |w| w.remove(1, Exit::Sample),
            code(1),
            Code::PACK_WRONG_STATE,
        ),
        (
            "exported",
            |w| w.remove(1, Exit::Exported),
            code(1),
            Code::PACK_WRONG_STATE,
        ),
        (
            "destroyed",
            |w| w.remove(1, Exit::Destroyed),
            code(1),
            Code::PACK_WRONG_STATE,
        ),
    ];
    for (what, prepare, pack, expected) in cases {
        let mut world = World::stocked();
        prepare(&mut world);
        let before = world.env.state().clone();
        let mut line = line(1, 20);
        line.pack = pack;
        assert_eq!(world.supply_at(APTEKA, vec![line]), Err(expected), "{what}");
        assert_eq!(
            &before,
            world.env.state(),
            "{what}: a refusal changes nothing"
        );
        let verified = world.ask(&Query::Verify {
            pack,
            place: APTEKA,
        });
        assert_eq!(
            verified.map_err(|refusal| refusal.code),
            Err(expected),
            "{what}: verify agrees"
        );
    }
}

#[test]
fn units_and_price_of_a_supply_have_limits() {
    let cases = [
        ("no units", 0, 1_000, Code::OUT_OF_RANGE),
        ("more than a pack", 21, 1_000, Code::PACK_UNITS_EXCEEDED),
        ("above the cap", 20, 1_001, Code::PRICE_ABOVE_CAP),
        (
            "an opened pack at another price",
            1,
            999,
            Code::PACK_PRICE_CHANGED,
        ),
        (
            "more than an opened pack has",
            16,
            1_000,
            Code::PACK_UNITS_EXCEEDED,
        ),
    ];
    for (what, units, price, expected) in cases {
        let mut world = World::stocked();
        if what.contains("opened") {
            world.supply(1, 5).unwrap();
        }
        let mut line = line(1, units);
        line.price = Tiyn(price);
        assert_eq!(world.supply_at(APTEKA, vec![line]), Err(expected), "{what}");
    }
}

#[test]
fn undoing_has_its_guards() {
    type Undo = (&'static str, fn(&mut World), Code);
    let cases: [Undo; 6] = [
        (
            "recalled meanwhile",
            |w| w.mark(BatchMark::Recalled),
            Code::PACK_RECALLED,
        ),
        (
            "withdrawn meanwhile",
            |w| w.mark(BatchMark::Withdrawn),
            Code::PACK_WITHDRAWN,
        ),
        (
            "after ten days",
            |w| w.env.advance(10 * DAY_MS + 1),
            Code::REVERSAL_TOO_LATE,
        ),
        (
            "undone already",
            |w| w.restore(1, 20, Tiyn(1_000), false).unwrap(),
            Code::PACK_WRONG_STATE,
        ),
        (
            "a record that does not decode",
            |w| w.env.plant(pack_key(1), vec![0xff]),
            Code::CORRUPT_RECORD,
        ),
        (
            "expired meanwhile",
            |w| {
                // Supplied again on the last day, undone on the next.
                w.env.advance(350 * DAY_MS);
                w.supply(2, 20).unwrap();
                w.env.advance(DAY_MS);
                let cost = Tiyn(1_000);
                assert_eq!(w.restore(2, 20, cost, true), Err(Code::PACK_EXPIRED));
                assert_eq!(w.restore(2, 20, cost, false), Err(Code::PACK_EXPIRED));
            },
            Code::REVERSAL_TOO_LATE,
        ),
    ];
    for (what, prepare, expected) in cases {
        let mut world = World::stocked();
        world.supply(1, 20).unwrap();
        prepare(&mut world);
        for left in [false, true] {
            assert_eq!(
                world.restore(1, 20, Tiyn(1_000), left),
                Err(expected),
                "{what}"
            );
        }
    }
    let mut world = World::stocked();
    world.supply(1, 20).unwrap();
    assert_eq!(
        world.restore(1, 21, Tiyn(1_000), false),
        Err(Code::OUT_OF_RANGE),
        "units"
    );
    assert_eq!(
        world.restore(1, 20, Tiyn(1_001), false),
        Err(Code::OUT_OF_RANGE),
        "cost"
    );
    let lines = vec![senim_abi::marking::msg::RestoreLine {
        pack: id(1),
        units: 20,
        cost: Tiyn(1_000),
        left: false,
    }];
    let elsewhere = Execute::Restore {
        place: OTHER_APTEKA,
        lines,
    };
    assert_eq!(
        world.as_prescription(&elsewhere).code(),
        Some(Code::PACK_NOT_HERE)
    );
}

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

fn other_gtin() -> Gtin {
    let body = PARACETAMOL / 10 + 1;
    Gtin::new(body * 10 + u64::from(Gtin::check_digit(body))).unwrap()
}

fn pack_key(number: usize) -> Vec<u8> {
    senim_abi::marking::record::pack_key(&id(number)).in_state_of(MARKING)
}
