//! What waits for the payer: listed, answered once, and each record taken once however the file is sent.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::pad::{Pad, counts};
use common::*;
use proptest::prelude::*;
use senim_abi::treasury::check_postings;
use senim_abi::voucher::{Execute, OfflineChain, OfflineRecord, Proof, VoucherEvent, VoucherId};
use senim_types::{Code, Hash, TimeMs, Tiyn};
use std::collections::BTreeSet;

/// All money of the line, wherever it is.
fn total(world: &mut World) -> u128 {
    let (available, locked) = world.money();
    available + locked + world.owed()
}

fn answer_excess(record: &OfflineRecord, pays: Tiyn) -> Execute {
    Execute::AnswerExcess {
        programme: MEALS,
        terminal: terminal().device,
        sequence: record.sequence,
        pays,
    }
}

#[test]
fn the_payer_accepts_or_refuses_once() {
    let mut world = World::with_budget(1_200_000);
    let pupil = world.issued(10);
    let mut pad = Pad::new(&mut world);
    for _ in 0..4 {
        pad.serve(pupil, world.env.time());
    }
    world.env.advance(DAY_MS);
    assert_eq!(counts(pad.sent(&mut world)), (1, 3, 0));
    let money = world.money();
    assert_eq!(money, (200_000, 910_000));
    let [_, second, third, fourth] = &pad.records[..] else {
        unreachable!()
    };
    let unknown = answer_excess(&pad.records[0], PRICE);
    let cases = vec![
        ("it was paid", education(), unknown, Code::EXCESS_UNKNOWN),
        (
            "another payer",
            other_payer(),
            answer_excess(second, PRICE),
            Code::NOT_AUTHORISED,
        ),
        (
            "the provider",
            caterer(),
            answer_excess(second, PRICE),
            Code::NOT_AUTHORISED,
        ),
        (
            "above what it cost",
            education(),
            answer_excess(second, Tiyn(PRICE.0 + 1)),
            Code::OUT_OF_RANGE,
        ),
    ];
    refused(&mut world, cases);
    let outcome = world.done(education(), &answer_excess(second, PRICE));
    check_postings(&outcome.events).unwrap();
    assert_eq!(
        world.money(),
        (110_000, 910_000),
        "from the line, not from the voucher"
    );
    assert_eq!(world.owed(), 180_000);
    assert_eq!(world.tally(FRIDAY), (2, 180_000), "of its own day");
    // In part, for a price that was too high.
    world.done(education(), &answer_excess(third, Tiyn(50_000)));
    let exhausted = vec![(
        "the line has less",
        education(),
        answer_excess(fourth, PRICE),
        Code::BUDGET_EXHAUSTED,
    )];
    refused(&mut world, exhausted);
    world.done(education(), &answer_excess(fourth, Tiyn::ZERO));
    assert_eq!(world.owed(), 230_000);
    // The same again is a success, anything else is too late.
    let before = world.env.state().clone();
    world.done(education(), &answer_excess(second, PRICE));
    world.done(education(), &answer_excess(fourth, Tiyn::ZERO));
    assert_eq!(world.env.state(), &before);
    let cases = vec![
        (
            "refused after all",
            education(),
            answer_excess(second, Tiyn::ZERO),
            Code::EXCESS_ANSWERED,
        ),
        (
            "paid after all",
            education(),
            answer_excess(fourth, PRICE),
            Code::EXCESS_ANSWERED,
        ),
    ];
    refused(&mut world, cases);
    let answers: Vec<_> = world
        .excess()
        .iter()
        .map(|excess| excess.answered)
        .collect();
    assert_eq!(answers, [Some(PRICE), Some(Tiyn(50_000)), Some(Tiyn::ZERO)]);
    // When disputes are over it is forgotten; the claim stands.
    world.env.advance(60 * DAY_MS);
    world.env.serve_due();
    assert!(world.excess().is_empty());
    assert_eq!(world.owed(), 230_000);
}

#[test]
fn what_waits_is_not_forgotten_and_is_listed_page_by_page() {
    let mut world = World::new();
    let mut pads = Vec::new();
    for actor in [terminal(), terminal_2()] {
        let mut pad = Pad::of(&mut world, actor);
        for _ in 0..40 {
            pad.serve(VoucherId(Hash::ZERO), world.env.time());
        }
        for start in [0, 20] {
            pad.send_by(&mut world, actor, start..start + 20);
        }
        pads.push(pad);
    }
    world.env.advance(200 * DAY_MS);
    world.env.serve_due();
    let mut listed = world.excess();
    assert_eq!(listed.len(), 64);
    let last = listed[63];
    let rest: senim_abi::voucher::msg::ExcessPage =
        world.asked(&senim_abi::voucher::Query::Excess {
            programme: MEALS,
            after: Some((last.terminal, last.sequence)),
        });
    listed.extend(rest);
    let mut of_pads: Vec<_> = pads
        .iter()
        .flat_map(|pad| {
            pad.records
                .iter()
                .map(|record| (pad.actor.device, record.sequence))
        })
        .collect();
    of_pads.sort();
    let listed: Vec<_> = listed.iter().map(|it| (it.terminal, it.sequence)).collect();
    assert_eq!(listed, of_pads);
}

