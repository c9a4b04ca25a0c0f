//! One handler per message and question.

use crate::rules::{self, Authority};
use crate::state;
use alloc::string::String;
use alloc::vec::Vec;
use senim_abi::registry::msg::{OrganisationPage, PeerPage, RightList};
use senim_abi::registry::record::{
    COLLECTION_ORGANISATION, COLLECTION_PEER, COLLECTION_RIGHT, OrganisationRecord, PeerRecord,
    RightRecord, organisation_key, peer_key, right_key,
};
use senim_abi::registry::{
    Device, Execute, Genesis, Organisation, Peer, Query, RegistryEvent, Right, Standing,
    ValidatorInfo,
};
use senim_sdk::{Entry, Env, Key, Outcome, Refusal, Roles, codec, ensure, refuse};
use senim_types::{Code, ContractId, Hash, OrgId, PublicKey, Validator, ValidatorSet};

/// Entries of a page.
const PAGE_ENTRIES: u32 = 64;

/// The contract. Messages, questions, answers and codes are documented in `senim_abi::registry::msg`.
pub fn run<E: Env>(env: &mut E, entry: Entry, input: &[u8]) -> Outcome {
    match entry {
        Entry::Execute => {
            let message = codec::decode(input)?;
            let authority = rules::authority_of(env, &env.context())?;
            execute(env, &authority, message)?;
            Ok(Vec::new())
        }
        Entry::Query => query(env, codec::decode(input)?),
        Entry::Genesis => {
            let Genesis(messages) = codec::decode(input)?;
            messages
                .into_iter()
                .try_for_each(|message| execute(env, &Authority::Ledger, message))?;
            Ok(Vec::new())
        }
        // The first version: there is nothing to migrate from, and nothing is ever scheduled.
        Entry::Migrate | Entry::Due => Err(Refusal::new(Code::BAD_ENTRY)),
    }
}

fn execute<E: Env>(env: &mut E, authority: &Authority, message: Execute) -> Result<(), Refusal> {
    match message {
        Execute::RegisterOrganisation {
            org,
            name,
            roles,
            details,
        } => register_organisation(env, authority, org, name, roles, details),
        Execute::SetOrganisationRoles { org, roles } => {
            set_organisation_roles(env, authority, org, roles)
        }
        Execute::SetOrganisationStanding { org, standing } => {
            set_organisation_standing(env, authority, org, standing)
        }
        Execute::EnrolDevice {
            org,
            device,
            administrator,
        } => enrol_device(env, authority, org, device, administrator),
        Execute::SetDeviceStanding { device, standing } => {
            set_device_standing(env, authority, device, standing)
        }
        Execute::SetRight {
            contract,
            method,
            roles_any,
        } => set_right(env, authority, contract, method, roles_any),
        Execute::AddValidator {
            validator,
            power,
            org,
        } => add_validator(env, authority, validator, power, org),
        Execute::SetValidatorPower { validator, power } => {
            set_validator_power(env, authority, validator, power)
        }
        Execute::RemoveValidator { validator } => remove_validator(env, authority, validator),
        Execute::SetPeer { org, peer, address } => set_peer(env, authority, org, peer, address),
        Execute::RemovePeer { peer } => remove_peer(env, authority, peer),
    }
}

fn register_organisation<E: Env>(
    env: &mut E,
    authority: &Authority,
    org: OrgId,
    name: String,
    roles: Roles,
    details: Hash,
) -> Result<(), Refusal> {
    rules::operator_only(authority)?;
    rules::organisation_in_range(org, &name)?;
    if let Some(known) = state::organisation(env, org)? {
        let same = known.name == name && known.roles == roles && known.details == details;
        return ensure(same, Code::ORGANISATION_EXISTS);
    }
    let organisation = Organisation {
        roles,
        standing: Standing::Active,
        name: name.clone(),
        details,
    };
    state::save_organisation(env, org, organisation);
    state::emit(
        env,
        &RegistryEvent::OrganisationRegistered {
            org,
            name,
            roles,
            details,
        },
    );
    Ok(())
}

