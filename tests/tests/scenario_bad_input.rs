//! Bad input: each has its own code, and changes nothing but the used sequence number.
//!
//! Two kinds. What is refused *at admission* leaves no trace: no block, no key of the state. What is
//! *charged* uses the device's sequence number and has a receipt, and no other key changes.

use senim_abi::ledger::keys;
use senim_abi::prescription::msg::{self as prescription, Proof};
use senim_abi::prescription::{ItemMask, ItemStatus};
use senim_abi::registry::{self, Standing};
use senim_replica::{MempoolLimits, SubmitAnswer};
use senim_tests::world::people::{
    self, DAY_MS, METFORMIN, METFORMIN_CAP, Request, amlodipine, cancel, device_standing, hold,
    hold_key, metformin, metformin_pack, pack,
};
use senim_tests::world::{Options, World, secret, sign};
use senim_types::limits::{
    SEQUENCE_WINDOW, TRANSACTION_BYTES_MAX, VALID_UNTIL_AHEAD_MS_MAX, WITNESSES_MAX,
};
use senim_types::{
    ChainId, Code, Domain, Hash, OrgId, Receipt, Signature, SignedTransaction, TimeMs, Tiyn, codec,
};
use std::collections::BTreeSet;

const PRICE: Tiyn = Tiyn(140_000);
const FIRST: ItemMask = ItemMask(1);

/// Refused at admission: the answer is `code`, and neither the tip nor any key of the state changes.
fn leaves_no_trace(world: &mut World, case: &str, bytes: &[u8], code: Code) {
    let (state, tip) = (world.nodes[0].state(), world.nodes[0].tip());
    assert_eq!(world.deliver(bytes), Err(code), "{case}");
    world.advance(1_000);
    assert_eq!(world.nodes[0].tip(), tip, "{case}: no block was made");
    assert_eq!(world.nodes[0].status().mempool, 0, "{case}: nothing waits");
    assert_eq!(world.nodes[0].state(), state, "{case}: no key changed");
}

/// Charged: the receipt has `code`, and of the whole state only the device's sequence window changes.
fn is_charged(
    world: &mut World,
    case: &str,
    device: &str,
    request: Request,
    code: Code,
) -> Receipt {
    let before = world.nodes[0].state();
    let receipt = world
        .submit(device, request)
        .unwrap_or_else(|code| panic!("{case}: {code}"));
    assert_eq!(receipt.status.code(), Some(code), "{case}");
    assert!(
        receipt.events.is_empty() && receipt.outputs.is_empty(),
        "{case}: nothing happened"
    );
    let after = world.nodes[0].state();
    let keys: BTreeSet<&Vec<u8>> = before.keys().chain(after.keys()).collect();
    let changed: Vec<&Vec<u8>> = keys
        .into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .collect();
    let window = keys::sequence(&world.network.device(device).public());
    assert_eq!(
        changed,
        [&window],
        "{case}: only the sequence window changes"
    );
    receipt
}

fn world() -> World {
    World::of(1, 11)
}

/// A harmless transaction of the fund's.
fn allotment(world: &mut World) -> SignedTransaction {
    world.sign("fund", people::allot("a harmless one", Tiyn(1)))
}

/// The same transaction with its body changed and signed again.
fn resigned(
    world: &World,
    signed: &SignedTransaction,
    change: impl FnOnce(&mut SignedTransaction),
) -> Vec<u8> {
    let mut changed = signed.clone();
    change(&mut changed);
    let signatures = changed.witness_signatures.clone();
    codec::encode(
        &world
            .network
            .device("fund")
            .sign_transaction(changed.body, signatures),
    )
}

#[test]
fn bytes_that_are_no_transaction() {
    let mut world = world();
    let sound = codec::encode(&allotment(&mut world));
    leaves_no_trace(&mut world, "words", b"not a transaction", Code::MALFORMED);
    leaves_no_trace(&mut world, "nothing", b"", Code::MALFORMED);
    leaves_no_trace(
        &mut world,
        "cut off",
        &sound[..sound.len() - 1],
        Code::MALFORMED,
    );
    leaves_no_trace(
        &mut world,
        "a byte too many",
        &[&sound[..], &[0]].concat(),
        Code::MALFORMED,
    );
    let other_scheme = {
        let mut bytes = sound.clone();
        bytes[DEVICE_AT] = 9;
        bytes
    };
    leaves_no_trace(
        &mut world,
        "an unknown scheme of keys",
        &other_scheme,
        Code::MALFORMED,
    );
    // What was refused in other shapes is good in its own.
    assert!(world.deliver(&sound).expect("admitted").status.is_applied());
}

