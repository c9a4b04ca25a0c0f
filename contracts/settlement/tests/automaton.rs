//! The automaton of an act, whole: from each state, every input.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::settlement::record::{ActRecord, BankAnswer, Payment, act_key};
use senim_abi::settlement::{ActState, Execute, SettlementKind, Signed};
use senim_abi::treasury::record::{ClaimRecord, claim_key};
use senim_abi::{SETTLEMENT, TREASURY, treasury};
use senim_sdk::codec;
use senim_sdk::testing::{Actor, key_of};
use senim_types::{Code, TimeMs, TiynTotal};

const ACT: senim_abi::settlement::ActId = act_of(CATERER, JANUARY, 0);
use ActState::*;

const STATES: [ActState; 9] = [
    Generated,
    SignedByProvider,
    Accepted,
    PaymentPending,
    Paid,
    Disputed,
    Corrected,
    PaymentFailed,
    Returned,
];

/// A bank-paid act that is in this state, as if by the way that leads there.
fn in_state(state: ActState) -> World {
    let mut world = World::of(SettlementKind::BankFile);
    world.posted(1, 1_000);
    world.in_february();
    let by = Signed {
        device: key_of(4),
        at: TimeMs(1),
    };
    let mut act = world.act(ACT);
    act.state = state;
    let is_accepted = matches!(
        state,
        Accepted | PaymentPending | Paid | PaymentFailed | Returned
    );
    act.signed = (is_accepted || state == SignedByProvider).then_some(by);
    act.accepted = is_accepted.then_some(by);
    let is_ordered = matches!(state, PaymentPending | Paid | PaymentFailed | Returned);
    act.payment = is_ordered.then_some(Payment {
        attempt: 1,
        file: hash(1),
        details: hash(8_000),
        ordered_at: TimeMs(1),
        answer: (state != PaymentPending).then_some(BankAnswer {
            message: hash(2),
            reason: [0; 4],
        }),
        refused_late: None,
        returned: u32::from(state == Returned),
    });
    let key = act_key(&ACT).in_state_of(SETTLEMENT);
    world.env.plant(key, codec::encode(&ActRecord::from(act)));
    if state == Paid {
        let record = ClaimRecord::from(treasury::Claim {
            settled: TiynTotal(1_000),
            ..world.claim(JANUARY)
        });
        let key = claim_key(CATERER, MEALS, JANUARY).in_state_of(TREASURY);
        world.env.plant(key, codec::encode(&record));
    }
    world
}

/// What an input leads to: another state, nothing (it was so before), or a refusal.
#[derive(Debug, PartialEq, Eq)]
enum To {
    State(ActState),
    Same,
    Refused(Code),
}

#[test]
fn every_input_in_every_state() {
    let no = || To::Refused(Code::WRONG_STATE);
    let unknown = || To::Refused(Code::PAYMENT_UNKNOWN);
    type Make = fn(&mut World) -> Execute;
    let inputs: [(&str, Actor, Make); 9] = [
        ("sign", caterer(), |world| Execute::Sign {
            act: ACT,
            hash: world.act(ACT).body.hash(),
        }),
        ("accept", city(), |world| world.accept(ACT)),
        ("dispute", city(), |world| world.dispute(ACT, &[])),
        ("withdraw", city(), |_| Execute::WithdrawDispute {
            act: ACT,
        }),
        ("correct", caterer(), |_| correct(ACT, &[(1, 1)])),
        ("order", city(), |world| {
            let made = world.act(ACT).payment.map_or(0, |payment| payment.attempt);
            order(ACT, made + 1, 5)
        }),
        ("confirm", city(), |_| confirm(ACT, 1, 1_000)),
        ("fail", city(), |_| fail(ACT, 1)),
        ("return", city(), |_| give_back(ACT, 1, 1_000)),
    ];
    for state in STATES {
        for (name, actor, make) in &inputs {
            let mut world = in_state(state);
            let message = make(&mut world);
            let outcome = world.by(*actor, &message);
            let got = match outcome.code() {
                Some(code) => To::Refused(code),
                None if outcome.writes.is_empty() => To::Same,
                None => To::State(world.act(ACT).state),
            };
            let expected = match (state, *name) {
                (Generated, "sign") => To::State(SignedByProvider),
                (
                    SignedByProvider | Accepted | PaymentPending | Paid | PaymentFailed | Returned,
                    "sign",
                ) => To::Same,
                (SignedByProvider, "accept") => To::State(Accepted),
                (Accepted | PaymentPending | Paid | PaymentFailed | Returned, "accept") => To::Same,
                (Generated | SignedByProvider, "dispute") => To::State(Disputed),
                (Disputed, "withdraw") => To::State(Generated),
                (Disputed, "correct") => To::State(Corrected),
                (Accepted | PaymentFailed | Returned, "order") => To::State(PaymentPending),
                (PaymentPending, "order") => To::Refused(Code::PAYMENT_EXISTS),
                (PaymentPending | PaymentFailed, "confirm") => To::State(Paid),
                (Paid, "confirm") => To::Same,
                (PaymentPending, "fail") => To::State(PaymentFailed),
                (PaymentFailed | Returned, "fail") => To::Same,
                // Kept, and told; where the money is, the account says.
                (Paid, "fail") => To::State(Paid),
                (PaymentPending | Paid | PaymentFailed, "return") => To::State(Returned),
                (Returned, "return") => To::Same,
                (Returned, "confirm") => To::Refused(Code::PAYMENT_RETURNED),
                (
                    Generated | SignedByProvider | Accepted | Disputed | Corrected,
                    "confirm" | "fail" | "return",
                ) => unknown(),
                _ => no(),
            };
            assert_eq!(got, expected, "{name} in {state:?}");
        }
    }
}
