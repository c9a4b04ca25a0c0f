//! The holder lets another key collect, within bounds, and takes that back.

use crate::contract::emit;
use crate::issue::check_mask;
use crate::rules::{self, Input};
use crate::{proofs, state};
use senim_abi::prescription::{Delegation, Group, GroupId, PrescriptionEvent, Rules};
use senim_abi::proof::HolderAct;
use senim_sdk::{Env, Refusal, ensure};
use senim_types::{Code, TimeMs};

/// Puts a delegation in the place of the one before; none takes that back.
pub fn delegate<E: Env>(
    env: &mut E,
    id: GroupId,
    at: TimeMs,
    delegation: Option<Delegation>,
) -> Result<(), Refusal> {
    let (mut group, now) = (state::group(env, &id)?, env.now());
    let act = HolderAct::Delegate {
        group: id,
        at,
        delegation,
    };
    let by_holder = proofs::is_by_holder(env, &group.holder, &act);
    ensure(by_holder, Code::HOLDER_NOT_SIGNED)?;
    if (group.delegated_at, group.delegation) == (at, delegation) {
        return Ok(());
    }
    // Whoever kept an earlier statement could otherwise bring back what was taken back.
    ensure(at > group.delegated_at, Code::STATEMENT_REPLAYED)?;
    let rules = state::rules(env, group.programme, group.version)?;
    let is_recent =
        at.since_ms(now) <= Rules::CLOCK_AHEAD_MS_MAX && now.since_ms(at) <= rules.proof_ms_max;
    ensure(is_recent, Code::STATEMENT_WINDOW)?;
    if let Some(delegation) = &delegation {
        check_bounds(&group, delegation, now)?;
    }
    (group.delegation, group.delegated_at) = (delegation, at);
    state::save_group(env, &id, group);
    let event = PrescriptionEvent::Delegated {
        group: id,
        delegation,
    };
    emit(env, &event);
    Ok(())
}

/// Items that something can still be collected of, until the last of their windows ends at most.
fn check_bounds(group: &Group, delegation: &Delegation, now: TimeMs) -> Result<(), Refusal> {
    check_mask(group, delegation.items)?;
    // A delegate with the holder's own key could not be told from the holder.
    ensure(delegation.key != group.holder, Code::OUT_OF_RANGE)?;
    let mut end = now;
    for index in delegation.items.indices() {
        let status = group.status(index, now).ok_or(Code::PRESCRIPTION_UNKNOWN)?;
        rules::next(status, Input::Delegate)?;
        end = end.max(group.items[index].until);
    }
    let is_within = now < delegation.until && delegation.until <= end;
    ensure(is_within, Code::OUT_OF_RANGE)
}
