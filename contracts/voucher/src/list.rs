//! Who is entitled, who was asked, and what they answered.

use crate::contract::emit;
use crate::{life, rules, state};
use alloc::vec::Vec;
use senim_abi::voucher::Asked;
use senim_abi::voucher::msg::{Attestation, Channel};
use senim_abi::voucher::record::{Absences, Programme};
use senim_abi::voucher::{
    DueEntry, Entry, ProgrammeId, Standing, Status, Voucher, VoucherEvent, VoucherId, Window,
};
use senim_sdk::{CallContext, Env, Refusal, codec, ensure, refuse};
use senim_types::{Code, TimeMs};

/// A voucher of this entry as it begins.
pub fn begin(programme: ProgrammeId, version: u32, entry: &Entry, now: TimeMs) -> Voucher {
    Voucher {
        programme,
        version,
        arm: 0,
        standing: Standing::Listed,
        holder: None,
        place: entry.place,
        issued_at: now,
        mature_at: entry.mature_at,
        until: entry.until,
        amount: entry.amount,
        left: entry.amount,
        uses: 0,
        refunds: 0,
        recent: Vec::new(),
        last_use: None,
        absences: Absences::default(),
        delegation: None,
        nullifier: None,
        consented: false,
        stated_at: TimeMs(0),
    }
}

/// Schedules the end of a voucher's time.
pub fn schedule_end<E: Env>(env: &mut E, voucher: VoucherId, until: TimeMs) {
    env.schedule(until, &codec::encode(&DueEntry::Sweep { voucher }));
}

/// An open programme that has rules.
pub fn open_programme<E: Env>(env: &E, id: ProgrammeId) -> Result<Programme, Refusal> {
    let programme = state::programme(env, id)?;
    let is_open = programme.settings.open && programme.version > 0;
    ensure(is_open, Code::PROGRAMME_UNKNOWN)?;
    Ok(programme)
}

/// The office lists persons.
pub fn list<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: ProgrammeId,
    index: u16,
    entries: &[Entry],
) -> Result<(), Refusal> {
    rules::batch(entries.len())?;
    let programme = open_programme(env, id)?;
    rules::is_named(context, programme.settings.office)?;
    let now = env.now();
    for (position, entry) in (0_u16..).zip(entries) {
        rules::entry(entry, now)?;
        let index = index.checked_add(position).ok_or(Code::OUT_OF_RANGE)?;
        let voucher = VoucherId(env.hash(&VoucherId::preimage(&context.transaction, index)));
        let is_new = state::find_voucher(env, &voucher)?.is_none();
        ensure(is_new, Code::VOUCHER_EXISTS)?;
        let record = begin(id, programme.version, entry, now);
        state::save_voucher(env, &voucher, record);
        schedule_end(env, voucher, entry.until);
    }
    let event = VoucherEvent::Listed {
        programme: id,
        index,
        count: entries.len() as u16,
    };
    emit(env, &event);
    Ok(())
}

/// The identity service says who has a voucher of the group already.
pub fn attest<E: Env>(env: &mut E, attestations: &[Attestation]) -> Result<(), Refusal> {
    rules::batch(attestations.len())?;
    for Attestation {
        voucher: id,
        nullifier,
    } in attestations
    {
        let mut voucher = state::voucher(env, id)?;
        if voucher.nullifier == Some(*nullifier) {
            continue;
        }
        let is_first = voucher.standing == Standing::Listed && voucher.nullifier.is_none();
        ensure(is_first, Code::VOUCHER_STATE)?;
        let programme = state::programme(env, voucher.programme)?;
        let group = programme.settings.exclusion.ok_or(Code::OUT_OF_RANGE)?;
        let is_only = state::live(env, group, nullifier)?.is_none();
        ensure(is_only, Code::DUPLICATE_PROGRAMME)?;
        state::set_live(env, group, nullifier, Some(*id));
        voucher.nullifier = Some(*nullifier);
        state::save_voucher(env, id, voucher);
        let event = VoucherEvent::Attested {
            voucher: *id,
            group,
            nullifier: *nullifier,
        };
        emit(env, &event);
    }
    Ok(())
}

/// The payer says who is in which arm. Whoever knows the seed later can check it.
pub fn assign<E: Env>(
    env: &mut E,
    context: &CallContext,
    arms: &[(VoucherId, u8)],
) -> Result<(), Refusal> {
    rules::batch(arms.len())?;
    for (id, arm) in arms {
        let mut voucher = state::voucher(env, id)?;
        let programme = state::programme(env, voucher.programme)?;
        rules::acts_for(context, programme.payer)?;
        ensure(voucher.standing == Standing::Listed, Code::VOUCHER_STATE)?;
        ensure(voucher.nullifier.is_some(), Code::NOT_ATTESTED)?;
        let count = programme
            .settings
            .arms
            .as_ref()
            .map_or(0, |arms| arms.weights.len());
        ensure(usize::from(*arm) < count, Code::OUT_OF_RANGE)?;
        voucher.arm = *arm;
        state::save_voucher(env, id, voucher);
        let event = VoucherEvent::Assigned {
            voucher: *id,
            arm: *arm,
        };
        emit(env, &event);
    }
    Ok(())
}

