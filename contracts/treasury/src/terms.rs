//! What the settlement contract and providers do: what may be posted under a contract, how a claim is paid, and a
//! provider's own purse.
//!
//! At most one claim of a provider is negative under a programme: a line was taken off after its month had been paid, or in
//! a later one.
//! The next line of a later month takes that over ([`take_over`]), so that it is set off.

use crate::rules::{self, minus, plus};
use crate::{posting, state};
use senim_abi::civil::Month;
use senim_abi::treasury::msg::FORGET_MAX;
use senim_abi::treasury::record::{Claim, Outstanding, Terms};
use senim_abi::treasury::{
    Account, Issuer, PostingKind, ProgrammeId, SettlementKind, TransferKey, TreasuryEvent,
};
use senim_sdk::{Env, Refusal, ensure};
use senim_types::{Code, Hash, OrgId, TimeMs, Tiyn, TiynTotal};

/// Whose claims under which programme.
#[derive(Clone, Copy)]
pub struct Pair {
    pub programme: ProgrammeId,
    pub provider: OrgId,
}

impl Pair {
    pub const fn of(programme: ProgrammeId, provider: OrgId) -> Pair {
        Pair {
            programme,
            provider,
        }
    }

    pub fn claim(self, period: Month) -> Account {
        Account::Claim {
            provider: self.provider,
            programme: self.programme,
            period,
        }
    }

    pub fn require_claim<E: Env>(self, env: &E, period: Month) -> Result<Claim, Refusal> {
        let known = state::claim(env, self.provider, self.programme, period)?;
        known.ok_or(Refusal::new(Code::ACCOUNT_UNKNOWN))
    }
}

/// Sets what may be posted.
pub fn set<E: Env>(env: &mut E, payer: OrgId, pair: Pair, new: Terms) -> Result<(), Refusal> {
    let owner = state::owner_of(env, pair.programme)?.ok_or(Refusal::new(Code::ACCOUNT_UNKNOWN))?;
    ensure(owner.payer == payer, Code::NOT_AUTHORISED)?;
    rules::is_somebody(pair.provider)?;
    let before = state::terms(env, pair.programme, pair.provider)?;
    let same = before.filter(|known| known.agreement == new.agreement);
    let posted = same.map_or(TiynTotal(0), |known| known.posted);
    let counted_from = match same {
        Some(known) => known.counted_from,
        None => {
            let month = owner.offsets.month_of(env.now());
            let claim = state::claim(env, pair.provider, pair.programme, month)?;
            if claim.is_some_and(|claim| claim.lines > 0) {
                month.next()
            } else {
                month
            }
        }
    };
    let terms = Terms {
        posted,
        counted_from,
        ..new
    };
    state::save_terms(env, pair.programme, pair.provider, terms);
    let event = TreasuryEvent::TermsSet {
        programme: pair.programme,
        provider: pair.provider,
        agreement: terms.agreement,
        from: terms.from,
        until: terms.until,
        ceiling: terms.ceiling,
        vat_basis_points: terms.vat_basis_points,
        kind: terms.kind,
    };
    state::emit(env, &event);
    Ok(())
}

/// Whether the contract allows this much more besides what room is kept for, for what was served then. What is posted under
/// it with that.
pub fn allows(
    terms: &Terms,
    kept: TiynTotal,
    now: TimeMs,
    served_at: TimeMs,
    amount: Tiyn,
) -> Result<TiynTotal, Refusal> {
    ensure(terms.kind != SettlementKind::StockOnly, Code::STOCK_ONLY)?;
    let in_force = terms.in_force(now, served_at);
    ensure(in_force, Code::CONTRACT_NOT_IN_FORCE)?;
    let posted = plus(terms.posted, amount)?;
    ensure(
        posted.0.saturating_add(kept.0) <= u128::from(terms.ceiling.0),
        Code::CONTRACT_EXCEEDED,
    )?;
    Ok(posted)
}

/// Keeps room under the ceiling for what is reserved; a provider that has no contract yet may have one when it is posted.
pub fn keep<E: Env>(env: &mut E, pair: Pair, amount: Tiyn) -> Result<(), Refusal> {
    let before = state::outstanding(env, pair)?;
    if let Some(terms) = state::terms(env, pair.programme, pair.provider)? {
        let now = env.now();
        allows(&terms, before.reserved, now, now, amount)?;
    }
    let reserved = plus(before.reserved, amount)?;
    state::save_outstanding(env, pair, before, Outstanding { reserved, ..before });
    Ok(())
}

