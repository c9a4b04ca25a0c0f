//! A line that is wrong is taken off once: by a correcting act, or where it was dispensed, whichever comes first.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::TREASURY;
use senim_abi::settlement::{ActId, Execute, SettlementKind};
use senim_abi::treasury::msg::BudgetAnswer;
use senim_abi::treasury::{self, Reversed, vat_share};
use senim_sdk::codec;
use senim_types::{Code, Tiyn, TiynTotal};

const ACT: ActId = act_of(CATERER, JANUARY, 0);
const CORRECTED: ActId = act_of(CATERER, JANUARY, 1);

/// January's act of these lines, disputed.
fn disputed(lines: &[(u64, u64)]) -> World {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    for (number, amount) in lines {
        world.posted(*number, *amount);
    }
    world.in_february();
    let dispute = world.dispute(ACT, &[]);
    world.done(city(), &dispute);
    world
}

/// What is back in the city's line, in tiyn.
fn in_the_line(world: &mut World) -> u128 {
    let question = treasury::Query::Budget { budget: LINE };
    let answer = world.env.ask(TREASURY, &question).unwrap();
    let line: BudgetAnswer = codec::decode(&answer).unwrap();
    line.unwrap().available().0
}

#[test]
fn what_a_correction_took_off_is_not_reversed_again() {
    for (corrected, left) in [(400, 600), (1_000, 0)] {
        let mut world = disputed(&[(1, 1_000), (2, 500)]);
        world.done(caterer(), &correct(ACT, &[(1, corrected)]));
        assert_eq!(
            world.terms().posted,
            TiynTotal(1_500 - u128::from(corrected))
        );
        let outcome = world.reverse(1);
        let reversed: Reversed = codec::decode(outcome.output()).unwrap();
        assert_eq!(reversed.amount, Tiyn(left));
        // All of the first line is back, and nothing of the second.
        assert_eq!(in_the_line(&mut world), u128::from(ALLOTTED) - 500);
        assert_eq!(world.terms().posted, TiynTotal(500));
        let february = world.claim(FEBRUARY);
        assert_eq!(february.reversed, TiynTotal(left.into()));
        assert_eq!(february.reversed_lines, u32::from(left > 0));
        let vat = vat_share(Tiyn(left), VAT).0;
        assert_eq!(february.vat_reversed, TiynTotal(vat.into()));
        // Again is the same answer, and moves nothing.
        let again = world.reverse(1);
        assert_eq!(again.output(), outcome.output());
        assert!(again.events.is_empty());
        // What is left of January is paid, and the rest set off.
        world.sign(CORRECTED);
        let accept = world.accept(CORRECTED);
        world.done(city(), &accept);
        assert_eq!(world.purse(), u128::from(1_500 - corrected));
        assert_eq!(world.claim(FEBRUARY).excess(), TiynTotal(left.into()));
    }
}

#[test]
fn what_was_reversed_is_not_corrected_off_again() {
    // Within its month, or after the act was made.
    for day in [0, 17] {
        let mut world = World::of(SettlementKind::TengeAtAcceptance);
        world.posted(1, 1_000);
        world.posted(2, 500);
        world.on_day(day);
        assert_eq!(world.reverse(1).code(), None);
        world.in_february();
        let dispute = world.dispute(ACT, &[1]);
        world.done(city(), &dispute);
        world.refused(caterer(), &correct(ACT, &[(1, 100)]), Code::LINE_REVERSED);
        let both = correct(ACT, &[(2, 100), (1, 100)]);
        world.refused(caterer(), &both, Code::LINE_REVERSED);
        // What was refused left no mark on the line beside it.
        world.done(caterer(), &correct(ACT, &[(2, 500)]));
        assert_eq!(in_the_line(&mut world), u128::from(ALLOTTED));
    }
}

#[test]
fn a_line_is_corrected_once_and_by_no_more_than_was_posted() {
    let mut world = disputed(&[(1, 1_000), (2, 500)]);
    let above = correct(ACT, &[(1, 1_001)]);
    world.refused(caterer(), &above, Code::REVERSAL_EXCEEDS_POSTED);
    // Nor, of what no transfer is known, by more than was posted in all.
    for lines in [&[(9, 1_501)][..], &[(9, 1_000), (1, 501)]] {
        let above = correct(ACT, lines);
        world.refused(caterer(), &above, Code::REVERSAL_EXCEEDS_POSTED);
    }
    world.done(caterer(), &correct(ACT, &[(1, 10)]));
    let dispute = world.dispute(CORRECTED, &[]);
    world.done(city(), &dispute);
    let again = correct(CORRECTED, &[(1, 10)]);
    world.refused(caterer(), &again, Code::DISPUTED_LINE);
}

