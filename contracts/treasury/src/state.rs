//! All reads and writes of the treasury. Keys and layouts are in `senim_abi::treasury::record`.

use crate::correction::PostedLine;
use crate::terms::Pair;
use alloc::vec::Vec;
use senim_abi::civil::Month;
use senim_abi::treasury::event::EVENT_VERSION;
use senim_abi::treasury::msg::ClaimPage;
use senim_abi::treasury::record::{
    Budget, BudgetRecord, Claim, ClaimRecord, Lock, LockRecord, Operation, OperationRecord,
    Outside, OutsideRecord, Outstanding, OutstandingRecord, ProgrammeOwner, ProgrammeRecord, Purse,
    PurseRecord, TakenOff, TakenOffRecord, Terms, TermsRecord, Transfer, TransferRecord,
    budget_key, claim_key, claims_prefix, lock_key, operation_key, outside_key, outstanding_key,
    programme_key, purse_key, taken_off_prefix, terms_key, transfer_key,
};
use senim_abi::treasury::{BudgetId, ProgrammeId, TreasuryEvent};
use senim_sdk::{Env, Refusal, codec, state};
use senim_types::{Code, ContractId, Hash, OrgId};

pub fn budget<E: Env>(env: &E, id: BudgetId) -> Result<Option<Budget>, Refusal> {
    Ok(state::load(env, &budget_key(id))?.map(BudgetRecord::into_current))
}

pub fn require_budget<E: Env>(env: &E, id: BudgetId) -> Result<Budget, Refusal> {
    budget(env, id)?.ok_or(Refusal::new(Code::NO_BUDGET))
}

pub fn save_budget<E: Env>(env: &mut E, id: BudgetId, budget: Budget) {
    state::save(env, &budget_key(id), &BudgetRecord::from(budget));
}

pub fn claim<E: Env>(
    env: &E,
    provider: OrgId,
    programme: ProgrammeId,
    period: Month,
) -> Result<Option<Claim>, Refusal> {
    let key = claim_key(provider, programme, period);
    Ok(state::load(env, &key)?.map(ClaimRecord::into_current))
}

pub fn save_claim<E: Env>(
    env: &mut E,
    provider: OrgId,
    programme: ProgrammeId,
    period: Month,
    claim: Claim,
) {
    state::save(
        env,
        &claim_key(provider, programme, period),
        &ClaimRecord::from(claim),
    );
}

pub fn delete_claim<E: Env>(env: &mut E, provider: OrgId, programme: ProgrammeId, period: Month) {
    env.delete(&claim_key(provider, programme, period));
}

/// A page of a provider's claims.
pub fn claims<E: Env>(
    env: &E,
    provider: OrgId,
    after: Option<(ProgrammeId, Month)>,
) -> Result<ClaimPage, Refusal> {
    const PAGE_ENTRIES: u32 = 64;
    let prefix = claims_prefix(provider);
    let page = match after {
        None => state::page(env, &prefix, &[], PAGE_ENTRIES)?,
        Some((programme, period)) => state::page(
            env,
            &prefix,
            &claim_key(provider, programme, period),
            PAGE_ENTRIES,
        )?,
    };
    let entries = page
        .into_iter()
        .map(|(key, record): (Vec<u8>, ClaimRecord)| {
            let corrupt = Refusal::new(Code::CORRUPT_RECORD);
            // Collection (1) ‖ provider (4) ‖ programme (4) ‖ month (4).
            let &[_, _, _, _, _, a, b, c, d, e, f, g, h] = key.as_slice() else {
                return Err(corrupt);
            };
            let programme = ProgrammeId(u32::from_be_bytes([a, b, c, d]));
            Ok((
                programme,
                Month(u32::from_be_bytes([e, f, g, h])),
                record.into_current(),
            ))
        });
    entries.collect()
}

pub fn transfer<E: Env>(
    env: &E,
    issuer: ContractId,
    id: &Hash,
) -> Result<Option<Transfer>, Refusal> {
    Ok(state::load(env, &transfer_key(issuer, id))?.map(TransferRecord::into_current))
}

pub fn save_transfer<E: Env>(env: &mut E, issuer: ContractId, id: &Hash, transfer: Transfer) {
    state::save(
        env,
        &transfer_key(issuer, id),
        &TransferRecord::from(transfer),
    );
}

pub fn delete_transfer<E: Env>(env: &mut E, issuer: ContractId, id: &Hash) {
    env.delete(&transfer_key(issuer, id));
}

/// What was taken off a line, if something was.
pub fn taken_off<E: Env>(env: &E, line: &PostedLine<'_>) -> Result<Option<TakenOff>, Refusal> {
    Ok(state::load(env, &line.key())?.map(TakenOffRecord::into_current))
}

