//! Whole lives of acts: each way of paying, a dispute, what comes back after a month was cut.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::TREASURY;
use senim_abi::settlement::{ActState, Execute, SettlementEvent, SettlementKind};
use senim_abi::treasury::{self, ClaimLine, Issuer, PostingKind, TransferKey, vat_share};
use senim_sdk::Outcome;
use senim_types::{Code, Hash, TimeMs, Tiyn, TiynTotal};

const ACT: senim_abi::settlement::ActId = act_of(CATERER, JANUARY, 0);

#[test]
fn a_month_becomes_an_act_by_itself_and_is_paid_when_the_payer_accepts() {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    let (first_at, amounts) = (world.env.time(), [1_160, 333]);
    world.posted(1, amounts[0]);
    world.posted(2, amounts[1]);
    assert_eq!(world.find(ACT), None);
    // The last instant of January in the programme's civil time, five hours ahead of Greenwich.
    let february = TimeMs(1_801_422_000_000);
    world.env.set_time(TimeMs(february.0 - 1));
    assert!(world.env.serve_due().is_empty());
    world.env.set_time(february);
    let served = world.env.serve_due();
    assert_eq!(served.len(), 1);
    let made = events(&served[0].1);
    assert!(
        matches!(made[..], [SettlementEvent::ActMade { act, .. }] if act == ACT),
        "{made:?}"
    );

    let act = world.act(ACT);
    assert_eq!(act.state, ActState::Generated);
    assert_eq!((act.body.lines, act.body.sum.0), (2, 1_493));
    // 16 % of 1,000; 333 · 0.16 ÷ 1.16 = 45.93: each line is rounded by itself.
    assert_eq!(act.body.vat.0, 160 + 46);
    let chain = amounts
        .iter()
        .zip(1..)
        .fold(Hash::ZERO, |chain, (amount, number)| {
            let line = ClaimLine {
                kind: PostingKind::Pay,
                transfer: TransferKey {
                    issuer: Issuer::Contract(POSTER),
                    id: hash(number),
                },
                reference: hash(number + 1_000_000),
                amount: Tiyn(*amount),
                vat_basis_points: VAT,
                at: first_at,
            };
            line.append_to(&chain)
        });
    assert_eq!(act.body.chain, chain, "the list of its lines reproduces it");

    world.sign(ACT);
    assert_eq!(world.purse(), 0);
    let accept = world.accept(ACT);
    world.done(city(), &accept);
    assert_eq!(world.act(ACT).state, ActState::Paid);
    assert_eq!(world.purse(), 1_493);
    assert_eq!(world.claim(JANUARY).owed(), TiynTotal(0));
    // The same again changes nothing.
    assert!(world.done(city(), &accept).is_empty());
    assert_eq!(world.purse(), 1_493);
}

#[test]
fn a_purse_is_the_providers_own() {
    let mut world = World::of(SettlementKind::TengeAtRedemption);
    world.posted(1, 700);
    world.posted(2, 300);
    assert_eq!(world.purse(), 1_000, "in the transaction of the redemption");
    let mut leave = |actor, number, amount| {
        let outcome =
            world
                .env
                .execute(&actor, senim_abi::TREASURY, &common::leave(number, amount));
        outcome.code()
    };
    assert_eq!(leave(caterer(), 1, 1_001), Some(Code::BUDGET_EXHAUSTED));
    assert_eq!(leave(pharmacy(), 1, 1), Some(Code::BUDGET_EXHAUSTED));
    assert_eq!(leave(caterer(), 1, 0), Some(Code::AMOUNT_ZERO));
    assert_eq!(leave(caterer(), 1, 400), None);
    assert_eq!(leave(caterer(), 1, 400), None, "the same again");
    assert_eq!(leave(caterer(), 1, 500), Some(Code::TRANSFER_EXISTS));
    assert_eq!(world.purse(), 600);

    // The act is a document only: nothing is owed.
    world.in_february();
    let body = world.act(ACT).body;
    assert_eq!((body.sum.0, body.payable), (1_000, Tiyn(0)));
    world.sign(ACT);
    let accept = world.accept(ACT);
    world.done(city(), &accept);
    assert_eq!(world.act(ACT).state, ActState::Paid);
    assert_eq!(world.purse(), 600);
}

