//! All reads and writes. The layout of keys is in [`senim_abi::voucher::record`].

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::Key;
use senim_abi::civil::Month;
use senim_abi::host::SCAN_ENTRIES_MAX;
use senim_abi::policy::{Listing, Product};
use senim_abi::voucher::record::{
    CalendarRecord, Excess, ExcessRecord, FindingKind, FindingRecord, ForgottenChains,
    ForgottenChainsRecord, ListingRecord, OfflineChain, OfflineChainRecord, PolicyRecord,
    Programme, ProgrammeRecord, Served, ServiceRecord, TallyRecord, VoucherRecord, calendar_key,
    chain_key, excess_key, excess_prefix, finding_key, findings_prefix, forgotten_chains_key,
    listing_key, nullifier_key, policy_key, programme_key, service_key, taken_key, tally_key,
    voucher_key,
};
use senim_abi::voucher::{
    Calendar, Policy, ProgrammeId, Query, Service, Tally, Voucher, VoucherId,
};
use senim_sdk::{Env, Refusal, state};
use senim_types::{Code, Hash, OrgId, PublicKey};

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

/// A version of the programme's rules, or `PROGRAMME_UNKNOWN`.
pub fn policy<E: Env>(env: &E, id: ProgrammeId, version: u32) -> Result<Policy, Refusal> {
    let record = state::load(env, &policy_key(id, version))?.map(PolicyRecord::into_current);
    record.ok_or(Refusal::new(Code::PROGRAMME_UNKNOWN))
}

/// Writes a version of the programme's rules.
pub fn save_policy<E: Env>(env: &mut E, id: ProgrammeId, version: u32, policy: Policy) {
    state::save(env, &policy_key(id, version), &PolicyRecord::from(policy));
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
    set(
        env,
        &service_key(programme, place),
        service.map(ServiceRecord::from),
    );
}

/// What the programme's list says of the product, or none.
pub fn listing<E: Env>(
    env: &E,
    programme: ProgrammeId,
    product: &Product,
) -> Result<Option<Listing>, Refusal> {
    let key = listing_key(programme, product);
    Ok(state::load(env, &key)?.map(ListingRecord::into_current))
}

/// Writes or removes what the programme's list says of the product.
pub fn set_listing<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    product: &Product,
    listing: Option<Listing>,
) {
    set(
        env,
        &listing_key(programme, product),
        listing.map(ListingRecord::from),
    );
}

/// The place's month, or none.
pub fn calendar<E: Env>(
    env: &E,
    programme: ProgrammeId,
    place: OrgId,
    month: Month,
) -> Result<Option<Calendar>, Refusal> {
    let key = calendar_key(programme, place, month);
    Ok(state::load(env, &key)?.map(CalendarRecord::into_current))
}

/// Writes the place's month.
pub fn save_calendar<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    place: OrgId,
    month: Month,
    calendar: Calendar,
) {
    let key = calendar_key(programme, place, month);
    state::save(env, &key, &CalendarRecord::from(calendar));
}

/// What the day came to so far, or none.
pub fn tally<E: Env>(
    env: &E,
    programme: ProgrammeId,
    place: OrgId,
    day: u32,
) -> Result<Option<Tally>, Refusal> {
    let key = tally_key(programme, place, day);
    Ok(state::load(env, &key)?.map(TallyRecord::into_current))
}

/// Writes or forgets what the day came to.
pub fn set_tally<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    place: OrgId,
    day: u32,
    tally: Option<Tally>,
) {
    set(
        env,
        &tally_key(programme, place, day),
        tally.map(TallyRecord::from),
    );
}

/// What there is of a terminal's chain, or none.
pub fn chain<E: Env>(
    env: &E,
    programme: ProgrammeId,
    terminal: &PublicKey,
) -> Result<Option<OfflineChain>, Refusal> {
    let key = chain_key(programme, terminal);
    Ok(state::load(env, &key)?.map(OfflineChainRecord::into_current))
}

/// Writes what there is of a terminal's chain.
pub fn save_chain<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    terminal: &PublicKey,
    chain: OfflineChain,
) {
    let key = chain_key(programme, terminal);
    state::save(env, &key, &OfflineChainRecord::from(chain));
}

/// Forgets a terminal's chain.
pub fn delete_chain<E: Env>(env: &mut E, programme: ProgrammeId, terminal: &PublicKey) {
    env.delete(&chain_key(programme, terminal));
}

/// What is left of the programme's chains that were forgotten.
pub fn forgotten_chains<E: Env>(
    env: &E,
    programme: ProgrammeId,
) -> Result<ForgottenChains, Refusal> {
    let known = state::load(env, &forgotten_chains_key(programme))?;
    Ok(known
        .map(ForgottenChainsRecord::into_current)
        .unwrap_or_default())
}

