//! A use: one voucher, what is bought, paid at once.

use crate::contract::emit;
use crate::judge::Case;
use crate::proof::{self, Proven, Terminal, Use};
use crate::tally::{self, Counted};
use crate::{rules, state};
use alloc::vec::Vec;
use senim_abi::policy::{Act, Clock, Facts, Line, Place, Terms};
use senim_abi::voucher::msg::Redeemed;
use senim_abi::voucher::record::{LastUse, RecentUse};
use senim_abi::voucher::{ProgrammeId, Proof, Service, Settings, Voucher, VoucherEvent, VoucherId};
use senim_abi::{TREASURY, treasury};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure};
use senim_types::{Code, OrgId, TimeMs, Tiyn};

/// What is to be bought, where, and who stands there.
pub struct Order {
    pub voucher: VoucherId,
    pub place: OrgId,
    pub lines: Vec<Line>,
    pub proof: Proof,
}

/// A use that may be: nothing of it is done yet.
pub struct Judged {
    /// The voucher after it.
    voucher: Voucher,
    /// Which use of the voucher it is, from 1.
    number: u32,
    /// Whose terminal takes it.
    by: OrgId,
    /// When the person was served, as far as that is to be believed.
    pub served_at: TimeMs,
    /// Whether a delegate uses it.
    delegated: bool,
    /// What the policy judged.
    facts: Facts,
    /// On which terms.
    pub terms: Terms,
}

/// Uses the voucher.
pub fn redeem<E: Env>(
    env: &mut E,
    context: &CallContext,
    order: Order,
) -> Result<Redeemed, Refusal> {
    let id = order.voucher;
    let voucher = state::voucher(env, &id)?;
    let settings = state::programme(env, voucher.programme)?.settings;
    let terminal = Terminal::of(env, context)?;
    let service = state::service(env, voucher.programme, order.place)?;
    let judged = judge(env, terminal, order, (voucher, &settings), service)?;
    pay(env, id, &settings, judged)
}

/// Whether this use of a voucher may be, at this terminal and time.
pub fn judge<E: Env>(
    env: &mut E,
    terminal: Terminal,
    order: Order,
    (mut voucher, settings): (Voucher, &Settings),
    service: Option<Service>,
) -> Result<Judged, Refusal> {
    let id = order.voucher;
    rules::is_usable(&voucher, terminal.at)?;
    let of = voucher.programme;
    ensure(settings.open, Code::PROGRAMME_UNKNOWN)?;
    let service = rules::serves(service, terminal.org, terminal.at)?;
    rules::is_here(&voucher, order.place)?;
    rules::lines(&order.lines)?;
    let shown = Use {
        id,
        voucher: &voucher,
        settings,
        lines: &order.lines,
        terminal,
    };
    let proven = proof::check(env, &shown, &order.proof)?;

    let clock = settings.clock(terminal.at);
    let act = Act::Redeem {
        lines: listed(env, of, order.lines)?,
        proof: proven.kind,
    };
    let case = Case {
        id,
        voucher: &voucher,
        settings,
    };
    let place = at(env, of, order.place, &service, &clock)?;
    let delegated = proven.delegation.map(|delegation| delegation.bounds);
    let facts = case.facts(act, terminal.at, place, delegated);
    let terms = case.decide(env, &facts)?;
    let number = used(&mut voucher, &clock, &terms, &proven)?;
    Ok(Judged {
        voucher,
        number,
        by: terminal.org,
        served_at: terminal.at,
        delegated: proven.delegation.is_some(),
        facts,
        terms,
    })
}

/// Pays a use and counts it.
pub fn pay<E: Env>(
    env: &mut E,
    id: VoucherId,
    settings: &Settings,
    judged: Judged,
) -> Result<Redeemed, Refusal> {
    let Judged {
        mut voucher,
        number,
        by,
        served_at,
        delegated,
        facts,
        terms,
    } = judged;
    let place = facts.place;
    let spend = treasury::Execute::Spend {
        id: env.hash(&id.use_preimage(number)),
        budget: settings.budget,
        provider: place.provider,
        amount: terms.pays,
        reference: id.0,
        served_at,
    };
    let spent: treasury::Spent = codec::decode(&env.call(TREASURY, &codec::encode(&spend))?)?;
    let (programme, version, left) = (voucher.programme, voucher.version, voucher.left);
    let day = facts.clock.day;
    let counted = Counted {
        provider: place.provider,
        pays: terms.pays,
        // Who may be served anywhere may have been counted elsewhere.
        is_another_person: voucher.uses_on(day) == 1 || voucher.place.is_none(),
        open: place.open,
    };
    if voucher.recent.len() == RecentUse::KNOWN_MAX {
        voucher.recent.remove(0);
    }
    voucher.recent.push(RecentUse {
        number,
        day,
        place: place.place,
        provider: place.provider,
        by,
        paid: terms.pays,
        at: env.now(),
        period: spent.period,
        vat_basis_points: spent.vat_basis_points,
        counts_person: counted.is_another_person,
        delegated,
        refunded: false,
    });
    tally::count(env, settings, (programme, place.place, day), &counted)?;
    state::save_voucher(env, &id, voucher);
    let event = VoucherEvent::Redeemed {
        voucher: id,
        programme,
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

/// The lines with what the programme's list says of each product: the narrowest of what it has, a substance before the ATC
/// groups that it is in.
fn listed<E: Env>(
    env: &E,
    programme: ProgrammeId,
    mut lines: Vec<Line>,
) -> Result<Vec<Line>, Refusal> {
    for line in &mut lines {
        line.listing = None;
        for product in line.product.listed_as() {
            line.listing = state::listing(env, programme, &product)?;
            if line.listing.is_some() {
                break;
            }
        }
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
    ensure(terms.pays <= voucher.left, Code::INSUFFICIENT)?;
    voucher.left = Tiyn(voucher.left.0.saturating_sub(terms.pays.0));
    let overflow = Code::AMOUNT_OVERFLOW;
    voucher.uses = voucher.uses.checked_add(1).ok_or(overflow)?;
    // With all that were undone it has to fit, too: the number of a use is of both.
    voucher.uses.checked_add(voucher.refunds).ok_or(overflow)?;
    let counted = LastUse::with(voucher.last_use, clock.day, terms.pays);
    voucher.last_use = Some(counted.ok_or(overflow)?);
    if let (Some(_), Some(delegation)) = (proven.delegation, voucher.delegation.as_mut()) {
        delegation.bounds.uses = delegation.bounds.uses.saturating_sub(1);
    }
    if let Some(at) = proven.stated_at {
        voucher.stated_at = at;
    }
    Ok(voucher.last_number())
}
