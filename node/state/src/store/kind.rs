//! Which durable backend a node uses, and that a folder written by one is never read by another.

use super::sled::SledOpener;
use super::{FJALL_CACHE_BYTES_DEFAULT, FjallOpener, SLED_CACHE_BYTES_DEFAULT};
use super::{Store, StoreError, StoreOpener, remove_folder};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// The file in a store's folder that names its backend. No backend has a file of this name.
const MARKER: &str = "backend";

/// Bytes of the marker that are looked at: more than any name has.
const MARKER_BYTES_MAX: u64 = 64;

/// A durable backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreKind {
    /// sled 0.34.
    #[default]
    Sled,
    /// fjall 3.
    Fjall,
}

/// A name that is of no backend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no store `{0}`: sled or fjall")]
pub struct UnknownStoreKind(pub String);

impl StoreKind {
    /// All of them, the default first.
    pub const ALL: [StoreKind; 2] = [StoreKind::Sled, StoreKind::Fjall];

    /// Its name on the command line and in a store's folder.
    pub const fn name(self) -> &'static str {
        match self {
            StoreKind::Sled => "sled",
            StoreKind::Fjall => "fjall",
        }
    }

    fn opener(self, folder: &Path) -> Box<dyn StoreOpener> {
        match self {
            StoreKind::Sled => Box::new(SledOpener::new(folder, SLED_CACHE_BYTES_DEFAULT)),
            StoreKind::Fjall => Box::new(FjallOpener::new(folder, FJALL_CACHE_BYTES_DEFAULT)),
        }
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for StoreKind {
    type Err = UnknownStoreKind;

    fn from_str(name: &str) -> Result<StoreKind, UnknownStoreKind> {
        StoreKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownStoreKind(name.to_owned()))
    }
}

/// A node's folder for its store. It remembers which backend wrote it.
///
/// Opening it with another backend than that is [`StoreError::Damaged`]: the ledger then removes the
/// folder, says so, and rebuilds the store from the block log with the backend that was asked for.
pub struct StoreFolder {
    folder: PathBuf,
    wanted: Option<StoreKind>,
}

impl StoreFolder {
    /// The store in `folder` with the backend `wanted`; `None` takes the one that wrote it, and for
    /// a new store the default.
    pub fn new(folder: &Path, wanted: Option<StoreKind>) -> StoreFolder {
        StoreFolder {
            folder: folder.to_owned(),
            wanted,
        }
    }

    /// The backend that wrote what is there; `None` where nothing is.
    fn found(&self) -> Result<Option<StoreKind>, StoreError> {
        match File::open(self.folder.join(MARKER)) {
            Ok(file) => {
                let mut name = String::new();
                file.take(MARKER_BYTES_MAX)
                    .read_to_string(&mut name)
                    .map_err(failed)?;
                let unknown = |_| StoreError::Damaged("what names its backend is damaged".into());
                name.trim().parse().map(Some).map_err(unknown)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => match self.is_empty()? {
                true => Ok(None),
                // Stores had no marker while there was only sled.
                false => Ok(Some(StoreKind::Sled)),
            },
            Err(error) => Err(failed(error)),
        }
    }

    fn is_empty(&self) -> Result<bool, StoreError> {
        match fs::read_dir(&self.folder) {
            Ok(mut entries) => Ok(entries.next().is_none()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(failed(error)),
        }
    }

    /// Writes the marker; durable before the backend writes anything.
    fn mark(&self, kind: StoreKind) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = File::create(self.folder.join(MARKER))?;
        writeln!(file, "{kind}")?;
        file.sync_all()?;
        File::open(&self.folder)?.sync_all()
    }
}

impl StoreOpener for StoreFolder {
    fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        let kind = match (self.found()?, self.wanted) {
            (Some(found), Some(wanted)) if found != wanted => {
                return Err(StoreError::Damaged(format!(
                    "{found} wrote it, and {wanted} is asked for"
                )));
            }
            (found, wanted) => found.or(wanted).unwrap_or_default(),
        };
        // Crash in this: nothing else is there yet, or sled's files are, which need no marker.
        self.mark(kind).map_err(failed)?;
        kind.opener(&self.folder).open()
    }

    fn destroy(&self) -> Result<(), StoreError> {
        remove_folder(&self.folder)
    }
}

fn failed(error: io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull => StoreError::Full,
        ErrorKind::InvalidData => StoreError::Damaged(error.to_string()),
        _ => StoreError::Failed(error.to_string()),
    }
}
