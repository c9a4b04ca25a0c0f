//! The bank's way: an accepted act goes into a payment file, and the bank's answers come back, once, twice, late.

use crate::contract::emit;
use crate::rules::{self, Attempt, Input};
use crate::sign::claim_of;
use crate::state;
use senim_abi::settlement::record::BankAnswer;
use senim_abi::settlement::{ActId, ActState, Payment, SettlementEvent};
use senim_abi::treasury;
use senim_sdk::{CallContext, Env, Refusal, ensure};
use senim_types::{Code, Hash, Tiyn};

/// The act is in this file.
pub fn order<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: &ActId,
    attempt: u8,
    file: Hash,
    details: Hash,
) -> Result<(), Refusal> {
    let mut act = state::act(env, id)?;
    rules::acts_for(context, act.body.payer)?;
    if let Some(known) = act.payment
        && known.attempt == attempt
    {
        // The same again, whatever came of it; another file with the same attempt would pay twice.
        let same = known.file == file && known.details == details;
        return ensure(same, Code::PAYMENT_EXISTS);
    }
    ensure(act.state != ActState::PaymentPending, Code::PAYMENT_EXISTS)?;
    act.state = rules::next(act.state, Input::Order)?;
    let made = act.payment.map_or(0, |known| known.attempt);
    ensure(made.checked_add(1) == Some(attempt), Code::PAYMENT_UNKNOWN)?;
    rules::is_the_claim(&act.body, &claim_of(env, id)?)?;
    let confirmed = state::details(env, act.body.payer, id.provider)?.confirmed;
    ensure(confirmed == Some(details), Code::DETAILS_UNCONFIRMED)?;
    act.payment = Some(Payment {
        attempt,
        file,
        details,
        ordered_at: env.now(),
        answer: None,
    });
    let event = SettlementEvent::PaymentOrdered {
        act: *id,
        attempt,
        amount: act.body.payable,
        file,
        details,
    };
    state::save_act(env, act);
    emit(env, &event);
    Ok(())
}

/// The bank has paid.
pub fn confirm<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: &ActId,
    attempt: u8,
    amount: Tiyn,
    message: Hash,
) -> Result<(), Refusal> {
    let mut act = state::act(env, id)?;
    rules::acts_for(context, act.body.payer)?;
    let (mut payment, which) = rules::attempt_of(&act, attempt)?;
    // The bank refused it, another one was ordered, and now it says that the first was paid: money may move twice.
    ensure(which == Attempt::Latest, Code::PAYMENT_SUPERSEDED)?;
    ensure(amount == act.body.payable, Code::PAYMENT_AMOUNT)?;
    if act.state == ActState::Paid {
        return Ok(());
    }
    act.state = rules::next(act.state, Input::Confirm)?;
    payment.answer = Some(BankAnswer {
        message,
        reason: [0; 4],
    });
    act.payment = Some(payment);
    let pay = treasury::Execute::PayClaim {
        id: act.body.hash(),
        provider: id.provider,
        programme: id.programme,
        period: id.period,
        amount,
        to_purse: false,
    };
    state::save_act(env, act);
    state::command(env, &pay)?;
    let event = SettlementEvent::ActPaid {
        act: *id,
        amount,
        attempt: Some(attempt),
        message,
    };
    emit(env, &event);
    Ok(())
}

/// The bank has refused.
pub fn fail<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: &ActId,
    attempt: u8,
    message: Hash,
    reason: [u8; 4],
) -> Result<(), Refusal> {
    let mut act = state::act(env, id)?;
    rules::acts_for(context, act.body.payer)?;
    let (mut payment, which) = rules::attempt_of(&act, attempt)?;
    if which == Attempt::Earlier || act.state == ActState::PaymentFailed {
        // Known: a later attempt is only made after the one before has failed.
        return Ok(());
    }
    act.state = rules::next(act.state, Input::Fail)?;
    payment.answer = Some(BankAnswer { message, reason });
    act.payment = Some(payment);
    state::save_act(env, act);
    let event = SettlementEvent::PaymentFailed {
        act: *id,
        attempt,
        message,
        reason,
    };
    emit(env, &event);
    Ok(())
}