/// What was reserved is resolved.
pub fn keep_no_more<E: Env>(env: &mut E, pair: Pair, amount: Tiyn) -> Result<(), Refusal> {
    let before = state::outstanding(env, pair)?;
    let reserved = minus(before.reserved, amount)?;
    state::save_outstanding(env, pair, before, Outstanding { reserved, ..before });
    Ok(())
}

/// Gives back to the ceiling what was taken off a line that was posted in this month; one of an earlier contract was never
/// counted under this one.
pub fn uncount(terms: &mut Terms, posted_in: Month, amount: Tiyn) -> Result<(), Refusal> {
    if posted_in >= terms.counted_from {
        terms.posted = minus(terms.posted, amount)?;
    }
    Ok(())
}

/// Before a line of `period`, whose claim this is: takes over what an earlier month's claim is negative by.
pub fn take_over<E: Env>(
    env: &mut E,
    pair: Pair,
    outstanding: &mut Outstanding,
    key: TransferKey,
    period: Month,
    claim: &mut Claim,
) -> Result<(), Refusal> {
    let Some(month) = outstanding.debt.filter(|month| *month < period) else {
        return Ok(());
    };
    let mut earlier = pair.require_claim(env, month)?;
    let owed_back = earlier.excess();
    set_off(
        env,
        pair,
        key,
        owed_back,
        (period, claim),
        (month, &mut earlier),
    )?;
    state::save_claim(env, pair.provider, pair.programme, month, earlier);
    outstanding.debt = None;
    Ok(())
}

/// Makes good of what one claim is negative by out of another one. The caller saves both.
pub fn set_off<E: Env>(
    env: &mut E,
    pair: Pair,
    key: TransferKey,
    amount: TiynTotal,
    (from_month, from): (Month, &mut Claim),
    (to_month, to): (Month, &mut Claim),
) -> Result<(), Refusal> {
    let Some(amount) = whole(amount)? else {
        return Ok(());
    };
    from.set_off = plus(from.set_off, amount)?;
    to.made_good = plus(to.made_good, amount)?;
    let from = (pair.claim(from_month), from.debits());
    let to = (pair.claim(to_month), to.credits());
    posting::tell(env, PostingKind::SetOff, key, amount, from, to);
    Ok(())
}

/// After a line of `period`: pays at once where the contract says so, and notes a claim that is negative.
pub fn conclude<E: Env>(
    env: &mut E,
    pair: Pair,
    (terms, outstanding): (Option<&Terms>, &mut Outstanding),
    key: TransferKey,
    period: Month,
    claim: &mut Claim,
) -> Result<(), Refusal> {
    if terms.is_some_and(|terms| terms.kind == SettlementKind::TengeAtRedemption)
        && let Some(amount) = whole(claim.owed())?
    {
        to_purse(env, pair, key, period, claim, amount)?;
    }
    if claim.excess().0 > 0 {
        outstanding.debt = Some(period);
    } else if outstanding.debt == Some(period) {
        outstanding.debt = None;
    }
    Ok(())
}

/// An amount of a posting, if there is one.
fn whole(total: TiynTotal) -> Result<Option<Tiyn>, Refusal> {
    let amount = u64::try_from(total.0).map_err(|_| Refusal::new(Code::AMOUNT_OVERFLOW))?;
    Ok(Some(Tiyn(amount)).filter(|amount| *amount != Tiyn::ZERO))
}

/// Claim → purse. The caller saves the claim.
fn to_purse<E: Env>(
    env: &mut E,
    pair: Pair,
    key: TransferKey,
    period: Month,
    claim: &mut Claim,
    amount: Tiyn,
) -> Result<(), Refusal> {
    let mut purse = state::purse(env, pair.provider)?;
    claim.settled = plus(claim.settled, amount)?;
    purse.credits = plus(purse.credits, amount)?;
    let from = (pair.claim(period), claim.debits());
    let to = (Account::Purse(pair.provider), purse.credits);
    state::save_purse(env, pair.provider, purse);
    posting::tell(env, PostingKind::PayOut, key, amount, from, to);
    Ok(())
}

