//! Every guard of the contract, and the code that it answers with.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::card::msg::KEYS_MAX;
use senim_abi::card::{CardKey, Category, Execute, Genesis};
use senim_abi::{CARD, MARKING};
use senim_sdk::testing::key_of;
use senim_sdk::{Entry, codec};
use senim_types::{Code, TimeMs};

#[test]
fn keys_that_are_not_right_are_not_registered() {
    type Change = fn(&World, &mut Execute);
    let cases: [(&str, Change, Code); 8] = [
        ("none", |_, m| keys(m).clear(), Code::TOO_MANY_ITEMS),
        (
            "too many",
            |_, m| *keys(m) = vec![key_of(2); KEYS_MAX + 1],
            Code::TOO_MANY_ITEMS,
        ),
        (
            "no such category",
            |_, m| entitlement(m).0.0 = Category::MAX + 1,
            Code::OUT_OF_RANGE,
        ),
        (
            "ended now",
            |w, m| *entitlement(m).1 = w.env.time(),
            Code::OUT_OF_RANGE,
        ),
        (
            "six years",
            |w, m| entitlement(m).1.0 = w.env.time().0 + CardKey::AHEAD_MS_MAX + 1,
            Code::OUT_OF_RANGE,
        ),
        (
            "registered with another category",
            |_, m| *entitlement(m).0 = NOT_SERVED,
            Code::CARD_KEY_EXISTS,
        ),
        (
            "registered until another day",
            |_, m| entitlement(m).1.0 -= DAY_MS,
            Code::CARD_KEY_EXISTS,
        ),
        (
            "a new one beside one that is another's",
            |_, m| {
                keys(m).insert(0, key_of(9));
                *entitlement(m).0 = NOT_SERVED;
            },
            Code::CARD_KEY_EXISTS,
        ),
    ];
    for (name, change, code) in cases {
        let mut world = World::with_key();
        let mut message = world.register(vec![key_of(1)]);
        change(&world, &mut message);
        assert_eq!(world.by(centre(), &message), Err(code), "{name}");
        assert_eq!(world.key(key_of(9)), None, "{name}: all or none");
    }
    let mut world = World::with_key();
    let again = world.register(vec![key_of(1)]);
    assert_eq!(world.by(other_centre(), &again), Err(Code::CARD_KEY_EXISTS));
    assert_eq!(world.by(centre(), &again), Ok(()), "again is no error");
    let most = world.register((2..2 + KEYS_MAX as u8).map(key_of).collect());
    assert_eq!(world.by(centre(), &most), Ok(()));
}

fn keys(message: &mut Execute) -> &mut Vec<senim_types::PublicKey> {
    match message {
        Execute::Register { keys, .. } => keys,
        _ => panic!("a registration"),
    }
}

fn entitlement(message: &mut Execute) -> (&mut Category, &mut TimeMs) {
    match message {
        Execute::Register {
            category,
            entitled_until,
            ..
        } => (category, entitled_until),
        _ => panic!("a registration"),
    }
}

#[test]
fn only_the_prescription_contract_writes_a_key_into_a_prescription() {
    let mut world = World::with_key();
    let bind = Execute::Bind {
        key: key_of(1),
        group: GROUP,
        programme: PROGRAMME,
    };
    for actor in [centre(), clinic()] {
        assert_eq!(world.by(actor, &bind), Err(Code::NOT_AUTHORISED));
    }
    let by_another = world.env.execute_as(MARKING, &clinic(), CARD, &bind);
    assert_eq!(step(&by_another), Err(Code::NOT_AUTHORISED));
    let register = world.register(vec![key_of(2)]);
    let on_the_way = world
        .env
        .execute_as(senim_abi::PRESCRIPTION, &centre(), CARD, &register);
    assert_eq!(step(&on_the_way), Err(Code::NOT_AUTHORISED));
    assert_eq!(world.bind(key_of(1), GROUP), Ok(()));
}

#[test]
fn a_key_serves_one_prescription() {
    let mut world = World::with_key();
    assert_eq!(world.bind(key_of(2), GROUP), Err(Code::CARD_UNKNOWN));
    assert_eq!(world.bind(key_of(1), GROUP), Ok(()));
    assert_eq!(world.bind(key_of(1), GROUP), Ok(()), "again is no error");
    assert_eq!(world.bind(key_of(1), OTHER_GROUP), Err(Code::CARD_KEY_USED));
    assert_eq!(world.key(key_of(1)).unwrap().bound, Some(GROUP));
}

