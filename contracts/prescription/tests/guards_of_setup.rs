//! Whose programme it is, and which budget line may pay for it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::*;
use senim_abi::civil::UtcOffsets;
use senim_abi::prescription::{Execute, PrescriberId, ProgrammeId};
use senim_abi::treasury::{self, BudgetId};
use senim_abi::{MARKING, PRESCRIPTION, TREASURY};
use senim_sdk::Roles;
use senim_sdk::testing::Actor;
use senim_types::{Code, ContractId, OrgId};

const OTHER_FUND: OrgId = OrgId(19);
const OTHER_PROGRAMME: ProgrammeId = ProgrammeId(9);

fn other_fund() -> Actor {
    Actor::new(19, OTHER_FUND, Roles::FUND)
}

/// Another line of the fund's or of the other one's.
fn line(world: &mut World, budget: u32, of: (OrgId, ProgrammeId), callers: Vec<ContractId>) {
    let open = treasury::Execute::OpenBudget {
        budget: BudgetId(budget),
        payer: of.0,
        programme: of.1,
        callers,
        offsets: UtcOffsets::fixed(300),
    };
    let by = if of.0 == FUND { fund() } else { other_fund() };
    let outcome = world.env.execute(&by, TREASURY, &open);
    assert_eq!(outcome.code(), None);
}

fn set(programme: ProgrammeId, budget: u32, open: bool) -> Execute {
    Execute::SetProgramme {
        programme,
        open,
        budget: BudgetId(budget),
        rules: rules(),
    }
}

#[test]
fn a_programme_is_paid_from_a_line_of_its_own_that_lets_this_contract_pay() {
    let mut world = World::new();
    line(&mut world, 71, (FUND, OTHER_PROGRAMME), vec![PRESCRIPTION]);
    line(&mut world, 72, (FUND, PROGRAMME), vec![MARKING]);
    line(&mut world, 73, (FUND, PROGRAMME), vec![PRESCRIPTION]);
    line(&mut world, 74, (FUND, PROGRAMME), vec![PRESCRIPTION]);
    world.close_budget(BudgetId(74));
    for (what, budget, code) in [
        ("no line", 99, Some(Code::NO_BUDGET)),
        ("of another programme", 71, Some(Code::NOT_AUTHORISED)),
        ("that names others", 72, Some(Code::NOT_AUTHORISED)),
        ("that is closed", 74, Some(Code::WRONG_STATE)),
        ("that pays", 73, None),
    ] {
        let outcome = world.call(&fund(), &set(PROGRAMME, budget, true), &[]);
        assert_eq!(outcome.code(), code, "a line {what}");
    }
    // What pays for nothing any more may name a line that is over.
    let closed = world.call(&fund(), &set(PROGRAMME, 74, false), &[]);
    assert_eq!(closed.code(), None);
}

#[test]
fn a_payer_sets_up_its_own_programmes_alone() {
    let mut world = World::new();
    line(
        &mut world,
        71,
        (OTHER_FUND, OTHER_PROGRAMME),
        vec![PRESCRIPTION],
    );
    let (programme, org) = (PROGRAMME, APTEKA);
    let own = world.call(&other_fund(), &set(OTHER_PROGRAMME, 71, true), &[]);
    assert_eq!(own.code(), None);
    let messages = [
        set(PROGRAMME, BUDGET.0, false),
        set(PROGRAMME, 71, true),
        Execute::SetMedicine {
            programme,
            inn: paracetamol(),
            rule: None,
        },
        Execute::SetProvider {
            programme,
            org,
            provider: None,
        },
        Execute::SetPrescriber {
            programme,
            org: CLINIC,
            prescriber: PrescriberId::ANY,
            right: None,
        },
    ];
    for message in &messages {
        let outcome = world.call(&other_fund(), message, &[]);
        assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED), "{message:?}");
        if !matches!(message, Execute::SetProgramme { .. }) {
            assert_eq!(world.call(&fund(), message, &[]).code(), None);
        }
    }
}
