//! What of a programme's frame cannot be changed, or only together.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::civil::UtcOffsets;
use senim_abi::policy::PARAMETERS_BYTES_MAX;
use senim_abi::treasury::{self, BudgetId};
use senim_abi::voucher::{Execute, Policy, ProgrammeId, Settings};
use senim_abi::{TREASURY, VOUCHER};
use senim_types::{Code, ContractId};

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

#[test]
fn a_programme_keeps_to_the_line_that_its_vouchers_money_is_locked_in() {
    let mut world = World::new();
    let second = BudgetId(9);
    let open = treasury::Execute::OpenBudget {
        budget: second,
        payer: EDUCATION,
        programme: MEALS,
        callers: vec![VOUCHER],
        offsets: UtcOffsets::fixed(300),
    };
    let outcome = world.env.execute(&education(), TREASURY, &open);
    assert_eq!(outcome.code(), None);
    let set = |programme, budget| Execute::SetProgramme {
        programme,
        settings: Settings {
            budget,
            ..settings()
        },
    };
    refused(
        &mut world,
        vec![
            (
                "another line of the programme",
                education(),
                set(MEALS, second),
                Code::NOT_AUTHORISED,
            ),
            (
                "a new programme with the line of another one",
                education(),
                set(ProgrammeId(99), LINE),
                Code::NOT_AUTHORISED,
            ),
        ],
    );
}

#[test]
fn parameters_have_a_limit_whatever_the_policy_takes() {
    let mut world = World::new();
    let anything = ContractId(1_001);
    world.env.replace(anything, |_, _, _| Ok(Vec::new()));
    let set = |bytes| Execute::SetPolicy {
        programme: MEALS,
        policy: Policy {
            contract: anything,
            parameters: vec![0; bytes],
        },
    };
    let over = world.by(education(), &set(PARAMETERS_BYTES_MAX + 1));
    assert_eq!(over.code(), Some(Code::OUT_OF_RANGE));
    world.done(education(), &set(PARAMETERS_BYTES_MAX));
}