fn set_organisation_roles<E: Env>(
    env: &mut E,
    authority: &Authority,
    org: OrgId,
    roles: Roles,
) -> Result<(), Refusal> {
    rules::operator_only(authority)?;
    rules::keeps_own_operator_role(authority, org, roles)?;
    let mut organisation = state::require_organisation(env, org)?;
    rules::not_revoked(&organisation)?;
    if organisation.roles == roles {
        return Ok(());
    }
    organisation.roles = roles;
    state::save_organisation(env, org, organisation);
    state::emit(env, &RegistryEvent::OrganisationRolesSet { org, roles });
    Ok(())
}

fn set_organisation_standing<E: Env>(
    env: &mut E,
    authority: &Authority,
    org: OrgId,
    standing: Standing,
) -> Result<(), Refusal> {
    rules::operator_only(authority)?;
    rules::not_own_organisation(authority, org)?;
    let mut organisation = state::require_organisation(env, org)?;
    if rules::change_of_standing(organisation.standing, standing)? {
        organisation.standing = standing;
        state::save_organisation(env, org, organisation);
        state::emit(
            env,
            &RegistryEvent::OrganisationStandingSet { org, standing },
        );
    }
    Ok(())
}

fn enrol_device<E: Env>(
    env: &mut E,
    authority: &Authority,
    org: OrgId,
    device: PublicKey,
    administrator: bool,
) -> Result<(), Refusal> {
    rules::may_manage_devices_of(authority, org)?;
    rules::not_revoked(&state::require_organisation(env, org)?)?;
    if let Some(known) = state::device(env, &device)? {
        return ensure(
            known.org == org && known.administrator == administrator,
            Code::DEVICE_EXISTS,
        );
    }
    // One key, one purpose: a validator's key signs votes only, a peer's opens connections only.
    ensure(
        state::validator(env, &device)?.is_none(),
        Code::DEVICE_EXISTS,
    )?;
    ensure(state::peer(env, &device)?.is_none(), Code::PEER_EXISTS)?;
    let enrolled_at = env.now();
    state::save_device(
        env,
        &device,
        Device {
            org,
            standing: Standing::Active,
            administrator,
            enrolled_at,
        },
    );
    state::emit(
        env,
        &RegistryEvent::DeviceEnrolled {
            org,
            device,
            administrator,
        },
    );
    Ok(())
}

fn set_device_standing<E: Env>(
    env: &mut E,
    authority: &Authority,
    device: PublicKey,
    standing: Standing,
) -> Result<(), Refusal> {
    let mut record = state::device(env, &device)?.ok_or(Refusal::new(Code::DEVICE_UNKNOWN))?;
    rules::may_manage_devices_of(authority, record.org)?;
    rules::not_own_device(authority, &device)?;
    if rules::change_of_standing(record.standing, standing)? {
        record.standing = standing;
        state::save_device(env, &device, record);
        state::emit(
            env,
            &RegistryEvent::DeviceStandingSet {
                org: record.org,
                device,
                standing,
            },
        );
    }
    Ok(())
}

fn set_right<E: Env>(
    env: &mut E,
    authority: &Authority,
    contract: ContractId,
    method: u8,
    roles_any: Roles,
) -> Result<(), Refusal> {
    rules::operator_only(authority)?;
    rules::operator_keeps_registry(contract, method, roles_any)?;
    let known = state::right(env, contract, method)?.map_or(Roles::NONE, |right| right.roles_any);
    if known != roles_any {
        state::save_right(env, contract, method, Right { roles_any });
        state::emit(
            env,
            &RegistryEvent::RightSet {
                contract,
                method,
                roles_any,
            },
        );
    }
    Ok(())
}

