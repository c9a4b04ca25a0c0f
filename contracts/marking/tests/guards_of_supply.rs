//! Every guard of a supply and of undoing one, and the code that it answers with, as tables.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::MARKING;
use senim_abi::marking::msg::{RestoreLine, SUPPLY_LINES_MAX};
use senim_abi::marking::record::PackRecord;
use senim_abi::marking::{BatchMark, Execute, Exit, Lot, Pack, PackCode, Query, Stage};
use senim_sdk::codec;
use senim_types::{Code, Tiyn};

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
    // A unit at a time, so that nothing but their number is wrong with many.
    let line = RestoreLine {
        pack: id(1),
        units: 1,
        cost: Tiyn(50),
        left: false,
    };
    for count in [0, SUPPLY_LINES_MAX + 1] {
        let lines = vec![line; count];
        let place = APTEKA;
        let outcome = world.as_prescription(&Execute::Restore { place, lines });
        assert_eq!(outcome.code(), Some(Code::TOO_MANY_ITEMS), "{count} lines");
    }
    let elsewhere = Execute::Restore {
        place: OTHER_APTEKA,
        lines: vec![line],
    };
    assert_eq!(
        world.as_prescription(&elsewhere).code(),
        Some(Code::PACK_NOT_HERE)
    );
}

fn pack_key(number: usize) -> Vec<u8> {
    senim_abi::marking::record::pack_key(&id(number)).in_state_of(MARKING)
}

/// No message leaves a pack without its batch: a state that is not sound sells nothing.
#[test]
fn a_pack_whose_batch_is_not_in_the_register_is_not_dispensed() {
    let mut world = World::stocked();
    let lot: Lot = "L9".parse().unwrap();
    let pack = Pack {
        lot: Some(lot),
        ..world.pack(1)
    };
    world
        .env
        .plant(pack_key(1), codec::encode(&PackRecord::from(pack)));
    let mut of_no_batch = line(1, 20);
    of_no_batch.pack.lot = lot;
    let refused = world.supply_at(APTEKA, vec![of_no_batch]);
    assert_eq!(refused, Err(Code::BATCH_UNKNOWN));
    assert!(world.supply(2, 20).is_ok());
}
