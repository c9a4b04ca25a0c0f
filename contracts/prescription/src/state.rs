//! All reads and writes. The layout of keys is in [`senim_abi::prescription::record`].

use alloc::vec::Vec;
use senim_abi::marking::InnCode;
use senim_abi::prescription::programme::{
    MedicineRecord, PrescriberRecord, ProgrammeRecord, ProviderRecord, RulesRecord,
};
use senim_abi::prescription::record::{
    COLLECTION_OVERDUE, GroupRecord, Overdue, OverdueRecord, group_key, medicine_key, overdue_key,
    prescriber_key, programme_key, provider_key, rules_key,
};
use senim_abi::prescription::{
    Group, GroupId, MedicineRule, PrescriberId, PrescriberRight, Programme, ProgrammeId, Provider,
    Rules,
};
use senim_sdk::{Env, Key, Refusal, ensure, state};
use senim_types::{Code, Hash, OrgId};

/// The group, or none.
pub fn find_group<E: Env>(env: &E, id: &GroupId) -> Result<Option<Group>, Refusal> {
    // Before the sound line and not around it, so that its bytes stay the genesis's.
    #[cfg(feature = "lease-forgotten")]
    if let Some(record) = state::load(env, &group_key(id))? {
        return Ok(Some(without_end_of_leases(GroupRecord::into_current(
            record,
        ))));
    }
    Ok(state::load(env, &group_key(id))?.map(GroupRecord::into_current))
}

/// The broken build of `docs/simulator.md`.
#[cfg(feature = "lease-forgotten")]
fn without_end_of_leases(mut group: Group) -> Group {
    for hold in &mut group.holds {
        hold.until = senim_types::TimeMs(u64::MAX);
    }
    group
}

/// The group, or `PRESCRIPTION_UNKNOWN`.
pub fn group<E: Env>(env: &E, id: &GroupId) -> Result<Group, Refusal> {
    find_group(env, id)?.ok_or(Refusal::new(Code::PRESCRIPTION_UNKNOWN))
}

/// Writes the group. What has come to its end by time is brought up to date with it: holds whose
/// lease is over go, and a cancellation that waited for them takes effect.
pub fn save_group<E: Env>(env: &mut E, id: &GroupId, mut group: Group) {
    group.touched = env.now();
    keep_group(env, id, group);
}

/// Writes the group as [`save_group`] does, after something that is no step of its life.
pub fn keep_group<E: Env>(env: &mut E, id: &GroupId, mut group: Group) {
    let now = env.now();
    group
        .holds
        .retain(|hold| now < hold.until && !hold.items.is_empty());
    for index in 0..group.items.len() {
        let is_held = group.hold_of(index, now).is_some();
        group.items[index].settle_cancellation(is_held);
    }
    state::save(env, &group_key(id), &GroupRecord::from(group));
}

/// Forgets the group.
pub fn delete_group<E: Env>(env: &mut E, id: &GroupId) {
    env.delete(&group_key(id));
}

/// The programme, or none.
pub fn find_programme<E: Env>(env: &E, id: ProgrammeId) -> Result<Option<Programme>, Refusal> {
    Ok(state::load(env, &programme_key(id))?.map(ProgrammeRecord::into_current))
}

/// The programme, or `PROGRAMME_UNKNOWN`.
pub fn programme<E: Env>(env: &E, id: ProgrammeId) -> Result<Programme, Refusal> {
    find_programme(env, id)?.ok_or(Refusal::new(Code::PROGRAMME_UNKNOWN))
}

/// Writes the programme.
pub fn save_programme<E: Env>(env: &mut E, id: ProgrammeId, programme: Programme) {
    state::save(env, &programme_key(id), &ProgrammeRecord::from(programme));
}

/// A version of the programme's rules, or `PROGRAMME_UNKNOWN`.
pub fn rules<E: Env>(env: &E, id: ProgrammeId, version: u32) -> Result<Rules, Refusal> {
    let key = rules_key(id, version);
    let stored: RulesRecord = state::require(env, &key, Code::PROGRAMME_UNKNOWN)?;
    Ok(stored.into_current())
}

/// Writes a version of the programme's rules: once.
pub fn save_rules<E: Env>(env: &mut E, id: ProgrammeId, version: u32, rules: Rules) {
    state::save(env, &rules_key(id, version), &RulesRecord::from(rules));
}

