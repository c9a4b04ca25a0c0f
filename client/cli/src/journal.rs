//! A service's journal: every event, sealed, in order, on the disk before anything is done about it.
//!
//! At a crash, what was appended is there, and the service's state is what its events make it. An append that was cut
//! short is the last; nothing of it was acknowledged to anybody, so it is taken off. The events of one append are there
//! together or not at all.

use crate::failure::{Failure, Result};
use crate::files;
use crate::vault::{OVERHEAD_BYTES, Vault};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Code, codec};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of one entry: the events of an append.
const ENTRY_BYTES_MAX: usize = 16 << 20;
/// Bytes of the length ahead of each entry.
const LENGTH_BYTES: usize = 4;
/// Bytes of the first entry, which has no events: the sealed count of them.
const FIRST_BYTES: usize = LENGTH_BYTES + OVERHEAD_BYTES + 4;

/// Whose journal it is: one service's is no other's.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// What its entries are sealed as.
    pub name: &'static str,
    /// What is said where it cannot be read.
    pub damaged: Code,
}

/// The open journal.
pub struct Journal {
    file: File,
    path: PathBuf,
    vault: Vault,
    form: Form,
    count: u64,
}

impl Form {
    fn place(&self, index: u64) -> Vec<u8> {
        [self.name.as_bytes(), &index.to_be_bytes()].concat()
    }

    fn failure(&self, path: &Path) -> Failure {
        let advice = self.damaged.advice();
        Failure::with(self.damaged, format!("{}: {advice}", path.display()))
    }

    /// Gives the events in order; answers how many entries there are, and how many bytes of whole ones.
    fn replay<E: BorshSerialize + BorshDeserialize>(
        &self,
        path: &Path,
        bytes: &[u8],
        vault: &Vault,
        mut happened: impl FnMut(E),
    ) -> Result<(u64, usize)> {
        let (mut count, mut whole) = (0, 0);
        while let Some((length, rest)) = bytes[whole..].split_first_chunk::<LENGTH_BYTES>() {
            let length = u32::from_le_bytes(*length) as usize;
            let is_last = length >= rest.len();
            let plain = rest
                .get(..length)
                .and_then(|sealed| vault.unseal(&self.place(count), sealed));
            let events =
                plain.and_then(|plain| codec::decode::<Vec<E>>(&plain, ENTRY_BYTES_MAX).ok());
            match events {
                Some(events) => events.into_iter().for_each(&mut happened),
                // Cut short, or written in part. A first entry that is all there is of another key.
                None if is_last && (count > 0 || bytes.len() < FIRST_BYTES) => break,
                None => return Err(self.failure(path)),
            }
            count += 1;
            whole += LENGTH_BYTES + length;
        }
        Ok((count, whole))
    }

    /// The bytes of an entry.
    fn entry<E: BorshSerialize>(&self, vault: &Vault, index: u64, events: &[E]) -> Result<Vec<u8>> {
        let sealed = vault.seal(&self.place(index), &codec::encode(&events))?;
        if sealed.len() > ENTRY_BYTES_MAX + OVERHEAD_BYTES {
            return Err(Failure::new(Code::TOO_LARGE));
        }
        let length = (sealed.len() as u32).to_le_bytes();
        Ok([&length[..], &sealed].concat())
    }
}

impl Journal {
    /// Opens the journal for the one process that writes it, and gives its events in order. A new one gets its first
    /// entry here, so that a wrong key is told from a cut.
    pub fn open<E: BorshSerialize + BorshDeserialize>(
        path: &Path,
        vault: &Vault,
        form: Form,
        happened: impl FnMut(E),
    ) -> Result<Journal> {
        let unwritable = |error| files::unwritable(path, &error);
        let mut file = locked(path, false)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unwritable)?;
        let (count, whole) = form.replay(path, &bytes, vault, happened)?;
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(unwritable)?;
            file.seek(SeekFrom::End(0)).map_err(unwritable)?;
        }
        let mut journal = Journal {
            file,
            path: path.to_owned(),
            vault: vault.clone(),
            form,
            count,
        };
        if count == 0 {
            journal.append::<E>(&[])?;
        }
        Ok(journal)
    }

    /// Gives the events of a journal that another process may be writing.
    pub fn read<E: BorshSerialize + BorshDeserialize>(
        path: &Path,
        vault: &Vault,
        form: Form,
        happened: impl FnMut(E),
    ) -> Result<()> {
        let bytes = std::fs::read(path).map_err(|error| files::unreadable(path, &error))?;
        form.replay(path, &bytes, vault, happened).map(|_| ())
    }

    /// Appends events together, and returns when they are on the disk.
    pub fn append<E: BorshSerialize>(&mut self, events: &[E]) -> Result<()> {
        let entry = self.form.entry(&self.vault, self.count, events)?;
        let written = self
            .file
            .write_all(&entry)
            .and_then(|()| self.file.sync_data());
        written.map_err(|error| files::unwritable(&self.path, &error))?;
        self.count += 1;
        Ok(())
    }

    /// How many times something was appended.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether nothing was appended yet: never, once it is open.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Puts these events, which make the same state, in place of all that is there: written aside, flushed, renamed. At
    /// a crash either the long journal is there or the short one.
    pub fn compact<E: BorshSerialize>(&mut self, events: &[E]) -> Result<()> {
        /// Events of an entry: few enough for its bytes.
        const EVENTS_TOGETHER: usize = 64;
        let aside = self.path.with_extension("new");
        let unwritable = |error| files::unwritable(&self.path, &error);
        let mut file = locked(&aside, true)?;
        let mut count = 0;
        // The first is empty, as a new journal's.
        let none: &[E] = &[];
        for together in std::iter::once(none).chain(events.chunks(EVENTS_TOGETHER)) {
            let entry = self.form.entry(&self.vault, count, together)?;
            file.write_all(&entry).map_err(unwritable)?;
            count += 1;
        }
        let replaced = file
            .sync_all()
            .and_then(|()| std::fs::rename(&aside, &self.path));
        replaced.map_err(unwritable)?;
        (self.file, self.count) = (file, count);
        Ok(())
    }
}

/// The file, for its owner and this process alone.
fn locked(path: &Path, anew: bool) -> Result<File> {
    let unwritable = |error| files::unwritable(path, &error);
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(unwritable)?;
    file.try_lock().map_err(|_| {
        Failure::with(
            Code::FILE_UNWRITABLE,
            format!("{}: another process has it.", path.display()),
        )
    })?;
    if anew {
        file.set_len(0).map_err(unwritable)?;
    }
    Ok(file)
}
