//! Who is entered how, and the payer's messages.

use crate::posting::Line;
use crate::rules::{self, Authority, Step};
use crate::terms::{self, Pair};
use crate::transfer::{self, Order};
use crate::{correction, lock, posting, state};
use alloc::vec::Vec;
use senim_abi::civil::{Month, UtcOffsets};
use senim_abi::treasury::record::{Operation, ProgrammeOwner, Terms};
use senim_abi::treasury::{
    Budget, BudgetId, BudgetStanding, DueEntry, Execute, Forgotten, Genesis, Issuer, ProgrammeId,
    Query, TransferKey, TreasuryEvent,
};
use senim_sdk::{Caller, Entry, Env, Outcome, Refusal, codec, ensure, refuse};
use senim_types::{Code, ContractId, Hash, OrgId, Tiyn, TiynTotal};

/// The contract. Messages, questions, answers and codes are documented in `senim_abi::treasury::msg`.
pub fn run<E: Env>(env: &mut E, entry: Entry, input: &[u8]) -> Outcome {
    match entry {
        Entry::Execute => {
            let message = codec::decode(input)?;
            let context = env.context();
            if let Execute::Leave { id, amount } = message {
                // A provider's own money: no line, no payer, no contract between.
                ensure(context.caller == Caller::Device, Code::NOT_AUTHORISED)?;
                return once(env, context.org, id, &message, |env| {
                    terms::leave(env, id, context.org, amount)
                });
            }
            let authority = rules::authority_of(&context)?;
            execute(env, &authority, message)
        }
        Entry::Query => query(env, codec::decode(input)?),
        Entry::Genesis => {
            let Genesis(messages) = codec::decode(input)?;
            for message in messages {
                execute(env, &Authority::Ledger, message)?;
            }
            Ok(Vec::new())
        }
        Entry::Due => {
            let DueEntry::Expire { issuer, id } = codec::decode(input)?;
            transfer::release(env, issuer, &id, Step::Lapse)?;
            Ok(Vec::new())
        }
        // The first version: there is nothing to migrate from.
        Entry::Migrate => Err(Refusal::new(Code::BAD_ENTRY)),
    }
}

