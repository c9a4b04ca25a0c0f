//! The movements of money. Each debits one account and credits another by the same amount, and tells both sides.
//!
//! A movement changes the budget line that it is given and saves all else; the caller saves the line, once.

use crate::rules::{minus, plus};
use crate::state;
use crate::terms::{self, Pair};
use senim_abi::civil::Month;
use senim_abi::treasury::{
    Account, Budget, BudgetId, Claim, ClaimLine, Issuer, Outside, Posting, PostingKind, Side,
    Transfer, TransferKey, TreasuryEvent, vat_share,
};
use senim_sdk::{Env, Refusal};
use senim_types::{Code, ContractId, Hash, OrgId, TimeMs, Tiyn, TiynTotal};

/// Which transfer a movement belongs to.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    pub issuer: ContractId,
    pub id: &'a Hash,
    pub transfer: &'a Transfer,
    /// When what is paid was served; none: now.
    pub served_at: Option<TimeMs>,
    /// Whether room was kept for it under the ceiling of the provider's contract.
    pub was_reserved: bool,
}

impl Named<'_> {
    pub fn key(&self) -> TransferKey {
        TransferKey {
            issuer: Issuer::Contract(self.issuer),
            id: *self.id,
        }
    }
}

/// Where a line went.
pub struct Line {
    /// The claim's month.
    pub period: Month,
    /// The rate of the VAT in it.
    pub vat_basis_points: u16,
}

/// Budget → claim of the month of now, within what the provider's contract allows, and on to its purse if the contract pays
/// at redemption.
pub fn to_claim<E: Env>(
    env: &mut E,
    kind: PostingKind,
    named: Named<'_>,
    budget: &mut Budget,
    amount: Tiyn,
) -> Result<Line, Refusal> {
    let (transfer, now) = (named.transfer, env.now());
    let period = budget.offsets.month_of(now);
    let pair = pair_of(budget, transfer);
    let mut claim = claim_of(env, transfer.provider, budget, period)?;
    let mut terms = state::terms(env, pair.programme, pair.provider)?;
    let before = state::outstanding(env, pair)?;
    let mut outstanding = before;
    if let Some(terms) = &mut terms {
        let kept = if named.was_reserved {
            TiynTotal(0)
        } else {
            outstanding.reserved
        };
        let served_at = named.served_at.unwrap_or(now);
        terms.posted = terms::allows(terms, kept, now, served_at, amount)?;
    }
    terms::take_over(env, pair, &mut outstanding, named.key(), period, &mut claim)?;
    let vat_basis_points = terms.map_or(0, |terms| terms.vat_basis_points);
    budget.debits = plus(budget.debits, amount)?;
    claim.sum = plus(claim.sum, amount)?;
    claim.vat = plus(claim.vat, vat_share(amount, vat_basis_points))?;
    claim.lines = claim
        .lines
        .checked_add(1)
        .ok_or(Refusal::new(Code::AMOUNT_OVERFLOW))?;
    let debit = Side {
        account: Account::Budget(transfer.budget),
        amount,
        total: budget.debits,
    };
    let credit = Side {
        account: pair.claim(period),
        amount,
        total: claim.credits(),
    };
    append_line(
        env,
        kind,
        named,
        &mut claim,
        (debit, credit),
        vat_basis_points,
    );
    let between = (terms.as_ref(), &mut outstanding);
    terms::conclude(env, pair, between, named.key(), period, &mut claim)?;
    state::save_outstanding(env, pair, before, outstanding);
    if let Some(terms) = terms {
        state::save_terms(env, pair.programme, pair.provider, terms);
    }
    state::save_claim(env, transfer.provider, budget.programme, period, claim);
    Ok(Line {
        period,
        vat_basis_points,
    })
}

