//! All reads and writes, and what the treasury is asked. Keys and layouts are in `senim_abi::settlement::record`.

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::civil::Month;
use senim_abi::settlement::msg::Ordered;
use senim_abi::settlement::record::{
    ActRecord, AgreementRecord, DetailsRecord, OrderedRecord, act_key, acts_prefix, agreement_key,
    details_key, ordered_key, ordered_prefix,
};
use senim_abi::settlement::{Act, ActId, Agreement, Details, MessageId, ProgrammeId, Query};
use senim_abi::treasury::msg::ProgrammeAnswer;
use senim_abi::treasury::record::ProgrammeOwner;
use senim_abi::treasury::{self, Claim, Outstanding, Terms};
use senim_abi::voucher::{self, msg::Finding};
use senim_abi::{TREASURY, VOUCHER};
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

pub fn delete_act<E: Env>(env: &mut E, act: &ActId) {
    env.delete(&act_key(act));
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

pub fn save_ordered<E: Env>(
    env: &mut E,
    payer: OrgId,
    message_id: &MessageId,
    act: &ActId,
    attempt: u8,
) {
    let key = ordered_key(payer, message_id, act);
    state::save(env, &key, &OrderedRecord::from(attempt));
}

pub fn delete_ordered<E: Env>(env: &mut E, payer: OrgId, message_id: &MessageId, act: &ActId) {
    env.delete(&ordered_key(payer, message_id, act));
}

/// A page of what is in a payment file.
pub fn ordered<E: Env>(
    env: &E,
    payer: OrgId,
    message_id: &MessageId,
    after: Option<ActId>,
) -> Result<Vec<Ordered>, Refusal> {
    let prefix = ordered_prefix(payer, message_id);
    let limit = Query::ORDERED_MAX as u32;
    let page: Vec<(Vec<u8>, OrderedRecord)> = match after {
        None => state::page(env, &prefix, &[], limit)?,
        Some(last) => {
            let last = ordered_key(payer, message_id, &last);
            state::page(env, &prefix, &last, limit)?
        }
    };
    page.into_iter()
        .map(|(key, record)| {
            let act = act_of(&key[prefix.len()..]).ok_or(Refusal::new(Code::CORRUPT_RECORD))?;
            Ok(Ordered {
                act,
                attempt: record.into_current(),
            })
        })
        .collect()
}

/// The act that the end of a key names.
fn act_of(key: &[u8]) -> Option<ActId> {
    let field = |at: usize| key.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
    Some(ActId {
        programme: ProgrammeId(field(0)?),
        provider: OrgId(field(4)?),
        period: Month(field(8)?),
        number: *key.get(12)?,
    })
}

/// A page of what the voucher contract finds wrong with the days of an act.
pub fn findings<E: Env>(
    env: &mut E,
    act: &ActId,
    after: Option<(OrgId, u32)>,
) -> Result<Vec<Finding>, Refusal> {
    let question = voucher::Query::Findings {
        programme: act.programme,
        provider: act.provider,
        period: act.period,
        after,
    };
    codec::decode(&env.query(VOUCHER, &codec::encode(&question))?)
}

fn ask<E: Env, T: BorshSerialize + BorshDeserialize>(
    env: &mut E,
    question: &treasury::Query,
) -> Result<T, Refusal> {
    codec::decode(&env.query(TREASURY, &codec::encode(question))?)
}

/// Whose programme it is, by its budget lines.
pub fn owner<E: Env>(env: &mut E, programme: ProgrammeId) -> Result<ProgrammeOwner, Refusal> {
    let answer: ProgrammeAnswer = ask(env, &treasury::Query::Programme { programme })?;
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

/// What is not resolved yet between the two.
pub fn outstanding<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    provider: OrgId,
) -> Result<Outstanding, Refusal> {
    let question = treasury::Query::Outstanding {
        programme,
        provider,
    };
    ask(env, &question)
}

/// Has the treasury do something.
pub fn command<E: Env>(env: &mut E, message: &treasury::Execute) -> Result<(), Refusal> {
    env.call(TREASURY, &codec::encode(message)).map(|_| ())
}
