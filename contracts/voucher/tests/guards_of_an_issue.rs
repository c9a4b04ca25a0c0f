//! Every guard of an issue, met by the step that it stops. Whatever is refused changes nothing.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::VOUCHER;
use senim_abi::voucher::{Entry, Execute, ProgrammeId, Settings};
use senim_sdk::codec;
use senim_types::{Code, OrgId, TimeMs, Tiyn};

#[test]
fn an_issue_meets_each_guard() {
    let mut world = World::with_budget(1_000_000);
    let entry = world.entry(Tiyn(1_000_000));
    let issue = |programme, entry| Execute::Issue {
        index: 0,
        programme,
        holder: None,
        entry,
    };
    let now = world.env.time();
    refused(
        &mut world,
        vec![
            (
                "no such programme",
                education(),
                issue(ProgrammeId(99), entry),
                Code::PROGRAMME_UNKNOWN,
            ),
            (
                "another payer's",
                other_payer(),
                issue(MEALS, entry),
                Code::NOT_AUTHORISED,
            ),
            (
                "one who has to be asked",
                education(),
                issue(FREE_MEALS, entry),
                Code::CONSENT_REQUIRED,
            ),
            (
                "for nothing",
                education(),
                issue(
                    MEALS,
                    Entry {
                        amount: Tiyn(0),
                        ..entry
                    },
                ),
                Code::AMOUNT_ZERO,
            ),
            (
                "more than there is",
                education(),
                issue(
                    MEALS,
                    Entry {
                        amount: Tiyn(1_000_001),
                        ..entry
                    },
                ),
                Code::BUDGET_EXHAUSTED,
            ),
            (
                "no place",
                education(),
                issue(
                    MEALS,
                    Entry {
                        place: Some(OrgId(0)),
                        ..entry
                    },
                ),
                Code::OUT_OF_RANGE,
            ),
            (
                "it has ended",
                education(),
                issue(
                    MEALS,
                    Entry {
                        until: now,
                        ..entry
                    },
                ),
                Code::OUT_OF_RANGE,
            ),
            (
                "beyond any voucher",
                education(),
                issue(
                    MEALS,
                    Entry {
                        until: TimeMs(u64::MAX),
                        ..entry
                    },
                ),
                Code::OUT_OF_RANGE,
            ),
            (
                "beyond the policy",
                education(),
                issue(
                    MEALS,
                    Entry {
                        until: TimeMs(now.0 + 301 * DAY_MS),
                        ..entry
                    },
                ),
                Code::OUT_OF_RANGE,
            ),
        ],
    );
    let message = codec::encode(&issue(
        MEALS,
        Entry {
            amount: Tiyn(1),
            ..entry
        },
    ));
    let twice = [(VOUCHER, message.clone()), (VOUCHER, message)];
    let outcome = world.env.submit(&education(), &twice, &[]);
    assert_eq!(outcome.code(), Some(Code::VOUCHER_EXISTS));
    world.done(education(), &issue(MEALS, entry));
}

#[test]
fn who_is_asked_or_counted_once_comes_by_the_list_whatever_the_policy_says() {
    let mut world = World::new();
    // A policy that wants no consent.
    let set = Execute::SetPolicy {
        programme: FREE_MEALS,
        policy: policy(rules()),
    };
    world.done(education(), &set);
    let counted_once = Execute::SetProgramme {
        programme: MEALS,
        settings: Settings {
            exclusion: Some(GROUP),
            ..settings()
        },
    };
    world.done(education(), &counted_once);
    let entry = world.entry(Tiyn(100_000));
    for programme in [FREE_MEALS, MEALS] {
        let message = Execute::Issue {
            index: 0,
            programme,
            holder: None,
            entry,
        };
        let outcome = world.by(education(), &message);
        assert_eq!(outcome.code(), Some(Code::CONSENT_REQUIRED));
    }
}

#[test]
fn nothing_is_issued_under_a_programme_that_is_closed_or_has_no_rules() {
    let mut world = World::new();
    let closed = Execute::SetProgramme {
        programme: MEALS,
        settings: Settings {
            open: false,
            ..settings()
        },
    };
    world.done(education(), &closed);
    let without_rules = Execute::SetProgramme {
        programme: OTHER,
        settings: Settings {
            budget: OTHER_LINE,
            ..settings()
        },
    };
    world.done(other_payer(), &without_rules);
    let entry = world.entry(Tiyn(100_000));
    for (payer, programme) in [(education(), MEALS), (other_payer(), OTHER)] {
        let message = Execute::Issue {
            index: 0,
            programme,
            holder: None,
            entry,
        };
        let outcome = world.by(payer, &message);
        assert_eq!(outcome.code(), Some(Code::PROGRAMME_UNKNOWN));
    }
}
