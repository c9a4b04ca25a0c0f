//! Every guard of a card: written into a prescription, put to the reader, blocked, ended, replaced.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::steps::*;
use common::*;
use senim_abi::card as cards;
use senim_abi::prescription::{Execute, ItemStatus, Proof, ProofKinds, Rules};
use senim_abi::proof::CardStatement;
use senim_sdk::Roles;
use senim_sdk::testing::{Actor, key_of};
use senim_types::{Code, OrgId, PublicKey, TimeMs};

fn with_one() -> (World, senim_abi::prescription::GroupId) {
    let mut world = World::new();
    let group = world.issue(vec![world.item()]);
    (world, group)
}

/// An order that names this card.
fn order_with(world: &World, named: Option<PublicKey>) -> Execute {
    let mut order = world.order(vec![world.item()]);
    if let Execute::Issue { card, .. } = &mut order {
        *card = named;
    }
    order
}

#[test]
fn a_card_at_the_reader_opens_and_a_number_typed_by_hand_does_not() {
    let (mut world, group) = with_one();
    let good = world.hold_by_card(group, |_| ());
    let typed = HoldTry {
        witnesses: vec![],
        ..good.clone()
    };
    assert_eq!(world.try_hold(&typed), Err(Code::CARD_NOT_PRESENT));
    let copied = HoldTry {
        actor: apteka(OTHER_APTEKA),
        ..good.clone()
    };
    assert_eq!(world.try_hold(&copied), Err(Code::CARD_NOT_PRESENT));
    let stale: [fn(&mut CardStatement); 3] = [
        |answer| answer.expires_at = answer.challenged_at,
        |answer| answer.expires_at.0 += HOUR_MS,
        |answer| answer.challenged_at.0 += 3 * MINUTE_MS,
    ];
    for change in stale {
        let hold = world.hold_by_card(group, change);
        assert_eq!(world.try_hold(&hold), Err(Code::CARD_NOT_PRESENT));
    }
    assert_eq!(world.try_hold(&good), Ok(()));
    assert_eq!(world.try_hold(&good), Err(Code::CARD_NOT_PRESENT), "once");
}

#[test]
fn another_card_than_the_prescriptions_is_refused() {
    let (mut world, group) = with_one();
    let mut hold = world.hold_by_card(group, |_| ());
    if let Execute::Hold {
        proof: Proof::Card { card, .. },
        ..
    } = &mut hold.message
    {
        *card = key_of(77);
    }
    hold.witnesses[0].key = key_of(77);
    assert_eq!(world.try_hold(&hold), Err(Code::CARD_MISMATCH));
}

#[test]
fn a_card_that_is_not_good_is_not_written_into_a_prescription() {
    type Change = fn(&mut World);
    let cases: [(&str, Change, PublicKey, Result<(), Code>); 6] = [
        ("good", |_| (), card(), Ok(())),
        ("made up", |_| (), key_of(77), Err(Code::CARD_UNKNOWN)),
        ("lost", block, card(), Err(Code::CARD_BLOCKED)),
        (
            "not entitled any more",
            end,
            card(),
            Err(Code::ENTITLEMENT_ENDED),
        ),
        (
            "of people whom the programme does not serve",
            |w| w.register(key_of(78), cards::Category(CATEGORY.0 + 1)),
            key_of(78),
            Err(Code::CARD_CATEGORY),
        ),
        (
            "of another prescription",
            |w| _ = w.issue(vec![w.item()]),
            card(),
            Err(Code::CARD_KEY_USED),
        ),
    ];
    for (name, change, key, expected) in cases {
        let mut world = World::new();
        change(&mut world);
        let order = order_with(&world, Some(key));
        assert_eq!(
            step(&world.call(&clinic(), &order, &[])),
            expected,
            "{name}"
        );
    }
}

fn block(world: &mut World) {
    world.by_centre(&cards::Execute::Block { keys: vec![card()] });
}

fn end(world: &mut World) {
    let at = world.env.time();
    world.by_centre(&cards::Execute::End {
        keys: vec![card()],
        at,
    });
}

#[test]
fn nothing_is_prescribed_without_a_card_where_only_cards_are_accepted() {
    let all = ProofKinds::ALL;
    let cases = [
        (ProofKinds::CARD, Err(Code::CARD_REQUIRED)),
        (ProofKinds::CARD | ProofKinds::PAPER, Ok(())),
        (ProofKinds::LIVE_QR, Ok(())),
        (all, Ok(())),
    ];
    for (proofs, expected) in cases {
        let mut world = World::with_rules(Rules { proofs, ..rules() });
        let order = order_with(&world, None);
        assert_eq!(step(&world.call(&clinic(), &order, &[])), expected);
        let order = order_with(&world, Some(card()));
        assert_eq!(step(&world.call(&clinic(), &order, &[])), Ok(()));
    }
}

