//! What happens to keys: registered, bound, blocked, ended, forgotten.

use crate::contract::emit;
use crate::{rules, state};
use alloc::vec::Vec;
use senim_abi::card::{CardEvent, CardKey, Category, DueEntry, ProgrammeId};
use senim_abi::prescription::GroupId;
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, PublicKey, TimeMs};

/// Registers keys, and asks to be reminded when they may be forgotten.
pub fn register<E: Env>(
    env: &mut E,
    context: &CallContext,
    keys: &[PublicKey],
    category: Category,
    entitled_until: TimeMs,
) -> Result<(), Refusal> {
    rules::check_count(keys)?;
    rules::check_entitlement(category, entitled_until, env.now())?;
    let new = CardKey {
        issuer: context.org,
        category,
        entitled_until,
        blocked: false,
        bound: None,
    };
    let mut added = Vec::new();
    for key in keys {
        match state::find(env, key)? {
            None => {
                state::save(env, key, new);
                added.push(*key);
            }
            Some(known) => {
                let is_same = (known.issuer, known.category, known.entitled_until)
                    == (new.issuer, new.category, new.entitled_until);
                ensure(is_same, Code::CARD_KEY_EXISTS)?;
            }
        }
    }
    let Some(first) = added.first().copied() else {
        return Ok(());
    };
    let event = CardEvent::Registered {
        issuer: context.org,
        category,
        entitled_until,
        count: added.len() as u16,
    };
    state::save_batch(env, &first, added);
    let due = DueEntry::Forget { batch: first };
    let forget_at = TimeMs(entitled_until.0.saturating_add(CardKey::KEPT_MS));
    env.schedule(forget_at, &codec::encode(&due));
    emit(env, &event);
    Ok(())
}

/// Blocks keys of a lost card.
pub fn block<E: Env>(
    env: &mut E,
    context: &CallContext,
    keys: &[PublicKey],
) -> Result<(), Refusal> {
    rules::check_count(keys)?;
    for key in keys {
        let mut record = state::key(env, key)?;
        rules::is_issuer(context, &record)?;
        if !record.blocked {
            record.blocked = true;
            state::save(env, key, record);
            emit(env, &CardEvent::Blocked { key: *key });
        }
    }
    Ok(())
}

/// Ends an entitlement earlier than it was registered.
pub fn end<E: Env>(
    env: &mut E,
    context: &CallContext,
    keys: &[PublicKey],
    at: TimeMs,
) -> Result<(), Refusal> {
    rules::check_count(keys)?;
    for key in keys {
        let mut record = state::key(env, key)?;
        rules::is_issuer(context, &record)?;
        // A longer entitlement is proven anew, and has keys of its own.
        ensure(at <= record.entitled_until, Code::OUT_OF_RANGE)?;
        if at < record.entitled_until {
            record.entitled_until = at;
            state::save(env, key, record);
            emit(env, &CardEvent::Ended { key: *key, at });
        }
    }
    Ok(())
}

/// Writes a key into a prescription, for ever.
pub fn bind<E: Env>(
    env: &mut E,
    key: &PublicKey,
    group: GroupId,
    programme: ProgrammeId,
) -> Result<(), Refusal> {
    let mut record = state::key(env, key)?;
    let categories = state::categories(env, programme)?;
    rules::is_good(&record, categories, env.now())?;
    rules::serves(&record, group)?;
    if record.bound.is_none() {
        record.bound = Some(group);
        state::save(env, key, record);
        emit(env, &CardEvent::Bound { key: *key, group });
    }
    Ok(())
}

/// Forgets a batch of keys: whatever they were for cannot be disputed any more.
pub fn forget<E: Env>(env: &mut E, batch: &PublicKey) -> Result<(), Refusal> {
    let keys = state::take_batch(env, batch)?;
    let count = keys.len() as u16;
    emit(env, &CardEvent::Forgotten { count });
    Ok(())
}
