//! Dispatch, and one handler per message.

use crate::rules::{self, By, Input};
use crate::state;
use crate::supply::{self, emit};
use alloc::vec::Vec;
use senim_abi::PRESCRIPTION;
use senim_abi::marking::event::MarkingEvent;
use senim_abi::marking::msg::{PACKS_MAX, PackView, SUPPLY_LINES_MAX};
use senim_abi::marking::record::{Opened, Settings};
use senim_abi::marking::{
    Batch, BatchMark, Day, Execute, Exit, Genesis, Gtin, Lot, Pack, PackId, PackState, Product,
    Query, Serial, Stage,
};
use senim_sdk::{CallContext, Caller, Entry, Env, Outcome, Refusal, Roles, codec, ensure};
use senim_types::{Code, OrgId};

/// The contract's only way in.
pub fn run<E: Env>(env: &mut E, entry: Entry, input: &[u8]) -> Outcome {
    match entry {
        Entry::Execute => {
            let message = codec::decode(input)?;
            let context = env.context();
            check_caller(&context, &message)?;
            execute(env, &context, message)
        }
        Entry::Query => query(env, codec::decode(input)?),
        Entry::Genesis => genesis(env, codec::decode(input)?),
        // The first version: there is nothing to migrate from, and nothing is ever scheduled.
        Entry::Migrate | Entry::Due => Err(Refusal::new(Code::BAD_ENTRY)),
    }
}

fn genesis<E: Env>(env: &mut E, Genesis(messages): Genesis) -> Outcome {
    let context = env.context();
    for message in messages {
        ensure(!is_supply(&message), Code::NOT_AUTHORISED)?;
        execute(env, &context, message)?;
    }
    Ok(Vec::new())
}

fn execute<E: Env>(env: &mut E, context: &CallContext, message: Execute) -> Outcome {
    match message {
        Execute::SetSettings { settings } => set_settings(env, settings)?,
        Execute::SetProduct { gtin, product } => set_product(env, gtin, product)?,
        Execute::MarkBatch { gtin, lot, mark } => mark_batch(env, gtin, lot, mark)?,
        Execute::Emit { gtin, serials } => give_out(env, gtin, serials)?,
        Execute::Introduce {
            gtin,
            lot,
            expiry,
            serials,
            at,
            stage,
        } => {
            introduce(
                env,
                Introduction {
                    gtin,
                    lot,
                    expiry,
                    serials,
                    at,
                    stage,
                },
            )?;
        }
        Execute::Ship { packs, to } => ship(env, context, packs, to)?,
        Execute::Receive { packs } => {
            let is_pharmacy = context.roles.intersects(Roles::PHARMACY);
            move_all(
                env,
                &packs,
                Input::Receive {
                    by: context.org,
                    is_pharmacy,
                },
            )?;
            emit(env, &MarkingEvent::Received { packs });
        }
        Execute::Reserve { packs } => move_all(env, &packs, Input::Reserve { by: context.org })?,
        Execute::Release { packs } => move_all(env, &packs, Input::Release { by: context.org })?,
        Execute::Remove { packs, exit } => remove(env, context, packs, exit)?,
        Execute::Supply { place, lines } => {
            return Ok(codec::encode(&supply::supply(env, place, &lines)?));
        }
        Execute::Restore { place, lines } => supply::restore(env, place, &lines)?,
        Execute::Prune { packs } => prune(env, &packs)?,
    }
    Ok(Vec::new())
}

/// Authority is by immediate caller: only the prescription contract dispenses, and it does nothing
/// else here. Which devices may call the other methods is the registry's, by role.
fn check_caller(context: &CallContext, message: &Execute) -> Result<(), Refusal> {
    let is_allowed = match context.caller {
        Caller::Contract(contract) => is_supply(message) && contract == PRESCRIPTION,
        Caller::Device => !is_supply(message),
        Caller::Ledger => false,
    };
    ensure(is_allowed, Code::NOT_AUTHORISED)
}

fn is_supply(message: &Execute) -> bool {
    matches!(message, Execute::Supply { .. } | Execute::Restore { .. })
}

fn check_count(count: usize) -> Result<(), Refusal> {
    ensure((1..=PACKS_MAX).contains(&count), Code::TOO_MANY_ITEMS)
}

fn set_settings<E: Env>(env: &mut E, settings: Settings) -> Result<(), Refusal> {
    ensure(settings.offsets.is_valid(), Code::OUT_OF_RANGE)?;
    state::save_settings(env, settings);
    Ok(())
}

