//! What the contracts that a budget line names do with it.

use crate::posting::{self, Line, Named};
use crate::rules::{self, Resolution, Step};
use crate::terms::{self, Pair};
use crate::{correction, state};
use senim_abi::treasury::msg::FORGET_MAX;
use senim_abi::treasury::{
    BudgetId, DueEntry, Issuer, Posted, PostingKind, Release, Reserved, Reversed, Transfer,
    TransferKey, TransferState, TreasuryEvent,
};
use senim_sdk::{Env, Refusal, codec, ensure};
use senim_types::{Code, ContractId, Hash, OrgId, TimeMs, Tiyn};

/// What `Pay` and `Reserve` have in common.
pub struct Order {
    pub id: Hash,
    pub budget: BudgetId,
    pub provider: OrgId,
    pub amount: Tiyn,
    pub reference: Hash,
    pub expires_at: Option<TimeMs>,
}

impl Order {
    /// Whether a transfer was made by this very order. Its state is of no account: the answer stays the same.
    fn made(&self, transfer: &Transfer) -> bool {
        transfer.budget == self.budget
            && transfer.provider == self.provider
            && transfer.amount == self.amount
            && transfer.reference == self.reference
            && transfer.expires_at == self.expires_at
    }

    pub fn transfer(&self, state: TransferState) -> Transfer {
        Transfer {
            budget: self.budget,
            provider: self.provider,
            amount: self.amount,
            reference: self.reference,
            expires_at: self.expires_at,
            state,
        }
    }
}

/// Pays at once.
pub fn pay<E: Env>(env: &mut E, caller: ContractId, order: &Order) -> Result<Posted, Refusal> {
    let mut budget = state::require_budget(env, order.budget)?;
    rules::named_by(&budget, caller)?;
    if let Some(known) = state::transfer(env, caller, &order.id)? {
        ensure(order.made(&known), Code::TRANSFER_EXISTS)?;
        return posted(&known);
    }
    rules::is_open(&budget)?;
    rules::not_zero(order.amount)?;
    rules::is_somebody(order.provider)?;
    rules::covers(&budget, order.amount)?;
    let mut transfer = order.transfer(TransferState::Pending);
    let named = Named {
        issuer: caller,
        id: &order.id,
        transfer: &transfer,
        served_at: None,
        was_reserved: false,
    };
    let line = posting::to_claim(env, PostingKind::Pay, named, &mut budget, order.amount)?;
    transfer.state = posted_as(order.amount, &line);
    state::save_budget(env, order.budget, budget);
    state::save_transfer(env, caller, &order.id, transfer);
    posted(&transfer)
}

/// Makes money unavailable for others.
pub fn reserve<E: Env>(
    env: &mut E,
    caller: ContractId,
    order: &Order,
    expires_at: TimeMs,
) -> Result<Reserved, Refusal> {
    let mut budget = state::require_budget(env, order.budget)?;
    rules::named_by(&budget, caller)?;
    let answer = Reserved {
        amount: order.amount,
        expires_at,
    };
    if let Some(known) = state::transfer(env, caller, &order.id)? {
        ensure(order.made(&known), Code::TRANSFER_EXISTS)?;
        return Ok(answer);
    }
    rules::is_open(&budget)?;
    rules::not_zero(order.amount)?;
    rules::is_somebody(order.provider)?;
    rules::lapses_in_range(env.now(), expires_at)?;
    rules::covers(&budget, order.amount)?;
    let pair = Pair::of(budget.programme, order.provider);
    terms::keep(env, pair, order.amount)?;
    posting::promise(&mut budget, order.amount)?;
    state::save_budget(env, order.budget, budget);
    state::save_transfer(
        env,
        caller,
        &order.id,
        order.transfer(TransferState::Pending),
    );
    let due = DueEntry::Expire {
        issuer: caller,
        id: order.id,
    };
    env.schedule(expires_at, &codec::encode(&due));
    let event = TreasuryEvent::Reserved {
        transfer: TransferKey {
            issuer: Issuer::Contract(caller),
            id: order.id,
        },
        budget: order.budget,
        provider: order.provider,
        amount: order.amount,
        reference: order.reference,
        expires_at,
    };
    state::emit(env, &event);
    Ok(answer)
}

/// Pays out of a reservation.
pub fn post<E: Env>(
    env: &mut E,
    caller: ContractId,
    id: &Hash,
    amount: Tiyn,
    served_at: TimeMs,
) -> Result<Posted, Refusal> {
    let mut transfer = require_transfer(env, caller, id)?;
    let mut budget = state::require_budget(env, transfer.budget)?;
    rules::named_by(&budget, caller)?;
    if let Resolution::Post = rules::resolve(&transfer, Step::Post(amount), env.now())? {
        posting::release(&mut budget, transfer.amount)?;
        let pair = Pair::of(budget.programme, transfer.provider);
        terms::keep_no_more(env, pair, transfer.amount)?;
        let named = Named {
            issuer: caller,
            id,
            transfer: &transfer,
            served_at: Some(served_at),
            was_reserved: true,
        };
        let line = posting::to_claim(env, PostingKind::Post, named, &mut budget, amount)?;
        if let Some(rest) = transfer
            .amount
            .checked_sub(amount)
            .filter(|rest| *rest != Tiyn::ZERO)
        {
            tell_released(env, caller, id, &transfer, rest, Release::PostedLess);
        }
        transfer.state = posted_as(amount, &line);
        state::save_budget(env, transfer.budget, budget);
        state::save_transfer(env, caller, id, transfer);
    }
    posted(&transfer)
}

