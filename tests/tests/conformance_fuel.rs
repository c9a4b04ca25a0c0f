//! Metering is protocol, on real contracts too: what representative calls of the committed artefacts cost, to the unit.
//!
//! The golden file names the artefacts. Other costs of the same artefacts are other metering: a new protocol version,
//! since blocks of the old one no longer execute alike. Other artefacts cost what they cost: after `make contracts`,
//! `UPDATE_GOLDEN=1 cargo test -p senim-tests --test conformance_fuel` writes the file anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../contracts/card/tests/common/mod.rs"]
mod card;
#[path = "../../contracts/marking/tests/common/mod.rs"]
mod marking;
#[path = "../../contracts/prescription/tests/common/mod.rs"]
mod prescription;
#[path = "../../contracts/registry/tests/common/mod.rs"]
mod registry;
#[path = "conformance/replay.rs"]
mod replay;
#[path = "../../contracts/settlement/tests/common/mod.rs"]
mod settlement;
#[path = "../../contracts/treasury/tests/common/mod.rs"]
mod treasury;
#[path = "../../contracts/voucher/tests/common/mod.rs"]
mod voucher;

use replay::{Wasm, artefacts};
use senim_abi::ids::genesis_contracts;
use senim_sdk::testing::TestEnv;
use senim_types::Hash;
use std::fmt::Write;
use std::path::Path;

/// Names of a run's steps, in order.
#[derive(Default)]
struct Names(Vec<(usize, String)>);

impl Names {
    /// The step that was made last.
    fn last(&mut self, env: &TestEnv, name: &str) {
        self.0.push((env.steps().len() - 1, name.to_owned()));
    }

    /// A line for each named step: what it costs as WebAssembly.
    fn costs(&self, wasm: &Wasm, env: &TestEnv) -> String {
        let fuel = wasm.replay(env);
        assert_eq!(fuel.len(), env.steps().len(), "no step is refused");
        let lines = self
            .0
            .iter()
            .map(|(step, name)| format!("{name} {}\n", fuel[*step]));
        lines.collect()
    }
}

fn of_the_registry(wasm: &Wasm) -> String {
    use registry::*;
    use senim_abi::registry::{Execute, Query};
    use senim_abi::{MARKING, REGISTRY, Roles};
    use senim_types::OrgId;

    let (mut env, mut names) = (members(), Names::default());
    names.last(&env, "registry.genesis");
    let right = Execute::SetRight {
        contract: MARKING,
        method: 1,
        roles_any: Roles::PHARMACY,
    };
    for (name, message) in [
        (
            "register_organisation",
            register(OrgId(30), "Clinic 3", Roles::CLINIC),
        ),
        ("enrol_device", enrol(OrgId(30), 10, false)),
        ("set_right", right),
        ("add_validator", add_validator(51, 7)),
    ] {
        assert_eq!(by(&mut env, operator(), &message).code(), None);
        names.last(&env, &format!("registry.{name}"));
    }
    env.ask(REGISTRY, &Query::Validators).unwrap();
    names.last(&env, "registry.query_validators");
    names.costs(wasm, &env)
}

fn of_the_treasury(wasm: &Wasm) -> String {
    use senim_abi::TREASURY;
    use senim_abi::treasury::Query;
    use senim_types::TimeMs;
    use treasury::*;

    let (mut env, mut names) = (empty(), Names::default());
    let expiry = TimeMs(env.time().0 + DAY_MS);
    for (name, message) in [
        ("open_budget", open(LINE)),
        ("allot", allot(100, 10_000)),
        ("withdraw", withdraw(101, 1_000)),
    ] {
        applied(&by_fund(&mut env, &message));
        names.last(&env, &format!("treasury.{name}"));
    }
    for (name, message) in [
        ("pay", pay(0, 400)),
        ("pay_again_to_the_same_claim", pay(1, 400)),
        ("reserve", reserve(2, 400, expiry)),
        ("post", post(2, 400)),
        ("reserve_another", reserve(3, 400, expiry)),
        ("void", void(3)),
        ("reverse", reverse(1)),
        ("reserve_and_forget", reserve(4, 400, expiry)),
    ] {
        applied(&by_named(&mut env, &message));
        names.last(&env, &format!("treasury.{name}"));
    }
    applied(&by_fund(&mut env, &settle(102, JANUARY, 800)));
    names.last(&env, "treasury.settle");
    env.ask(TREASURY, &Query::Budget { budget: LINE }).unwrap();
    names.last(&env, "treasury.query_budget");
    env.advance(2 * DAY_MS);
    env.serve_due();
    names.last(&env, "treasury.due_of_a_reservation");
    names.costs(wasm, &env)
}

