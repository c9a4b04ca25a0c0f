//! What is wrong with broken builds, where it is longer than a line.

use crate::machine::Consensus;
use crate::wal::WalEntry;
use arc_malachitebft_core_types::{ThresholdParam, ThresholdParams};
use senim_mutants::{Mutant, is};

/// Two fifths of four are two, where two thirds are three.
pub(crate) fn thresholds() -> ThresholdParams {
    let mut thresholds = ThresholdParams::default();
    if is(Mutant::TwoFEnough) {
        thresholds.quorum = ThresholdParam::new(2, 5);
    }
    thresholds
}

impl Consensus {
    /// What is read of the write-ahead log.
    pub(crate) fn mutant_entries(&self, mut entries: Vec<WalEntry>) -> Vec<WalEntry> {
        entries.retain(|entry| match entry {
            WalEntry::Vote(vote) if vote.validator != self.key => !is(Mutant::LockForgotten),
            WalEntry::Polka(_) => !is(Mutant::LockForgotten),
            WalEntry::Block { proposer, .. } if *proposer == self.key => !is(Mutant::AnotherValue),
            WalEntry::Proposal(own) if own.validator == self.key => !is(Mutant::AnotherValue),
            _ => true,
        });
        entries
    }
}
