//! Money that comes back after a bank had paid: told early, late, twice, of the latest attempt and of one before.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::settlement::msg::{Ordered, OrderedAnswer};
use senim_abi::settlement::record::{ActRecord, act_key};
use senim_abi::settlement::{ActId, ActState, Payment, Query, SettlementEvent, SettlementKind};
use senim_abi::{SETTLEMENT, TREASURY, treasury};
use senim_sdk::codec;
use senim_types::{Code, Tiyn};

const ACT: ActId = act_of(CATERER, JANUARY, 0);

/// An act of ten tenge that is in a file.
fn ordered() -> World {
    let mut world = World::of(SettlementKind::BankFile);
    world.posted(1, 1_000);
    world.in_february();
    world.sign(ACT);
    let accept = world.accept(ACT);
    world.done(city(), &accept);
    world.done(city(), &order(ACT, 1, 1));
    world
}

fn owed(world: &mut World) -> u128 {
    world.claim(JANUARY).owed().0
}

#[test]
fn what_comes_back_is_owed_again_and_paid_once_more() {
    let mut world = ordered();
    world.done(city(), &confirm(ACT, 1, 1_000));
    assert_eq!(owed(&mut world), 0);
    world.refused(
        other_payer(),
        &give_back(ACT, 1, 1_000),
        Code::NOT_AUTHORISED,
    );
    world.refused(city(), &give_back(ACT, 1, 999), Code::PAYMENT_AMOUNT);
    world.refused(city(), &give_back(ACT, 2, 1_000), Code::PAYMENT_UNKNOWN);
    let told = world.done(city(), &give_back(ACT, 1, 1_000));
    let back = |attempt, owed_again| SettlementEvent::PaymentReturned {
        act: ACT,
        attempt,
        amount: Tiyn(1_000),
        owed_again,
        message: hash(6_002),
        reason: *b"AC04",
    };
    assert_eq!(told, [back(1, true)]);
    assert_eq!(world.act(ACT).state, ActState::Returned);
    assert_eq!(owed(&mut world), 1_000);

    // Whatever is said again about the first attempt, in any order, changes nothing.
    assert!(world.done(city(), &give_back(ACT, 1, 1_000)).is_empty());
    assert!(world.done(city(), &fail(ACT, 1)).is_empty());
    world.refused(city(), &confirm(ACT, 1, 1_000), Code::PAYMENT_RETURNED);
    assert!(world.done(city(), &order(ACT, 1, 1)).is_empty());

    // Once more, by one file and no other.
    world.refused(city(), &order(ACT, 3, 3), Code::PAYMENT_UNKNOWN);
    world.done(city(), &order(ACT, 2, 2));
    world.refused(city(), &order(ACT, 3, 3), Code::PAYMENT_EXISTS);
    world.refused(city(), &order(ACT, 2, 3), Code::PAYMENT_EXISTS);
    assert!(world.done(city(), &give_back(ACT, 1, 1_000)).is_empty());
    world.refused(city(), &confirm(ACT, 1, 1_000), Code::PAYMENT_RETURNED);
    world.done(city(), &confirm(ACT, 2, 1_000));
    assert_eq!(world.act(ACT).state, ActState::Paid);
    assert_eq!(owed(&mut world), 0);
    let claim = world.claim(JANUARY);
    assert_eq!((claim.settled.0, claim.returned.0), (2_000, 1_000));
    // The second comes back, too.
    assert_eq!(
        world.done(city(), &give_back(ACT, 2, 1_000)),
        [back(2, true)]
    );
    assert_eq!(owed(&mut world), 1_000);
}

#[test]
fn a_return_that_is_told_before_the_payment_ends_alike() {
    for refused in [false, true] {
        let mut world = ordered();
        if refused {
            world.done(city(), &fail(ACT, 1));
        }
        world.done(city(), &give_back(ACT, 1, 1_000));
        assert_eq!(world.act(ACT).state, ActState::Returned);
        // The payment that is told now is the one that came back.
        world.refused(city(), &confirm(ACT, 1, 1_000), Code::PAYMENT_RETURNED);
        assert_eq!(owed(&mut world), 1_000);
        world.done(city(), &order(ACT, 2, 2));
        world.done(city(), &confirm(ACT, 2, 1_000));
        assert_eq!(world.claim(JANUARY).settled.0, 1_000);
    }
}

