//! Canonical borsh: one value has one encoding, and nothing else decodes.

use crate::key::KeyError;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Why bytes were refused. Always the fault of whoever sent them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Longer than the limit for this kind; nothing was decoded.
    TooLong {
        /// Bytes received.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not the borsh encoding of such a value, or bytes are left over.
    Malformed,
    /// Holds 32 bytes that are no public key: whoever sent it made or took a hostile one.
    Key(KeyError),
    /// Decodes, but the value is encoded otherwise.
    NotCanonical,
}

impl DecodeError {
    /// The stable code of this error.
    pub const fn code(self) -> crate::Code {
        match self {
            DecodeError::TooLong { .. } => crate::Code::TOO_LARGE,
            DecodeError::Malformed => crate::Code::MALFORMED,
            DecodeError::Key(error) => error.code(),
            DecodeError::NotCanonical => crate::Code::NOT_CANONICAL,
        }
    }
}

/// The canonical bytes of `value`.
pub fn encode<T: BorshSerialize>(value: &T) -> Vec<u8> {
    borsh::to_vec(value).expect("writing to memory cannot fail and no wire type refuses to encode")
}

/// Decodes at most `limit` bytes, and refuses what would not encode back to the same bytes.
///
/// borsh reserves memory in proportion to the bytes that are there, not to a claimed length, so a
/// short input cannot make it allocate much.
pub fn decode<T: BorshSerialize + BorshDeserialize>(
    bytes: &[u8],
    limit: usize,
) -> Result<T, DecodeError> {
    if bytes.len() > limit {
        return Err(DecodeError::TooLong {
            length: bytes.len(),
            limit,
        });
    }
    let value = T::try_from_slice(bytes)
        .map_err(|error| KeyError::of(&error).map_or(DecodeError::Malformed, DecodeError::Key))?;
    if encode(&value) == bytes {
        Ok(value)
    } else {
        Err(DecodeError::NotCanonical)
    }
}
