//! Dispatch, and the questions.

use crate::{
    card, delegate, dispense, hold, issue, look, pending, pending::After, proofs::HoldRequest,
    reverse, setup, state,
};
use alloc::vec::Vec;
use senim_abi::prescription::due::DueEntry;
use senim_abi::prescription::event::EVENT_VERSION;
use senim_abi::prescription::msg::GroupView;
use senim_abi::prescription::programme::ProgrammeAnswer;
use senim_abi::prescription::{Execute, Genesis, PrescriptionEvent, Query};
use senim_sdk::{CallContext, Caller, Entry, Env, Outcome, Refusal, codec, ensure};
use senim_types::Code;

/// Entries of a page.
const PAGE_ENTRIES: u32 = 64;

/// The contract. Messages, questions and answers are documented in `senim_abi::prescription::msg`.
pub fn run<E: Env>(env: &mut E, entry: Entry, input: &[u8]) -> Outcome {
    match entry {
        Entry::Execute => {
            let message = codec::decode(input)?;
            let context = env.context();
            // No contract acts for a device here: what people sign names the device.
            ensure(context.caller == Caller::Device, Code::NOT_AUTHORISED)?;
            execute(env, &context, message)
        }
        Entry::Query => query(env, codec::decode(input)?),
        Entry::Genesis => genesis(env, codec::decode(input)?),
        Entry::Due => due(env, codec::decode(input)?),
        // The first version: there is nothing to migrate from.
        Entry::Migrate => Err(Refusal::new(Code::BAD_ENTRY)),
    }
}

/// A genesis sets up programmes; prescriptions come from clinics alone.
fn genesis<E: Env>(env: &mut E, Genesis(messages): Genesis) -> Outcome {
    let context = env.context();
    for message in messages {
        let is_setup = matches!(
            message,
            Execute::SetProgramme { .. }
                | Execute::SetMedicine { .. }
                | Execute::SetProvider { .. }
                | Execute::SetPrescriber { .. }
        );
        ensure(is_setup, Code::NOT_AUTHORISED)?;
        execute(env, &context, message)?;
    }
    Ok(Vec::new())
}

fn due<E: Env>(env: &mut E, entry: DueEntry) -> Outcome {
    match entry {
        DueEntry::Movement { group, dispense } => {
            pending::look_again(env, group, dispense, After::Movement)?;
        }
        DueEntry::Post { group, dispense } => pending::post_pending(env, group, dispense)?,
        DueEntry::Unpaid { group, dispense } => {
            pending::look_again(env, group, dispense, After::Post)?;
        }
        DueEntry::Forget { group } => issue::forget(env, group)?,
    }
    Ok(Vec::new())
}

fn execute<E: Env>(env: &mut E, context: &CallContext, message: Execute) -> Outcome {
    match message {
        Execute::SetProgramme {
            programme,
            open,
            budget,
            rules,
        } => {
            let frame = (open, budget);
            let version = setup::programme(env, context, programme, frame, rules)?;
            return Ok(codec::encode(&version));
        }
        Execute::SetMedicine {
            programme,
            inn,
            rule,
        } => {
            setup::medicine(env, context, programme, inn, rule)?;
        }
        Execute::SetProvider {
            programme,
            org,
            provider,
        } => {
            setup::provider(env, context, programme, org, provider)?;
        }
        Execute::SetPrescriber {
            programme,
            org,
            prescriber,
            right,
        } => {
            setup::prescriber(env, context, programme, (org, prescriber), right)?;
        }
        Execute::Issue {
            index,
            programme,
            prescriber,
            holder,
            card,
            paper,
            sealed,
            draft,
            items,
        } => {
            let order = issue::Order {
                index,
                programme,
                prescriber,
                holder,
                card,
                paper,
                sealed,
                draft,
                items,
            };
            return Ok(codec::encode(&issue::issue(env, context, order)?));
        }
        Execute::Release { group } => issue::release(env, context, group)?,
        Execute::Hold {
            group,
            items,
            hold_key,
            proof,
        } => {
            hold::hold(
                env,
                context,
                &HoldRequest {
                    group,
                    items,
                    hold_key,
                    proof,
                },
            )?;
        }
        Execute::Extend {
            group,
            items,
            until,
        } => {
            hold::extend(env, context, group, items, until)?;
        }
        Execute::Dispense { group, lines } => {
            return Ok(codec::encode(&dispense::dispense(
                env, context, group, &lines,
            )?));
        }
        Execute::Reject {
            group,
            items,
            reason,
        } => {
            hold::reject(env, context, group, items, reason)?;
        }
        Execute::Cancel {
            group,
            items,
            reason,
        } => {
            issue::cancel(env, context, group, items, reason)?;
        }
        Execute::Reverse {
            group,
            dispense,
            left,
        } => {
            reverse::reverse(env, context, group, dispense, left)?;
        }
        Execute::Settle { group, dispense } => pending::settle(env, group, dispense)?,
        Execute::Rebind {
            group,
            holder,
            card,
            paper,
        } => {
            issue::rebind(env, group, holder, card, paper)?;
        }
        Execute::ReplaceCard { group, card } => card::replace(env, context, group, card)?,
        Execute::Look {
            group,
            items,
            reason,
        } => {
            look::look(env, context, group, items, reason)?;
        }
        Execute::Delegate {
            group,
            at,
            delegation,
        } => delegate::delegate(env, group, at, delegation)?,
    }
    Ok(Vec::new())
}

fn query<E: Env>(env: &E, message: Query) -> Outcome {
    match message {
        Query::Group { group: id } => {
            let (group, now) = (state::group(env, &id)?, env.now());
            let statuses = (0..group.items.len())
                .filter_map(|index| group.status(index, now))
                .collect();
            Ok(codec::encode(&GroupView {
                group,
                now,
                statuses,
            }))
        }
        Query::Programme { programme: id } => {
            let programme = state::programme(env, id)?;
            Ok(codec::encode(&ProgrammeAnswer {
                version: programme.version,
                open: programme.open,
                budget: programme.budget,
                rules: state::rules(env, id, programme.version)?,
            }))
        }
        Query::Rules { programme, version } => {
            Ok(codec::encode(&state::rules(env, programme, version)?))
        }
        Query::Overdue { after } => Ok(codec::encode(&state::overdue_after(
            env,
            after,
            PAGE_ENTRIES,
        )?)),
    }
}

/// Emits an event of this contract.
pub fn emit<E: Env>(env: &mut E, event: &PrescriptionEvent) {
    env.emit(event.kind(), EVENT_VERSION, &codec::encode(event));
}
