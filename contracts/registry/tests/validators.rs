//! The validator set.

mod common;

use common::*;
use senim_abi::registry::msg::ValidatorAnswer;
use senim_abi::registry::{Execute, Query, RegistryEvent, Standing};
use senim_sdk::testing::key_of;
use senim_types::{Code, limits};

fn power(validator: u8, power: u64) -> Execute {
    Execute::SetValidatorPower {
        validator: key_of(validator),
        power,
    }
}

fn remove(validator: u8) -> Execute {
    Execute::RemoveValidator {
        validator: key_of(validator),
    }
}

#[test]
fn validators_join_change_and_leave() {
    let mut env = members();
    let outcome = by(&mut env, operator(), &add_validator(51, 20));
    assert!(matches!(
        events(&outcome)[..],
        [RegistryEvent::ValidatorAdded { power: 20, .. }]
    ));
    assert_eq!(by(&mut env, operator(), &power(51, 25)).code(), None);
    assert_eq!(validators(&mut env).total_power(), 35);
    assert_eq!(by(&mut env, operator(), &remove(VALIDATOR)).code(), None);
    let set = validators(&mut env);
    assert_eq!(set.validators().len(), 1);
    assert_eq!(set.get(0).map(|validator| validator.key), Some(key_of(51)));
    let info: ValidatorAnswer = ask(
        &mut env,
        &Query::Validator {
            validator: key_of(51),
        },
    );
    assert_eq!(info.map(|info| info.org), Some(OPERATOR));
    let info: ValidatorAnswer = ask(
        &mut env,
        &Query::Validator {
            validator: key_of(VALIDATOR),
        },
    );
    assert_eq!(info, None);
}

#[test]
fn the_set_is_ascending_by_key_in_whatever_order_they_join() {
    let mut env = members();
    for validator in [60, 40, 55, 45] {
        let outcome = by(&mut env, operator(), &add_validator(validator, 1));
        assert_eq!(outcome.code(), None, "validator {validator}");
    }
    let keys: Vec<_> = validators(&mut env)
        .validators()
        .iter()
        .map(|validator| validator.key)
        .collect();
    assert_eq!(keys, [40, 45, VALIDATOR, 55, 60].map(key_of));
}

#[test]
fn changes_are_refused_with_their_codes() {
    let mut env = members();
    assert_eq!(
        by(&mut env, operator(), &add_validator(51, 20)).code(),
        None
    );
    let other_owner = Execute::AddValidator {
        validator: key_of(51),
        power: 20,
        org: SECOND_OPERATOR,
    };
    let stranger = Execute::AddValidator {
        validator: key_of(52),
        power: 1,
        org: STRANGER,
    };
    let cases = [
        (add_validator(51, 21), Code::VALIDATOR_EXISTS),
        (other_owner, Code::VALIDATOR_EXISTS),
        (stranger, Code::ORGANISATION_UNKNOWN),
        (add_validator(TERMINAL_DEVICE, 1), Code::DEVICE_EXISTS),
        (add_validator(52, 0), Code::VALIDATOR_LIMIT),
        (add_validator(52, i64::MAX as u64), Code::VALIDATOR_LIMIT),
        (add_validator(52, u64::MAX), Code::VALIDATOR_LIMIT),
        (power(51, 0), Code::VALIDATOR_LIMIT),
        (power(51, u64::MAX), Code::VALIDATOR_LIMIT),
        (power(52, 1), Code::VALIDATOR_UNKNOWN),
        (remove(52), Code::VALIDATOR_UNKNOWN),
    ];
    let before = env.state().clone();
    for (message, code) in cases {
        assert_eq!(
            by(&mut env, operator(), &message).code(),
            Some(code),
            "{message:?}"
        );
    }
    assert_eq!(*env.state(), before);
    let revoke = Execute::SetOrganisationStanding {
        org: SECOND_OPERATOR,
        standing: Standing::Revoked,
    };
    assert_eq!(by(&mut env, operator(), &revoke).code(), None);
    let revoked = Execute::AddValidator {
        validator: key_of(52),
        power: 1,
        org: SECOND_OPERATOR,
    };
    assert_eq!(
        by(&mut env, operator(), &revoked).code(),
        Some(Code::WRONG_STATE)
    );
}

#[test]
fn the_last_validator_stays() {
    let mut env = members();
    assert_eq!(
        by(&mut env, operator(), &remove(VALIDATOR)).code(),
        Some(Code::VALIDATOR_LIMIT)
    );
}

#[test]
fn the_set_is_bounded() {
    let mut env = members();
    let room = limits::VALIDATORS_MAX as u8 - 1;
    for number in 0..room {
        let outcome = by(&mut env, operator(), &add_validator(100 + number, 1));
        assert_eq!(outcome.code(), None, "{number}");
    }
    let code = by(&mut env, operator(), &add_validator(100 + room, 1)).code();
    assert_eq!(code, Some(Code::VALIDATOR_LIMIT));
    assert_eq!(
        validators(&mut env).validators().len(),
        limits::VALIDATORS_MAX
    );
}
