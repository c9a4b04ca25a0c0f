//! All reads and writes. The layout of keys is in [`senim_abi::voucher::record`].

use senim_abi::voucher::record::{
    Programme, ProgrammeRecord, ServiceRecord, VoucherRecord, programme_key, service_key,
    voucher_key,
};
use senim_abi::voucher::{ProgrammeId, Service, Voucher, VoucherId};
use senim_sdk::{Env, Refusal, state};
use senim_types::{Code, OrgId};

/// The voucher, or none.
pub fn find_voucher<E: Env>(env: &E, id: &VoucherId) -> Result<Option<Voucher>, Refusal> {
    Ok(state::load(env, &voucher_key(id))?.map(VoucherRecord::into_current))
}

/// The voucher, or `VOUCHER_UNKNOWN`.
pub fn voucher<E: Env>(env: &E, id: &VoucherId) -> Result<Voucher, Refusal> {
    find_voucher(env, id)?.ok_or(Refusal::new(Code::VOUCHER_UNKNOWN))
}

/// Writes the voucher.
pub fn save_voucher<E: Env>(env: &mut E, id: &VoucherId, voucher: Voucher) {
    state::save(env, &voucher_key(id), &VoucherRecord::from(voucher));
}

/// Forgets the voucher.
pub fn delete_voucher<E: Env>(env: &mut E, id: &VoucherId) {
    env.delete(&voucher_key(id));
}

/// The programme, or none.
pub fn find_programme<E: Env>(env: &E, id: ProgrammeId) -> Result<Option<Programme>, Refusal> {
    Ok(state::load(env, &programme_key(id))?.map(ProgrammeRecord::into_current))
}

/// The programme, or `PROGRAMME_UNKNOWN`.
pub fn programme<E: Env>(env: &E, id: ProgrammeId) -> Result<Programme, Refusal> {
    find_programme(env, id)?.ok_or(Refusal::new(Code::PROGRAMME_UNKNOWN))
}

/// Writes the programme.
pub fn save_programme<E: Env>(env: &mut E, id: ProgrammeId, programme: Programme) {
    state::save(env, &programme_key(id), &ProgrammeRecord::from(programme));
}

/// Who serves the place, or none.
pub fn service<E: Env>(
    env: &E,
    programme: ProgrammeId,
    place: OrgId,
) -> Result<Option<Service>, Refusal> {
    let key = service_key(programme, place);
    Ok(state::load(env, &key)?.map(ServiceRecord::into_current))
}

/// Writes or removes who serves the place.
pub fn set_service<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    place: OrgId,
    service: Option<Service>,
) {
    let key = service_key(programme, place);
    match service {
        Some(service) => state::save(env, &key, &ServiceRecord::from(service)),
        None => env.delete(&key),
    }
}
