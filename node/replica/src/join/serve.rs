//! Answers to those who join, and the snapshots that they get.

use crate::message::PeerMessage;
use crate::message_snapshot::SnapshotMessage;
use crate::read::ReadAnswer;
use crate::replica::{Fault, Replica};
use senim_types::proof::LightBlock;
use senim_types::{Height, PublicKey};

impl Replica {
    /// Answers a question about snapshots.
    pub(super) fn answer_about_snapshots(
        &mut self,
        to: PublicKey,
        question: &SnapshotMessage,
    ) -> Result<(), Fault> {
        let answer = match *question {
            SnapshotMessage::ListRequest => SnapshotMessage::List(self.ledger.snapshots()),
            SnapshotMessage::ManifestRequest { height } => SnapshotMessage::Manifest {
                height,
                bytes: self
                    .ledger
                    .snapshot_manifest(height)
                    .map_err(Fault::state)?,
            },
            SnapshotMessage::ChunkRequest { height, index } => SnapshotMessage::Chunk {
                height,
                index,
                bytes: self
                    .ledger
                    .snapshot_chunk(height, index)
                    .map_err(Fault::state)?,
            },
            SnapshotMessage::LightBlockRequest { height } => SnapshotMessage::LightBlock {
                height,
                block: match self.light_block(Some(height))? {
                    ReadAnswer::LightBlock(block) => block,
                    _ => None,
                },
            },
            _ => return Ok(()),
        };
        self.send(to, &PeerMessage::Snapshot(answer));
        Ok(())
    }

    /// Whether a snapshot is made of the state after this height.
    pub(crate) fn is_snapshot_due(&self, height: Height) -> bool {
        let every = self.snapshot_rules.every_blocks;
        every > 0 && height.0.is_multiple_of(every)
    }

    /// Begins a snapshot of the tip, which is `block`.
    pub(crate) fn begin_snapshot(&mut self, block: LightBlock) {
        let height = block.header.height;
        if !self.ledger.begin_snapshot(block) {
            tracing::warn!(
                height = height.0,
                "no snapshot is made of this height: the one before is not finished"
            );
        }
    }
}
