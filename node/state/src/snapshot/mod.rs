//! Snapshots: the whole state at one height, in chunks that can be fetched from many nodes, and what
//! a node needs besides to go on from there.
//!
//! A [`Manifest`] names the block, the header log before it, and every chunk by its hash. It is
//! believed for nothing: the block for its certificate, the log for the header's `log_root`, and the
//! chunks when all of them together have the header's `state_root`. `docs/snapshots.md` has the files.
//!
//! | file | has |
//! | --- | --- |
//! | `manifest` | what a snapshot consists of |
//! | `files` | snapshots on the disk, and which of them this node's log begins from |
//! | `incoming` | one that is being fetched |
//! | `maker` | one that is being made, in slices between flushes |

mod files;
mod incoming;
mod maker;
mod manifest;

pub(crate) use files::Snapshots;
pub use files::{SnapshotError, SnapshotOffer, read_base};
pub use incoming::Incoming;
pub(crate) use incoming::path_changes;
pub(crate) use maker::{Made, MakeError, Maker};
pub use manifest::{
    CHUNK_BYTES_MAX, ChunkRef, Contents, MANIFEST_BYTES_MAX, MANIFEST_VERSION, Manifest,
};

use senim_types::{StateEntry, codec};

/// Takes a chunk apart; none where it is not the canonical bytes of entries in ascending order.
pub(crate) fn decode_chunk(bytes: &[u8]) -> Option<Vec<StateEntry>> {
    let entries: Vec<StateEntry> = codec::decode(bytes, CHUNK_BYTES_MAX).ok()?;
    let is_ascending = entries.windows(2).all(|pair| pair[0].0 < pair[1].0);
    is_ascending.then_some(entries)
}
