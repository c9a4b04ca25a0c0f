//! A contract's artefact without one of its guards.

use super::source::Guard;

/// What the name of the guard stands after. `contracts/abi/src/guards.rs` has the same.
const MARK: &[u8; 24] = b"SENIM-GUARD-LEFT-OUT-IS:";
/// Bytes for the name: line (4, little-endian) and file, with a zero after it.
const NAME_BYTES: usize = 104;

/// The artefact, which has to be built for it, with this guard left out. None if it was not built for it.
pub fn without(artefact: &[u8], guard: &Guard) -> Option<Vec<u8>> {
    let at = find(artefact, MARK)? + MARK.len();
    let file = guard.file.as_bytes();
    let mut changed = artefact.to_vec();
    let name = changed
        .get_mut(at..at + NAME_BYTES)
        .filter(|_| 4 + file.len() < NAME_BYTES)?;
    name[..4].copy_from_slice(&guard.line.to_le_bytes());
    name[4..4 + file.len()].copy_from_slice(file);
    Some(changed)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
