//! Every guard of what offices, portals, and schools do, met by the step that it stops. Whatever is refused changes nothing.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::voucher::msg::{Channel, Mark};
use senim_abi::voucher::{Entry, Execute, Service, Settings, Standing, Status, VoucherId};
use senim_sdk::testing::Actor;
use senim_types::{Code, Hash, OrgId, Tiyn};

#[test]
fn a_list_comes_from_its_office_alone_and_holds_each_person_once() {
    let mut world = World::new();
    let list = world.list_message(2);
    let Execute::List { entries, .. } = &list else {
        unreachable!()
    };
    let entry = entries[0];
    let of = |programme, entries| Execute::List {
        programme,
        index: 0,
        entries,
    };
    let nobody = Entry {
        amount: Tiyn(0),
        ..entry
    };
    refused(
        &mut world,
        vec![
            (
                "another office",
                Actor::new(90, OrgId(90), senim_sdk::Roles::DATA_OFFICE),
                list.clone(),
                Code::NOT_AUTHORISED,
            ),
            (
                "the payer itself",
                education(),
                list.clone(),
                Code::NOT_AUTHORISED,
            ),
            (
                "a programme without an office",
                office(),
                of(MEALS, vec![entry]),
                Code::NOT_AUTHORISED,
            ),
            (
                "nobody",
                office(),
                of(FREE_MEALS, Vec::new()),
                Code::OUT_OF_RANGE,
            ),
            (
                "too many",
                office(),
                of(FREE_MEALS, vec![entry; 61]),
                Code::OUT_OF_RANGE,
            ),
            (
                "one for nothing",
                office(),
                of(FREE_MEALS, vec![entry, nobody]),
                Code::AMOUNT_ZERO,
            ),
            (
                "beyond the last index",
                office(),
                Execute::List {
                    programme: FREE_MEALS,
                    index: u16::MAX,
                    entries: vec![entry; 2],
                },
                Code::OUT_OF_RANGE,
            ),
        ],
    );
    let vouchers = world.listed(60);
    let (one, two) = (vouchers[0], vouchers[1]);
    world.done(identity(), &attest(one, 1));
    let stranger = VoucherId(Hash([7; 32]));
    refused(
        &mut world,
        vec![
            (
                "the same person again",
                identity(),
                attest(two, 1),
                Code::DUPLICATE_PROGRAMME,
            ),
            (
                "another person for a voucher",
                identity(),
                attest(one, 2),
                Code::VOUCHER_STATE,
            ),
            (
                "somebody who is not listed",
                identity(),
                attest(stranger, 3),
                Code::VOUCHER_UNKNOWN,
            ),
            (
                "an offer before it is known who it is",
                portal(),
                Execute::Offer {
                    vouchers: vec![two],
                },
                Code::NOT_ATTESTED,
            ),
            (
                "an offer to somebody who is not entitled",
                portal(),
                Execute::Offer {
                    vouchers: vec![stranger],
                },
                Code::VOUCHER_UNKNOWN,
            ),
            (
                "an offer by another portal",
                Actor::new(91, OrgId(91), senim_sdk::Roles::PORTAL),
                Execute::Offer {
                    vouchers: vec![one],
                },
                Code::NOT_AUTHORISED,
            ),
            (
                "a yes before the question",
                portal(),
                answer(one, true),
                Code::VOUCHER_STATE,
            ),
        ],
    );
    // The same again is a success that changes nothing.
    let before = world.env.state().clone();
    world.done(identity(), &attest(one, 1));
    assert_eq!(world.env.state(), &before);
    world.done(
        portal(),
        &Execute::Offer {
            vouchers: vec![one],
        },
    );
    let again = Execute::Offer {
        vouchers: vec![one],
    };
    assert_eq!(world.by(portal(), &again).code(), Some(Code::VOUCHER_STATE));
}

