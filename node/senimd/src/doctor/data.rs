//! Log, votes and store, read and not written.

use super::Report;
use crate::config::MachineConfig;
use crate::folder::Folder;
use senim_state::StateError;
use senim_state::disk::{Disk, DiskError, RealDisk};
use senim_state::log::{BlockLog, SEGMENT_BYTES_MAX};
use senim_state::snapshot::read_base;
use senim_state::store::StoreKind;
use senim_state::wal::Wal;
use senim_types::{Code, Height};
use std::path::Path;
use std::sync::Arc;

/// A disk on which nothing changes: what opening would repair stays as it is.
struct Unchanged(RealDisk);

impl Disk for Unchanged {
    fn append(&self, _path: &str, _bytes: &[u8]) -> Result<(), DiskError> {
        Ok(())
    }

    fn sync(&self, _path: &str) -> Result<(), DiskError> {
        Ok(())
    }

    fn sync_dir(&self, _folder: &str) -> Result<(), DiskError> {
        Ok(())
    }

    fn read(&self, path: &str, offset: u64, length: usize) -> Result<Vec<u8>, DiskError> {
        self.0.read(path, offset, length)
    }

    fn length(&self, path: &str) -> Result<Option<u64>, DiskError> {
        self.0.length(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        self.0.list(folder)
    }

    fn rename(&self, _from: &str, _to: &str) -> Result<(), DiskError> {
        Ok(())
    }

    fn remove(&self, _path: &str) -> Result<(), DiskError> {
        Ok(())
    }

    fn truncate(&self, _path: &str, _length: u64) -> Result<(), DiskError> {
        Ok(())
    }
}

/// The data of every node of the folder: a machine has one.
pub fn data(
    folder: &Folder,
    config: Option<&MachineConfig>,
    is_running: bool,
    is_full: bool,
    report: &mut Report,
) {
    let nodes = folder.path().join("nodes");
    let mut paths: Vec<_> = match std::fs::read_dir(&nodes) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            let message = format!("{}: {error}", nodes.display());
            return report.fail(
                "data",
                message,
                "run this as the node's user, or let that user read the folder",
            );
        }
    };
    paths.retain(|path| path.is_dir());
    paths.sort();
    if paths.is_empty() {
        report.ok(
            "data",
            "none yet: the node begins with the genesis".to_owned(),
        );
    }
    for path in paths {
        node(&path, config, is_running, is_full, report);
    }
}

fn node(
    path: &Path,
    config: Option<&MachineConfig>,
    is_running: bool,
    is_full: bool,
    report: &mut Report,
) {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    // Taking hold of a folder leaves a file in it, so the data has to be somebody's already.
    let disk: Arc<dyn Disk> = match RealDisk::open(path) {
        Ok(disk) => Arc::new(Unchanged(disk)),
        Err(error) if error.code() == Code::DATA_FOLDER_LOCKED => {
            return if is_running {
                report.skip(
                    "data",
                    format!("{name}: the running node works in it; stop it to have it read"),
                )
            } else {
                report.fail(
                    "data",
                    format!("{name}: a process holds it, and no node of this folder answers"),
                    "another senimd, or a backup, works in it: find it with `fuser`, and end it",
                )
            };
        }
        Err(error) => {
            return report.fail(
                "data",
                error.to_string(),
                "look at the disk and at who owns the folder",
            );
        }
    };
    let base = match read_base(disk.as_ref()) {
        Ok(base) => base.unwrap_or(Height::GENESIS),
        Err(error) => {
            let error = StateError::from(error);
            return report.fail(
                "data",
                format!("{name}: {error} [{}]", error.code()),
                "move the node's data away and let it join again: docs/operating/recovery.md, LOG_DAMAGED",
            );
        }
    };
    let blocks = |log: &BlockLog| match base {
        Height::GENESIS => format!("{} blocks", log.tip()),
        base => format!(
            "{} blocks after the snapshot of height {base}",
            log.tip().0 - base.0
        ),
    };
    match BlockLog::open(Arc::clone(&disk), SEGMENT_BYTES_MAX, base, base) {
        Ok((log, torn)) => {
            if let Some(torn) = torn {
                report.warn(
                    "data",
                    format!(
                        "{name}: the last record is cut off, at height {}",
                        torn.height
                    ),
                    "nothing to do: it was never acknowledged, and the next start removes it",
                );
            }
            let verified = if is_full {
                log.verify().map(Some)
            } else {
                Ok(None)
            };
            match verified {
                Ok(Some(_)) => report.ok(
                    "data",
                    format!("{name}: the whole log is sound, {}", blocks(&log)),
                ),
                Ok(None) => report.ok(
                    "data",
                    format!(
                        "{name}: the end of the log is sound, {}; --full reads all of it",
                        blocks(&log)
                    ),
                ),
                Err(error) => report.fail(
                    "data",
                    format!("{name}: {error} [{}]", error.code()),
                    "restore the segment from a backup or another node",
                ),
            }
        }
        Err(error) => report.fail(
            "data",
            format!("{name}: {error} [{}]", error.code()),
            "restore the segment from a backup or another node",
        ),
    }
    match Wal::open(disk) {
        Ok(_) => report.ok("votes", format!("{name}: the record of its votes is sound")),
        Err(error) => report.fail("votes", format!("{name}: {error} [{}]", error.code()), "docs/operating/runbooks.md, SenimVotesDamaged: without it the validator observes before it votes; never put an older copy in its place"),
    }
    store(&name, &path.join("store"), config, report);
}

/// The store's backend, by its marker.
fn store(name: &str, store: &Path, config: Option<&MachineConfig>, report: &mut Report) {
    if !store.is_dir() {
        return report.ok(
            "store",
            format!("{name}: none yet: the next start makes it"),
        );
    }
    // A store without the marker is of the time before there were two.
    let written = std::fs::read_to_string(store.join("backend"))
        .unwrap_or_else(|_| StoreKind::Sled.name().to_owned());
    let written = written.trim().parse::<StoreKind>();
    let wanted = config.and_then(|config| config.store.backend);
    match (written, wanted) {
        (Err(error), _) => report.warn(
            "store",
            format!("{name}: {error}"),
            "the next start makes it anew from the log, which takes a while",
        ),
        (Ok(written), Some(wanted)) if written != wanted => report.warn(
            "store",
            format!("{name}: written by {written}, and store.backend is {wanted}"),
            "the next start makes it anew from the log, which takes a while",
        ),
        (Ok(written), _) => report.ok("store", format!("{name}: {written}")),
    }
}
