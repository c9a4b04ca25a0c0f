//! How a voucher is backed, changed, and ends. Its money is locked from its issue to its end.

use crate::contract::emit;
use crate::judge::Case;
use crate::{list, rules, state};
use senim_abi::policy::{Act, Facts};
use senim_abi::treasury::msg::BudgetAnswer;
use senim_abi::treasury::{BudgetId, BudgetStanding};
use senim_abi::voucher::Asked;
use senim_abi::voucher::record::Programme;
use senim_abi::voucher::{
    DueEntry, Entry, ProgrammeId, Settings, Standing, Status, Voucher, VoucherEvent, VoucherId,
};
use senim_abi::{TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure, refuse};
use senim_types::{Code, OrgId, PublicKey, TimeMs, Tiyn};

/// Issues a voucher for somebody who need not be asked.
pub fn issue<E: Env>(
    env: &mut E,
    context: &CallContext,
    (programme, index): (ProgrammeId, u16),
    holder: Option<PublicKey>,
    entry: &Entry,
) -> Result<VoucherId, Refusal> {
    let (id, now) = (programme, env.now());
    let programme = list::open_programme(env, id)?;
    rules::acts_for(context, programme.payer)?;
    // Who has to be asked, or counted once, comes by the list.
    let settings = &programme.settings;
    let asks = settings.portal.is_some() || settings.exclusion.is_some();
    ensure(!asks, Code::CONSENT_REQUIRED)?;
    rules::entry(entry, now)?;
    let voucher = VoucherId(env.hash(&VoucherId::preimage(&context.transaction, index)));
    let is_new = state::find_voucher(env, &voucher)?.is_none();
    ensure(is_new, Code::VOUCHER_EXISTS)?;
    let mut record = list::begin(id, programme.version, entry, now);
    record.holder = holder;
    list::schedule_end(env, voucher, entry.until);
    open(env, voucher, record, &programme)?;
    Ok(voucher)
}

/// The payer opens a voucher whose person consented when there was no money.
pub fn open_later<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: VoucherId,
) -> Result<(), Refusal> {
    let voucher = state::voucher(env, &id)?;
    let programme = list::open_programme(env, voucher.programme)?;
    rules::acts_for(context, programme.payer)?;
    let waits = voucher.status(env.now()) == Status::Consented;
    ensure(waits, Code::VOUCHER_STATE)?;
    open(env, id, voucher, &programme)
}

/// Whether the programme's line is open and has this much.
pub fn has_money<E: Env>(env: &mut E, settings: &Settings, amount: Tiyn) -> Result<bool, Refusal> {
    let question = treasury::Query::Budget {
        budget: settings.budget,
    };
    let answer: BudgetAnswer = codec::decode(&env.query(TREASURY, &codec::encode(&question))?)?;
    Ok(answer.is_some_and(|line| {
        line.standing == BudgetStanding::Open && line.available().0 >= u128::from(amount.0)
    }))
}

/// Backs a voucher: it has money from now on, and is active, or waits to be activated.
pub fn open<E: Env>(
    env: &mut E,
    id: VoucherId,
    mut voucher: Voucher,
    programme: &Programme,
) -> Result<(), Refusal> {
    let settings = &programme.settings;
    let now = env.now();
    voucher.issued_at = now;
    let facts = judged(env, id, &voucher, settings, Act::Issue)?;
    lock(env, settings.budget, voucher.amount)?;
    let (of, version) = (voucher.programme, voucher.version);
    voucher.standing = match settings.activation {
        Some(_) => Standing::Issued,
        None => Standing::Active,
    };
    state::save_voucher(env, &id, voucher);
    let event = VoucherEvent::Issued {
        voucher: id,
        programme: of,
        version,
        facts,
    };
    emit(env, &event);
    if let Some(window) = &settings.activation {
        list::ask(env, id, of, Asked::Activation, window);
    }
    Ok(())
}

