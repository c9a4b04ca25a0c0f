//! Snapshots of this ledger: when one is begun, and what others may have of them.

use super::Ledger;
use crate::error::StateError;
use crate::snapshot::{MakeError, Maker, SnapshotOffer};
use crate::store::StoreError;
use senim_types::Height;
use senim_types::proof::LightBlock;
use std::sync::Arc;

impl Ledger {
    /// Begins a snapshot of the state after the tip, which is `block`. It is made in slices by the
    /// next flushes, the first of which has to come before the next block: [`Ledger::is_backlogged`]
    /// says so. False where that cannot be, since another one is being made.
    pub fn begin_snapshot(&mut self, block: LightBlock) -> bool {
        let is_making = self.maker.is_some() || self.snapshot_due.is_some();
        if is_making
            || self.is_making
            || block.header != self.tip
            || self.log_before.size() != self.tip.height.0
        {
            return false;
        }
        let (disk, log) = (Arc::clone(&self.disk), self.log_before.clone());
        self.snapshot_due = Some(Box::new(Maker::new(disk, block, log)));
        true
    }

    /// Snapshots that others can have, by ascending height.
    pub fn snapshots(&self) -> Vec<SnapshotOffer> {
        self.snapshots.offers().collect()
    }

    /// A snapshot's manifest, as [`crate::snapshot::Manifest::decode`] takes it.
    pub fn snapshot_manifest(&self, height: Height) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.snapshots.manifest(height)?)
    }

    /// A chunk of a snapshot.
    pub fn snapshot_chunk(
        &self,
        height: Height,
        index: u32,
    ) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.snapshots.chunk(height, index)?)
    }
}

impl From<MakeError> for StateError {
    fn from(error: MakeError) -> StateError {
        match error {
            MakeError::Files(error) => error.into(),
            MakeError::View(error) => StoreError::Damaged(error.0).into(),
        }
    }
}