#[test]
fn who_is_in_which_arm_is_settled_before_anybody_is_asked() {
    let mut world = World::new();
    let settings = Settings {
        arms: Some(two_arms()),
        ..free_settings()
    };
    world.done(
        education(),
        &Execute::SetProgramme {
            programme: FREE_MEALS,
            settings,
        },
    );
    let vouchers = world.listed(2);
    world.done(identity(), &attest(vouchers[0], 1));
    let assign = |voucher, arm| Execute::Assign {
        arms: vec![(voucher, arm)],
    };
    refused(
        &mut world,
        vec![
            (
                "another payer",
                other_payer(),
                assign(vouchers[0], 1),
                Code::NOT_AUTHORISED,
            ),
            (
                "an arm that there is not",
                education(),
                assign(vouchers[0], 2),
                Code::OUT_OF_RANGE,
            ),
            (
                "somebody who is not known",
                education(),
                assign(vouchers[1], 1),
                Code::NOT_ATTESTED,
            ),
        ],
    );
    world.done(education(), &assign(vouchers[0], 1));
    assert_eq!(world.view(vouchers[0]).unwrap().voucher.arm, 1);
    world.done(
        portal(),
        &Execute::Offer {
            vouchers: vec![vouchers[0]],
        },
    );
    assert_eq!(
        world.by(education(), &assign(vouchers[0], 0)).code(),
        Some(Code::VOUCHER_STATE)
    );
}

/// Each standing, each answer.
#[test]
fn answers_meet_the_automaton() {
    type Make = fn(&mut World) -> VoucherId;
    let cases: [(&str, Make, bool, Result<Status, Code>); 14] = [
        (
            "listed, yes",
            World::attested,
            true,
            Err(Code::VOUCHER_STATE),
        ),
        (
            "listed, no",
            World::attested,
            false,
            Err(Code::VOUCHER_STATE),
        ),
        ("offered, yes", World::offered, true, Ok(Status::Issued)),
        ("offered, no", World::offered, false, Ok(Status::Declined)),
        (
            "issued, yes again",
            World::consented,
            true,
            Ok(Status::Issued),
        ),
        ("issued, no", World::consented, false, Ok(Status::Declined)),
        (
            "active, yes again",
            World::activated,
            true,
            Ok(Status::Active),
        ),
        ("active, no", World::activated, false, Ok(Status::Declined)),
        (
            "declined, yes",
            |w| declined(w),
            true,
            Err(Code::CONSENT_CLOSED),
        ),
        (
            "declined, no again",
            |w| declined(w),
            false,
            Ok(Status::Declined),
        ),
        (
            "lapsed, yes",
            |w| lapsed(w),
            true,
            Err(Code::CONSENT_CLOSED),
        ),
        (
            "lapsed, no",
            |w| lapsed(w),
            false,
            Err(Code::CONSENT_CLOSED),
        ),
        (
            "revoked, yes",
            |w| revoked(w),
            true,
            Err(Code::CONSENT_CLOSED),
        ),
        (
            "one who was never asked",
            |w| w.issued(1),
            false,
            Err(Code::NOT_AUTHORISED),
        ),
    ];
    for (case, make, consents, expected) in cases {
        let mut world = World::new();
        let voucher = make(&mut world);
        let code = world.by(portal(), &answer(voucher, consents)).code();
        assert_eq!(code, expected.err(), "{case}");
        if let Ok(status) = expected {
            assert_eq!(world.view(voucher).unwrap().status, status, "{case}");
        }
    }
}

fn declined(world: &mut World) -> VoucherId {
    let voucher = world.offered();
    world.done(portal(), &answer(voucher, false));
    voucher
}

fn lapsed(world: &mut World) -> VoucherId {
    let voucher = world.offered();
    world.env.advance(30 * DAY_MS);
    world.env.serve_due();
    voucher
}

fn revoked(world: &mut World) -> VoucherId {
    let voucher = world.consented();
    world.done(education(), &Execute::Revoke { voucher });
    assert_eq!(
        world.view(voucher).unwrap().voucher.standing,
        Standing::Revoked
    );
    voucher
}

