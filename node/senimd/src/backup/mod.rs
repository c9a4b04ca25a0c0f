//! Backups: one file with all of a folder that cannot be made anew, and back again.
//!
//! A tar file under zstd, so that any machine can look into it: `tar --zstd -tf FILE`.
//!
//! ```text
//! genesis.json, node.toml, contracts/<name>.wasm
//! sealed/<hash>                     encrypted data that is kept off the ledger
//! nodes/<name>/log/<height>.seg     the block log
//! keys/<name>.key                   only encrypted ones, or names of keys on a token
//! manifest.json                     last: path, size and blake3 of each of these
//! ```
//!
//! Never in it: the validator's votes, which would be old ones the moment it is made, and what is
//! derived from the log. Secret keys neither, unless they
//! are asked for and none of them is open.

mod manifest;
mod read;
mod write;

pub use manifest::{FileEntry, Manifest, NodeEntry};
pub use read::{mark, restore};
pub use write::back_up;

use crate::folder::FolderError;
use crate::keystore::KeyError;
use crate::node::StartError;
use senim_replica::ReadError;
use senim_state::disk::DiskError;
use senim_state::log::LogError;
use senim_types::Code;
use std::io;
use std::path::{Path, PathBuf};

/// Name of the file that says what the others are.
const MANIFEST: &str = "manifest.json";
/// Bytes between two words about progress.
const PROGRESS_BYTES: u64 = 256 << 20;

/// Why a backup is not made, or not taken.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The operating system's answer.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A node's log is damaged; a backup of it would be none.
    #[error("{node}: {error}")]
    Log {
        /// Which node.
        node: String,
        /// Where and how.
        error: LogError,
    },
    /// A node's log begins in the middle of the chain: alone it proves nothing.
    #[error(
        "{0} joined from a snapshot and has not all blocks, so that a backup of it could not be proven. Back up a machine that has them (first_height in its status is 1); this one can join again"
    )]
    NotFromGenesis(String),
    /// The target is there already.
    #[error("{} is there already; choose another name", .0.display())]
    TargetExists(PathBuf),
    /// A key cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key is open, and a backup is copied to places where nobody looks after it.
    #[error("{} is an open key, which a backup never holds; encrypt it with `senimd key encrypt`, or leave out --with-keys", .0.display())]
    OpenKey(PathBuf),
    /// The file is no backup, or not a whole one.
    #[error("{} is not a whole backup: {reason}. Nothing was restored", path.display())]
    NotWhole {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The folder has something in it.
    #[error("{} is not empty: a backup is restored into a folder of its own; move what is there away, or choose another with --dir", .0.display())]
    NotEmpty(PathBuf),
    /// The restored log is not what its genesis leads to.
    #[error(transparent)]
    Open(#[from] StartError),
    /// A restored block is not certified.
    #[error("{node}: the block at height {height} is not proven by its certificate")]
    NotCertified {
        /// Which node.
        node: String,
        /// The block's height.
        height: u64,
        /// What is wrong.
        code: Code,
    },
    /// The restored data cannot be read.
    #[error("{node}: the restored ledger cannot be read")]
    Read {
        /// Which node.
        node: String,
        /// Why.
        error: ReadError,
    },
    /// The mark that the validator has to observe cannot be written.
    #[error("{node}: {error}")]
    Mark {
        /// Which node.
        node: String,
        /// Why.
        error: DiskError,
    },
}

impl BackupError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            BackupError::Folder(error) => error.code(),
            BackupError::Io { error, .. } if is_full(error) => Code::DISK_FULL,
            BackupError::Io { .. } => Code::STORE_FAILED,
            BackupError::Log { error, .. } => error.code(),
            BackupError::NotFromGenesis(_)
            | BackupError::TargetExists(_)
            | BackupError::NotEmpty(_) => Code::CONFIGURATION,
            BackupError::Key(_) | BackupError::OpenKey(_) => Code::KEY_FILE,
            BackupError::NotWhole { .. } => Code::MALFORMED,
            BackupError::Open(error) => error.code(),
            BackupError::NotCertified { code, .. } => *code,
            BackupError::Read { error, .. } => error.code,
            BackupError::Mark { error, .. } => error.code(),
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, BackupError> {
    result.map_err(|error| BackupError::Io {
        path: path.to_owned(),
        error,
    })
}

/// Says how far a long work is, every so many bytes.
struct Progress<'a> {
    say: &'a mut dyn FnMut(String),
    bytes: u64,
    said: u64,
}

impl Progress<'_> {
    fn add(&mut self, bytes: u64, file: &str) {
        self.bytes += bytes;
        if self.bytes - self.said >= PROGRESS_BYTES {
            self.said = self.bytes;
            (self.say)(format!("{} MiB, now {file}", self.bytes >> 20));
        }
    }
}
