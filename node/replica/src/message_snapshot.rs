//! What nodes say to each other about snapshots.

use crate::input::Lane;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_state::snapshot::SnapshotOffer;
use senim_types::Height;
use senim_types::proof::LightBlock;

/// A message about snapshots, and about the headers that make one trusted.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum SnapshotMessage {
    /// Asks which snapshots there are.
    ListRequest,
    /// The sender's snapshots.
    List(Vec<SnapshotOffer>),
    /// Asks for the manifest of the snapshot of a height.
    ManifestRequest {
        /// Its height.
        height: Height,
    },
    /// A manifest.
    Manifest {
        /// The snapshot's height.
        height: Height,
        /// Canonical bytes; none where the sender has no such snapshot (any more).
        bytes: Option<Vec<u8>>,
    },
    /// Asks for a chunk of the snapshot of a height.
    ChunkRequest {
        /// The snapshot's height.
        height: Height,
        /// Which chunk, from 0.
        index: u32,
    },
    /// A chunk.
    Chunk {
        /// The snapshot's height.
        height: Height,
        /// Which chunk.
        index: u32,
        /// Its bytes; none where the sender does not have it (any more).
        bytes: Option<Vec<u8>>,
    },
    /// Asks for a certified header with its validators.
    LightBlockRequest {
        /// Its height.
        height: Height,
    },
    /// A certified header with its validators.
    LightBlock {
        /// The height that was asked for.
        height: Height,
        /// None where the sender does not have it.
        block: Option<Box<LightBlock>>,
    },
}

impl SnapshotMessage {
    /// How it travels.
    pub fn lane(&self) -> Lane {
        match self {
            SnapshotMessage::ListRequest
            | SnapshotMessage::ManifestRequest { .. }
            | SnapshotMessage::ChunkRequest { .. }
            | SnapshotMessage::LightBlockRequest { .. } => Lane::Urgent,
            SnapshotMessage::List(_)
            | SnapshotMessage::Manifest { .. }
            | SnapshotMessage::Chunk { .. }
            | SnapshotMessage::LightBlock { .. } => Lane::Bulk,
        }
    }
}
