//! What the payer sets. Who that is, is the registry's, by role.

use crate::contract::emit;
use crate::{rules, state};
use senim_abi::marking::InnCode;
use senim_abi::prescription::{
    MedicineRule, PrescriberId, PrescriberRight, PrescriptionEvent, Programme, ProgrammeId,
    Provider,
};
use senim_sdk::{Env, Refusal, ensure};
use senim_types::{Code, OrgId};

/// Categories of medicines are the bits of a right.
const CATEGORIES: u8 = 32;

/// Sets a programme's rules. They hold from now on for what was issued before, too.
pub fn programme<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    rules: Programme,
) -> Result<(), Refusal> {
    rules::check_programme(&rules)?;
    state::save_programme(env, programme, rules.clone());
    emit(env, &PrescriptionEvent::ProgrammeSet { programme, rules });
    Ok(())
}

/// Sets or removes what a programme says of a medicine.
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