#[test]
fn each_channel_has_its_own_bearer() {
    let bearers = [
        (Channel::Sms, portal()),
        (Channel::Wallet, wallets()),
        (Channel::ServiceCentre, centre()),
        (Channel::School, school()),
    ];
    for (number, (channel, bearer)) in bearers.into_iter().enumerate() {
        let mut world = World::new();
        let voucher = world.offered();
        let message = Execute::Answer {
            voucher,
            channel,
            consents: true,
        };
        for (other, (_, actor)) in bearers.into_iter().enumerate() {
            if other != number {
                assert_eq!(
                    world.by(actor, &message).code(),
                    Some(Code::NOT_AUTHORISED),
                    "{channel:?}"
                );
            }
        }
        world.done(bearer, &message);
    }
}

#[test]
fn an_attendance_meets_each_guard() {
    let mut world = World::new();
    let voucher = world.activated();
    let other = world.issued(1);
    let attend = |place, day, marks: &[VoucherId]| Execute::Attend {
        programme: FREE_MEALS,
        place,
        day,
        present: 1,
        marks: marks
            .iter()
            .map(|voucher| Mark {
                voucher: *voucher,
                absent: true,
            })
            .collect(),
    };
    let many = vec![voucher; 61];
    let own = Service {
        provider: SCHOOL,
        ..world.service()
    };
    refused(
        &mut world,
        vec![
            (
                "another school's",
                school(),
                attend(OTHER_SCHOOL, FRIDAY, &[]),
                Code::NOT_AUTHORISED,
            ),
            (
                "of tomorrow",
                school(),
                attend(SCHOOL, FRIDAY + 1, &[]),
                Code::OUT_OF_RANGE,
            ),
            (
                "of more than a week ago",
                school(),
                attend(SCHOOL, FRIDAY - 8, &[]),
                Code::OUT_OF_RANGE,
            ),
            (
                "too many",
                school(),
                attend(SCHOOL, FRIDAY, &many),
                Code::OUT_OF_RANGE,
            ),
            (
                "a pupil of another programme",
                school(),
                attend(SCHOOL, FRIDAY, &[other]),
                Code::PROGRAMME_UNKNOWN,
            ),
        ],
    );
    world.done(school(), &attend(SCHOOL, FRIDAY - 7, &[voucher]));
    world.done(
        education(),
        &Execute::Move {
            voucher,
            place: Some(OTHER_SCHOOL),
        },
    );
    assert_eq!(
        world
            .by(school(), &attend(SCHOOL, FRIDAY, &[voucher]))
            .code(),
        Some(Code::WRONG_PLACE)
    );
    // Who is paid for meals does not say who was there to eat them.
    world.done(education(), &set_service(FREE_MEALS, SCHOOL, Some(own)));
    assert_eq!(
        world.by(school(), &attend(SCHOOL, FRIDAY, &[])).code(),
        Some(Code::NOT_AUTHORISED)
    );
}

#[test]
fn nobody_gets_the_same_twice_under_two_programmes_of_one_group() {
    let mut world = World::new();
    // Another payer's measure for the same people, such as a district's beside the city's.
    let service = world.service();
    let settings = Settings {
        budget: OTHER_LINE,
        ..free_settings()
    };
    for message in [
        Execute::SetProgramme {
            programme: OTHER,
            settings,
        },
        Execute::SetPolicy {
            programme: OTHER,
            policy: policy(free_rules()),
        },
        set_service(OTHER, SCHOOL, Some(service)),
    ] {
        world.done(other_payer(), &message);
    }
    let mine = world.attested();
    let list = Execute::List {
        programme: OTHER,
        index: 0,
        entries: vec![world.entry(Tiyn(1_000_000)); 2],
    };
    let transaction = world.env.next_transaction();
    world.done(office(), &list);
    let [same, another] = [0, 1].map(|index| VoucherId::derive(&transaction, index));
    refused(
        &mut world,
        vec![(
            "the same person under the other programme",
            identity(),
            attest(same, 1),
            Code::DUPLICATE_PROGRAMME,
        )],
    );
    world.done(identity(), &attest(another, 2));
    // Once the first is over, the person may have the other.
    world.done(education(), &Execute::Revoke { voucher: mine });
    world.done(identity(), &attest(same, 1));
}
