//! All reads and writes, and what the treasury is asked. Keys and layouts are in `senim_abi::settlement::record`.

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::civil::Month;
use senim_abi::settlement::record::{
    ActRecord, AgreementRecord, DetailsRecord, act_key, acts_prefix, agreement_key, details_key,
};
use senim_abi::settlement::{Act, ActId, Agreement, Details, ProgrammeId, Query};
use senim_abi::treasury::{self, Claim, Terms};
use senim_abi::{TREASURY, treasury::msg::BudgetAnswer};
use senim_sdk::{Env, Refusal, codec, state};
use senim_types::{Code, OrgId};

pub fn find_agreement<E: Env>(
    env: &E,
    programme: ProgrammeId,
    provider: OrgId,
) -> Result<Option<Agreement>, Refusal> {
    let stored = state::load(env, &agreement_key(programme, provider))?;
    Ok(stored.map(AgreementRecord::into_current))
}

pub fn agreement<E: Env>(
    env: &E,
    programme: ProgrammeId,
    provider: OrgId,
) -> Result<Agreement, Refusal> {
    find_agreement(env, programme, provider)?.ok_or(Refusal::new(Code::AGREEMENT_UNKNOWN))
}

pub fn save_agreement<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    provider: OrgId,
    agreement: Agreement,
) {
    let record = AgreementRecord::from(agreement);
    state::save(env, &agreement_key(programme, provider), &record);
}

pub fn find_act<E: Env>(env: &E, act: &ActId) -> Result<Option<Act>, Refusal> {
    Ok(state::load(env, &act_key(act))?.map(ActRecord::into_current))
}

pub fn act<E: Env>(env: &E, act: &ActId) -> Result<Act, Refusal> {
    find_act(env, act)?.ok_or(Refusal::new(Code::ACT_UNKNOWN))
}

pub fn save_act<E: Env>(env: &mut E, act: Act) {
    let key = act_key(&act.body.act);
    state::save(env, &key, &ActRecord::from(act));
}

/// A page of a programme's acts.
pub fn acts<E: Env>(
    env: &E,
    programme: ProgrammeId,
    after: Option<ActId>,
) -> Result<Vec<Act>, Refusal> {
    let prefix = acts_prefix(programme);
    let limit = Query::ACTS_MAX as u32;
    let page: Vec<(Vec<u8>, ActRecord)> = match after {
        None => state::page(env, &prefix, &[], limit)?,
        Some(last) => state::page(env, &prefix, &act_key(&last), limit)?,
    };
    Ok(page
        .into_iter()
        .map(|(_, record)| record.into_current())
        .collect())
}

pub fn details<E: Env>(env: &E, payer: OrgId, provider: OrgId) -> Result<Details, Refusal> {
    let stored = state::load(env, &details_key(payer, provider))?;
    Ok(stored.map(DetailsRecord::into_current).unwrap_or_default())
}

pub fn save_details<E: Env>(env: &mut E, payer: OrgId, provider: OrgId, details: Details) {
    let record = DetailsRecord::from(details);
    state::save(env, &details_key(payer, provider), &record);
}

fn ask<E: Env, T: BorshSerialize + BorshDeserialize>(
    env: &mut E,
    question: &treasury::Query,
) -> Result<T, Refusal> {
    codec::decode(&env.query(TREASURY, &codec::encode(question))?)
}

/// A budget line of the treasury's.
pub fn budget<E: Env>(
    env: &mut E,
    budget: treasury::BudgetId,
) -> Result<treasury::Budget, Refusal> {
    let answer: BudgetAnswer = ask(env, &treasury::Query::Budget { budget })?;
    answer.ok_or(Refusal::new(Code::NO_BUDGET))
}

/// What the treasury owes the provider for a month.
pub fn claim<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    provider: OrgId,
    period: Month,
) -> Result<Option<Claim>, Refusal> {
    let question = treasury::Query::Claim {
        provider,
        programme,
        period,
    };
    ask(env, &question)
}

/// What the treasury may post to the provider.
pub fn terms<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    provider: OrgId,
) -> Result<Option<Terms>, Refusal> {
    let question = treasury::Query::Terms {
        programme,
        provider,
    };
    ask(env, &question)
}

/// Has the treasury do something.
pub fn command<E: Env>(env: &mut E, message: &treasury::Execute) -> Result<(), Refusal> {
    env.call(TREASURY, &codec::encode(message)).map(|_| ())
}
