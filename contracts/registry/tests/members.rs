//! Organisations, devices and rights.

mod common;

use common::*;
use senim_abi::registry::msg::{OrganisationPage, RightList};
use senim_abi::registry::{Execute, Query, RegistryEvent, Standing};
use senim_abi::{Entry, PRESCRIPTION, REGISTRY};
use senim_sdk::testing::{Actor, key_of};
use senim_sdk::{Roles, codec};
use senim_types::{Code, ContractId, Hash, OrgId};

fn set_organisation(org: OrgId, standing: Standing) -> Execute {
    Execute::SetOrganisationStanding { org, standing }
}

fn set_device(device: u8, standing: Standing) -> Execute {
    Execute::SetDeviceStanding {
        device: key_of(device),
        standing,
    }
}

fn set_roles(org: OrgId, roles: Roles) -> Execute {
    Execute::SetOrganisationRoles { org, roles }
}

fn set_right(contract: ContractId, method: u8, roles_any: Roles) -> Execute {
    Execute::SetRight {
        contract,
        method,
        roles_any,
    }
}

#[test]
fn the_same_again_is_a_success_that_changes_nothing() {
    let mut env = members();
    let messages = [
        register(PHARMACY, "Pharmacy 7", Roles::PHARMACY),
        set_roles(PHARMACY, Roles::PHARMACY),
        set_organisation(PHARMACY, Standing::Active),
        enrol(PHARMACY, TERMINAL_DEVICE, false),
        set_device(TERMINAL_DEVICE, Standing::Active),
        set_right(PRESCRIPTION, 9, Roles::NONE),
        add_validator(VALIDATOR, 10),
        Execute::SetValidatorPower {
            validator: key_of(VALIDATOR),
            power: 10,
        },
    ];
    for message in messages {
        let outcome = by(&mut env, operator(), &message);
        assert_eq!(outcome.code(), None, "{message:?}");
        assert!(
            outcome.writes.is_empty() && outcome.events.is_empty(),
            "{message:?}"
        );
    }
}

#[test]
fn messages_are_refused_with_their_codes() {
    use Standing::{Active, Revoked, Suspended};
    let mut env = members();
    let details = Hash([1; 32]);
    let name = |name: &str| register(OrgId(30), name, Roles::NONE);
    let other_details = Execute::RegisterOrganisation {
        org: PHARMACY,
        name: "Pharmacy 7".into(),
        roles: Roles::PHARMACY,
        details,
    };
    let cases = [
        (
            register(OrgId(0), "Nobody", Roles::NONE),
            Code::OUT_OF_RANGE,
        ),
        (name(""), Code::OUT_OF_RANGE),
        (name(&"a".repeat(129)), Code::OUT_OF_RANGE),
        (name("two\nlines"), Code::OUT_OF_RANGE),
        (
            register(PHARMACY, "Another", Roles::PHARMACY),
            Code::ORGANISATION_EXISTS,
        ),
        (
            register(PHARMACY, "Pharmacy 7", Roles::CLINIC),
            Code::ORGANISATION_EXISTS,
        ),
        (other_details, Code::ORGANISATION_EXISTS),
        (
            set_roles(STRANGER, Roles::CLINIC),
            Code::ORGANISATION_UNKNOWN,
        ),
        (
            set_organisation(STRANGER, Suspended),
            Code::ORGANISATION_UNKNOWN,
        ),
        (enrol(STRANGER, 30, false), Code::ORGANISATION_UNKNOWN),
        (enrol(PHARMACY, TERMINAL_DEVICE, true), Code::DEVICE_EXISTS),
        (
            enrol(SECOND_OPERATOR, TERMINAL_DEVICE, false),
            Code::DEVICE_EXISTS,
        ),
        (enrol(PHARMACY, VALIDATOR, false), Code::DEVICE_EXISTS),
        (set_device(99, Suspended), Code::DEVICE_UNKNOWN),
        (set_right(REGISTRY, 0, Roles::PHARMACY), Code::OUT_OF_RANGE),
        (set_right(REGISTRY, 8, Roles::NONE), Code::OUT_OF_RANGE),
    ];
    let before = env.state().clone();
    for (message, code) in cases {
        assert_eq!(
            by(&mut env, operator(), &message).code(),
            Some(code),
            "{message:?}"
        );
    }
    assert_eq!(*env.state(), before, "what is refused changes nothing");
    for (message, undo) in [
        (
            set_organisation(PHARMACY, Revoked),
            set_organisation(PHARMACY, Active),
        ),
        (
            set_device(TERMINAL_DEVICE, Revoked),
            set_device(TERMINAL_DEVICE, Suspended),
        ),
    ] {
        assert_eq!(
            by(&mut env, operator(), &message).code(),
            None,
            "{message:?}"
        );
        assert_eq!(
            by(&mut env, operator(), &undo).code(),
            Some(Code::WRONG_STATE),
            "{undo:?}"
        );
    }
    for message in [
        set_roles(PHARMACY, Roles::CLINIC),
        enrol(PHARMACY, 30, false),
    ] {
        assert_eq!(
            by(&mut env, operator(), &message).code(),
            Some(Code::WRONG_STATE),
            "revoked"
        );
    }
}

