//! Dispatch, and the questions.

use crate::{keys, rules, state};
use alloc::vec::Vec;
use senim_abi::PRESCRIPTION;
use senim_abi::card::event::EVENT_VERSION;
use senim_abi::card::{CardEvent, DueEntry, Execute, Genesis, Query};
use senim_sdk::{CallContext, Caller, Entry, Env, Outcome, Refusal, codec, ensure};
use senim_types::Code;

/// The contract. Messages, questions and answers are documented in `senim_abi::card::msg`.
pub fn run<E: Env>(env: &mut E, entry: Entry, input: &[u8]) -> Outcome {
    match entry {
        Entry::Execute => {
            let message = codec::decode(input)?;
            let context = env.context();
            execute(env, &context, message)?;
            Ok(Vec::new())
        }
        Entry::Query => query(env, codec::decode(input)?),
        Entry::Genesis => genesis(env, codec::decode(input)?),
        Entry::Due => {
            let DueEntry::Forget { batch } = codec::decode(input)?;
            keys::forget(env, &batch)?;
            Ok(Vec::new())
        }
        // The first version: there is nothing to migrate from.
        Entry::Migrate => Err(Refusal::new(Code::BAD_ENTRY)),
    }
}

/// A genesis says what programmes serve; keys come from service centres alone.
fn genesis<E: Env>(env: &mut E, Genesis(messages): Genesis) -> Outcome {
    let context = env.context();
    for message in messages {
        let is_setup = matches!(message, Execute::SetProgramme { .. });
        ensure(is_setup, Code::NOT_AUTHORISED)?;
        execute(env, &context, message)?;
    }
    Ok(Vec::new())
}

fn execute<E: Env>(env: &mut E, context: &CallContext, message: Execute) -> Result<(), Refusal> {
    // A card is written into a prescription by the contract that keeps prescriptions; all else comes from devices.
    let is_bind = matches!(message, Execute::Bind { .. });
    let is_asked_rightly = match context.caller {
        Caller::Contract(caller) => is_bind && caller == PRESCRIPTION,
        Caller::Device | Caller::Ledger => !is_bind,
    };
    ensure(is_asked_rightly, Code::NOT_AUTHORISED)?;
    match message {
        Execute::SetProgramme {
            programme,
            categories,
        } => {
            state::set_categories(env, programme, categories);
            let event = CardEvent::ProgrammeSet {
                programme,
                categories,
            };
            emit(env, &event);
            Ok(())
        }
        Execute::Register {
            keys,
            category,
            entitled_until,
        } => keys::register(env, context, &keys, category, entitled_until),
        Execute::Block { keys } => keys::block(env, context, &keys),
        Execute::End { keys, at } => keys::end(env, context, &keys, at),
        Execute::Bind {
            key,
            group,
            programme,
        } => keys::bind(env, &key, group, programme),
    }
}

fn query<E: Env>(env: &E, question: Query) -> Outcome {
    Ok(match question {
        Query::Key { key } => codec::encode(&state::find(env, &key)?),
        Query::Check { key, programme } => {
            let (key, categories) = (state::key(env, &key)?, state::categories(env, programme)?);
            rules::is_good(&key, categories, env.now())?;
            Vec::new()
        }
        Query::Programme { programme } => codec::encode(&state::categories(env, programme)?),
    })
}

/// Emits an event of this contract.
pub fn emit<E: Env>(env: &mut E, event: &CardEvent) {
    env.emit(event.kind(), EVENT_VERSION, &codec::encode(event));
}
