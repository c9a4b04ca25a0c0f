//! Every refusal, as tables: who, what, which code.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::settlement::msg::{Genesis, RIGHTS};
use senim_abi::settlement::record::Dispute;
use senim_abi::settlement::{ActBody, DisputeReason, DueEntry, EditCheck, Execute, SettlementKind};
use senim_abi::treasury::record::{ClaimRecord, claim_key};
use senim_abi::treasury::{self, Claim};
use senim_abi::{SETTLEMENT, TREASURY};
use senim_sdk::{Entry, codec};
use senim_types::{Code, OrgId, TimeMs, Tiyn, TiynTotal};

const ACT: senim_abi::settlement::ActId = act_of(CATERER, JANUARY, 0);

#[test]
fn a_contract_is_the_payers_and_within_its_ranges() {
    type Change = fn(&mut Parts);
    let cases: [(&str, Change, Code); 5] = [
        ("nobody", |it| it.provider = OrgId(0), Code::OUT_OF_RANGE),
        ("no time", |it| it.until = it.from, Code::OUT_OF_RANGE),
        ("vat", |it| it.vat_basis_points = 10_001, Code::OUT_OF_RANGE),
        (
            "another's programme",
            |it| it.programme.0 = 6,
            Code::NOT_AUTHORISED,
        ),
        ("no line", |it| it.programme.0 = 99, Code::NO_BUDGET),
    ];
    let mut world = World::empty();
    for (name, change, code) in cases {
        let outcome = world.by(city(), &agreement_with(change));
        assert_eq!(outcome.code(), Some(code), "{name}");
    }
    world.refused(other_payer(), &agreement_with(|_| {}), Code::NOT_AUTHORISED);
    world.done(city(), &agreement_with(|_| {}));
}

#[test]
fn nothing_is_posted_beside_a_contract_or_above_its_ceiling() {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    assert_eq!(world.post(1, 500_001).code(), Some(Code::CONTRACT_EXCEEDED));
    world.posted(2, 499_999);
    assert_eq!(world.post(3, 2).code(), Some(Code::CONTRACT_EXCEEDED));
    world.posted(4, 1);
    assert_eq!(world.post(5, 1).code(), Some(Code::CONTRACT_EXCEEDED));
    // What is undone may be posted again.
    assert_eq!(world.reverse(4).code(), None);
    world.posted(6, 1);
    // An addendum raises the ceiling; what was posted still counts.
    world.done(city(), &agreement_with(|it| it.ceiling = Tiyn(500_010)));
    world.posted(7, 10);
    assert_eq!(world.post(8, 1).code(), Some(Code::CONTRACT_EXCEEDED));

    // Outside its time, nothing.
    let start = TimeMs(world.env.time().0);
    for (from, until) in [
        (TimeMs(start.0 + 1), TimeMs(start.0 + 2)),
        (TimeMs(start.0 - 2), start),
    ] {
        world.done(
            city(),
            &agreement_with(|it| (it.from, it.until, it.ceiling) = (from, until, Tiyn(600_000))),
        );
        assert_eq!(world.post(9, 1).code(), Some(Code::CONTRACT_NOT_IN_FORCE));
    }
    world.done(
        city(),
        &agreement_with(|it| it.kind = SettlementKind::StockOnly),
    );
    assert_eq!(world.post(9, 1).code(), Some(Code::STOCK_ONLY));
    // A provider without a contract is paid as the budget line's contracts say.
    assert_eq!(world.post_to(PHARMACY, 10, 1_000_000).code(), None);
}

#[test]
fn another_contract_begins_with_a_month_and_counts_from_nothing() {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    world.posted(1, 400_000);
    let another = agreement_with(|it| it.document = hash(7_001));
    world.refused(city(), &another, Code::AGREEMENT_IN_USE);
    // February has begun, but January is not cut.
    world.env.advance(17 * DAY_MS);
    world.refused(city(), &another, Code::AGREEMENT_IN_USE);
    world.in_february();
    world.done(city(), &another);
    world.posted(2, 450_000);
    assert_eq!(world.terms().posted, TiynTotal(450_000));
    assert_eq!(world.act(ACT).body.agreement, hash(7_000));
    // What the old contract's act needs is there still.
    world.sign(ACT);
    let accept = world.accept(ACT);
    world.done(city(), &accept);
}

