//! Texts in messages.

use alloc::string::String;
use alloc::vec::Vec;
use borsh::BorshDeserialize;
use borsh::io::{ErrorKind, Read, Result};

/// A text, with room made as its bytes come. Borsh itself makes room for what the length says, up to 1 MiB, which is more
/// than a contract may have: a length that lies would trap where it has to be refused.
pub(crate) fn read<R: Read>(reader: &mut R) -> Result<String> {
    let mut left = u32::deserialize_reader(reader)? as usize;
    let mut bytes = Vec::new();
    let mut part = [0; 64];
    while left > 0 {
        let part = &mut part[..left.min(64)];
        reader.read_exact(part)?;
        bytes.extend_from_slice(part);
        left -= part.len();
    }
    String::from_utf8(bytes).map_err(|_| ErrorKind::InvalidData.into())
}