/// Pays a claim by the settlement contract's word.
pub fn pay_claim<E: Env>(
    env: &mut E,
    id: Hash,
    pair: Pair,
    period: Month,
    amount: Tiyn,
    to_purse_of_provider: bool,
) -> Result<(), Refusal> {
    rules::not_zero(amount)?;
    let mut claim = pair.require_claim(env, period)?;
    ensure(
        u128::from(amount.0) <= claim.owed().0,
        Code::BUDGET_EXHAUSTED,
    )?;
    if to_purse_of_provider {
        to_purse(env, pair, by_settlement(id), period, &mut claim, amount)?;
    } else {
        let owner = state::owner_of(env, pair.programme)?;
        let payer = owner.ok_or(Refusal::new(Code::ACCOUNT_UNKNOWN))?.payer;
        posting::settle(
            env,
            by_settlement(id),
            payer,
            pair.claim(period),
            &mut claim,
            amount,
        )?;
    }
    state::save_claim(env, pair.provider, pair.programme, period, claim);
    Ok(())
}

/// What a bank had paid of a claim came back: outside → claim.
pub fn give_back<E: Env>(
    env: &mut E,
    id: Hash,
    pair: Pair,
    period: Month,
    amount: Tiyn,
) -> Result<(), Refusal> {
    rules::not_zero(amount)?;
    let mut claim = pair.require_claim(env, period)?;
    let owner = state::owner_of(env, pair.programme)?;
    let payer = owner.ok_or(Refusal::new(Code::ACCOUNT_UNKNOWN))?.payer;
    claim.returned = plus(claim.returned, amount)?;
    ensure(
        claim.returned <= claim.settled,
        Code::RETURN_EXCEEDS_SETTLED,
    )?;
    let mut outside = state::outside(env, payer)?.unwrap_or_default();
    outside.debits = plus(outside.debits, amount)?;
    let from = (Account::Outside(payer), outside.debits);
    let to = (pair.claim(period), claim.credits());
    state::save_outside(env, payer, outside);
    state::save_claim(env, pair.provider, pair.programme, period, claim);
    posting::tell(
        env,
        PostingKind::Return,
        by_settlement(id),
        amount,
        from,
        to,
    );
    Ok(())
}

/// Drops a claim of which nothing is owed either way, once nothing is left that was taken off its lines. Whether that was all.
pub fn forget_claim<E: Env>(env: &mut E, pair: Pair, period: Month) -> Result<bool, Refusal> {
    let Some(claim) = state::claim(env, pair.provider, pair.programme, period)? else {
        return Ok(true);
    };
    let outstanding = state::outstanding(env, pair)?;
    let is_debt = outstanding.debt == Some(period);
    ensure(claim.is_even() && !is_debt, Code::CLAIM_OPEN)?;
    let all = state::delete_taken_off(env, pair, period, FORGET_MAX)?;
    if all {
        state::delete_claim(env, pair.provider, pair.programme, period);
    }
    Ok(all)
}

/// Purse → outside, by the provider itself.
pub fn leave<E: Env>(env: &mut E, id: Hash, provider: OrgId, amount: Tiyn) -> Result<(), Refusal> {
    rules::not_zero(amount)?;
    let mut purse = state::purse(env, provider)?;
    ensure(
        u128::from(amount.0) <= purse.balance().0,
        Code::BUDGET_EXHAUSTED,
    )?;
    let mut outside = state::outside(env, provider)?.unwrap_or_default();
    purse.debits = plus(purse.debits, amount)?;
    outside.credits = plus(outside.credits, amount)?;
    let key = TransferKey {
        issuer: Issuer::Organisation(provider),
        id,
    };
    let from = (Account::Purse(provider), purse.debits);
    let to = (Account::Outside(provider), outside.credits);
    state::save_purse(env, provider, purse);
    state::save_outside(env, provider, outside);
    posting::tell(env, PostingKind::Leave, key, amount, from, to);
    Ok(())
}

pub fn by_settlement(id: Hash) -> TransferKey {
    TransferKey {
        issuer: Issuer::Contract(senim_abi::SETTLEMENT),
        id,
    }
}
