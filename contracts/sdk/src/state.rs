//! Typed access to the state. A contract's keys are all built in its `state.rs`.

use crate::codec;
use crate::env::Env;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::Refusal;
use senim_types::Code;

/// The record under the key, if there is one. `CORRUPT_RECORD` if it does not decode, which only a contract's own mistake
/// can cause.
pub fn load<E: Env, T: BorshDeserialize>(env: &E, key: &[u8]) -> Result<Option<T>, Refusal> {
    match env.get(key) {
        None => Ok(None),
        Some(bytes) => decode(&bytes).map(Some),
    }
}

/// The record under the key, or a refusal with this code.
pub fn require<E: Env, T: BorshDeserialize>(
    env: &E,
    key: &[u8],
    missing: Code,
) -> Result<T, Refusal> {
    load(env, key)?.ok_or(Refusal::new(missing))
}

/// Writes a record.
pub fn save<E: Env, T: BorshSerialize>(env: &mut E, key: &[u8], record: &T) {
    env.put(key, &codec::encode(record));
}

/// Decodes a record that this contract wrote.
pub fn decode<T: BorshDeserialize>(bytes: &[u8]) -> Result<T, Refusal> {
    codec::read(bytes).ok_or(Refusal::new(Code::CORRUPT_RECORD))
}

/// A page of records under a prefix, strictly above the key `after`, with their keys.
pub fn page<E: Env, T: BorshDeserialize>(
    env: &E,
    prefix: &[u8],
    after: &[u8],
    limit: u32,
) -> Result<Vec<(Vec<u8>, T)>, Refusal> {
    env.scan(prefix, after, limit)
        .into_iter()
        .map(|(key, value)| Ok((key, decode(&value)?)))
        .collect()
}
