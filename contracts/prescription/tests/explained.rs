//! Whatever the rules of a programme decided can be decided again, from the event or the refusal and the pinned version.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::steps::*;
use common::*;
use senim_abi::PRESCRIPTION;
use senim_abi::policy::{Denial, Judge, Step as RuleStep, Terms};
use senim_abi::prescription::judge::{self, Granted, Judged, TEXTS};
use senim_abi::prescription::{
    Execute, Facts, ItemMask, PrescriptionEvent, ProofKinds, Query, Rules, Settlement, Share,
};
use senim_sdk::codec;
use senim_sdk::testing::TestOutcome;
use senim_types::{Code, Tiyn};

/// What rules decided in a transaction.
fn judged(outcome: &TestOutcome) -> Judged {
    if let Err(refusal) = &outcome.result {
        return Judged::of_refusal(refusal.code, &refusal.detail).expect("a rule refused");
    }
    let own = outcome
        .events
        .iter()
        .find(|event| event.contract == PRESCRIPTION);
    let event: PrescriptionEvent = codec::decode(&own.unwrap().body).unwrap();
    Judged::of_event(&event).expect("a rule decided")
}

/// Decides it again by the pinned version, and gives the trace.
fn again(world: &mut World, judged: &Judged) -> Vec<RuleStep> {
    let question = Query::Rules {
        programme: judged.programme,
        version: judged.version,
    };
    let rules: Rules = codec::decode(&world.env.ask(PRESCRIPTION, &question).unwrap()).unwrap();
    let mut judge = Judge::that_explains();
    let decision = judge::decide(&rules, &judged.facts, &mut judge);
    assert_eq!(decision, judged.decision);
    judge.into_steps()
}

fn kept(steps: &[RuleStep]) -> Vec<(u16, bool)> {
    steps.iter().map(|step| (step.rule, step.kept)).collect()
}

#[test]
fn issue_hold_dispense_and_reversal_are_decided_again_by_the_version_of_their_time() {
    let mut world = World::with_rules(Rules {
        share: Share::UpToReference,
        ..rules()
    });
    let mut item = world.item();
    item.price_cap = Some(Tiyn(50));
    let order = world.order(vec![item]);
    let issued = world.ok(&clinic(), &order, &[]);
    let group = codec::decode(issued.output()).unwrap();
    let hold = world.hold_by_qr(APTEKA, world.qr(group, FIRST));
    world.set_rules(Rules {
        share: Share::BasisPoints(0),
        ..rules()
    });
    let held = world.ok(&hold.actor, &hold.message, &hold.witnesses);
    let lines = vec![line(0, pack(APTEKA, 0), 20, 999)];
    let dispensed = world.dispense_outcome(APTEKA, group, lines);
    world.set_reference(Tiyn(1));
    let undone = world.reverse_outcome(APTEKA, group, 0, ItemMask::NONE);

    let yes =
        |rules: &[u16]| -> Vec<(u16, bool)> { rules.iter().map(|rule| (*rule, true)).collect() };
    for (outcome, rules) in [
        (&issued, &[1, 10, 11, 12, 13, 14][..]),
        (&held, &[1, 20, 21, 22]),
        (&dispensed, &[10, 30, 31, 33, 12, 41, 43]),
        (&undone, &[50]),
    ] {
        let judged = judged(outcome);
        assert_eq!((judged.group, judged.version), (Some(group), 1));
        assert_eq!(kept(&again(&mut world, &judged)), yes(rules));
    }
    let terms = Terms {
        pays: Tiyn(800),
        bears: Tiyn(199),
    };
    let dispensed = judged(&dispensed);
    assert_eq!(dispensed.decision, Ok(Granted::Terms(terms)));
    let steps = again(&mut world, &dispensed);
    let share = steps.iter().find(|step| step.rule == 41).unwrap();
    assert_eq!((share.found, share.bound), (800, 999));
}

