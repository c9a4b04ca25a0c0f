//! Bad input that contracts refuse: each has its own code, and changes nothing but the used sequence
//! number of the device.

use senim_abi::prescription::msg::{self as prescription, Proof};
use senim_abi::prescription::{GroupId, ItemMask, ItemStatus};
use senim_replica::SubmitAnswer;
use senim_tests::world::clients::is_charged;
use senim_tests::world::people::{
    self, DAY_MS, METFORMIN_CAP, Request, cancel, hold, hold_key, metformin, metformin_pack,
};
use senim_tests::world::{World, secret};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn, codec};

const PRICE: Tiyn = Tiyn(140_000);
const FIRST: ItemMask = ItemMask(1);
/// The identity: anybody could sign for it.
const SMALL_ORDER: [u8; 32] = {
    let mut key = [0; 32];
    key[0] = 1;
    key
};

fn world() -> World {
    World::of(1, 13)
}

/// A prescription that does not exist.
fn no_prescription() -> GroupId {
    GroupId(Hash::of(b"no prescription"))
}

#[test]
fn messages_that_are_none_of_the_contracts() {
    let mut world = world();
    let key = secret("hold").public();
    let sound = prescription::Execute::Hold {
        group: no_prescription(),
        items: FIRST,
        hold_key: key,
        proof: Proof::Paper {
            check: prescription::IdentityCheck {
                document: prescription::DocumentKind::Passport,
                record: Hash::of(b"r"),
            },
        },
    };
    is_charged(
        &mut world,
        "unknown",
        "pharmacy",
        Request::prescription(&sound),
        Code::PRESCRIPTION_UNKNOWN,
    );
    // A key inside a call is the contract's to refuse.
    let mut request = Request::prescription(&sound);
    let input = &mut request.calls[0].input;
    let at = input
        .windows(33)
        .position(|part| part == key.encoded())
        .expect("it is in there");
    input[at + 1..at + 33].copy_from_slice(&SMALL_ORDER);
    is_charged(
        &mut world,
        "a small-order hold key",
        "pharmacy",
        request,
        Code::KEY_SMALL_ORDER,
    );
    let mut request = Request::prescription(&sound);
    request.calls[0].input.push(0);
    is_charged(
        &mut world,
        "a byte too many",
        "pharmacy",
        request,
        Code::BAD_INPUT,
    );
}

#[test]
fn the_prescriptions_own_state() {
    let mut world = world();
    let now = world.now();

    let mut late = metformin(60, now);
    late.until = TimeMs(now.0 + DAY_MS);
    let token = world.issued("expiring", vec![late]);
    let mut early = metformin(60, now);
    early.not_before = TimeMs(now.0 + 5 * DAY_MS);
    let not_yet = world.issued("for later", vec![early]);
    let cancelled = world.issued("cancelled", vec![metformin(60, now)]);
    world.apply("clinic", cancel(cancelled.group, FIRST));
    world.advance(DAY_MS);
    for (case, token, code) in [
        ("expired", &token, Code::EXPIRED),
        ("not yet valid", &not_yet, Code::NOT_YET),
        ("cancelled", &cancelled, Code::CANCELLED),
    ] {
        let qr = world.fresh_qr(token);
        let request = hold(&world.network, "pharmacy", FIRST, &qr);
        is_charged(&mut world, case, "pharmacy", request, code);
    }

    let token = world.issued("held", vec![metformin(60, world.now())]);
    world.held("pharmacy", &token);
    let qr = world.fresh_qr(&token);
    let request = hold(&world.network, "rival", FIRST, &qr);
    let receipt = is_charged(
        &mut world,
        "held elsewhere",
        "rival",
        request,
        Code::WITH_ANOTHER_DISPENSER,
    );
    let holder = senim_types::Status::Refused {
        code: Code::WITH_ANOTHER_DISPENSER,
        detail: 20u32.to_be_bytes().to_vec(),
    };
    assert_eq!(receipt.status, holder, "the answer names the holder");
    let dispensing = |world: &World, key| {
        let lines = vec![people::line(0, metformin_pack(1), 60, PRICE)];
        people::dispense(&world.network, token.group, lines, &key)
    };
    let request = dispensing(&world, hold_key("rival", token.group));
    is_charged(
        &mut world,
        "wrong hold key",
        "pharmacy",
        request,
        Code::WRONG_HOLD_KEY,
    );
    let request = dispensing(&world, hold_key("pharmacy", token.group));
    let mut unsigned = request.clone();
    unsigned.witnesses.clear();
    is_charged(
        &mut world,
        "no hold key",
        "pharmacy",
        unsigned,
        Code::WRONG_HOLD_KEY,
    );
    is_charged(
        &mut world,
        "by another pharmacy",
        "rival",
        request.clone(),
        Code::WITH_ANOTHER_DISPENSER,
    );
    // The signature is for these lines and no others.
    let mut dearer = request.clone();
    let lines = vec![people::line(0, metformin_pack(1), 60, METFORMIN_CAP)];
    dearer.calls = people::dispense(&world.network, token.group, lines, &secret("x")).calls;
    is_charged(
        &mut world,
        "other lines than signed",
        "pharmacy",
        dearer,
        Code::WRONG_HOLD_KEY,
    );
    world.advance(3 * 60 * 60 * 1000);
    is_charged(
        &mut world,
        "lease over",
        "pharmacy",
        request,
        Code::LEASE_EXPIRED,
    );
    let ready = world.issued("never held", vec![metformin(60, world.now())]);
    let request = world.dispensing("pharmacy", &ready, metformin_pack(1), 60, PRICE);
    is_charged(&mut world, "not held", "pharmacy", request, Code::NOT_HELD);
}