#[test]
fn a_transaction_beyond_the_limits() {
    let mut world = world();
    let sound = allotment(&mut world);
    let call = sound.body.calls[0].clone();
    let statement = secret("anybody")
        .witness(Domain::Qr, &world.network.chain, vec![1])
        .0;
    let table: Vec<(&str, Code, Vec<u8>)> = vec![
        (
            "oversized",
            Code::TOO_LARGE,
            resigned(&world, &sound, |t| {
                t.body.calls[0].input.resize(TRANSACTION_BYTES_MAX, 0);
            }),
        ),
        (
            "no call",
            Code::CALL_COUNT,
            resigned(&world, &sound, |t| t.body.calls.clear()),
        ),
        (
            "nine calls",
            Code::CALL_COUNT,
            resigned(&world, &sound, |t| t.body.calls = vec![call; 9]),
        ),
        (
            "too many witnesses",
            Code::WITNESS_COUNT,
            resigned(&world, &sound, |t| {
                t.body.witnesses = vec![statement.clone(); WITNESSES_MAX + 1];
                t.witness_signatures = vec![Signature([0; 64]); WITNESSES_MAX + 1];
            }),
        ),
        (
            "a witness without its signature",
            Code::WITNESS_COUNT,
            resigned(&world, &sound, |t| {
                t.body.witnesses = vec![statement.clone()];
            }),
        ),
        (
            "a statement that only the protocol may make",
            Code::WITNESS_DOMAIN,
            resigned(&world, &sound, |t| {
                let mut statement = statement.clone();
                statement.domain = Domain::Precommit;
                t.body.witnesses = vec![statement];
                t.witness_signatures = vec![Signature([0; 64])];
            }),
        ),
        (
            "another version",
            Code::WRONG_VERSION,
            resigned(&world, &sound, |t| t.body.version = 2),
        ),
    ];
    for (case, code, bytes) in table {
        leaves_no_trace(&mut world, case, &bytes, code);
    }
}

#[test]
fn signatures_and_keys() {
    let mut world = world();
    let sound = allotment(&mut world);
    let bytes = codec::encode(&sound);
    let elsewhere = resigned(&world, &sound, |t| {
        t.body.chain = ChainId(Hash::of(b"another chain"))
    });
    leaves_no_trace(
        &mut world,
        "for another chain",
        &elsewhere,
        Code::WRONG_CHAIN,
    );
    let mut forged = sound.clone();
    forged.device_signature.0[40] ^= 1;
    leaves_no_trace(
        &mut world,
        "bad signature",
        &codec::encode(&forged),
        Code::BAD_SIGNATURE,
    );
    let mut altered = sound.clone();
    altered.body.calls[0].input[1] ^= 1;
    leaves_no_trace(
        &mut world,
        "altered on the way",
        &codec::encode(&altered),
        Code::BAD_SIGNATURE,
    );

    let token = world.issued("of a person", vec![metformin(60, world.now())]);
    let qr = world.fresh_qr(&token);
    let holding = hold(&world.network, "pharmacy", FIRST, &qr);
    let mut signed = world.sign("pharmacy", holding);
    signed.witness_signatures.swap(0, 1);
    leaves_no_trace(
        &mut world,
        "bad witness",
        &codec::encode(&signed),
        Code::BAD_WITNESS,
    );

    // A key that is none is found before any signature is looked at: as device, and as witness.
    let witness = {
        let (statement, signature) =
            secret("anybody").witness(Domain::Qr, &world.network.chain, vec![1]);
        let signed = resigned(&world, &sound, |t| {
            t.body.witnesses = vec![statement.clone()];
            t.witness_signatures = vec![signature];
        });
        let at = signed
            .windows(33)
            .position(|part| part == statement.key.encoded())
            .expect("it is in there");
        (signed, at)
    };
    for (place, (mut bytes, at)) in [("device", (bytes, DEVICE_AT)), ("witness", witness)] {
        for (key, code) in BAD_KEYS {
            bytes[at + 1..at + 33].copy_from_slice(&key);
            leaves_no_trace(&mut world, &format!("{code} as {place}"), &bytes, code);
        }
        // Two bytes that are the x of no point.
        bytes[at + 1..at + 33].copy_from_slice(&OFF_CURVE);
        let code = if place == "device" {
            Code::BAD_SIGNATURE
        } else {
            Code::BAD_WITNESS
        };
        let bytes = if place == "device" {
            bytes
        } else {
            let changed = SignedTransaction::decode(&bytes).expect("of the right shape");
            resigned(&world, &changed, |_| ())
        };
        leaves_no_trace(
            &mut world,
            &format!("off the curve as {place}"),
            &bytes,
            code,
        );
    }
}