#[test]
fn a_bank_pays_after_it_refused_and_says_everything_twice() {
    let mut world = World::of(SettlementKind::BankFile);
    world.posted(1, 1_000);
    world.in_february();
    world.refused(city(), &order(ACT, 1, 1), Code::WRONG_STATE);
    world.sign(ACT);
    let accept = world.accept(ACT);
    world.done(city(), &accept);
    assert_eq!(world.act(ACT).state, ActState::Accepted);
    world.refused(city(), &confirm(ACT, 1, 1_000), Code::PAYMENT_UNKNOWN);

    world.done(city(), &order(ACT, 1, 1));
    // The same again is a success; another file with the act is refused, whatever it calls the attempt.
    assert!(world.done(city(), &order(ACT, 1, 1)).is_empty());
    world.refused(city(), &order(ACT, 1, 2), Code::PAYMENT_EXISTS);
    world.refused(city(), &order(ACT, 2, 2), Code::PAYMENT_EXISTS);
    world.done(city(), &fail(ACT, 1));
    assert!(world.done(city(), &fail(ACT, 1)).is_empty());
    world.refused(city(), &order(ACT, 3, 3), Code::PAYMENT_UNKNOWN);
    world.done(city(), &order(ACT, 2, 2));
    // The bank takes back its first answer, while a second payment is under way: a case for a person.
    world.refused(city(), &confirm(ACT, 1, 1_000), Code::PAYMENT_SUPERSEDED);
    // A refusal that is repeated says nothing new.
    assert!(world.done(city(), &fail(ACT, 1)).is_empty());
    world.refused(city(), &confirm(ACT, 2, 999), Code::PAYMENT_AMOUNT);
    world.refused(city(), &confirm(ACT, 3, 1_000), Code::PAYMENT_UNKNOWN);
    world.refused(city(), &confirm(ACT, 0, 1_000), Code::PAYMENT_UNKNOWN);
    world.done(city(), &confirm(ACT, 2, 1_000));
    assert_eq!(world.act(ACT).state, ActState::Paid);
    assert_eq!(world.claim(JANUARY).settled, TiynTotal(1_000));
    assert!(world.done(city(), &confirm(ACT, 2, 1_000)).is_empty());
    assert_eq!(world.claim(JANUARY).settled, TiynTotal(1_000));
    world.refused(city(), &order(ACT, 3, 3), Code::WRONG_STATE);
    world.refused(city(), &confirm(ACT, 1, 1_000), Code::PAYMENT_SUPERSEDED);
}

#[test]
fn an_answer_that_comes_late_ends_as_paid() {
    let mut world = World::of(SettlementKind::BankFile);
    world.posted(1, 1_000);
    world.in_february();
    world.sign(ACT);
    let accept = world.accept(ACT);
    world.done(city(), &accept);
    world.done(city(), &order(ACT, 1, 1));
    world.done(city(), &fail(ACT, 1));
    assert_eq!(world.act(ACT).state, ActState::PaymentFailed);
    world.done(city(), &confirm(ACT, 1, 1_000));
    assert_eq!(world.act(ACT).state, ActState::Paid);
    world.refused(city(), &order(ACT, 2, 2), Code::WRONG_STATE);
}

#[test]
fn a_disputed_act_is_corrected_by_another_and_the_money_returns_to_its_line() {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    for (number, amount) in [(1, 1_000), (2, 500), (3, 250)] {
        world.posted(number, amount);
    }
    world.in_february();
    world.sign(ACT);
    let dispute = world.dispute(ACT, &[2]);
    world.done(city(), &dispute);
    let accept = world.accept(ACT);
    world.refused(city(), &accept, Code::WRONG_STATE);
    // The provider admits a part of it.
    let outcome = world.by(caterer(), &correct(ACT, &[(2, 200)]));
    let next: Result<senim_abi::settlement::ActId, _> = senim_sdk::codec::decode(outcome.output());
    let corrected = act_of(CATERER, JANUARY, 1);
    assert_eq!(next, Ok(corrected));

    let (original, act) = (world.act(ACT), world.act(corrected));
    assert_eq!(original.state, ActState::Corrected);
    assert_eq!(act.body.corrects, Some(original.body.hash()));
    assert_eq!(act.body.total(), 1_550);
    assert_eq!(act.body.payable, Tiyn(1_550));
    assert_eq!(
        act.body.vat_corrected.0,
        u128::from(vat_share(Tiyn(200), VAT).0)
    );
    // What the original says stays as it was.
    assert_eq!(original.body.payable, Tiyn(1_750));
    assert_eq!((act.body.chain, act.body.lines), (original.body.chain, 3));
    assert_eq!(world.terms().posted, TiynTotal(1_550));

    // Corrected once more: no line twice, and never more than there is.
    let dispute = world.dispute(corrected, &[]);
    world.done(city(), &dispute);
    for (lines, code) in [
        (vec![(2, 100)], Code::DISPUTED_LINE),
        (vec![(1, 100), (1, 100)], Code::DISPUTED_LINE),
        (vec![(1, 0)], Code::DISPUTED_LINE),
        (vec![], Code::DISPUTED_LINE),
        (vec![(1, 1_551)], Code::REVERSAL_EXCEEDS_POSTED),
    ] {
        world.refused(caterer(), &correct(corrected, &lines), code);
    }
    world.done(caterer(), &correct(corrected, &[(3, 250)]));
    let last = act_of(CATERER, JANUARY, 2);
    world.sign(last);
    let accept = world.accept(last);
    world.done(city(), &accept);
    assert_eq!(world.purse(), 1_300);
    assert_eq!(world.claim(JANUARY).owed(), TiynTotal(0));
    // Nothing that was corrected is signed or paid any more.
    for act in [ACT, corrected] {
        let accept = world.accept(act);
        world.refused(city(), &accept, Code::WRONG_STATE);
    }
    assert_eq!(world.acts().len(), 3);
}