fn set_product<E: Env>(env: &mut E, gtin: Gtin, product: Product) -> Result<(), Refusal> {
    ensure(rules::is_valid_product(&product), Code::OUT_OF_RANGE)?;
    if let Some(old) = state::find_product(env, gtin)? {
        ensure(
            rules::is_same_medicine(&old, &product),
            Code::PRODUCT_EXISTS,
        )?;
    }
    state::save_product(env, gtin, product.clone());
    emit(env, &MarkingEvent::ProductSet { gtin, product });
    Ok(())
}

fn mark_batch<E: Env>(env: &mut E, gtin: Gtin, lot: Lot, mark: BatchMark) -> Result<(), Refusal> {
    let unknown = Batch {
        expiry: None,
        recalled_at: None,
        withdrawn_at: None,
    };
    let mut batch = state::find_batch(env, gtin, &lot)?.unwrap_or(unknown);
    let now = env.now();
    let marked_at = match mark {
        BatchMark::Recalled => &mut batch.recalled_at,
        BatchMark::Withdrawn => &mut batch.withdrawn_at,
    };
    // The first mark counts: saying it again is no error and moves no date.
    if marked_at.is_none() {
        *marked_at = Some(now);
        state::save_batch(env, gtin, &lot, batch);
        emit(env, &MarkingEvent::BatchMarked { gtin, lot, mark });
    }
    Ok(())
}

fn give_out<E: Env>(env: &mut E, gtin: Gtin, serials: Vec<Serial>) -> Result<(), Refusal> {
    check_count(serials.len())?;
    state::product(env, gtin)?;
    for serial in &serials {
        let id = PackId {
            gtin,
            serial: *serial,
        };
        match state::find_pack(env, &id)? {
            Some(pack) => ensure(pack.state == PackState::Emitted, Code::PACK_EXISTS)?,
            None => state::save_pack(env, &id, EMITTED),
        }
    }
    emit(env, &MarkingEvent::Emitted { gtin, serials });
    Ok(())
}

const EMITTED: Pack = Pack {
    lot: None,
    state: PackState::Emitted,
    opened: None,
};

struct Introduction {
    gtin: Gtin,
    lot: Lot,
    expiry: Day,
    serials: Vec<Serial>,
    at: OrgId,
    stage: Stage,
}

fn introduce<E: Env>(env: &mut E, message: Introduction) -> Result<(), Refusal> {
    let Introduction {
        gtin,
        lot,
        expiry,
        serials,
        at,
        stage,
    } = message;
    check_count(serials.len())?;
    ensure(at.0 != 0, Code::OUT_OF_RANGE)?;
    let product = state::product(env, gtin)?;
    ensure(product.marketed, Code::PACK_WITHDRAWN)?;
    open_batch(env, gtin, &lot, expiry)?;
    for serial in &serials {
        let id = PackId {
            gtin,
            serial: *serial,
        };
        let pack = state::find_pack(env, &id)?.unwrap_or(EMITTED);
        ensure(pack.lot.is_none_or(|known| known == lot), Code::PACK_EXISTS)?;
        let next = rules::next(pack.state, Input::Introduce { at, stage })?;
        if next != pack.state {
            state::save_pack(
                env,
                &id,
                Pack {
                    lot: Some(lot),
                    state: next,
                    opened: None,
                },
            );
        }
    }
    emit(
        env,
        &MarkingEvent::Introduced {
            gtin,
            lot,
            expiry,
            serials,
            at,
            stage,
        },
    );
    Ok(())
}

/// The first pack of a batch fixes its expiry for ever; packs of a batch that is no longer good are
/// not put into circulation. That is also why a forgotten serial cannot return.
fn open_batch<E: Env>(env: &mut E, gtin: Gtin, lot: &Lot, expiry: Day) -> Result<(), Refusal> {
    let known = state::find_batch(env, gtin, lot)?;
    let unknown = Batch {
        expiry: None,
        recalled_at: None,
        withdrawn_at: None,
    };
    let batch = Batch {
        expiry: Some(expiry),
        ..known.unwrap_or(unknown)
    };
    let fixed = known.and_then(|known| known.expiry);
    ensure(
        fixed.is_none_or(|fixed| fixed == expiry),
        Code::PACK_EXPIRY_MISMATCH,
    )?;
    rules::check_overlays(&batch, &state::settings(env)?, env.now())?;
    if fixed.is_none() {
        state::save_batch(env, gtin, lot, batch);
    }
    Ok(())
}

/// One input for many packs; what is unchanged is not written.
fn move_all<E: Env>(env: &mut E, packs: &[PackId], input: Input) -> Result<(), Refusal> {
    check_count(packs.len())?;
    packs.iter().try_for_each(|id| {
        let pack = state::pack(env, id)?;
        move_one(env, id, pack, input)
    })
}