fn of_marking(wasm: &Wasm) -> String {
    use marking::*;
    use senim_abi::marking::msg::PACKS_MAX;
    use senim_abi::marking::{Execute, Query, Stage};
    use senim_types::Tiyn;

    let (mut world, mut names) = (World::new(), Names::default());
    names.last(&world.env, "marking.set_product");
    world.introduce(0..1, MAKER, Stage::Circulation);
    names.last(&world.env, "marking.introduce");
    let packs = vec![id(0)];
    world.ok(&distributor(MAKER), Execute::Ship { packs, to: APTEKA });
    names.last(&world.env, "marking.ship");
    world.ok(&apteka(APTEKA), Execute::Receive { packs: vec![id(0)] });
    names.last(&world.env, "marking.receive");
    world.supply(0, 5).unwrap();
    names.last(&world.env, "marking.supply");
    world.restore(0, 5, Tiyn(250), false).unwrap();
    names.last(&world.env, "marking.restore");
    world.ask(&Query::Pack { pack: id(0) }).unwrap();
    names.last(&world.env, "marking.query_pack");
    // The most packs that a message may have: what such a call takes of memory is charged as well.
    world.introduce(1..1 + PACKS_MAX, MAKER, Stage::Circulation);
    names.last(&world.env, "marking.introduce_most");
    let packs = (1..1 + PACKS_MAX).map(id).collect();
    world.ok(&distributor(MAKER), Execute::Ship { packs, to: APTEKA });
    names.last(&world.env, "marking.ship_most");
    names.costs(wasm, &world.env)
}

fn of_prescriptions(wasm: &Wasm) -> String {
    use prescription::steps::*;
    use prescription::*;
    use senim_abi::prescription::record::ITEMS_MAX;
    use senim_abi::prescription::{DispenseLine, ItemMask};
    use senim_types::TimeMs;

    let (mut world, mut names) = (World::new(), Names::default());
    names.last(&world.env, "prescription.world");
    let group = world.issue(vec![world.item()]);
    names.last(&world.env, "prescription.issue");
    world.held(APTEKA, group);
    names.last(&world.env, "prescription.hold");
    let until = TimeMs(world.env.time().0 + 30 * MINUTE_MS);
    assert_eq!(world.extend(APTEKA, group, FIRST, until), Ok(()));
    names.last(&world.env, "prescription.extend");
    assert_eq!(world.dispense_units(APTEKA, group, 0, 20), Ok(()));
    names.last(&world.env, "prescription.dispense");
    assert_eq!(world.reverse(APTEKA, group, 0, ItemMask::NONE), Ok(()));
    names.last(&world.env, "prescription.reverse");

    let second = world.issue(vec![world.item(), world.amoxicillin_item()]);
    names.last(&world.env, "prescription.issue_two_items");
    world.held(OTHER_APTEKA, second);
    assert_eq!(world.reject(OTHER_APTEKA, second, FIRST), Ok(()));
    names.last(&world.env, "prescription.reject");
    assert_eq!(world.cancel_by_holder(second, BOTH), Ok(()));
    names.last(&world.env, "prescription.cancel");

    world.introduce_unshipped();
    let pending = world.issue(vec![world.item()]);
    world.held(APTEKA, pending);
    let lines = vec![line(0, pack(MAKER, 0), 20, 1_000)];
    assert_eq!(world.dispense(APTEKA, pending, lines), Ok(()));
    names.last(&world.env, "prescription.dispense_pending");
    world.report_movement(0..1, APTEKA);
    assert_eq!(world.settle(pending, 0), Ok(()));
    names.last(&world.env, "prescription.settle");

    let most = world.issue(vec![world.item(); ITEMS_MAX]);
    names.last(&world.env, "prescription.issue_most");
    assert_eq!(
        world.hold(CLINIC_APTEKA, most, ItemMask::first(ITEMS_MAX)),
        Ok(())
    );
    names.last(&world.env, "prescription.hold_most");
    let each = |item| line(item, pack(CLINIC_APTEKA, usize::from(item) / 4), 5, 1_000);
    let lines: Vec<DispenseLine> = (0..ITEMS_MAX as u8).map(each).collect();
    assert_eq!(world.dispense(CLINIC_APTEKA, most, lines), Ok(()));
    names.last(&world.env, "prescription.dispense_most");
    world.view(most);
    names.last(&world.env, "prescription.query_group");
    names.costs(wasm, &world.env)
}