fn execute<E: Env>(env: &mut E, authority: &Authority, message: Execute) -> Outcome {
    match message {
        Execute::OpenBudget {
            budget,
            payer,
            programme,
            callers,
            offsets,
        } => {
            rules::acts_for(authority, payer)?;
            open_budget(env, budget, payer, programme, callers, offsets)?;
            Ok(Vec::new())
        }
        Execute::SetBudgetCallers { budget, callers } => {
            set_budget_callers(env, authority, budget, callers)?;
            Ok(Vec::new())
        }
        Execute::SetBudgetStanding { budget, standing } => {
            set_budget_standing(env, authority, budget, standing)?;
            Ok(Vec::new())
        }
        Execute::Allot { id, budget, amount } => {
            let record = own_budget(env, authority, budget)?;
            once(env, record.payer, id, &message, |env| {
                allot(env, id, budget, record, amount)
            })
        }
        Execute::Withdraw { id, budget, amount } => {
            let record = own_budget(env, authority, budget)?;
            once(env, record.payer, id, &message, |env| {
                withdraw(env, id, budget, record, amount)
            })
        }
        Execute::Settle {
            id,
            provider,
            programme,
            period,
            amount,
        } => {
            let owner = state::owner_of(env, programme)?;
            let payer = owner.ok_or(Refusal::new(Code::ACCOUNT_UNKNOWN))?.payer;
            rules::acts_for(authority, payer)?;
            let pair = Pair::of(programme, provider);
            once(env, payer, id, &message, |env| {
                settle(env, id, payer, pair, period, amount)
            })
        }
        Execute::Pay {
            id,
            budget,
            provider,
            amount,
            reference,
        } => {
            let caller = rules::contract_only(authority)?;
            let order = Order {
                id,
                budget,
                provider,
                amount,
                reference,
                expires_at: None,
            };
            transfer::pay(env, caller, &order).map(|answer| codec::encode(&answer))
        }
        Execute::Reserve {
            id,
            budget,
            provider,
            amount,
            reference,
            expires_at,
        } => {
            let caller = rules::contract_only(authority)?;
            let lapses = Some(expires_at);
            let order = Order {
                id,
                budget,
                provider,
                amount,
                reference,
                expires_at: lapses,
            };
            let answer = transfer::reserve(env, caller, &order, expires_at)?;
            Ok(codec::encode(&answer))
        }
        Execute::Forget { ids } => {
            let caller = rules::contract_only(authority)?;
            transfer::forget(env, caller, &ids)?;
            Ok(Vec::new())
        }
        Execute::Post {
            id,
            amount,
            served_at,
        } => {
            let caller = rules::contract_only(authority)?;
            let answer = transfer::post(env, caller, &id, amount, served_at)?;
            Ok(codec::encode(&answer))
        }
        Execute::Void { id } => {
            let caller = rules::contract_only(authority)?;
            transfer::release(env, caller, &id, Step::Void)?;
            Ok(Vec::new())
        }
        Execute::Reverse { id } => {
            let caller = rules::contract_only(authority)?;
            transfer::reverse(env, caller, &id).map(|answer| codec::encode(&answer))
        }
        Execute::Lock { budget, amount } => {
            let caller = rules::contract_only(authority)?;
            lock::lock(env, caller, budget, amount)?;
            Ok(Vec::new())
        }
        Execute::Unlock { budget, amount } => {
            let caller = rules::contract_only(authority)?;
            lock::unlock(env, caller, budget, amount)?;
            Ok(Vec::new())
        }
        Execute::Spend {
            id,
            budget,
            provider,
            amount,
            reference,
            served_at,
        } => {
            let caller = rules::contract_only(authority)?;
            let order = Order {
                id,
                budget,
                provider,
                amount,
                reference,
                expires_at: None,
            };
            let spent = lock::spend(env, caller, &order, served_at)?;
            Ok(codec::encode(&spent))
        }
        Execute::Unspend {
            id,
            budget,
            provider,
            amount,
            reference,
            period,
            vat_basis_points,
        } => {
            let caller = rules::contract_only(authority)?;
            let order = Order {
                id,
                budget,
                provider,
                amount,
                reference,
                expires_at: None,
            };
            let line = Line {
                period,
                vat_basis_points,
            };
            lock::unspend(env, caller, &order, &line)?;
            Ok(Vec::new())
        }
        Execute::SetTerms {
            payer,
            programme,
            provider,
            agreement,
            from,
            until,
            ceiling,
            vat_basis_points,
            kind,
        } => {
            rules::settlement_only(authority)?;
            let pair = Pair::of(programme, provider);
            let new = Terms {
                agreement,
                from,
                until,
                ceiling,
                vat_basis_points,
                kind,
                posted: TiynTotal(0),
                counted_from: Month(0),
            };
            terms::set(env, payer, pair, new)?;
            Ok(Vec::new())
        }
        Execute::PayClaim {
            id,
            provider,
            programme,
            period,
            amount,
            to_purse,
        } => {
            rules::settlement_only(authority)?;
            let pair = Pair::of(programme, provider);
            terms::pay_claim(env, id, pair, period, amount, to_purse)?;
            Ok(Vec::new())
        }
        Execute::Correct {
            id,
            provider,
            programme,
            period,
            lines,
            reference,
        } => {
            rules::settlement_only(authority)?;
            let order = correction::Order {
                id,
                pair: Pair::of(programme, provider),
                period,
                lines: &lines,
                reference,
            };
            correction::correct(env, &order)?;
            Ok(Vec::new())
        }
        Execute::Return {
            id,
            provider,
            programme,
            period,
            amount,
        } => {
            rules::settlement_only(authority)?;
            let pair = Pair::of(programme, provider);
            terms::give_back(env, id, pair, period, amount)?;
            Ok(Vec::new())
        }
        Execute::ForgetClaim {
            provider,
            programme,
            period,
        } => {
            rules::settlement_only(authority)?;
            let pair = Pair::of(programme, provider);
            let all = terms::forget_claim(env, pair, period)?;
            Ok(codec::encode(&Forgotten { all }))
        }
        // Of providers' devices: entered before authority over lines is asked for.
        Execute::Leave { .. } => refuse(Code::NOT_AUTHORISED).map(|()| Vec::new()),
    }
}

/// A line, if the message may command it.
fn own_budget<E: Env>(env: &E, authority: &Authority, budget: BudgetId) -> Result<Budget, Refusal> {
    let record = state::require_budget(env, budget)?;
    rules::acts_for(authority, record.payer)?;
    Ok(record)
}

/// Carries a payer's operation out once: the same message again is a success that changes nothing.
fn once<E: Env>(
    env: &mut E,
    payer: OrgId,
    id: Hash,
    message: &Execute,
    operation: impl FnOnce(&mut E) -> Result<(), Refusal>,
) -> Outcome {
    let message = env.hash(&codec::encode(message));
    match state::operation(env, payer, &id)? {
        Some(known) => ensure(known.message == message, Code::TRANSFER_EXISTS)?,
        None => {
            operation(env)?;
            state::save_operation(env, payer, &id, Operation { message });
        }
    }
    Ok(Vec::new())
}