/// Gives a reservation up (`Step::Void`), or clears one away whose time ran out (`Step::Lapse`).
pub fn release<E: Env>(
    env: &mut E,
    issuer: ContractId,
    id: &Hash,
    step: Step,
) -> Result<(), Refusal> {
    let mut transfer = require_transfer(env, issuer, id)?;
    if let Resolution::Release(release) = rules::resolve(&transfer, step, env.now())? {
        let mut budget = state::require_budget(env, transfer.budget)?;
        posting::release(&mut budget, transfer.amount)?;
        let pair = Pair::of(budget.programme, transfer.provider);
        terms::keep_no_more(env, pair, transfer.amount)?;
        state::save_budget(env, transfer.budget, budget);
        transfer.state = match release {
            Release::Expired => TransferState::Expired,
            Release::Voided | Release::PostedLess => TransferState::Voided,
        };
        state::save_transfer(env, issuer, id, transfer);
        tell_released(env, issuer, id, &transfer, transfer.amount, release);
    }
    Ok(())
}

/// Takes a posted transfer off the provider's claim, or what a correcting act has left of it.
pub fn reverse<E: Env>(env: &mut E, caller: ContractId, id: &Hash) -> Result<Reversed, Refusal> {
    let mut transfer = require_transfer(env, caller, id)?;
    if let Resolution::Reverse = rules::resolve(&transfer, Step::Reverse, env.now())?
        && let TransferState::Posted {
            amount,
            period,
            vat_basis_points,
        } = transfer.state
    {
        let mut budget = state::require_budget(env, transfer.budget)?;
        let named = Named {
            issuer: caller,
            id,
            transfer: &transfer,
            served_at: None,
            was_reserved: false,
        };
        let line = Line {
            period,
            vat_basis_points,
        };
        let (returned, reversed_in) = correction::undo(env, named, &mut budget, amount, &line)?;
        transfer.state = TransferState::Reversed {
            amount,
            returned,
            period,
            reversed_in,
        };
        state::save_budget(env, transfer.budget, budget);
        state::save_transfer(env, caller, id, transfer);
    }
    match transfer.state {
        TransferState::Reversed {
            returned,
            reversed_in,
            ..
        } => Ok(Reversed {
            amount: returned,
            period: reversed_in,
        }),
        _ => Err(Refusal::new(Code::REVERSAL_EXCEEDS_POSTED)),
    }
}

/// Drops what is known of resolved transfers.
pub fn forget<E: Env>(env: &mut E, issuer: ContractId, ids: &[Hash]) -> Result<(), Refusal> {
    ensure(ids.len() <= FORGET_MAX, Code::OUT_OF_RANGE)?;
    for id in ids {
        let known = state::transfer(env, issuer, id)?;
        let is_pending = known.is_some_and(|known| known.state == TransferState::Pending);
        ensure(!is_pending, Code::TRANSFER_PENDING)?;
        state::delete_transfer(env, issuer, id);
    }
    Ok(())
}

fn require_transfer<E: Env>(env: &E, issuer: ContractId, id: &Hash) -> Result<Transfer, Refusal> {
    state::transfer(env, issuer, id)?.ok_or(Refusal::new(Code::TRANSFER_UNKNOWN))
}

fn posted_as(amount: Tiyn, line: &Line) -> TransferState {
    TransferState::Posted {
        amount,
        period: line.period,
        vat_basis_points: line.vat_basis_points,
    }
}

/// The answer of a posted transfer, which a reversal does not change.
fn posted(transfer: &Transfer) -> Result<Posted, Refusal> {
    match transfer.state {
        TransferState::Posted { amount, period, .. }
        | TransferState::Reversed { amount, period, .. } => Ok(Posted { amount, period }),
        _ => Err(Refusal::new(Code::TRANSFER_RESOLVED)),
    }
}

fn tell_released<E: Env>(
    env: &mut E,
    issuer: ContractId,
    id: &Hash,
    transfer: &Transfer,
    amount: Tiyn,
    release: Release,
) {
    let key = TransferKey {
        issuer: Issuer::Contract(issuer),
        id: *id,
    };
    let budget = transfer.budget;
    state::emit(
        env,
        &TreasuryEvent::Released {
            transfer: key,
            budget,
            amount,
            release,
        },
    );
}
