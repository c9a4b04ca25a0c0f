//! The bytes of the contract's messages, records and events. `UPDATE_GOLDEN=1` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{code, expiry, gtin, id, lot, paracetamol, serial};
use proptest::prelude::*;
use senim_abi::marking::msg::{PackView, RIGHTS, RestoreLine, SuppliedLine, SupplyLine};
use senim_abi::marking::record::*;
use senim_abi::marking::*;
use senim_sdk::codec;
use senim_sdk::testing::Golden;
use senim_types::{OrgId, TimeMs, Tiyn};

fn messages() -> Vec<(&'static str, Execute)> {
    let (gtin, lot, expiry, at) = (gtin(), lot(), expiry(), OrgId(20));
    let (packs, serials) = (vec![id(1), id(22)], vec![serial(1), serial(22)]);
    let supply = SupplyLine {
        pack: code(1),
        units: 5,
        price: Tiyn(1_000),
    };
    let restore = RestoreLine {
        pack: id(1),
        units: 5,
        cost: Tiyn(250),
        left: true,
    };
    vec![
        (
            "set_settings",
            Execute::SetSettings {
                settings: Settings::default(),
            },
        ),
        (
            "set_product",
            Execute::SetProduct {
                gtin,
                product: paracetamol(),
            },
        ),
        (
            "mark_batch",
            Execute::MarkBatch {
                gtin,
                lot,
                mark: BatchMark::Recalled,
            },
        ),
        (
            "emit",
            Execute::Emit {
                gtin,
                serials: serials.clone(),
            },
        ),
        (
            "introduce",
            Execute::Introduce {
                gtin,
                lot,
                expiry,
                serials,
                at,
                stage: Stage::Circulation,
            },
        ),
        (
            "ship",
            Execute::Ship {
                packs: packs.clone(),
                to: at,
            },
        ),
        (
            "receive",
            Execute::Receive {
                packs: packs.clone(),
            },
        ),
        (
            "reserve",
            Execute::Reserve {
                packs: packs.clone(),
            },
        ),
        (
            "release",
            Execute::Release {
                packs: packs.clone(),
            },
        ),
        (
            "remove",
            Execute::Remove {
                packs: packs.clone(),
                exit: Exit::Destroyed,
            },
        ),
        (
            "supply",
            Execute::Supply {
                place: at,
                lines: vec![supply],
            },
        ),
        (
            "restore",
            Execute::Restore {
                place: at,
                lines: vec![restore],
            },
        ),
        ("prune", Execute::Prune { packs }),
    ]
}

fn answer() -> SuppliedLine {
    SuppliedLine {
        inn: paracetamol().inn,
        strength: paracetamol().strength,
        form: Form::Tablet,
        unit: Unit::Tablet,
        cost: Tiyn(250),
        movement_missing: false,
    }
}

#[test]
fn messages_and_answers_have_these_bytes() {
    let mut golden = Golden::new();
    for (name, message) in messages() {
        golden.add(&format!("execute.{name}"), &message);
    }
    golden.add(
        "genesis",
        &Genesis(messages().into_iter().map(|(_, message)| message).collect()),
    );
    golden.add(
        "query.verify",
        &Query::Verify {
            pack: code(1),
            place: OrgId(20),
        },
    );
    golden.add("query.pack", &Query::Pack { pack: id(1) });
    golden.add(
        "query.movements_reported",
        &Query::MovementsReported { packs: vec![id(1)] },
    );
    golden.add("answer.supply", &vec![answer()]);
    let view = PackView {
        pack: pack(PackState::Emitted),
        batch: None,
        product: paracetamol(),
    };
    golden.add("answer.pack", &view);
    golden.check("tests/golden/messages.txt");
}

#[test]
fn the_first_byte_is_the_method_and_every_method_has_its_right() {
    for (index, (name, message)) in messages().into_iter().enumerate() {
        assert_eq!(codec::encode(&message)[0], message.method(), "{name}");
        assert_eq!(usize::from(message.method()), index, "{name}");
        assert_eq!(RIGHTS[index].0, name);
    }
    assert_eq!(RIGHTS.len(), messages().len());
}

fn pack(state: PackState) -> Pack {
    let opened = Opened {
        units_left: 15,
        price: Tiyn(1_000),
        charged: Tiyn(250),
        supplied_at: TimeMs(1_800_000_000_000),
        awaited: Some(OrgId(10)),
    };
    Pack {
        lot: Some(lot()),
        state,
        opened: Some(opened),
    }
}

