//! A look at the medicine data after the hold: nothing moves, and everybody who may read the ledger can see that it was.

use crate::contract::emit;
use crate::issue::check_mask;
use crate::state;
use senim_abi::prescription::{GroupId, ItemMask, Look, LookReason, PrescriptionEvent};
use senim_sdk::{CallContext, Env, Refusal, ensure};
use senim_types::Code;

/// Records a look. The group's latest step stays what it was: looking at a prescription keeps it from no deadline.
pub fn look<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: GroupId,
    items: ItemMask,
    reason: LookReason,
) -> Result<(), Refusal> {
    let (mut group, now) = (state::group(env, &id)?, env.now());
    check_mask(&group, items)?;
    let rules = state::rules(env, group.programme, group.version)?;
    let (org, dispute_ms) = (context.org, rules.dispute_ms);
    let may = |index| group.may_look(index, org, now, dispute_ms);
    ensure(items.indices().all(may), Code::LOOK_REFUSED)?;
    group.looks.add(Look {
        org,
        items,
        at: now,
    });
    let event = PrescriptionEvent::Looked {
        group: id,
        issuer: group.issuer,
        items,
        org,
        reason,
        number: group.looks.count,
    };
    state::keep_group(env, &id, group);
    emit(env, &event);
    Ok(())
}
