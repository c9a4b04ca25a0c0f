//! Lines that a correcting act takes off a claim.
//!
//! A line is taken off once. What a correction took off is noted under the line's name as long as the act is kept, so that
//! its own reversal returns only what is left; a line that was reversed is not corrected.

use crate::rules::plus;
use crate::terms::{self, Pair, by_settlement};
use crate::{posting, state};
use senim_abi::civil::Month;
use senim_abi::treasury::msg::CORRECTIONS_MAX;
use senim_abi::treasury::record::{Claim, Terms};
use senim_abi::treasury::{
    Account, BudgetId, CorrectionLine, PostingKind, TakenOff, Transfer, TransferKey, TransferState,
};
use senim_sdk::{Env, Refusal, ensure};
use senim_types::{Code, ContractId, Hash, Tiyn};

/// What is taken off, and where its money goes.
pub struct Order<'a> {
    pub id: Hash,
    pub pair: Pair,
    pub period: Month,
    pub budget: BudgetId,
    pub lines: &'a [CorrectionLine],
    pub reference: Hash,
}

/// Returns lines of a claim to a budget line, by a correcting act.
pub fn correct<E: Env>(env: &mut E, order: &Order<'_>) -> Result<(), Refusal> {
    let (pair, period) = (order.pair, order.period);
    let counted = (1..=CORRECTIONS_MAX).contains(&order.lines.len());
    ensure(counted, Code::DISPUTED_LINE)?;
    let mut budget = state::require_budget(env, order.budget)?;
    ensure(budget.programme == pair.programme, Code::NOT_AUTHORISED)?;
    let mut claim = pair.require_claim(env, period)?;
    let mut amount = Tiyn::ZERO;
    for line in order.lines {
        take_off(env, pair, period, line)?;
        let sum = amount.checked_add(line.amount);
        amount = sum.ok_or(Refusal::new(Code::AMOUNT_OVERFLOW))?;
    }
    let taken_off = plus(claim.reversed, amount)?.0 + claim.corrected.0;
    ensure(taken_off <= claim.sum.0, Code::REVERSAL_EXCEEDS_POSTED)?;
    claim.corrected = plus(claim.corrected, amount)?;
    budget.credits = plus(budget.credits, amount)?;
    let key = by_settlement(order.id);
    let sides = posting::Sides {
        amount,
        from: (pair.claim(period), claim.debits()),
        to: (Account::Budget(order.budget), budget.credits),
    };
    state::save_budget(env, order.budget, budget);
    posting::tell_referring(env, PostingKind::Correct, key, sides, order.reference);
    if let Some(mut terms) = state::terms(env, pair.programme, pair.provider)? {
        terms::uncount(&mut terms, amount);
        owe_back(env, pair, &mut terms, key, (period, &mut claim))?;
        state::save_terms(env, pair.programme, pair.provider, terms);
    }
    state::save_claim(env, pair.provider, pair.programme, period, claim);
    Ok(())
}

/// Notes what is taken off a line, if it may be.
fn take_off<E: Env>(
    env: &mut E,
    pair: Pair,
    period: Month,
    line: &CorrectionLine,
) -> Result<(), Refusal> {
    let before = state::taken_off(env, line.issuer, &line.transfer)?;
    let is_new = before.is_none() && line.amount != Tiyn::ZERO;
    ensure(is_new, Code::DISPUTED_LINE)?;
    if let Some(transfer) = state::transfer(env, line.issuer, &line.transfer)? {
        let programme = state::require_budget(env, transfer.budget)?.programme;
        let is_theirs = programme == pair.programme && transfer.provider == pair.provider;
        ensure(is_theirs, Code::LINE_OF_ANOTHER_ACT)?;
        stands(&transfer, period, line)?;
    }
    let taken = TakenOff {
        amount: line.amount,
    };
    state::save_taken_off(env, line.issuer, &line.transfer, taken);
    Ok(())
}

/// The line stands in the month's claim as the correction says.
fn stands(transfer: &Transfer, period: Month, line: &CorrectionLine) -> Result<(), Refusal> {
    match transfer.state {
        TransferState::Posted {
            amount,
            period: of,
            vat_basis_points,
        } if of == period => {
            ensure(line.amount <= amount, Code::REVERSAL_EXCEEDS_POSTED)?;
            ensure(line.vat_basis_points == vat_basis_points, Code::LINE_RATE)
        }
        TransferState::Reversed { .. } => Err(Refusal::new(Code::LINE_REVERSED)),
        _ => Err(Refusal::new(Code::LINE_OF_ANOTHER_ACT)),
    }
}

/// What is left of a posted line after what a correction took off.
pub fn left_of<E: Env>(
    env: &E,
    issuer: ContractId,
    id: &Hash,
    posted: Tiyn,
) -> Result<Tiyn, Refusal> {
    let taken = state::taken_off(env, issuer, id)?.map_or(Tiyn::ZERO, |taken| taken.amount);
    let left = posted.checked_sub(taken);
    left.ok_or(Refusal::new(Code::CORRUPT_RECORD))
}

/// Drops that lines were corrected.
pub fn forget<E: Env>(env: &mut E, lines: &[(ContractId, Hash)]) -> Result<(), Refusal> {
    ensure(lines.len() <= CORRECTIONS_MAX, Code::OUT_OF_RANGE)?;
    for (issuer, id) in lines {
        state::delete_taken_off(env, *issuer, id);
    }
    Ok(())
}

/// A claim that a correction may have made negative: the debt lies in the later of two months.
fn owe_back<E: Env>(
    env: &mut E,
    pair: Pair,
    terms: &mut Terms,
    key: TransferKey,
    (period, claim): (Month, &mut Claim),
) -> Result<(), Refusal> {
    match terms.debt {
        Some(other) if other < period => terms::take_over(env, pair, terms, key, period, claim)?,
        Some(other) if other > period => {
            let mut later = pair.require_claim(env, other)?;
            terms::set_off(env, pair, key, (other, &mut later), (period, claim))?;
            state::save_claim(env, pair.provider, pair.programme, other, later);
            return Ok(());
        }
        _ => {}
    }
    if claim.excess().0 > 0 {
        terms.debt = Some(period);
    }
    Ok(())
}
