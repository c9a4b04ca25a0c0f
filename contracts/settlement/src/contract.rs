//! Dispatch, and the questions.

use crate::{cut, forget, payment, setup, sign, state};
use alloc::vec::Vec;
use senim_abi::settlement::event::EVENT_VERSION;
use senim_abi::settlement::record::BankAnswer;
use senim_abi::settlement::{DueEntry, Execute, Genesis, Query, SettlementEvent};
use senim_sdk::{CallContext, Caller, Entry, Env, Outcome, Refusal, codec, ensure};
use senim_types::Code;

/// The contract. Messages, questions and answers are documented in `senim_abi::settlement::msg`.
pub fn run<E: Env>(env: &mut E, entry: Entry, input: &[u8]) -> Outcome {
    match entry {
        Entry::Execute => {
            let message = codec::decode(input)?;
            let context = env.context();
            // A signature is a device's own transaction: no contract signs for it.
            ensure(context.caller == Caller::Device, Code::NOT_AUTHORISED)?;
            execute(env, &context, message)
        }
        Entry::Query => query(env, codec::decode(input)?),
        Entry::Genesis => genesis(env, codec::decode(input)?),
        Entry::Due => {
            due(env, codec::decode(input)?)?;
            Ok(Vec::new())
        }
        // The first version: there is nothing to migrate from.
        Entry::Migrate => Err(Refusal::new(Code::BAD_ENTRY)),
    }
}

/// A genesis sets contracts; everything else has to be signed by whoever says it.
fn genesis<E: Env>(env: &mut E, Genesis(messages): Genesis) -> Outcome {
    let context = env.context();
    for message in messages {
        let is_setup = matches!(message, Execute::SetAgreement { .. });
        ensure(is_setup, Code::NOT_AUTHORISED)?;
        execute(env, &context, message)?;
    }
    Ok(Vec::new())
}

fn due<E: Env>(env: &mut E, entry: DueEntry) -> Result<(), Refusal> {
    match entry {
        DueEntry::Cut {
            programme,
            provider,
            period,
        } => cut::by_ledger(env, programme, provider, period),
        DueEntry::Forget { act } => forget::act(env, act),
        DueEntry::ForgetOrdered {
            payer,
            message_id,
            act,
        } => forget::ordered(env, payer, message_id, act),
    }
}

fn execute<E: Env>(env: &mut E, context: &CallContext, message: Execute) -> Outcome {
    match message {
        Execute::SetAgreement {
            programme,
            provider,
            document,
            from,
            until,
            ceiling,
            vat_basis_points,
            kind,
        } => {
            let order = setup::Order {
                programme,
                provider,
                document,
                from,
                until,
                ceiling,
                vat_basis_points,
                kind,
            };
            setup::agreement(env, context, &order)?;
        }
        Execute::ProposeDetails { payer, details } => {
            setup::propose(env, context, payer, details)?;
        }
        Execute::ApproveDetails { provider, details } => {
            setup::approve(env, context, provider, details)?;
        }
        Execute::Cut {
            programme,
            provider,
            period,
        } => {
            let act = cut::by_hand(env, context, programme, provider, period)?;
            return Ok(codec::encode(&act));
        }
        Execute::Sign { act, hash } => sign::sign(env, context, &act, &hash)?,
        Execute::Accept {
            act,
            hash,
            check,
            despite,
        } => sign::accept(env, context, &act, &hash, (check, despite))?,
        Execute::Dispute {
            act,
            hash,
            reason,
            statement,
            lines,
        } => {
            let claim = sign::Objection {
                reason,
                statement,
                lines,
            };
            sign::dispute(env, context, &act, &hash, claim)?;
        }
        Execute::WithdrawDispute { act } => sign::withdraw_dispute(env, context, &act)?,
        Execute::Correct { act, lines } => {
            return Ok(codec::encode(&sign::correct(env, context, &act, lines)?));
        }
        Execute::OrderPayment {
            act,
            attempt,
            file,
            message_id,
            details,
        } => {
            let order = payment::Order {
                attempt,
                file,
                message_id,
                details,
            };
            payment::order(env, context, &act, &order)?;
        }
        Execute::ConfirmPayment {
            act,
            attempt,
            amount,
            message,
        } => payment::confirm(env, context, &act, attempt, amount, message)?,
        Execute::FailPayment {
            act,
            attempt,
            message,
            reason,
        } => payment::fail(env, context, &act, attempt, BankAnswer { message, reason })?,
        Execute::ReturnPayment {
            act,
            attempt,
            amount,
            message,
            reason,
        } => {
            let answer = BankAnswer { message, reason };
            payment::returned(env, context, &act, attempt, amount, answer)?;
        }
    }
    Ok(Vec::new())
}

fn query<E: Env>(env: &E, question: Query) -> Outcome {
    Ok(match question {
        Query::Agreement {
            programme,
            provider,
        } => codec::encode(&state::find_agreement(env, programme, provider)?),
        Query::Act { act } => codec::encode(&state::find_act(env, &act)?),
        Query::Acts { programme, after } => codec::encode(&state::acts(env, programme, after)?),
        Query::Ordered {
            payer,
            message_id,
            after,
        } => codec::encode(&state::ordered(env, payer, &message_id, after)?),
        Query::Details { payer, provider } => codec::encode(&state::details(env, payer, provider)?),
    })
}

/// Emits an event of this contract.
pub fn emit<E: Env>(env: &mut E, event: &SettlementEvent) {
    env.emit(event.kind(), EVENT_VERSION, &codec::encode(event));
}