#[test]
fn a_card_that_is_lost_or_whose_entitlement_ended_opens_nothing() {
    type Change = fn(&mut World);
    let cases: [(Change, Code); 3] = [
        (block, Code::CARD_BLOCKED),
        (end, Code::ENTITLEMENT_ENDED),
        (
            |w| {
                let serve = cards::Execute::SetProgramme {
                    programme: PROGRAMME,
                    categories: 0,
                };
                assert_eq!(w.env.execute(&fund(), senim_abi::CARD, &serve).code(), None);
            },
            Code::CARD_CATEGORY,
        ),
    ];
    for (change, code) in cases {
        let (mut world, group) = with_one();
        change(&mut world);
        let hold = world.hold_by_card(group, |_| ());
        assert_eq!(world.try_hold(&hold), Err(code));
        // Who typed the number learns nothing of the card.
        let typed = HoldTry {
            witnesses: vec![],
            ..hold
        };
        assert_eq!(world.try_hold(&typed), Err(Code::CARD_NOT_PRESENT));
        assert_eq!(world.status(group, 0), ItemStatus::Ready);
        // The card is one proof; the phone is another.
        world.held(APTEKA, group);
    }
}

#[test]
fn what_is_held_by_a_card_is_dispensed_also_when_the_card_is_blocked_then() {
    let (mut world, group) = with_one();
    let hold = world.hold_by_card(group, |_| ());
    assert_eq!(world.try_hold(&hold), Ok(()));
    block(&mut world);
    assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
}

#[test]
fn a_new_card_takes_the_place_of_a_lost_one() {
    let (mut world, group) = with_one();
    block(&mut world);
    let new = key_of(79);
    world.register(new, CATEGORY);
    let lost = world.hold_by_card(group, |_| ());
    let replace = Execute::ReplaceCard { group, card: new };
    world.ok(&service_centre(), &replace, &[]);
    let again = world.ok(&service_centre(), &replace, &[]);
    assert!(again.writes.is_empty(), "again is no error");
    assert_eq!(world.try_hold(&lost), Err(Code::CARD_MISMATCH));

    let mut hold = world.hold_by_card(group, |_| ());
    hold.witnesses[0].key = new;
    if let Execute::Hold {
        proof: Proof::Card { card, .. },
        ..
    } = &mut hold.message
    {
        *card = new;
    }
    assert_eq!(world.try_hold(&hold), Ok(()));
    assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
}

#[test]
fn a_card_is_replaced_by_the_service_centre_that_issued_it_and_by_a_good_one() {
    let other = Actor::new(9, OrgId(9), Roles::SERVICE_CENTRE);
    let (new, stolen) = (key_of(79), key_of(80));
    let (mut world, group) = with_one();
    world.register(new, CATEGORY);
    let register = cards::Execute::Register {
        keys: vec![stolen],
        category: CATEGORY,
        entitled_until: TimeMs(world.env.time().0 + DAY_MS),
    };
    assert_eq!(
        world.env.execute(&other, senim_abi::CARD, &register).code(),
        None
    );
    let mut replaced = |actor: &Actor, group, card| {
        step(&world.call(actor, &Execute::ReplaceCard { group, card }, &[]))
    };
    let unauthorised = Err(Code::NOT_AUTHORISED);
    assert_eq!(replaced(&other, group, new), unauthorised);
    assert_eq!(replaced(&other, group, stolen), unauthorised);
    assert_eq!(replaced(&service_centre(), group, stolen), unauthorised);
    assert_eq!(
        replaced(&service_centre(), group, key_of(81)),
        Err(Code::CARD_UNKNOWN)
    );
    assert_eq!(replaced(&service_centre(), group, new), Ok(()));

    let used = world.issue(vec![world.item()]);
    let replace = Execute::ReplaceCard {
        group: used,
        card: new,
    };
    assert_eq!(
        step(&world.call(&service_centre(), &replace, &[])),
        Err(Code::CARD_MISMATCH),
        "it has no card"
    );
}

#[test]
fn the_identity_service_binds_a_prescription_to_a_registered_card_only() {
    let (mut world, group) = with_one();
    let rebind = |card| Execute::Rebind {
        group,
        holder: holder(),
        card,
        paper: None,
    };
    let made_up = world.call(&identity_service(), &rebind(Some(key_of(77))), &[]);
    assert_eq!(step(&made_up), Err(Code::CARD_UNKNOWN));
    world.ok(&identity_service(), &rebind(Some(card())), &[]);
    world.register(key_of(79), CATEGORY);
    world.ok(&identity_service(), &rebind(Some(key_of(79))), &[]);
    let order = order_with(&world, Some(key_of(79)));
    assert_eq!(
        step(&world.call(&clinic(), &order, &[])),
        Err(Code::CARD_KEY_USED)
    );
}
