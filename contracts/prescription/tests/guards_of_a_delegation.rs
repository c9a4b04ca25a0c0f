//! Another collects for the person: every guard of a delegation, and the code that it answers with.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::sharing::*;
use common::steps::{BOTH, FIRST};
use common::*;
use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::{
    Delegation, Execute, GroupId, ItemMask, ItemStatus, PrescriptionEvent, ProofKinds, Rules,
};
use senim_sdk::codec;
use senim_sdk::testing::key_of;
use senim_types::{Code, TimeMs};

#[test]
fn a_delegate_collects_what_is_shared_and_the_ledger_says_who() {
    let (mut world, group) = with_two();
    let one = for_an_hour(&world);
    assert_eq!(
        hold_by(&mut world, group, FIRST, daughter()),
        Err(Code::QR_NOT_SIGNED),
        "not before it is shared"
    );
    let now = world.env.time();
    let outcome = act(&mut world, group, holder(), now, Some(one));
    let told = PrescriptionEvent::Delegated {
        group,
        delegation: Some(one),
    };
    assert_eq!(outcome.events[0].body, codec::encode(&told));
    let again = act(&mut world, group, holder(), now, Some(one));
    assert_eq!(again.code(), None, "again is no error");
    assert!(again.writes.is_empty() && again.events.is_empty());

    let hold = hold_of(&mut world, group, FIRST, daughter());
    let held = world.call(&hold.actor, &hold.message, &hold.witnesses);
    assert_eq!(proof_of(&held), Some(ProofUsed::DelegatedQr(daughter())));
    assert_eq!(world.try_hold(&hold), Err(Code::QR_REPLAYED), "once");
    assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
    assert_eq!(world.status(group, 0), ItemStatus::Dispensed);

    // The person's own QR goes on working, also for what is shared.
    let hold = hold_of(&mut world, group, SECOND, holder());
    let held = world.call(&hold.actor, &hold.message, &hold.witnesses);
    assert_eq!(proof_of(&held), Some(ProofUsed::LiveQr));
}

#[test]
fn a_delegates_qr_that_is_not_right_is_refused() {
    type Prepare = fn(&mut World, GroupId);
    let nothing: Prepare = |_, _| ();
    let cases: [(&str, Prepare, ItemMask, Code); 8] = [
        (
            "an item that is not shared",
            nothing,
            SECOND,
            Code::QR_OTHER_TOKEN,
        ),
        (
            "one that is, and one that is not",
            nothing,
            BOTH,
            Code::QR_OTHER_TOKEN,
        ),
        (
            "at its end",
            |w, _| w.env.advance(HOUR_MS),
            FIRST,
            Code::DELEGATION_ENDED,
        ),
        (
            "taken back",
            |w, g| assert_eq!(share(w, g, None), Ok(())),
            FIRST,
            Code::QR_NOT_SIGNED,
        ),
        (
            "another is in its place",
            |w, g| {
                let mut other = for_an_hour(w);
                other.key = key_of(221);
                assert_eq!(share(w, g, Some(other)), Ok(()));
            },
            FIRST,
            Code::QR_NOT_SIGNED,
        ),
        (
            "the person's telephone was lost",
            |w, g| {
                let rebind = Execute::Rebind {
                    group: g,
                    holder: key_of(210),
                    card: Some(card()),
                    paper: Some(paper()),
                };
                w.ok(&identity_service(), &rebind, &[]);
                assert_eq!(w.group(g).delegation, None);
            },
            FIRST,
            Code::QR_NOT_SIGNED,
        ),
        (
            "the person has cancelled it",
            |w, g| assert_eq!(w.cancel_by_holder(g, FIRST), Ok(())),
            FIRST,
            Code::CANCELLED,
        ),
        (
            "held elsewhere",
            |w, g| w.held(OTHER_APTEKA, g),
            FIRST,
            Code::WITH_ANOTHER_DISPENSER,
        ),
    ];
    for (what, prepare, items, expected) in cases {
        let (mut world, group) = with_two();
        let one = for_an_hour(&world);
        assert_eq!(share(&mut world, group, Some(one)), Ok(()), "{what}");
        prepare(&mut world, group);
        let before = world.env.state().clone();
        let refused = hold_by(&mut world, group, items, daughter());
        assert_eq!(refused, Err(expected), "{what}");
        assert_eq!(&before, world.env.state(), "{what}: it changes nothing");
    }
}

#[test]
fn what_a_programme_says_of_live_qrs_it_says_of_a_delegates() {
    for (proofs, proof_ms_max, expected) in [
        (
            ProofKinds::CARD | ProofKinds::PAPER,
            2 * MINUTE_MS,
            Code::PROOF_NOT_ACCEPTED,
        ),
        (ProofKinds::LIVE_QR, MINUTE_MS, Code::QR_WINDOW),
    ] {
        let mut world = World::with_rules(Rules {
            proofs,
            proof_ms_max,
            ..rules()
        });
        let item = world.item();
        let group = world.issue(vec![item]);
        let one = for_an_hour(&world);
        assert_eq!(share(&mut world, group, Some(one)), Ok(()));
        assert_eq!(hold_by(&mut world, group, FIRST, daughter()), Err(expected));
    }
}

