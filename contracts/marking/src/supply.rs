//! Dispensing a pack and undoing it: what the prescription contract calls.

use crate::rules::{self, Input};
use crate::state;
use alloc::vec::Vec;
use senim_abi::marking::event::MarkingEvent;
use senim_abi::marking::msg::{PackView, RestoreLine, SUPPLY_LINES_MAX, SuppliedLine, SupplyLine};
use senim_abi::marking::record::{Opened, Settings};
use senim_abi::marking::{Batch, Pack, PackCode, PackState, Product};
use senim_sdk::{Env, Refusal, ensure};
use senim_types::{Code, OrgId, TimeMs, Tiyn};

/// A pack that may be dispensed, with what belongs to it.
struct Suppliable {
    pack: Pack,
    batch: Batch,
    product: Product,
}

/// The guards of a supply, in the order in which a forgery shows: does the pack exist, is it the
/// one in the register (lot, expiry), where is it, and is its batch still good.
fn suppliable<E: Env>(
    env: &E,
    code: &PackCode,
    place: OrgId,
    settings: &Settings,
    now: TimeMs,
) -> Result<Suppliable, Refusal> {
    let pack = state::pack(env, &code.id())?;
    let Some(lot) = pack.lot else {
        return Err(Refusal::new(Code::PACK_UNKNOWN));
    };
    ensure(lot == code.lot, Code::PACK_LOT_MISMATCH)?;
    let batch = state::batch(env, code.gtin, &lot)?;
    ensure(
        batch.expiry == Some(code.expiry),
        Code::PACK_EXPIRY_MISMATCH,
    )?;
    rules::next(
        pack.state,
        Input::Supply {
            at: place,
            is_last: false,
        },
    )?;
    rules::check_overlays(&batch, settings, now)?;
    let product = state::product(env, code.gtin)?;
    Ok(Suppliable {
        pack,
        batch,
        product,
    })
}

/// EU FMD's *verify*.
pub fn verify<E: Env>(env: &E, code: &PackCode, place: OrgId) -> Result<PackView, Refusal> {
    let settings = state::settings(env)?;
    let Suppliable {
        pack,
        batch,
        product,
    } = suppliable(env, code, place, &settings, env.now())?;
    Ok(PackView {
        pack,
        batch: Some(batch),
        product,
    })
}

/// Dispenses the lines one after another; a pack may stand in several of them.
pub fn supply<E: Env>(
    env: &mut E,
    place: OrgId,
    lines: &[SupplyLine],
) -> Result<Vec<SuppliedLine>, Refusal> {
    ensure(
        (1..=SUPPLY_LINES_MAX).contains(&lines.len()),
        Code::TOO_MANY_ITEMS,
    )?;
    let (settings, now) = (state::settings(env)?, env.now());
    lines
        .iter()
        .map(|line| supply_line(env, place, line, &settings, now))
        .collect()
}

fn supply_line<E: Env>(
    env: &mut E,
    place: OrgId,
    line: &SupplyLine,
    settings: &Settings,
    now: TimeMs,
) -> Result<SuppliedLine, Refusal> {
    let Suppliable {
        mut pack, product, ..
    } = suppliable(env, &line.pack, place, settings, now)?;
    ensure(line.price <= product.price_cap, Code::PRICE_ABOVE_CAP)?;
    let opened = pack.opened.unwrap_or(Opened {
        units_left: product.units_per_pack,
        price: line.price,
        charged: Tiyn::ZERO,
        supplied_at: now,
        awaited: rules::awaited_of(&pack, place),
    });
    ensure(opened.price == line.price, Code::PACK_PRICE_CHANGED)?;
    ensure(line.units > 0, Code::OUT_OF_RANGE)?;
    let enough = line.units <= opened.units_left;
    ensure(enough, Code::PACK_UNITS_EXCEEDED)?;
    let units_left = opened.units_left.saturating_sub(line.units);
    let is_last = units_left == 0;
    let cost = rules::cost_of_part(
        opened.price,
        opened.charged,
        line.units,
        product.units_per_pack,
        is_last,
    )?;
    let charged = opened
        .charged
        .checked_add(cost)
        .ok_or(Code::AMOUNT_OVERFLOW)?;
    pack.state = rules::next(pack.state, Input::Supply { at: place, is_last })?;
    pack.opened = Some(Opened {
        units_left,
        charged,
        supplied_at: now,
        ..opened
    });
    state::save_pack(env, &line.pack.id(), pack);
    Ok(SuppliedLine {
        inn: product.inn,
        strength: product.strength,
        form: product.form,
        unit: product.unit,
        cost,
        movement_missing: opened.awaited.is_some(),
    })
}

/// Undoes the lines of one dispensing.
pub fn restore<E: Env>(env: &mut E, place: OrgId, lines: &[RestoreLine]) -> Result<(), Refusal> {
    ensure(
        (1..=SUPPLY_LINES_MAX).contains(&lines.len()),
        Code::TOO_MANY_ITEMS,
    )?;
    let (settings, now) = (state::settings(env)?, env.now());
    lines
        .iter()
        .try_for_each(|line| restore_line(env, place, line, &settings, now))
}

fn restore_line<E: Env>(
    env: &mut E,
    place: OrgId,
    line: &RestoreLine,
    settings: &Settings,
    now: TimeMs,
) -> Result<(), Refusal> {
    let mut pack = state::pack(env, &line.pack)?;
    let (Some(lot), Some(opened)) = (pack.lot, pack.opened) else {
        return Err(Refusal::new(Code::PACK_WRONG_STATE));
    };
    let product = state::product(env, line.pack.gtin)?;
    let units_left = if line.left {
        opened.units_left
    } else {
        opened.units_left + line.units
    };
    ensure(units_left <= product.units_per_pack, Code::OUT_OF_RANGE)?;
    let is_whole = units_left == product.units_per_pack;
    let input = Input::Restore {
        at: place,
        left: line.left,
        is_whole,
        awaited: opened.awaited,
    };
    let before = pack.state;
    pack.state = rules::next(before, input)?;
    ensure(
        now.since_ms(opened.supplied_at) <= settings.restore_ms_max,
        Code::REVERSAL_TOO_LATE,
    )?;
    let batch = state::batch(env, line.pack.gtin, &lot)?;
    rules::check_overlays(&batch, settings, now)?;
    // Units that left are used up and stay charged to their pack; only the money comes back.
    let returned = if line.left { Tiyn::ZERO } else { line.cost };
    ensure(returned <= opened.charged, Code::OUT_OF_RANGE)?;
    let charged = opened.charged.checked_sub(returned).unwrap_or_default();
    pack.opened = match pack.state {
        PackState::Active { .. } | PackState::Introduced { .. } => None,
        _ => Some(Opened {
            units_left,
            charged,
            ..opened
        }),
    };
    if pack.state != before && matches!(pack.state, PackState::Quarantine { .. }) {
        emit(env, &MarkingEvent::Quarantined { pack: line.pack });
    }
    state::save_pack(env, &line.pack, pack);
    Ok(())
}

/// Emits an event of this contract.
pub fn emit<E: Env>(env: &mut E, event: &MarkingEvent) {
    let body = senim_sdk::codec::encode(event);
    env.emit(
        event.kind(),
        senim_abi::marking::event::EVENT_VERSION,
        &body,
    );
}
