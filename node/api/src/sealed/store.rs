//! The files of sealed objects, and how much of the disk they may take.

use crate::error::ApiError;
use axum::body::Bytes;
use senim_types::{Code, Hash, OrgId};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::{JoinHandle, spawn_blocking};

/// What a disk gives a file at least: objects count in whole blocks, or many small ones would fill it
/// below every limit.
const BLOCK_BYTES: u64 = 4096;
/// Bytes before the ciphertext: the organisation, big-endian.
const OWNER_BYTES: usize = 4;
/// Suffix of a file that is being written.
const ASIDE_SUFFIX: &str = ".new";
/// Numbers the files that are being written.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// How much a store keeps, in bytes of whole blocks of 4 KiB. An object that would go beyond is refused;
/// what is there already stays, whatever the limits become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedLimits {
    /// Of all organisations together; beyond it `SEALED_STORE_FULL`.
    pub bytes_max: u64,
    /// Of one organisation; beyond it `SEALED_QUOTA`.
    pub organisation_bytes_max: u64,
}

impl Default for SealedLimits {
    /// 64 GiB, and 16 GiB for each: some million prescriptions.
    fn default() -> SealedLimits {
        SealedLimits {
            bytes_max: 64 << 30,
            organisation_bytes_max: 16 << 30,
        }
    }
}

/// A folder with one file per sealed object: 4 bytes organisation (big-endian), then the ciphertext. One
/// value serves all nodes of a process: it counts what the folder holds.
#[derive(Debug)]
pub struct SealedStore {
    folder: PathBuf,
    limits: SealedLimits,
    usage: Mutex<Usage>,
    /// Reads the wall clock, in Unix ms.
    pub(crate) now_ms: fn() -> u64,
}

/// What is kept, in bytes of whole blocks.
#[derive(Debug, Default, PartialEq, Eq)]
struct Usage {
    total: u64,
    by_organisation: BTreeMap<OrgId, u64>,
    /// Objects that are being written: as many as there are requests, and counted already.
    being_written: BTreeSet<Hash>,
}

impl Usage {
    fn of(&self, org: OrgId) -> u64 {
        self.by_organisation.get(&org).copied().unwrap_or(0)
    }

    /// What is too short to have an owner is damaged, and on the disk all the same.
    fn add(&mut self, org: Option<OrgId>, bytes: u64) {
        self.total += bytes;
        if let Some(org) = org {
            *self.by_organisation.entry(org).or_default() += bytes;
        }
    }

    fn subtract(&mut self, org: Option<OrgId>, bytes: u64) {
        self.total = self.total.saturating_sub(bytes);
        let Some(org) = org else { return };
        let left = self.of(org).saturating_sub(bytes);
        if left == 0 {
            self.by_organisation.remove(&org);
        } else {
            self.by_organisation.insert(org, left);
        }
    }
}

/// The organisation that a stored object names first.
fn owner(stored: &[u8]) -> Option<OrgId> {
    let org = stored.first_chunk::<OWNER_BYTES>()?;
    Some(OrgId(u32::from_be_bytes(*org)))
}

/// Owner and ciphertext, if they are what the hash says.
fn sound<'a>(hash: &Hash, stored: &'a [u8]) -> Option<(OrgId, &'a [u8])> {
    let ciphertext = stored.get(OWNER_BYTES..)?;
    (Hash::of(ciphertext) == *hash).then_some((owner(stored)?, ciphertext))
}

/// What an object of so many bytes, its owner included, takes of the limits.
fn blocks(stored_bytes: u64) -> u64 {
    stored_bytes.max(1).next_multiple_of(BLOCK_BYTES)
}

/// Room that was promised to a write; given back unless the object is there.
struct Room<'a> {
    store: &'a SealedStore,
    hash: Hash,
    org: OrgId,
    bytes: u64,
    is_used: bool,
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let mut usage = self.store.usage();
        usage.being_written.remove(&self.hash);
        if !self.is_used {
            usage.subtract(Some(self.org), self.bytes);
        }
    }
}