#[test]
fn a_correction_takes_off_lines_of_its_own_act() {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    world.done(
        city(),
        &agreement(PHARMACY, SettlementKind::TengeAtAcceptance, 500_000),
    );
    world.posted(1, 1_000);
    assert_eq!(world.post_to(PHARMACY, 2, 700).code(), None);
    let reserve = treasury::Execute::Reserve {
        id: hash(4),
        budget: LINE,
        provider: CATERER,
        amount: Tiyn(300),
        reference: hash(5),
        expires_at: senim_types::TimeMs(world.env.time().0 + 100 * DAY_MS),
    };
    let reserved = world.env.execute_as(POSTER, &caterer(), TREASURY, &reserve);
    assert_eq!(reserved.code(), None);
    world.in_february();
    world.posted(3, 400);
    let dispute = world.dispute(ACT, &[]);
    world.done(city(), &dispute);
    // Another provider's, another month's, and one that was never posted.
    for line in [2, 3, 4] {
        let wrong = correct(ACT, &[(line, 10)]);
        world.refused(caterer(), &wrong, Code::LINE_OF_ANOTHER_ACT);
    }
    world.done(caterer(), &correct(ACT, &[(1, 10)]));
}

#[test]
fn each_line_is_corrected_at_its_own_rate_of_vat() {
    const LOWER: u16 = 1_200;
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    world.posted(1, 116_000);
    let at_the_lower = agreement_with(|it| it.vat_basis_points = LOWER);
    world.done(city(), &at_the_lower);
    world.posted(2, 112_000);
    world.in_february();
    assert_eq!(world.act(ACT).body.vat_basis_points, LOWER);
    assert_eq!(world.act(ACT).body.vat, TiynTotal(28_000));
    let dispute = world.dispute(ACT, &[]);
    world.done(city(), &dispute);
    let by_the_act = correct_at(ACT, &[(1, 116_000, LOWER)]);
    world.refused(caterer(), &by_the_act, Code::LINE_RATE);
    let own = correct_at(ACT, &[(1, 116_000, VAT), (2, 56_000, LOWER)]);
    world.done(caterer(), &own);
    let corrected = world.act(CORRECTED).body;
    assert_eq!(corrected.vat_corrected, TiynTotal(16_000 + 6_000));
    assert_eq!(corrected.corrected, TiynTotal(172_000));
}

#[test]
fn a_correcting_act_says_what_was_set_off() {
    let mut world = World::of(SettlementKind::TengeAtRedemption);
    world.posted(1, 1_000);
    world.in_february();
    let at_acceptance = agreement(CATERER, SettlementKind::TengeAtAcceptance, 500_000);
    world.done(city(), &at_acceptance);
    world.posted(2, 5_000);
    world.on_day(17 + 28);
    // January was paid, so its correction leaves it short, until February's sets that off.
    let dispute = world.dispute(ACT, &[]);
    world.done(city(), &dispute);
    world.done(caterer(), &correct(ACT, &[(1, 1_000)]));
    let february = act_of(CATERER, FEBRUARY, 0);
    let dispute = world.dispute(february, &[]);
    world.done(city(), &dispute);
    world.done(caterer(), &correct(february, &[(2, 10)]));
    let body = world.act(act_of(CATERER, FEBRUARY, 1)).body;
    assert_eq!((body.set_off.0, body.payable), (1_000, Tiyn(3_990)));
    assert_eq!(
        body.total() - body.set_off.0 as i128,
        i128::from(body.payable.0)
    );
}

#[test]
fn what_takes_off_an_earlier_months_line_keeps_no_other_contract_out() {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    world.posted(1, 1_000);
    world.in_february();
    assert_eq!(world.reverse(1).code(), None);
    let next = with_document(8_888);
    world.done(city(), &next);
    world.posted(2, 500);
    assert_eq!(world.terms().posted, TiynTotal(500));
    world.refused(city(), &with_document(9_999), Code::AGREEMENT_IN_USE);
}

/// Another contract with the caterer.
fn with_document(document: u64) -> Execute {
    agreement_with(|it| it.document = hash(document))
}