#[test]
fn details_hold_after_two_devices_have_approved_them() {
    let mut world = World::empty();
    world.done(city(), &agreement_with(|_| {}));
    let (first, second) = (hash(8_000), hash(8_001));
    let propose = |details| Execute::ProposeDetails {
        payer: CITY,
        details,
    };
    let approve = |details| Execute::ApproveDetails {
        provider: CATERER,
        details,
    };
    world.refused(city(), &approve(first), Code::DETAILS_UNKNOWN);
    world.done(caterer(), &propose(first));
    world.refused(city(), &approve(second), Code::DETAILS_UNKNOWN);
    world.refused(other_payer(), &approve(first), Code::DETAILS_UNKNOWN);
    world.done(city(), &approve(first));
    world.refused(city(), &approve(first), Code::SAME_APPROVER);
    // The same proposal again keeps the approval; another one takes its place.
    assert!(world.done(caterer(), &propose(first)).is_empty());
    world.done(city_second(), &approve(first));
    assert_eq!(world.details().confirmed, Some(first));
    assert!(world.done(city(), &approve(first)).is_empty());
    world.done(caterer(), &propose(second));
    world.done(city(), &approve(second));
    world.done(caterer(), &propose(hash(8_002)));
    world.refused(city_second(), &approve(second), Code::DETAILS_UNKNOWN);
    assert_eq!(world.details().confirmed, Some(first), "what holds, holds");
}

#[test]
fn an_act_is_accepted_after_the_edit_checks_only() {
    let mut world = World::empty();
    world.done(city(), &agreement_with(|_| {}));
    world.posted(1, 1_000);
    world.refused(
        caterer(),
        &Execute::Sign {
            act: ACT,
            hash: hash(1),
        },
        Code::ACT_UNKNOWN,
    );
    world.in_february();
    let sign = |hash| Execute::Sign { act: ACT, hash };
    let own = world.act(ACT).body.hash();
    world.refused(caterer(), &sign(hash(1)), Code::ACT_HASH);
    world.refused(pharmacy(), &sign(own), Code::NOT_AUTHORISED);
    let accept = world.accept(ACT);
    world.refused(city(), &accept, Code::WRONG_STATE);
    world.done(caterer(), &sign(own));
    assert!(world.done(caterer(), &sign(own)).is_empty());
    world.refused(other_payer(), &accept, Code::NOT_AUTHORISED);
    world.refused(city(), &accept, Code::DETAILS_UNCONFIRMED);
    world.confirm_details(caterer(), hash(8_000));
    let with_check = |hash, excess| Execute::Accept {
        act: ACT,
        hash,
        check: Some(EditCheck {
            report: hash,
            excess: Tiyn(excess),
        }),
        despite: None,
    };
    world.refused(city(), &with_check(hash(1), 0), Code::ACT_HASH);
    world.refused(city(), &with_check(own, 1), Code::EDIT_CHECK_FAILED);

    // The payer has lowered the ceiling since.
    world.done(city(), &agreement_with(|it| it.ceiling = Tiyn(999)));
    world.refused(city(), &accept, Code::CONTRACT_EXCEEDED);
    world.done(city(), &agreement_with(|_| {}));

    // A treasury that says anything else: planted behind its back, field by field.
    let key = claim_key(CATERER, MEALS, JANUARY).in_state_of(TREASURY);
    let sound = world.claim(JANUARY);
    type Change = fn(&mut Claim);
    let changes: [Change; 7] = [
        |it| it.lines += 1,
        |it| it.reversed_lines += 1,
        |it| it.sum.0 += 1,
        |it| it.reversed.0 += 1,
        |it| it.vat.0 += 1,
        |it| it.settled.0 += 1,
        |it| it.chain = hash(1),
    ];
    for change in changes {
        let mut other = sound;
        change(&mut other);
        let value = codec::encode(&ClaimRecord::from(other));
        world.env.plant(key.clone(), value);
        world.refused(city(), &accept, Code::ACT_MISMATCH);
    }
    world
        .env
        .plant(key, codec::encode(&ClaimRecord::from(sound)));
    world.done(city(), &with_check(own, 0));
    assert_eq!(world.act(ACT).check.unwrap().excess, Tiyn(0));
}

