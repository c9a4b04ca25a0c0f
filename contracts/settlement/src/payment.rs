//! The bank's way: an accepted act goes into a payment file, and the bank's answers come back, once, twice, late.

use crate::contract::emit;
use crate::rules::{self, Attempt, Input};
use crate::sign::claim_of;
use crate::{forget, state};
use senim_abi::settlement::act::payment_preimage;
use senim_abi::settlement::record::BankAnswer;
use senim_abi::settlement::{Act, ActId, ActState, MessageId, Payment, SettlementEvent};
use senim_abi::treasury;
use senim_sdk::{CallContext, Env, Refusal, ensure};
use senim_types::{Code, Hash, Tiyn};

/// That an act is in a payment file.
pub struct Order {
    pub attempt: u8,
    pub file: Hash,
    pub message_id: MessageId,
    pub details: Hash,
}

/// The act is in this file.
pub fn order<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: &ActId,
    order: &Order,
) -> Result<(), Refusal> {
    let mut act = state::act(env, id)?;
    let payer = act.body.payer;
    rules::acts_for(context, payer)?;
    let attempt = order.attempt;
    if let Some(known) = act.payment
        && known.attempt == attempt
    {
        // The same again, whatever came of it; another file with the same attempt would pay twice.
        let same = known.file == order.file && known.details == order.details;
        return ensure(same, Code::PAYMENT_EXISTS);
    }
    ensure(act.state != ActState::PaymentPending, Code::PAYMENT_EXISTS)?;
    act.state = rules::next(act.state, Input::Order)?;
    let made = act.payment.map_or(0, |known| known.attempt);
    ensure(made.checked_add(1) == Some(attempt), Code::PAYMENT_UNKNOWN)?;
    ensure(attempt <= Payment::ATTEMPTS_MAX, Code::OUT_OF_RANGE)?;
    rules::is_the_claim(&act.body, &claim_of(env, id)?)?;
    let confirmed = state::details(env, payer, id.provider)?.confirmed;
    let holds = confirmed == Some(order.details);
    ensure(holds, Code::DETAILS_UNCONFIRMED)?;
    act.payment = Some(Payment {
        attempt,
        file: order.file,
        details: order.details,
        ordered_at: env.now(),
        answer: None,
        refused_late: None,
        returned: act.payment.map_or(0, |known| known.returned),
    });
    let event = SettlementEvent::PaymentOrdered {
        act: *id,
        attempt,
        amount: act.body.payable,
        file: order.file,
        details: order.details,
    };
    state::save_act(env, act);
    state::save_ordered(env, payer, &order.message_id, id, attempt);
    forget::ordered_later(env, payer, order.message_id, *id);
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
    let (mut act, mut payment, which) = asked(env, context, id, attempt)?;
    // What is told late is the payment that came back.
    ensure(!payment.has_returned(attempt), Code::PAYMENT_RETURNED)?;
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
        id: env.hash(&payment_preimage(&act.body.hash(), attempt)),
        provider: id.provider,
        programme: id.programme,
        period: id.period,
        amount,
        to_purse: false,
    };
    state::save_act(env, act);
    state::command(env, &pay)?;
    forget::later(env, *id);
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
    answer: BankAnswer,
) -> Result<(), Refusal> {
    let (mut act, mut payment, which) = asked(env, context, id, attempt)?;
    let is_known = matches!(act.state, ActState::PaymentFailed | ActState::Returned)
        || payment.refused_late.is_some();
    if which == Attempt::Earlier || is_known {
        // A later attempt is only made after the one before has failed or come back.
        return Ok(());
    }
    let was = act.state;
    act.state = rules::next(was, Input::Fail)?;
    let BankAnswer { message, reason } = answer;
    let event = if was == ActState::Paid {
        payment.refused_late = Some(answer);
        SettlementEvent::PaymentRefusedLate {
            act: *id,
            attempt,
            message,
            reason,
        }
    } else {
        payment.answer = Some(answer);
        SettlementEvent::PaymentFailed {
            act: *id,
            attempt,
            message,
            reason,
        }
    };
    act.payment = Some(payment);
    state::save_act(env, act);
    emit(env, &event);
    Ok(())
}

/// The money of an attempt is back on the payer's account.
pub fn returned<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: &ActId,
    attempt: u8,
    amount: Tiyn,
    answer: BankAnswer,
) -> Result<(), Refusal> {
    let (mut act, mut payment, which) = asked(env, context, id, attempt)?;
    ensure(amount == act.body.payable, Code::PAYMENT_AMOUNT)?;
    if payment.has_returned(attempt) {
        return Ok(());
    }
    payment = payment.with_returned(attempt);
    // Of an attempt before the latest nothing stands on the ledger: what it paid is back, and the act is as it was.
    let owed_again = which == Attempt::Latest && act.state == ActState::Paid;
    if which == Attempt::Latest {
        act.state = rules::next(act.state, Input::Return)?;
        payment.answer = Some(answer);
    }
    act.payment = Some(payment);
    let paid = env.hash(&payment_preimage(&act.body.hash(), attempt));
    state::save_act(env, act);
    if owed_again {
        let back = treasury::Execute::Return {
            id: paid,
            provider: id.provider,
            programme: id.programme,
            period: id.period,
            amount,
        };
        state::command(env, &back)?;
    }
    let BankAnswer { message, reason } = answer;
    let event = SettlementEvent::PaymentReturned {
        act: *id,
        attempt,
        amount,
        owed_again,
        message,
        reason,
    };
    emit(env, &event);
    Ok(())
}

/// The act and the attempt that a bank's answer is about, for its payer.
fn asked<E: Env>(
    env: &E,
    context: &CallContext,
    id: &ActId,
    attempt: u8,
) -> Result<(Act, Payment, Attempt), Refusal> {
    let act = state::act(env, id)?;
    rules::acts_for(context, act.body.payer)?;
    let (payment, which) = rules::attempt_of(&act, attempt)?;
    Ok((act, payment, which))
}
