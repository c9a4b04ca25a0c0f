//! What is over is forgotten by the due-queue, and nothing before it is over.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::meals::*;
use common::*;
use senim_abi::settlement::{
    Act, ActId, ActState, DueEntry, Execute, SettlementEvent, SettlementKind,
};
use senim_abi::treasury::{TakenOff, record::TakenOffRecord, record::taken_off_key};
use senim_abi::voucher::Settings;
use senim_abi::{SETTLEMENT, TREASURY, VOUCHER};
use senim_sdk::{Entry, codec};
use senim_types::{Code, ContractId, Tiyn, TiynTotal};

const ACT: ActId = act_of(CATERER, JANUARY, 0);
/// Days that an act is kept.
const KEPT: u64 = Act::KEPT_MS / DAY_MS;

/// Keys of a contract's collection.
fn keys(world: &World, contract: ContractId, collection: u8) -> usize {
    let prefix = [&contract.0.to_be_bytes()[..], &[collection]].concat();
    let keys = world.env.state().keys();
    keys.filter(|key| key.starts_with(&prefix)).count()
}

fn acts(world: &World) -> usize {
    keys(world, SETTLEMENT, 2)
}

fn ordered(world: &World) -> usize {
    keys(world, SETTLEMENT, 4)
}

fn claims(world: &World) -> usize {
    keys(world, TREASURY, 2)
}

fn corrected(world: &World) -> usize {
    keys(world, TREASURY, 10)
}

fn findings(world: &World) -> usize {
    keys(world, VOUCHER, 12)
}

#[track_caller]
fn accepted(world: &mut World, act: ActId) {
    world.sign(act);
    let accept = world.accept(act);
    world.done(city(), &accept);
}

#[test]
fn an_act_is_kept_for_a_while_after_it_was_paid_and_then_goes_with_its_claim() {
    for kind in [
        SettlementKind::TengeAtAcceptance,
        SettlementKind::TengeAtRedemption,
    ] {
        let mut world = World::of(kind);
        world.posted(1, 1_000);
        // Without a signature it is not over, however long that is.
        world.on_day(17 + KEPT + 1);
        accepted(&mut world, ACT);
        world.on_day(17 + 2 * KEPT);
        assert_eq!((acts(&world), claims(&world)), (1, 1));
        world.on_day(17 + 2 * KEPT + 1);
        assert_eq!((acts(&world), claims(&world)), (0, 0), "{kind:?}");
        // It is not made a second time, and nothing is done with it.
        let cut = Execute::Cut {
            programme: MEALS,
            provider: CATERER,
            period: JANUARY,
        };
        assert!(world.done(city(), &cut).is_empty());
        world.refused(city(), &give_back(ACT, 1, 1_000), Code::ACT_UNKNOWN);
        assert_eq!(world.purse(), 1_000);
    }
}

#[test]
fn what_was_corrected_goes_with_the_act_that_took_its_place() {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    for number in 1..=3 {
        world.posted(number, 1_000);
    }
    world.in_february();
    for number in 0..2 {
        let act = act_of(CATERER, JANUARY, number);
        let dispute = world.dispute(act, &[]);
        world.done(city(), &dispute);
        let line = u64::from(number) + 1;
        world.done(caterer(), &correct(act, &[(line, 400)]));
    }
    let known = taken_off_key(CATERER, MEALS, JANUARY, POSTER, &hash(1)).to_vec();
    let known = [&TREASURY.0.to_be_bytes()[..], &known].concat();
    let taken = TakenOff {
        corrected: Tiyn(400),
        undone: false,
    };
    assert_eq!(
        world.env.state().get(&known),
        Some(&codec::encode(&TakenOffRecord::from(taken)))
    );
    accepted(&mut world, act_of(CATERER, JANUARY, 2));
    world.on_day(17 + KEPT - 1);
    assert_eq!((acts(&world), corrected(&world)), (3, 2));
    // One act for each entry of the due-queue, the last one first.
    world.env.advance(DAY_MS);
    let served = world.env.serve_due();
    let events = served.iter().map(|(_, outcome)| events(outcome));
    let gone = [2, 1, 0].map(|number| {
        let act = act_of(CATERER, JANUARY, number);
        vec![SettlementEvent::ActPruned { act }]
    });
    assert_eq!(events.collect::<Vec<_>>(), gone);
    assert_eq!((acts(&world), corrected(&world), claims(&world)), (0, 0, 0));
}

#[test]
fn what_waits_for_the_bank_is_kept() {
    let mut world = World::of(SettlementKind::BankFile);
    world.posted(1, 1_000);
    world.in_february();
    accepted(&mut world, ACT);
    let pays = |world: &mut World, attempt: u8| {
        world.done(city(), &order(ACT, attempt, u64::from(attempt)));
        world.done(city(), &confirm(ACT, attempt, 1_000));
    };
    pays(&mut world, 1);
    // The money comes back, and only months later it is paid again.
    world.on_day(40);
    world.done(city(), &give_back(ACT, 1, 1_000));
    world.on_day(100);
    pays(&mut world, 2);
    world.on_day(17 + KEPT + 1);
    assert_eq!(
        world.act(ACT).state,
        ActState::Paid,
        "by the second attempt"
    );
    // Its bank says that it refused that one, too: the money is expected.
    world.done(city(), &fail(ACT, 2));
    world.on_day(100 + 2 * KEPT);
    world.done(city(), &give_back(ACT, 2, 1_000));
    pays(&mut world, 3);
    assert_eq!(ordered(&world), 3);
    world.on_day(100 + 3 * KEPT - 1);
    assert_eq!((acts(&world), claims(&world)), (1, 1));
    for day in 0..=Act::AGAIN_MS / DAY_MS {
        world.on_day(100 + 3 * KEPT + day);
    }
    assert_eq!((acts(&world), claims(&world), ordered(&world)), (0, 0, 0));
}

