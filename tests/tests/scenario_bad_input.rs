//! Bad input that is refused at admission, or at its edge: each has its own code and leaves no trace.
//!
//! What contracts refuse, charged and changing nothing else, is in `scenario_bad_redemption.rs` and
//! `scenario_bad_packs.rs`; who may not ask at all in `scenario_bad_members.rs`.

use senim_abi::prescription::ItemMask;
use senim_abi::registry::Standing;
use senim_replica::{MempoolLimits, SubmitAnswer};
use senim_tests::world::clients::leaves_no_trace;
use senim_tests::world::people::{self, DAY_MS, device_standing, hold, metformin};
use senim_tests::world::{Options, World, secret, sign};
use senim_types::limits::{
    SEQUENCE_WINDOW, TRANSACTION_BYTES_MAX, VALID_UNTIL_AHEAD_MS_MAX, WITNESSES_MAX,
};
use senim_types::{ChainId, Code, Domain, Hash, Signature, SignedTransaction, TimeMs, Tiyn, codec};

const FIRST: ItemMask = ItemMask(1);

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
