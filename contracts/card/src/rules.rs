//! The guards.

use senim_abi::card::msg::KEYS_MAX;
use senim_abi::card::{CardKey, Category};
use senim_abi::prescription::GroupId;
use senim_sdk::{CallContext, Refusal, ensure};
use senim_types::{Code, PublicKey, TimeMs};

/// At least one key, and not more than one message may name.
pub fn check_count(keys: &[PublicKey]) -> Result<(), Refusal> {
    ensure((1..=KEYS_MAX).contains(&keys.len()), Code::TOO_MANY_ITEMS)
}

/// A category of the list, and an end that lies ahead, not too far.
pub fn check_entitlement(category: Category, until: TimeMs, now: TimeMs) -> Result<(), Refusal> {
    ensure(category.0 <= Category::MAX, Code::OUT_OF_RANGE)?;
    let ahead_ms = until.since_ms(now);
    ensure(
        (1..=CardKey::AHEAD_MS_MAX).contains(&ahead_ms),
        Code::OUT_OF_RANGE,
    )
}

/// Whose key it is: the service centre's that registered it.
pub fn is_issuer(context: &CallContext, key: &CardKey) -> Result<(), Refusal> {
    ensure(context.org == key.issuer, Code::NOT_AUTHORISED)
}

/// A key that proves something now, under a programme that serves these categories.
pub fn is_good(key: &CardKey, categories: u32, now: TimeMs) -> Result<(), Refusal> {
    ensure(!key.blocked, Code::CARD_BLOCKED)?;
    ensure(now < key.entitled_until, Code::ENTITLEMENT_ENDED)?;
    ensure(key.category.is_in(categories), Code::CARD_CATEGORY)
}

/// A key serves one prescription.
pub fn serves(key: &CardKey, group: GroupId) -> Result<(), Refusal> {
    let is_free = key.bound.is_none_or(|bound| bound == group);
    ensure(is_free, Code::CARD_KEY_USED)
}
