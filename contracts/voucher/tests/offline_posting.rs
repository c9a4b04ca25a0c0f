//! What the treasury would not post waits for the payer: its refusal would end the transaction, and no record of the file
//! would be taken.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::pad::{Pad, counts};
use common::*;
use senim_abi::treasury::{self, SettlementKind};
use senim_abi::voucher::{Execute, Proof};
use senim_abi::{SETTLEMENT, TREASURY};
use senim_types::{Code, Hash, TimeMs, Tiyn};

/// A meal at this price, what happens before its record is sent, and the code that it is kept with.
type Case = (&'static str, u64, fn(&mut World), Code);

#[test]
fn what_the_treasury_would_not_post_waits_for_the_payer() {
    let cases: [Case; 3] = [
        ("half of a tiyn", 1, |_| (), Code::AMOUNT_ZERO),
        (
            "the line lets the contract pay no more",
            90_000,
            name_nobody,
            Code::NOT_AUTHORISED,
        ),
        (
            "the provider's contract is over",
            90_000,
            end_terms,
            Code::CONTRACT_NOT_IN_FORCE,
        ),
    ];
    for (case, price, before_sending, code) in cases {
        let mut world = World::new();
        let mut rules = rules();
        rules.share_basis_points = 5_000;
        let set = Execute::SetPolicy {
            programme: MEALS,
            policy: policy(rules),
        };
        world.done(education(), &set);
        let pupil = world.issued(10);
        let mut pad = Pad::new(&mut world);
        pad.serve_with(pupil, world.env.time(), Tiyn(price), Proof::Attested);
        world.env.advance(DAY_MS);
        before_sending(&mut world);
        assert_eq!(counts(pad.sent(&mut world)), (0, 1, 0), "{case}");
        assert_eq!(world.codes(), [code], "{case}");
    }
}

fn name_nobody(world: &mut World) {
    let message = treasury::Execute::SetBudgetCallers {
        budget: LINE,
        callers: Vec::new(),
    };
    let outcome = world.env.execute(&education(), TREASURY, &message);
    assert_eq!(outcome.code(), None, "{outcome:?}");
}

/// It had ended before the meal was served.
fn end_terms(world: &mut World) {
    set_terms(world, TimeMs(world.env.time().0 - 2 * DAY_MS));
}

fn set_terms(world: &mut World, until: TimeMs) {
    let message = treasury::Execute::SetTerms {
        payer: EDUCATION,
        programme: MEALS,
        provider: CATERER,
        agreement: Hash([7; 32]),
        from: TimeMs(0),
        until,
        ceiling: Tiyn(1_000_000),
        vat_basis_points: 0,
        kind: SettlementKind::TengeAtRedemption,
    };
    let env = &mut world.env;
    let outcome = env.execute_as(SETTLEMENT, &education(), TREASURY, &message);
    assert_eq!(outcome.code(), None, "{outcome:?}");
}

#[test]
fn a_record_is_paid_under_the_contract_that_was_in_force_when_it_was_made() {
    let mut world = World::new();
    let pupil = world.issued(10);
    let mut pad = Pad::new(&mut world);
    pad.serve(pupil, world.env.time());
    world.env.advance(HOUR_MS);
    let end = world.env.time();
    set_terms(&mut world, end);
    // One more after the contract's end.
    world.env.advance(DAY_MS);
    pad.serve(pupil, world.env.time());
    world.env.advance(DAY_MS);
    assert_eq!(counts(pad.sent(&mut world)), (1, 1, 0));
    assert_eq!(world.codes(), [Code::CONTRACT_NOT_IN_FORCE]);
    let claim = world.claim().unwrap();
    assert_eq!((claim.lines, claim.sum.0), (1, u128::from(PRICE.0)));
    // Nor can the payer pay for what no contract was in force for.
    let answered = world.by(education(), &accept(1)).code();
    assert_eq!(answered, Some(Code::CONTRACT_NOT_IN_FORCE));
}

#[test]
fn a_record_of_a_contract_that_ended_long_ago_is_paid_by_the_payers_word_alone() {
    for (days, paid) in [(16, 1), (17, 0)] {
        let mut world = World::new();
        let pupil = world.issued(10);
        let mut pad = Pad::new(&mut world);
        pad.serve(pupil, world.env.time());
        let end = TimeMs(world.env.time().0 + HOUR_MS);
        set_terms(&mut world, end);
        world.env.advance(days * DAY_MS);
        assert_eq!(counts(pad.sent(&mut world)), (paid, 1 - paid, 0), "{days}");
        if paid == 0 {
            assert_eq!(world.codes(), [Code::CONTRACT_NOT_IN_FORCE]);
            world.done(education(), &accept(0));
        }
        assert_eq!(world.claim().unwrap().sum.0, u128::from(PRICE.0));
    }
}

fn accept(sequence: u64) -> Execute {
    Execute::AnswerExcess {
        programme: MEALS,
        terminal: terminal().device,
        sequence,
        pays: PRICE,
    }
}