/// The policy's yes to an act that is not at a place, with the facts that it judged.
pub fn judged<E: Env>(
    env: &mut E,
    id: VoucherId,
    voucher: &Voucher,
    settings: &Settings,
    act: Act,
) -> Result<Facts, Refusal> {
    let case = Case {
        id,
        voucher,
        settings,
    };
    let facts = case.facts_anywhere(act, env.now());
    case.decide(env, &facts)?;
    Ok(facts)
}

fn lock<E: Env>(env: &mut E, budget: BudgetId, amount: Tiyn) -> Result<(), Refusal> {
    let lock = treasury::Execute::Lock { budget, amount };
    env.call(TREASURY, &codec::encode(&lock)).map(|_| ())
}

/// More money, or a later end.
pub fn top_up<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: VoucherId,
    amount: Tiyn,
    until: TimeMs,
) -> Result<(), Refusal> {
    let (mut voucher, programme) = commanded(env, context, &id)?;
    let now = env.now();
    rules::is_live(&voucher, now)?;
    let later = until >= voucher.until && rules::ends_in_range(now, until);
    ensure(later, Code::OUT_OF_RANGE)?;
    if until > voucher.until {
        list::schedule_end(env, id, until);
    }
    voucher.until = until;
    let act = Act::TopUp { amount };
    let facts = judged(env, id, &voucher, &programme.settings, act)?;
    if amount != Tiyn::ZERO {
        lock(env, programme.settings.budget, amount)?;
    }
    let overflow = Code::AMOUNT_OVERFLOW;
    voucher.amount = voucher.amount.checked_add(amount).ok_or(overflow)?;
    voucher.left = voucher.left.checked_add(amount).ok_or(overflow)?;
    let event = VoucherEvent::ToppedUp {
        voucher: id,
        programme: voucher.programme,
        version: voucher.version,
        facts,
        until,
    };
    state::save_voucher(env, &id, voucher);
    emit(env, &event);
    Ok(())
}

/// The voucher may be used elsewhere.
pub fn move_to<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: VoucherId,
    place: Option<OrgId>,
) -> Result<(), Refusal> {
    let (mut voucher, _) = commanded(env, context, &id)?;
    ensure(!voucher.standing.has_ended(), Code::VOUCHER_STATE)?;
    ensure(place != Some(OrgId(0)), Code::OUT_OF_RANGE)?;
    voucher.place = place;
    state::save_voucher(env, &id, voucher);
    emit(env, &VoucherEvent::Moved { voucher: id, place });
    Ok(())
}

/// Not to be used until the payer says so, or so no longer.
pub fn suspend<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: VoucherId,
    suspended: bool,
) -> Result<(), Refusal> {
    let (mut voucher, programme) = commanded(env, context, &id)?;
    let (from, to) = if suspended {
        (Standing::Active, Standing::Suspended)
    } else {
        (Standing::Suspended, Standing::Active)
    };
    if voucher.standing == to {
        return Ok(());
    }
    rules::is_live(&voucher, env.now())?;
    ensure(voucher.standing == from, Code::VOUCHER_STATE)?;
    if suspended {
        // Whoever could suspend for ever what is the person's would take it back at its end.
        judged(env, id, &voucher, &programme.settings, Act::Revoke)?;
        if voucher.mature_at > env.now() {
            let due = DueEntry::Resume { voucher: id };
            env.schedule(voucher.mature_at, &codec::encode(&due));
        }
    }
    voucher.standing = to;
    state::save_voucher(env, &id, voucher);
    let event = VoucherEvent::Suspended {
        voucher: id,
        suspended,
    };
    emit(env, &event);
    Ok(())
}

/// The due-queue: a voucher that was suspended is mature. It can be used again, unless its policy lets the payer take it back
/// all the same.
pub fn resume<E: Env>(env: &mut E, id: VoucherId) -> Result<(), Refusal> {
    let mut voucher = state::voucher(env, &id)?;
    if voucher.standing != Standing::Suspended || env.now() >= voucher.until {
        return Ok(());
    }
    let settings = state::programme(env, voucher.programme)?.settings;
    let case = Case {
        id,
        voucher: &voucher,
        settings: &settings,
    };
    if case.allows(env, Act::Revoke)? {
        return Ok(());
    }
    voucher.standing = Standing::Active;
    state::save_voucher(env, &id, voucher);
    let event = VoucherEvent::Suspended {
        voucher: id,
        suspended: false,
    };
    emit(env, &event);
    Ok(())
}