/// Where the device's scheme byte stands: after version (2) and chain (32).
const DEVICE_AT: usize = 34;
/// y = 2 has no x.
const OFF_CURVE: [u8; 32] = {
    let mut key = [0; 32];
    key[0] = 2;
    key
};
const BAD_KEYS: [([u8; 32], Code); 4] = {
    let mut identity = [0; 32];
    identity[0] = 1;
    let zero = [0; 32];
    // 2^255 - 19 + 1: the identity's y, not reduced.
    let mut unreduced = [0xff; 32];
    unreduced[0] = 0xee;
    unreduced[31] = 0x7f;
    let mut unreduced_signed = unreduced;
    unreduced_signed[0] = 0xf0;
    unreduced_signed[31] = 0xff;
    [
        (identity, Code::KEY_SMALL_ORDER),
        (zero, Code::KEY_SMALL_ORDER),
        (unreduced, Code::KEY_NOT_CANONICAL),
        (unreduced_signed, Code::KEY_NOT_CANONICAL),
    ]
};

#[test]
fn replays_and_time() {
    let mut world = world();
    let signed = allotment(&mut world);
    let bytes = codec::encode(&signed);
    let receipt = world.deliver(&bytes).expect("admitted");
    let (state, tip) = (world.nodes[0].state(), world.nodes[0].tip());
    assert_eq!(
        world.deliver(&bytes),
        Ok(receipt.clone()),
        "the same again has the same receipt"
    );
    assert_eq!(
        (world.nodes[0].state(), world.nodes[0].tip()),
        (state, tip),
        "and changes nothing"
    );

    let other_body = |world: &World, sequence| {
        let device = world.network.device("fund").clone();
        let valid_until = TimeMs(world.now().0 + 60_000);
        codec::encode(&sign(
            &world.network,
            &device,
            sequence,
            valid_until,
            people::allot("other", Tiyn(2)),
        ))
    };
    let body = other_body(&world, signed.body.sequence);
    leaves_no_trace(
        &mut world,
        "another body, just after",
        &body,
        Code::SEQUENCE_USED,
    );
    for number in 0..3 {
        world.apply("fund", people::allot(&format!("later {number}"), Tiyn(1)));
    }
    leaves_no_trace(
        &mut world,
        "another body, later",
        &body,
        Code::SEQUENCE_USED,
    );
    assert_eq!(
        world.deliver(&bytes),
        Ok(receipt.clone()),
        "still the same receipt"
    );
    let next = world.next_sequence("fund");
    let far = other_body(&world, next + SEQUENCE_WINDOW);
    leaves_no_trace(&mut world, "above the window", &far, Code::SEQUENCE_TOO_FAR);

    // While it waits for a block, too: the pace of blocks lets one wait behind another.
    let ahead = world.sign("fund", people::allot("ahead of it", Tiyn(1)));
    world.offer(0, &codec::encode(&ahead));
    let waiting = world.sign("fund", people::allot("waiting", Tiyn(1)));
    let bytes_waiting = codec::encode(&waiting);
    let other = other_body(&world, waiting.body.sequence);
    assert!(matches!(
        world.offer(0, &bytes_waiting),
        SubmitAnswer::Accepted(_)
    ));
    assert!(
        matches!(world.offer(0, &bytes_waiting), SubmitAnswer::Accepted(_)),
        "the same again"
    );
    assert_eq!(
        world.offer(0, &other),
        SubmitAnswer::Refused(Code::SEQUENCE_USED)
    );
    world.settle();

    let device = world.network.device("fund").clone();
    let next = world.next_sequence("fund");
    let until = |world: &World, time| {
        codec::encode(&sign(
            &world.network,
            &device,
            next,
            TimeMs(time),
            people::allot("timed", Tiyn(1)),
        ))
    };
    let late = until(&world, world.now().0 - 1);
    leaves_no_trace(&mut world, "expired", &late, Code::TRANSACTION_EXPIRED);
    let far = until(&world, world.now().0 + VALID_UNTIL_AHEAD_MS_MAX + 60_000);
    leaves_no_trace(&mut world, "too far ahead", &far, Code::VALID_UNTIL_TOO_FAR);

    // A committed transaction has its receipt long after its time.
    world.advance(2 * DAY_MS);
    assert_eq!(world.deliver(&bytes), Ok(receipt));
}