#[test]
fn a_dispute_that_is_taken_back_leaves_the_signature() {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    world.posted(1, 1_000);
    world.in_february();
    for signs in [false, true] {
        if signs {
            world.sign(ACT);
        }
        let dispute = world.dispute(ACT, &[]);
        world.done(city(), &dispute);
        world.refused(
            caterer(),
            &Execute::WithdrawDispute { act: ACT },
            Code::NOT_AUTHORISED,
        );
        world.done(city(), &Execute::WithdrawDispute { act: ACT });
        let state = if signs {
            ActState::SignedByProvider
        } else {
            ActState::Generated
        };
        assert_eq!(world.act(ACT).state, state);
    }
}

#[test]
fn what_is_undone_after_the_cut_is_set_off_against_the_next_payment() {
    for kind in [
        SettlementKind::TengeAtAcceptance,
        SettlementKind::TengeAtRedemption,
    ] {
        let mut world = World::of(kind);
        world.posted(1, 1_000);
        world.posted(2, 600);
        world.in_february();
        let january = world.act(ACT);
        assert_eq!(world.reverse(1).code(), None);
        assert_eq!(
            world.act(ACT),
            january,
            "the act that was cut stays as it was"
        );
        world.sign(ACT);
        let accept = world.accept(ACT);
        world.done(city(), &accept);
        assert_eq!(world.purse(), 1_600, "{kind:?}");
        assert_eq!(world.claim(FEBRUARY).excess(), TiynTotal(1_000));

        // February has too little to set it off: the rest goes on to March.
        world.posted(3, 400);
        world.on_day(47);
        let february = world.act(act_of(CATERER, FEBRUARY, 0)).body;
        assert_eq!((february.reversed_lines, february.reversed.0), (1, 1_000));
        assert_eq!((february.total(), february.payable), (-600, Tiyn(0)));
        assert_eq!(world.claim(FEBRUARY).excess(), TiynTotal(600));
        world.posted(4, 900);
        assert_eq!(world.claim(FEBRUARY).excess(), TiynTotal(0));
        world.on_day(78);
        let march = act_of(CATERER, FEBRUARY.next(), 0);
        let body = world.act(march).body;
        assert_eq!(body.set_off, TiynTotal(600));
        world.sign(march);
        let accept = world.accept(march);
        world.done(city(), &accept);
        // 1,600 that were posted and paid, 400 and 900 more, less the 1,000 that were undone.
        assert_eq!(world.purse(), 1_900, "{kind:?}");
        assert_eq!(world.debt(), None);
        assert_eq!(world.terms().posted, TiynTotal(1_900));
    }
}

#[test]
fn a_correction_of_what_was_paid_at_redemption_is_set_off_too() {
    let mut world = World::of(SettlementKind::TengeAtRedemption);
    world.posted(1, 1_000);
    world.in_february();
    let dispute = world.dispute(ACT, &[1]);
    world.done(city(), &dispute);
    world.done(caterer(), &correct(ACT, &[(1, 300)]));
    assert_eq!(world.claim(JANUARY).excess(), TiynTotal(300));
    world.posted(2, 1_000);
    assert_eq!(world.purse(), 1_700);
    assert_eq!(world.claim(JANUARY).excess(), TiynTotal(0));

    // Now a line of February's is undone after it was paid, and then one more of January's is found wrong.
    assert_eq!(world.reverse(2).code(), None);
    assert_eq!(world.claim(FEBRUARY).excess(), TiynTotal(1_000));
    let corrected = act_of(CATERER, JANUARY, 1);
    let dispute = world.dispute(corrected, &[]);
    world.done(city(), &dispute);
    world.done(caterer(), &correct(corrected, &[(9, 100)]));
    assert_eq!(world.claim(JANUARY).excess(), TiynTotal(0));
    assert_eq!(world.claim(FEBRUARY).excess(), TiynTotal(1_100));
}

