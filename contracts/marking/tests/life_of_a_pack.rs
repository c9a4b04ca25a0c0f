//! The path of a pack that a reader should know first, and the paths beside it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::marking::event::MarkingEvent;
use senim_abi::marking::{BatchMark, Execute, Exit, PackState, Query, Stage};
use senim_sdk::codec;
use senim_types::{Code, OrgId, Tiyn};

#[test]
fn a_pack_is_emitted_introduced_shipped_received_reserved_and_supplied() {
    let mut world = World::new();
    let packs = vec![id(1)];
    world.ok(
        &marker(),
        Execute::Emit {
            gtin: gtin(),
            serials: vec![serial(1)],
        },
    );
    assert_eq!(world.state_of(1), PackState::Emitted);
    world.introduce(1..2, MAKER, Stage::Circulation);
    assert_eq!(world.state_of(1), PackState::Introduced { at: MAKER });
    world.ok(
        &distributor(MAKER),
        Execute::Ship {
            packs: packs.clone(),
            to: WHOLESALER,
        },
    );
    world.ok(
        &distributor(WHOLESALER),
        Execute::Receive {
            packs: packs.clone(),
        },
    );
    assert_eq!(world.state_of(1), PackState::Introduced { at: WHOLESALER });
    world.ok(
        &distributor(WHOLESALER),
        Execute::Ship {
            packs: packs.clone(),
            to: APTEKA,
        },
    );
    assert_eq!(
        world.state_of(1),
        PackState::InTransit {
            from: WHOLESALER,
            to: APTEKA
        }
    );
    world.ok(
        &apteka(APTEKA),
        Execute::Receive {
            packs: packs.clone(),
        },
    );
    assert_eq!(world.state_of(1), PackState::Active { at: APTEKA });
    world.ok(&apteka(APTEKA), Execute::Reserve { packs });
    assert_eq!(world.state_of(1), PackState::Reserved { at: APTEKA });

    let supplied = world.supply(1, 20).unwrap();
    assert_eq!(world.state_of(1), PackState::Supplied { at: APTEKA });
    assert_eq!(
        (supplied.cost, supplied.movement_missing),
        (Tiyn(1_000), false)
    );
    assert_eq!(
        (supplied.inn.as_str(), supplied.strength.as_str()),
        ("N02BE01", "500mg")
    );
    assert_eq!(world.supply(1, 1), Err(Code::PACK_ALREADY_SUPPLIED));
}

#[test]
fn a_supply_writes_the_pack_and_nothing_else() {
    let mut world = World::stocked();
    let outcome = world.as_prescription(&Execute::Supply {
        place: APTEKA,
        lines: vec![line(1, 20)],
    });
    assert_eq!(outcome.writes.len(), 1);
    assert!(
        outcome.events.is_empty(),
        "the prescription contract tells of it"
    );
}

#[test]
fn parts_of_a_pack_cost_exactly_its_price_together() {
    let mut world = World::stocked();
    let mut line = line(1, 3);
    line.price = Tiyn(999);
    let mut costs = Vec::new();
    for units in [3, 7, 7, 3] {
        line.units = units;
        costs.push(world.supply_at(APTEKA, vec![line]).unwrap()[0].cost.0);
    }
    // floor(999·3/20), floor(999·7/20) twice, and the rest.
    assert_eq!(costs, [149, 349, 349, 152]);
    assert_eq!(costs.iter().sum::<u64>(), 999);
    assert_eq!(world.state_of(1), PackState::Supplied { at: APTEKA });
}

#[test]
fn one_pack_may_serve_two_lines_of_one_supply() {
    let mut world = World::stocked();
    let supplied = world
        .supply_at(APTEKA, vec![line(1, 5), line(1, 15)])
        .unwrap();
    assert_eq!(
        supplied.iter().map(|line| line.cost.0).collect::<Vec<_>>(),
        [250, 750]
    );
}

#[test]
fn a_supply_that_did_not_take_place_is_undone() {
    let mut world = World::stocked();
    let cost = world.supply(1, 20).unwrap().cost;
    assert_eq!(world.restore(1, 20, cost, false), Ok(()));
    assert_eq!(world.state_of(1), PackState::Active { at: APTEKA });
    assert_eq!(world.supply(1, 20).map(|line| line.cost), Ok(cost));
}

#[test]
fn a_pack_that_left_goes_to_quarantine_and_never_back() {
    let mut world = World::stocked();
    let cost = world.supply(1, 20).unwrap().cost;
    assert_eq!(world.restore(1, 20, cost, true), Ok(()));
    assert_eq!(world.state_of(1), PackState::Quarantine { at: APTEKA });
    assert_eq!(world.supply(1, 1), Err(Code::PACK_LEFT));
    assert_eq!(world.restore(1, 20, cost, false), Err(Code::PACK_LEFT));
    let release = Execute::Release { packs: vec![id(1)] };
    world.refused(&apteka(APTEKA), release, Code::PACK_LEFT);
    let destroy = Execute::Remove {
        packs: vec![id(1)],
        exit: Exit::Destroyed,
    };
    world.ok(&apteka(APTEKA), destroy);
    assert_eq!(world.state_of(1), PackState::Destroyed { by: APTEKA });
}

