//! Payments that wait for the report of a pack's movement: posted when the gap closes, put before a person after seven days,
//! or where they cannot be posted.

use crate::contract::emit;
use crate::dispense::transfer_id;
use crate::state;
use senim_abi::marking::msg as marking;
use senim_abi::prescription::due::DueEntry;
use senim_abi::prescription::record::{Overdue, OverdueReason};
use senim_abi::prescription::{Dispense, Group, GroupId, Money, PrescriptionEvent, Rules};
use senim_abi::{MARKING, TREASURY, treasury};
use senim_sdk::{Env, Refusal, codec, ensure, refuse};
use senim_types::{Code, TimeMs};

/// Asks the due-queue for another look.
pub fn check_later<E: Env>(env: &mut E, group: GroupId, dispense: u8, now: TimeMs) {
    look_later(env, now, DueEntry::Movement { group, dispense });
}

fn look_later<E: Env>(env: &mut E, now: TimeMs, look: DueEntry) {
    let at = TimeMs(now.0.saturating_add(Rules::MOVEMENT_CHECK_MS));
    env.schedule(at, &codec::encode(&look));
}

/// Posts a pending payment if every pack's movement is reported; what is posted already is no
/// error.
pub fn settle<E: Env>(env: &mut E, id: GroupId, number: u8) -> Result<(), Refusal> {
    let group = state::group(env, &id)?;
    let dispense = group
        .dispenses
        .get(usize::from(number))
        .ok_or(Code::DISPENSE_UNKNOWN)?
        .clone();
    match dispense.money {
        Money::Posted => Ok(()),
        Money::None | Money::Reversed => refuse(Code::WRONG_STATE),
        Money::Pending => {
            ensure(are_movements_reported(env, &dispense)?, Code::PACK_NOT_HERE)?;
            post(env, id, group, number, &dispense)
        }
    }
}

/// What a look at a pending payment comes after.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// A movement that was missing.
    Movement,
    /// An entry that was to post it.
    Post,
}

/// An entry of the due-queue: a day later the payment is pending still. It is posted once the movements are reported; what
/// cannot be posted then, and what is not reported in time, is put before a person, and tried on until the reservation ends.
pub fn look_again<E: Env>(
    env: &mut E,
    id: GroupId,
    number: u8,
    after: After,
) -> Result<(), Refusal> {
    let Some((_, dispense)) = still_pending(env, id, number)? else {
        return Ok(());
    };
    let now = env.now();
    let waited_ms = now.since_ms(dispense.at);
    if are_movements_reported(env, &dispense)? {
        if after == After::Post || waited_ms >= Rules::PENDING_MS_MAX {
            put_before_a_person(env, id, number, &dispense, OverdueReason::Refused)?;
        }
        if waited_ms < Rules::PENDING_MS_MAX {
            let post = DueEntry::Post {
                group: id,
                dispense: number,
            };
            env.schedule(now, &codec::encode(&post));
            look_later(
                env,
                now,
                DueEntry::Unpaid {
                    group: id,
                    dispense: number,
                },
            );
        }
        return Ok(());
    }
    if waited_ms >= Rules::MOVEMENT_MS_MAX {
        put_before_a_person(env, id, number, &dispense, OverdueReason::Movement)?;
    }
    if waited_ms < Rules::PENDING_MS_MAX {
        check_later(env, id, number, now);
    }
    Ok(())
}

/// An entry of the due-queue that posts what is pending.
pub fn post_pending<E: Env>(env: &mut E, id: GroupId, number: u8) -> Result<(), Refusal> {
    match still_pending(env, id, number)? {
        Some((group, dispense)) => post(env, id, group, number, &dispense),
        None => Ok(()),
    }
}

/// The dispense, unless its payment was resolved meanwhile, one way or the other.
fn still_pending<E: Env>(
    env: &E,
    id: GroupId,
    number: u8,
) -> Result<Option<(Group, Dispense)>, Refusal> {
    let Some(group) = state::find_group(env, &id)? else {
        return Ok(None);
    };
    let dispense = group.dispenses.get(usize::from(number)).cloned();
    let dispense = dispense.filter(|dispense| dispense.money == Money::Pending);
    Ok(dispense.map(|dispense| (group, dispense)))
}

/// Lists a payment that does not come by itself, and why not; told once, and again where the reason is another one.
fn put_before_a_person<E: Env>(
    env: &mut E,
    id: GroupId,
    number: u8,
    dispense: &Dispense,
    reason: OverdueReason,
) -> Result<(), Refusal> {
    let known = state::overdue(env, &id, number)?;
    if known.is_some_and(|known| known.reason == reason) {
        return Ok(());
    }
    let overdue = Overdue {
        org: dispense.org,
        dispensed_at: dispense.at,
        reason,
    };
    state::set_overdue(env, &id, number, Some(overdue));
    let event = PrescriptionEvent::PaymentOverdue {
        group: id,
        org: dispense.org,
        dispense: number,
        reason,
    };
    emit(env, &event);
    Ok(())
}

fn are_movements_reported<E: Env>(env: &mut E, dispense: &Dispense) -> Result<bool, Refusal> {
    let packs = dispense.packs.iter().map(|pack| pack.pack).collect();
    let question = marking::Query::MovementsReported { packs };
    codec::decode(&env.query(MARKING, &codec::encode(&question))?)
}

fn post<E: Env>(
    env: &mut E,
    id: GroupId,
    mut group: Group,
    number: u8,
    dispense: &Dispense,
) -> Result<(), Refusal> {
    let transfer = transfer_id(env, id, number);
    let amount = dispense.borne;
    let message = treasury::Execute::Post {
        id: transfer,
        amount,
        served_at: dispense.at,
    };
    env.call(TREASURY, &codec::encode(&message))?;
    group.dispenses[usize::from(number)].money = Money::Posted;
    state::save_group(env, &id, group);
    if state::overdue(env, &id, number)?.is_some() {
        state::set_overdue(env, &id, number, None);
    }
    let org = dispense.org;
    emit(
        env,
        &PrescriptionEvent::Settled {
            group: id,
            org,
            dispense: number,
            amount,
        },
    );
    Ok(())
}