fn open_budget<E: Env>(
    env: &mut E,
    budget: BudgetId,
    payer: OrgId,
    programme: ProgrammeId,
    callers: Vec<ContractId>,
    offsets: UtcOffsets,
) -> Result<(), Refusal> {
    rules::is_somebody(payer)?;
    rules::callers_in_range(&callers)?;
    ensure(offsets.is_valid(), Code::OUT_OF_RANGE)?;
    if let Some(known) = state::budget(env, budget)? {
        let same = known.payer == payer
            && known.programme == programme
            && known.callers == callers
            && known.offsets == offsets;
        return ensure(same, Code::BUDGET_EXISTS);
    }
    match state::owner_of(env, programme)? {
        Some(owner) => {
            ensure(owner.payer == payer, Code::NOT_AUTHORISED)?;
            // One instant ends a month of all the programme's claims.
            ensure(owner.offsets == offsets, Code::OUT_OF_RANGE)?;
        }
        None => {
            let owner = ProgrammeOwner {
                payer,
                offsets: offsets.clone(),
            };
            state::save_owner(env, programme, owner);
        }
    }
    let record = Budget {
        payer,
        programme,
        standing: BudgetStanding::Open,
        callers: callers.clone(),
        offsets: offsets.clone(),
        debits: TiynTotal(0),
        credits: TiynTotal(0),
        pending: TiynTotal(0),
    };
    state::save_budget(env, budget, record);
    let event = TreasuryEvent::BudgetOpened {
        budget,
        payer,
        programme,
        callers,
        offsets,
    };
    state::emit(env, &event);
    Ok(())
}

fn set_budget_callers<E: Env>(
    env: &mut E,
    authority: &Authority,
    budget: BudgetId,
    callers: Vec<ContractId>,
) -> Result<(), Refusal> {
    let mut record = own_budget(env, authority, budget)?;
    rules::callers_in_range(&callers)?;
    if record.callers != callers {
        record.callers.clone_from(&callers);
        state::save_budget(env, budget, record);
        state::emit(env, &TreasuryEvent::BudgetCallersSet { budget, callers });
    }
    Ok(())
}

fn set_budget_standing<E: Env>(
    env: &mut E,
    authority: &Authority,
    budget: BudgetId,
    standing: BudgetStanding,
) -> Result<(), Refusal> {
    let mut record = own_budget(env, authority, budget)?;
    if rules::change_of_standing(&record, standing)? {
        record.standing = standing;
        state::save_budget(env, budget, record);
        state::emit(env, &TreasuryEvent::BudgetStandingSet { budget, standing });
    }
    Ok(())
}

fn allot<E: Env>(
    env: &mut E,
    id: Hash,
    budget: BudgetId,
    mut record: Budget,
    amount: Tiyn,
) -> Result<(), Refusal> {
    rules::not_zero(amount)?;
    ensure(record.standing != BudgetStanding::Closed, Code::WRONG_STATE)?;
    posting::allot(env, id, budget, &mut record, amount)?;
    state::save_budget(env, budget, record);
    Ok(())
}

fn withdraw<E: Env>(
    env: &mut E,
    id: Hash,
    budget: BudgetId,
    mut record: Budget,
    amount: Tiyn,
) -> Result<(), Refusal> {
    rules::not_zero(amount)?;
    rules::covers(&record, amount)?;
    posting::withdraw(env, id, budget, &mut record, amount)?;
    state::save_budget(env, budget, record);
    Ok(())
}

fn settle<E: Env>(
    env: &mut E,
    id: Hash,
    payer: OrgId,
    pair: Pair,
    period: Month,
    amount: Tiyn,
) -> Result<(), Refusal> {
    rules::not_zero(amount)?;
    let (provider, programme) = (pair.provider, pair.programme);
    let known = state::claim(env, provider, programme, period)?;
    let mut claim = known.ok_or(Refusal::new(Code::ACCOUNT_UNKNOWN))?;
    // Two ways to pay would pay twice.
    let has_contract = state::terms(env, programme, provider)?.is_some();
    ensure(!has_contract, Code::SETTLED_BY_ACT)?;
    ensure(
        u128::from(amount.0) <= claim.owed().0,
        Code::BUDGET_EXHAUSTED,
    )?;
    let key = TransferKey {
        issuer: Issuer::Organisation(payer),
        id,
    };
    posting::settle(env, key, payer, pair.claim(period), &mut claim, amount)?;
    state::save_claim(env, provider, programme, period, claim);
    Ok(())
}

fn query<E: Env>(env: &E, question: Query) -> Outcome {
    Ok(match question {
        Query::Budget { budget } => codec::encode(&state::budget(env, budget)?),
        Query::Claim {
            provider,
            programme,
            period,
        } => codec::encode(&state::claim(env, provider, programme, period)?),
        Query::Claims { provider, after } => codec::encode(&state::claims(env, provider, after)?),
        Query::Transfer { issuer, id } => codec::encode(&state::transfer(env, issuer, &id)?),
        Query::Outside { payer } => codec::encode(&state::outside(env, payer)?),
        Query::Programme { programme } => codec::encode(&state::owner_of(env, programme)?),
        Query::Terms {
            programme,
            provider,
        } => codec::encode(&state::terms(env, programme, provider)?),
        Query::Purse { provider } => codec::encode(&state::purse(env, provider)?),
        Query::Outstanding {
            programme,
            provider,
        } => codec::encode(&state::outstanding(env, Pair::of(programme, provider))?),
        Query::Locked { budget, contract } => {
            codec::encode(&state::lock(env, budget, contract)?.amount)
        }
    })
}
