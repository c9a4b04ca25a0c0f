//! Every guard of an issue and of a programme's rules, and the code that it answers with.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::record::ITEMS_MAX;
use senim_abi::prescription::{
    Execute, MedicineRule, NewItem, Part, PrescriberId, PrescriberRight, Rules,
};
use senim_types::{Code, OrgId, TimeMs, Tiyn};

#[test]
fn an_order_that_is_not_right_is_refused() {
    type Change = fn(&mut World, &mut Vec<NewItem>);
    let part = |number, of| {
        Some(Part {
            line: 0,
            number,
            of,
        })
    };
    let cases: Vec<(&str, Change, Code)> = vec![
        ("no items", |_, i| i.clear(), Code::OUT_OF_RANGE),
        (
            "17 items",
            |_, i| *i = vec![i[0]; ITEMS_MAX + 1],
            Code::TOO_MANY_ITEMS,
        ),
        ("of nothing", |_, i| i[0].quantity = 0, Code::OUT_OF_RANGE),
        (
            "a window that is over",
            |_, i| i[0].until = i[0].not_before,
            Code::OUT_OF_RANGE,
        ),
        (
            "too long",
            |_, i| i[0].until.0 += 31 * DAY_MS,
            Code::OUT_OF_RANGE,
        ),
        (
            "years ahead",
            |_, i| {
                i[0].not_before.0 += 800 * DAY_MS;
                i[0].until.0 += 800 * DAY_MS;
            },
            Code::OUT_OF_RANGE,
        ),
        ("too much", |_, i| i[0].quantity = 61, Code::MAX_QUANTITY),
        (
            "not on the list",
            |_, i| i[0].inn = "A10BA02".parse().unwrap(),
            Code::CATEGORY_NOT_ENTITLED,
        ),
        (
            "a category that the prescriber has no right to",
            |w, _| w.set_category(3),
            Code::CATEGORY_NOT_ENTITLED,
        ),
        (
            "a right that ended",
            |w, _| {
                w.set_right(Some(PrescriberRight {
                    categories: 1,
                    until: w.env.time(),
                }))
            },
            Code::PRESCRIBER_NOT_AUTHORISED,
        ),
        (
            "no right",
            |w, _| w.set_right(None),
            Code::PRESCRIBER_NOT_AUTHORISED,
        ),
        (
            "a closed programme",
            |w, _| w.set_open(false),
            Code::PROGRAMME_UNKNOWN,
        ),
        (
            "part 0",
            |_, i| {
                i[0].part = Some(Part {
                    line: 0,
                    number: 0,
                    of: 2,
                })
            },
            Code::OUT_OF_RANGE,
        ),
        (
            "part 3 of 2",
            |_, i| {
                i[0].part = Some(Part {
                    line: 0,
                    number: 3,
                    of: 2,
                })
            },
            Code::OUT_OF_RANGE,
        ),
        (
            "a single part",
            |_, i| {
                i[0].part = Some(Part {
                    line: 0,
                    number: 1,
                    of: 1,
                })
            },
            Code::OUT_OF_RANGE,
        ),
    ];
    for (what, change, expected) in cases {
        let mut world = World::new();
        let mut items = vec![world.item()];
        change(&mut world, &mut items);
        let order = world.order(items);
        let outcome = world.call(&clinic(), &order, &[]);
        assert_eq!(outcome.code(), Some(expected), "{what}");
    }
    let mut world = World::new();
    let one = NewItem {
        part: part(1, 2),
        ..world.item()
    };
    let order = world.order(vec![one, one]);
    let outcome = world.call(&clinic(), &order, &[]);
    assert_eq!(
        outcome.code(),
        Some(Code::OUT_OF_RANGE),
        "the same part twice"
    );
    let two = NewItem {
        part: part(2, 2),
        ..one
    };
    world.issue(vec![one, two]);
}

#[test]
fn one_index_is_issued_once_in_a_transaction() {
    let mut world = World::new();
    let item = world.item();
    let order = senim_sdk::codec::encode(&world.order(vec![item]));
    let calls = [(PRESCRIPTION, order.clone()), (PRESCRIPTION, order)];
    let outcome = world.env.submit(&clinic(), &calls, &[]);
    assert_eq!(outcome.code(), Some(Code::PRESCRIPTION_EXISTS));
}

#[test]
fn a_clinics_general_right_stands_in_where_a_prescriber_has_none_of_their_own() {
    let mut world = World::new();
    world.set_right(None);
    let until = TimeMs(u64::MAX);
    world.set_right_of(
        PrescriberId::ANY,
        Some(PrescriberRight {
            categories: 1,
            until,
        }),
    );
    let item = world.item();
    world.issue(vec![item]);
    // An own right goes before the general one.
    world.set_right(Some(PrescriberRight {
        categories: 0,
        until,
    }));
    let order = world.order(vec![item]);
    let outcome = world.call(&clinic(), &order, &[]);
    assert_eq!(outcome.code(), Some(Code::CATEGORY_NOT_ENTITLED));
}

#[test]
fn a_programmes_own_numbers_have_limits() {
    use senim_abi::prescription::Share;
    type Change = fn(&mut Rules);
    let cases: [(&str, Change); 8] = [
        ("more than everything", |p| {
            p.share = Share::BasisPoints(10_001)
        }),
        ("a reference without a list", |p| {
            p.share = Share::UpToReference;
            p.listed_only = false;
        }),
        ("no lease", |p| p.lease_ms = 0),
        ("a hold shorter than its lease", |p| {
            p.hold_ms_max = p.lease_ms - 1
        }),
        ("proofs of no length", |p| p.proof_ms_max = 0),
        ("no validity", |p| p.validity_ms_max = 0),
        ("reversal after eleven days", |p| {
            p.reversal_ms = 11 * DAY_MS
        }),
        ("disputes shorter than reversals", |p| {
            p.dispute_ms = p.reversal_ms - 1
        }),
    ];
    for (what, change) in cases {
        let mut world = World::new();
        let mut rules = rules();
        change(&mut rules);
        let message = Execute::SetProgramme {
            programme: PROGRAMME,
            open: true,
            budget: BUDGET,
            rules,
        };
        let outcome = world.call(&fund(), &message, &[]);
        assert_eq!(outcome.code(), Some(Code::OUT_OF_RANGE), "{what}");
    }
    let mut world = World::new();
    let rule = MedicineRule {
        category: 32,
        units_max: 1,
        reference_price: Tiyn(0),
    };
    let set = |programme, rule| Execute::SetMedicine {
        programme,
        inn: paracetamol(),
        rule,
    };
    let outcome = world.call(&fund(), &set(PROGRAMME, Some(rule)), &[]);
    assert_eq!(
        outcome.code(),
        Some(Code::OUT_OF_RANGE),
        "a category that is no bit"
    );
    let nowhere = senim_abi::prescription::ProgrammeId(404);
    let outcome = world.call(&fund(), &set(nowhere, None), &[]);
    assert_eq!(outcome.code(), Some(Code::PROGRAMME_UNKNOWN));
}

#[test]
fn no_right_and_no_contract_is_for_nobody() {
    let mut world = World::new();
    let messages = [
        Execute::SetProvider {
            programme: PROGRAMME,
            org: OrgId(0),
            provider: None,
        },
        Execute::SetPrescriber {
            programme: PROGRAMME,
            org: OrgId(0),
            prescriber: PrescriberId::ANY,
            right: None,
        },
    ];
    for message in messages {
        let outcome = world.call(&fund(), &message, &[]);
        assert_eq!(outcome.code(), Some(Code::OUT_OF_RANGE), "{message:?}");
    }
}
