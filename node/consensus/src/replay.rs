//! Starting a height, and coming back to it after a crash.
//!
//! 1. Entries are decoded and must be of this height; otherwise nothing starts.
//! 2. The core starts the height and is told which messages of ours the log holds.
//! 3. Every entry goes in again, in order. The core comes to the same votes; those in the log keep
//!    their signatures, another one for the same place is a contradiction and stops the validator.
//! 4. What is in the log is not appended again. A vote that follows from the log and is not in it
//!    (the tail was lost before it was sent) is appended and flushed like any new one.
//! 5. What the core sends meanwhile is sent: others may have missed it.
//! 6. Requests to the owner that the log answers are not made.

use crate::context::{CoreHeight, CoreSet};
use crate::error::Error;
use crate::machine::Consensus;
use crate::timer::Timer;
use crate::wal::WalEntry;
use arc_malachitebft_core_consensus::Input as CoreInput;
use arc_malachitebft_core_types::VoteExtensionPolicy;
use senim_types::Height;
use std::collections::BTreeSet;

/// An earlier run's log.
pub(crate) struct Replay {
    entries: Vec<WalEntry>,
    recorded: BTreeSet<Vec<u8>>,
}

impl Replay {
    pub(crate) fn new(height: Height, wal: &[Vec<u8>]) -> Result<Replay, Error> {
        let mut entries = Vec::with_capacity(wal.len());
        for (index, bytes) in wal.iter().enumerate() {
            match WalEntry::decode(bytes) {
                Ok(entry) if entry.height() == height => entries.push(entry),
                Ok(_) | Err(_) => return Err(Error::WalDamaged { index }),
            }
        }
        let recorded = wal.iter().cloned().collect();
        Ok(Replay { entries, recorded })
    }

    /// Whether the log holds this entry.
    pub(crate) fn holds(&self, entry: &[u8]) -> bool {
        self.recorded.contains(entry)
    }
}

impl Consensus {
    pub(crate) fn replay_and_start(&mut self, mut replay: Replay) {
        let Some(validators) = &self.validators else {
            return;
        };
        let set = CoreSet::from(validators);
        let entries = std::mem::take(&mut replay.entries);
        #[cfg(feature = "mutants")]
        let entries = self.mutant_entries(entries);
        self.replay = Some(replay);
        // Without a target time the core reads no clock that matters.
        let (is_restart, target_time) = (false, None);
        self.drive(CoreInput::StartHeight(
            CoreHeight(self.height.0),
            set,
            is_restart,
            target_time,
            VoteExtensionPolicy::Disabled,
        ));
        if !entries.is_empty() {
            let inputs: Vec<_> = entries.iter().map(WalEntry::to_core).collect();
            self.with_core(|core| core.index_wal_entries(&inputs));
            for (entry, input) in entries.into_iter().zip(inputs) {
                self.replay_entry(&entry, input);
            }
            self.with_core(|core| core.reset_entries_index());
        }
        self.replay = None;
    }

    fn replay_entry(&mut self, entry: &WalEntry, input: CoreInput<crate::context::Ctx>) {
        match entry {
            // An own block goes in as it did before, as an answer to the core's request, so that
            // proposal and body are sent again.
            WalEntry::Block {
                round,
                proposer,
                block,
                valid_round: None,
                ..
            } if *proposer == self.key && self.building == Some(*round) => {
                return self.propose(*round, *block);
            }
            WalEntry::Block { block, valid, .. } => {
                self.checks.recorded(*block, *valid);
            }
            WalEntry::Timeout { round, .. } => {
                let kind = entry.timer_kind();
                if let Some(kind) = kind {
                    self.timers.fired(Timer {
                        height: self.height,
                        round: *round,
                        kind,
                    });
                }
            }
            WalEntry::Vote(_) | WalEntry::Proposal(_) | WalEntry::Polka(_) => {}
        }
        self.drive(input);
    }
}
