//! A use: one voucher, what is bought, paid at once.

use crate::contract::emit;
use crate::judge::{Case, clock};
use crate::proof::{self, Proven, Use};
use crate::tally::{self, Counted};
use crate::{rules, state};
use alloc::vec::Vec;
use senim_abi::policy::{Act, Clock, Line, Place, Terms};
use senim_abi::voucher::msg::Redeemed;
use senim_abi::voucher::record::LastUse;
use senim_abi::voucher::{ProgrammeId, Proof, Service, Voucher, VoucherEvent, VoucherId};
use senim_abi::{TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, OrgId};

/// What is to be bought, where, and who stands there.
pub struct Order {
    pub voucher: VoucherId,
    pub place: OrgId,
    pub lines: Vec<Line>,
    pub proof: Proof,
}

/// Uses the voucher.
pub fn redeem<E: Env>(
    env: &mut E,
    context: &CallContext,
    order: Order,
) -> Result<Redeemed, Refusal> {
    let (id, now) = (order.voucher, env.now());
    let mut voucher = state::voucher(env, &id)?;
    rules::is_usable(&voucher, now)?;
    let of = voucher.programme;
    let settings = state::programme(env, of)?.settings;
    ensure(settings.open, Code::PROGRAMME_UNKNOWN)?;
    let service = state::service(env, of, order.place)?;
    let service = rules::serves(service, context.org, now)?;
    rules::is_here(&voucher, order.place)?;
    rules::lines(&order.lines)?;
    let shown = Use {
        id,
        voucher: &voucher,
        settings: &settings,
        lines: &order.lines,
    };
    let proven = proof::check(env, context, &shown, &order.proof)?;

    let clock = clock(&settings, now);
    let act = Act::Redeem {
        lines: listed(env, of, order.lines)?,
        proof: proven.kind,
    };
    let case = Case {
        id,
        voucher: &voucher,
        settings: &settings,
    };
    let place = at(env, of, order.place, &service, &clock)?;
    let delegated = proven.delegation.map(|delegation| delegation.bounds);
    let facts = case.facts(act, now, place, delegated);
    let terms = case.decide(env, &facts)?;

    let number = used(&mut voucher, &clock, &terms, &proven)?;
    let spend = treasury::Execute::Spend {
        id: env.hash(&id.use_preimage(number)),
        budget: settings.budget,
        provider: service.provider,
        amount: terms.pays,
        reference: id.0,
    };
    env.call(TREASURY, &codec::encode(&spend))?;
    let counted = Counted {
        provider: service.provider,
        pays: terms.pays,
        // Who may be served anywhere may have been counted elsewhere.
        is_another_person: voucher.uses_on(clock.day) == 1 || voucher.place.is_none(),
        open: place.open,
    };
    tally::count(env, &settings, (of, order.place, clock.day), &counted)?;
    let (version, left) = (voucher.version, voucher.left);
    state::save_voucher(env, &id, voucher);
    let event = VoucherEvent::Redeemed {
        voucher: id,
        programme: of,
        version,
        number,
        facts,
        terms,
    };
    emit(env, &event);
    Ok(Redeemed {
        number,
        pays: terms.pays,
        bears: terms.bears,
        left,
    })
}

/// The lines with what the programme's list says of each product.
fn listed<E: Env>(
    env: &E,
    programme: ProgrammeId,
    mut lines: Vec<Line>,
) -> Result<Vec<Line>, Refusal> {
    for line in &mut lines {
        line.listing = state::listing(env, programme, &line.product)?;
    }
    Ok(lines)
}

/// The place, with whether its calendar says that it is open.
fn at<E: Env>(
    env: &E,
    programme: ProgrammeId,
    place: OrgId,
    service: &Service,
    clock: &Clock,
) -> Result<Place, Refusal> {
    Ok(Place {
        place,
        provider: service.provider,
        region: service.region,
        open: tally::is_open(env, programme, place, clock.day)?,
    })
}

/// Takes the price off the voucher and counts the use. The number of this use, from 1.
fn used(
    voucher: &mut Voucher,
    clock: &Clock,
    terms: &Terms,
    proven: &Proven,
) -> Result<u32, Refusal> {
    let left = voucher.left.checked_sub(terms.pays);
    voucher.left = left.ok_or(Refusal::new(Code::INSUFFICIENT))?;
    let overflow = Code::AMOUNT_OVERFLOW;
    voucher.uses = voucher.uses.checked_add(1).ok_or(overflow)?;
    let (this_month, spent) = voucher.uses_in(clock.month());
    voucher.last_use = Some(LastUse {
        day: clock.day,
        today: voucher.uses_on(clock.day).saturating_add(1),
        this_month: this_month.saturating_add(1),
        spent_this_month: spent.checked_add(terms.pays).ok_or(overflow)?,
    });
    if let (Some(_), Some(delegation)) = (proven.delegation, voucher.delegation.as_mut()) {
        delegation.bounds.uses = delegation.bounds.uses.saturating_sub(1);
    }
    if let Some(at) = proven.stated_at {
        voucher.stated_at = at;
    }
    Ok(voucher.uses)
}
