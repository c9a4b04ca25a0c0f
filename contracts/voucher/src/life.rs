//! How a voucher begins and ends. Its money is locked from the one to the other.

use crate::contract::emit;
use crate::{rules, state};
use senim_abi::voucher::{
    DueEntry, ProgrammeId, Rules, Standing, Voucher, VoucherEvent, VoucherId,
};
use senim_abi::{TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, OrgId, PublicKey, TimeMs, Tiyn};

/// What is to be issued.
pub struct Order {
    pub index: u16,
    pub programme: ProgrammeId,
    pub holder: PublicKey,
    pub place: OrgId,
    pub amount: Tiyn,
    pub until: TimeMs,
}

/// Issues a voucher and locks its money.
pub fn issue<E: Env>(
    env: &mut E,
    context: &CallContext,
    order: &Order,
) -> Result<VoucherId, Refusal> {
    let programme = state::programme(env, order.programme)?;
    rules::acts_for(context, programme.payer)?;
    ensure(programme.rules.open, Code::PROGRAMME_UNKNOWN)?;
    ensure(order.place != OrgId(0), Code::OUT_OF_RANGE)?;
    rules::ends_in_range(&programme.rules, env.now(), order.until)?;
    let id = VoucherId(env.hash(&VoucherId::preimage(&context.transaction, order.index)));
    let is_new = state::find_voucher(env, &id)?.is_none();
    ensure(is_new, Code::VOUCHER_EXISTS)?;
    let lock = treasury::Execute::Lock {
        budget: programme.rules.budget,
        amount: order.amount,
    };
    env.call(TREASURY, &codec::encode(&lock))?;
    let voucher = Voucher {
        programme: order.programme,
        holder: order.holder,
        place: order.place,
        until: order.until,
        left: order.amount,
        uses: 0,
        last_use: None,
        standing: Standing::Active,
    };
    state::save_voucher(env, &id, voucher);
    let due = DueEntry::Sweep { voucher: id };
    env.schedule(order.until, &codec::encode(&due));
    let event = VoucherEvent::Issued {
        voucher: id,
        programme: order.programme,
        place: order.place,
        amount: order.amount,
        until: order.until,
    };
    emit(env, &event);
    Ok(id)
}

/// Takes a voucher back.
pub fn revoke<E: Env>(env: &mut E, context: &CallContext, id: VoucherId) -> Result<(), Refusal> {
    let voucher = state::voucher(env, &id)?;
    let programme = state::programme(env, voucher.programme)?;
    rules::acts_for(context, programme.payer)?;
    match voucher.standing {
        Standing::Revoked => Ok(()),
        Standing::Swept => Err(Refusal::new(Code::VOUCHER_EXPIRED)),
        Standing::Active => end(env, id, voucher, &programme.rules, Standing::Revoked),
    }
}

/// Its time is over: what is left returns, and the record goes when disputes are over.
pub fn sweep<E: Env>(env: &mut E, id: VoucherId) -> Result<(), Refusal> {
    let voucher = state::voucher(env, &id)?;
    let programme = state::programme(env, voucher.programme)?;
    let forget_at = TimeMs(env.now().0.saturating_add(programme.rules.dispute_ms));
    if voucher.standing == Standing::Active {
        end(env, id, voucher, &programme.rules, Standing::Swept)?;
    }
    let due = DueEntry::Forget { voucher: id };
    env.schedule(forget_at, &codec::encode(&due));
    Ok(())
}

fn end<E: Env>(
    env: &mut E,
    id: VoucherId,
    mut voucher: Voucher,
    rules: &Rules,
    standing: Standing,
) -> Result<(), Refusal> {
    let returned = voucher.left;
    if returned != Tiyn::ZERO {
        let unlock = treasury::Execute::Unlock {
            budget: rules.budget,
            amount: returned,
        };
        env.call(TREASURY, &codec::encode(&unlock))?;
    }
    voucher.left = Tiyn::ZERO;
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