#[test]
fn live_qrs() {
    let mut world = world();
    let token = world.issued(
        "of a person",
        vec![metformin(60, world.now()), metformin(30, world.now())],
    );
    let other = world.issued("of another", vec![metformin(60, world.now())]);

    let qr = world.fresh_qr(&token);
    let of_another = {
        // The other person's QR, with this prescription's number on the hold.
        let qr = other.qr(&world.network, FIRST, world.now(), 60_000);
        let mut request = hold(&world.network, "pharmacy", FIRST, &qr);
        let Ok(prescription::Execute::Hold {
            items,
            hold_key,
            proof,
            ..
        }) = borsh::from_slice(&request.calls[0].input)
        else {
            panic!("not a hold")
        };
        let moved = prescription::Execute::Hold {
            group: token.group,
            items,
            hold_key,
            proof,
        };
        request.calls = Request::prescription(&moved).calls;
        request
    };
    is_charged(
        &mut world,
        "QR of another token",
        "pharmacy",
        of_another,
        Code::QR_OTHER_TOKEN,
    );
    let request = hold(&world.network, "pharmacy", ItemMask(2), &qr);
    is_charged(
        &mut world,
        "QR that does not open the item",
        "pharmacy",
        request,
        Code::QR_OTHER_TOKEN,
    );
    let stolen = senim_tests::world::people::Token {
        group: token.group,
        key: other.key.clone(),
    };
    let qr_of_thief = world.fresh_qr(&stolen);
    let request = hold(&world.network, "pharmacy", FIRST, &qr_of_thief);
    is_charged(
        &mut world,
        "QR signed by another",
        "pharmacy",
        request,
        Code::QR_NOT_SIGNED,
    );
    let request = hold(
        &world.network,
        "pharmacy",
        FIRST,
        &token.qr(&world.network, FIRST, world.now(), 301_000),
    );
    is_charged(
        &mut world,
        "QR for longer than the programme allows",
        "pharmacy",
        request,
        Code::QR_WINDOW,
    );
    let ahead = TimeMs(world.now().0 + DAY_MS);
    let request = hold(
        &world.network,
        "pharmacy",
        FIRST,
        &token.qr(&world.network, FIRST, ahead, 60_000),
    );
    is_charged(
        &mut world,
        "QR of tomorrow",
        "pharmacy",
        request,
        Code::QR_WINDOW,
    );
    let old = hold(&world.network, "pharmacy", FIRST, &qr);
    world.advance(60_001);
    is_charged(&mut world, "QR expired", "pharmacy", old, Code::QR_EXPIRED);

    let qr = world.fresh_qr(&token);
    let request = hold(&world.network, "pharmacy", FIRST, &qr);
    world.apply("pharmacy", request.clone());
    is_charged(
        &mut world,
        "QR replayed",
        "pharmacy",
        request,
        Code::QR_REPLAYED,
    );
    let request = hold(&world.network, "pharmacy-2", FIRST, &qr);
    is_charged(
        &mut world,
        "QR replayed at another till",
        "pharmacy-2",
        request,
        Code::QR_REPLAYED,
    );
}

#[test]
fn a_hold_copied_from_a_pending_transaction() {
    let mut world = world();
    let token = world.issued("of a person", vec![metformin(60, world.now())]);
    let qr = world.fresh_qr(&token);
    let request = hold(&world.network, "pharmacy", FIRST, &qr);
    // The rival sees the transaction before it is in a block, and is faster. It has all that the ledger
    // will have of the QR; what signs the hold is in the picture only.
    let mut own_hold = request.clone();
    own_hold.calls = hold(&world.network, "rival", FIRST, &qr).calls;
    let mut other_key = qr.clone();
    other_key.ephemeral = secret("of the rival");
    let own_signature = hold(&world.network, "rival", FIRST, &other_key);
    other_key.statement.ephemeral = other_key.ephemeral.public();
    let own_statement = hold(&world.network, "rival", FIRST, &other_key);
    let unsigned = Code::HOLD_NOT_SIGNED;
    let copies = [
        ("word for word", request.clone(), unsigned),
        ("with its own hold key", own_hold, unsigned),
        ("signed by a key of its own", own_signature, unsigned),
        (
            "with a key of its own in the QR's statement",
            own_statement,
            Code::QR_NOT_SIGNED,
        ),
    ];
    let mut copied = Vec::new();
    for (case, copy, code) in copies {
        let signed = world.sign("rival", copy);
        assert!(
            matches!(
                world.offer(0, &codec::encode(&signed)),
                SubmitAnswer::Accepted(_)
            ),
            "{case}"
        );
        copied.push((case, signed.hash(), code));
    }
    let signed = world.sign("pharmacy", request);
    assert!(matches!(
        world.offer(0, &codec::encode(&signed)),
        SubmitAnswer::Accepted(_)
    ));
    world.settle();
    let own = world.proof(&signed.hash()).receipt;
    for (case, copy, code) in copied {
        let receipt = world.proof(&copy).receipt;
        assert_eq!(receipt.status.code(), Some(code), "{case}");
        assert!(
            (receipt.height, receipt.index) < (own.height, own.index),
            "{case}: the copy came first"
        );
    }
    assert!(own.status.is_applied());
    assert_eq!(world.group(token.group).statuses, [ItemStatus::Held]);
    assert_eq!(world.group(token.group).group.holds[0].org, OrgId(20));
}