fn of_vouchers(wasm: &Wasm) -> String {
    use senim_abi::voucher::Execute;
    use voucher::*;

    let (mut world, mut names) = (World::new(), Names::default());
    names.last(&world.env, "voucher.genesis");
    let meals = world.issued(170);
    names.last(&world.env, "voucher.issue");
    world.redeemed(meals);
    names.last(&world.env, "voucher.redeem");
    world.env.advance(DAY_MS);
    world.redeemed(meals);
    names.last(&world.env, "voucher.redeem_again");
    assert_eq!(world.view(meals).unwrap().voucher.uses, 2);
    names.last(&world.env, "voucher.query_voucher");
    let refund = Execute::Refund {
        voucher: meals,
        number: 2,
    };
    world.done(terminal(), &refund);
    names.last(&world.env, "voucher.refund");
    let revoke = Execute::Revoke { voucher: meals };
    assert_eq!(world.by(education(), &revoke).code(), None);
    names.last(&world.env, "voucher.revoke");
    let settings = senim_abi::voucher::Settings {
        offline: Some(senim_abi::voucher::OfflineBounds {
            uses_max: 100,
            ..OFFLINE
        }),
        ..settings()
    };
    let frame = Execute::SetProgramme {
        programme: MEALS,
        settings,
    };
    world.done(education(), &frame);
    let pupils: Vec<_> = (0..20).map(|_| world.issued(10)).collect();
    let mut pad = pad::Pad::new(&mut world);
    names.last(&world.env, "voucher.sync_offline");
    let at = world.env.time();
    for pupil in &pupils {
        pad.serve(*pupil, at);
    }
    assert_eq!(pad::counts(pad.sent(&mut world)), (20, 0, 0));
    names.last(&world.env, "voucher.redeem_offline_of_twenty");
    pad.serve(pupils[0], at);
    let outcome = pad.send_by(&mut world, terminal(), 20..21);
    assert_eq!(pad::counts(pad::taken(&outcome)), (0, 1, 0));
    names.last(&world.env, "voucher.redeem_offline_of_one_in_excess");
    let answer = Execute::AnswerExcess {
        programme: MEALS,
        terminal: terminal().device,
        sequence: 20,
        pays: PRICE,
    };
    world.done(education(), &answer);
    names.last(&world.env, "voucher.answer_excess");
    names.costs(wasm, &world.env)
}

fn of_settlement(wasm: &Wasm) -> String {
    use senim_abi::settlement::{Execute, SettlementKind};
    use settlement::*;

    let (mut world, mut names) = (World::empty(), Names::default());
    let contract = agreement(CATERER, SettlementKind::TengeAtAcceptance, 500_000);
    world.done(city(), &contract);
    names.last(&world.env, "settlement.set_agreement");
    world.confirm_details(caterer(), hash(8_000));
    names.last(&world.env, "settlement.approve_details");
    world.posted(1, 1_000);
    names.last(&world.env, "treasury.pay_under_a_contract");
    world.in_february();
    names.last(&world.env, "settlement.cut");
    let act = act_of(CATERER, JANUARY, 0);
    let dispute = world.dispute(act, &[1]);
    world.done(city(), &dispute);
    names.last(&world.env, "settlement.dispute");
    world.done(caterer(), &correct(act, &[(1, 100)]));
    names.last(&world.env, "settlement.correct");
    let act = act_of(CATERER, JANUARY, 1);
    let hash = world.act(act).body.hash();
    names.last(&world.env, "settlement.query_act");
    world.done(caterer(), &Execute::Sign { act, hash });
    names.last(&world.env, "settlement.sign");
    let accept = world.accept(act);
    world.done(city(), &accept);
    names.last(&world.env, "settlement.accept");
    names.costs(wasm, &world.env)
}