fn move_one<E: Env>(env: &mut E, id: &PackId, pack: Pack, input: Input) -> Result<(), Refusal> {
    let next = rules::next(pack.state, input)?;
    if next != pack.state {
        state::save_pack(
            env,
            id,
            Pack {
                state: next,
                ..pack
            },
        );
    }
    Ok(())
}

fn ship<E: Env>(
    env: &mut E,
    context: &CallContext,
    packs: Vec<PackId>,
    to: OrgId,
) -> Result<(), Refusal> {
    check_count(packs.len())?;
    ensure(to.0 != 0, Code::OUT_OF_RANGE)?;
    let for_all = context.roles.intersects(Roles::MARKING_OPERATOR);
    let by = By {
        org: context.org,
        for_all,
    };
    for id in &packs {
        let pack = state::pack(env, id)?;
        match pack.opened {
            Some(opened)
                if opened
                    .awaited
                    .is_some_and(|holder| for_all || holder == by.org) =>
            {
                report_movement(env, id, pack, opened, to);
            }
            _ => move_one(env, id, pack, Input::Ship { by, to })?,
        }
    }
    emit(env, &MarkingEvent::Shipped { packs, to });
    Ok(())
}

/// The report of a movement that was missing when the pack was dispensed. It closes the gap if it
/// leads to the pharmacy that dispensed; else the next holder's report is awaited.
fn report_movement<E: Env>(env: &mut E, id: &PackId, pack: Pack, opened: Opened, to: OrgId) {
    let is_here = match pack.state {
        PackState::Supplied { at } | PackState::SuppliedPart { at } => at == to,
        PackState::Quarantine { at } => at == to,
        // The rest of an opened pack was destroyed, stolen or the like.
        PackState::Exported { by } | PackState::Sample { by } | PackState::Locked { by } => {
            by == to
        }
        PackState::Stolen { by } | PackState::Destroyed { by } => by == to,
        _ => false,
    };
    let awaited = if is_here { None } else { Some(to) };
    state::save_pack(
        env,
        id,
        Pack {
            opened: Some(Opened { awaited, ..opened }),
            ..pack
        },
    );
    if is_here {
        emit(env, &MarkingEvent::MovementClosed { pack: *id });
    }
}

fn remove<E: Env>(
    env: &mut E,
    context: &CallContext,
    packs: Vec<PackId>,
    exit: Exit,
) -> Result<(), Refusal> {
    let for_all = context.roles.intersects(Roles::REGULATOR);
    let by = By {
        org: context.org,
        for_all,
    };
    move_all(env, &packs, Input::Remove { by, exit })?;
    emit(env, &MarkingEvent::Removed { packs, exit });
    Ok(())
}

/// A supplied pack leaves a tombstone until its expiry, or its serial could be used again.
fn prune<E: Env>(env: &mut E, packs: &[PackId]) -> Result<(), Refusal> {
    check_count(packs.len())?;
    let (settings, now) = (state::settings(env)?, env.now());
    for id in packs {
        // Asking again for what is forgotten already is no error.
        let Some(pack) = state::find_pack(env, id)? else {
            continue;
        };
        let is_awaited = pack.opened.is_some_and(|opened| opened.awaited.is_some());
        ensure(
            rules::is_final(pack.state) && !is_awaited,
            Code::PACK_WRONG_STATE,
        )?;
        let lot = pack.lot.ok_or(Code::CORRUPT_RECORD)?;
        let expiry = state::batch(env, id.gtin, &lot)?
            .expiry
            .ok_or(Code::CORRUPT_RECORD)?;
        ensure(now >= settings.end_of(expiry), Code::WRONG_STATE)?;
        state::delete_pack(env, id);
    }
    Ok(())
}

fn query<E: Env>(env: &E, message: Query) -> Outcome {
    match message {
        Query::Verify { pack, place } => Ok(codec::encode(&supply::verify(env, &pack, place)?)),
        Query::Pack { pack: id } => {
            let pack = state::pack(env, &id)?;
            let batch = match pack.lot {
                Some(lot) => state::find_batch(env, id.gtin, &lot)?,
                None => None,
            };
            let product = state::product(env, id.gtin)?;
            Ok(codec::encode(&PackView {
                pack,
                batch,
                product,
            }))
        }
        Query::MovementsReported { packs } => {
            ensure(packs.len() <= SUPPLY_LINES_MAX, Code::TOO_MANY_ITEMS)?;
            let mut are_reported = true;
            for id in &packs {
                // A pack is forgotten only once nothing is awaited.
                let opened = state::find_pack(env, id)?.and_then(|pack| pack.opened);
                are_reported &= opened.is_none_or(|opened| opened.awaited.is_none());
            }
            Ok(codec::encode(&are_reported))
        }
    }
}
