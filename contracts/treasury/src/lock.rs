//! Money that stands behind a contract's tokens: locked when they are issued, spent as they are used, unlocked when they
//! end. Each line keeps one sum for each contract, so that a use of a token writes no key of its own here.

use crate::posting::{self, Line, Named};
use crate::transfer::Order;
use crate::{correction, rules, state};
use senim_abi::treasury::record::Lock;
use senim_abi::treasury::{BudgetId, PostingKind, Spent, TransferState, TreasuryEvent};
use senim_sdk::{Env, Refusal, ensure};
use senim_types::{Code, ContractId, TimeMs, Tiyn};

/// Makes money unavailable for others.
pub fn lock<E: Env>(
    env: &mut E,
    contract: ContractId,
    budget_id: BudgetId,
    amount: Tiyn,
) -> Result<(), Refusal> {
    let mut budget = state::require_budget(env, budget_id)?;
    rules::named_by(&budget, contract)?;
    rules::is_open(&budget)?;
    rules::not_zero(amount)?;
    rules::covers(&budget, amount)?;
    let mut lock = state::lock(env, budget_id, contract)?;
    posting::promise(&mut budget, amount)?;
    lock.amount = rules::plus(lock.amount, amount)?;
    state::save_budget(env, budget_id, budget);
    state::save_lock(env, budget_id, contract, lock);
    let event = TreasuryEvent::Locked {
        budget: budget_id,
        contract,
        amount,
    };
    state::emit(env, &event);
    Ok(())
}

/// Makes locked money available again. A contract that the line no longer names can still end its tokens.
pub fn unlock<E: Env>(
    env: &mut E,
    contract: ContractId,
    budget_id: BudgetId,
    amount: Tiyn,
) -> Result<(), Refusal> {
    let mut budget = state::require_budget(env, budget_id)?;
    rules::not_zero(amount)?;
    let lock = taken_off(state::lock(env, budget_id, contract)?, amount)?;
    posting::release(&mut budget, amount)?;
    state::save_budget(env, budget_id, budget);
    state::save_lock(env, budget_id, contract, lock);
    let event = TreasuryEvent::Unlocked {
        budget: budget_id,
        contract,
        amount,
    };
    state::emit(env, &event);
    Ok(())
}

/// Pays out of what is locked, for what was served then. As with a reservation, a promise outlives a suspension of the line.
pub fn spend<E: Env>(
    env: &mut E,
    contract: ContractId,
    order: &Order,
    served_at: TimeMs,
) -> Result<Spent, Refusal> {
    let mut budget = state::require_budget(env, order.budget)?;
    rules::named_by(&budget, contract)?;
    rules::not_zero(order.amount)?;
    rules::is_somebody(order.provider)?;
    let lock = taken_off(state::lock(env, order.budget, contract)?, order.amount)?;
    posting::release(&mut budget, order.amount)?;
    let transfer = order.transfer(TransferState::Pending);
    let named = Named {
        issuer: contract,
        id: &order.id,
        transfer: &transfer,
        served_at: Some(served_at),
        was_reserved: false,
    };
    let line = posting::to_claim(env, PostingKind::Post, named, &mut budget, order.amount)?;
    state::save_budget(env, order.budget, budget);
    state::save_lock(env, order.budget, contract, lock);
    Ok(Spent {
        amount: order.amount,
        period: line.period,
        vat_basis_points: line.vat_basis_points,
    })
}

/// Takes off what was spent, and locks it again: out of the claim what is left there, the rest out of what correcting acts
/// returned to the budget line.
pub fn unspend<E: Env>(
    env: &mut E,
    contract: ContractId,
    order: &Order,
    line: &Line,
) -> Result<(), Refusal> {
    let mut budget = state::require_budget(env, order.budget)?;
    rules::named_by(&budget, contract)?;
    rules::not_zero(order.amount)?;
    let transfer = order.transfer(TransferState::Pending);
    let named = Named {
        issuer: contract,
        id: &order.id,
        transfer: &transfer,
        served_at: None,
        was_reserved: false,
    };
    let (left, _) = correction::undo(env, named, &mut budget, order.amount, line)?;
    rules::covers(&budget, order.amount)?;
    posting::promise(&mut budget, order.amount)?;
    let mut lock = state::lock(env, order.budget, contract)?;
    lock.amount = rules::plus(lock.amount, order.amount)?;
    if left < order.amount {
        let event = TreasuryEvent::Locked {
            budget: order.budget,
            contract,
            amount: Tiyn(order.amount.0 - left.0),
        };
        state::emit(env, &event);
    }
    state::save_budget(env, order.budget, budget);
    state::save_lock(env, order.budget, contract, lock);
    Ok(())
}

/// The lock without the amount; no contract touches what another has locked.
fn taken_off(mut lock: Lock, amount: Tiyn) -> Result<Lock, Refusal> {
    ensure(
        u128::from(amount.0) <= lock.amount.0,
        Code::AMOUNT_EXCEEDS_PENDING,
    )?;
    lock.amount = rules::minus(lock.amount, amount)?;
    Ok(lock)
}
