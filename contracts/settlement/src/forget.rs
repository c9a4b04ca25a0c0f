//! How what is over is forgotten, by the due-queue: an act some time after it was paid, and with its month's last one what
//! the treasury has of the month. The log keeps all of it.
//!
//! Each entry drops one act. The one that was paid goes first, then those whose place it took, down to the first.

use crate::contract::emit;
use crate::{rules, state};
use senim_abi::settlement::{Act, ActId, DueEntry, MessageId, SettlementEvent};
use senim_abi::{TREASURY, treasury};
use senim_sdk::{Env, Refusal, codec};
use senim_types::{OrgId, TimeMs};

/// An act was paid: it is kept for a while.
pub fn later<E: Env>(env: &mut E, act: ActId) {
    schedule(env, DueEntry::Forget { act }, Act::KEPT_MS);
}

/// An act is in a payment file: that is kept as long as the act.
pub fn ordered_later<E: Env>(env: &mut E, payer: OrgId, message_id: MessageId, act: ActId) {
    let due = DueEntry::ForgetOrdered {
        payer,
        message_id,
        act,
    };
    schedule(env, due, Act::KEPT_MS);
}

fn schedule<E: Env>(env: &mut E, due: DueEntry, after_ms: u64) {
    let at = TimeMs(env.now().0.saturating_add(after_ms));
    env.schedule(at, &codec::encode(&due));
}

/// An entry of the due-queue. One whose act was paid again since, or is not paid now, has another entry, or will.
pub fn act<E: Env>(env: &mut E, id: ActId) -> Result<(), Refusal> {
    let Some(act) = state::find_act(env, &id)? else {
        return Ok(());
    };
    let is_last = state::find_act(env, &rules::after(&id))?.is_none();
    if !is_last || !rules::is_over(&act, env.now()) {
        return Ok(());
    }
    let claim = state::claim(env, id.programme, id.provider, id.period)?;
    let outstanding = state::outstanding(env, id.programme, id.provider)?;
    if rules::waits(&act, claim.as_ref(), &outstanding) {
        schedule(env, DueEntry::Forget { act: id }, Act::AGAIN_MS);
        return Ok(());
    }
    // No act of the month is left that it would be held against, and none is made of it again.
    if id.number == 0 && !forget_claim(env, &id)? {
        schedule(env, DueEntry::Forget { act: id }, 0);
        return Ok(());
    }
    state::delete_act(env, &id);
    emit(env, &SettlementEvent::ActPruned { act: id });
    if let Some(number) = id.number.checked_sub(1) {
        let before = ActId { number, ..id };
        schedule(env, DueEntry::Forget { act: before }, 0);
    }
    Ok(())
}

/// The treasury drops a part of what it has of the month. Whether that was the rest.
fn forget_claim<E: Env>(env: &mut E, id: &ActId) -> Result<bool, Refusal> {
    let forget = treasury::Execute::ForgetClaim {
        provider: id.provider,
        programme: id.programme,
        period: id.period,
    };
    let answer = env.call(TREASURY, &codec::encode(&forget))?;
    Ok(codec::decode::<treasury::Forgotten>(&answer)?.all)
}

/// An entry of the due-queue: what a payment file had in it goes when the act is gone.
pub fn ordered<E: Env>(
    env: &mut E,
    payer: OrgId,
    message_id: MessageId,
    act: ActId,
) -> Result<(), Refusal> {
    if state::find_act(env, &act)?.is_some() {
        let due = DueEntry::ForgetOrdered {
            payer,
            message_id,
            act,
        };
        schedule(env, due, Act::AGAIN_MS);
    } else {
        state::delete_ordered(env, payer, &message_id, &act);
    }
    Ok(())
}