fn add_validator<E: Env>(
    env: &mut E,
    authority: &Authority,
    validator: PublicKey,
    power: u64,
    org: OrgId,
) -> Result<(), Refusal> {
    rules::operator_only(authority)?;
    rules::not_revoked(&state::require_organisation(env, org)?)?;
    let mut validators = current_validators(env)?;
    if let Some(known) = validators.iter().find(|known| known.key == validator) {
        let owner = state::validator(env, &validator)?.map(|info| info.org);
        return ensure(
            known.power == power && owner == Some(org),
            Code::VALIDATOR_EXISTS,
        );
    }
    // One key, one purpose: a device's key signs transactions only, a peer's opens connections only.
    ensure(
        state::device(env, &validator)?.is_none(),
        Code::DEVICE_EXISTS,
    )?;
    ensure(state::peer(env, &validator)?.is_none(), Code::PEER_EXISTS)?;
    let above = validators.iter().position(|known| known.key > validator);
    validators.insert(
        above.unwrap_or(validators.len()),
        Validator {
            key: validator,
            power,
        },
    );
    save_validators(env, validators)?;
    let added_at = env.now();
    state::save_validator(env, &validator, ValidatorInfo { org, added_at });
    state::emit(
        env,
        &RegistryEvent::ValidatorAdded {
            validator,
            power,
            org,
        },
    );
    Ok(())
}

fn set_validator_power<E: Env>(
    env: &mut E,
    authority: &Authority,
    validator: PublicKey,
    power: u64,
) -> Result<(), Refusal> {
    rules::operator_only(authority)?;
    let mut validators = current_validators(env)?;
    let Some(known) = validators.iter_mut().find(|known| known.key == validator) else {
        return Err(Refusal::new(Code::VALIDATOR_UNKNOWN));
    };
    if known.power == power {
        return Ok(());
    }
    known.power = power;
    save_validators(env, validators)?;
    state::emit(env, &RegistryEvent::ValidatorPowerSet { validator, power });
    Ok(())
}

fn remove_validator<E: Env>(
    env: &mut E,
    authority: &Authority,
    validator: PublicKey,
) -> Result<(), Refusal> {
    rules::operator_only(authority)?;
    let mut validators = current_validators(env)?;
    let count = validators.len();
    validators.retain(|known| known.key != validator);
    ensure(validators.len() < count, Code::VALIDATOR_UNKNOWN)?;
    save_validators(env, validators)?;
    state::delete_validator(env, &validator);
    state::emit(env, &RegistryEvent::ValidatorRemoved { validator });
    Ok(())
}

fn set_peer<E: Env>(
    env: &mut E,
    authority: &Authority,
    org: OrgId,
    peer: PublicKey,
    address: String,
) -> Result<(), Refusal> {
    rules::may_manage_devices_of(authority, org)?;
    rules::not_revoked(&state::require_organisation(env, org)?)?;
    rules::address_in_range(&address)?;
    match state::peer(env, &peer)? {
        Some(known) if known.org != org => refuse::<Refusal>(Code::PEER_EXISTS)?,
        Some(known) if known.address == address => return Ok(()),
        Some(_) => {}
        None => {
            // One key, one purpose.
            let (device, validator) = (state::device(env, &peer)?, state::validator(env, &peer)?);
            ensure(device.is_none(), Code::DEVICE_EXISTS)?;
            ensure(validator.is_none(), Code::VALIDATOR_EXISTS)?;
            let count = peers_of(env, org)?;
            ensure(count < Peer::PER_ORGANISATION_MAX, Code::PEER_LIMIT)?;
        }
    }
    let record = Peer {
        org,
        address: address.clone(),
    };
    state::save_peer(env, &peer, record);
    state::emit(env, &RegistryEvent::PeerSet { org, peer, address });
    Ok(())
}

fn remove_peer<E: Env>(env: &mut E, authority: &Authority, peer: PublicKey) -> Result<(), Refusal> {
    let known = state::peer(env, &peer)?.ok_or(Refusal::new(Code::PEER_UNKNOWN))?;
    rules::may_manage_devices_of(authority, known.org)?;
    state::delete_peer(env, &peer);
    state::emit(env, &RegistryEvent::PeerRemoved { peer });
    Ok(())
}

