//! Everything that can go wrong with what a node keeps. It is always this node's fault.

use crate::disk::{DiskError, DiskErrorKind};
use crate::log::LogError;
use crate::snapshot::SnapshotError;
use crate::store::StoreError;
use crate::wal::WalError;
use senim_types::{ChainId, Code, Hash, Height, ViewError};

/// Why the ledger failed. The node stops: nothing acknowledged is lost, and starting again recovers
/// or says what an operator has to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The block log failed or is damaged.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The store failed or is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the tree failed.
    #[error("state tree: {0}")]
    Disk(#[from] DiskError),
    /// A snapshot's files failed, or the one that the log begins from is damaged.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The data folder belongs to another chain than the genesis.
    #[error("the data is of chain {found}, the genesis is of chain {expected}")]
    OtherChain {
        /// The genesis file's.
        expected: ChainId,
        /// The data's.
        found: ChainId,
    },
    /// A block that does not follow the tip: height, parent, log root or certificate is another's.
    #[error("block {height} does not follow the tip at {tip}: its {part} is another's")]
    NotNext {
        /// The tip's height.
        tip: Height,
        /// The block's height.
        height: Height,
        /// What does not fit.
        part: &'static str,
    },
    /// This node's outcome of a certified block is another than the header's.
    #[error("block {height} leads to state root {computed} here, its header says {certified}")]
    OutcomeDiffers {
        /// The block's height.
        height: Height,
        /// The header's state root.
        certified: Hash,
        /// This node's.
        computed: Hash,
    },
    /// The stage given to a commit was made over another state than the present one.
    #[error("the staged changes are of an older state")]
    StaleStage,
    /// Executing a block again, or the genesis, failed.
    #[error("height {height} cannot be executed again: {reason}")]
    Replay {
        /// The height; 0 is the genesis.
        height: Height,
        /// The executor's code.
        code: Code,
        /// In the executor's words.
        reason: String,
    },
    /// A write failed before: what is on the disk is unknown until the node restarts.
    #[error("the ledger takes nothing more after a failed write, until the node restarts")]
    Unusable,
}

impl StateError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            StateError::Log(error) => error.code(),
            StateError::Store(error) => error.code(),
            StateError::Disk(error) => error.code(),
            StateError::Snapshot(SnapshotError::Disk(error)) => error.code(),
            StateError::Snapshot(SnapshotError::Damaged { .. }) => Code::SNAPSHOT_DAMAGED,
            StateError::OtherChain { .. } => Code::OTHER_CHAIN_DATA,
            StateError::OutcomeDiffers { .. } => Code::OUTCOME_DIFFERS,
            StateError::Replay { code, .. } => *code,
            StateError::NotNext { .. } | StateError::StaleStage | StateError::Unusable => {
                Code::STORE_FAILED
            }
        }
    }
}

impl DiskError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self.kind {
            DiskErrorKind::Full => Code::DISK_FULL,
            DiskErrorKind::Locked => Code::DATA_FOLDER_LOCKED,
            _ => Code::STORE_FAILED,
        }
    }
}

impl LogError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            LogError::Disk(error) => error.code(),
            LogError::Damaged { .. } => Code::LOG_DAMAGED,
            _ => Code::STORE_FAILED,
        }
    }
}

impl StoreError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            StoreError::Damaged(_) => Code::STORE_DAMAGED,
            StoreError::Full => Code::DISK_FULL,
            StoreError::Killed | StoreError::Failed(_) => Code::STORE_FAILED,
        }
    }
}

impl WalError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            WalError::Disk(error) => error.code(),
            WalError::Damaged { .. } | WalError::Unreadable { .. } => Code::VOTES_DAMAGED,
            WalError::Unusable | WalError::TooLarge { .. } => Code::STORE_FAILED,
        }
    }
}

impl From<StoreError> for ViewError {
    fn from(error: StoreError) -> ViewError {
        ViewError(error.to_string())
    }
}