/// The person's key, from now on.
pub fn bind<E: Env>(env: &mut E, id: VoucherId, holder: PublicKey) -> Result<(), Refusal> {
    let mut voucher = state::voucher(env, &id)?;
    ensure(!voucher.standing.has_ended(), Code::VOUCHER_STATE)?;
    if voucher.holder == Some(holder) {
        return Ok(());
    }
    voucher.holder = Some(holder);
    // Whoever has the old key, or a code that it made, can do nothing any more.
    voucher.delegation = None;
    state::save_voucher(env, &id, voucher);
    emit(env, &VoucherEvent::Bound { voucher: id });
    Ok(())
}

/// Takes a voucher back.
pub fn revoke<E: Env>(env: &mut E, context: &CallContext, id: VoucherId) -> Result<(), Refusal> {
    let (voucher, programme) = commanded(env, context, &id)?;
    match voucher.status(env.now()) {
        Status::Revoked => return Ok(()),
        Status::Expired => refuse::<Refusal>(Code::VOUCHER_EXPIRED)?,
        Status::Declined | Status::Lapsed => refuse::<Refusal>(Code::VOUCHER_STATE)?,
        _ => {}
    }
    let settings = &programme.settings;
    // What has no money yet is nobody's.
    if voucher.standing.is_backed() {
        judged(env, id, &voucher, settings, Act::Revoke)?;
    }
    end(env, id, voucher, settings, Standing::Revoked)
}

/// A voucher that the payer commands, with its programme.
fn commanded<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: &VoucherId,
) -> Result<(Voucher, Programme), Refusal> {
    let voucher = state::voucher(env, id)?;
    let programme = state::programme(env, voucher.programme)?;
    rules::acts_for(context, programme.payer)?;
    Ok((voucher, programme))
}

/// The due-queue: its time is over. What is left returns, and the record goes when disputes are over.
pub fn sweep<E: Env>(env: &mut E, id: VoucherId) -> Result<(), Refusal> {
    let voucher = state::voucher(env, &id)?;
    // It got a later end since.
    if env.now() < voucher.until {
        return Ok(());
    }
    let programme = state::programme(env, voucher.programme)?;
    let settings = &programme.settings;
    if !voucher.standing.has_ended() {
        end(env, id, voucher, settings, Standing::Swept)?;
    }
    let forget_at = TimeMs(env.now().0.saturating_add(settings.dispute_ms));
    let due = DueEntry::Forget { voucher: id };
    env.schedule(forget_at, &codec::encode(&due));
    Ok(())
}

/// Ends a voucher: what is left returns to the budget line, and the person may get another of the group.
pub fn end<E: Env>(
    env: &mut E,
    id: VoucherId,
    mut voucher: Voucher,
    settings: &Settings,
    standing: Standing,
) -> Result<(), Refusal> {
    let returned = if voucher.standing.is_backed() {
        voucher.left
    } else {
        Tiyn::ZERO
    };
    if returned != Tiyn::ZERO {
        let unlock = treasury::Execute::Unlock {
            budget: settings.budget,
            amount: returned,
        };
        env.call(TREASURY, &codec::encode(&unlock))?;
    }
    if let (Some(group), Some(nullifier)) = (settings.exclusion, voucher.nullifier) {
        state::set_live(env, group, &nullifier, None);
    }
    voucher.left = Tiyn::ZERO;
    voucher.delegation = None;
    voucher.standing = standing;
    let event = VoucherEvent::Ended {
        voucher: id,
        programme: voucher.programme,
        standing,
        returned,
    };
    state::save_voucher(env, &id, voucher);
    emit(env, &event);
    Ok(())
}