#[test]
fn a_hold_by_a_delegates_qr_is_not_ended_by_taking_it_back() {
    let (mut world, group) = with_two();
    let one = for_an_hour(&world);
    assert_eq!(share(&mut world, group, Some(one)), Ok(()));
    assert_eq!(hold_by(&mut world, group, FIRST, daughter()), Ok(()));
    assert_eq!(share(&mut world, group, None), Ok(()));
    assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
}

#[test]
fn a_new_card_alone_leaves_the_delegation() {
    let (mut world, group) = with_two();
    let one = for_an_hour(&world);
    assert_eq!(share(&mut world, group, Some(one)), Ok(()));
    let rebind = Execute::Rebind {
        group,
        holder: holder(),
        card: None,
        paper: None,
    };
    world.ok(&identity_service(), &rebind, &[]);
    assert_eq!(world.group(group).delegation, Some(one));
}

#[test]
fn what_is_not_to_be_shared_is_refused_with_the_reason() {
    type Change = fn(&mut World, GroupId, &mut Delegation);
    let cases: [(&str, Change, Code); 12] = [
        (
            "no item",
            |_, _, one| one.items = ItemMask::NONE,
            Code::OUT_OF_RANGE,
        ),
        (
            "an item that there is not",
            |_, _, one| one.items = ItemMask(4),
            Code::PRESCRIPTION_UNKNOWN,
        ),
        (
            "to the person",
            |_, _, one| one.key = holder(),
            Code::OUT_OF_RANGE,
        ),
        (
            "until now",
            |w, _, one| one.until = TimeMs(w.env.time().0 + 1),
            Code::OUT_OF_RANGE,
        ),
        (
            "beyond the end of its window",
            |w, g, one| one.until = TimeMs(w.group(g).items[0].until.0 + 1),
            Code::OUT_OF_RANGE,
        ),
        (
            "dispensed",
            |w, g, _| w.dispensed(APTEKA, g, 0),
            Code::ALREADY_DISPENSED,
        ),
        (
            "cancelled",
            |w, g, _| assert_eq!(w.cancel_by_clinic(g, FIRST), Ok(())),
            Code::CANCELLED,
        ),
        (
            "one of two is cancelled",
            |w, g, one| {
                assert_eq!(w.cancel_by_clinic(g, FIRST), Ok(()));
                one.items = BOTH;
            },
            Code::CANCELLED,
        ),
        ("over", |w, _, _| w.env.advance(30 * DAY_MS), Code::EXPIRED),
        ("signed by another", |_, _, _| (), Code::HOLDER_NOT_SIGNED),
        ("signed too long ago", |_, _, _| (), Code::STATEMENT_WINDOW),
        (
            "signed in the future, which would shut out all later ones",
            |_, _, _| (),
            Code::STATEMENT_WINDOW,
        ),
    ];
    for (what, change, expected) in cases {
        let (mut world, group) = with_two();
        let mut one = for_an_hour(&world);
        change(&mut world, group, &mut one);
        world.env.advance(1);
        let now = world.env.time();
        let (by, at) = match what {
            "signed by another" => (daughter(), now),
            "signed too long ago" => (holder(), TimeMs(now.0 - 2 * MINUTE_MS - 1)),
            "signed in the future, which would shut out all later ones" => {
                (holder(), TimeMs(now.0 + Rules::CLOCK_AHEAD_MS_MAX + 1))
            }
            _ => (holder(), now),
        };
        let before = world.env.state().clone();
        let refused = step(&act(&mut world, group, by, at, Some(one)));
        assert_eq!(refused, Err(expected), "{what}");
        assert_eq!(&before, world.env.state(), "{what}: it changes nothing");
    }
    let (mut world, group) = with_two();
    // While it is held, and until the very end, it may be shared; and whatever became of it, that may be taken back.
    world.held(APTEKA, group);
    let mut one = for_an_hour(&world);
    one.until = world.group(group).items[0].until;
    assert_eq!(share(&mut world, group, Some(one)), Ok(()));
    assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
    assert_eq!(share(&mut world, group, None), Ok(()));
}

#[test]
fn a_draft_is_not_shared() {
    let mut world = World::new();
    let item = world.item();
    let mut order = world.order(vec![item]);
    if let Execute::Issue { draft, .. } = &mut order {
        *draft = true;
    }
    let outcome = world.ok(&clinic(), &order, &[]);
    let group = codec::decode(outcome.output()).unwrap();
    let one = for_an_hour(&world);
    assert_eq!(share(&mut world, group, Some(one)), Err(Code::WRONG_STATE));
}
