//! Who was present: said by the place, never by the provider.

use crate::contract::emit;
use crate::{rules, state, tally};
use senim_abi::voucher::msg::{BATCH_MAX, Mark};
use senim_abi::voucher::{ProgrammeId, Tally, VoucherEvent};
use senim_sdk::{CallContext, Env, Refusal, ensure};
use senim_types::{Code, OrgId};

/// How many days back a place can mend its report.
const DAYS_BACK_MAX: u32 = 7;

/// The place reports a day.
pub fn attend<E: Env>(
    env: &mut E,
    context: &CallContext,
    (programme, place, day): (ProgrammeId, OrgId, u32),
    present: u32,
    marks: &[Mark],
) -> Result<(), Refusal> {
    ensure(marks.len() <= BATCH_MAX, Code::OUT_OF_RANGE)?;
    ensure(context.org == place, Code::NOT_AUTHORISED)?;
    let settings = state::programme(env, programme)?.settings;
    let service = state::service(env, programme, place)?;
    let service = service.ok_or(Code::NOT_WHITELISTED)?;
    ensure(service.provider != context.org, Code::NOT_AUTHORISED)?;
    let today = settings.clock(env.now()).day;
    let in_range = day <= today && today - day <= DAYS_BACK_MAX;
    ensure(in_range, Code::OUT_OF_RANGE)?;
    for mark in marks {
        let mut voucher = state::voucher(env, &mark.voucher)?;
        ensure(voucher.programme == programme, Code::PROGRAMME_UNKNOWN)?;
        rules::is_bound_to(&voucher, place)?;
        voucher.absences = voucher.absences.with(day, mark.absent);
        state::save_voucher(env, &mark.voucher, voucher);
    }
    let known = state::tally(env, programme, place, day)?;
    let tally = Tally {
        present: Some(present),
        ..known.clone().unwrap_or_default()
    };
    let key = (programme, place, day);
    let open = tally::is_open(env, programme, place, day)?;
    tally::save(env, &settings, key, known, tally, open);
    let absent = marks.iter().filter(|mark| mark.absent).count() as u32;
    let event = VoucherEvent::Attended {
        programme,
        place,
        day,
        present,
        absent,
    };
    emit(env, &event);
    Ok(())
}
