//! What the payer sets.

use crate::contract::emit;
use crate::{rules, state};
use senim_abi::treasury::msg::BudgetAnswer;
use senim_abi::voucher::record::Programme;
use senim_abi::voucher::{ProgrammeId, Rules, Service, VoucherEvent};
use senim_abi::{TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, OrgId};

/// Sets a programme's rules. Whose programme it is, the budget line says.
pub fn programme<E: Env>(
    env: &mut E,
    context: &CallContext,
    programme: ProgrammeId,
    rules: Rules,
) -> Result<(), Refusal> {
    rules::check(&rules)?;
    let question = treasury::Query::Budget {
        budget: rules.budget,
    };
    let answer: BudgetAnswer = codec::decode(&env.query(TREASURY, &codec::encode(&question))?)?;
    let line = answer.ok_or(Refusal::new(Code::NO_BUDGET))?;
    ensure(line.programme == programme, Code::NOT_AUTHORISED)?;
    rules::acts_for(context, line.payer)?;
    // What is locked for vouchers stays where it is.
    let before = state::find_programme(env, programme)?;
    let is_same_line = before.is_none_or(|known| known.rules.budget == rules.budget);
    ensure(is_same_line, Code::NOT_AUTHORISED)?;
    let payer = line.payer;
    let record = Programme {
        payer,
        rules: rules.clone(),
    };
    state::save_programme(env, programme, record);
    let event = VoucherEvent::ProgrammeSet {
        programme,
        payer,
        rules,
    };
    emit(env, &event);
    Ok(())
}

/// Sets or ends who serves a place.
pub fn service<E: Env>(
    env: &mut E,
    context: &CallContext,
    programme: ProgrammeId,
    place: OrgId,
    service: Option<Service>,
) -> Result<(), Refusal> {
    rules::acts_for(context, state::programme(env, programme)?.payer)?;
    let named = [
        Some(place),
        service.map(|it| it.provider),
        service.map(|it| it.terminals),
    ];
    ensure(!named.contains(&Some(OrgId(0))), Code::OUT_OF_RANGE)?;
    state::set_service(env, programme, place, service);
    let event = VoucherEvent::ServiceSet {
        programme,
        place,
        service,
    };
    emit(env, &event);
    Ok(())
}
