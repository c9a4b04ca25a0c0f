//! All reads and writes of the registry. Keys and layouts are in `senim_abi::registry::record`.

use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::registry::RegistryEvent;
use senim_abi::registry::event::EVENT_VERSION;
use senim_abi::registry::record::{
    Device, DeviceRecord, Organisation, OrganisationRecord, Peer, PeerRecord, Right, RightRecord,
    ValidatorInfo, ValidatorInfoRecord, ValidatorsRecord, device_key, organisation_key, peer_key,
    right_key, validator_key, validators_key,
};
use senim_sdk::{Env, Key, Refusal, codec, state};
use senim_types::{Code, ContractId, OrgId, PublicKey, ValidatorSet};

pub fn organisation<E: Env>(env: &E, org: OrgId) -> Result<Option<Organisation>, Refusal> {
    load(
        env,
        &organisation_key(org),
        OrganisationRecord::into_current,
    )
}

pub fn require_organisation<E: Env>(env: &E, org: OrgId) -> Result<Organisation, Refusal> {
    organisation(env, org)?.ok_or(Refusal::new(Code::ORGANISATION_UNKNOWN))
}

pub fn save_organisation<E: Env>(env: &mut E, org: OrgId, organisation: Organisation) {
    save(
        env,
        &organisation_key(org),
        &OrganisationRecord::from(organisation),
    );
}

pub fn device<E: Env>(env: &E, device: &PublicKey) -> Result<Option<Device>, Refusal> {
    load(env, &device_key(device), DeviceRecord::into_current)
}

pub fn save_device<E: Env>(env: &mut E, key: &PublicKey, device: Device) {
    save(env, &device_key(key), &DeviceRecord::from(device));
}

pub fn right<E: Env>(env: &E, contract: ContractId, method: u8) -> Result<Option<Right>, Refusal> {
    load(env, &right_key(contract, method), RightRecord::into_current)
}

pub fn save_right<E: Env>(env: &mut E, contract: ContractId, method: u8, right: Right) {
    let key = right_key(contract, method);
    if right.roles_any.is_empty() {
        env.delete(&key);
    } else {
        save(env, &key, &RightRecord::from(right));
    }
}

pub fn validators<E: Env>(env: &E) -> Result<Option<ValidatorSet>, Refusal> {
    load(env, &validators_key(), ValidatorsRecord::into_current)
}

pub fn save_validators<E: Env>(env: &mut E, set: ValidatorSet) {
    save(env, &validators_key(), &ValidatorsRecord::from(set));
}

pub fn validator<E: Env>(env: &E, key: &PublicKey) -> Result<Option<ValidatorInfo>, Refusal> {
    load(env, &validator_key(key), ValidatorInfoRecord::into_current)
}

pub fn save_validator<E: Env>(env: &mut E, key: &PublicKey, info: ValidatorInfo) {
    save(env, &validator_key(key), &ValidatorInfoRecord::from(info));
}

pub fn delete_validator<E: Env>(env: &mut E, key: &PublicKey) {
    env.delete(&validator_key(key));
}

pub fn peer<E: Env>(env: &E, key: &PublicKey) -> Result<Option<Peer>, Refusal> {
    load(env, &peer_key(key), PeerRecord::into_current)
}

pub fn save_peer<E: Env>(env: &mut E, key: &PublicKey, peer: Peer) {
    save(env, &peer_key(key), &PeerRecord::from(peer));
}

pub fn delete_peer<E: Env>(env: &mut E, key: &PublicKey) {
    env.delete(&peer_key(key));
}

pub fn emit<E: Env>(env: &mut E, event: &RegistryEvent) {
    env.emit(event.kind(), EVENT_VERSION, &codec::encode(event));
}

fn load<E: Env, R: BorshDeserialize, T>(
    env: &E,
    key: &Key,
    into_current: impl Fn(R) -> T,
) -> Result<Option<T>, Refusal> {
    Ok(state::load(env, key)?.map(into_current))
}

fn save<E: Env, R: BorshSerialize>(env: &mut E, key: &Key, record: &R) {
    state::save(env, key, record);
}
