//! Undoing a dispensing that did not take place.

use crate::contract::emit;
use crate::dispense::transfer_id;
use crate::judged::Case;
use crate::rules::{self, Input};
use crate::{proofs, state};
use senim_abi::marking::msg::{self as marking, RestoreLine};
use senim_abi::policy::Judge;
use senim_abi::prescription::{
    Dispense, Facts, GroupId, ItemMask, Money, PrescriptionEvent, ReverseFacts, judge,
};
use senim_abi::proof::HeldStep;
use senim_abi::{MARKING, TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, Tiyn};

/// Undoes a dispense: the units come back to the items, the packs to the register or into
/// quarantine, the money to its budget line.
pub fn reverse<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: GroupId,
    number: u8,
    left: ItemMask,
) -> Result<(), Refusal> {
    let (mut group, now) = (state::group(env, &id)?, env.now());
    let dispense = group.dispenses.get(usize::from(number)).cloned();
    let dispense = dispense.ok_or(Code::DISPENSE_UNKNOWN)?;
    ensure(!dispense.reversed, Code::DISPENSE_UNKNOWN)?;
    ensure(dispense.org == context.org, Code::NOT_DISPENSED_HERE)?;
    let step = HeldStep::Reverse {
        group: id,
        dispense: number,
        left,
    };
    proofs::check_step(env, &dispense.key, &step)?;
    let case = Case::of(env, id, &group)?;
    let facts = ReverseFacts {
        now,
        dispensed_at: dispense.at,
    };
    let decision = judge::reverse(&case.rules, &facts, &mut Judge::default());
    case.settle(decision, || Facts::Reverse(facts))?;
    ensure(
        ItemMask::first(dispense.packs.len()).contains(left),
        Code::OUT_OF_RANGE,
    )?;

    for pack in &dispense.packs {
        let index = usize::from(pack.item);
        let status = group.status(index, now).ok_or(Code::CORRUPT_RECORD)?;
        let item = &mut group.items[index];
        let remaining = item
            .remaining
            .checked_add(pack.units)
            .ok_or(Code::CORRUPT_RECORD)?;
        let input = Input::Restore {
            is_whole: remaining == item.quantity,
            is_marked: item.cancel_requested,
            is_over: now >= item.until,
        };
        rules::next(status, input)?;
        item.remaining = remaining;
    }
    restore_packs(env, context, &dispense, left)?;
    let returned = return_money(env, id, number, &dispense)?;
    let entry = &mut group.dispenses[usize::from(number)];
    entry.reversed = true;
    if entry.money != Money::None {
        entry.money = Money::Reversed;
    }
    let (issuer, org) = (group.issuer, context.org);
    state::save_group(env, &id, group);
    emit(
        env,
        &PrescriptionEvent::Reversed {
            group: id,
            issuer,
            org,
            dispense: number,
            left,
            returned,
            programme: case.programme,
            version: case.version,
            facts,
        },
    );
    Ok(())
}

fn restore_packs<E: Env>(
    env: &mut E,
    context: &CallContext,
    dispense: &Dispense,
    left: ItemMask,
) -> Result<(), Refusal> {
    let packs = dispense.packs.iter().enumerate();
    let lines = packs
        .map(|(position, pack)| RestoreLine {
            pack: pack.pack,
            units: pack.units,
            cost: pack.cost,
            left: left.has(position),
        })
        .collect();
    let message = marking::Execute::Restore {
        place: context.org,
        lines,
    };
    env.call(MARKING, &codec::encode(&message))?;
    Ok(())
}

/// Returns what went back to the budget line: less than was posted where a correcting act took its line off before.
fn return_money<E: Env>(
    env: &mut E,
    group: GroupId,
    number: u8,
    dispense: &Dispense,
) -> Result<Tiyn, Refusal> {
    let id = transfer_id(env, group, number);
    let returned = match dispense.money {
        Money::None | Money::Reversed => return Ok(Tiyn::ZERO),
        Money::Posted => {
            let message = treasury::Execute::Reverse { id };
            let answer = env.call(TREASURY, &codec::encode(&message))?;
            codec::decode::<treasury::Reversed>(&answer)?.amount
        }
        Money::Pending => {
            let message = treasury::Execute::Void { id };
            env.call(TREASURY, &codec::encode(&message))?;
            dispense.borne
        }
    };
    if state::overdue(env, &group, number)?.is_some() {
        state::set_overdue(env, &group, number, None);
    }
    Ok(returned)
}
