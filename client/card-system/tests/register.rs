//! The life of cards in the register: who gets one, what keys it has, and what the ledger is told.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use senim_abi::card::Category;
use senim_abi::prescription::{GroupId, ItemMask};
use senim_abi::proof::{CardStatement, HoldStatement};
use senim_card_system::{
    CardNumber, Challenge, Chip, KEY_STOCK, Person, Register, Standing, VaultKey, period_end,
};
use senim_types::crypto::{SecretKey, verify};
use senim_types::domain::signed_bytes;
use senim_types::{ChainId, Code, Domain, Hash, OrgId, TimeMs};

const NOW: TimeMs = TimeMs(1_770_000_000_000);
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const LATER: TimeMs = TimeMs(NOW.0 + 200 * DAY_MS);
const PERIOD: TimeMs = TimeMs(NOW.0 + 500 * DAY_MS);

fn person(number: u8) -> Person {
    Person {
        name: format!("Үлгі {number}"),
        iin: format!("invented {number}"),
    }
}

fn random(number: u8) -> [u8; 40] {
    [number; 40]
}

fn issued(register: &mut Register, number: u8) -> CardNumber {
    let random = random(number);
    register
        .issue(person(number), Category(1), LATER, &random, NOW)
        .unwrap()
}

/// Registers all that is asked for, as the ledger would.
fn register_keys(register: &mut Register) -> Vec<Vec<senim_types::PublicKey>> {
    let batches = register.batches(KEY_STOCK, PERIOD, NOW);
    for batch in &batches {
        register.registered(&batch.keys);
    }
    batches.into_iter().map(|batch| batch.keys).collect()
}

#[test]
fn a_person_has_one_card_and_an_ended_entitlement_gets_none() {
    let mut register = Register::default();
    let first = issued(&mut register, 1);
    let again = register.issue(person(1), Category(2), LATER, &random(9), NOW);
    assert_eq!(again, Err(Code::CARD_EXISTS));
    let ended = register.issue(person(2), Category(1), NOW, &random(9), NOW);
    assert_eq!(ended, Err(Code::ENTITLEMENT_ENDED));
    let unknown = register.issue(person(2), Category(32), LATER, &random(9), NOW);
    assert_eq!(unknown, Err(Code::OUT_OF_RANGE));
    // The same random bytes give another number.
    let other = register
        .issue(person(2), Category(1), LATER, &random(1), NOW)
        .unwrap();
    assert_ne!(first, other);
    // After the end the person may prove an entitlement anew.
    let anew = TimeMs(LATER.0 + DAY_MS);
    let renewed = register.issue(person(1), Category(1), anew, &random(5), LATER);
    assert!(renewed.is_ok());
}

#[test]
fn keys_are_registered_in_batches_that_mix_cards_and_handed_out_once() {
    let mut register = Register::default();
    let cards: Vec<CardNumber> = (1..=20)
        .map(|number| issued(&mut register, number))
        .collect();
    assert_eq!(register.hand_out(cards[0], NOW), Err(Code::CARD_KEYS_SPENT));
    let batches = register.batches(KEY_STOCK, PERIOD, NOW);
    assert_eq!(
        batches.iter().map(|batch| batch.keys.len()).sum::<usize>(),
        80
    );
    assert!(
        batches
            .iter()
            .all(|batch| batch.keys.len() <= 64 && batch.until == LATER)
    );
    // A crash before the ledger answered: the same again.
    assert_eq!(register.batches(KEY_STOCK, PERIOD, NOW), batches);
    let owner = |key| register.owner_of(key).unwrap().number;
    let owners: Vec<CardNumber> = batches[0].keys.iter().map(owner).collect();
    let runs = owners.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(runs < 20, "keys of a card stand apart: {runs}");

    register_keys(&mut register);
    assert!(register.batches(KEY_STOCK, PERIOD, NOW).is_empty());
    let mut handed: Vec<_> = (0..KEY_STOCK)
        .map(|_| register.hand_out(cards[0], NOW).unwrap())
        .collect();
    assert_eq!(register.hand_out(cards[0], NOW), Err(Code::CARD_KEYS_SPENT));
    assert!(
        handed
            .iter()
            .all(|key| register.owner_of(key).unwrap().number == cards[0])
    );
    handed.sort();
    handed.dedup();
    assert_eq!(handed.len(), KEY_STOCK);
}

