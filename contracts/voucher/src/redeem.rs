//! A use: one voucher, one price, paid at once.

use crate::contract::emit;
use crate::{rules, state};
use senim_abi::voucher::msg::Redeemed;
use senim_abi::voucher::{LastUse, VoucherEvent, VoucherId};
use senim_abi::{TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, Tiyn};

/// Uses the voucher: one read and one write of it, and a payment out of what is locked for it.
pub fn redeem<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: VoucherId,
    price: Tiyn,
) -> Result<Redeemed, Refusal> {
    let (mut voucher, now) = (state::voucher(env, &id)?, env.now());
    rules::is_usable(&voucher, now)?;
    let programme = state::programme(env, voucher.programme)?;
    ensure(programme.rules.open, Code::PROGRAMME_UNKNOWN)?;
    let service = state::service(env, voucher.programme, voucher.place)?;
    let service = rules::serves(service, context.org, now)?;
    let day = programme.rules.offsets.day_of(now);
    rules::pays(&programme.rules, &voucher, day, price)?;

    let overflow = Refusal::new(Code::AMOUNT_OVERFLOW);
    let number = voucher.uses.checked_add(1).ok_or(overflow)?;
    let spend = treasury::Execute::Spend {
        id: env.hash(&id.use_preimage(number)),
        budget: programme.rules.budget,
        provider: service.provider,
        amount: price,
        reference: id.0,
    };
    env.call(TREASURY, &codec::encode(&spend))?;

    let left = voucher.left.checked_sub(price);
    voucher.left = left.ok_or(Refusal::new(Code::INSUFFICIENT))?;
    voucher.uses = number;
    voucher.last_use = Some(LastUse {
        day,
        count: voucher.uses_on(day).saturating_add(1),
    });
    let event = VoucherEvent::Redeemed {
        voucher: id,
        programme: voucher.programme,
        place: voucher.place,
        provider: service.provider,
        number,
        day,
        price,
        left: voucher.left,
    };
    let left = voucher.left;
    state::save_voucher(env, &id, voucher);
    emit(env, &event);
    Ok(Redeemed { number, left })
}
