//! The bytes of the registry's messages, records and events. `UPDATE_GOLDEN=1` writes them anew.

use senim_abi::registry::record::*;
use senim_abi::registry::*;
use senim_sdk::Roles;
use senim_sdk::testing::{Golden, key_of};
use senim_types::{ContractId, Hash, OrgId, TimeMs, Validator, ValidatorSet};

const ORG: OrgId = OrgId(20);
const DETAILS: Hash = Hash([0xdd; 32]);

#[test]
fn messages() {
    let mut golden = Golden::new();
    let (org, device, validator, power) = (ORG, key_of(1), key_of(2), 1_000);
    let register = Execute::RegisterOrganisation {
        org,
        name: "Аптека 7".into(),
        roles: Roles::PHARMACY,
        details: DETAILS,
    };
    golden.add("execute.register_organisation", &register);
    let roles = Roles::PHARMACY | Roles::CLINIC;
    golden.add(
        "execute.set_organisation_roles",
        &Execute::SetOrganisationRoles { org, roles },
    );
    let standing = Standing::Suspended;
    let set = Execute::SetOrganisationStanding { org, standing };
    golden.add("execute.set_organisation_standing", &set);
    let enrol = Execute::EnrolDevice {
        org,
        device,
        administrator: true,
    };
    golden.add("execute.enrol_device", &enrol);
    let set = Execute::SetDeviceStanding {
        device,
        standing: Standing::Revoked,
    };
    golden.add("execute.set_device_standing", &set);
    let right = Execute::SetRight {
        contract: ContractId(4),
        method: 3,
        roles_any: roles,
    };
    golden.add("execute.set_right", &right);
    let add = Execute::AddValidator {
        validator,
        power,
        org,
    };
    golden.add("execute.add_validator", &add);
    golden.add(
        "execute.set_validator_power",
        &Execute::SetValidatorPower { validator, power },
    );
    golden.add(
        "execute.remove_validator",
        &Execute::RemoveValidator { validator },
    );
    let (peer, address) = (key_of(3), String::from("/ip4/127.0.0.1/tcp/7301"));
    golden.add("execute.set_peer", &Execute::SetPeer { org, peer, address });
    golden.add("execute.remove_peer", &Execute::RemovePeer { peer });
    golden.add("genesis", &Genesis(vec![enrol, add]));
    golden.add("query.organisation", &Query::Organisation { org });
    golden.add(
        "query.organisations",
        &Query::Organisations { after: OrgId(0) },
    );
    golden.add("query.device", &Query::Device { device });
    golden.add(
        "query.rights",
        &Query::Rights {
            contract: ContractId(4),
            after: Some(3),
        },
    );
    golden.add("query.validators", &Query::Validators);
    golden.add("query.validator", &Query::Validator { validator });
    golden.add("query.peers", &Query::Peers { after: Some(peer) });
    golden.check("tests/golden/messages.txt");
}

#[test]
fn records_and_their_keys() {
    let mut golden = Golden::new();
    let organisation = Organisation {
        roles: Roles::PHARMACY,
        standing: Standing::Active,
        name: "Аптека 7".into(),
        details: DETAILS,
    };
    let at = TimeMs(1_800_000_000_000);
    let device = Device {
        org: ORG,
        standing: Standing::Suspended,
        administrator: true,
        enrolled_at: at,
    };
    let set = ValidatorSet::new(vec![
        Validator {
            key: key_of(2),
            power: 1,
        },
        Validator {
            key: key_of(3),
            power: 1_000,
        },
    ]);
    golden.add("organisation.key", &organisation_key(ORG).to_vec());
    golden.add("organisation", &OrganisationRecord::from(organisation));
    golden.add("device.key", &device_key(&key_of(1)).to_vec());
    golden.add("device", &DeviceRecord::from(device));
    golden.add("right.key", &right_key(ContractId(4), 3).to_vec());
    golden.add(
        "right",
        &RightRecord::from(Right {
            roles_any: Roles::CLINIC,
        }),
    );
    golden.add("validators.key", &validators_key().to_vec());
    golden.add(
        "validators",
        &ValidatorsRecord::from(set.expect("two validators are a set")),
    );
    golden.add("validator.key", &validator_key(&key_of(2)).to_vec());
    golden.add(
        "validator",
        &ValidatorInfoRecord::from(ValidatorInfo {
            org: ORG,
            added_at: at,
        }),
    );
    golden.add("peer.key", &peer_key(&key_of(3)).to_vec());
    let address = String::from("/ip4/127.0.0.1/tcp/7301");
    let peer = Peer { org: ORG, address };
    golden.add("peer", &PeerRecord::from(peer));
    golden.check("tests/golden/records.txt");
}

#[test]
fn events() {
    let mut golden = Golden::new();
    let (org, device, validator, power) = (ORG, key_of(1), key_of(2), 1_000);
    let (roles, standing) = (Roles::PHARMACY, Standing::Revoked);
    let events = [
        RegistryEvent::OrganisationRegistered {
            org,
            name: "Аптека 7".into(),
            roles,
            details: DETAILS,
        },
        RegistryEvent::OrganisationRolesSet { org, roles },
        RegistryEvent::OrganisationStandingSet { org, standing },
        RegistryEvent::DeviceEnrolled {
            org,
            device,
            administrator: false,
        },
        RegistryEvent::DeviceStandingSet {
            org,
            device,
            standing,
        },
        RegistryEvent::RightSet {
            contract: ContractId(4),
            method: 3,
            roles_any: roles,
        },
        RegistryEvent::ValidatorAdded {
            validator,
            power,
            org,
        },
        RegistryEvent::ValidatorPowerSet { validator, power },
        RegistryEvent::ValidatorRemoved { validator },
        RegistryEvent::PeerSet {
            org,
            peer: key_of(3),
            address: "/ip4/127.0.0.1/tcp/7301".into(),
        },
        RegistryEvent::PeerRemoved { peer: key_of(3) },
    ];
    for event in &events {
        golden.add(&format!("event.{}", event.kind()), event);
    }
    golden.check("tests/golden/events.txt");
}
