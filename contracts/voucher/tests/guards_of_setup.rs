//! Every guard of what a payer sets, met by the step that it stops. Whatever is refused changes nothing.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::VOUCHER;
use senim_abi::civil::{Month, UtcOffsets};
use senim_abi::policy::{Listing, Product};
use senim_abi::treasury::BudgetId;
use senim_abi::voucher::Arms;
use senim_abi::voucher::{
    Calendar, Execute, Genesis, Policy, ProgrammeId, Query, Service, Settings, Window,
};
use senim_sdk::{Entry as Entered, codec};
use senim_types::{Code, ContractId, Hash, OrgId, Tiyn};

#[test]
fn a_frame_meets_each_guard() {
    type Change = fn(&mut Settings);
    let cases: [(&str, Change, Option<Code>); 17] = [
        ("as it should be", |_| (), None),
        (
            "a line that nobody opened",
            |s| s.budget = BudgetId(99),
            Some(Code::NO_BUDGET),
        ),
        (
            "a line of another programme",
            |s| s.budget = FREE_LINE,
            Some(Code::NOT_AUTHORISED),
        ),
        (
            "disputes for ever",
            |s| s.dispute_ms = Settings::DISPUTE_MS_MAX + 1,
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "a proof that lives no time",
            |s| s.proof_ms_max = 0,
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "a proof that lives too long",
            |s| s.proof_ms_max = Settings::PROOF_MS_MAX + 1,
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "no civil time",
            |s| s.offsets = UtcOffsets(Vec::new()),
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "reminded when it has lapsed",
            |s| s.consent.remind_ms = s.consent.lapse_ms,
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "an offer for ever",
            |s| s.consent.lapse_ms = Settings::WINDOW_MS_MAX + 1,
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "an activation without time",
            |s| {
                s.activation = Some(Window {
                    remind_ms: 0,
                    lapse_ms: 0,
                })
            },
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "an office and nobody who asks",
            |s| s.office = Some(OFFICE),
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "one who asks and no office",
            |s| s.portal = Some(PORTAL),
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "arms without nullifiers",
            |s| s.arms = Some(two_arms()),
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "arms",
            |s| (s.arms, s.exclusion) = (Some(two_arms()), Some(1)),
            None,
        ),
        (
            "one arm",
            |s| {
                (s.arms, s.exclusion) = (
                    Some(Arms {
                        weights: vec![1],
                        ..two_arms()
                    }),
                    Some(1),
                )
            },
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "an arm of no weight",
            |s| {
                (s.arms, s.exclusion) = (
                    Some(Arms {
                        weights: vec![1, 0],
                        ..two_arms()
                    }),
                    Some(1),
                )
            },
            Some(Code::OUT_OF_RANGE),
        ),
        (
            "nine arms",
            |s| {
                (s.arms, s.exclusion) = (
                    Some(Arms {
                        weights: vec![1; 9],
                        ..two_arms()
                    }),
                    Some(1),
                )
            },
            Some(Code::OUT_OF_RANGE),
        ),
    ];
    for (case, change, expected) in cases {
        let mut world = World::new();
        let mut settings = settings();
        change(&mut settings);
        let message = Execute::SetProgramme {
            programme: MEALS,
            settings,
        };
        assert_eq!(world.by(education(), &message).code(), expected, "{case}");
        let outcome = world.by(other_payer(), &message);
        assert!(outcome.code().is_some(), "{case}: by another payer");
    }
}

#[test]
fn what_was_committed_to_stays() {
    let mut world = World::new();
    let set = |arms| Execute::SetProgramme {
        programme: FREE_MEALS,
        settings: Settings {
            arms,
            ..free_settings()
        },
    };
    // A seed that a caller brings along is none.
    let with_seed = Arms {
        seed: Some(seed()),
        ..two_arms()
    };
    world.done(education(), &set(Some(with_seed)));
    let known = |world: &mut World| {
        let programme: senim_abi::voucher::record::Programme = world.asked(&Query::Programme {
            programme: FREE_MEALS,
        });
        programme.settings.arms.unwrap()
    };
    assert_eq!(known(&mut world), two_arms());
    let other = Arms {
        commitment: Hash([1; 32]),
        ..two_arms()
    };
    let heavier = Arms {
        weights: vec![1, 2],
        ..two_arms()
    };
    let reveal = |seed| Execute::RevealArms {
        programme: FREE_MEALS,
        seed,
    };
    refused(
        &mut world,
        vec![
            (
                "none any more",
                education(),
                set(None),
                Code::ARMS_COMMITTED,
            ),
            (
                "another seed",
                education(),
                set(Some(other)),
                Code::ARMS_COMMITTED,
            ),
            (
                "other weights",
                education(),
                set(Some(heavier)),
                Code::ARMS_COMMITTED,
            ),
            (
                "a wrong seed",
                education(),
                reveal(Hash([2; 32])),
                Code::WRONG_SEED,
            ),
            (
                "not the payer",
                other_payer(),
                reveal(seed()),
                Code::NOT_AUTHORISED,
            ),
            (
                "a programme without arms",
                education(),
                Execute::RevealArms {
                    programme: MEALS,
                    seed: seed(),
                },
                Code::WRONG_SEED,
            ),
        ],
    );
    for _ in 0..2 {
        world.done(education(), &reveal(seed()));
        assert_eq!(known(&mut world).seed, Some(seed()));
    }
    // The frame can change without the comparison.
    world.done(education(), &set(Some(two_arms())));
    assert_eq!(known(&mut world).seed, Some(seed()));
}