#[test]
fn standing_goes_back_and_forth_until_it_is_revoked() {
    use Standing::{Active, Revoked, Suspended};
    let steps = [
        (Active, Suspended, true),
        (Suspended, Active, true),
        (Active, Revoked, true),
        (Suspended, Revoked, true),
        (Revoked, Active, false),
        (Revoked, Suspended, false),
        (Revoked, Revoked, true),
    ];
    for (from, to, allowed) in steps {
        let mut env = members();
        for message in [
            set_organisation(PHARMACY, from),
            set_device(TERMINAL_DEVICE, from),
        ] {
            assert_eq!(by(&mut env, operator(), &message).code(), None);
        }
        let code = (!allowed).then_some(Code::WRONG_STATE);
        for message in [
            set_organisation(PHARMACY, to),
            set_device(TERMINAL_DEVICE, to),
        ] {
            assert_eq!(
                by(&mut env, operator(), &message).code(),
                code,
                "{from:?} to {to:?}"
            );
        }
        let now = if allowed { to } else { from };
        assert_eq!(
            organisation(&mut env, PHARMACY).map(|o| o.standing),
            Some(now)
        );
        assert_eq!(
            device(&mut env, &key_of(TERMINAL_DEVICE)).map(|d| d.standing),
            Some(now)
        );
    }
}

#[test]
fn only_the_operator_commands_and_an_administrator_its_own_devices() {
    let operators_only = [
        register(OrgId(30), "Clinic", Roles::CLINIC),
        set_roles(PHARMACY, Roles::CLINIC),
        set_organisation(PHARMACY, Standing::Suspended),
        set_right(PRESCRIPTION, 0, Roles::CLINIC),
        add_validator(51, 10),
        Execute::SetValidatorPower {
            validator: key_of(VALIDATOR),
            power: 11,
        },
        enrol(SECOND_OPERATOR, 30, false),
        set_device(SECOND_OPERATOR_DEVICE, Standing::Suspended),
    ];
    for message in operators_only {
        for actor in [administrator(), terminal()] {
            let code = by(&mut members(), actor, &message).code();
            assert_eq!(code, Some(Code::NOT_AUTHORISED), "{message:?} by {actor:?}");
        }
        assert_eq!(
            by(&mut members(), operator(), &message).code(),
            None,
            "{message:?}"
        );
    }
    let own_devices = [
        enrol(PHARMACY, 30, false),
        set_device(TERMINAL_DEVICE, Standing::Suspended),
    ];
    for message in own_devices {
        let code = by(&mut members(), terminal(), &message).code();
        assert_eq!(code, Some(Code::NOT_AUTHORISED), "{message:?}");
        assert_eq!(
            by(&mut members(), administrator(), &message).code(),
            None,
            "{message:?}"
        );
    }
}

#[test]
fn an_administrator_that_is_suspended_or_another_organisations_has_no_authority() {
    let mut env = members();
    let suspend = set_device(ADMINISTRATOR_DEVICE, Standing::Suspended);
    assert_eq!(by(&mut env, operator(), &suspend).code(), None);
    let enrol = enrol(PHARMACY, 30, false);
    let code = by(&mut env, administrator(), &enrol).code();
    assert_eq!(code, Some(Code::NOT_AUTHORISED));
    let posing = Actor {
        org: SECOND_OPERATOR,
        ..administrator()
    };
    assert_eq!(
        by(&mut members(), posing, &enrol).code(),
        Some(Code::NOT_AUTHORISED)
    );
}

#[test]
fn no_contract_commands_the_registry() {
    let mut env = members();
    let message = register(OrgId(30), "Clinic", Roles::CLINIC);
    let outcome = env.execute_as(PRESCRIPTION, &operator(), REGISTRY, &message);
    assert_eq!(outcome.code(), Some(Code::NOT_AUTHORISED));
}

