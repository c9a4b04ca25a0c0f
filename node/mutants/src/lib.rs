//! Broken builds: each is one line of production code that is wrong, under the feature `mutants`.
//!
//! Whoever builds with that feature chooses at run time which line is wrong, for each thread; without
//! a choice the build is sound. No default build has the feature, and a house rule holds that: see
//! `docs/simulator.md`.
#![forbid(unsafe_code)]

use std::cell::Cell;

/// A line that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Votes leave before the write-ahead log is flushed.
    WalFlushSkipped,
    /// Two fifths are taken for two thirds: 2f of 3f + 1.
    TwoFEnough,
    /// A restart does not restore the lock.
    LockForgotten,
    /// Blocks that are not decided are seen by later ones.
    OverlayLeaks,
    /// The tree's checkpoint is written before the store.
    CheckpointAhead,
    /// A restart proposes another block in the round in which one was proposed.
    AnotherValue,
    /// The window of sequence numbers is looked up one off.
    SequenceWindowOffByOne,
    /// A sequence number is not marked as used.
    SequenceNotUsed,
    /// A change of validators acts a block too early.
    SetChangeEarly,
    /// A block is executed at this node's own time.
    OwnClock,
    /// The block log is not synced before a block is acknowledged.
    LogSyncSkipped,
    /// Blocks are taken from peers without a look at their certificate.
    CertificateUnchecked,
    /// What a node votes for is not written down.
    BodyNotLogged,
    /// The store is trusted as it is found.
    StoreTrusted,
    /// A validator restored from a backup votes at once.
    RestoredVotesAtOnce,
    /// A pharmacy's hold never ends: a line of a contract, whose broken artefact stands in the genesis.
    LeaseForgotten,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Mutant; 16] = [
        Mutant::WalFlushSkipped,
        Mutant::TwoFEnough,
        Mutant::LockForgotten,
        Mutant::OverlayLeaks,
        Mutant::CheckpointAhead,
        Mutant::AnotherValue,
        Mutant::SequenceWindowOffByOne,
        Mutant::SequenceNotUsed,
        Mutant::SetChangeEarly,
        Mutant::OwnClock,
        Mutant::LogSyncSkipped,
        Mutant::CertificateUnchecked,
        Mutant::BodyNotLogged,
        Mutant::StoreTrusted,
        Mutant::RestoredVotesAtOnce,
        Mutant::LeaseForgotten,
    ];
}

thread_local! {
    static CHOSEN: Cell<Option<Mutant>> = const { Cell::new(None) };
}

/// From now on this thread runs that broken build; none: the sound one.
pub fn choose(mutant: Option<Mutant>) {
    CHOSEN.set(mutant);
}

/// Whether this thread runs that broken build.
pub fn is(mutant: Mutant) -> bool {
    CHOSEN.get() == Some(mutant)
}