#[test]
fn a_key_that_is_not_good_is_neither_written_nor_taken() {
    type Change = fn(&mut World);
    let cases: [(&str, Change, Result<(), Code>); 7] = [
        ("good", |_| (), Ok(())),
        (
            "blocked",
            |w| assert_eq!(w.by(centre(), &block()), Ok(())),
            Err(Code::CARD_BLOCKED),
        ),
        (
            "a moment before its end",
            |w| w.env.advance(365 * DAY_MS - 1),
            Ok(()),
        ),
        (
            "at its end",
            |w| w.env.advance(365 * DAY_MS),
            Err(Code::ENTITLEMENT_ENDED),
        ),
        (
            "ended earlier",
            |w| {
                let end = end_at(w.env.time());
                assert_eq!(w.by(centre(), &end), Ok(()));
            },
            Err(Code::ENTITLEMENT_ENDED),
        ),
        (
            "of a programme that serves others",
            |w| serve(w, 1 << NOT_SERVED.0),
            Err(Code::CARD_CATEGORY),
        ),
        (
            "of a programme that serves all",
            |w| serve(w, u32::MAX),
            Ok(()),
        ),
    ];
    for (name, change, expected) in cases {
        let mut world = World::with_key();
        change(&mut world);
        assert_eq!(world.check(key_of(1)), expected, "{name}");
        assert_eq!(world.bind(key_of(1), GROUP), expected, "{name}");
    }
    assert_eq!(World::new().check(key_of(1)), Err(Code::CARD_UNKNOWN));
}

fn serve(world: &mut World, categories: u32) {
    let message = Execute::SetProgramme {
        programme: PROGRAMME,
        categories,
    };
    assert_eq!(world.by(clinic(), &message), Ok(()));
}

fn block() -> Execute {
    Execute::Block {
        keys: vec![key_of(1)],
    }
}

fn end_at(at: TimeMs) -> Execute {
    Execute::End {
        keys: vec![key_of(1)],
        at,
    }
}

#[test]
fn a_card_is_blocked_and_ended_by_who_registered_it() {
    let mut world = World::with_key();
    let until = world.until();
    let now = world.env.time();
    for message in [block(), end_at(now)] {
        assert_eq!(
            world.by(other_centre(), &message),
            Err(Code::NOT_AUTHORISED)
        );
    }
    let later = end_at(TimeMs(until.0 + 1));
    assert_eq!(world.by(centre(), &later), Err(Code::OUT_OF_RANGE));
    assert_eq!(world.by(centre(), &end_at(until)), Ok(()), "as it is");
    for message in [
        Execute::Block { keys: vec![] },
        Execute::End {
            keys: vec![],
            at: now,
        },
    ] {
        assert_eq!(world.by(centre(), &message), Err(Code::TOO_MANY_ITEMS));
    }
    for message in [
        Execute::Block {
            keys: vec![key_of(1), key_of(2)],
        },
        Execute::End {
            keys: vec![key_of(1), key_of(2)],
            at: now,
        },
    ] {
        assert_eq!(world.by(centre(), &message), Err(Code::CARD_UNKNOWN));
    }
    assert_eq!(world.check(key_of(1)), Ok(()), "all or none");
    for message in [end_at(now), block()] {
        let first = world.env.execute(&centre(), CARD, &message);
        assert_eq!(first.events.len(), 1);
        let again = world.env.execute(&centre(), CARD, &message);
        assert!(again.code().is_none() && again.writes.is_empty() && again.events.is_empty());
    }
}

#[test]
fn a_genesis_says_what_programmes_serve_and_nothing_else() {
    let mut world = World::new();
    let register = world.register(vec![key_of(1)]);
    let input = codec::encode(&Genesis(vec![register]));
    let outcome = world.env.by_ledger(CARD, Entry::Genesis, &input);
    assert_eq!(step(&outcome), Err(Code::NOT_AUTHORISED));
}

#[test]
fn keys_are_forgotten_when_nothing_can_be_disputed_any_more() {
    let mut world = World::with_key();
    let second = world.register(vec![key_of(1), key_of(2), key_of(3)]);
    assert_eq!(world.by(centre(), &second), Ok(()));
    assert_eq!(world.bind(key_of(1), GROUP), Ok(()));
    world.env.advance(365 * DAY_MS + CardKey::KEPT_MS - 1);
    assert!(world.env.serve_due().is_empty());
    world.env.advance(1);
    let served = world.env.serve_due();
    assert_eq!(served.len(), 2, "a batch each");
    for number in 1..=3 {
        assert_eq!(world.key(key_of(number)), None);
    }
    let left = world.env.state().len();
    assert_eq!(left, 1, "what the programme serves, and no keys or batches");
}
