//! The guards of the contract's own. What a programme allows, its policy says.

use senim_abi::policy::measure::WHOLE;
use senim_abi::policy::{Line, Listing};
use senim_abi::voucher::Arms;
use senim_abi::voucher::msg::{BATCH_MAX, Channel};
use senim_abi::voucher::record::RecentUse;
use senim_abi::voucher::{Entry, Service, Settings, Status, Voucher, Window};
use senim_sdk::{CallContext, Caller, Refusal, Roles, ensure, refuse};
use senim_types::{Code, OrgId, TimeMs, Tiyn};

/// A frame within its ranges.
pub fn settings(settings: &Settings) -> Result<(), Refusal> {
    let in_range = settings.dispute_ms <= Settings::DISPUTE_MS_MAX
        && (1..=Settings::PROOF_MS_MAX).contains(&settings.proof_ms_max)
        && settings.offsets.is_valid()
        && window(&settings.consent)
        && settings.activation.as_ref().is_none_or(window)
        && settings.arms.as_ref().is_none_or(arms)
        // Who is in which arm follows from a nullifier.
        && (settings.arms.is_none() || settings.exclusion.is_some())
        && settings.office.is_some() == settings.portal.is_some()
        && settings.offline.is_none_or(|bounds| bounds.is_valid())
        && (!settings.attendance || settings.dispute_ms >= Settings::DISPUTE_MS_MIN_WITH_ATTENDANCE);
    ensure(in_range, Code::OUT_OF_RANGE)
}

fn window(window: &Window) -> bool {
    window.remind_ms < window.lapse_ms && window.lapse_ms <= Settings::WINDOW_MS_MAX
}

fn arms(arms: &Arms) -> bool {
    (2..=Arms::ARMS_MAX).contains(&arms.weights.len())
        && arms.weights.iter().all(|weight| *weight > 0)
}

/// A listing with a price and a pack.
pub fn listing(listing: &Listing) -> Result<(), Refusal> {
    let share = listing
        .share_basis_points
        .is_none_or(|share| (1..=WHOLE).contains(&share));
    let in_range = listing.price_max != Tiyn::ZERO && listing.units_per_pack > 0 && share;
    ensure(in_range, Code::OUT_OF_RANGE)
}

/// A message that is not too long, and not empty.
pub fn batch(count: usize) -> Result<(), Refusal> {
    ensure((1..=BATCH_MAX).contains(&count), Code::OUT_OF_RANGE)
}

/// A payer commands its own programmes only; a genesis those of all.
pub fn acts_for(context: &CallContext, payer: OrgId) -> Result<(), Refusal> {
    let is_payer = context.caller == Caller::Ledger || context.org == payer;
    ensure(is_payer, Code::NOT_AUTHORISED)
}

/// Whoever the programme names for it.
pub fn is_named(context: &CallContext, named: Option<OrgId>) -> Result<(), Refusal> {
    ensure(named == Some(context.org), Code::NOT_AUTHORISED)
}

/// Who may bring an answer of this channel.
pub fn brings(
    context: &CallContext,
    channel: Channel,
    portal: OrgId,
    place: Option<OrgId>,
) -> Result<(), Refusal> {
    let may = match channel {
        Channel::Sms => context.org == portal,
        Channel::Wallet => context.roles.contains(Roles::WALLET_SERVICE),
        Channel::ServiceCentre => context.roles.contains(Roles::SERVICE_CENTRE),
        Channel::School => place == Some(context.org),
    };
    ensure(may, Code::NOT_AUTHORISED)
}

/// A voucher with money, for a place or none, that ends ahead.
pub fn entry(entry: &Entry, now: TimeMs) -> Result<(), Refusal> {
    ensure(entry.amount != Tiyn::ZERO, Code::AMOUNT_ZERO)?;
    let in_range = entry.place != Some(OrgId(0)) && ends_in_range(now, entry.until);
    ensure(in_range, Code::OUT_OF_RANGE)
}

/// An end ahead, and not farther than any voucher's.
pub fn ends_in_range(now: TimeMs, until: TimeMs) -> bool {
    (1..=Settings::VALIDITY_MS_MAX).contains(&until.since_ms(now))
}

/// A voucher that may be used now. One that is spent is refused for its price, as one with too little left.
pub fn is_usable(voucher: &Voucher, now: TimeMs) -> Result<(), Refusal> {
    match voucher.status(now) {
        Status::Active | Status::Spent => Ok(()),
        Status::Expired => refuse(Code::VOUCHER_EXPIRED),
        Status::Revoked => refuse(Code::VOUCHER_REVOKED),
        Status::Issued => refuse(Code::NOT_ACTIVATED),
        _ => refuse(Code::VOUCHER_STATE),
    }
}

/// A voucher that has money and has not ended.
pub fn is_live(voucher: &Voucher, now: TimeMs) -> Result<(), Refusal> {
    match voucher.status(now) {
        Status::Issued | Status::Active | Status::Spent | Status::Suspended => Ok(()),
        Status::Expired => refuse(Code::VOUCHER_EXPIRED),
        Status::Revoked => refuse(Code::VOUCHER_REVOKED),
        _ => refuse(Code::VOUCHER_STATE),
    }
}

/// The place is served, and this organisation's terminals are the ones that serve it.
pub fn serves(service: Option<Service>, org: OrgId, now: TimeMs) -> Result<Service, Refusal> {
    let service = service.ok_or(Refusal::new(Code::NOT_WHITELISTED))?;
    ensure(now < service.until, Code::NOT_WHITELISTED)?;
    ensure(service.terminals == org, Code::WRONG_PLACE)?;
    Ok(service)
}

/// A use is undone by whose terminal took it, or by who is paid for it.
pub fn took(used: &RecentUse, org: OrgId) -> Result<(), Refusal> {
    let theirs = used.by == org || used.provider == org;
    ensure(theirs, Code::NOT_REDEEMED_HERE)
}

/// The voucher may be used at this place.
pub fn is_here(voucher: &Voucher, place: OrgId) -> Result<(), Refusal> {
    ensure(
        voucher.place.is_none_or(|only| only == place),
        Code::WRONG_PLACE,
    )
}

/// The voucher can be used at this place and no other.
pub fn is_bound_to(voucher: &Voucher, place: OrgId) -> Result<(), Refusal> {
    ensure(voucher.place == Some(place), Code::WRONG_PLACE)
}

/// Something is bought, for something.
pub fn lines(lines: &[Line]) -> Result<(), Refusal> {
    let counted = (1..=Line::LINES_MAX).contains(&lines.len());
    let well_formed = lines
        .iter()
        .all(|line| line.units > 0 && line.listing.is_none());
    ensure(counted && well_formed, Code::OUT_OF_RANGE)?;
    let priced = lines.iter().all(|line| line.price != Tiyn::ZERO);
    ensure(priced, Code::AMOUNT_ZERO)
}
