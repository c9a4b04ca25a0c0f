//! Every guard of a use, met by the step that it stops. Whatever is refused changes nothing. The policy's own rules are
//! tables of the policy's crate.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::policy::measure::{Price, Rules};
use senim_abi::policy::{Line, Listing, Product};
use senim_abi::voucher::msg::Redeemed;
use senim_abi::voucher::{Execute, Proof, Service, Settings, VoucherId};
use senim_sdk::codec;
use senim_types::{Code, Hash, Tiyn};

/// A change of the world before the meal.
type Change = fn(&mut World);

fn change_settings(world: &mut World, change: impl Fn(&mut Settings)) {
    let mut settings = settings();
    change(&mut settings);
    let message = Execute::SetProgramme {
        programme: MEALS,
        settings,
    };
    world.done(education(), &message);
}

fn set(world: &mut World, service: Option<Service>) {
    world.done(education(), &set_service(MEALS, SCHOOL, service));
}

#[test]
fn a_meal_meets_each_guard() {
    let cases: [(&str, Change, Tiyn, Option<Code>); 9] = [
        ("as it should be", |_| (), PRICE, None),
        ("for nothing", |_| (), Tiyn::ZERO, Some(Code::AMOUNT_ZERO)),
        (
            "above the cap",
            |_| (),
            Tiyn(100_001),
            Some(Code::PRICE_ABOVE_CAP),
        ),
        (
            "the programme is closed",
            |world| change_settings(world, |settings| settings.open = false),
            PRICE,
            Some(Code::PROGRAMME_UNKNOWN),
        ),
        (
            "a second meal on one day",
            |world| assert_eq!(world.redeem(first(world)).code(), None),
            Tiyn(1),
            Some(Code::DAILY_LIMIT),
        ),
        (
            "nobody serves the school",
            |world| set(world, None),
            PRICE,
            Some(Code::NOT_WHITELISTED),
        ),
        (
            "the caterer's contract has ended",
            |world| {
                let until = world.env.time();
                let service = world.service();
                set(world, Some(Service { until, ..service }));
            },
            PRICE,
            Some(Code::NOT_WHITELISTED),
        ),
        (
            "the terminals are another system's",
            |world| {
                let service = world.service();
                set(
                    world,
                    Some(Service {
                        terminals: CATERER,
                        ..service
                    }),
                );
            },
            PRICE,
            Some(Code::WRONG_PLACE),
        ),
        (
            "its time is over",
            |world| world.env.advance(200 * DAY_MS),
            PRICE,
            Some(Code::VOUCHER_EXPIRED),
        ),
    ];
    for (case, change, price, expected) in cases {
        let mut world = World::new();
        let voucher = world.issued(2);
        change(&mut world);
        let before = world.env.state().clone();
        let outcome = world.by(terminal(), &redeem_message(voucher, price));
        assert_eq!(outcome.code(), expected, "{case}");
        assert_eq!(world.env.state() == &before, expected.is_some(), "{case}");
    }
}

/// The id of the voucher that a fresh world's first issue made.
fn first(_: &World) -> VoucherId {
    VoucherId::derive(&Hash::of(&1_u64.to_be_bytes()), 0)
}

#[test]
fn less_is_left_than_it_costs() {
    let mut world = World::new();
    let message = world.issue_message(Tiyn(89_999));
    world.done(education(), &message);
    let voucher = first(&world);
    assert_eq!(world.redeem(voucher).code(), Some(Code::INSUFFICIENT));
    let outcome = world.by(terminal(), &redeem_message(voucher, Tiyn(89_999)));
    assert_eq!(outcome.code(), None);
    world.env.advance(DAY_MS);
    let outcome = world.by(terminal(), &redeem_message(voucher, Tiyn(1)));
    assert_eq!(
        outcome.code(),
        Some(Code::INSUFFICIENT),
        "spent to the last tiyn"
    );
}