#[test]
fn a_month_that_is_short_waits_until_that_is_set_off() {
    let mut world = World::of(SettlementKind::TengeAtRedemption);
    world.posted(1, 1_000);
    world.in_february();
    let dispute = world.dispute(ACT, &[]);
    world.done(city(), &dispute);
    world.done(caterer(), &correct(ACT, &[(1, 300)]));
    accepted(&mut world, act_of(CATERER, JANUARY, 1));
    assert_eq!(world.claim(JANUARY).excess(), TiynTotal(300));
    world.on_day(17 + KEPT + 100);
    assert_eq!(acts(&world), 2);
    world.posted(2, 1_000);
    world.on_day(17 + KEPT + 140);
    assert_eq!(world.find(ACT), None);
    assert_eq!(world.claim(JANUARY), Default::default());
    assert_eq!(world.purse(), 1_700);
    assert_eq!(world.debt(), None);
}

#[test]
fn what_was_found_wrong_with_a_day_goes_with_the_act_that_it_stands_in() {
    let kept = Settings {
        dispute_ms: Settings::DISPUTE_MS_MIN_WITH_ATTENDANCE,
        ..settings()
    };
    let mut meals = Meals::at(1, kept);
    let voucher = meals.pupil(SCHOOL);
    meals.eats(voucher, SCHOOL);
    let accept = meals.signed();
    // Not accepted, it is not forgotten: it would stand in nobody's way any more.
    meals.world.on_day(17 + KEPT);
    assert_eq!(findings(&meals.world), 1);
    meals
        .world
        .done(city(), &despite(&accept, &[(SCHOOL, TODAY)]));
    meals.world.on_day(17 + 2 * KEPT - 1);
    assert_eq!((findings(&meals.world), acts(&meals.world)), (1, 1));
    meals.world.on_day(17 + 2 * KEPT + 31);
    assert_eq!((findings(&meals.world), acts(&meals.world)), (0, 0));
}

#[test]
fn what_was_found_at_a_provider_without_a_contract_goes_when_it_is_paid() {
    let kept = Settings {
        dispute_ms: Settings::DISPUTE_MS_MIN_WITH_ATTENDANCE,
        ..settings()
    };
    let mut meals = Meals::at(1, kept);
    meals.serve(SCHOOL, PHARMACY);
    let voucher = meals.pupil(SCHOOL);
    meals.eats(voucher, SCHOOL);
    meals.world.on_day(100);
    assert_eq!(findings(&meals.world), 1);
    let settle = senim_abi::treasury::Execute::Settle {
        id: hash(77),
        provider: PHARMACY,
        programme: MEALS,
        period: JANUARY,
        amount: Tiyn(PRICE),
    };
    let settled = meals.world.env.execute(&city(), TREASURY, &settle);
    assert_eq!(settled.code(), None);
    meals.world.on_day(131);
    assert_eq!(findings(&meals.world), 0);
}

#[test]
fn years_of_acts_are_no_more_than_half_a_year_of_them() {
    let mut world = World::of(SettlementKind::BankFile);
    let mut month = JANUARY;
    let mut day = 17;
    for number in 1..=11 {
        world.posted(number, 1_000);
        world.on_day(day);
        let act = act_of(CATERER, month, 0);
        accepted(&mut world, act);
        world.done(city(), &order(act, 1, number));
        world.done(city(), &confirm(act, 1, 1_000));
        (month, day) = (month.next(), day + 31);
        let most = 7;
        assert!(acts(&world) <= most && ordered(&world) <= most, "{month:?}");
        assert!(claims(&world) <= most);
    }
    assert!(acts(&world) >= 5);
}

#[test]
fn nobody_but_the_settlement_contract_drops_what_the_treasury_has_of_acts() {
    use senim_abi::treasury::Execute as Treasury;
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    world.posted(1, 1_000);
    let claim = Treasury::ForgetClaim {
        provider: CATERER,
        programme: MEALS,
        period: JANUARY,
    };
    let by_city = world.env.execute(&city(), TREASURY, &claim);
    assert_eq!(by_city.code(), Some(Code::NOT_AUTHORISED));
    let by_poster = world.env.execute_as(POSTER, &city(), TREASURY, &claim);
    assert_eq!(by_poster.code(), Some(Code::NOT_AUTHORISED));
    // Nor does it drop what is owed.
    let owed = world.env.execute_as(SETTLEMENT, &city(), TREASURY, &claim);
    assert_eq!(owed.code(), Some(Code::CLAIM_OPEN));
}

#[test]
fn an_entry_that_comes_early_or_again_drops_nothing() {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    world.posted(1, 1_000);
    world.in_february();
    let due = codec::encode(&DueEntry::Forget { act: ACT });
    let early = |world: &mut World| {
        let outcome = world.env.by_ledger(SETTLEMENT, Entry::Due, &due);
        assert_eq!(outcome.code(), None);
        assert!(outcome.writes.is_empty());
    };
    early(&mut world);
    accepted(&mut world, ACT);
    early(&mut world);
    world.on_day(17 + KEPT + 1);
    assert_eq!(world.find(ACT), None);
    early(&mut world);
}
