//! The journal: every event, sealed, in order, on the disk before anything is done about it.
//!
//! At a crash, what was appended is there, and the conversation is what its events make it. An append that was cut
//! short is the last; it was never acknowledged to anybody, so it is taken off: the SMSC delivers again, the ledger is
//! read again. A message that the SMSC took just before the crash, and whose acceptance is not here, is sent again:
//! two copies of one question have one code and are answered once.

use crate::conversation::{Conversation, Event};
use crate::vault::{OVERHEAD_BYTES, Vault};
use senim_cli::failure::{Failure, Result};
use senim_cli::files;
use senim_types::{Code, codec};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of one entry.
const ENTRY_BYTES_MAX: usize = 1 << 20;
/// Bytes of the length ahead of each entry.
const LENGTH_BYTES: usize = 4;

/// The open journal.
pub struct Journal {
    file: File,
    path: PathBuf,
    vault: Vault,
    count: u64,
}

fn place(index: u64) -> Vec<u8> {
    [b"senim portal journal 1".as_slice(), &index.to_be_bytes()].concat()
}

fn damaged(path: &Path) -> Failure {
    let advice = Code::PORTAL_JOURNAL.advice();
    Failure::with(
        Code::PORTAL_JOURNAL,
        format!("{}: {advice}", path.display()),
    )
}

/// What the bytes say: the conversation, how many entries, and how many bytes of whole ones.
fn replay(path: &Path, bytes: &[u8], vault: &Vault) -> Result<(Conversation, u64, usize)> {
    let mut conversation = Conversation::default();
    let (mut count, mut whole) = (0, 0);
    while let Some((length, rest)) = bytes[whole..].split_first_chunk::<LENGTH_BYTES>() {
        let length = u32::from_le_bytes(*length) as usize;
        let is_last = length >= rest.len();
        let plain = rest
            .get(..length)
            .and_then(|sealed| vault.unseal(&place(count), sealed));
        let events =
            plain.and_then(|plain| codec::decode::<Vec<Event>>(&plain, ENTRY_BYTES_MAX).ok());
        match events {
            Some(events) => events.iter().for_each(|event| conversation.step(event)),
            // Cut short, or written in part. The first entry is not: then the key is another.
            None if is_last && count > 0 => break,
            None => return Err(damaged(path)),
        }
        count += 1;
        whole += LENGTH_BYTES + length;
    }
    Ok((conversation, count, whole))
}

impl Journal {
    /// Opens the journal for the one process that writes it, and gives what its events make. A new one gets its first
    /// entry here, so that a wrong key is told from a cut.
    pub fn open(path: &Path, vault: &Vault) -> Result<(Journal, Conversation)> {
        let unwritable = |error| files::unwritable(path, &error);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(unwritable)?;
        file.try_lock().map_err(|_| {
            Failure::with(
                Code::FILE_UNWRITABLE,
                format!("{}: another process has it.", path.display()),
            )
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(unwritable)?;
        let (conversation, count, whole) = replay(path, &bytes, vault)?;
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(unwritable)?;
            file.seek(SeekFrom::End(0)).map_err(unwritable)?;
        }
        let mut journal = Journal {
            file,
            path: path.to_owned(),
            vault: vault.clone(),
            count,
        };
        if count == 0 {
            journal.append(&[])?;
        }
        Ok((journal, conversation))
    }

    /// Reads a journal that another process may be writing.
    pub fn read(path: &Path, vault: &Vault) -> Result<Conversation> {
        let bytes = std::fs::read(path).map_err(|error| files::unreadable(path, &error))?;
        replay(path, &bytes, vault).map(|(conversation, _, _)| conversation)
    }

    /// Appends events together, and returns when they are on the disk.
    pub fn append(&mut self, events: &[Event]) -> Result<()> {
        let sealed = self
            .vault
            .seal(&place(self.count), &codec::encode(&events.to_vec()))?;
        if sealed.len() > ENTRY_BYTES_MAX + OVERHEAD_BYTES {
            return Err(Failure::new(Code::TOO_LARGE));
        }
        let length = (sealed.len() as u32).to_le_bytes();
        let entry = [&length[..], &sealed].concat();
        let written = self
            .file
            .write_all(&entry)
            .and_then(|()| self.file.sync_data());
        written.map_err(|error| files::unwritable(&self.path, &error))?;
        self.count += 1;
        Ok(())
    }
}