pub fn save_taken_off<E: Env>(env: &mut E, line: &PostedLine<'_>, taken: TakenOff) {
    state::save(env, &line.key(), &TakenOffRecord::from(taken));
}

/// Drops what was taken off lines of a claim, so many at most. Whether that was all.
pub fn delete_taken_off<E: Env>(
    env: &mut E,
    pair: Pair,
    period: Month,
    most: usize,
) -> Result<bool, Refusal> {
    let prefix = taken_off_prefix(pair.provider, pair.programme, period);
    let limit = u32::try_from(most).unwrap_or(u32::MAX);
    let page: Vec<(Vec<u8>, TakenOffRecord)> = state::page(env, &prefix, &[], limit)?;
    let all = page.len() < most;
    for (key, _) in page {
        env.delete(&key);
    }
    Ok(all)
}

/// What the contract has locked in the line.
pub fn lock<E: Env>(env: &E, budget: BudgetId, contract: ContractId) -> Result<Lock, Refusal> {
    let stored = state::load(env, &lock_key(budget, contract))?;
    Ok(stored.map(LockRecord::into_current).unwrap_or_default())
}

/// Writes what the contract has locked in the line; nothing locked is no record.
pub fn save_lock<E: Env>(env: &mut E, budget: BudgetId, contract: ContractId, lock: Lock) {
    let key = lock_key(budget, contract);
    if lock == Lock::default() {
        env.delete(&key);
    } else {
        state::save(env, &key, &LockRecord::from(lock));
    }
}

pub fn outside<E: Env>(env: &E, payer: OrgId) -> Result<Option<Outside>, Refusal> {
    Ok(state::load(env, &outside_key(payer))?.map(OutsideRecord::into_current))
}

pub fn save_outside<E: Env>(env: &mut E, payer: OrgId, outside: Outside) {
    state::save(env, &outside_key(payer), &OutsideRecord::from(outside));
}

pub fn operation<E: Env>(env: &E, payer: OrgId, id: &Hash) -> Result<Option<Operation>, Refusal> {
    Ok(state::load(env, &operation_key(payer, id))?.map(OperationRecord::into_current))
}

pub fn save_operation<E: Env>(env: &mut E, payer: OrgId, id: &Hash, operation: Operation) {
    state::save(
        env,
        &operation_key(payer, id),
        &OperationRecord::from(operation),
    );
}

/// Whose programme it is, if it has a budget line.
pub fn owner_of<E: Env>(
    env: &E,
    programme: ProgrammeId,
) -> Result<Option<ProgrammeOwner>, Refusal> {
    Ok(state::load(env, &programme_key(programme))?.map(ProgrammeRecord::into_current))
}

pub fn save_owner<E: Env>(env: &mut E, programme: ProgrammeId, owner: ProgrammeOwner) {
    let record = ProgrammeRecord::from(owner);
    state::save(env, &programme_key(programme), &record);
}

/// What the provider's contract allows, if it has one.
pub fn terms<E: Env>(
    env: &E,
    programme: ProgrammeId,
    provider: OrgId,
) -> Result<Option<Terms>, Refusal> {
    let key = terms_key(programme, provider);
    Ok(state::load(env, &key)?.map(TermsRecord::into_current))
}

pub fn save_terms<E: Env>(env: &mut E, programme: ProgrammeId, provider: OrgId, terms: Terms) {
    let record = TermsRecord::from(terms);
    state::save(env, &terms_key(programme, provider), &record);
}

/// What is not resolved yet between the two.
pub fn outstanding<E: Env>(env: &E, pair: Pair) -> Result<Outstanding, Refusal> {
    let key = outstanding_key(pair.programme, pair.provider);
    let stored = state::load(env, &key)?;
    Ok(stored
        .map(OutstandingRecord::into_current)
        .unwrap_or_default())
}

/// Writes what became of it; nothing outstanding is no record.
pub fn save_outstanding<E: Env>(env: &mut E, pair: Pair, before: Outstanding, now: Outstanding) {
    if now == before {
        return;
    }
    let key = outstanding_key(pair.programme, pair.provider);
    if now == Outstanding::default() {
        env.delete(&key);
    } else {
        state::save(env, &key, &OutstandingRecord::from(now));
    }
}

pub fn purse<E: Env>(env: &E, provider: OrgId) -> Result<Purse, Refusal> {
    let stored = state::load(env, &purse_key(provider))?;
    Ok(stored.map(PurseRecord::into_current).unwrap_or_default())
}

pub fn save_purse<E: Env>(env: &mut E, provider: OrgId, purse: Purse) {
    state::save(env, &purse_key(provider), &PurseRecord::from(purse));
}

pub fn emit<E: Env>(env: &mut E, event: &TreasuryEvent) {
    env.emit(event.kind(), EVENT_VERSION, &codec::encode(event));
}