#[test]
fn what_may_not_be_used_gets_no_keys() {
    let mut register = Register::default();
    let (good, lost, ended) = (
        issued(&mut register, 1),
        issued(&mut register, 2),
        issued(&mut register, 3),
    );
    register_keys(&mut register);
    register.block(lost, NOW).unwrap();
    register.end(ended, NOW, NOW).unwrap();
    assert!(register.hand_out(good, NOW).is_ok());
    assert_eq!(register.hand_out(lost, NOW), Err(Code::CARD_BLOCKED));
    assert_eq!(register.hand_out(ended, NOW), Err(Code::ENTITLEMENT_ENDED));
    assert_eq!(register.hand_out(good, LATER), Err(Code::ENTITLEMENT_ENDED));
    let stranger = CardNumber::of_serial(77);
    assert_eq!(register.hand_out(stranger, NOW), Err(Code::CARD_UNKNOWN));
    let batches = register.batches(KEY_STOCK + 1, PERIOD, NOW);
    let keys = batches.iter().flat_map(|batch| &batch.keys);
    assert!(keys.clone().count() > 0);
    assert!(
        keys.into_iter()
            .all(|key| register.owner_of(key).unwrap().number == good)
    );
}

#[test]
fn the_ledger_is_told_of_keys_in_prescriptions_one_by_one() {
    let mut register = Register::default();
    let card = issued(&mut register, 1);
    register_keys(&mut register);
    let mut handed = [(); 2].map(|()| register.hand_out(card, NOW).unwrap());
    handed.sort();
    let withdrawn = register.block(card, NOW).unwrap();
    assert_eq!(withdrawn.one_by_one, handed);
    assert_eq!(withdrawn.together.len(), KEY_STOCK - 2);
    assert_eq!(
        register.block(card, LATER).unwrap().one_by_one,
        [],
        "over by then"
    );

    let other = issued(&mut register, 2);
    register_keys(&mut register);
    let before = TimeMs(LATER.0 - DAY_MS);
    let withdrawn = register.end(other, before, NOW).unwrap();
    assert_eq!(withdrawn.together.len(), KEY_STOCK);
    let later = register.end(other, LATER, NOW);
    assert_eq!(later, Err(Code::OUT_OF_RANGE));
}

#[test]
fn a_blocked_card_is_replaced_once_with_the_same_entitlement() {
    let mut register = Register::default();
    let old = issued(&mut register, 1);
    assert_eq!(
        register.replace(old, &random(9), NOW),
        Err(Code::CARD_EXISTS)
    );
    register.block(old, NOW).unwrap();
    let new = register.replace(old, &random(9), NOW).unwrap();
    assert_eq!(
        register.replace(old, &random(8), NOW),
        Err(Code::CARD_EXISTS)
    );
    let standing = register.card(old).unwrap().standing;
    assert_eq!(standing, Standing::Replaced { at: NOW, by: new });
    let (old, new) = (register.card(old).unwrap(), register.card(new).unwrap());
    assert_eq!(
        (&old.person, old.category, old.entitled_until),
        (&new.person, new.category, new.entitled_until)
    );
    assert_ne!(old.secret(), new.secret());
}