#[test]
fn nobody_locks_itself_out_and_another_operator_can() {
    let messages = [
        set_organisation(OPERATOR, Standing::Suspended),
        set_organisation(OPERATOR, Standing::Revoked),
        set_device(OPERATOR_DEVICE, Standing::Revoked),
        set_roles(OPERATOR, Roles::FUND),
    ];
    for message in messages {
        let code = by(&mut members(), operator(), &message).code();
        assert_eq!(code, Some(Code::NOT_AUTHORISED), "{message:?}");
        assert_eq!(
            by(&mut members(), second_operator(), &message).code(),
            None,
            "{message:?}"
        );
    }
    let more = set_roles(OPERATOR, Roles::OPERATOR | Roles::FUND);
    assert_eq!(by(&mut members(), operator(), &more).code(), None);
    let own = set_device(ADMINISTRATOR_DEVICE, Standing::Suspended);
    assert_eq!(
        by(&mut members(), administrator(), &own).code(),
        Some(Code::NOT_AUTHORISED)
    );
}

#[test]
fn a_right_is_given_changed_and_taken_away() {
    let mut env = members();
    let list = |env: &mut _| -> RightList {
        ask(
            env,
            &Query::Rights {
                contract: PRESCRIPTION,
                after: None,
            },
        )
    };
    for roles in [Roles::CLINIC, Roles::CLINIC | Roles::PHARMACY] {
        let outcome = by(&mut env, operator(), &set_right(PRESCRIPTION, 3, roles));
        let told = RegistryEvent::RightSet {
            contract: PRESCRIPTION,
            method: 3,
            roles_any: roles,
        };
        assert_eq!(events(&outcome), [told]);
        let rights = list(&mut env);
        assert_eq!(rights.len(), 1);
        assert_eq!((rights[0].0, rights[0].1.roles_any), (3, roles));
    }
    by(
        &mut env,
        operator(),
        &set_right(PRESCRIPTION, 3, Roles::NONE),
    );
    assert!(list(&mut env).is_empty());
}

#[test]
fn lists_come_in_pages() {
    let mut env = members();
    for number in 100..170 {
        let outcome = by(
            &mut env,
            operator(),
            &register(OrgId(number), "Clinic", Roles::CLINIC),
        );
        assert_eq!(outcome.code(), None);
        by(
            &mut env,
            operator(),
            &set_right(PRESCRIPTION, number as u8, Roles::CLINIC),
        );
    }
    let (mut after, mut seen) = (OrgId(0), Vec::new());
    loop {
        let page: OrganisationPage = ask(&mut env, &Query::Organisations { after });
        let Some((last, _)) = page.last() else { break };
        after = *last;
        seen.extend(page.into_iter().map(|(org, _)| org.0));
    }
    let expected: Vec<u32> = [1, 2, 20].into_iter().chain(100..170).collect();
    assert_eq!(seen, expected);
    let first: RightList = ask(
        &mut env,
        &Query::Rights {
            contract: PRESCRIPTION,
            after: None,
        },
    );
    let after = first.last().map(|(method, _)| *method);
    let second: RightList = ask(
        &mut env,
        &Query::Rights {
            contract: PRESCRIPTION,
            after,
        },
    );
    assert_eq!((first.len(), second.len()), (64, 6));
}

#[test]
fn a_failing_genesis_makes_nothing() {
    let mut env = members();
    let before = env.state().clone();
    let genesis = senim_abi::registry::Genesis(vec![
        register(OrgId(40), "Clinic", Roles::CLINIC),
        enrol(STRANGER, 40, false),
    ]);
    let outcome = env.by_ledger(REGISTRY, Entry::Genesis, &codec::encode(&genesis));
    assert_eq!(outcome.code(), Some(Code::ORGANISATION_UNKNOWN));
    assert_eq!(*env.state(), before);
}

#[test]
fn entries_and_bytes_that_are_not_the_contracts_are_refused() {
    let mut env = members();
    for entry in [Entry::Migrate, Entry::Due] {
        assert_eq!(
            env.by_ledger(REGISTRY, entry, &[]).code(),
            Some(Code::BAD_ENTRY)
        );
    }
    for input in [vec![], vec![200], vec![0]] {
        let outcome = env.submit(&operator(), &[(REGISTRY, input.clone())], &[]);
        assert_eq!(outcome.code(), Some(Code::BAD_INPUT), "{input:?}");
    }
}
