//! A pharmacy's exclusive hold: taken, lengthened, given back.

use crate::card;
use crate::contract::emit;
use crate::issue::check_mask;
use crate::judged::Case;
use crate::proofs::{self, HoldRequest};
use crate::rules::{self, Input, held_by};
use crate::state;
use senim_abi::policy::Judge;
use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::{
    Facts, Group, GroupId, Hold, HoldFacts, ItemMask, PrescriptionEvent, RejectReason, judge,
};
use senim_abi::proof::HeldStep;
use senim_sdk::{CallContext, Env, Refusal, ensure};
use senim_types::{Code, TimeMs};

/// Takes items into the pharmacy's hold: one read of the group, one write.
pub fn hold<E: Env>(
    env: &mut E,
    context: &CallContext,
    request: &HoldRequest,
) -> Result<(), Refusal> {
    let (mut group, now) = (state::group(env, &request.group)?, env.now());
    check_mask(&group, request.items)?;
    let programme = state::programme(env, group.programme)?;
    let case = Case::of(env, request.group, &group)?;
    state::provider(env, group.programme, context.org)?;
    let proven = proofs::signed(env, context, &group, request)?;
    let facts = HoldFacts {
        open: programme.open,
        now,
        proof: proven.kind,
        proof_ms: proven.life_ms(),
        window_until: window_until(&group, request.items),
    };
    let decision = judge::hold(&case.rules, &facts, &mut Judge::default());
    let until = case.settle(decision, || Facts::Hold(facts))?;
    proofs::is_fresh(env, &group, &proven)?;
    if proven.used == ProofUsed::Card {
        card::is_good(env, &group)?;
    }
    for index in request.items.indices() {
        let status = group.status(index, now).ok_or(Code::PRESCRIPTION_UNKNOWN)?;
        let item = &group.items[index];
        rules::next(
            status,
            Input::Hold {
                holder: held_by(&group, index, context.org, now),
                is_early: now < item.not_before,
                is_marked: item.cancel_requested,
            },
        )?;
    }

    for hold in &mut group.holds {
        hold.items = hold.items.without(request.items);
    }
    let items = request.items;
    let (org, key) = (context.org, request.hold_key);
    group.holds.push(Hold {
        items,
        org,
        key,
        since: now,
        until,
    });
    if let Some((at, _)) = proven.window {
        group.last_proof_at = at;
    }
    // Who holds is given the medicine data: the first look.
    group.looks.count_one();
    let event = PrescriptionEvent::Held {
        group: request.group,
        issuer: group.issuer,
        items,
        org,
        until,
        proof: proven.used,
        programme: group.programme,
        version: group.version,
        facts,
    };
    state::save_group(env, &request.group, group);
    emit(env, &event);
    Ok(())
}

/// The earliest end of the items' windows.
fn window_until(group: &Group, items: ItemMask) -> TimeMs {
    let items = items.indices().filter_map(|index| group.items.get(index));
    let ends = items.map(|item| item.until);
    ends.min().unwrap_or(TimeMs(0))
}

/// Lengthens the lease of the hold that has these items.
pub fn extend<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: GroupId,
    items: ItemMask,
    until: TimeMs,
) -> Result<(), Refusal> {
    let (mut group, now) = (state::group(env, &id)?, env.now());
    check_mask(&group, items)?;
    for index in items.indices() {
        let status = group.status(index, now).ok_or(Code::PRESCRIPTION_UNKNOWN)?;
        let holder = held_by(&group, index, context.org, now);
        let is_marked = group.items[index].cancel_requested;
        rules::next(status, Input::Extend { holder, is_marked })?;
    }
    let rules = state::rules(env, group.programme, group.version)?;
    let position = group
        .holds
        .iter()
        .position(|hold| hold.items == items && now < hold.until);
    // A lease is one hold's: its items are named as they are held.
    let position = position.ok_or(Code::OUT_OF_RANGE)?;
    let hold = group.holds[position];
    proofs::check_step(
        env,
        &hold.key,
        &HeldStep::Extend {
            group: id,
            items,
            until,
        },
    )?;
    let latest = judge::lease_end(&rules, hold.since, now).min(window_until(&group, items));
    ensure(until >= hold.until && until <= latest, Code::OUT_OF_RANGE)?;
    if until > hold.until {
        group.holds[position].until = until;
        state::save_group(env, &id, group);
        emit(
            env,
            &PrescriptionEvent::Extended {
                group: id,
                items,
                until,
            },
        );
    }
    Ok(())
}

/// Gives items back undispensed: they are again what they were before the hold.
pub fn reject<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: GroupId,
    items: ItemMask,
    reason: RejectReason,
) -> Result<(), Refusal> {
    let (mut group, now) = (state::group(env, &id)?, env.now());
    check_mask(&group, items)?;
    for index in items.indices() {
        let status = group.status(index, now).ok_or(Code::PRESCRIPTION_UNKNOWN)?;
        let item = &group.items[index];
        rules::next(
            status,
            Input::Reject {
                holder: held_by(&group, index, context.org, now),
                is_begun: item.remaining < item.quantity,
                is_marked: item.cancel_requested,
            },
        )?;
    }
    check_signed(
        env,
        &group,
        items,
        now,
        &HeldStep::Reject {
            group: id,
            items,
            reason,
        },
    )?;
    for hold in &mut group.holds {
        hold.items = hold.items.without(items);
    }
    let (issuer, org) = (group.issuer, context.org);
    group.looks.forget(org);
    state::save_group(env, &id, group);
    emit(
        env,
        &PrescriptionEvent::Rejected {
            group: id,
            issuer,
            items,
            org,
            reason,
        },
    );
    Ok(())
}

/// Checks that the step is signed by the key of every hold that it touches.
pub fn check_signed<E: Env>(
    env: &E,
    group: &Group,
    items: ItemMask,
    now: TimeMs,
    step: &HeldStep,
) -> Result<(), Refusal> {
    let holds = group.holds.iter().filter(|hold| now < hold.until);
    holds
        .filter(|hold| !hold.items.and(items).is_empty())
        .try_for_each(|hold| proofs::check_step(env, &hold.key, step))
}
