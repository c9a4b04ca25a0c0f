//! When each terminal was last heard of: in memory, and one small file for each in a folder.

use crate::error::ApiError;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Code, OrgId, PublicKey, codec};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::spawn_blocking;

/// Bytes of one record's file.
const RECORD_BYTES_MAX: usize = 256;
/// Suffix of a file that is being written.
const ASIDE_SUFFIX: &str = ".new";
/// Above this difference, in ms, a terminal's clock is wrong: a live QR is worth nothing after a minute.
pub(super) const SKEW_MS_MAX: u64 = 10_000;
/// Numbers the files that are being written.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// How much is kept, and how often something is taken and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactLimits {
    /// Terminals that are known; for one more, that which was heard of longest ago is forgotten.
    pub terminals_max: usize,
    /// Between two contacts of one terminal, in ms at least; sooner it is `DEVICE_RATE`.
    pub contact_ms_min: u64,
    /// Between two writes of one terminal's record, in ms at least: a crash may lose what came between.
    pub write_ms_min: u64,
}

impl Default for ContactLimits {
    /// 200,000 terminals, a contact a second and a write a minute of each.
    fn default() -> ContactLimits {
        ContactLimits {
            terminals_max: 200_000,
            contact_ms_min: 1_000,
            write_ms_min: 60_000,
        }
    }
}

/// What a terminal said of itself, and when.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Contact {
    /// Its software's name.
    pub(crate) software: String,
    /// Its software's version.
    pub(crate) version: String,
    /// When it was heard of, by this node's clock, Unix ms.
    pub(crate) at_ms: u64,
    /// The time that it signed, by its own clock, Unix ms.
    pub(crate) signed_ms: u64,
}

impl Contact {
    /// Its clock less this node's, in ms.
    pub(crate) fn skew_ms(&self) -> i64 {
        skew_ms(self.signed_ms, self.at_ms)
    }
}

/// A terminal's clock less the node's, in ms.
pub(super) fn skew_ms(terminal_ms: u64, node_ms: u64) -> i64 {
    let difference = i128::from(terminal_ms) - i128::from(node_ms);
    i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
}

/// A terminal: whose, and which.
pub(crate) type Terminal = (OrgId, PublicKey);

/// A file's content.
#[derive(BorshSerialize, BorshDeserialize)]
enum Record {
    /// The only version so far.
    V1 {
        org: OrgId,
        device: PublicKey,
        contact: Contact,
    },
}

/// What is known of one terminal.
#[derive(Debug)]
struct Known {
    contact: Contact,
    /// When its file was written, Unix ms.
    written_ms: u64,
}

/// Counts for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContactFigures {
    /// Terminals that are known.
    pub terminals: u64,
    /// Of these, with a clock that was wrong at the last contact.
    pub clocks_wrong: u64,
}

/// See the module. One value serves all nodes of a process.
#[derive(Debug)]
pub struct ContactStore {
    folder: PathBuf,
    limits: ContactLimits,
    known: Mutex<BTreeMap<Terminal, Known>>,
}

