//! The movements of money. Each debits one account and credits another by the same amount, and tells both sides.
//!
//! A movement changes the budget line that it is given and saves all else; the caller saves the line, once.

use crate::rules::{minus, plus};
use crate::state;
use senim_abi::civil::Month;
use senim_abi::treasury::{
    Account, Budget, BudgetId, Claim, ClaimLine, Issuer, Outside, Posting, PostingKind, Side,
    Transfer, TransferKey, TreasuryEvent,
};
use senim_sdk::{Env, Refusal};
use senim_types::{Code, ContractId, Hash, OrgId, Tiyn};

/// Which transfer a movement belongs to.
#[derive(Clone, Copy)]
pub struct Named<'a> {
    pub issuer: ContractId,
    pub id: &'a Hash,
    pub transfer: &'a Transfer,
}

impl Named<'_> {
    pub fn key(&self) -> TransferKey {
        TransferKey {
            issuer: Issuer::Contract(self.issuer),
            id: *self.id,
        }
    }
}

/// Budget → claim of the month of now.
pub fn to_claim<E: Env>(
    env: &mut E,
    kind: PostingKind,
    named: Named<'_>,
    budget: &mut Budget,
    amount: Tiyn,
) -> Result<Month, Refusal> {
    let transfer = named.transfer;
    let period = budget.offsets.month_of(env.now());
    let mut claim = claim_of(env, transfer.provider, budget, period)?;
    budget.debits = plus(budget.debits, amount)?;
    claim.sum = plus(claim.sum, amount)?;
    claim.lines = claim
        .lines
        .checked_add(1)
        .ok_or(Refusal::new(Code::AMOUNT_OVERFLOW))?;
    let debit = Side {
        account: Account::Budget(transfer.budget),
        amount,
        total: budget.debits,
    };
    let account = claim_account(transfer.provider, budget, period);
    let credit = Side {
        account,
        amount,
        total: claim.sum,
    };
    append_line(env, kind, named, &mut claim, debit, credit);
    state::save_claim(env, transfer.provider, budget.programme, period, claim);
    Ok(period)
}

/// Claim of `period` → budget.
pub fn from_claim<E: Env>(
    env: &mut E,
    named: Named<'_>,
    budget: &mut Budget,
    amount: Tiyn,
    period: Month,
) -> Result<(), Refusal> {
    let transfer = named.transfer;
    let mut claim = claim_of(env, transfer.provider, budget, period)?;
    budget.credits = plus(budget.credits, amount)?;
    claim.reversed = plus(claim.reversed, amount)?;
    let lines = claim.reversed_lines.checked_add(1);
    claim.reversed_lines = lines.ok_or(Refusal::new(Code::AMOUNT_OVERFLOW))?;
    let account = claim_account(transfer.provider, budget, period);
    let debit = Side {
        account,
        amount,
        total: claim.debits(),
    };
    let credit = Side {
        account: Account::Budget(transfer.budget),
        amount,
        total: budget.credits,
    };
    append_line(env, PostingKind::Reverse, named, &mut claim, debit, credit);
    state::save_claim(env, transfer.provider, budget.programme, period, claim);
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
    id: Hash,
    payer: OrgId,
    account: Account,
    claim: &mut Claim,
    amount: Tiyn,
) -> Result<(), Refusal> {
    let mut outside = outside_of(env, payer)?;
    outside.credits = plus(outside.credits, amount)?;
    claim.settled = plus(claim.settled, amount)?;
    let debit = Side {
        account,
        amount,
        total: claim.debits(),
    };
    let credit = Side {
        account: Account::Outside(payer),
        amount,
        total: outside.credits,
    };
    state::save_outside(env, payer, outside);
    tell_operation(env, PostingKind::Settle, payer, id, debit, credit);
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

fn claim_account(provider: OrgId, budget: &Budget, period: Month) -> Account {
    Account::Claim {
        provider,
        programme: budget.programme,
        period,
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
    debit: Side,
    credit: Side,
) {
    let (transfer, reference, at) = (named.key(), named.transfer.reference, env.now());
    let line = ClaimLine {
        kind,
        transfer,
        reference,
        amount: debit.amount,
        at,
    };
    claim.chain = env.hash(&line.link(&claim.chain));
    let posting = Posting {
        kind,
        transfer,
        debit,
        credit,
        reference,
        chain: claim.chain,
        at,
    };
    state::emit(env, &TreasuryEvent::Posting(posting));
}

/// Tells the posting of a payer's operation, which is no line of a claim.
fn tell_operation<E: Env>(
    env: &mut E,
    kind: PostingKind,
    payer: OrgId,
    id: Hash,
    debit: Side,
    credit: Side,
) {
    let transfer = TransferKey {
        issuer: Issuer::Organisation(payer),
        id,
    };
    let (reference, chain, at) = (Hash::ZERO, Hash::ZERO, env.now());
    let posting = Posting {
        kind,
        transfer,
        debit,
        credit,
        reference,
        chain,
        at,
    };
    state::emit(env, &TreasuryEvent::Posting(posting));
}
