//! What the payer sets. Who is a payer, the registry says by role; of which programme, the budget line.

use crate::contract::emit;
use crate::{rules, state};
use senim_abi::marking::InnCode;
use senim_abi::prescription::{
    MedicineRule, PrescriberId, PrescriberRight, PrescriptionEvent, Programme, ProgrammeId,
    Provider, Rules,
};
use senim_abi::treasury::BudgetId;
use senim_abi::treasury::msg::BudgetAnswer;
use senim_abi::{TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, OrgId};

/// Categories of medicines are the bits of a right.
const CATEGORIES: u8 = 32;

/// Opens or closes a programme, names its budget line, and makes other rules the next version of its rules. Returns the
/// version. Whose programme it is, the budget line says.
pub fn programme<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: ProgrammeId,
    (open, budget): (bool, BudgetId),
    rules: Rules,
) -> Result<u32, Refusal> {
    rules::check_programme(&rules)?;
    let question = treasury::Query::Budget { budget };
    let answer: BudgetAnswer = codec::decode(&env.query(TREASURY, &codec::encode(&question))?)?;
    let line = answer.ok_or(Refusal::new(Code::NO_BUDGET))?;
    rules::acts_for(context, line.payer)?;
    rules::is_line_of(&line, id, open)?;
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
    let programme = Programme {
        payer: line.payer,
        budget,
        version,
        open,
    };
    if known != Some(programme) {
        state::save_programme(env, id, programme);
        let event = PrescriptionEvent::ProgrammeSet {
            programme: id,
            version,
            open,
            budget,
            rules,
        };
        emit(env, &event);
    }
    Ok(version)
}

/// Sets or removes what a programme says of a medicine, for what is issued from now on.
pub fn medicine<E: Env>(
    env: &mut E,
    context: &CallContext,
    programme: ProgrammeId,
    inn: InnCode,
    rule: Option<MedicineRule>,
) -> Result<(), Refusal> {
    is_own(env, context, programme)?;
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
    context: &CallContext,
    programme: ProgrammeId,
    org: OrgId,
    provider: Option<Provider>,
) -> Result<(), Refusal> {
    is_own(env, context, programme)?;
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
    context: &CallContext,
    programme: ProgrammeId,
    (org, prescriber): (OrgId, PrescriberId),
    right: Option<PrescriberRight>,
) -> Result<(), Refusal> {
    is_own(env, context, programme)?;
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

/// The programme is the caller's.
fn is_own<E: Env>(env: &E, context: &CallContext, programme: ProgrammeId) -> Result<(), Refusal> {
    let payer = state::programme(env, programme)?.payer;
    rules::acts_for(context, payer)
}