#[test]
fn a_terminal_that_sends_without_end_waits_for_the_payer_and_loses_nothing() {
    let mut world = World::new();
    let mut pad = Pad::new(&mut world);
    let most = OfflineChain::WAITING_MAX as usize;
    for _ in 0..=most {
        pad.serve(VoucherId(Hash::ZERO), world.env.time());
    }
    for start in (0..most).step_by(OfflineRecord::BATCH_MAX) {
        let outcome = pad.send_by(
            &mut world,
            terminal(),
            start..start + OfflineRecord::BATCH_MAX,
        );
        assert_eq!(outcome.code(), None);
    }
    let one_more = most..most + 1;
    let outcome = pad.send_by(&mut world, terminal(), one_more.clone());
    assert_eq!(outcome.code(), Some(Code::EXCESS_WAITS));
    // A sync does not make room, an answer does.
    pad.sync(&mut world);
    let outcome = pad.send_by(&mut world, terminal(), one_more.clone());
    assert_eq!(outcome.code(), Some(Code::EXCESS_WAITS));
    world.done(education(), &answer_excess(&pad.records[3], Tiyn::ZERO));
    world.done(education(), &answer_excess(&pad.records[3], Tiyn::ZERO));
    let outcome = pad.send_by(&mut world, terminal(), one_more);
    assert_eq!(counts(common::pad::taken(&outcome)), (0, 1, 0));
    let chain = world.chain_of(terminal().device).unwrap();
    assert_eq!(chain.waiting, OfflineChain::WAITING_MAX);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// However a terminal's file is cut into transactions, repeated, and sent by whom: each record is taken once, and all
    /// money is where it was, or the caterer's.
    #[test]
    fn each_record_is_paid_or_kept_once(
        meals in proptest::collection::vec((0..4usize, 0..12 * HOUR_MS, 1..110_000u64), 1..14),
        sends in proptest::collection::vec((0..14usize, 1..14usize, any::<bool>()), 0..24),
    ) {
        let mut world = World::new();
        // The last one is nobody's.
        let pupils = [world.issued(2), world.issued(2), world.issued(2), VoucherId(Hash::ZERO)];
        let mut pad = Pad::new(&mut world);
        let mut at = world.env.time();
        for (pupil, later_ms, price) in meals {
            at.0 += later_ms;
            pad.serve_with(pupils[pupil], at, Tiyn(price), Proof::Attested);
        }
        world.env.advance(4 * DAY_MS);
        let total = total(&mut world);
        let (count, mut paid, mut kept) = (pad.records.len(), 0, 0);
        let all = (0..count).map(|start| (start, 1, false));
        for (start, length, by_other) in sends.into_iter().chain(all) {
            let start = start.min(count - 1);
            let end = (start + length).min(count);
            let sender = if by_other { terminal_2() } else { terminal() };
            let outcome = pad.send_by(&mut world, sender, start..end);
            check_postings(&outcome.events).unwrap();
            match outcome.code() {
                None => {
                    let taken = common::pad::taken(&outcome);
                    paid += taken.paid;
                    kept += taken.excess;
                }
                Some(code) => prop_assert_eq!(code, Code::OFFLINE_GAP),
            }
            prop_assert_eq!(self::total(&mut world), total);
        }
        prop_assert_eq!((paid + kept) as usize, count);
        prop_assert_eq!(world.excess().len(), kept as usize);
        let uses: u32 = pupils[..3].iter().map(|pupil| world.view(*pupil).unwrap().voucher.uses).sum();
        prop_assert_eq!(uses, paid);
        // The same as all of it at once.
        let chain = world.chain_of(terminal().device).unwrap();
        prop_assert_eq!((chain.next as usize, chain.head), (count, pad.records[count - 1].hash()));
    }

    /// Two terminals without connection, one with, in whatever order their files arrive: no pupil's day is paid for twice,
    /// and the days' tallies are what was paid.
    #[test]
    fn nobodys_day_is_paid_for_twice(
        steps in proptest::collection::vec((0..5usize, 0..3usize, 0..30 * HOUR_MS), 1..50),
    ) {
        let mut world = World::new();
        let pupils: Vec<_> = (0..3).map(|_| world.issued(12)).collect();
        let mut pads = [Pad::new(&mut world), Pad::of(&mut world, terminal_2())];
        let (mut paid, mut sent) = (Vec::new(), [0, 0]);
        let total = total(&mut world);
        for (step, pupil, later_ms) in steps.into_iter().chain([(3, 0, 0), (4, 0, 0)]) {
            let outcome = match step {
                // By one of them, a while ago or now.
                0 | 1 => {
                    let at = TimeMs(world.env.time().0.saturating_sub(later_ms));
                    pads[step].serve(pupils[pupil], at);
                    continue;
                }
                2 => {
                    world.env.advance(later_ms);
                    world.redeem(pupils[pupil])
                }
                _ => {
                    let pad = step - 3;
                    let end = pads[pad].records.len().min(sent[pad] + OfflineRecord::BATCH_MAX);
                    if end == sent[pad] {
                        continue;
                    }
                    let outcome = pads[pad].send_by(&mut world, terminal(), sent[pad]..end);
                    prop_assert_eq!(outcome.code(), None);
                    sent[pad] = end;
                    outcome
                }
            };
            paid.extend(events(&outcome).into_iter().filter_map(|event| match event {
                VoucherEvent::Redeemed { voucher, facts, .. } => Some((facts.clock.day, voucher)),
                _ => None,
            }));
        }
        let days: BTreeSet<_> = paid.iter().copied().collect();
        prop_assert_eq!(days.len(), paid.len(), "once a day");
        for day in days.iter().map(|(day, _)| *day) {
            let uses = days.iter().filter(|(other, _)| *other == day).count();
            prop_assert_eq!(world.tally(day), (uses as u32, uses as u128 * u128::from(PRICE.0)));
        }
        prop_assert_eq!(self::total(&mut world), total);
    }
}
