//! The operating system's files. The only module of this crate that uses `std::fs`, except that
//! the sled backend removes a damaged database folder.

use super::{Disk, DiskError, DiskErrorKind, DiskOperation};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Name of the file whose lock says that a process works in the folder.
const LOCK_FILE: &str = "lock";

/// Open files kept for appending; more than one node ever appends to at a time.
const OPEN_FILES_MAX: usize = 8;

/// A folder of the machine's file system, held by this process alone.
pub struct RealDisk {
    root: PathBuf,
    open: Mutex<BTreeMap<String, Arc<File>>>,
    /// Locked as long as this value lives.
    _lock: File,
}

impl RealDisk {
    /// Takes hold of the folder, creating it when missing. Fails when another process holds it.
    pub fn open(root: &Path) -> Result<RealDisk, DiskError> {
        let fail = |e: std::io::Error| error(DiskOperation::Open, &root.display().to_string(), &e);
        fs::create_dir_all(root).map_err(fail)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(root.join(LOCK_FILE))
            .map_err(fail)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let path = root.display().to_string();
                return Err(DiskError::new(
                    DiskOperation::Open,
                    &path,
                    DiskErrorKind::Locked,
                ));
            }
            Err(TryLockError::Error(e)) => return Err(fail(e)),
        }
        Ok(RealDisk {
            root: root.to_owned(),
            open: Mutex::new(BTreeMap::new()),
            _lock: lock,
        })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A handle for appending, opened once per file.
    fn handle(&self, path: &str, create: bool) -> std::io::Result<Arc<File>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(path) {
            return Ok(Arc::clone(file));
        }
        let full = self.path(path);
        if create && let Some(folder) = full.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = Arc::new(OpenOptions::new().create(create).append(true).open(full)?);
        if open.len() >= OPEN_FILES_MAX {
            open.clear();
        }
        open.insert(path.to_owned(), Arc::clone(&file));
        Ok(file)
    }

    fn forget(&self, path: &str) {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(path);
    }
}

impl Disk for RealDisk {
    fn append(&self, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let run = || self.handle(path, true)?.as_ref().write_all(bytes);
        run().map_err(|e| error(DiskOperation::Append, path, &e))
    }

    fn sync(&self, path: &str) -> Result<(), DiskError> {
        // sync_data also writes the length, which is what appending changes.
        let run = || self.handle(path, false)?.sync_data();
        run().map_err(|e| error(DiskOperation::Sync, path, &e))
    }

    fn sync_dir(&self, folder: &str) -> Result<(), DiskError> {
        let full = self.path(folder);
        let run = || {
            fs::create_dir_all(&full)?;
            File::open(&full)?.sync_all()?;
            // The folder's own name lies in the data folder.
            File::open(&self.root)?.sync_all()
        };
        run().map_err(|e| error(DiskOperation::SyncDir, folder, &e))
    }

    fn read(&self, path: &str, offset: u64, length: usize) -> Result<Vec<u8>, DiskError> {
        let run = || {
            let mut file = File::open(self.path(path))?;
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::new();
            file.take(length as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = run().map_err(|e| error(DiskOperation::Read, path, &e))?;
        if bytes.len() < length {
            return Err(DiskError::new(
                DiskOperation::Read,
                path,
                DiskErrorKind::Short,
            ));
        }
        Ok(bytes)
    }

    fn length(&self, path: &str) -> Result<Option<u64>, DiskError> {
        match fs::metadata(self.path(path)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(error(DiskOperation::Read, path, &e)),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        let run = || -> std::io::Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in fs::read_dir(self.path(folder))? {
                let entry = entry?;
                if entry.file_type()?.is_file() {
                    names.push(entry.file_name().to_string_lossy().into_owned());
                }
            }
            names.sort_unstable();
            Ok(names)
        };
        match run() {
            Ok(names) => Ok(names),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(error(DiskOperation::List, folder, &e)),
        }
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.forget(from);
        self.forget(to);
        let run = || {
            if let Some(folder) = self.path(to).parent() {
                fs::create_dir_all(folder)?;
            }
            fs::rename(self.path(from), self.path(to))
        };
        run().map_err(|e| error(DiskOperation::Rename, from, &e))
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.forget(path);
        match fs::remove_file(self.path(path)) {
            Err(e) if e.kind() != ErrorKind::NotFound => {
                Err(error(DiskOperation::Remove, path, &e))
            }
            _ => Ok(()),
        }
    }

    fn truncate(&self, path: &str, length: u64) -> Result<(), DiskError> {
        self.forget(path);
        let run = || {
            let file = OpenOptions::new().write(true).open(self.path(path))?;
            if file.metadata()?.len() > length {
                file.set_len(length)?;
            }
            Ok(())
        };
        run().map_err(|e| error(DiskOperation::Truncate, path, &e))
    }
}

fn error(operation: DiskOperation, path: &str, cause: &std::io::Error) -> DiskError {
    let kind = match cause.kind() {
        ErrorKind::NotFound => DiskErrorKind::Missing,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => DiskErrorKind::Full,
        ErrorKind::UnexpectedEof => DiskErrorKind::Short,
        _ => DiskErrorKind::Io(cause.to_string()),
    };
    tracing::error!(?operation, path, %kind, "disk operation failed");
    DiskError::new(operation, path, kind)
}