/// An act of two hundred schools, each with a day that is named: about the most that one acceptance can be about. Without
/// findings, acceptance costs the same however many schools and days there are.
fn of_flawed_days(wasm: &Wasm) -> String {
    use senim_types::OrgId;
    use settlement::meals::*;
    use settlement::*;

    let (mut meals, mut names) = (Meals::at(200, settings()), Names::default());
    let mut days = Vec::new();
    for number in 0..200 {
        let place = OrgId(SCHOOL.0 + number);
        let voucher = meals.pupil(place);
        meals.eats(voucher, place);
        days.push((place, TODAY));
    }
    names.last(&meals.world.env, "voucher.redeem_first_of_a_day");
    let voucher = meals.pupil(SCHOOL);
    meals.eats(voucher, SCHOOL);
    names.last(&meals.world.env, "voucher.redeem_second_of_a_day");
    meals.present(SCHOOL, TODAY, 1);
    names.last(&meals.world.env, "voucher.attend_finding");
    let accept = meals.signed();
    meals.world.done(city(), &despite(&accept, &days));
    names.last(&meals.world.env, "settlement.accept_in_spite_of_200_days");
    names.costs(wasm, &meals.world.env)
}

fn of_cards(wasm: &Wasm) -> String {
    use card::*;
    use senim_abi::card::Execute;
    use senim_abi::card::msg::KEYS_MAX;
    use senim_sdk::testing::key_of;

    let (mut world, mut names) = (World::new(), Names::default());
    names.last(&world.env, "card.genesis");
    let keys: Vec<_> = (0..KEYS_MAX as u8).map(key_of).collect();
    let most = world.register(keys.clone());
    assert_eq!(world.by(centre(), &most), Ok(()));
    names.last(&world.env, "card.register_most");
    assert_eq!(world.check(key_of(1)), Ok(()));
    names.last(&world.env, "card.query_check");
    assert_eq!(world.by(centre(), &Execute::Block { keys }), Ok(()));
    names.last(&world.env, "card.block_most");
    world.env.advance(600 * DAY_MS);
    assert_eq!(world.env.serve_due().len(), 1);
    names.last(&world.env, "card.forget_most");
    names.costs(wasm, &world.env)
}

/// What a card adds to an issue and to a hold.
fn of_prescriptions_by_card(wasm: &Wasm) -> String {
    use prescription::*;

    let (mut world, mut names) = (World::new(), Names::default());
    let group = world.issue(vec![world.item()]);
    names.last(&world.env, "prescription.issue_with_card");
    let hold = world.hold_by_card(group, |_| ());
    assert_eq!(world.try_hold(&hold), Ok(()));
    names.last(&world.env, "prescription.hold_by_card");
    names.costs(wasm, &world.env)
}

/// The golden file's lines: first the artefacts, then the costs.
fn measured() -> (String, String) {
    let wasm = Wasm::load();
    let mut names = String::new();
    for (_, name) in genesis_contracts() {
        let code = std::fs::read(artefacts().join(format!("{name}.wasm"))).unwrap();
        writeln!(names, "artefact {name} {}", Hash::of(&code)).unwrap();
    }
    let costs = [
        of_the_registry,
        of_the_treasury,
        of_marking,
        of_prescriptions,
        of_vouchers,
        of_settlement,
        of_flawed_days,
        of_cards,
        of_prescriptions_by_card,
    ]
    .map(|of| of(&wasm));
    (names, costs.concat())
}

#[test]
fn representative_calls_of_the_committed_artefacts_cost_what_the_golden_file_says() {
    let (artefacts, costs) = measured();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/fuel.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, format!("{artefacts}{costs}")).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap();
    let approved = golden.strip_prefix(&artefacts).unwrap_or_else(|| {
        panic!("the artefacts are others: approve their costs with UPDATE_GOLDEN=1, see the head of this test")
    });
    for (now, then) in costs.lines().zip(approved.lines()) {
        assert_eq!(
            now, then,
            "the same artefacts are metered otherwise: a new protocol version"
        );
    }
    assert_eq!(
        costs, approved,
        "calls were added or left out: approve them with UPDATE_GOLDEN=1"
    );
}
