//! Payments that wait for the report of a pack's movement: posted when the gap closes, put before
//! a person after seven days.

use crate::contract::emit;
use crate::dispense::transfer_id;
use crate::state;
use senim_abi::marking::msg as marking;
use senim_abi::prescription::due::DueEntry;
use senim_abi::prescription::record::Overdue;
use senim_abi::prescription::{Dispense, Group, GroupId, Money, PrescriptionEvent, Rules};
use senim_abi::{MARKING, TREASURY, treasury};
use senim_sdk::{Env, Refusal, codec, ensure, refuse};
use senim_types::{Code, TimeMs};

/// Asks the due-queue for another look.
pub fn check_later<E: Env>(env: &mut E, group: GroupId, dispense: u8, now: TimeMs) {
    let at = TimeMs(now.0.saturating_add(Rules::MOVEMENT_CHECK_MS));
    env.schedule(at, &codec::encode(&DueEntry::Movement { group, dispense }));
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

/// An entry of the due-queue.
pub fn look_again<E: Env>(env: &mut E, id: GroupId, number: u8) -> Result<(), Refusal> {
    let Some(group) = state::find_group(env, &id)? else {
        return Ok(());
    };
    let Some(dispense) = group.dispenses.get(usize::from(number)).cloned() else {
        return Ok(());
    };
    // Resolved meanwhile, one way or the other.
    if dispense.money != Money::Pending {
        return Ok(());
    }
    let now = env.now();
    if are_movements_reported(env, &dispense)? {
        post(env, id, group, number, &dispense)?;
    } else if now.since_ms(dispense.at) < Rules::MOVEMENT_MS_MAX {
        check_later(env, id, number, now);
    } else {
        let (org, dispensed_at) = (dispense.org, dispense.at);
        state::set_overdue(env, &id, number, Some(Overdue { org, dispensed_at }));
        emit(
            env,
            &PrescriptionEvent::MovementOverdue {
                group: id,
                org,
                dispense: number,
            },
        );
    }
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
    };
    env.call(TREASURY, &codec::encode(&message))?;
    group.dispenses[usize::from(number)].money = Money::Posted;
    state::save_group(env, &id, group);
    if state::is_overdue(env, &id, number) {
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
