//! What a terminal did without connection and the programme's rules do not pay: kept until the payer answers.

use crate::contract::emit;
use crate::tally::{self, Counted};
use crate::{rules, state};
use senim_abi::voucher::msg::Refused;
use senim_abi::voucher::{DueEntry, Excess, ProgrammeId, Settings, VoucherEvent};
use senim_abi::{TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure, refuse};
use senim_types::{Code, PublicKey, TimeMs, Tiyn};

/// Keeps a record for the payer. A policy's no is told with what was judged, so that it can be asked again.
pub fn keep<E: Env>(env: &mut E, programme: ProgrammeId, excess: Excess, why: &Refusal) {
    let asked: Option<Refused> = codec::read(&why.detail);
    let (version, rule, facts) = asked.map_or((0, 0, None), |asked| {
        (asked.version, asked.rule, asked.facts)
    });
    state::save_excess(env, programme, excess);
    let event = VoucherEvent::Exceeded {
        programme,
        version,
        rule,
        facts,
        excess,
    };
    emit(env, &event);
}

/// The payer answers: what is paid comes from the programme's line, as a line of the provider's current act.
pub fn answer<E: Env>(
    env: &mut E,
    context: &CallContext,
    (id, terminal, sequence): (ProgrammeId, PublicKey, u64),
    pays: Tiyn,
) -> Result<(), Refusal> {
    let programme = state::programme(env, id)?;
    rules::acts_for(context, programme.payer)?;
    let known = state::excess(env, id, &terminal, sequence)?;
    let mut excess = known.ok_or(Refusal::new(Code::EXCESS_UNKNOWN))?;
    match excess.answered {
        Some(before) if before == pays => return Ok(()),
        Some(_) => refuse::<Refusal>(Code::EXCESS_ANSWERED)?,
        None => {}
    }
    ensure(pays <= excess.cost, Code::OUT_OF_RANGE)?;
    excess.answered = Some(pays);
    if pays != Tiyn::ZERO {
        pay(env, id, &programme.settings, &excess, pays)?;
    }
    state::save_excess(env, id, excess);
    if let Some(mut chain) = state::chain(env, id, &terminal)? {
        chain.waiting = chain.waiting.saturating_sub(1);
        state::save_chain(env, id, &terminal, chain);
    }
    let forget = DueEntry::ForgetExcess {
        programme: id,
        terminal,
        sequence,
    };
    let at = TimeMs(env.now().0.saturating_add(programme.settings.dispute_ms));
    env.schedule(at, &codec::encode(&forget));
    let event = VoucherEvent::ExcessAnswered {
        programme: id,
        excess,
    };
    emit(env, &event);
    Ok(())
}

fn pay<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    settings: &Settings,
    excess: &Excess,
    pays: Tiyn,
) -> Result<(), Refusal> {
    let budget = settings.budget;
    let lock = treasury::Execute::Lock {
        budget,
        amount: pays,
    };
    env.call(TREASURY, &codec::encode(&lock))?;
    let preimage = Excess::preimage(programme, &excess.terminal, excess.sequence);
    let spend = treasury::Execute::Spend {
        id: env.hash(&preimage),
        budget,
        provider: excess.provider,
        amount: pays,
        reference: excess.voucher.0,
        served_at: time_of(excess),
    };
    env.call(TREASURY, &codec::encode(&spend))?;
    let (place, day) = (excess.place, settings.clock(time_of(excess)).day);
    let voucher = state::find_voucher(env, &excess.voucher)?;
    let counted = Counted {
        provider: excess.provider,
        pays,
        is_another_person: voucher
            .is_none_or(|voucher| voucher.uses_on(day) == 0 || voucher.place.is_none()),
        open: tally::is_open(env, programme, place, day)?,
    };
    tally::count(env, settings, (programme, place, day), &counted)
}

/// When the person was served; where the terminal's clock was wrong, when the record was taken.
fn time_of(excess: &Excess) -> TimeMs {
    if excess.code == Code::OFFLINE_CLOCK {
        excess.taken_at
    } else {
        excess.at
    }
}