#[test]
fn unknown_and_suspended_devices() {
    let mut world = world();
    let stranger = secret("a stranger");
    let valid_until = TimeMs(world.now().0 + 60_000);
    let signed = sign(
        &world.network,
        &stranger,
        0,
        valid_until,
        people::allot("a gift", Tiyn(1)),
    );
    leaves_no_trace(
        &mut world,
        "unknown",
        &codec::encode(&signed),
        Code::DEVICE_UNKNOWN,
    );

    let till = world.network.device("pharmacy-2").public();
    let attempt = |world: &mut World| {
        let key = world.network.device("pharmacy-2").clone();
        let (next, until) = (
            world.next_sequence("pharmacy-2"),
            TimeMs(world.now().0 + 60_000),
        );
        let request = cancel(world_group(), FIRST);
        codec::encode(&sign(&world.network, &key, next, until, request))
    };
    world.apply("operator", device_standing(till, Standing::Suspended));
    let bytes = attempt(&mut world);
    leaves_no_trace(&mut world, "suspended", &bytes, Code::DEVICE_SUSPENDED);
    world.apply("operator", device_standing(till, Standing::Active));
    let request = cancel(world_group(), FIRST);
    is_charged(
        &mut world,
        "active again",
        "pharmacy-2",
        request,
        Code::ROLE_NOT_ALLOWED,
    );
    world.apply("operator", device_standing(till, Standing::Revoked));
    let bytes = attempt(&mut world);
    leaves_no_trace(&mut world, "revoked", &bytes, Code::DEVICE_SUSPENDED);

    let standing = |standing| {
        Request::registry(&registry::Execute::SetOrganisationStanding {
            org: OrgId(21),
            standing,
        })
    };
    world.apply("operator", standing(Standing::Suspended));
    let rival = world.network.device("rival").clone();
    let until = TimeMs(world.now().0 + 60_000);
    let signed = sign(
        &world.network,
        &rival,
        0,
        until,
        cancel(world_group(), FIRST),
    );
    leaves_no_trace(
        &mut world,
        "of a suspended organisation",
        &codec::encode(&signed),
        Code::ORGANISATION_SUSPENDED,
    );
    world.apply("operator", standing(Standing::Active));
    is_charged(
        &mut world,
        "active again",
        "rival",
        cancel(world_group(), FIRST),
        Code::ROLE_NOT_ALLOWED,
    );
}

/// A prescription that does not exist.
fn world_group() -> senim_abi::prescription::GroupId {
    senim_abi::prescription::GroupId(Hash::of(b"no prescription"))
}

#[test]
fn a_suspension_reaches_what_waits() {
    let mut world = world();
    let till = world.network.device("pharmacy-2").public();
    let suspend = world.sign("operator", device_standing(till, Standing::Suspended));
    let waiting = world.sign("pharmacy-2", cancel(world_group(), FIRST));
    assert!(matches!(
        world.offer(0, &codec::encode(&suspend)),
        SubmitAnswer::Accepted(_)
    ));
    assert!(matches!(
        world.offer(0, &codec::encode(&waiting)),
        SubmitAnswer::Accepted(_)
    ));
    world.settle();
    assert_eq!(
        world.nodes[0].dropped.get(&waiting.hash()),
        Some(&Code::DEVICE_SUSPENDED)
    );
    assert!(!world.nodes[0].has(&waiting.hash()));
}