#[test]
fn what_is_bought_is_counted_and_priced() {
    let line = |units, price, listing| Line {
        product: Product::Service(1),
        units,
        price: Tiyn(price),
        listing,
    };
    let listed = Some(Listing {
        price_max: Tiyn(1),
        units_per_pack: 1,
        share_basis_points: None,
    });
    for (case, lines, expected) in [
        ("nothing", Vec::new(), Code::OUT_OF_RANGE),
        ("too much", vec![line(1, 1, None); 9], Code::OUT_OF_RANGE),
        ("none of it", vec![line(0, 1, None)], Code::OUT_OF_RANGE),
        (
            "a listing that the caller brings along",
            vec![line(1, 1, listed)],
            Code::OUT_OF_RANGE,
        ),
        (
            "one of it for nothing",
            vec![line(1, 1, None), line(1, 0, None)],
            Code::AMOUNT_ZERO,
        ),
    ] {
        let mut world = World::new();
        let voucher = world.issued(2);
        let message = Execute::Redeem {
            voucher,
            place: SCHOOL,
            lines,
            proof: Proof::Attested,
        };
        assert_eq!(
            world.by(terminal(), &message).code(),
            Some(expected),
            "{case}"
        );
    }
}

#[test]
fn a_substance_is_bought_as_its_atc_group_is_listed_unless_it_is_listed_itself() {
    let mut world = World::new();
    let by_list = Rules {
        price: Price::Listed,
        ..rules()
    };
    let set_policy = Execute::SetPolicy {
        programme: MEALS,
        policy: policy(by_list),
    };
    world.done(education(), &set_policy);
    let named = |code: &str| Product::Inn(code.parse().unwrap());
    let list = |world: &mut World, code: &str, share: Option<u16>| {
        let message = Execute::SetListing {
            programme: MEALS,
            product: named(code),
            listing: share.map(|share| Listing {
                price_max: Tiyn(50_000),
                units_per_pack: 30,
                share_basis_points: Some(share),
            }),
        };
        world.done(education(), &message);
    };
    let pays = |world: &mut World, code: &str| {
        // A use of each is enough: one a day.
        let voucher = world.issued(2);
        let message = Execute::Redeem {
            voucher,
            place: SCHOOL,
            lines: vec![Line {
                product: named(code),
                units: 30,
                price: Tiyn(40_000),
                listing: None,
            }],
            proof: Proof::Attested,
        };
        let outcome = world.by(terminal(), &message);
        let redeemed = || codec::decode::<Redeemed>(outcome.output()).unwrap().pays;
        outcome.code().map_or_else(|| Ok(redeemed()), Err)
    };
    assert_eq!(pays(&mut world, "A10BA02"), Err(Code::WRONG_PURPOSE));
    list(&mut world, "A10B", Some(5_000));
    list(&mut world, "C08CA01", Some(10_000));
    assert_eq!(pays(&mut world, "A10BA02"), Ok(Tiyn(20_000)));
    assert_eq!(pays(&mut world, "A10BA02X"), Ok(Tiyn(20_000)));
    assert_eq!(pays(&mut world, "C08CA01"), Ok(Tiyn(40_000)));
    for outside in ["A10AB01", "A10", "C08CA02", "C08CA"] {
        assert_eq!(
            pays(&mut world, outside),
            Err(Code::WRONG_PURPOSE),
            "{outside}"
        );
    }
    list(&mut world, "A10BA02", Some(8_000));
    assert_eq!(pays(&mut world, "A10BA02"), Ok(Tiyn(32_000)));
    assert_eq!(pays(&mut world, "A10BB12"), Ok(Tiyn(20_000)));
    list(&mut world, "A10BA02", None);
    list(&mut world, "A10B", None);
    assert_eq!(pays(&mut world, "A10BA02"), Err(Code::WRONG_PURPOSE));
}

#[test]
fn no_contract_and_no_strange_voucher() {
    let mut world = World::new();
    let voucher = world.issued(2);
    let message = redeem_message(voucher, PRICE);
    let actor = terminal();
    let outcome = world
        .env
        .execute_as(MEASURE, &actor, senim_abi::VOUCHER, &message);
    assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
    let strange = redeem_message(VoucherId(Hash([9; 32])), PRICE);
    assert_eq!(
        world.by(terminal(), &strange).code(),
        Some(Code::VOUCHER_UNKNOWN)
    );
}
