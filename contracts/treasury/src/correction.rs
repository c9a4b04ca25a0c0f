//! Lines that a correcting act takes off a claim.
//!
//! A line is taken off once. What a correction took off is noted at the line as long as the claim is kept, so that what is
//! taken off otherwise returns only what is left; a line that was taken off otherwise is not corrected.

use crate::posting::{self, Line, Named};
use crate::rules::{self, plus};
use crate::state;
use crate::terms::{self, Pair, by_settlement};
use alloc::collections::BTreeMap;
use senim_abi::civil::Month;
use senim_abi::key::Key;
use senim_abi::treasury::msg::CORRECTIONS_MAX;
use senim_abi::treasury::record::{Claim, Outstanding, taken_off_key};
use senim_abi::treasury::{
    Account, Budget, BudgetId, CorrectionLine, PostingKind, TakenOff, Transfer, TransferKey,
    TransferState, vat_share,
};
use senim_sdk::{Env, Refusal, ensure, refuse};
use senim_types::{Code, ContractId, Hash, Tiyn};

/// A line that was posted: where it stands, and what it is called.
#[derive(Clone, Copy)]
pub struct PostedLine<'a> {
    /// Whose claim.
    pub pair: Pair,
    /// Of which month.
    pub period: Month,
    /// Who posted it.
    pub issuer: ContractId,
    /// Under which id.
    pub id: &'a Hash,
}

impl PostedLine<'_> {
    /// Where what was taken off it is noted.
    pub fn key(&self) -> Key {
        let Pair {
            programme,
            provider,
        } = self.pair;
        taken_off_key(provider, programme, self.period, self.issuer, self.id)
    }
}

/// What is taken off.
pub struct Order<'a> {
    pub id: Hash,
    pub pair: Pair,
    pub period: Month,
    pub lines: &'a [CorrectionLine],
    pub reference: Hash,
}

/// Returns lines of a claim to the budget lines that paid them, by a correcting act.
pub fn correct<E: Env>(env: &mut E, order: &Order<'_>) -> Result<(), Refusal> {
    let (pair, period) = (order.pair, order.period);
    let counted = (1..=CORRECTIONS_MAX).contains(&order.lines.len());
    ensure(counted, Code::DISPUTED_LINE)?;
    let mut claim = pair.require_claim(env, period)?;
    let mut returned = BTreeMap::new();
    let mut amount = Tiyn::ZERO;
    for line in order.lines {
        let budget = state::require_budget(env, line.budget)?;
        ensure(budget.programme == pair.programme, Code::NOT_AUTHORISED)?;
        take_off(env, pair, period, line, &budget)?;
        amount = sum(amount, line.amount)?;
        let back = returned.entry(line.budget).or_insert(Tiyn::ZERO);
        *back = sum(*back, line.amount)?;
        let vat = vat_share(line.amount, line.vat_basis_points);
        claim.vat_corrected = plus(claim.vat_corrected, vat)?;
        posting::taken_off(&mut claim, line.amount, vat)?;
    }
    let stood = claim.off.sum.0 <= claim.sum.0;
    ensure(stood, Code::REVERSAL_EXCEEDS_POSTED)?;
    ensure(has_the_vat(&claim), Code::LINE_RATE)?;
    let key = by_settlement(order.id);
    for (budget, back) in returned {
        give_back(env, order, (budget, back), &mut claim)?;
    }
    if let Some(mut terms) = state::terms(env, pair.programme, pair.provider)? {
        terms::uncount(&mut terms, period, amount)?;
        state::save_terms(env, pair.programme, pair.provider, terms);
    }
    let before = state::outstanding(env, pair)?;
    let mut outstanding = before;
    owe_back(env, pair, &mut outstanding, key, (period, &mut claim))?;
    state::save_outstanding(env, pair, before, outstanding);
    state::save_claim(env, pair.provider, pair.programme, period, claim);
    Ok(())
}

fn sum(a: Tiyn, b: Tiyn) -> Result<Tiyn, Refusal> {
    a.checked_add(b).ok_or(Refusal::new(Code::AMOUNT_OVERFLOW))
}

/// No more VAT is taken off than the lines have. Each is rounded by itself, and one that is taken off in two parts twice: by
/// less than a tiyn.
fn has_the_vat(claim: &Claim) -> bool {
    claim.off.vat.0 <= claim.vat.0.saturating_add(claim.off.times.into())
}

/// Claim → one of the budget lines that paid it.
fn give_back<E: Env>(
    env: &mut E,
    order: &Order<'_>,
    (id, amount): (BudgetId, Tiyn),
    claim: &mut Claim,
) -> Result<(), Refusal> {
    let mut budget = state::require_budget(env, id)?;
    claim.corrected = plus(claim.corrected, amount)?;
    budget.credits = plus(budget.credits, amount)?;
    let sides = posting::Sides {
        amount,
        from: (order.pair.claim(order.period), claim.debits()),
        to: (Account::Budget(id), budget.credits),
    };
    state::save_budget(env, id, budget);
    let key = by_settlement(order.id);
    posting::tell_referring(env, PostingKind::Correct, key, sides, order.reference);
    Ok(())
}