/// Writes what is left of the programme's chains that were forgotten.
pub fn save_forgotten_chains<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    forgotten: ForgottenChains,
) {
    let record = ForgottenChainsRecord::from(forgotten);
    state::save(env, &forgotten_chains_key(programme), &record);
}

/// The hash of a record that was taken, or none.
pub fn taken<E: Env>(
    env: &E,
    programme: ProgrammeId,
    terminal: &PublicKey,
    sequence: u64,
) -> Result<Option<Hash>, Refusal> {
    state::load(env, &taken_key(programme, terminal, sequence))
}

/// Writes or forgets the hash of a record that was taken.
pub fn set_taken<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    terminal: &PublicKey,
    sequence: u64,
    hash: Option<Hash>,
) {
    set(env, &taken_key(programme, terminal, sequence), hash);
}

/// A record that the payer answers, or none.
pub fn excess<E: Env>(
    env: &E,
    programme: ProgrammeId,
    terminal: &PublicKey,
    sequence: u64,
) -> Result<Option<Excess>, Refusal> {
    let key = excess_key(programme, terminal, sequence);
    Ok(state::load(env, &key)?.map(ExcessRecord::into_current))
}

/// A page of a programme's records that the payer answers.
pub fn excess_page<E: Env>(
    env: &E,
    programme: ProgrammeId,
    after: Option<(PublicKey, u64)>,
) -> Result<Vec<Excess>, Refusal> {
    let prefix = excess_prefix(programme);
    let after = after.map(|(terminal, sequence)| excess_key(programme, &terminal, sequence));
    let after = after.as_ref().map_or(&[][..], |key| key);
    let page = state::page(env, &prefix, after, SCAN_ENTRIES_MAX as u32)?;
    Ok(page
        .into_iter()
        .map(|(_, record): (_, ExcessRecord)| record.into_current())
        .collect())
}

/// Writes a record that the payer answers.
pub fn save_excess<E: Env>(env: &mut E, programme: ProgrammeId, excess: Excess) {
    let key = excess_key(programme, &excess.terminal, excess.sequence);
    state::save(env, &key, &ExcessRecord::from(excess));
}

/// Forgets a record that the payer answered.
pub fn delete_excess<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    terminal: &PublicKey,
    sequence: u64,
) {
    env.delete(&excess_key(programme, terminal, sequence));
}

/// Writes or removes what is wrong with a day.
pub fn set_finding<E: Env>(
    env: &mut E,
    programme: ProgrammeId,
    served: &Served,
    (place, day): (OrgId, u32),
    finding: Option<FindingKind>,
) {
    let key = finding_key(programme, served, place, day);
    set(env, &key, finding.map(FindingRecord::from));
}

/// A page of what is wrong, by place and day.
pub fn findings<E: Env>(
    env: &E,
    programme: ProgrammeId,
    served: &Served,
    after: Option<(OrgId, u32)>,
) -> Result<Vec<(OrgId, u32, FindingKind)>, Refusal> {
    let prefix = findings_prefix(programme, served);
    let limit = Query::FINDINGS_MAX as u32;
    let page: Vec<(Vec<u8>, FindingRecord)> = match after {
        None => state::page(env, &prefix, &[], limit)?,
        Some((place, day)) => {
            let last = finding_key(programme, served, place, day);
            state::page(env, &prefix, &last, limit)?
        }
    };
    page.into_iter()
        .map(|(key, record)| {
            let field = |at: usize| key.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
            let fields = field(prefix.len()).zip(field(prefix.len() + 4));
            let (place, day) = fields.ok_or(Refusal::new(Code::CORRUPT_RECORD))?;
            Ok((OrgId(place), day, record.into_current()))
        })
        .collect()
}

/// The live voucher of the person with this nullifier, or none.
pub fn live<E: Env>(env: &E, group: u32, nullifier: &Hash) -> Result<Option<VoucherId>, Refusal> {
    state::load(env, &nullifier_key(group, nullifier))
}

/// Writes or removes the live voucher of the person with this nullifier.
pub fn set_live<E: Env>(env: &mut E, group: u32, nullifier: &Hash, voucher: Option<VoucherId>) {
    set(env, &nullifier_key(group, nullifier), voucher);
}

fn set<E: Env, T: BorshSerialize + BorshDeserialize>(env: &mut E, key: &Key, record: Option<T>) {
    match record {
        Some(record) => state::save(env, key, &record),
        None => env.delete(key),
    }
}
