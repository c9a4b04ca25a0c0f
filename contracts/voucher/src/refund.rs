//! A use that was a mistake is undone: the wrong person, or a meal that was not served.
//!
//! The policy is not asked, and that a voucher is mature is no hindrance: the money goes back to the person, not to the payer.

use crate::contract::emit;
use crate::{rules, state, tally};
use senim_abi::voucher::record::RecentUse;
use senim_abi::voucher::{Settings, Voucher, VoucherEvent, VoucherId};
use senim_abi::{TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::Code;

/// Undoes a use. That it was undone before is known as long as the use is.
pub fn refund<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: VoucherId,
    number: u32,
) -> Result<(), Refusal> {
    let mut voucher = state::voucher(env, &id)?;
    let index = voucher.recent.iter().position(|used| used.number == number);
    let index = index.ok_or(Code::USE_UNKNOWN)?;
    let used = voucher.recent[index];
    rules::took(&used, context.org)?;
    if used.refunded {
        return Ok(());
    }
    rules::is_live(&voucher, env.now())?;
    let in_time = env.now().since_ms(used.at) <= RecentUse::REFUND_MS_MAX;
    ensure(in_time, Code::REFUND_TOO_LATE)?;
    let settings = state::programme(env, voucher.programme)?.settings;
    give_back(env, id, &settings, &used)?;
    let with_its_person = used.counts_person && !hand_person_over(&mut voucher, &used);
    let key = (voucher.programme, used.place, used.day);
    tally::uncount(env, &settings, key, used.paid, with_its_person)?;
    uncount(&mut voucher, index)?;
    let event = VoucherEvent::Refunded {
        voucher: id,
        programme: voucher.programme,
        refunded: voucher.recent[index],
        org: context.org,
        left: voucher.left,
    };
    state::save_voucher(env, &id, voucher);
    emit(env, &event);
    Ok(())
}

/// The provider's claim pays the voucher back.
fn give_back<E: Env>(
    env: &mut E,
    id: VoucherId,
    settings: &Settings,
    used: &RecentUse,
) -> Result<(), Refusal> {
    let unspend = treasury::Execute::Unspend {
        id: env.hash(&id.use_preimage(used.number)),
        budget: settings.budget,
        provider: used.provider,
        amount: used.paid,
        reference: id.0,
        period: used.period,
        vat_basis_points: used.vat_basis_points,
    };
    env.call(TREASURY, &codec::encode(&unspend)).map(|_| ())
}

/// Another use of the person's at the same place and day counts the person from now on, if there is one.
fn hand_person_over(voucher: &mut Voucher, used: &RecentUse) -> bool {
    let other = voucher.recent.iter_mut().find(|other| {
        let stands = !other.refunded && other.number != used.number && !other.counts_person;
        stands && other.place == used.place && other.day == used.day
    });
    if let Some(other) = other {
        other.counts_person = true;
        return true;
    }
    false
}

/// The voucher as if the use had not been.
fn uncount(voucher: &mut Voucher, index: usize) -> Result<(), Refusal> {
    let used = &mut voucher.recent[index];
    used.refunded = true;
    used.counts_person = false;
    let used = *used;
    let overflow = Code::AMOUNT_OVERFLOW;
    voucher.left = voucher.left.checked_add(used.paid).ok_or(overflow)?;
    voucher.uses = voucher.uses.checked_sub(1).ok_or(Code::CORRUPT_RECORD)?;
    voucher.refunds = voucher.refunds.checked_add(1).ok_or(overflow)?;
    voucher.last_use = voucher
        .last_use
        .map(|last| last.without(used.day, used.paid));
    if let (true, Some(delegation)) = (used.delegated, voucher.delegation.as_mut()) {
        delegation.bounds.uses = delegation.bounds.uses.saturating_add(1);
    }
    Ok(())
}