/// Notes what is taken off a line, if it may be.
fn take_off<E: Env>(
    env: &mut E,
    pair: Pair,
    period: Month,
    line: &CorrectionLine,
    budget: &Budget,
) -> Result<(), Refusal> {
    let posted = PostedLine {
        pair,
        period,
        issuer: line.issuer,
        id: &line.transfer,
    };
    let before = state::taken_off(env, &posted)?;
    ensure(!before.is_some_and(|it| it.undone), Code::LINE_REVERSED)?;
    let is_new = before.is_none() && line.amount != Tiyn::ZERO;
    ensure(is_new, Code::DISPUTED_LINE)?;
    match state::transfer(env, line.issuer, &line.transfer)? {
        Some(transfer) => {
            let is_theirs = transfer.budget == line.budget && transfer.provider == pair.provider;
            ensure(is_theirs, Code::LINE_OF_ANOTHER_ACT)?;
            stands(&transfer, period, line)?;
        }
        None => {
            let named = rules::named_by(budget, line.issuer);
            ensure(named.is_ok(), Code::LINE_OF_ANOTHER_ACT)?;
        }
    }
    let taken = TakenOff {
        corrected: line.amount,
        undone: false,
    };
    state::save_taken_off(env, &posted, taken);
    Ok(())
}

/// The line stands in the month's claim as the correction says.
fn stands(transfer: &Transfer, period: Month, line: &CorrectionLine) -> Result<(), Refusal> {
    match transfer.state {
        TransferState::Posted {
            amount,
            period: of,
            vat_basis_points,
        } => {
            ensure(of == period, Code::LINE_OF_ANOTHER_ACT)?;
            ensure(line.amount <= amount, Code::REVERSAL_EXCEEDS_POSTED)?;
            ensure(line.vat_basis_points == vat_basis_points, Code::LINE_RATE)
        }
        TransferState::Reversed { .. } => refuse(Code::LINE_REVERSED),
        TransferState::Pending | TransferState::Voided | TransferState::Expired => {
            refuse(Code::LINE_OF_ANOTHER_ACT)
        }
    }
}

/// Takes off a line all that is left of it, once, in its issuer's name. Answers how much, and in which month.
///
/// Of a line that no transfer is known of, nothing but the claim's sum holds what a provider says in a correction: it may
/// have taken off more than the line had, and so a part of another. That part is back in a budget line, and is not taken off
/// again.
pub fn undo<E: Env>(
    env: &mut E,
    named: Named<'_>,
    budget: &mut Budget,
    posted: Tiyn,
    line: &Line,
) -> Result<(Tiyn, Month), Refusal> {
    let pair = Pair::of(budget.programme, named.transfer.provider);
    let standing = PostedLine {
        pair,
        period: line.period,
        issuer: named.issuer,
        id: named.id,
    };
    let taken = state::taken_off(env, &standing)?;
    ensure(!taken.is_some_and(|it| it.undone), Code::LINE_REVERSED)?;
    let corrected = taken.map_or(Tiyn::ZERO, |taken| taken.corrected);
    let claim = state::claim(env, pair.provider, pair.programme, line.period)?;
    let stands = claim.map_or(0, |claim| claim.stands().0);
    let stands = u64::try_from(stands).unwrap_or(u64::MAX);
    let left = Tiyn(posted.0.saturating_sub(corrected.0).min(stands));
    let taken = TakenOff {
        corrected,
        undone: true,
    };
    let mut period = budget.offsets.month_of(env.now());
    if left != Tiyn::ZERO {
        period = posting::from_claim(env, named, budget, left, line)?;
        // That month's act has a line of this name, too.
        let taking_off = PostedLine { period, ..standing };
        state::save_taken_off(env, &taking_off, taken);
    }
    state::save_taken_off(env, &standing, taken);
    Ok((left, period))
}

/// A claim that a correction may have made negative: the debt lies in the later of two months.
fn owe_back<E: Env>(
    env: &mut E,
    pair: Pair,
    outstanding: &mut Outstanding,
    key: TransferKey,
    (period, claim): (Month, &mut Claim),
) -> Result<(), Refusal> {
    match outstanding.debt {
        Some(other) if other < period => {
            terms::take_over(env, pair, outstanding, key, period, claim)?;
        }
        Some(other) if other > period => {
            let mut later = pair.require_claim(env, other)?;
            let owed_back = claim.excess();
            terms::set_off(
                env,
                pair,
                key,
                owed_back,
                (other, &mut later),
                (period, claim),
            )?;
            state::save_claim(env, pair.provider, pair.programme, other, later);
            return Ok(());
        }
        _ => {}
    }
    if claim.excess().0 > 0 {
        outstanding.debt = Some(period);
    }
    Ok(())
}