#[test]
fn of_an_opened_pack_the_units_that_left_are_gone_and_the_rest_stays() {
    let mut world = World::stocked();
    let cost = world.supply(1, 5).unwrap().cost;
    assert_eq!(world.restore(1, 5, cost, true), Ok(()));
    let pack = world.pack(1);
    assert_eq!(pack.state, PackState::SuppliedPart { at: APTEKA });
    assert_eq!(pack.opened.unwrap().units_left, 15);
    assert_eq!(world.supply(1, 16), Err(Code::PACK_UNITS_EXCEEDED));
    assert_eq!(world.supply(1, 15).map(|line| line.cost), Ok(Tiyn(750)));
}

#[test]
fn a_pack_whose_movement_is_not_reported_is_supplied_and_the_report_closes_the_gap() {
    let mut world = World::new();
    world.introduce(1..2, MAKER, Stage::Circulation);
    assert!(world.supply(1, 20).unwrap().movement_missing);
    let are_reported = Query::MovementsReported { packs: vec![id(1)] };
    let asked = |world: &mut World| codec::decode::<bool>(&world.ask(&are_reported).unwrap());
    assert_eq!(asked(&mut world), Ok(false));

    // The maker shipped it to a wholesaler, and that one to the pharmacy.
    let packs = vec![id(1)];
    world.ok(
        &distributor(MAKER),
        Execute::Ship {
            packs: packs.clone(),
            to: WHOLESALER,
        },
    );
    assert_eq!(asked(&mut world), Ok(false));
    let again = Execute::Ship {
        packs: packs.clone(),
        to: APTEKA,
    };
    world.refused(
        &distributor(MAKER),
        again.clone(),
        Code::PACK_ALREADY_SUPPLIED,
    );
    let outcome = world.ok(&distributor(WHOLESALER), again);
    assert_eq!(asked(&mut world), Ok(true));
    let closed = MarkingEvent::MovementClosed { pack: id(1) };
    assert!(
        outcome
            .events
            .iter()
            .any(|event| event.body == codec::encode(&closed))
    );
}

#[test]
fn a_pack_on_its_way_to_the_pharmacy_needs_no_separate_receipt() {
    let mut world = World::new();
    world.introduce(1..2, MAKER, Stage::Circulation);
    world.ok(
        &distributor(MAKER),
        Execute::Ship {
            packs: vec![id(1)],
            to: APTEKA,
        },
    );
    assert!(!world.supply(1, 20).unwrap().movement_missing);
}

#[test]
fn an_undone_supply_of_an_unreported_pack_returns_it_to_its_known_holder() {
    let mut world = World::new();
    world.introduce(1..2, MAKER, Stage::Circulation);
    let cost = world.supply(1, 20).unwrap().cost;
    assert_eq!(world.restore(1, 20, cost, false), Ok(()));
    assert_eq!(world.state_of(1), PackState::Introduced { at: MAKER });
}

#[test]
fn the_same_message_again_is_no_error() {
    let mut world = World::new();
    let packs = vec![id(1)];
    let twice: [(_, Execute); 5] = [
        (
            marker(),
            Execute::Emit {
                gtin: gtin(),
                serials: vec![serial(1)],
            },
        ),
        (
            marker(),
            Execute::Introduce {
                gtin: gtin(),
                lot: lot(),
                expiry: expiry(),
                serials: vec![serial(1)],
                at: MAKER,
                stage: Stage::Circulation,
            },
        ),
        (
            distributor(MAKER),
            Execute::Ship {
                packs: packs.clone(),
                to: APTEKA,
            },
        ),
        (
            apteka(APTEKA),
            Execute::Receive {
                packs: packs.clone(),
            },
        ),
        (apteka(APTEKA), Execute::Reserve { packs }),
    ];
    for (actor, message) in twice {
        world.ok(&actor, message.clone());
        let outcome = world.ok(&actor, message);
        assert!(
            outcome.writes.is_empty(),
            "nothing is written the second time"
        );
    }
}

#[test]
fn a_supplied_pack_is_forgotten_after_its_expiry_and_cannot_return() {
    let mut world = World::stocked();
    world.supply(1, 20).unwrap();
    let prune = Execute::Prune { packs: vec![id(1)] };
    world.refused(&marker(), prune.clone(), Code::WRONG_STATE);
    world.refused(
        &marker(),
        Execute::Prune { packs: vec![id(2)] },
        Code::PACK_WRONG_STATE,
    );
    world.env.advance(400 * DAY_MS);
    world.ok(&marker(), prune);
    assert_eq!(world.supply(1, 20), Err(Code::PACK_UNKNOWN));
    let introduce = Execute::Introduce {
        gtin: gtin(),
        lot: lot(),
        expiry: expiry(),
        serials: vec![serial(1)],
        at: OrgId(10),
        stage: Stage::Circulation,
    };
    world.refused(&marker(), introduce, Code::PACK_EXPIRED);
}

#[test]
fn a_pack_is_good_until_the_end_of_its_last_day_in_civil_time() {
    let mut world = World::stocked();
    // 2027-12-31 ends at 19:00 UTC where local time is UTC+5.
    let end = senim_types::TimeMs(1_830_279_600_000);
    world.env.set_time(senim_types::TimeMs(end.0 - 1));
    assert!(world.supply(1, 20).is_ok());
    world.env.set_time(end);
    assert_eq!(world.supply(2, 20), Err(Code::PACK_EXPIRED));
}

#[test]
fn a_recall_may_come_before_the_first_pack() {
    let mut world = World::new();
    world.mark(BatchMark::Recalled);
    let introduce = Execute::Introduce {
        gtin: gtin(),
        lot: lot(),
        expiry: expiry(),
        serials: vec![serial(1)],
        at: MAKER,
        stage: Stage::Circulation,
    };
    world.refused(&marker(), introduce, Code::PACK_RECALLED);
}