#[test]
fn a_refusal_of_what_was_paid_is_kept_until_the_money_is_back() {
    let mut world = ordered();
    world.done(city(), &confirm(ACT, 1, 1_000));
    let late = SettlementEvent::PaymentRefusedLate {
        act: ACT,
        attempt: 1,
        message: hash(6_001),
        reason: *b"AC04",
    };
    assert_eq!(world.done(city(), &fail(ACT, 1)), [late]);
    assert!(world.done(city(), &fail(ACT, 1)).is_empty());
    let act = world.act(ACT);
    assert_eq!(act.state, ActState::Paid);
    assert_eq!(act.payment.unwrap().refused_late.unwrap().reason, *b"AC04");
    // A report moves no money: nothing is owed, and nothing can be ordered, before the account says so.
    assert_eq!(owed(&mut world), 0);
    world.refused(city(), &order(ACT, 2, 2), Code::WRONG_STATE);
    world.done(city(), &give_back(ACT, 1, 1_000));
    world.done(city(), &order(ACT, 2, 2));
    assert_eq!(world.act(ACT).payment.unwrap().refused_late, None);
}

#[test]
fn an_earlier_attempt_that_was_paid_after_all_and_came_back_is_known() {
    let mut world = ordered();
    world.done(city(), &fail(ACT, 1));
    world.done(city(), &order(ACT, 2, 2));
    world.refused(city(), &confirm(ACT, 1, 1_000), Code::PAYMENT_SUPERSEDED);
    let told = world.done(city(), &give_back(ACT, 1, 1_000));
    assert!(matches!(
        told[..],
        [SettlementEvent::PaymentReturned {
            attempt: 1,
            owed_again: false,
            ..
        }]
    ));
    assert_eq!(world.act(ACT).state, ActState::PaymentPending);
    world.refused(city(), &confirm(ACT, 1, 1_000), Code::PAYMENT_RETURNED);
    world.done(city(), &confirm(ACT, 2, 1_000));
    assert_eq!(world.claim(JANUARY).settled.0, 1_000);
}

#[test]
fn what_is_in_a_file_is_known_after_its_acts_went_on() {
    let mut world = ordered();
    world.done(city(), &fail(ACT, 1));
    world.done(city(), &order(ACT, 2, 2));
    let mut of_file = |payer, file| -> OrderedAnswer {
        let query = Query::Ordered {
            payer,
            message_id: message_id(file),
            after: None,
        };
        codec::decode(&world.env.ask(SETTLEMENT, &query).unwrap()).unwrap()
    };
    for (file, attempt) in [(1, 1), (2, 2)] {
        assert_eq!(of_file(CITY, file), [Ordered { act: ACT, attempt }]);
    }
    assert!(of_file(CITY, 3).is_empty());
    assert!(of_file(OTHER_PAYER, 1).is_empty());
    let after = Query::Ordered {
        payer: CITY,
        message_id: message_id(1),
        after: Some(ACT),
    };
    let rest: OrderedAnswer = codec::decode(&world.env.ask(SETTLEMENT, &after).unwrap()).unwrap();
    assert!(rest.is_empty());
}

#[test]
fn the_treasury_takes_a_return_from_the_settlement_contract_alone_and_no_more_than_was_paid() {
    let mut world = ordered();
    world.done(city(), &confirm(ACT, 1, 1_000));
    let back = |period, amount| treasury::Execute::Return {
        id: hash(1),
        provider: CATERER,
        programme: MEALS,
        period,
        amount: Tiyn(amount),
    };
    let by = |world: &mut World, message| {
        let outcome = world
            .env
            .execute_as(SETTLEMENT, &city(), TREASURY, &message);
        outcome.code()
    };
    let own = world.env.execute(&city(), TREASURY, &back(JANUARY, 1_000));
    assert_eq!(own.code(), Some(Code::NOT_AUTHORISED));
    let poster = world
        .env
        .execute_as(POSTER, &city(), TREASURY, &back(JANUARY, 1_000));
    assert_eq!(poster.code(), Some(Code::NOT_AUTHORISED));
    for (period, amount, code) in [
        (JANUARY, 0, Code::AMOUNT_ZERO),
        (FEBRUARY, 1_000, Code::ACCOUNT_UNKNOWN),
        (JANUARY, 1_001, Code::RETURN_EXCEEDS_SETTLED),
    ] {
        assert_eq!(by(&mut world, back(period, amount)), Some(code));
    }
    assert_eq!(by(&mut world, back(JANUARY, 600)), None);
    let more = by(&mut world, back(JANUARY, 401));
    assert_eq!(more, Some(Code::RETURN_EXCEEDS_SETTLED));
    assert_eq!(owed(&mut world), 600);
}

#[test]
fn attempts_have_an_end() {
    let mut world = ordered();
    let mut act = world.act(ACT);
    let payment = act.payment.as_mut().unwrap();
    payment.attempt = Payment::ATTEMPTS_MAX;
    let key = act_key(&ACT).in_state_of(SETTLEMENT);
    world.env.plant(key, codec::encode(&ActRecord::from(act)));
    let last = Payment::ATTEMPTS_MAX;
    world.done(city(), &give_back(ACT, last, 1_000));
    assert!(world.act(ACT).payment.unwrap().has_returned(last));
    world.refused(city(), &order(ACT, last + 1, 9), Code::OUT_OF_RANGE);
}