impl SealedStore {
    /// The store in `folder`, which is made when the first object comes. Counts what is there, which
    /// reads the head of every file, and removes what a crash left half written.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn open(
        folder: PathBuf,
        limits: SealedLimits,
        now_ms: fn() -> u64,
    ) -> std::io::Result<SealedStore> {
        let usage = count(&folder)?;
        Ok(SealedStore {
            folder,
            limits,
            usage: Mutex::new(usage),
            now_ms,
        })
    }

    fn usage(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, hash: &Hash) -> PathBuf {
        self.folder.join(hash.to_string())
    }

    /// Promises room for an object, or says which limit is in the way.
    fn reserve(&self, hash: &Hash, org: OrgId, stored_bytes: u64) -> Result<Room<'_>, Code> {
        let bytes = blocks(stored_bytes);
        let mut usage = self.usage();
        if usage.being_written.contains(hash) {
            // The same object in another request: whose it is shows when that one is done.
            return Err(Code::NOT_READY);
        }
        if usage.of(org) + bytes > self.limits.organisation_bytes_max {
            return Err(Code::SEALED_QUOTA);
        }
        if usage.total + bytes > self.limits.bytes_max {
            return Err(Code::SEALED_STORE_FULL);
        }
        usage.add(Some(org), bytes);
        usage.being_written.insert(*hash);
        Ok(Room {
            store: self,
            hash: *hash,
            org,
            bytes,
            is_used: false,
        })
    }

    /// Stores an object that is not there. On a thread of its own, which goes on when whoever asked is
    /// gone: what is on the disk and what is counted stay the same.
    pub(super) async fn write(
        self: &Arc<Self>,
        hash: Hash,
        org: OrgId,
        ciphertext: Bytes,
    ) -> Result<(), ApiError> {
        let store = Arc::clone(self);
        finished(spawn_blocking(move || {
            store.write_now(&hash, org, &ciphertext)
        }))
        .await
    }

    /// Writes aside and renames, so that a crash leaves the whole object or none.
    fn write_now(&self, hash: &Hash, org: OrgId, ciphertext: &[u8]) -> Result<(), ApiError> {
        let stored = [&org.0.to_be_bytes()[..], ciphertext].concat();
        let mut room = self.reserve(hash, org, stored.len() as u64)?;
        let file = self.file(hash);
        let damaged = match fs::read(&file) {
            // Another request was faster; asked again, the answer says whose it is.
            Ok(stored) if sound(hash, &stored).is_some() => return Err(Code::NOT_READY.into()),
            Ok(stored) => Some(stored),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(io_error(&error)),
        };
        let number = WRITES.fetch_add(1, Ordering::Relaxed);
        let aside = self.folder.join(format!("{hash}.{number}{ASIDE_SUFFIX}"));
        let written = (|| {
            fs::create_dir_all(&self.folder)?;
            fs::write(&aside, stored)?;
            fs::File::open(&aside)?.sync_all()?;
            fs::rename(&aside, &file)?;
            fs::File::open(&self.folder)?.sync_all()
        })();
        if let Err(error) = written {
            // What is left of it would take room that nobody counts.
            for left in [&aside, &file] {
                match fs::remove_file(left) {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        tracing::warn!(%error, "what is left of a sealed object was not removed");
                    }
                    _ => {}
                }
            }
            return Err(io_error(&error));
        }
        room.is_used = true;
        if let Some(replaced) = damaged {
            let bytes = blocks(replaced.len() as u64);
            self.usage().subtract(owner(&replaced), bytes);
        }
        Ok(())
    }

    /// The owner and the ciphertext.
    pub(super) async fn read(&self, hash: &Hash) -> Result<(OrgId, Vec<u8>), ApiError> {
        let stored = tokio::fs::read(self.file(hash)).await;
        let stored = stored.map_err(|error| missing_or(&error))?;
        sound(hash, &stored)
            .map(|(org, ciphertext)| (org, ciphertext.to_vec()))
            .ok_or_else(|| {
                ApiError::with_message(Code::STORE_DAMAGED, "The sealed object here is damaged.")
            })
    }

    /// Takes an object of `org` with a ciphertext of so many bytes off the disk.
    pub(super) async fn remove(
        self: &Arc<Self>,
        hash: Hash,
        org: OrgId,
        ciphertext_bytes: usize,
    ) -> Result<(), ApiError> {
        let store = Arc::clone(self);
        finished(spawn_blocking(move || {
            fs::remove_file(store.file(&hash)).map_err(|error| missing_or(&error))?;
            let bytes = blocks((OWNER_BYTES + ciphertext_bytes) as u64);
            store.usage().subtract(Some(org), bytes);
            Ok(())
        }))
        .await
    }
}

async fn finished(task: JoinHandle<Result<(), ApiError>>) -> Result<(), ApiError> {
    match task.await {
        Ok(done) => done,
        Err(error) => {
            tracing::error!(%error, "the store of sealed data failed");
            Err(Code::STORE_FAILED.into())
        }
    }
}

/// What is in the folder.
fn count(folder: &Path) -> std::io::Result<Usage> {
    let mut usage = Usage::default();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(usage),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if entry.path().to_string_lossy().ends_with(ASIDE_SUFFIX) {
            fs::remove_file(entry.path())?;
            continue;
        }
        let bytes = blocks(entry.metadata()?.len());
        let mut first = Vec::with_capacity(OWNER_BYTES);
        let file = fs::File::open(entry.path())?;
        file.take(OWNER_BYTES as u64).read_to_end(&mut first)?;
        usage.add(owner(&first), bytes);
    }
    Ok(usage)
}

fn missing_or(error: &std::io::Error) -> ApiError {
    if error.kind() == ErrorKind::NotFound {
        Code::NOT_FOUND.into()
    } else {
        io_error(error)
    }
}

fn io_error(error: &std::io::Error) -> ApiError {
    tracing::error!(%error, "the store of sealed data failed");
    let is_full = error.kind() == ErrorKind::StorageFull;
    ApiError::new(if is_full {
        Code::DISK_FULL
    } else {
        Code::STORE_FAILED
    })
}

#[cfg(test)]
mod tests;
