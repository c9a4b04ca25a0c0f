//! The guards.

use senim_abi::voucher::{Rules, Service, Status, Voucher};
use senim_sdk::{CallContext, Caller, Refusal, ensure};
use senim_types::{Code, OrgId, TimeMs, Tiyn};

/// Rules within their ranges.
pub fn check(rules: &Rules) -> Result<(), Refusal> {
    let in_range = rules.price_max != Tiyn::ZERO
        && rules.uses_per_day_max > 0
        && (1..=Rules::VALIDITY_MS_MAX).contains(&rules.validity_ms_max)
        && rules.dispute_ms <= Rules::DISPUTE_MS_MAX
        && rules.offsets.is_valid();
    ensure(in_range, Code::OUT_OF_RANGE)
}

/// A payer commands its own programmes only; a genesis those of all.
pub fn acts_for(context: &CallContext, payer: OrgId) -> Result<(), Refusal> {
    let is_payer = context.caller == Caller::Ledger || context.org == payer;
    ensure(is_payer, Code::NOT_AUTHORISED)
}

/// A voucher's end lies ahead, within the programme's validity.
pub fn ends_in_range(rules: &Rules, now: TimeMs, until: TimeMs) -> Result<(), Refusal> {
    let ahead_ms = until.since_ms(now);
    ensure(
        (1..=rules.validity_ms_max).contains(&ahead_ms),
        Code::OUT_OF_RANGE,
    )
}

/// A voucher that may be used now. One that is spent is refused for its price, as one with too little left.
pub fn is_usable(voucher: &Voucher, now: TimeMs) -> Result<(), Refusal> {
    match voucher.status(now) {
        Status::Active | Status::Spent => Ok(()),
        Status::Expired => Err(Refusal::new(Code::VOUCHER_EXPIRED)),
        Status::Revoked => Err(Refusal::new(Code::VOUCHER_REVOKED)),
    }
}

/// The place is served, and this organisation's terminals are the ones that serve it.
pub fn serves(service: Option<Service>, org: OrgId, now: TimeMs) -> Result<Service, Refusal> {
    let service = service.filter(|service| now < service.until);
    let service = service.ok_or(Refusal::new(Code::NOT_WHITELISTED))?;
    ensure(service.terminals == org, Code::WRONG_PLACE)?;
    Ok(service)
}

/// The price is one that the programme pays, once more today, out of what is left.
pub fn pays(rules: &Rules, voucher: &Voucher, day: u64, price: Tiyn) -> Result<(), Refusal> {
    ensure(price != Tiyn::ZERO, Code::AMOUNT_ZERO)?;
    ensure(price <= rules.price_max, Code::PRICE_ABOVE_CAP)?;
    ensure(
        voucher.uses_on(day) < rules.uses_per_day_max,
        Code::DAILY_LIMIT,
    )?;
    ensure(price <= voucher.left, Code::INSUFFICIENT)
}
