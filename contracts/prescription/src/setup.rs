//! What the payer sets. Who that is, is the registry's, by role.

use crate::contract::emit;
use crate::{rules, state};
use senim_abi::marking::InnCode;
use senim_abi::prescription::{
    MedicineRule, PrescriberId, PrescriberRight, PrescriptionEvent, Programme, ProgrammeId,
    Provider, Rules,
};
use senim_sdk::{Env, Refusal, ensure};
use senim_types::{Code, OrgId};

/// Categories of medicines are the bits of a right.
const CATEGORIES: u8 = 32;

/// Opens or closes a programme, and makes other rules the next version of its rules. Returns the version.
pub fn programme<E: Env>(
    env: &mut E,
    id: ProgrammeId,
    open: bool,
    rules: Rules,
) -> Result<u32, Refusal> {
    rules::check_programme(&rules)?;
    let known = state::find_programme(env, id)?;
    let version = match known {
        Some(known) if state::rules(env, id, known.version)? == rules => known.version,
        known => {
            let version = known.map_or(1, |known| known.version + 1);
            ensure(version <= Programme::VERSIONS_MAX, Code::TOO_MANY_VERSIONS)?;
            state::save_rules(env, id, version, rules.clone());
            version
        }
    };
    let programme = Programme { version, open };
    if known != Some(programme) {
        state::save_programme(env, id, programme);
        let event = PrescriptionEvent::ProgrammeSet {
            programme: id,
            version,
            open,
            rules,
        };
        emit(env, &event);
    }
    Ok(version)
}

/// Sets or removes what a programme says of a medicine, for what is issued from now on.
pub fn medicine<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    inn: InnCode,
    rule: Option<MedicineRule>,
) -> Result<(), Refusal> {
    state::programme(env, programme)?;
    let is_possible = rule.is_none_or(|rule| rule.category < CATEGORIES && rule.units_max > 0);
    ensure(is_possible, Code::OUT_OF_RANGE)?;
    state::set_medicine(env, programme, &inn, rule);
    emit(
        env,
        &PrescriptionEvent::MedicineSet {
            programme,
            inn,
            rule,
        },
    );
    Ok(())
}

/// Sets or ends a pharmacy's contract.
pub fn provider<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    org: OrgId,
    provider: Option<Provider>,
) -> Result<(), Refusal> {
    state::programme(env, programme)?;
    ensure(org.0 != 0, Code::OUT_OF_RANGE)?;
    state::set_provider(env, programme, org, provider);
    emit(
        env,
        &PrescriptionEvent::ProviderSet {
            programme,
            org,
            provider,
        },
    );
    Ok(())
}

/// Sets or ends a right to prescribe.
pub fn prescriber<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    org: OrgId,
    prescriber: PrescriberId,
    right: Option<PrescriberRight>,
) -> Result<(), Refusal> {
    state::programme(env, programme)?;
    ensure(org.0 != 0, Code::OUT_OF_RANGE)?;
    state::set_prescriber(env, programme, org, prescriber, right);
    emit(
        env,
        &PrescriptionEvent::PrescriberSet {
            programme,
            org,
            prescriber,
            right,
        },
    );
    Ok(())
}
