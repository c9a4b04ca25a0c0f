//! A pharmacy's acts over two months, in virtual time: what was dispensed, in parts of packs, and what was undone, before
//! its month was cut and after.

#[path = "support/over_http.rs"]
mod over_http;

use over_http::OverHttp;
use senim_abi::civil::Month;
use senim_abi::marking::msg::{self as marking, Stage};
use senim_abi::prescription::Money;
use senim_abi::settlement::{self, Act, ActId, CorrectionLine, ProgrammeId};
use senim_abi::treasury::BudgetId;
use senim_abi::{PRESCRIPTION, SETTLEMENT};
use senim_tests::world::people::{self, AMLODIPINE, METFORMIN, amlodipine, metformin};
use senim_tests::world::{Request, World};
use senim_types::{Code, OrgId, TimeMs, Tiyn, TiynTotal};
use senimd::driver::now;

/// The pharmacy's acts, in order.
fn acts(world: &World) -> Vec<Act> {
    let question = settlement::Query::Acts {
        programme: ProgrammeId(1),
        after: None,
    };
    let acts: Vec<Act> = world.query(SETTLEMENT, &question).expect("an answer");
    let own = acts.into_iter();
    own.filter(|act| act.body.act.provider == people::org_of("pharmacy"))
        .collect()
}

#[test]
fn an_act_has_what_was_dispensed_and_takes_off_what_was_undone() {
    let mut world = World::of(1, 91);
    let before = world.budget();
    let until = |world: &mut World, at: u64| world.advance(TimeMs(at).since_ms(world.now()));
    let dispensed = |world: &mut World, name: &str, item, pack, units, price| {
        let token = world.issued(name, vec![item]);
        world.held("pharmacy", &token);
        let request = world.dispensing("pharmacy", &token, pack, units, Tiyn(price));
        world.apply("pharmacy", request);
        token.group
    };
    let undone = |world: &mut World, group| {
        let key = people::hold_key("pharmacy", group);
        let request = people::reverse(&world.network, group, 0, &key);
        world.apply("pharmacy", request);
    };
    let amlodipine_pack = |serial| people::pack(AMLODIPINE, serial, "A2604", "2031-02-28");

    // The end of February, in the programme's civil time.
    until(&mut world, 1_772_064_000_000);
    let first = people::metformin_pack(1);
    let item = metformin(20, world.now());
    dispensed(&mut world, "a third of a pack", item, first, 20, 145_000);
    let item = metformin(40, world.now());
    dispensed(&mut world, "the rest of it", item, first, 40, 145_000);
    let item = amlodipine(30, world.now());
    let group = dispensed(
        &mut world,
        "undone",
        item,
        amlodipine_pack("AM0001"),
        30,
        98_000,
    );
    undone(&mut world, group);
    let item = metformin(60, world.now());
    let second = people::metformin_pack(2);
    let late = dispensed(&mut world, "undone in March", item, second, 60, 145_000);
    assert!(acts(&world).is_empty());

    // March, inside the ten days: February's act stays as it was cut.
    until(&mut world, 1_772_409_600_000);
    let item = amlodipine(30, world.now());
    dispensed(
        &mut world,
        "in March",
        item,
        amlodipine_pack("AM0002"),
        30,
        98_000,
    );
    let february = acts(&world);
    let body = &february[0].body;
    assert_eq!(
        (february.len(), body.lines, body.sum),
        (1, 4, TiynTotal(388_000))
    );
    assert_eq!((body.reversed_lines, body.reversed), (1, TiynTotal(98_000)));
    assert_eq!(body.payable, Tiyn(290_000));
    undone(&mut world, late);
    assert_eq!(acts(&world), february);

    // April: what was undone is a line of March's act.
    until(&mut world, 1_775_174_400_000);
    world.apply("fund", people::allot("more", Tiyn(1)));
    let all = acts(&world);
    let body = &all[1].body;
    assert_eq!((all.len(), body.lines, body.sum), (2, 1, TiynTotal(98_000)));
    assert_eq!(
        (body.reversed_lines, body.reversed),
        (1, TiynTotal(145_000))
    );
    assert_eq!(body.payable, Tiyn(0), "more was undone than dispensed");
    let spent = 388_000 - 98_000 - 145_000 + 98_000;
    let line = world.budget();
    assert_eq!(line.available().0, before.available().0 + 1 - spent);
}

