//! Where a replica's time goes, told to whoever measures.

/// A part of a replica's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Signatures of transactions.
    Verify,
    /// Contracts.
    Execute,
    /// The state tree.
    Tree,
    /// The key-value store and the tree's checkpoints.
    Store,
    /// The block log and the write-ahead log.
    Log,
    /// Votes, proposals, certificates.
    Consensus,
    /// Encoding and decoding.
    Codec,
    /// Mempool, bookkeeping and all the rest.
    Other,
}

impl Stage {
    /// All stages.
    pub const ALL: [Stage; 8] = [
        Stage::Verify,
        Stage::Execute,
        Stage::Tree,
        Stage::Store,
        Stage::Log,
        Stage::Consensus,
        Stage::Codec,
        Stage::Other,
    ];

    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Verify => "verify",
            Stage::Execute => "execute",
            Stage::Tree => "tree",
            Stage::Store => "store",
            Stage::Log => "log",
            Stage::Consensus => "consensus",
            Stage::Codec => "codec",
            Stage::Other => "other",
        }
    }
}

/// Is told when a stage begins; it ends where the next begins. A replica reads no clock: a measuring
/// owner reads its own here.
pub trait Observer: Send {
    /// What follows belongs to `stage`. Returns the stage that was going on.
    fn enter(&mut self, stage: Stage) -> Stage;

    /// Is told of CPU time, in ns, that another thread spent for `stage`.
    fn spent(&mut self, _stage: Stage, _spent_ns: u64) {}
}

/// Measures nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn enter(&mut self, _stage: Stage) -> Stage {
        Stage::Other
    }
}