#[test]
fn months_without_lines_have_no_act_and_the_contracts_end_ends_the_cutting() {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    world.on_day(100);
    assert_eq!(world.acts(), vec![]);
    world.posted(1, 10);
    world.on_day(130);
    assert_eq!(world.acts().len(), 1);
    // The contract ends in December 2027; acts are cut for two months more.
    world.on_day(1_000);
    assert_eq!(world.agreement(CATERER).unwrap().next_cut, None);
    assert_eq!(world.env.due().count(), 0);
    assert_eq!(world.post(2, 10).code(), Some(Code::CONTRACT_NOT_IN_FORCE));
    // Prolonged, it is cut again.
    let Execute::SetAgreement {
        programme,
        provider,
        document,
        from,
        ceiling,
        vat_basis_points,
        kind,
        ..
    } = agreement(CATERER, SettlementKind::TengeAtAcceptance, 500_000)
    else {
        unreachable!()
    };
    let prolonged = Execute::SetAgreement {
        programme,
        provider,
        document,
        from,
        until: TimeMs(1_900_000_000_000),
        ceiling,
        vat_basis_points,
        kind,
    };
    world.done(city(), &prolonged);
    world.posted(2, 10);
    world.on_day(1_031);
    assert_eq!(world.acts().len(), 2);
}

#[test]
fn an_act_that_the_ledger_did_not_make_is_made_by_hand() {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    world.posted(1, 1_000);
    let cut = Execute::Cut {
        programme: MEALS,
        provider: CATERER,
        period: JANUARY,
    };
    world.refused(caterer(), &cut, Code::PERIOD_OPEN);
    // February has begun, and the due-queue has not come to it.
    world.env.advance(17 * DAY_MS);
    world.refused(other_payer(), &cut, Code::NOT_AUTHORISED);
    world.refused(pharmacy(), &cut, Code::NOT_AUTHORISED);
    let answer: Outcome = world
        .by(caterer(), &cut)
        .result
        .map(|mut all| all.remove(0));
    assert_eq!(answer, Ok(senim_sdk::codec::encode(&Some(ACT))));
    let made = world.act(ACT);
    world.in_february();
    assert_eq!(world.act(ACT), made, "one month, one act");
    assert!(world.done(city(), &cut).is_empty());
    // January is cut, so February is what the ledger waits for.
    assert_eq!(world.agreement(CATERER).unwrap().next_cut, Some(FEBRUARY));
    world.posted(2, 1);
    world.on_day(47);
    assert_eq!(world.acts().len(), 2);
}

#[test]
fn what_an_act_says_adds_up_to_what_is_payable() {
    let mut world = World::empty();
    world.confirm_details(caterer(), hash(8_000));
    // Without a contract: 1,000 in January, of which the payer has paid 300.
    world.posted(1, 1_000);
    let settle = treasury::Execute::Settle {
        id: hash(50),
        provider: CATERER,
        programme: MEALS,
        period: JANUARY,
        amount: Tiyn(300),
    };
    assert_eq!(world.env.execute(&city(), TREASURY, &settle).code(), None);
    // Undone in February: the 700 that are not paid make it good, 300 are owed back.
    world.on_day(17);
    assert_eq!(world.reverse(1).code(), None);
    assert_eq!(world.claim(FEBRUARY).made_good.0, 700);
    assert_eq!(world.claim(FEBRUARY).excess().0, 300);
    // A contract begins, and February's work is under it.
    let kind = SettlementKind::TengeAtAcceptance;
    world.done(city(), &agreement(CATERER, kind, 500_000));
    world.posted(2, 5_000);
    world.on_day(17 + 28);
    let body = world.act(act_of(CATERER, FEBRUARY, 0)).body;
    // The money is right: 5,000 less the 300 that were paid for nothing.
    assert_eq!(body.payable, Tiyn(4_700));
    assert_eq!((body.made_good.0, body.paid.0), (700, 0));
    assert_eq!(body.balance(), 4_700);
}