#[test]
fn full_mempool_and_device_rate() {
    let limits = [
        (
            MempoolLimits {
                transactions_max: 2,
                ..MempoolLimits::default()
            },
            Code::MEMPOOL_FULL,
        ),
        (
            MempoolLimits {
                bytes_max: 500,
                ..MempoolLimits::default()
            },
            Code::MEMPOOL_FULL,
        ),
        (
            MempoolLimits {
                per_device_max: 2,
                ..MempoolLimits::default()
            },
            Code::DEVICE_RATE,
        ),
    ];
    for (mempool, code) in limits {
        let mut world = World::new(Options {
            mempool,
            ..Options::new(1, 12)
        });
        let signed: Vec<_> = (0..3)
            .map(|n| world.sign("fund", people::allot(&format!("allotment {n}"), Tiyn(1))))
            .collect();
        let answers: Vec<SubmitAnswer> = signed
            .iter()
            .map(|signed| world.offer(0, &codec::encode(signed)))
            .collect();
        let expected = signed
            .iter()
            .map(|signed| SubmitAnswer::Accepted(signed.hash()));
        assert_eq!(answers[..2], expected.take(2).collect::<Vec<_>>());
        assert_eq!(answers[2], SubmitAnswer::Refused(code));
        // Another device is turned away by a full mempool and not by a busy neighbour.
        let other = world.sign(
            "operator",
            device_standing(world.network.device("rival").public(), Standing::Active),
        );
        let answer = world.offer(0, &codec::encode(&other));
        match code {
            Code::DEVICE_RATE => assert_eq!(answer, SubmitAnswer::Accepted(other.hash())),
            _ => assert_eq!(answer, SubmitAnswer::Refused(code)),
        }
        world.settle();
        assert!(
            !world.nodes[0].has(&signed[2].hash()),
            "{code}: it left no trace"
        );
        // Once there is room, the very same transaction is taken.
        assert!(
            world
                .deliver(&codec::encode(&signed[2]))
                .expect("room now")
                .status
                .is_applied()
        );
    }
}

#[test]
fn roles() {
    let mut world = world();
    let table: [(&str, Request); 5] = [
        (
            "rival",
            people::issue(secret("t").public(), vec![metformin(60, world.now())]),
        ),
        ("clinic", people::allot("not the clinic's", Tiyn(1))),
        (
            "pharmacy",
            people::introduce(METFORMIN, "OWN", "2031-01-31", OrgId(20), &["X1"]),
        ),
        ("fund", people::recall(METFORMIN, "M2601")),
        (
            "treasury",
            Request::registry(&registry::Execute::RemoveValidator {
                validator: world.nodes[0].key,
            }),
        ),
    ];
    for (device, request) in table {
        is_charged(&mut world, device, device, request, Code::ROLE_NOT_ALLOWED);
    }
    // Every administrator manages devices, of its own organisation alone.
    let foreign = device_standing(world.network.device("fund").public(), Standing::Revoked);
    is_charged(
        &mut world,
        "another's device",
        "treasury",
        foreign,
        Code::NOT_AUTHORISED,
    );
    // A pack supplied, or money moved, by a device instead of a contract: nobody has that right.
    let pay = senim_abi::treasury::Execute::Pay {
        id: Hash::of(b"to myself"),
        budget: people::BUDGET,
        provider: OrgId(20),
        amount: Tiyn(1),
        reference: Hash::ZERO,
    };
    is_charged(
        &mut world,
        "no back door",
        "fund",
        Request::treasury(&pay),
        Code::ROLE_NOT_ALLOWED,
    );
}

