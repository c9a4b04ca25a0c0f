//! Borsh for contracts: small code, canonical both ways.

use alloc::vec::Vec;
use borsh::io::{Error, ErrorKind, Read, Result as ReadResult};
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
    match parse(bytes) {
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

/// The value that these bytes, all of them, are an encoding of.
pub fn read<T: BorshDeserialize>(bytes: &[u8]) -> Option<T> {
    parse(bytes).ok()
}

fn parse<T: BorshDeserialize>(bytes: &[u8]) -> ReadResult<T> {
    let mut input = Input(bytes);
    let value = T::deserialize_reader(&mut input)?;
    if input.0.is_empty() {
        Ok(value)
    } else {
        Err(ErrorKind::InvalidData.into())
    }
}

/// Bytes that are read from the front.
///
/// Borsh reads from a slice as well, but for each field that may be missing it makes a text that nobody reads: a fifth of
/// an artefact. Here a short input is a plain kind of error, which the compiler sees through.
struct Input<'a>(&'a [u8]);

impl Read for Input<'_> {
    #[inline]
    fn read(&mut self, out: &mut [u8]) -> ReadResult<usize> {
        let length = out.len().min(self.0.len());
        self.read_exact(&mut out[..length])?;
        Ok(length)
    }

    #[inline]
    fn read_exact(&mut self, out: &mut [u8]) -> ReadResult<()> {
        let Some((front, rest)) = self.0.split_at_checked(out.len()) else {
            // Not `UnexpectedEof`, which borsh would turn into a text.
            return Err(ErrorKind::InvalidData.into());
        };
        out.copy_from_slice(front);
        self.0 = rest;
        Ok(())
    }
}