/// What the programme says of the medicine, or none.
pub fn medicine<E: Env>(
    env: &E,
    programme: ProgrammeId,
    inn: &InnCode,
) -> Result<Option<MedicineRule>, Refusal> {
    Ok(state::load(env, &medicine_key(programme, inn))?.map(MedicineRecord::into_current))
}

/// Writes or removes what the programme says of the medicine.
pub fn set_medicine<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    inn: &InnCode,
    rule: Option<MedicineRule>,
) {
    set(
        env,
        &medicine_key(programme, inn),
        rule.map(MedicineRecord::from),
    );
}

/// The pharmacy's contract, or `PHARMACY_NOT_CONTRACTED` if it has none that runs now.
pub fn provider<E: Env>(env: &E, programme: ProgrammeId, org: OrgId) -> Result<Provider, Refusal> {
    let stored: ProviderRecord = state::require(
        env,
        &provider_key(programme, org),
        Code::PHARMACY_NOT_CONTRACTED,
    )?;
    let provider = stored.into_current();
    ensure(env.now() < provider.until, Code::PHARMACY_NOT_CONTRACTED)?;
    Ok(provider)
}

/// Writes or removes the pharmacy's contract.
pub fn set_provider<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    org: OrgId,
    provider: Option<Provider>,
) {
    set(
        env,
        &provider_key(programme, org),
        provider.map(ProviderRecord::from),
    );
}

/// The prescriber's right, or that of all prescribers of the clinic, or none.
pub fn prescriber<E: Env>(
    env: &E,
    programme: ProgrammeId,
    org: OrgId,
    prescriber: PrescriberId,
) -> Result<Option<PrescriberRight>, Refusal> {
    let own: Option<PrescriberRecord> =
        state::load(env, &prescriber_key(programme, org, prescriber))?;
    let right = match own {
        Some(own) => Some(own),
        None => state::load(env, &prescriber_key(programme, org, PrescriberId::ANY))?,
    };
    Ok(right.map(PrescriberRecord::into_current))
}

/// Writes or removes a right to prescribe.
pub fn set_prescriber<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    org: OrgId,
    prescriber: PrescriberId,
    right: Option<PrescriberRight>,
) {
    let key = prescriber_key(programme, org, prescriber);
    set(env, &key, right.map(PrescriberRecord::from));
}

/// The dispense's entry on the list for a person, if it has one.
pub fn overdue<E: Env>(env: &E, group: &GroupId, dispense: u8) -> Result<Option<Overdue>, Refusal> {
    let stored = state::load(env, &overdue_key(group, dispense))?;
    Ok(stored.map(OverdueRecord::into_current))
}

/// Puts the dispense on the list for a person, or takes it off.
pub fn set_overdue<E: Env>(env: &mut E, group: &GroupId, dispense: u8, entry: Option<Overdue>) {
    set(
        env,
        &overdue_key(group, dispense),
        entry.map(OverdueRecord::from),
    );
}

/// A page of the list for a person.
pub fn overdue_after<E: Env>(
    env: &E,
    after: Option<(GroupId, u8)>,
    limit: u32,
) -> Result<Vec<(GroupId, u8, Overdue)>, Refusal> {
    let prefix = Key::new(COLLECTION_OVERDUE);
    let after_key = after.map(|(group, dispense)| overdue_key(&group, dispense));
    let after_bytes: &[u8] = after_key.as_deref().unwrap_or(&[]);
    let page: Vec<(Vec<u8>, OverdueRecord)> = state::page(env, &prefix, after_bytes, limit)?;
    page.into_iter()
        .map(|(key, record)| {
            let group: [u8; 32] = key
                .get(1..33)
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or(Code::CORRUPT_RECORD)?;
            let dispense = *key.get(33).ok_or(Code::CORRUPT_RECORD)?;
            Ok((GroupId(Hash(group)), dispense, record.into_current()))
        })
        .collect()
}

fn set<E: Env, T: borsh::BorshSerialize>(env: &mut E, key: &Key, record: Option<T>) {
    match record {
        Some(record) => state::save(env, key, &record),
        None => env.delete(key),
    }
}