#[test]
fn an_arm_follows_from_the_seed_and_the_nullifier() {
    let arms = Arms {
        weights: vec![3, 1],
        ..two_arms()
    };
    let drawn = |person: u32| {
        arms.of(&Hash::of(&Arms::preimage(
            &seed(),
            &Hash::of(&person.to_be_bytes()),
        )))
    };
    let second = (0..4_000).filter(|person| drawn(*person) == 1).count();
    assert!(
        (900..1_100).contains(&second),
        "a quarter of 4,000: {second}"
    );
    assert_eq!(drawn(7), drawn(7));
}

#[test]
fn the_payers_other_settings_meet_their_guards() {
    let mut world = World::new();
    let listing = Listing {
        price_max: Tiyn(1),
        units_per_pack: 1,
        share_basis_points: None,
    };
    let list = |listing| Execute::SetListing {
        programme: MEALS,
        product: Product::Service(1),
        listing,
    };
    let month = Month::new(2027, 1);
    let calendar = |place| Execute::SetCalendar {
        programme: MEALS,
        place,
        month,
        calendar: Calendar { open: 1 },
    };
    let service = world.service();
    let serve = |place, service| set_service(MEALS, place, Some(service));
    let set_policy = |policy| Execute::SetPolicy {
        programme: MEALS,
        policy,
    };
    let nobody = OrgId(0);
    let unknown = ProgrammeId(99);
    let long = Policy {
        contract: MEASURE,
        parameters: vec![0; 4_097],
    };
    let senseless = Policy {
        contract: MEASURE,
        parameters: Vec::new(),
    };
    let engine = Policy {
        contract: VOUCHER,
        ..policy(rules())
    };
    let missing = Policy {
        contract: ContractId(1_001),
        ..policy(rules())
    };
    refused(
        &mut world,
        vec![
            (
                "a listing of another payer's",
                other_payer(),
                list(Some(listing)),
                Code::NOT_AUTHORISED,
            ),
            (
                "for nothing",
                education(),
                list(Some(Listing {
                    price_max: Tiyn(0),
                    ..listing
                })),
                Code::OUT_OF_RANGE,
            ),
            (
                "an empty pack",
                education(),
                list(Some(Listing {
                    units_per_pack: 0,
                    ..listing
                })),
                Code::OUT_OF_RANGE,
            ),
            (
                "no share",
                education(),
                list(Some(Listing {
                    share_basis_points: Some(0),
                    ..listing
                })),
                Code::OUT_OF_RANGE,
            ),
            (
                "more than a whole",
                education(),
                list(Some(Listing {
                    share_basis_points: Some(10_001),
                    ..listing
                })),
                Code::OUT_OF_RANGE,
            ),
            (
                "a calendar by the caterer",
                caterer(),
                calendar(SCHOOL),
                Code::NOT_AUTHORISED,
            ),
            (
                "a calendar of a place that nobody serves",
                education(),
                calendar(OTHER_SCHOOL),
                Code::NOT_WHITELISTED,
            ),
            (
                "a service by another payer",
                other_payer(),
                serve(SCHOOL, service),
                Code::NOT_AUTHORISED,
            ),
            (
                "no place",
                education(),
                serve(nobody, service),
                Code::OUT_OF_RANGE,
            ),
            (
                "no provider",
                education(),
                serve(
                    SCHOOL,
                    Service {
                        provider: nobody,
                        ..service
                    },
                ),
                Code::OUT_OF_RANGE,
            ),
            (
                "no terminals",
                education(),
                serve(
                    SCHOOL,
                    Service {
                        terminals: nobody,
                        ..service
                    },
                ),
                Code::OUT_OF_RANGE,
            ),
            (
                "a service of no programme",
                education(),
                set_service(unknown, SCHOOL, None),
                Code::PROGRAMME_UNKNOWN,
            ),
            (
                "a policy of another payer's",
                other_payer(),
                set_policy(policy(rules())),
                Code::NOT_AUTHORISED,
            ),
            (
                "an engine contract",
                education(),
                set_policy(engine),
                Code::NOT_A_POLICY,
            ),
            (
                "a contract that is not there",
                education(),
                set_policy(missing),
                Code::CONTRACT_UNKNOWN,
            ),
            (
                "too many parameters",
                education(),
                set_policy(long),
                Code::OUT_OF_RANGE,
            ),
            (
                "parameters without sense",
                education(),
                set_policy(senseless),
                Code::OUT_OF_RANGE,
            ),
        ],
    );
    world.done(school(), &calendar(SCHOOL));
    world.done(education(), &list(Some(listing)));
    let query = Query::Listing {
        programme: MEALS,
        product: Product::Service(1),
    };
    assert_eq!(world.asked::<Option<Listing>>(&query), Some(listing));
    world.done(education(), &list(None));
    assert_eq!(world.asked::<Option<Listing>>(&query), None);
}

#[test]
fn a_genesis_sets_up_and_nothing_else() {
    let mut world = World::new();
    for message in [world.issue_message(Tiyn(1)), world.list_message(1)] {
        let input = codec::encode(&Genesis(vec![message]));
        let outcome = world.env.by_ledger(VOUCHER, Entered::Genesis, &input);
        assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
    }
    let outcome = world.env.by_ledger(VOUCHER, Entered::Migrate, &[]);
    assert_eq!(outcome.code(), Some(Code::BAD_ENTRY));
}
