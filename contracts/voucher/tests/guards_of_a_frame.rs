//! What of a programme's frame cannot be changed, or only together.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::voucher::{Execute, Settings};
use senim_types::Code;

#[test]
fn the_exclusion_group_stays_what_it_is() {
    let mut world = World::new();
    let voucher = world.attested();
    let set = |exclusion| Execute::SetProgramme {
        programme: FREE_MEALS,
        settings: Settings {
            exclusion,
            ..free_settings()
        },
    };
    refused(
        &mut world,
        vec![
            (
                "another group",
                education(),
                set(Some(GROUP + 1)),
                Code::EXCLUSION_SET,
            ),
            ("none", education(), set(None), Code::EXCLUSION_SET),
        ],
    );
    world.done(education(), &set(Some(GROUP)));
    // So the end of a voucher frees what its beginning took.
    let second = world.listed(1)[0];
    let again = attest(second, 1);
    assert_eq!(
        world.by(identity(), &again).code(),
        Some(Code::DUPLICATE_PROGRAMME)
    );
    world.done(education(), &Execute::Revoke { voucher });
    world.done(identity(), &again);
}

#[test]
fn a_group_can_be_set_where_there_is_none_and_before_there_are_rules() {
    let mut world = World::new();
    let set = |programme, exclusion, budget| Execute::SetProgramme {
        programme,
        settings: Settings {
            exclusion,
            budget,
            ..settings()
        },
    };
    world.done(education(), &set(MEALS, Some(GROUP), LINE));
    assert_eq!(
        world
            .by(education(), &set(MEALS, Some(GROUP + 1), LINE))
            .code(),
        Some(Code::EXCLUSION_SET)
    );
    // Nobody is listed under a programme without rules.
    for group in [Some(GROUP), Some(GROUP + 1), None] {
        world.done(other_payer(), &set(OTHER, group, OTHER_LINE));
    }
}

#[test]
fn attendance_is_checked_only_where_days_are_kept_longer_than_they_are_mended() {
    let mut world = World::new();
    let set = |dispute_ms| Execute::SetProgramme {
        programme: MEALS,
        settings: Settings {
            attendance: true,
            dispute_ms,
            ..settings()
        },
    };
    let least = Settings::DISPUTE_MS_MIN_WITH_ATTENDANCE;
    assert_eq!(
        world.by(education(), &set(least - 1)).code(),
        Some(Code::OUT_OF_RANGE)
    );
    world.done(education(), &set(least));
}
