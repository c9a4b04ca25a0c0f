//! All keys of the contract, typed. Their layout is in [`senim_abi::marking::record`].

use senim_abi::marking::record::{
    Batch, BatchRecord, Pack, PackRecord, ProductRecord, Settings, SettingsRecord, batch_key,
    pack_key, product_key, settings_key,
};
use senim_abi::marking::{Gtin, Lot, PackId, Product};
use senim_sdk::{Env, Refusal, state};
use senim_types::Code;

/// The pack, or none if its code was never given out (or is forgotten).
pub fn find_pack<E: Env>(env: &E, id: &PackId) -> Result<Option<Pack>, Refusal> {
    Ok(state::load(env, &pack_key(id))?.map(PackRecord::into_current))
}

/// The pack, or `PACK_UNKNOWN`.
pub fn pack<E: Env>(env: &E, id: &PackId) -> Result<Pack, Refusal> {
    find_pack(env, id)?.ok_or(Refusal::new(Code::PACK_UNKNOWN))
}

/// Writes the pack.
pub fn save_pack<E: Env>(env: &mut E, id: &PackId, pack: Pack) {
    state::save(env, &pack_key(id), &PackRecord::from(pack));
}

/// Forgets the pack.
pub fn delete_pack<E: Env>(env: &mut E, id: &PackId) {
    env.delete(&pack_key(id));
}

/// The batch, or none if nothing is known of it.
pub fn find_batch<E: Env>(env: &E, gtin: Gtin, lot: &Lot) -> Result<Option<Batch>, Refusal> {
    Ok(state::load(env, &batch_key(gtin, lot))?.map(BatchRecord::into_current))
}

/// The batch, or `BATCH_UNKNOWN`.
pub fn batch<E: Env>(env: &E, gtin: Gtin, lot: &Lot) -> Result<Batch, Refusal> {
    find_batch(env, gtin, lot)?.ok_or(Refusal::new(Code::BATCH_UNKNOWN))
}

/// Writes the batch.
pub fn save_batch<E: Env>(env: &mut E, gtin: Gtin, lot: &Lot, batch: Batch) {
    state::save(env, &batch_key(gtin, lot), &BatchRecord::from(batch));
}

/// The product, or none if the catalogue does not have it.
pub fn find_product<E: Env>(env: &E, gtin: Gtin) -> Result<Option<Product>, Refusal> {
    Ok(state::load(env, &product_key(gtin))?.map(ProductRecord::into_current))
}

/// The product, or `PRODUCT_UNKNOWN`.
pub fn product<E: Env>(env: &E, gtin: Gtin) -> Result<Product, Refusal> {
    find_product(env, gtin)?.ok_or(Refusal::new(Code::PRODUCT_UNKNOWN))
}

/// Writes the product.
pub fn save_product<E: Env>(env: &mut E, gtin: Gtin, product: Product) {
    state::save(env, &product_key(gtin), &ProductRecord::from(product));
}

/// The contract's parameters; the defaults before any are set.
pub fn settings<E: Env>(env: &E) -> Result<Settings, Refusal> {
    let stored = state::load(env, &settings_key())?.map(SettingsRecord::into_current);
    Ok(stored.unwrap_or_default())
}

/// Writes the contract's parameters.
pub fn save_settings<E: Env>(env: &mut E, settings: Settings) {
    state::save(env, &settings_key(), &SettingsRecord::from(settings));
}