#[test]
fn messages_that_are_none_of_the_contracts() {
    let mut world = world();
    let key = secret("hold").public();
    let sound = prescription::Execute::Hold {
        group: world_group(),
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
    input[at + 1..at + 33].copy_from_slice(&BAD_KEYS[0].0);
    is_charged(
        &mut world,
        "a small-order hold key",
        "pharmacy",
        request,
        Code::BAD_INPUT,
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
    // The rival sees the transaction before it is in a block, and is faster.
    let mut own_hold = request.clone();
    own_hold.calls = hold(&world.network, "rival", FIRST, &qr).calls;
    let copies = [
        ("word for word", request.clone()),
        ("with its own hold key", own_hold),
    ];
    let mut copied = Vec::new();
    for (case, copy) in copies {
        let signed = world.sign("rival", copy);
        assert!(
            matches!(
                world.offer(0, &codec::encode(&signed)),
                SubmitAnswer::Accepted(_)
            ),
            "{case}"
        );
        copied.push((case, signed.hash()));
    }
    let signed = world.sign("pharmacy", request);
    assert!(matches!(
        world.offer(0, &codec::encode(&signed)),
        SubmitAnswer::Accepted(_)
    ));
    world.settle();
    for (case, copy) in copied {
        let receipt = world.proof(&copy).receipt;
        assert_eq!(receipt.status.code(), Some(Code::HOLD_NOT_SIGNED), "{case}");
        assert!(
            receipt.height <= world.proof(&signed.hash()).receipt.height,
            "the copy came first"
        );
    }
    assert!(world.proof(&signed.hash()).receipt.status.is_applied());
    assert_eq!(world.group(token.group).statuses, [ItemStatus::Held]);
    assert_eq!(world.group(token.group).group.holds[0].org, OrgId(20));
}

#[test]
fn packs() {
    let mut world = world();
    for (lot, expiry, serials) in [("R1", "2030-01-31", ["R1A"]), ("E1", "2026-02-05", ["E1A"])] {
        world.apply(
            "regulator",
            people::introduce(METFORMIN, lot, expiry, OrgId(20), &serials),
        );
    }
    world.apply("regulator", people::recall(METFORMIN, "R1"));
    world.apply(
        "regulator",
        people::introduce(METFORMIN, "AWAY", "2030-01-31", OrgId(21), &["AWAY1"]),
    );
    world.advance(4 * DAY_MS);
    let first = world.issued("supplied before", vec![metformin(60, world.now())]);
    world.held("pharmacy", &first);
    let request = world.dispensing("pharmacy", &first, metformin_pack(1), 60, PRICE);
    world.apply("pharmacy", request);

    let token = world.issued("of a person", vec![metformin(60, world.now())]);
    world.held("pharmacy", &token);
    let right = metformin_pack(2);
    let table = [
        (
            "unknown",
            pack(METFORMIN, "NEVER", "M2601", "2031-05-31"),
            Code::PACK_UNKNOWN,
        ),
        (
            "of an unknown product",
            pack("04870001009991", "MF0002", "M2601", "2031-05-31"),
            Code::PACK_UNKNOWN,
        ),
        (
            "already supplied",
            metformin_pack(1),
            Code::PACK_ALREADY_SUPPLIED,
        ),
        (
            "recalled",
            pack(METFORMIN, "R1A", "R1", "2030-01-31"),
            Code::PACK_RECALLED,
        ),
        (
            "expired",
            pack(METFORMIN, "E1A", "E1", "2026-02-05"),
            Code::PACK_EXPIRED,
        ),
        (
            "wrong lot",
            pack(METFORMIN, "MF0002", "M2602", "2031-05-31"),
            Code::PACK_LOT_MISMATCH,
        ),
        (
            "wrong expiry",
            pack(METFORMIN, "MF0002", "M2601", "2031-06-30"),
            Code::PACK_EXPIRY_MISMATCH,
        ),
        (
            "elsewhere",
            pack(METFORMIN, "AWAY1", "AWAY", "2030-01-31"),
            Code::PACK_NOT_HERE,
        ),
        (
            "wrong medicine",
            pack(people::AMLODIPINE, "AM0001", "A2604", "2031-02-28"),
            Code::INN_MISMATCH,
        ),
    ];
    for (case, code_of_pack, code) in table {
        let units = if case == "wrong medicine" { 30 } else { 60 };
        let request = world.dispensing("pharmacy", &token, code_of_pack, units, Tiyn(90_000));
        is_charged(&mut world, case, "pharmacy", request, code);
    }
    // A code that no scanner gives: its GTIN has a wrong check digit.
    let mut request = world.dispensing("pharmacy", &token, right, 60, PRICE);
    let gtin = codec::encode(&right.gtin);
    let input = &mut request.calls[0].input;
    let at = input
        .windows(gtin.len())
        .position(|part| part == gtin)
        .expect("it is in there");
    input[at] ^= 1;
    is_charged(
        &mut world,
        "malformed code",
        "pharmacy",
        request,
        Code::BAD_INPUT,
    );

    let table = [
        (
            "more than prescribed",
            61,
            PRICE,
            Code::QTY_EXCEEDS_REMAINING,
        ),
        ("nothing", 0, PRICE, Code::OUT_OF_RANGE),
        (
            "above the cap",
            60,
            Tiyn(METFORMIN_CAP.0 + 1),
            Code::PRICE_ABOVE_CAP,
        ),
    ];
    for (case, units, price, code) in table {
        let request = world.dispensing("pharmacy", &token, right, units, price);
        is_charged(&mut world, case, "pharmacy", request, code);
    }
    // After all that, the right pack at the right price.
    let request = world.dispensing("pharmacy", &token, right, 60, METFORMIN_CAP);
    world.apply("pharmacy", request);

    let large = world.issued("of more than a pack", vec![metformin(120, world.now())]);
    world.held("pharmacy", &large);
    let request = world.dispensing("pharmacy", &large, metformin_pack(3), 61, PRICE);
    is_charged(
        &mut world,
        "more than a pack has",
        "pharmacy",
        request,
        Code::PACK_UNITS_EXCEEDED,
    );
    let mut capped = metformin(60, world.now());
    capped.price_cap = Some(Tiyn(2_000));
    let capped = world.issued("capped by the unit", vec![capped]);
    world.held("pharmacy", &capped);
    let request = world.dispensing("pharmacy", &capped, metformin_pack(3), 60, Tiyn(120_001));
    is_charged(
        &mut world,
        "above the prescription's own cap",
        "pharmacy",
        request,
        Code::PRICE_ABOVE_CAP,
    );
    let weaker = {
        let mut item = metformin(60, world.now());
        item.strength = Some(people::value("850mg"));
        world.issued("of another strength", vec![item])
    };
    world.held("pharmacy", &weaker);
    let request = world.dispensing("pharmacy", &weaker, metformin_pack(3), 60, PRICE);
    is_charged(
        &mut world,
        "wrong strength",
        "pharmacy",
        request,
        Code::STRENGTH_MISMATCH,
    );
}

#[test]
fn what_is_not_borne_and_an_exhausted_budget() {
    let mut world = world();
    let issue = |items| people::issue(secret("t").public(), items);
    let request = issue(vec![metformin(361, world.now())]);
    is_charged(
        &mut world,
        "more than may be prescribed",
        "clinic",
        request,
        Code::MAX_QUANTITY,
    );
    let mut unlisted = amlodipine(30, world.now());
    unlisted.inn = people::value("N02BE01");
    is_charged(
        &mut world,
        "a medicine that is not listed",
        "clinic",
        issue(vec![unlisted]),
        Code::CATEGORY_NOT_ENTITLED,
    );

    let token = world.issued("of a person", vec![metformin(60, world.now())]);
    world.held("pharmacy", &token);
    let available =
        u64::try_from(world.budget().available().0).expect("the devnet is not that rich");
    world.apply(
        "fund",
        people::withdraw("nearly all", Tiyn(available - PRICE.0 + 1)),
    );
    let request = world.dispensing("pharmacy", &token, metformin_pack(1), 60, PRICE);
    is_charged(
        &mut world,
        "budget exhausted",
        "pharmacy",
        request.clone(),
        Code::BUDGET_EXHAUSTED,
    );
    world.apply("fund", people::allot("a tiyn", Tiyn(1)));
    world.apply("pharmacy", request);
    assert_eq!(world.budget().available().0, 0);
    let more = people::withdraw("more than there is", Tiyn(1));
    is_charged(
        &mut world,
        "more than there is",
        "fund",
        more,
        Code::BUDGET_EXHAUSTED,
    );
}
