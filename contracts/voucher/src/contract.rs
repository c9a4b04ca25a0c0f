//! Dispatch, and the questions.

use crate::redeem::Order;
use crate::{attend, excess, holder, life, list, offline, redeem, refund, setup, state, tally};
use alloc::vec::Vec;
use senim_abi::voucher::event::EVENT_VERSION;
use senim_abi::voucher::msg::VoucherView;
use senim_abi::voucher::record::Served;
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
            due(env, codec::decode(input)?)?;
            Ok(Vec::new())
        }
        // The first version: there is nothing to migrate from.
        Entry::Migrate => Err(Refusal::new(Code::BAD_ENTRY)),
    }
}

/// A genesis sets up programmes; vouchers come from their payers and offices alone.
fn genesis<E: Env>(env: &mut E, Genesis(messages): Genesis) -> Outcome {
    let context = env.context();
    for message in messages {
        let is_setup = matches!(
            message,
            Execute::SetProgramme { .. }
                | Execute::SetPolicy { .. }
                | Execute::SetService { .. }
                | Execute::SetListing { .. }
                | Execute::SetCalendar { .. }
        );
        ensure(is_setup, Code::NOT_AUTHORISED)?;
        execute(env, &context, message)?;
    }
    Ok(Vec::new())
}

fn due<E: Env>(env: &mut E, entry: DueEntry) -> Result<(), Refusal> {
    match entry {
        DueEntry::Sweep { voucher } => life::sweep(env, voucher),
        DueEntry::Forget { voucher } => {
            state::delete_voucher(env, &voucher);
            Ok(())
        }
        DueEntry::Remind { voucher, asked } => list::remind(env, voucher, asked),
        DueEntry::Resume { voucher } => life::resume(env, voucher),
        DueEntry::Lapse { voucher, asked } => list::lapse(env, voucher, asked),
        DueEntry::ForgetTally {
            programme,
            place,
            day,
        } => tally::forget(env, (programme, place, day)),
        DueEntry::ForgetTaken {
            programme,
            terminal,
            first,
            count,
        } => {
            for sequence in first..first.saturating_add(u64::from(count)) {
                state::set_taken(env, programme, &terminal, sequence, None);
            }
            Ok(())
        }
        DueEntry::ForgetExcess {
            programme,
            terminal,
            sequence,
        } => {
            state::delete_excess(env, programme, &terminal, sequence);
            Ok(())
        }
        DueEntry::ForgetFinding {
            programme,
            served,
            place,
            day,
        } => tally::forget_finding(env, served, (programme, place, day)),
        DueEntry::ForgetChain {
            programme,
            terminal,
        } => offline::forget(env, programme, &terminal),
    }
}

fn execute<E: Env>(env: &mut E, context: &CallContext, message: Execute) -> Outcome {
    match message {
        Execute::SetProgramme {
            programme,
            settings,
        } => setup::programme(env, context, programme, settings)?,
        Execute::SetPolicy { programme, policy } => {
            let version = setup::policy(env, context, programme, policy)?;
            return Ok(codec::encode(&version));
        }
        Execute::SetService {
            programme,
            place,
            service,
        } => setup::service(env, context, programme, place, service)?,
        Execute::SetListing {
            programme,
            product,
            listing,
        } => setup::listing(env, context, programme, product, listing)?,
        Execute::SetCalendar {
            programme,
            place,
            month,
            calendar,
        } => setup::calendar(env, context, programme, (place, month), calendar)?,
        Execute::Attend {
            programme,
            place,
            day,
            present,
            marks,
        } => attend::attend(env, context, (programme, place, day), present, &marks)?,
        Execute::List {
            programme,
            index,
            entries,
        } => list::list(env, context, programme, index, &entries)?,
        Execute::Attest { attestations } => list::attest(env, &attestations)?,
        Execute::Assign { arms } => list::assign(env, context, &arms)?,
        Execute::Offer { vouchers } => list::offer(env, context, &vouchers)?,
        Execute::Answer {
            voucher,
            channel,
            consents,
        } => list::answer(env, context, voucher, channel, consents)?,
        Execute::Open { voucher } => life::open_later(env, context, voucher)?,
        Execute::Issue {
            index,
            programme,
            holder,
            entry,
        } => {
            let id = life::issue(env, context, (programme, index), holder, &entry)?;
            return Ok(codec::encode(&id));
        }
        Execute::Bind { voucher, holder } => life::bind(env, voucher, holder)?,
        Execute::ByHolder { statement } => holder::act(env, &statement)?,
        Execute::TopUp {
            voucher,
            amount,
            until,
        } => life::top_up(env, context, voucher, amount, until)?,
        Execute::Move { voucher, place } => life::move_to(env, context, voucher, place)?,
        Execute::Suspend { voucher, suspended } => {
            life::suspend(env, context, voucher, suspended)?;
        }
        Execute::Revoke { voucher } => life::revoke(env, context, voucher)?,
        Execute::Redeem {
            voucher,
            place,
            lines,
            proof,
        } => {
            let order = Order {
                voucher,
                place,
                lines,
                proof,
            };
            return Ok(codec::encode(&redeem::redeem(env, context, order)?));
        }
        Execute::RevealArms { programme, seed } => {
            setup::reveal_arms(env, context, programme, seed)?;
        }
        Execute::SyncOffline { programme, place } => {
            let chain = offline::sync(env, context, programme, place)?;
            return Ok(codec::encode(&chain));
        }
        Execute::RedeemOffline {
            programme,
            terminal,
            records,
        } => {
            let taken = offline::redeem(env, context, (programme, terminal), records)?;
            return Ok(codec::encode(&taken));
        }
        Execute::AnswerExcess {
            programme,
            terminal,
            sequence,
            pays,
        } => excess::answer(env, context, (programme, terminal, sequence), pays)?,
        Execute::Refund { voucher, number } => refund::refund(env, context, voucher, number)?,
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
        Query::Policy { programme, version } => {
            codec::encode(&state::policy(env, programme, version)?)
        }
        Query::Service { programme, place } => {
            codec::encode(&state::service(env, programme, place)?)
        }
        Query::Listing { programme, product } => {
            codec::encode(&state::listing(env, programme, &product)?)
        }
        Query::Calendar {
            programme,
            place,
            month,
        } => codec::encode(&state::calendar(env, programme, place, month)?),
        Query::Tally {
            programme,
            place,
            day,
        } => codec::encode(&state::tally(env, programme, place, day)?),
        Query::OfflineChain {
            programme,
            terminal,
        } => codec::encode(&state::chain(env, programme, &terminal)?),
        Query::Excess { programme, after } => {
            codec::encode(&state::excess_page(env, programme, after)?)
        }
        Query::Findings {
            programme,
            provider,
            period,
            after,
        } => {
            let served = Served { provider, period };
            codec::encode(&tally::findings(env, programme, &served, after)?)
        }
    })
}

/// Emits an event of this contract.
pub fn emit<E: Env>(env: &mut E, event: &VoucherEvent) {
    env.emit(event.kind(), EVENT_VERSION, &codec::encode(event));
}