/// The portal asks listed persons.
pub fn offer<E: Env>(
    env: &mut E,
    context: &CallContext,
    vouchers: &[VoucherId],
) -> Result<(), Refusal> {
    rules::batch(vouchers.len())?;
    for id in vouchers {
        let mut voucher = state::voucher(env, id)?;
        let programme = open_programme(env, voucher.programme)?;
        rules::is_named(context, programme.settings.portal)?;
        let is_listed = voucher.status(env.now()) == Status::Listed;
        ensure(is_listed, Code::VOUCHER_STATE)?;
        let is_attested = programme.settings.exclusion.is_none() || voucher.nullifier.is_some();
        ensure(is_attested, Code::NOT_ATTESTED)?;
        voucher.standing = Standing::Offered;
        let id_of = voucher.programme;
        state::save_voucher(env, id, voucher);
        ask(env, *id, id_of, Asked::Consent, &programme.settings.consent);
    }
    Ok(())
}

/// Tells that somebody is asked, and schedules the reminder and the lapse.
pub fn ask<E: Env>(
    env: &mut E,
    voucher: VoucherId,
    programme: ProgrammeId,
    asked: Asked,
    window: &Window,
) {
    let now = env.now();
    let remind = DueEntry::Remind { voucher, asked };
    env.schedule(after(now, window.remind_ms), &codec::encode(&remind));
    let until = after(now, window.lapse_ms);
    let lapse = DueEntry::Lapse { voucher, asked };
    env.schedule(until, &codec::encode(&lapse));
    let event = VoucherEvent::Asked {
        voucher,
        programme,
        asked,
        until,
    };
    emit(env, &event);
}

fn after(now: TimeMs, duration_ms: u64) -> TimeMs {
    TimeMs(now.0.saturating_add(duration_ms))
}

/// Whether somebody who was asked has not answered yet.
fn waits(voucher: &Voucher, asked: Asked) -> bool {
    match asked {
        Asked::Consent => voucher.standing == Standing::Offered,
        Asked::Activation => voucher.standing == Standing::Issued,
    }
}

/// The due-queue: time to remind, once.
pub fn remind<E: Env>(env: &mut E, id: VoucherId, asked: Asked) -> Result<(), Refusal> {
    let voucher = state::voucher(env, &id)?;
    if waits(&voucher, asked) {
        let event = VoucherEvent::Reminded {
            voucher: id,
            programme: voucher.programme,
            asked,
        };
        emit(env, &event);
    }
    Ok(())
}

/// The due-queue: nobody answered in time.
pub fn lapse<E: Env>(env: &mut E, id: VoucherId, asked: Asked) -> Result<(), Refusal> {
    let voucher = state::voucher(env, &id)?;
    if waits(&voucher, asked) {
        let programme = state::programme(env, voucher.programme)?;
        life::end(env, id, voucher, &programme.settings, Standing::Lapsed)?;
    }
    Ok(())
}

/// What a person answered.
pub fn answer<E: Env>(
    env: &mut E,
    context: &CallContext,
    id: VoucherId,
    channel: Channel,
    consents: bool,
) -> Result<(), Refusal> {
    let mut voucher = state::voucher(env, &id)?;
    let programme = state::programme(env, voucher.programme)?;
    let portal = programme.settings.portal.ok_or(Code::NOT_AUTHORISED)?;
    rules::brings(context, channel, portal, voucher.place)?;
    let answered = VoucherEvent::Answered {
        voucher: id,
        programme: voucher.programme,
        channel,
        consents,
    };
    match (voucher.status(env.now()), consents) {
        (Status::Offered, true) => {
            emit(env, &answered);
            voucher.consented = true;
            voucher.standing = Standing::Consented;
            if life::has_money(env, &programme.settings, voucher.amount)? {
                life::open(env, id, voucher, &programme)
            } else {
                state::save_voucher(env, &id, voucher);
                Ok(())
            }
        }
        // A no, or a yes that is taken back.
        (
            Status::Offered
            | Status::Consented
            | Status::Issued
            | Status::Active
            | Status::Spent
            | Status::Suspended,
            false,
        ) => {
            emit(env, &answered);
            life::end(env, id, voucher, &programme.settings, Standing::Declined)
        }
        // The same again.
        (
            Status::Consented | Status::Issued | Status::Active | Status::Spent | Status::Suspended,
            true,
        )
        | (Status::Declined, false) => Ok(()),
        (Status::Listed, _) => refuse(Code::VOUCHER_STATE),
        (Status::Declined | Status::Lapsed | Status::Revoked | Status::Expired, _) => {
            refuse(Code::CONSENT_CLOSED)
        }
    }
}
