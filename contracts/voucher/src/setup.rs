//! What the payer sets.

use crate::contract::emit;
use crate::{rules, state, tally};
use senim_abi::civil::Month;
use senim_abi::ids::is_policy;
use senim_abi::policy::{self, Listing, PARAMETERS_BYTES_MAX, Product};
use senim_abi::treasury::msg::BudgetAnswer;
use senim_abi::voucher::Arms;
use senim_abi::voucher::record::Programme;
use senim_abi::voucher::{Calendar, Policy, ProgrammeId, Service, Settings, VoucherEvent};
use senim_abi::{TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, Hash, OrgId};

/// Sets a programme's frame. Whose programme it is, the budget line says.
pub fn programme<E: Env>(
    env: &mut E,
    context: &CallContext,
    programme: ProgrammeId,
    mut settings: Settings,
) -> Result<(), Refusal> {
    rules::settings(&settings)?;
    let question = treasury::Query::Budget {
        budget: settings.budget,
    };
    let answer: BudgetAnswer = codec::decode(&env.query(TREASURY, &codec::encode(&question))?)?;
    let line = answer.ok_or(Refusal::new(Code::NO_BUDGET))?;
    ensure(line.programme == programme, Code::NOT_AUTHORISED)?;
    rules::acts_for(context, line.payer)?;
    let before = state::find_programme(env, programme)?;
    // What is locked for vouchers stays where it is.
    let is_same_line = before
        .as_ref()
        .is_none_or(|known| known.settings.budget == settings.budget);
    ensure(is_same_line, Code::NOT_AUTHORISED)?;
    let known = before
        .as_ref()
        .and_then(|known| known.settings.arms.as_ref());
    settings.arms = committed(known, settings.arms)?;
    if let Some(known) = &before {
        // Nullifiers stand in the group that they were attested in, and are freed there.
        let group = known.settings.exclusion;
        let stays = known.version == 0 || group.is_none() || group == settings.exclusion;
        ensure(stays, Code::EXCLUSION_SET)?;
    }
    let record = Programme {
        payer: line.payer,
        settings: settings.clone(),
        version: before.map_or(0, |known| known.version),
    };
    state::save_programme(env, programme, record);
    let event = VoucherEvent::ProgrammeSet {
        programme,
        payer: line.payer,
        settings,
    };
    emit(env, &event);
    Ok(())
}

/// Arms once committed to stay as they are, with their seed if it was revealed.
fn committed(known: Option<&Arms>, wanted: Option<Arms>) -> Result<Option<Arms>, Refusal> {
    let wanted = wanted.map(|arms| Arms { seed: None, ..arms });
    let Some(known) = known else {
        return Ok(wanted);
    };
    let is_same = wanted
        .is_some_and(|arms| arms.commitment == known.commitment && arms.weights == known.weights);
    ensure(is_same, Code::ARMS_COMMITTED)?;
    Ok(Some(known.clone()))
}

/// Sets the next version of a programme's rules.
pub fn policy<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: ProgrammeId,
    policy: Policy,
) -> Result<u32, Refusal> {
    let mut programme = state::programme(env, id)?;
    rules::acts_for(context, programme.payer)?;
    ensure(is_policy(policy.contract), Code::NOT_A_POLICY)?;
    ensure(
        policy.parameters.len() <= PARAMETERS_BYTES_MAX,
        Code::OUT_OF_RANGE,
    )?;
    let check = policy::Query::Check(policy.parameters.clone());
    env.query(policy.contract, &codec::encode(&check))?;
    let version = programme.version.checked_add(1);
    programme.version = version.ok_or(Refusal::new(Code::OUT_OF_RANGE))?;
    let version = programme.version;
    state::save_programme(env, id, programme);
    state::save_policy(env, id, version, policy.clone());
    let event = VoucherEvent::PolicySet {
        programme: id,
        version,
        policy,
    };
    emit(env, &event);
    Ok(version)
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

/// Sets or removes what the programme's list says of a product.
pub fn listing<E: Env>(
    env: &mut E,
    context: &CallContext,
    programme: ProgrammeId,
    product: Product,
    listing: Option<Listing>,
) -> Result<(), Refusal> {
    rules::acts_for(context, state::programme(env, programme)?.payer)?;
    listing.as_ref().map_or(Ok(()), rules::listing)?;
    state::set_listing(env, programme, &product, listing);
    let event = VoucherEvent::ListingSet {
        programme,
        product,
        listing,
    };
    emit(env, &event);
    Ok(())
}

/// Sets the days of a place's month: the place itself does, or the payer.
pub fn calendar<E: Env>(
    env: &mut E,
    context: &CallContext,
    programme: ProgrammeId,
    (place, month): (OrgId, Month),
    calendar: Calendar,
) -> Result<(), Refusal> {
    let payer = state::programme(env, programme)?.payer;
    if context.org != place {
        rules::acts_for(context, payer)?;
    }
    let is_served = state::service(env, programme, place)?.is_some();
    ensure(is_served, Code::NOT_WHITELISTED)?;
    let is_the_place = context.org == place;
    tally::calendar_changes(env, programme, (place, month), &calendar, is_the_place)?;
    state::save_calendar(env, programme, place, month, calendar);
    let event = VoucherEvent::CalendarSet {
        programme,
        place,
        month,
        calendar,
    };
    emit(env, &event);
    Ok(())
}

/// Reveals the seed that a programme committed to. The same again is a success.
pub fn reveal_arms<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: ProgrammeId,
    seed: Hash,
) -> Result<(), Refusal> {
    let mut programme = state::programme(env, id)?;
    rules::acts_for(context, programme.payer)?;
    let wrong = Refusal::new(Code::WRONG_SEED);
    let arms = programme.settings.arms.as_mut().ok_or(wrong)?;
    ensure(
        env.hash(seed.as_bytes()) == arms.commitment,
        Code::WRONG_SEED,
    )?;
    if arms.seed.replace(seed) == Some(seed) {
        return Ok(());
    }
    state::save_programme(env, id, programme);
    let event = VoucherEvent::ArmsRevealed {
        programme: id,
        seed,
    };
    emit(env, &event);
    Ok(())
}
