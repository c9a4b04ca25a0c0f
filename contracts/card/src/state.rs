//! All reads and writes. The layout of keys is in [`senim_abi::card::record`].

use alloc::vec::Vec;
use senim_abi::card::record::{
    BatchRecord, CardKeyRecord, CategoriesRecord, batch_key, card_key, programme_key,
};
use senim_abi::card::{CardKey, ProgrammeId};
use senim_sdk::{Env, Refusal, state};
use senim_types::{Code, PublicKey};

/// The key, or none.
pub fn find<E: Env>(env: &E, key: &PublicKey) -> Result<Option<CardKey>, Refusal> {
    Ok(state::load(env, &card_key(key))?.map(CardKeyRecord::into_current))
}

/// The key, or `CARD_UNKNOWN`.
pub fn key<E: Env>(env: &E, key: &PublicKey) -> Result<CardKey, Refusal> {
    find(env, key)?.ok_or(Refusal::new(Code::CARD_UNKNOWN))
}

/// Writes the key.
pub fn save<E: Env>(env: &mut E, key: &PublicKey, record: CardKey) {
    state::save(env, &card_key(key), &CardKeyRecord::from(record));
}

/// Writes which keys are forgotten together.
pub fn save_batch<E: Env>(env: &mut E, first: &PublicKey, keys: Vec<PublicKey>) {
    state::save(env, &batch_key(first), &BatchRecord::from(keys));
}

/// Takes a batch and all of its keys out; says which they were.
pub fn take_batch<E: Env>(env: &mut E, first: &PublicKey) -> Result<Vec<PublicKey>, Refusal> {
    let stored: Option<BatchRecord> = state::load(env, &batch_key(first))?;
    let keys = stored.map(BatchRecord::into_current).unwrap_or_default();
    for key in &keys {
        env.delete(&card_key(key));
    }
    env.delete(&batch_key(first));
    Ok(keys)
}

/// The categories that a programme serves; none where nothing was set.
pub fn categories<E: Env>(env: &E, programme: ProgrammeId) -> Result<u32, Refusal> {
    let stored: Option<CategoriesRecord> = state::load(env, &programme_key(programme))?;
    Ok(stored.map_or(0, CategoriesRecord::into_current))
}

/// Writes the categories that a programme serves.
pub fn set_categories<E: Env>(env: &mut E, programme: ProgrammeId, categories: u32) {
    let record = CategoriesRecord::from(categories);
    state::save(env, &programme_key(programme), &record);
}