/// Takes `amount` off a line: claim of the month of now → budget. Answers that month.
///
/// An act is cut when its month ends. So within the month of posting the line is taken off where it stands; later it is
/// a line of the month of now, in that month's act, and is set off against the next line. Of a provider without a contract
/// no act is made: its line is taken off where it stands, unless that was paid.
pub fn from_claim<E: Env>(
    env: &mut E,
    named: Named<'_>,
    budget: &mut Budget,
    amount: Tiyn,
    line: &Line,
) -> Result<Month, Refusal> {
    let transfer = named.transfer;
    let pair = pair_of(budget, transfer);
    let mut terms = state::terms(env, pair.programme, pair.provider)?;
    let before = state::outstanding(env, pair)?;
    let mut outstanding = before;
    let now = budget.offsets.month_of(env.now());
    let period = match terms {
        None if claim_of(env, transfer.provider, budget, line.period)?.owes(amount) => line.period,
        _ => now,
    };
    let mut claim = claim_of(env, transfer.provider, budget, period)?;
    if let Some(terms) = &mut terms {
        terms::uncount(terms, line.period, amount)?;
    }
    terms::take_over(env, pair, &mut outstanding, named.key(), period, &mut claim)?;
    let vat = vat_share(amount, line.vat_basis_points);
    if line.period == period {
        taken_off(&mut claim, amount, vat)?;
    }
    budget.credits = plus(budget.credits, amount)?;
    claim.reversed = plus(claim.reversed, amount)?;
    claim.vat_reversed = plus(claim.vat_reversed, vat)?;
    let lines = claim.reversed_lines.checked_add(1);
    claim.reversed_lines = lines.ok_or(Refusal::new(Code::AMOUNT_OVERFLOW))?;
    let debit = Side {
        account: pair.claim(period),
        amount,
        total: claim.debits(),
    };
    let credit = Side {
        account: Account::Budget(transfer.budget),
        amount,
        total: budget.credits,
    };
    let sides = (debit, credit);
    append_line(
        env,
        PostingKind::Reverse,
        named,
        &mut claim,
        sides,
        line.vat_basis_points,
    );
    if line.period != period
        && let Some(mut own) = state::claim(env, pair.provider, pair.programme, line.period)?
    {
        taken_off(&mut own, amount, vat)?;
        if terms.is_none() {
            // Of a month that was paid in part, what is not paid yet makes it good first. An act would be paid whole.
            let at_most = own.owed().min(claim.excess());
            let (from, to) = ((line.period, &mut own), (period, &mut claim));
            terms::set_off(env, pair, named.key(), at_most, from, to)?;
        }
        state::save_claim(env, pair.provider, pair.programme, line.period, own);
    }
    let between = (terms.as_ref(), &mut outstanding);
    terms::conclude(env, pair, between, named.key(), period, &mut claim)?;
    state::save_outstanding(env, pair, before, outstanding);
    if let Some(terms) = terms {
        state::save_terms(env, pair.programme, pair.provider, terms);
    }
    state::save_claim(env, transfer.provider, budget.programme, period, claim);
    Ok(period)
}

/// Notes that a line of this claim was taken off, or a part of it.
pub fn taken_off(claim: &mut Claim, amount: Tiyn, vat: Tiyn) -> Result<(), Refusal> {
    let off = &mut claim.off;
    off.sum = plus(off.sum, amount)?;
    off.vat = plus(off.vat, vat)?;
    let times = off.times.checked_add(1);
    off.times = times.ok_or(Refusal::new(Code::AMOUNT_OVERFLOW))?;
    Ok(())
}

/// Outside → budget.
pub fn allot<E: Env>(
    env: &mut E,
    id: Hash,
    budget_id: BudgetId,
    budget: &mut Budget,
    amount: Tiyn,
) -> Result<(), Refusal> {
    let mut outside = outside_of(env, budget.payer)?;
    outside.debits = plus(outside.debits, amount)?;
    budget.credits = plus(budget.credits, amount)?;
    let debit = Side {
        account: Account::Outside(budget.payer),
        amount,
        total: outside.debits,
    };
    let credit = Side {
        account: Account::Budget(budget_id),
        amount,
        total: budget.credits,
    };
    state::save_outside(env, budget.payer, outside);
    tell_operation(env, PostingKind::Allot, budget.payer, id, debit, credit);
    Ok(())
}

/// Budget → outside.
pub fn withdraw<E: Env>(
    env: &mut E,
    id: Hash,
    budget_id: BudgetId,
    budget: &mut Budget,
    amount: Tiyn,
) -> Result<(), Refusal> {
    let mut outside = outside_of(env, budget.payer)?;
    outside.credits = plus(outside.credits, amount)?;
    budget.debits = plus(budget.debits, amount)?;
    let debit = Side {
        account: Account::Budget(budget_id),
        amount,
        total: budget.debits,
    };
    let credit = Side {
        account: Account::Outside(budget.payer),
        amount,
        total: outside.credits,
    };
    state::save_outside(env, budget.payer, outside);
    tell_operation(env, PostingKind::Withdraw, budget.payer, id, debit, credit);
    Ok(())
}