#[test]
fn keys_end_with_the_entitlement_or_the_next_calendar_year() {
    let mut register = Register::default();
    issued(&mut register, 1);
    let long = TimeMs(PERIOD.0 + 100 * DAY_MS);
    register
        .issue(person(2), Category(1), long, &random(2), NOW)
        .unwrap();
    let batches = register.batches(1, PERIOD, NOW);
    let ends: Vec<TimeMs> = batches.iter().map(|batch| batch.until).collect();
    assert_eq!(ends, [LATER, PERIOD]);
    // 2026-02-02 02:40 UTC; 2028 begins in Astana at 19:00 UTC of the day before.
    assert_eq!(period_end(NOW, 300), TimeMs(1_830_279_600_000));
    // A millisecond before, next year is 2028.
    assert_eq!(
        period_end(TimeMs(1_830_279_599_999), 300),
        TimeMs(1_861_902_000_000)
    );
}

fn challenge(chain: ChainId, card: senim_types::PublicKey) -> Challenge {
    let key = SecretKey::from_seed(&[7; 32]).public();
    let hold = HoldStatement {
        group: GroupId(Hash([1; 32])),
        items: ItemMask::one(0),
        org: OrgId(20),
        device: key,
        hold_key: key,
    };
    let statement = CardStatement {
        hold,
        challenged_at: NOW,
        expires_at: TimeMs(NOW.0 + 60_000),
    };
    Challenge {
        chain,
        card,
        statement,
    }
}

#[test]
fn a_chip_answers_for_its_own_prescriptions_only() {
    let mut register = Register::default();
    let (card, other) = (issued(&mut register, 1), issued(&mut register, 2));
    register_keys(&mut register);
    let chain = ChainId(Hash([3; 32]));
    let key = register.hand_out(card, NOW).unwrap();
    let asked = challenge(chain, key);
    let answer = register.card(card).unwrap().chip().answer(&asked).unwrap();
    assert_eq!(answer.challenge, asked);
    let signed = signed_bytes(Domain::Card, &chain, &asked.statement.message());
    assert!(verify(&key, &signed, &answer.signature));
    let chip = register.card(card).unwrap().chip();
    assert_eq!(chip.opening(&key).as_ref(), Ok(&answer.opening));
    let second = register.hand_out(card, NOW).unwrap();
    assert_ne!(
        chip.opening(&second).unwrap(),
        answer.opening,
        "what it hands over opens one prescription"
    );
    assert_eq!(format!("{:?}", answer.opening), "OpeningSeed(…)");
    let elsewhere = register.card(other).unwrap().chip().answer(&asked);
    assert_eq!(elsewhere, Err(Code::CARD_MISMATCH));
    assert_eq!(Chip::new(&[5; 32]).answer(&asked), Err(Code::CARD_MISMATCH));
}

#[test]
fn the_register_lies_on_a_disk_as_bytes_that_say_nothing() {
    let mut register = Register::default();
    let card = issued(&mut register, 1);
    register_keys(&mut register);
    let key = register.hand_out(card, NOW).unwrap();
    let chain = ChainId(Hash([3; 32]));
    let sealed = VaultKey::new(&[1; 32]).seal(&register, &chain, &[9; 24]);
    let number = card.to_string();
    for needle in ["Үлгі", "invented", number.as_str()] {
        let found = sealed
            .windows(needle.len())
            .any(|bytes| bytes == needle.as_bytes());
        assert!(!found, "{needle}");
    }
    let opened = VaultKey::new(&[1; 32]).open(&sealed, &chain).unwrap();
    assert_eq!(opened.owner_of(&key).unwrap().person, person(1));
    assert_eq!(opened.changes(), register.changes());

    let refused = Err(Code::SEALED_NOT_OPENED);
    let open = |secret: [u8; 32], bytes: &[u8], chain| {
        VaultKey::new(&secret).open(bytes, &chain).map(|_| ())
    };
    assert_eq!(open([2; 32], &sealed, chain), refused);
    assert_eq!(open([1; 32], &sealed, ChainId(Hash([4; 32]))), refused);
    for place in [0, 8, 40, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        assert_eq!(open([1; 32], &changed, chain), refused, "{place}");
    }
    for length in [0, 7, 8, 31, 32, sealed.len() - 1] {
        assert_eq!(open([1; 32], &sealed[..length], chain), refused, "{length}");
    }
}