/// The movement of a pack is told after it was dispensed, and the ledger posts the payment by itself: that line stands in no
/// transaction, and in the act's list all the same.
#[test]
fn a_line_that_the_ledger_posted_by_itself_is_in_the_acts_list() {
    const ACT: &str = "1-20-2026-02";
    const ACT_ID: ActId = ActId {
        programme: ProgrammeId(1),
        provider: OrgId(20),
        period: Month::new(2026, 2),
        number: 0,
    };
    let mut ledger = OverHttp::new(1, 92);
    let world = &mut ledger.world;
    let pack = people::pack(METFORMIN, "MX0001", "M2650", "2031-05-31");
    let introduce = marking::Execute::Introduce {
        gtin: pack.gtin,
        lot: pack.lot,
        expiry: pack.expiry,
        serials: vec![pack.serial],
        at: OrgId(4),
        stage: Stage::Circulation,
    };
    world.apply("regulator", Request::marking(&introduce));
    let item = metformin(60, world.now());
    let token = world.issued("its movement is missing", vec![item]);
    world.held("pharmacy", &token);
    let request = world.dispensing("pharmacy", &token, pack, 60, Tiyn(145_000));
    world.apply("pharmacy", request);
    let money = |world: &World| world.group(token.group).group.dispenses[0].money;
    assert_eq!(money(world), Money::Pending);
    let ship = marking::Execute::Ship {
        packs: vec![pack.id()],
        to: people::org_of("pharmacy"),
    };
    world.apply("regulator", Request::marking(&ship));
    world.advance(2 * 24 * 60 * 60 * 1000);
    assert_eq!(money(world), Money::Posted);

    // Commands sign by the machine's clock.
    world.advance(now().since_ms(world.now()));
    let (pharmacy, fund) = (people::org_of("pharmacy"), OrgId(2));
    let details = ledger.details_confirmed((pharmacy, "pharmacy"), (fund, ["fund", "fund-2"]));
    let lines = ledger.lines_of(ACT, "No 20/2026 of 2026-01-05", &details);
    assert_eq!(lines[0]["amount_tiyn"], 145_000, "{lines:?}");

    // So the pharmacy can admit that it is wrong, and by no more than it is.
    let letter = ledger.path("letter.txt");
    std::fs::write(&letter, "It was half a pack.").expect("it is written");
    let letter = letter.to_str().expect("UTF-8").to_owned();
    let dispute = [
        "act",
        "dispute",
        ACT,
        "--reason",
        "wrong-quantity",
        "--statement",
    ];
    ledger.done(&[&dispute[..], &[&letter, "--key", "fund"]].concat());
    let line = |tenge: &str| format!("{}={tenge}", lines[0]["transfer"].as_str().expect("an id"));
    let correct = ["act", "correct", ACT, "--key", "pharmacy", "--line"];
    let above = ledger.refused(&[&correct[..], &[&line("1450.01")]].concat());
    assert_eq!(above, Code::REVERSAL_EXCEEDS_POSTED);
    // No command names another rate of VAT, or another line of the programme.
    let raw = |budget, vat_basis_points| settlement::Execute::Correct {
        act: ACT_ID,
        lines: vec![CorrectionLine {
            issuer: PRESCRIPTION,
            transfer: serde_json::from_value(lines[0]["transfer"].clone()).expect("a hash"),
            budget: BudgetId(budget),
            amount: Tiyn(72_500),
            vat_basis_points,
        }],
    };
    let rate = ledger.called("pharmacy", SETTLEMENT, &raw(1, 1_200));
    assert_eq!(rate.map(|_| ()), Err(Code::LINE_RATE));
    let elsewhere = ledger.called("pharmacy", SETTLEMENT, &raw(2, 0));
    assert_eq!(elsewhere.map(|_| ()), Err(Code::NOT_AUTHORISED));
    ledger.done(&[&correct[..], &[&line("725")]].concat());
    let shown = ledger.done(&["act", "show", "1-20-2026-02-1"]);
    assert_eq!(shown["payable_tiyn"], 72_500, "{shown}");
}
