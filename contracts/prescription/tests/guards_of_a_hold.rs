//! Every guard of a hold and the code that it answers with. Each case takes a hold that would be
//! accepted, changes one thing, and sees it refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::steps::{BOTH, FIRST, HoldTry};
use common::*;
use senim_abi::prescription::msg::{DocumentKind, IdentityCheck};
use senim_abi::prescription::{Execute, GroupId, ItemMask, ItemStatus, Proof, ProofKinds, Rules};
use senim_abi::proof::{HoldStatement, QrStatement};
use senim_sdk::testing::key_of;
use senim_types::{Code, Hash, OrgId, Statement, TimeMs};

fn with_one() -> (World, GroupId) {
    let mut world = World::new();
    let item = world.item();
    let group = world.issue(vec![item]);
    (world, group)
}

#[test]
fn a_live_qr_that_is_not_right_is_refused() {
    type Change = fn(&World, &mut QrStatement);
    let cases: [(&str, Change, Code); 7] = [
        (
            "expired",
            |w, qr| qr.expires_at = w.env.time(),
            Code::QR_EXPIRED,
        ),
        (
            "expires before it begins",
            |w, qr| qr.expires_at = TimeMs(w.env.time().0 - 1_000),
            Code::QR_WINDOW,
        ),
        (
            "lives too long",
            |_, qr| qr.expires_at.0 += HOUR_MS,
            Code::QR_WINDOW,
        ),
        (
            "from the future, which would shut out all later ones",
            |w, qr| {
                qr.issued_at = TimeMs(w.env.time().0 + 3 * MINUTE_MS);
                qr.expires_at = TimeMs(w.env.time().0 + 4 * MINUTE_MS);
            },
            Code::QR_WINDOW,
        ),
        (
            "opens another item",
            |_, qr| qr.items = ItemMask(2),
            Code::QR_OTHER_TOKEN,
        ),
        (
            "of another prescription",
            |_, qr| qr.group = GroupId(Hash::of(b"another")),
            Code::QR_OTHER_TOKEN,
        ),
        (
            "issued at the beginning of time",
            |_, qr| qr.issued_at = TimeMs(0),
            Code::QR_WINDOW,
        ),
    ];
    for (what, change, expected) in cases {
        let (mut world, group) = with_one();
        let mut qr = world.qr(group, FIRST);
        change(&world, &mut qr);
        let mut hold = world.hold_by_qr(APTEKA, qr);
        // The pharmacy asks for the item it wants, whatever the QR says.
        hold = retarget(&world, hold, group, FIRST, qr);
        assert_eq!(world.try_hold(&hold), Err(expected), "{what}");
        assert_eq!(world.status(group, 0), ItemStatus::Ready, "{what}");
    }
}

fn retarget(
    world: &World,
    hold: HoldTry,
    group: GroupId,
    items: ItemMask,
    qr: QrStatement,
) -> HoldTry {
    let org = hold.actor.org;
    let proper = world.hold_by_qr(org, world.qr(group, items));
    let message = Execute::Hold {
        group,
        items,
        hold_key: hold_key(org),
        proof: Proof::LiveQr(qr),
    };
    let witnesses = vec![qr.by(holder()), proper.witnesses[1].clone()];
    HoldTry {
        actor: hold.actor,
        message,
        witnesses,
    }
}

#[test]
fn a_qr_opens_once() {
    let (mut world, group) = with_one();
    let hold = world.hold_by_qr(APTEKA, world.qr(group, FIRST));
    assert_eq!(world.try_hold(&hold), Ok(()));
    assert_eq!(world.try_hold(&hold), Err(Code::QR_REPLAYED));
    assert_eq!(world.reject(APTEKA, group, FIRST), Ok(()));
    assert_eq!(world.try_hold(&hold), Err(Code::QR_REPLAYED));
    // An older one that was never used is worthless, too.
    let mut older = world.qr(group, FIRST);
    older.issued_at.0 -= 1;
    let older = world.hold_by_qr(OTHER_APTEKA, older);
    assert_eq!(world.try_hold(&older), Err(Code::QR_REPLAYED));
    world.held(OTHER_APTEKA, group);
}

#[test]
fn mallory_copies_a_hold_from_a_pending_transaction_and_gains_nothing() {
    let (mut world, group) = with_one();
    let seen = world.hold_by_qr(APTEKA, world.qr(group, FIRST));
    // Mallory's pharmacy sends the same call with the same witnesses, before the original.
    let copy = HoldTry {
        actor: apteka(OTHER_APTEKA),
        ..seen.clone()
    };
    assert_eq!(world.try_hold(&copy), Err(Code::HOLD_NOT_SIGNED));
    // With her own hold key in it she lacks the ephemeral key's signature.
    let mut own_key = copy.clone();
    if let Execute::Hold { hold_key: key, .. } = &mut own_key.message {
        *key = hold_key(OTHER_APTEKA);
    }
    assert_eq!(world.try_hold(&own_key), Err(Code::HOLD_NOT_SIGNED));
    // So it is from another device of the same pharmacy, and after the original.
    let mut device = seen.clone();
    device.actor.device = key_of(99);
    assert_eq!(world.try_hold(&device), Err(Code::HOLD_NOT_SIGNED));
    assert_eq!(world.try_hold(&seen), Ok(()));
    assert_eq!(world.try_hold(&copy), Err(Code::HOLD_NOT_SIGNED));
}