#[test]
fn a_refusal_keeps_the_item_or_the_pack_that_was_at_fault() {
    let mut world = World::new();
    let (good, mut much) = (world.amoxicillin_item(), world.item());
    much.quantity = 61;
    let order = world.order(vec![good, much]);
    let refused = judged(&world.call(&clinic(), &order, &[]));
    let Facts::Issue(facts) = &refused.facts else {
        panic!("{refused:?}")
    };
    assert_eq!((facts.items.len(), facts.items[0].item), (1, 1));
    assert_eq!((refused.group, refused.version), (None, 1));
    let steps = again(&mut world, &refused);
    let last = steps.last().unwrap();
    assert_eq!((last.rule, last.kept), (14, false));
    assert_eq!((last.found, last.bound), (61, 60));

    let mut capped = world.item();
    capped.price_cap = Some(Tiyn(49));
    let items = vec![good, capped];
    let group = world.issue(items);
    assert_eq!(world.hold(APTEKA, group, BOTH), Ok(()));
    let mut lines = vec![line(0, amoxicillin_pack(APTEKA, 0), 16, 3_200)];
    lines.push(line(1, pack(APTEKA, 0), 10, 900));
    let dearer = line(1, pack(APTEKA, 1), 10, 1_000).packs[0];
    lines[1].packs.push(dearer);
    let refused = judged(&world.dispense_outcome(APTEKA, group, lines));
    let Facts::Dispense(facts) = &refused.facts else {
        panic!("{refused:?}")
    };
    assert_eq!((facts.lines.len(), facts.lines[0].item), (1, 1));
    assert_eq!(facts.lines[0].packs.len(), 1);
    assert_eq!(refused.group, Some(group));
    let steps = again(&mut world, &refused);
    let last = steps.last().unwrap();
    assert_eq!((last.rule, last.kept), (33, false));
    assert_eq!((last.found, last.bound), (500, 490));
}

#[test]
fn a_refused_hold_says_which_proofs_its_version_accepts() {
    let mut world = World::with_rules(Rules {
        proofs: ProofKinds::PAPER,
        ..rules()
    });
    let item = world.item();
    let group = world.issue(vec![item]);
    world.set_rules(rules());
    let hold = world.hold_by_qr(APTEKA, world.qr(group, FIRST));
    let refused = judged(&world.call(&hold.actor, &hold.message, &hold.witnesses));
    let steps = again(&mut world, &refused);
    assert_eq!(kept(&steps), [(1, true), (20, false)]);
    let compared = (steps[1].found, steps[1].bound);
    assert_eq!(
        compared,
        (
            u64::from(ProofKinds::LIVE_QR.0),
            u64::from(ProofKinds::PAPER.0)
        )
    );
}

#[test]
fn stock_that_the_state_bought_is_explained_as_such() {
    let mut world = World::new();
    let item = world.item();
    let group = world.issue(vec![item]);
    world.held(CLINIC_APTEKA, group);
    let lines = vec![line(0, pack(CLINIC_APTEKA, 0), 20, 1_000)];
    let given = judged(&world.dispense_outcome(CLINIC_APTEKA, group, lines));
    let Facts::Dispense(facts) = &given.facts else {
        panic!("{given:?}")
    };
    assert_eq!(facts.settlement, Settlement::StockOnly);
    assert_eq!(given.decision, Ok(Granted::Terms(Terms::default())));
    let steps = again(&mut world, &given);
    assert_eq!(steps.last().unwrap().rule, 44);
}

#[test]
fn what_the_ledger_itself_refuses_names_no_rule() {
    let mut world = World::new();
    let item = world.item();
    let group = world.issue(vec![item]);
    world.held(APTEKA, group);
    for refused in [
        world.call(&clinic(), &world.order(Vec::new()), &[]),
        world.dispense_outcome(
            OTHER_APTEKA,
            group,
            vec![line(0, pack(OTHER_APTEKA, 0), 20, 1_000)],
        ),
        world.call(&apteka(STRANGER), &Execute::Release { group }, &[]),
    ] {
        let refusal = refused.result.unwrap_err();
        assert_eq!(
            Judged::of_refusal(refusal.code, &refusal.detail),
            None,
            "{refusal:?}"
        );
    }
}

#[test]
fn every_rule_has_a_text_and_a_number_of_its_own() {
    let numbers: Vec<u16> = TEXTS.iter().map(|(rule, _)| *rule).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b));
    assert!(TEXTS.iter().all(|(_, text)| !text.is_empty()));
    assert_eq!(Code::TOO_MANY_VERSIONS.0, 3337);
}

/// The contract lets no such item be issued; whoever decides again meets what anybody may have written down.
#[test]
fn a_share_up_to_the_reference_price_needs_one() {
    let mut world = World::with_rules(Rules {
        share: Share::UpToReference,
        ..rules()
    });
    let item = world.item();
    let group = world.issue(vec![item]);
    assert_eq!(world.hold(APTEKA, group, FIRST), Ok(()));
    let lines = vec![line(0, pack(APTEKA, 0), 20, 999)];
    let mut dispensed = judged(&world.dispense_outcome(APTEKA, group, lines));
    let Facts::Dispense(facts) = &mut dispensed.facts else {
        panic!("{dispensed:?}")
    };
    facts.lines[0].ordered.reference_price = None;
    dispensed.decision = Err(Denial {
        code: Code::CATEGORY_NOT_ENTITLED,
        rule: 12,
    });
    let steps = again(&mut world, &dispensed);
    assert_eq!(kept(&steps).last(), Some(&(12, false)));
}
