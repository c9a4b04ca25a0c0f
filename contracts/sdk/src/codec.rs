//! Borsh for contracts: small code, canonical both ways.

use alloc::vec::Vec;
use borsh::io::Error;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::Refusal;
use senim_abi::marking::Gtin;
use senim_types::Code;
use senim_types::key::KeyError;

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
///
/// What a person can have typed or scanned, and what somebody can have made on purpose, has a code of its own:
/// `GTIN_INVALID`, `KEY_SMALL_ORDER`, `KEY_NOT_CANONICAL`.
pub fn decode<T: BorshSerialize + BorshDeserialize>(bytes: &[u8]) -> Result<T, Refusal> {
    match T::try_from_slice(bytes) {
        Ok(value) if encode(&value) == bytes => Ok(value),
        Ok(_) => Err(Refusal::new(Code::BAD_INPUT)),
        Err(error) => Err(Refusal::new(cause(&error))),
    }
}

fn cause(error: &Error) -> Code {
    match KeyError::of(error) {
        Some(key) => key.code(),
        None if Gtin::is_what_failed(error) => Code::GTIN_INVALID,
        None => Code::BAD_INPUT,
    }
}