#[test]
fn a_dispute_is_the_payers_and_a_correction_the_providers() {
    let mut world = World::of(SettlementKind::TengeAtAcceptance);
    world.posted(1, 1_000);
    world.in_february();
    let dispute = world.dispute(ACT, &[1]);
    world.refused(caterer(), &dispute, Code::NOT_AUTHORISED);
    let own = world.act(ACT).body.hash();
    let many = Execute::Dispute {
        act: ACT,
        hash: own,
        reason: DisputeReason::Other,
        statement: hash(1),
        lines: vec![hash(1); Dispute::LINES_MAX + 1],
    };
    world.refused(city(), &many, Code::OUT_OF_RANGE);
    world.refused(caterer(), &correct(ACT, &[(1, 1)]), Code::WRONG_STATE);
    world.refused(
        city(),
        &Execute::WithdrawDispute { act: ACT },
        Code::WRONG_STATE,
    );
    world.done(city(), &dispute);
    world.refused(city(), &correct(ACT, &[(1, 1)]), Code::NOT_AUTHORISED);
    let many: Vec<(u64, u64)> = (0..65).map(|number| (number, 1)).collect();
    assert_eq!(many.len(), ActBody::CORRECTIONS_MAX + 1);
    world.refused(caterer(), &correct(ACT, &many), Code::DISPUTED_LINE);
    world.refused(
        caterer(),
        &correct(ACT, &[(2, u64::MAX), (3, 1)]),
        Code::AMOUNT_OVERFLOW,
    );
    world.done(caterer(), &correct(ACT, &many[..64]));
    // Corrected again and again, up to a limit.
    for number in 1..=ActBody::NUMBER_MAX {
        let act = act_of(CATERER, JANUARY, number);
        let dispute = world.dispute(act, &[]);
        world.done(city(), &dispute);
        let next = correct(act, &[(1_000 + u64::from(number), 1)]);
        let code = (number == ActBody::NUMBER_MAX).then_some(Code::OUT_OF_RANGE);
        assert_eq!(world.by(caterer(), &next).code(), code);
    }
}

#[test]
fn a_payment_under_way_keeps_the_details_it_was_ordered_with() {
    let mut world = World::of(SettlementKind::BankFile);
    world.posted(1, 1_000);
    world.in_february();
    world.sign(ACT);
    let accept = world.accept(ACT);
    world.done(city(), &accept);
    let with = |details, attempt| Execute::OrderPayment {
        act: ACT,
        attempt,
        file: hash(1),
        message_id: message_id(1),
        details,
    };
    world.refused(city(), &with(hash(8_001), 1), Code::DETAILS_UNCONFIRMED);
    world.refused(other_payer(), &with(hash(8_000), 1), Code::NOT_AUTHORISED);
    world.done(city(), &with(hash(8_000), 1));
    world.confirm_details(caterer(), hash(8_001));
    assert_eq!(world.act(ACT).payment.unwrap().details, hash(8_000));
    world.refused(other_payer(), &confirm(ACT, 1, 1_000), Code::NOT_AUTHORISED);
    world.refused(other_payer(), &fail(ACT, 1), Code::NOT_AUTHORISED);
    world.done(city(), &fail(ACT, 1));
    // The next attempt is made with what holds now.
    world.refused(city(), &with(hash(8_000), 2), Code::DETAILS_UNCONFIRMED);
    world.done(city(), &with(hash(8_001), 2));
}