/// Claim → outside: `account` is that of `claim`, which the caller saves.
pub fn settle<E: Env>(
    env: &mut E,
    key: TransferKey,
    payer: OrgId,
    account: Account,
    claim: &mut Claim,
    amount: Tiyn,
) -> Result<(), Refusal> {
    let mut outside = outside_of(env, payer)?;
    outside.credits = plus(outside.credits, amount)?;
    claim.settled = plus(claim.settled, amount)?;
    let from = (account, claim.debits());
    let to = (Account::Outside(payer), outside.credits);
    state::save_outside(env, payer, outside);
    tell(env, PostingKind::Settle, key, amount, from, to);
    Ok(())
}

/// Adds a reservation to what the line has promised. No movement: nothing is told here.
pub fn promise(budget: &mut Budget, amount: Tiyn) -> Result<(), Refusal> {
    budget.pending = plus(budget.pending, amount)?;
    Ok(())
}

/// Takes a reservation off what the line has promised.
pub fn release(budget: &mut Budget, amount: Tiyn) -> Result<(), Refusal> {
    budget.pending = minus(budget.pending, amount)?;
    Ok(())
}

fn pair_of(budget: &Budget, transfer: &Transfer) -> Pair {
    Pair {
        programme: budget.programme,
        provider: transfer.provider,
    }
}

fn claim_of<E: Env>(
    env: &E,
    provider: OrgId,
    budget: &Budget,
    period: Month,
) -> Result<Claim, Refusal> {
    Ok(state::claim(env, provider, budget.programme, period)?.unwrap_or_default())
}

fn outside_of<E: Env>(env: &E, payer: OrgId) -> Result<Outside, Refusal> {
    Ok(state::outside(env, payer)?.unwrap_or_default())
}

/// Tells the posting of a claim's line, and appends the line to the claim's chain.
fn append_line<E: Env>(
    env: &mut E,
    kind: PostingKind,
    named: Named<'_>,
    claim: &mut Claim,
    (debit, credit): (Side, Side),
    vat_basis_points: u16,
) {
    let (transfer, reference, at) = (named.key(), named.transfer.reference, env.now());
    let line = ClaimLine {
        kind,
        transfer,
        reference,
        amount: debit.amount,
        vat_basis_points,
        at,
    };
    claim.chain = env.hash(&line.link(&claim.chain));
    let posting = Posting {
        kind,
        transfer,
        debit,
        credit,
        reference,
        vat_basis_points,
        chain: claim.chain,
        at,
    };
    state::emit(env, &TreasuryEvent::Posting(posting));
}

/// Tells the posting of a payer's operation.
fn tell_operation<E: Env>(
    env: &mut E,
    kind: PostingKind,
    payer: OrgId,
    id: Hash,
    debit: Side,
    credit: Side,
) {
    let key = TransferKey {
        issuer: Issuer::Organisation(payer),
        id,
    };
    let (from, to) = ((debit.account, debit.total), (credit.account, credit.total));
    tell(env, kind, key, debit.amount, from, to);
}

/// The two accounts of a movement, each with its total afterwards.
pub struct Sides {
    pub amount: Tiyn,
    pub from: (Account, TiynTotal),
    pub to: (Account, TiynTotal),
}

/// Tells a posting that is no line of a claim.
pub fn tell<E: Env>(
    env: &mut E,
    kind: PostingKind,
    key: TransferKey,
    amount: Tiyn,
    from: (Account, TiynTotal),
    to: (Account, TiynTotal),
) {
    tell_referring(env, kind, key, Sides { amount, from, to }, Hash::ZERO);
}

/// The same, joined to something.
pub fn tell_referring<E: Env>(
    env: &mut E,
    kind: PostingKind,
    transfer: TransferKey,
    sides: Sides,
    reference: Hash,
) {
    let side = |(account, total)| Side {
        account,
        amount: sides.amount,
        total,
    };
    let (debit, credit) = (side(sides.from), side(sides.to));
    let (chain, at) = (Hash::ZERO, env.now());
    let posting = Posting {
        kind,
        transfer,
        debit,
        credit,
        reference,
        vat_basis_points: 0,
        chain,
        at,
    };
    state::emit(env, &TreasuryEvent::Posting(posting));
}