#[test]
fn every_signature_of_a_hold_counts() {
    let (mut world, group) = with_one();
    let hold = world.hold_by_qr(APTEKA, world.qr(group, FIRST));
    let cases = [(0, Code::QR_NOT_SIGNED), (1, Code::HOLD_NOT_SIGNED)];
    for (missing, expected) in cases {
        let mut hold = hold.clone();
        hold.witnesses.remove(missing);
        assert_eq!(
            world.try_hold(&hold),
            Err(expected),
            "without witness {missing}"
        );
    }
    for (wrong, expected) in cases {
        let mut hold = hold.clone();
        hold.witnesses[wrong].key = key_of(250);
        assert_eq!(
            world.try_hold(&hold),
            Err(expected),
            "witness {wrong} by another key"
        );
    }
    for (wrong, expected) in cases {
        let mut hold = hold.clone();
        hold.witnesses[wrong].domain = senim_types::Domain::HeldStep;
        assert_eq!(
            world.try_hold(&hold),
            Err(expected),
            "witness {wrong} for another purpose"
        );
    }
    assert_eq!(world.try_hold(&hold), Ok(()));
}

#[test]
fn what_is_not_to_be_held_is_refused_with_the_reason() {
    type Case = (&'static str, fn(&mut World, GroupId), OrgId, Code);
    let nothing: fn(&mut World, GroupId) = |_, _| ();
    let cases: [Case; 11] = [
        (
            "no contract",
            nothing,
            STRANGER,
            Code::PHARMACY_NOT_CONTRACTED,
        ),
        (
            "a contract that ended",
            |w, _| w.set_provider_until(APTEKA, w.env.time()),
            APTEKA,
            Code::PHARMACY_NOT_CONTRACTED,
        ),
        (
            "a closed programme",
            |w, _| w.set_open(false),
            APTEKA,
            Code::PROGRAMME_UNKNOWN,
        ),
        (
            "held elsewhere",
            |w, g| w.held(OTHER_APTEKA, g),
            APTEKA,
            Code::WITH_ANOTHER_DISPENSER,
        ),
        (
            "dispensed",
            |w, g| w.dispensed(OTHER_APTEKA, g, 0),
            APTEKA,
            Code::ALREADY_DISPENSED,
        ),
        (
            "cancelled by the clinic",
            |w, g| assert_eq!(w.cancel_by_clinic(g, FIRST), Ok(())),
            APTEKA,
            Code::CANCELLED,
        ),
        (
            "cancelled by the person",
            |w, g| assert_eq!(w.cancel_by_holder(g, FIRST), Ok(())),
            APTEKA,
            Code::CANCELLED,
        ),
        (
            "expired",
            |w, _| w.env.advance(30 * DAY_MS),
            APTEKA,
            Code::EXPIRED,
        ),
        (
            "before its window",
            |w, _| w.env.set_time(TimeMs(w.env.time().0 - DAY_MS)),
            APTEKA,
            Code::NOT_YET,
        ),
        (
            "marked for cancellation while this pharmacy holds it",
            |w, g| {
                w.held(APTEKA, g);
                assert_eq!(w.cancel_by_clinic(g, FIRST), Ok(()));
            },
            APTEKA,
            Code::CANCEL_REQUESTED,
        ),
        (
            "marked, and its hold is over",
            |w, g| {
                w.held(OTHER_APTEKA, g);
                assert_eq!(w.cancel_by_clinic(g, FIRST), Ok(()));
                w.env.advance(30 * MINUTE_MS);
            },
            APTEKA,
            Code::CANCELLED,
        ),
    ];
    for (what, prepare, org, expected) in cases {
        let (mut world, group) = with_one();
        prepare(&mut world, group);
        let before = world.env.state().clone();
        assert_eq!(world.hold(org, group, FIRST), Err(expected), "{what}");
        assert_eq!(
            &before,
            world.env.state(),
            "{what}: a refusal changes nothing"
        );
    }
}

#[test]
fn a_hold_elsewhere_is_answered_with_who_holds_it() {
    let (mut world, group) = with_one();
    world.held(OTHER_APTEKA, group);
    world.env.advance(1);
    let hold = world.hold_by_qr(APTEKA, world.qr(group, FIRST));
    let outcome = world.call(&hold.actor, &hold.message, &hold.witnesses);
    let refusal = outcome.result.unwrap_err();
    assert_eq!(refusal.code, Code::WITH_ANOTHER_DISPENSER);
    assert_eq!(refusal.detail, OTHER_APTEKA.0.to_be_bytes());
}

#[test]
fn a_mask_names_items_that_there_are() {
    let (mut world, group) = with_one();
    assert_eq!(
        world.hold(APTEKA, group, ItemMask::NONE),
        Err(Code::OUT_OF_RANGE)
    );
    assert_eq!(
        world.hold(APTEKA, group, BOTH),
        Err(Code::PRESCRIPTION_UNKNOWN)
    );
    let unknown = GroupId(Hash::of(b"unknown"));
    assert_eq!(
        world.hold(APTEKA, unknown, FIRST),
        Err(Code::PRESCRIPTION_UNKNOWN)
    );
}

#[test]
fn a_draft_is_held_only_once_it_is_released() {
    let mut world = World::new();
    let item = world.item();
    let mut order = world.order(vec![item]);
    if let Execute::Issue { draft, .. } = &mut order {
        *draft = true;
    }
    let outcome = world.ok(&clinic(), &order, &[]);
    let group = senim_sdk::codec::decode(outcome.output()).unwrap();
    assert_eq!(world.status(group, 0), ItemStatus::Draft);
    assert_eq!(world.hold(APTEKA, group, FIRST), Err(Code::WRONG_STATE));
    let release = Execute::Release { group };
    let by_another = senim_sdk::testing::Actor {
        org: OrgId(44),
        ..clinic()
    };
    assert_eq!(
        world.call(&by_another, &release, &[]).code(),
        Some(Code::NOT_AUTHORISED)
    );
    world.ok(&clinic(), &release, &[]);
    assert!(
        world.ok(&clinic(), &release, &[]).writes.is_empty(),
        "again is no error"
    );
    world.held(APTEKA, group);
}

/// A hold by paper.
fn by_paper(group: GroupId, record: Hash) -> HoldTry {
    let actor = apteka(APTEKA);
    let statement = HoldStatement {
        group,
        items: FIRST,
        org: APTEKA,
        device: actor.device,
        hold_key: hold_key(APTEKA),
    };
    let check = IdentityCheck {
        document: DocumentKind::IdentityCard,
        record,
    };
    let proof = Proof::Paper { check };
    let message = Execute::Hold {
        group,
        items: FIRST,
        hold_key: hold_key(APTEKA),
        proof,
    };
    let witnesses: Vec<Statement> = vec![statement.by(paper())];
    HoldTry {
        actor,
        message,
        witnesses,
    }
}

#[test]
fn paper_opens_with_its_printed_key_and_a_recorded_identity_check() {
    let (mut world, group) = with_one();
    let unchecked = by_paper(group, Hash::ZERO);
    assert_eq!(world.try_hold(&unchecked), Err(Code::IDENTITY_NOT_CHECKED));
    let good = by_paper(group, Hash::of(b"the pharmacy's own record, salted"));
    let unsigned = HoldTry {
        witnesses: vec![],
        ..good.clone()
    };
    assert_eq!(world.try_hold(&unsigned), Err(Code::HOLD_NOT_SIGNED));
    assert_eq!(world.try_hold(&good), Ok(()));
}

#[test]
fn a_programme_accepts_only_the_proofs_that_it_names() {
    for (accepted, refused) in [
        (ProofKinds::CARD | ProofKinds::PAPER, 0),
        (ProofKinds::LIVE_QR | ProofKinds::PAPER, 1),
        (ProofKinds::LIVE_QR | ProofKinds::CARD, 2),
    ] {
        let mut world = World::with_rules(Rules {
            proofs: accepted,
            ..rules()
        });
        let item = world.item();
        let group = world.issue(vec![item]);
        let holds = [
            world.hold_by_qr(APTEKA, world.qr(group, FIRST)),
            world.hold_by_card(group, |_| ()),
            by_paper(group, Hash::of(b"record")),
        ];
        assert_eq!(
            world.try_hold(&holds[refused]),
            Err(Code::PROOF_NOT_ACCEPTED)
        );
    }
}

#[test]
fn after_a_rebind_old_phone_lost_card_and_paper_open_nothing() {
    let (mut world, group) = with_one();
    let record = Hash::of(b"record");
    let old = world.hold_by_qr(APTEKA, world.qr(group, FIRST));
    let holder = key_of(210);
    let rebind = Execute::Rebind {
        group,
        holder,
        card: None,
        paper: None,
    };
    world.ok(&identity_service(), &rebind, &[]);
    assert!(
        world
            .ok(&identity_service(), &rebind, &[])
            .writes
            .is_empty(),
        "again is no error"
    );
    assert_eq!(world.try_hold(&old), Err(Code::QR_NOT_SIGNED));
    let lost_card = world.hold_by_card(group, |_| ());
    assert_eq!(world.try_hold(&lost_card), Err(Code::CARD_MISMATCH));
    assert_eq!(
        world.try_hold(&by_paper(group, record)),
        Err(Code::PROOF_NOT_ACCEPTED)
    );
    let qr = world.qr(group, FIRST);
    let mut new = world.hold_by_qr(APTEKA, qr);
    new.witnesses[0] = qr.by(holder);
    assert_eq!(world.try_hold(&new), Ok(()));
}
