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

/// It was in force when the meal was served, and counts when the meal is posted.
fn end_terms(world: &mut World) {
    let message = treasury::Execute::SetTerms {
        payer: EDUCATION,
        programme: MEALS,
        provider: CATERER,
        agreement: Hash([7; 32]),
        from: TimeMs(0),
        until: world.env.time(),
        ceiling: Tiyn(1_000_000),
        vat_basis_points: 0,
        kind: SettlementKind::TengeAtRedemption,
    };
    let env = &mut world.env;
    let outcome = env.execute_as(SETTLEMENT, &education(), TREASURY, &message);
    assert_eq!(outcome.code(), None, "{outcome:?}");
}
