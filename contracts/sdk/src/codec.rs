//! Borsh for contracts: small code, canonical both ways.

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::Refusal;
use senim_types::Code;

/// The canonical bytes of a value.
pub fn encode<T: BorshSerialize>(value: &T) -> Vec<u8> {
    // Room for most records, so that the vector grows once at most.
    let mut bytes = Vec::with_capacity(256);
    match value.serialize(&mut bytes) {
        Ok(()) => bytes,
        Err(_) => unreachable!("writing to memory cannot fail and no record refuses to encode"),
    }
}

/// A message from outside; `BAD_INPUT` if the bytes are not the canonical encoding of exactly one.
pub fn decode<T: BorshSerialize + BorshDeserialize>(bytes: &[u8]) -> Result<T, Refusal> {
    match T::try_from_slice(bytes) {
        Ok(value) if encode(&value) == bytes => Ok(value),
        _ => Err(Refusal::new(Code::BAD_INPUT)),
    }
}