#[test]
fn records_have_these_bytes() {
    use PackState as S;
    let mut golden = Golden::new();
    let (at, by) = (OrgId(20), OrgId(21));
    for (name, state) in [
        ("emitted", S::Emitted),
        ("introduced", S::Introduced { at }),
        ("in_transit", S::InTransit { from: at, to: by }),
        ("active", S::Active { at }),
        ("reserved", S::Reserved { at }),
        ("supplied_part", S::SuppliedPart { at }),
        ("supplied", S::Supplied { at }),
        ("quarantine", S::Quarantine { at }),
        ("exported", S::Exported { by }),
        ("sample", S::Sample { by }),
        ("locked", S::Locked { by }),
        ("stolen", S::Stolen { by }),
        ("destroyed", S::Destroyed { by }),
    ] {
        golden.add(&format!("pack.{name}"), &PackRecord::from(pack(state)));
    }
    let active = Pack {
        lot: Some(lot()),
        state: S::Active { at },
        opened: None,
    };
    golden.add("pack.unopened", &PackRecord::from(active));
    let (recalled_at, withdrawn_at) = (Some(TimeMs(1)), None);
    let batch = Batch {
        expiry: Some(expiry()),
        recalled_at,
        withdrawn_at,
    };
    golden.add("batch", &BatchRecord::from(batch));
    golden.add("product", &ProductRecord::from(paracetamol()));
    golden.add("settings", &SettingsRecord::from(Settings::default()));
    golden.add("key.pack", &pack_key(&id(1)).to_vec());
    golden.add("key.batch", &batch_key(gtin(), &lot()).to_vec());
    golden.add("key.product", &product_key(gtin()).to_vec());
    golden.add("key.settings", &settings_key().to_vec());
    golden.check("tests/golden/records.txt");
}

#[test]
fn events_have_these_bytes() {
    let (gtin, lot, expiry) = (gtin(), lot(), expiry());
    let (packs, serials) = (vec![id(1)], vec![serial(1)]);
    let introduced = MarkingEvent::Introduced {
        gtin,
        lot,
        expiry,
        serials: serials.clone(),
        at: OrgId(20),
        stage: Stage::OpeningStock,
    };
    let events = [
        MarkingEvent::ProductSet {
            gtin,
            product: paracetamol(),
        },
        MarkingEvent::BatchMarked {
            gtin,
            lot,
            mark: BatchMark::Withdrawn,
        },
        MarkingEvent::Emitted { gtin, serials },
        introduced,
        MarkingEvent::Shipped {
            packs: packs.clone(),
            to: OrgId(20),
        },
        MarkingEvent::Received {
            packs: packs.clone(),
        },
        MarkingEvent::Removed {
            packs,
            exit: Exit::Stolen,
        },
        MarkingEvent::MovementClosed { pack: id(1) },
        MarkingEvent::Quarantined { pack: id(1) },
    ];
    let mut golden = Golden::new();
    for (kind, event) in events.iter().enumerate() {
        assert_eq!(usize::from(event.kind()), kind);
        golden.add(&format!("event.{kind}"), event);
    }
    golden.check("tests/golden/events.txt");
}

#[test]
fn texts_gtins_and_dates_are_parsed_strictly() {
    for text in ["", "123456789012345678901", "a b", "ä", "#", "a\0", "~"] {
        assert!(text.parse::<Serial>().is_err(), "{text:?} as a serial");
    }
    for text in ["A-1", "!\"%&'()*+,-./:;<=>?_", "12345678901234567890"] {
        assert_eq!(text.parse::<Serial>().unwrap().as_str(), text);
    }
    let gtins = [
        ("04006381333931", true),
        ("4006381333931", true),
        ("04006381333932", false),
    ];
    for (text, is_valid) in gtins {
        assert_eq!(text.parse::<Gtin>().is_ok(), is_valid, "{text}");
    }
    for text in [
        "",
        "0",
        "00000000000000",
        "123456789",
        "400638133393X",
        "+4006381333931",
    ] {
        assert!(text.parse::<Gtin>().is_err(), "{text:?} as a GTIN");
    }
    for (text, number) in [
        ("1970-01-01", 0),
        ("2000-02-29", 11_016),
        ("2027-12-31", 21_183),
    ] {
        let day: Day = text.parse().unwrap();
        assert_eq!((day.number(), day.to_string().as_str()), (number, text));
    }
    for text in [
        "2027-02-29",
        "2027-13-01",
        "2027-00-01",
        "2027-01-00",
        "27-01-01",
        "1969-12-31",
    ] {
        assert!(text.parse::<Day>().is_err(), "{text:?} as a date");
    }
    assert_eq!(Day::MAX.to_string(), "9999-12-31");
}

proptest! {
    #[test]
    fn every_date_is_the_day_after_the_day_before(number in 1..=Day::MAX.number()) {
        let (day, before) = (Day::new(number).unwrap(), Day::new(number - 1).unwrap());
        let (year, month, of_month) = day.to_ymd();
        prop_assert_eq!(Day::from_ymd(year, month, of_month), Ok(day));
        prop_assert!(before.to_ymd() < day.to_ymd());
    }

    #[test]
    fn whatever_decodes_encodes_to_the_same_bytes(bytes: Vec<u8>) {
        if let Ok(message) = codec::decode::<Execute>(&bytes) {
            prop_assert_eq!(codec::encode(&message), bytes);
        }
    }

    /// One byte of a message changed: it is refused, or it is another message; it is never the same.
    #[test]
    fn a_changed_byte_never_decodes_to_the_same_message(
        which in 0..13usize,
        at: prop::sample::Index,
        flip in 1..=255u8,
    ) {
        let message = messages().remove(which).1;
        let mut bytes = codec::encode(&message);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        prop_assert_ne!(codec::decode::<Execute>(&bytes), Ok(message));
    }
}
