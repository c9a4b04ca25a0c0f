//! Random sequences of messages against a naive model: what is refused changes nothing, nothing that is revoked comes back,
//! a key has one purpose, there is always an operator who can act, and the set always keeps the rules of its type.

mod common;

use common::*;
use proptest::prelude::*;
use senim_abi::PRESCRIPTION;
use senim_abi::registry::{Execute, Standing};
use senim_sdk::Roles;
use senim_sdk::testing::{Actor, key_of};
use senim_types::{OrgId, limits};
use std::collections::{BTreeMap, BTreeSet};

/// The organisations that messages name; one of them is never registered by genesis.
const ORGS: [u32; 4] = [1, 2, 20, 30];
/// The keys that messages name: of devices, of the validator, and of nobody yet.
const KEYS: [u8; 7] = [1, 2, 3, 4, 50, 60, 61];

fn org() -> impl Strategy<Value = OrgId> {
    prop::sample::select(&ORGS[..]).prop_map(OrgId)
}

fn key() -> impl Strategy<Value = u8> {
    prop::sample::select(&KEYS[..])
}

fn standing() -> impl Strategy<Value = Standing> {
    prop_oneof![
        3 => Just(Standing::Active),
        3 => Just(Standing::Suspended),
        1 => Just(Standing::Revoked),
    ]
}

fn roles() -> impl Strategy<Value = Roles> {
    prop_oneof![
        Just(Roles::OPERATOR),
        Just(Roles::PHARMACY),
        Just(Roles::NONE)
    ]
}

fn message() -> impl Strategy<Value = Execute> {
    let power = prop_oneof![4 => 1..20u64, 1 => Just(0), 1 => Just(i64::MAX as u64)];
    prop_oneof![
        (org(), roles()).prop_map(|(org, roles)| register(org, "An organisation", roles)),
        (org(), roles()).prop_map(|(org, roles)| Execute::SetOrganisationRoles { org, roles }),
        (org(), standing())
            .prop_map(|(org, standing)| Execute::SetOrganisationStanding { org, standing }),
        (org(), key(), any::<bool>()).prop_map(|(org, key, admin)| enrol(org, key, admin)),
        (key(), standing()).prop_map(|(key, standing)| Execute::SetDeviceStanding {
            device: key_of(key),
            standing
        }),
        (0..3u8, roles()).prop_map(|(method, roles_any)| Execute::SetRight {
            contract: PRESCRIPTION,
            method,
            roles_any
        }),
        (key(), power.clone(), org()).prop_map(|(key, power, org)| Execute::AddValidator {
            validator: key_of(key),
            power,
            org
        }),
        (key(), power).prop_map(|(key, power)| Execute::SetValidatorPower {
            validator: key_of(key),
            power
        }),
        key().prop_map(|key| Execute::RemoveValidator {
            validator: key_of(key)
        }),
        (org(), key()).prop_map(|(org, key)| Execute::SetPeer {
            org,
            peer: key_of(key),
            address: String::new()
        }),
        key().prop_map(|key| Execute::RemovePeer { peer: key_of(key) }),
    ]
}

/// What the execution engine would admit: device and organisation known and active. Roles are those of the registry.
fn admitted(env: &mut senim_sdk::testing::TestEnv, number: u8) -> Option<Actor> {
    let device = device(env, &key_of(number))?;
    let organisation = organisation(env, device.org)?;
    let active = device.standing == Standing::Active && organisation.standing == Standing::Active;
    active.then(|| Actor::new(number, device.org, organisation.roles))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_network_never_locks_itself_out(steps in prop::collection::vec((key(), message()), 1..60)) {
        let mut env = members();
        let mut revoked_orgs: BTreeSet<OrgId> = BTreeSet::new();
        let mut revoked_devices: BTreeSet<u8> = BTreeSet::new();
        let mut homes: BTreeMap<u8, OrgId> = BTreeMap::new();
        for (number, message) in steps {
            let Some(actor) = admitted(&mut env, number) else { continue };
            let before = env.state().clone();
            let outcome = by(&mut env, actor, &message);
            if outcome.result.is_err() {
                prop_assert_eq!(env.state(), &before, "what is refused changes nothing");
            }
            prop_assert_eq!(outcome.writes.is_empty(), outcome.events.is_empty(), "{:?}", message);
            if !actor.roles.contains(Roles::OPERATOR) && !outcome.writes.is_empty() {
                let devices = matches!(
                    message,
                    Execute::EnrolDevice { .. }
                        | Execute::SetDeviceStanding { .. }
                        | Execute::SetPeer { .. }
                        | Execute::RemovePeer { .. }
                );
                let is_own = match &message {
                    Execute::EnrolDevice { org, .. } | Execute::SetPeer { org, .. } => *org == actor.org,
                    _ => true,
                };
                prop_assert!(devices && is_own, "{:?} by {:?}", message, actor);
            }

            let mut operators = 0;
            for org in ORGS.map(OrgId) {
                let Some(record) = organisation(&mut env, org) else { continue };
                if revoked_orgs.contains(&org) {
                    prop_assert_eq!(record.standing, Standing::Revoked, "{} came back", org);
                }
                if record.standing == Standing::Revoked {
                    revoked_orgs.insert(org);
                }
            }
            let set = validators(&mut env);
            prop_assert!((1..=limits::VALIDATORS_MAX).contains(&set.validators().len()));
            for key in KEYS {
                if admitted(&mut env, key).is_some_and(|a| a.roles.contains(Roles::OPERATOR)) {
                    operators += 1;
                }
                let Some(record) = device(&mut env, &key_of(key)) else { continue };
                prop_assert!(set.index_of(&key_of(key)).is_none(), "{} has two purposes", key);
                if revoked_devices.contains(&key) {
                    prop_assert_eq!(record.standing, Standing::Revoked, "{} came back", key);
                }
                if record.standing == Standing::Revoked {
                    revoked_devices.insert(key);
                }
                let home = *homes.entry(key).or_insert(record.org);
                prop_assert_eq!(home, record.org, "a device never changes its organisation");
            }
            prop_assert!(operators >= 1, "nobody can act after {:?}", message);
        }
    }
}
