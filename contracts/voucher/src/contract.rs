//! Dispatch, and the questions.

use crate::{life, redeem, setup, state};
use alloc::vec::Vec;
use senim_abi::voucher::event::EVENT_VERSION;
use senim_abi::voucher::msg::VoucherView;
use senim_abi::voucher::{DueEntry, Execute, Genesis, Query, VoucherEvent};
use senim_sdk::{CallContext, Caller, Entry, Env, Outcome, Refusal, codec, ensure};
use senim_types::Code;

/// The contract. Messages, questions and answers are documented in `senim_abi::voucher::msg`.
pub fn run<E: Env>(env: &mut E, entry: Entry, input: &[u8]) -> Outcome {
    match entry {
        Entry::Execute => {
            let message = codec::decode(input)?;
            let context = env.context();
            // No contract acts for a device here: a terminal attests in its own name.
            ensure(context.caller == Caller::Device, Code::NOT_AUTHORISED)?;
            execute(env, &context, message)
        }
        Entry::Query => query(env, codec::decode(input)?),
        Entry::Genesis => genesis(env, codec::decode(input)?),
        Entry::Due => {
            match codec::decode(input)? {
                DueEntry::Sweep { voucher } => life::sweep(env, voucher)?,
                DueEntry::Forget { voucher } => state::delete_voucher(env, &voucher),
            }
            Ok(Vec::new())
        }
        // The first version: there is nothing to migrate from.
        Entry::Migrate => Err(Refusal::new(Code::BAD_ENTRY)),
    }
}

/// A genesis sets up programmes; vouchers come from their payers alone.
fn genesis<E: Env>(env: &mut E, Genesis(messages): Genesis) -> Outcome {
    let context = env.context();
    ensure(context.caller == Caller::Ledger, Code::NOT_AUTHORISED)?;
    for message in messages {
        let is_setup = matches!(
            message,
            Execute::SetProgramme { .. } | Execute::SetService { .. }
        );
        ensure(is_setup, Code::NOT_AUTHORISED)?;
        execute(env, &context, message)?;
    }
    Ok(Vec::new())
}

fn execute<E: Env>(env: &mut E, context: &CallContext, message: Execute) -> Outcome {
    match message {
        Execute::SetProgramme { programme, rules } => {
            setup::programme(env, context, programme, rules)?;
        }
        Execute::SetService {
            programme,
            place,
            service,
        } => setup::service(env, context, programme, place, service)?,
        Execute::Issue {
            index,
            programme,
            holder,
            place,
            amount,
            until,
        } => {
            let order = life::Order {
                index,
                programme,
                holder,
                place,
                amount,
                until,
            };
            return Ok(codec::encode(&life::issue(env, context, &order)?));
        }
        Execute::Redeem { voucher, price } => {
            return Ok(codec::encode(&redeem::redeem(
                env, context, voucher, price,
            )?));
        }
        Execute::Revoke { voucher } => life::revoke(env, context, voucher)?,
    }
    Ok(Vec::new())
}

fn query<E: Env>(env: &E, question: Query) -> Outcome {
    Ok(match question {
        Query::Voucher { voucher: id } => {
            let (voucher, now) = (state::voucher(env, &id)?, env.now());
            let status = voucher.status(now);
            codec::encode(&VoucherView {
                voucher,
                now,
                status,
            })
        }
        Query::Programme { programme } => codec::encode(&state::programme(env, programme)?),
        Query::Service { programme, place } => {
            codec::encode(&state::service(env, programme, place)?)
        }
    })
}

/// Emits an event of this contract.
pub fn emit<E: Env>(env: &mut E, event: &VoucherEvent) {
    env.emit(event.kind(), EVENT_VERSION, &codec::encode(event));
}