impl ContactStore {
    /// The store in `folder`, which is made at the first contact. Reads what is there; what is damaged or was left half
    /// written by a crash is removed: the terminal's next contact makes it anew.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn open(folder: PathBuf, limits: ContactLimits) -> std::io::Result<ContactStore> {
        let known = read(&folder)?;
        let store = ContactStore {
            folder,
            limits,
            known: Mutex::new(known),
        };
        let surplus: Vec<_> = {
            let mut known = store.known();
            std::iter::from_fn(|| {
                let is_above = known.len() > store.limits.terminals_max;
                is_above.then(|| forget_oldest(&mut known)).flatten()
            })
            .collect()
        };
        surplus
            .iter()
            .try_for_each(|terminal| remove(&store.file(terminal)))?;
        Ok(store)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Terminal, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, terminal: &Terminal) -> PathBuf {
        self.folder.join(file_name(terminal))
    }

    /// Takes a contact that is newer than the last.
    ///
    /// # Errors
    /// `CONTACT_REPLAYED`, `DEVICE_RATE`; the disk's.
    pub(super) async fn take(
        self: &Arc<Self>,
        terminal: Terminal,
        contact: Contact,
    ) -> Result<(), ApiError> {
        let Some(forgotten) = self.remember(terminal, &contact)? else {
            return Ok(());
        };
        // On a thread of its own, which goes on when whoever asked is gone.
        let store = Arc::clone(self);
        let written = spawn_blocking(move || store.write(&terminal, contact, forgotten)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::error!(%error, "a terminal's last contact was not stored");
                self.known()
                    .entry(terminal)
                    .and_modify(|known| known.written_ms = 0);
                Err(ApiError::new(if error.kind() == ErrorKind::StorageFull {
                    Code::DISK_FULL
                } else {
                    Code::STORE_FAILED
                }))
            }
            Err(error) => {
                tracing::error!(%error, "a terminal's last contact was not stored");
                Err(Code::STORE_FAILED.into())
            }
        }
    }

    /// Takes it into memory. `None`: its file is new enough. Else it is to be written, and the file of the terminal
    /// that had to make room is to be removed.
    fn remember(
        &self,
        terminal: Terminal,
        contact: &Contact,
    ) -> Result<Option<Option<Terminal>>, ApiError> {
        let mut known = self.known();
        let mut written_ms = None;
        if let Some(last) = known.get(&terminal) {
            if contact.signed_ms <= last.contact.signed_ms {
                return Err(Code::CONTACT_REPLAYED.into());
            }
            // A node's clock that was set back keeps nobody out for longer.
            let since_ms = contact.at_ms.abs_diff(last.contact.at_ms);
            if since_ms < self.limits.contact_ms_min {
                return Err(ApiError::with_message(
                    Code::DEVICE_RATE,
                    "This terminal made contact just now. Wait for a second.",
                ));
            }
            written_ms = Some(last.written_ms);
        }
        let mut forgotten = None;
        if written_ms.is_none() && known.len() >= self.limits.terminals_max {
            forgotten = forget_oldest(&mut known);
            tracing::warn!("a terminal's last contact was forgotten: there are too many");
        }
        let is_written = written_ms.is_some_and(|written_ms| {
            contact.at_ms.abs_diff(written_ms) < self.limits.write_ms_min
        });
        let known_now = Known {
            contact: contact.clone(),
            written_ms: written_ms.filter(|_| is_written).unwrap_or(contact.at_ms),
        };
        known.insert(terminal, known_now);
        Ok((!is_written).then_some(forgotten))
    }

    /// Aside and renamed, so that a crash leaves the old file or the new one. Not synced: the next contact makes good
    /// what a power cut takes, and the ledger's own files need the disk more.
    fn write(
        &self,
        terminal: &Terminal,
        contact: Contact,
        forgotten: Option<Terminal>,
    ) -> std::io::Result<()> {
        if let Some(forgotten) = forgotten {
            remove(&self.file(&forgotten))?;
        }
        let (org, device) = *terminal;
        let record = Record::V1 {
            org,
            device,
            contact,
        };
        let (file, number) = (self.file(terminal), WRITES.fetch_add(1, Ordering::Relaxed));
        let aside = file.with_extension(format!("{number}{ASIDE_SUFFIX}"));
        fs::create_dir_all(&self.folder)?;
        fs::write(&aside, codec::encode(&record))?;
        fs::rename(&aside, &file)
    }

    /// At most `count` terminals after `after`, of one organisation or of all, in order.
    pub(super) fn page(
        &self,
        org: Option<OrgId>,
        after: Option<Terminal>,
        count: usize,
    ) -> Vec<(Terminal, Contact)> {
        let known = self.known();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let later = known.range((from, Bound::Unbounded));
        let later = later.filter(|((of, _), _)| org.is_none_or(|org| org == *of));
        later
            .take(count)
            .map(|(terminal, known)| (*terminal, known.contact.clone()))
            .collect()
    }

    /// Counts for metrics.
    pub fn figures(&self) -> ContactFigures {
        let known = self.known();
        let is_wrong = |known: &&Known| known.contact.skew_ms().unsigned_abs() > SKEW_MS_MAX;
        ContactFigures {
            terminals: known.len() as u64,
            clocks_wrong: known.values().filter(is_wrong).count() as u64,
        }
    }
}

/// A file for each record that memory has: of a device that went to another organisation both, until one is forgotten.
fn file_name((org, device): &Terminal) -> String {
    format!("{org}-{}", hex::encode(codec::encode(device)))
}

fn forget_oldest(known: &mut BTreeMap<Terminal, Known>) -> Option<Terminal> {
    let oldest = known.iter().min_by_key(|(_, known)| known.contact.at_ms);
    let oldest = *oldest?.0;
    known.remove(&oldest);
    Some(oldest)
}

/// What is in the folder.
fn read(folder: &Path) -> std::io::Result<BTreeMap<Terminal, Known>> {
    let mut known = BTreeMap::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(known),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let record = fs::read(&path)?;
        let Ok(Record::V1 {
            org,
            device,
            contact,
        }) = codec::decode(&record, RECORD_BYTES_MAX)
        else {
            remove(&path)?;
            continue;
        };
        // Under another's name nothing would ever remove it.
        if path.file_name() != Some(OsStr::new(&file_name(&(org, device)))) {
            remove(&path)?;
            continue;
        }
        let written_ms = contact.at_ms;
        let read = Known {
            contact,
            written_ms,
        };
        known.insert((org, device), read);
    }
    Ok(known)
}

fn remove(file: &Path) -> std::io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