#[test]
fn a_claim_with_a_contract_is_paid_by_its_act_and_by_nothing_else() {
    let mut world = World::of(SettlementKind::BankFile);
    world.posted(1, 1_000);
    assert_eq!(world.post_to(PHARMACY, 2, 1_000).code(), None);
    let settle = |provider, number| treasury::Execute::Settle {
        id: hash(number),
        provider,
        programme: MEALS,
        period: JANUARY,
        amount: Tiyn(1_000),
    };
    let by_city = |world: &mut World, message: &treasury::Execute| {
        world.env.execute(&city(), TREASURY, message).code()
    };
    assert_eq!(
        by_city(&mut world, &settle(CATERER, 1_001)),
        Some(Code::SETTLED_BY_ACT)
    );
    assert_eq!(by_city(&mut world, &settle(PHARMACY, 1_002)), None);
    // What the settlement contract says to the treasury, nobody else says: neither a payer nor another contract.
    let pay = treasury::Execute::PayClaim {
        id: hash(1),
        provider: CATERER,
        programme: MEALS,
        period: JANUARY,
        amount: Tiyn(1),
        to_purse: true,
    };
    let terms = treasury::Execute::SetTerms {
        payer: CITY,
        programme: MEALS,
        provider: CATERER,
        agreement: hash(1),
        from: TimeMs(0),
        until: TimeMs(u64::MAX),
        ceiling: Tiyn(u64::MAX),
        vat_basis_points: 0,
        kind: SettlementKind::BankFile,
    };
    let correct = treasury::Execute::Correct {
        id: hash(1),
        provider: CATERER,
        programme: MEALS,
        period: JANUARY,
        lines: Vec::new(),
        reference: hash(1),
    };
    for message in [pay, terms, correct] {
        assert_eq!(by_city(&mut world, &message), Some(Code::NOT_AUTHORISED));
        let outcome = world.env.execute_as(POSTER, &city(), TREASURY, &message);
        assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
    }
    let outcome = world
        .env
        .execute_as(POSTER, &caterer(), TREASURY, &leave(1, 1));
    assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
}

#[test]
fn no_contract_signs_and_only_the_ledger_makes_acts_when_due() {
    let mut world = World::of(SettlementKind::BankFile);
    world.posted(1, 1_000);
    world.in_february();
    let sign = Execute::Sign {
        act: ACT,
        hash: world.act(ACT).body.hash(),
    };
    let outcome = world
        .env
        .execute_as(TREASURY, &caterer(), SETTLEMENT, &sign);
    assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
    // A genesis acts for every payer, but sets contracts and nothing else.
    let dispute = world.dispute(ACT, &[1]);
    world.done(city(), &dispute);
    for message in [sign, Execute::WithdrawDispute { act: ACT }] {
        let genesis = codec::encode(&Genesis(vec![message]));
        let outcome = world.env.by_ledger(SETTLEMENT, Entry::Genesis, &genesis);
        assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
    }
    // An entry of the due-queue that comes again does nothing.
    let due = DueEntry::Cut {
        programme: MEALS,
        provider: CATERER,
        period: JANUARY,
    };
    let outcome = world
        .env
        .by_ledger(SETTLEMENT, Entry::Due, &codec::encode(&due));
    assert_eq!(outcome.code(), None);
    assert!(outcome.writes.is_empty());
}

#[test]
fn each_method_has_its_roles() {
    // The last method is `return_payment`; its number is the table's last.
    let last = codec::encode(&give_back(ACT, 1, 1))[0];
    assert_eq!(RIGHTS.len(), usize::from(last) + 1);
    let leave = codec::encode(&leave(1, 1))[0];
    assert_eq!(leave, treasury::Execute::METHOD_LEAVE);
}
