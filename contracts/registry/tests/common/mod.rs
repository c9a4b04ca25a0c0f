//! An operator, a second one, and a pharmacy with an administrator's device and a terminal.
#![allow(dead_code)] // Each test file uses its own part of it.

use borsh::BorshDeserialize;
use senim_abi::registry::msg::{DeviceAnswer, OrganisationAnswer, ValidatorsAnswer};
use senim_abi::registry::{Device, Execute, Genesis, Organisation, Query, RegistryEvent};
use senim_abi::{Entry, REGISTRY};
use senim_sdk::testing::{Actor, TestEnv, TestOutcome, key_of};
use senim_sdk::{Roles, codec};
use senim_types::{Hash, OrgId, PublicKey, ValidatorSet};

pub const OPERATOR: OrgId = OrgId(1);
pub const SECOND_OPERATOR: OrgId = OrgId(2);
pub const PHARMACY: OrgId = OrgId(20);
pub const STRANGER: OrgId = OrgId(99);

pub const OPERATOR_DEVICE: u8 = 1;
pub const SECOND_OPERATOR_DEVICE: u8 = 2;
pub const ADMINISTRATOR_DEVICE: u8 = 3;
pub const TERMINAL_DEVICE: u8 = 4;
pub const VALIDATOR: u8 = 50;

pub fn operator() -> Actor {
    Actor::new(OPERATOR_DEVICE, OPERATOR, Roles::OPERATOR)
}

pub fn second_operator() -> Actor {
    Actor::new(SECOND_OPERATOR_DEVICE, SECOND_OPERATOR, Roles::OPERATOR)
}

pub fn administrator() -> Actor {
    Actor::new(ADMINISTRATOR_DEVICE, PHARMACY, Roles::PHARMACY)
}

pub fn terminal() -> Actor {
    Actor::new(TERMINAL_DEVICE, PHARMACY, Roles::PHARMACY)
}

pub fn register(org: OrgId, name: &str, roles: Roles) -> Execute {
    Execute::RegisterOrganisation {
        org,
        name: name.into(),
        roles,
        details: Hash::ZERO,
    }
}

pub fn enrol(org: OrgId, device: u8, administrator: bool) -> Execute {
    Execute::EnrolDevice {
        org,
        device: key_of(device),
        administrator,
    }
}

pub fn add_validator(validator: u8, power: u64) -> Execute {
    Execute::AddValidator {
        validator: key_of(validator),
        power,
        org: OPERATOR,
    }
}

/// The members, made by a genesis.
pub fn members() -> TestEnv {
    let mut env = TestEnv::new().with(REGISTRY, senim_contract_registry::run);
    let genesis = Genesis(vec![
        register(OPERATOR, "Operator", Roles::OPERATOR),
        register(SECOND_OPERATOR, "Second operator", Roles::OPERATOR),
        register(PHARMACY, "Pharmacy 7", Roles::PHARMACY),
        enrol(OPERATOR, OPERATOR_DEVICE, false),
        enrol(SECOND_OPERATOR, SECOND_OPERATOR_DEVICE, false),
        enrol(PHARMACY, ADMINISTRATOR_DEVICE, true),
        enrol(PHARMACY, TERMINAL_DEVICE, false),
        add_validator(VALIDATOR, 10),
    ]);
    let outcome = env.by_ledger(REGISTRY, Entry::Genesis, &codec::encode(&genesis));
    assert_eq!(outcome.code(), None);
    assert_eq!(outcome.events.len(), 8);
    env
}

pub fn by(env: &mut TestEnv, actor: Actor, message: &Execute) -> TestOutcome {
    env.execute(&actor, REGISTRY, message)
}

pub fn events(outcome: &TestOutcome) -> Vec<RegistryEvent> {
    let read = outcome.events.iter().map(|event| {
        let read = RegistryEvent::try_from_slice(&event.body).expect("events decode");
        assert_eq!(event.kind, read.kind());
        read
    });
    read.collect()
}

pub fn ask<T: BorshDeserialize>(env: &mut TestEnv, question: &Query) -> T {
    let answer = env.ask(REGISTRY, question).expect("questions are answered");
    T::try_from_slice(&answer).expect("the answer has the type that the question names")
}

pub fn organisation(env: &mut TestEnv, org: OrgId) -> Option<Organisation> {
    let answer: OrganisationAnswer = ask(env, &Query::Organisation { org });
    answer
}

pub fn device(env: &mut TestEnv, device: &PublicKey) -> Option<Device> {
    let answer: DeviceAnswer = ask(env, &Query::Device { device: *device });
    answer
}

pub fn validators(env: &mut TestEnv) -> ValidatorSet {
    let answer: ValidatorsAnswer = ask(env, &Query::Validators);
    answer.expect("genesis added one")
}