/// How many peers an organisation has. A network has some dozens in all.
fn peers_of<E: Env>(env: &E, org: OrgId) -> Result<usize, Refusal> {
    let (mut count, mut after) = (0, None);
    loop {
        let page = peers(env, after)?;
        count += page.iter().filter(|(_, peer)| peer.org == org).count();
        match page.last() {
            Some((last, _)) if page.len() == PAGE_ENTRIES as usize => after = Some(*last),
            _ => return Ok(count),
        }
    }
}

fn peers<E: Env>(env: &E, after: Option<PublicKey>) -> Result<PeerPage, Refusal> {
    let prefix = Key::new(COLLECTION_PEER);
    let after = after.map(|peer| peer_key(&peer));
    let after: &[u8] = after.as_deref().unwrap_or_default();
    let page = senim_sdk::state::page(env, &prefix, after, PAGE_ENTRIES)?;
    let list = page
        .into_iter()
        .map(|(key, record): (Vec<u8>, PeerRecord)| {
            let peer: PublicKey = codec::decode(key.get(1..).unwrap_or_default())
                .map_err(|_| Refusal::new(Code::CORRUPT_RECORD))?;
            Ok((peer, record.into_current()))
        });
    list.collect()
}

fn current_validators<E: Env>(env: &E) -> Result<Vec<Validator>, Refusal> {
    Ok(state::validators(env)?.map_or(Vec::new(), |set| set.validators().to_vec()))
}

/// The type of a set has the rules: one to a hundred, ascending, each of power 1 or more, the sum below 2^63.
fn save_validators<E: Env>(env: &mut E, validators: Vec<Validator>) -> Result<(), Refusal> {
    let set =
        ValidatorSet::from_ascending(validators).ok_or(Refusal::new(Code::VALIDATOR_LIMIT))?;
    state::save_validators(env, set);
    Ok(())
}

fn query<E: Env>(env: &E, question: Query) -> Outcome {
    Ok(match question {
        Query::Organisation { org } => codec::encode(&state::organisation(env, org)?),
        Query::Organisations { after } => codec::encode(&organisations(env, after)?),
        Query::Device { device } => codec::encode(&state::device(env, &device)?),
        Query::Rights { contract, after } => codec::encode(&rights(env, contract, after)?),
        Query::Validators => codec::encode(&state::validators(env)?),
        Query::Validator { validator } => codec::encode(&state::validator(env, &validator)?),
        Query::Peers { after } => codec::encode(&peers(env, after)?),
    })
}

fn organisations<E: Env>(env: &E, after: OrgId) -> Result<OrganisationPage, Refusal> {
    let prefix = Key::new(COLLECTION_ORGANISATION);
    let page = senim_sdk::state::page(env, &prefix, &organisation_key(after), PAGE_ENTRIES)?;
    page.into_iter()
        .map(|(key, record): (_, OrganisationRecord)| {
            Ok((OrgId(last_u32(&key)?), record.into_current()))
        })
        .collect()
}

fn rights<E: Env>(env: &E, contract: ContractId, after: Option<u8>) -> Result<RightList, Refusal> {
    let prefix = Key::new(COLLECTION_RIGHT).contract(contract);
    let page = match after {
        None => senim_sdk::state::page(env, &prefix, &[], PAGE_ENTRIES)?,
        Some(method) => {
            senim_sdk::state::page(env, &prefix, &right_key(contract, method), PAGE_ENTRIES)?
        }
    };
    let list = page
        .into_iter()
        .map(|(key, record): (Vec<u8>, RightRecord)| {
            let method = key
                .last()
                .copied()
                .ok_or(Refusal::new(Code::CORRUPT_RECORD))?;
            Ok((method, record.into_current()))
        });
    list.collect()
}

/// The organisation's number at the end of a key.
fn last_u32(key: &[u8]) -> Result<u32, Refusal> {
    let bytes = key
        .last_chunk::<4>()
        .ok_or(Refusal::new(Code::CORRUPT_RECORD))?;
    Ok(u32::from_be_bytes(*bytes))
}
