//! The tree on disk: a checkpoint of all leaves, and the name of the journal that continues it.
//!
//! `docs/storage.md` has the format. The journal's name carries the height of the checkpoint that it
//! continues, so a journal that survived its checkpoint is recognised by its name.

use super::journal::{self, Record};
use crate::disk::{ASIDE_SUFFIX, Aside, Disk, DiskError};
use crate::tree::{Tree, read_checkpoint, write_checkpoint};
use senim_types::Height;
use std::sync::Arc;

const FOLDER: &str = "tree";
const CHECKPOINT: &str = "tree/checkpoint";

/// First bytes of a checkpoint; the version is in them.
const MAGIC: &[u8; 8] = b"SENIMTR1";

/// Magic, height, number of leaves, root.
const HEAD_BYTES: usize = 8 + 8 + 8 + 32;

/// blake3 over everything before it.
const CHECK_BYTES: usize = 32;

/// Read at once; a whole number of leaves.
const PART_BYTES: u64 = 1024 * 1024;

/// The files, and how far the journal is.
#[derive(Clone)]
pub(super) struct TreeFiles {
    disk: Arc<dyn Disk>,
    /// Height of the checkpoint that the journal continues; `None` before the first.
    base: Option<Height>,
    journal_bytes: u64,
}

/// What the files hold.
pub(super) struct Saved {
    /// The tree at `base`.
    pub tree: Tree,
    /// Height of the checkpoint.
    pub base: Height,
    /// The blocks after it, one by one.
    pub records: Vec<Record>,
}

impl Saved {
    /// The last height that the files know.
    pub fn height(&self) -> Height {
        self.records
            .last()
            .map_or(self.base, |record| record.height)
    }
}

/// Why the tree has to be made anew.
pub(super) type Reason = String;

impl TreeFiles {
    /// Finds the files and removes rubbish.
    pub fn open(disk: Arc<dyn Disk>) -> Result<TreeFiles, DiskError> {
        for name in disk.list(FOLDER)? {
            if name.ends_with(ASIDE_SUFFIX) {
                disk.remove(&format!("{FOLDER}/{name}"))?;
            }
        }
        Ok(TreeFiles {
            disk,
            base: None,
            journal_bytes: 0,
        })
    }

    /// Reads what the files hold. The inner error says why they hold nothing usable.
    pub fn read(&self) -> Result<Result<Saved, Reason>, DiskError> {
        let (tree, base) = match self.read_checkpoint()? {
            Ok(read) => read,
            Err(reason) => return Ok(Err(reason)),
        };
        let records = journal::read(self.disk.as_ref(), &journal_path(base), base)?;
        Ok(Ok(Saved {
            tree,
            base,
            records,
        }))
    }

    /// Goes on with the journal of the checkpoint at `base`, whose sound records end at `bytes`.
    pub fn go_on(&mut self, base: Height, bytes: u64) -> Result<(), DiskError> {
        let path = journal_path(base);
        if self
            .disk
            .length(&path)?
            .is_some_and(|length| length > bytes)
        {
            self.disk.truncate(&path, bytes)?;
        }
        (self.base, self.journal_bytes) = (Some(base), bytes);
        self.remove_other_journals()
    }

    fn read_checkpoint(&self) -> Result<Result<(Tree, Height), Reason>, DiskError> {
        let broken = |what: &str| Ok(Err(format!("the checkpoint {what}")));
        let Some(length) = self.disk.length(CHECKPOINT)? else {
            return broken("is missing");
        };
        let Some(leaf_bytes) = length.checked_sub((HEAD_BYTES + CHECK_BYTES) as u64) else {
            return broken("is cut off");
        };
        let head = self.disk.read(CHECKPOINT, 0, HEAD_BYTES)?;
        let (mut tree, mut hasher) = (Tree::new(), blake3::Hasher::new());
        hasher.update(&head);
        let mut done = 0;
        while done < leaf_bytes {
            let bytes = PART_BYTES.min(leaf_bytes - done);
            let part = self
                .disk
                .read(CHECKPOINT, HEAD_BYTES as u64 + done, bytes as usize)?;
            hasher.update(&part);
            if let Err(error) = read_checkpoint(&mut tree, &part) {
                return broken(&error.to_string());
            }
            done += bytes;
        }
        let check = self
            .disk
            .read(CHECKPOINT, HEAD_BYTES as u64 + leaf_bytes, CHECK_BYTES)?;
        let (height, count) = (long(&head, 8), long(&head, 16));
        if head[..8] != *MAGIC || *hasher.finalize().as_bytes() != check[..] {
            return broken("does not match its check");
        }
        if count != tree.len() as u64 || head[24..] != *tree.root().as_bytes() {
            return broken("does not have its root");
        }
        Ok(Ok((tree, Height(height))))
    }

    /// The path of the journal and its length, for [`journal::append`].
    pub fn journal(&self) -> Option<String> {
        self.base.map(journal_path)
    }

    /// Notes that `bytes` were appended.
    pub fn note_journal(&mut self, bytes: u64) {
        self.journal_bytes += bytes;
    }

    /// Bytes of the journal.
    pub fn journal_bytes(&self) -> u64 {
        self.journal_bytes
    }

    /// Notes that the checkpoint at `height` is durable; the journal before it is not needed.
    pub fn note_checkpoint(&mut self, height: Height) -> Result<(), DiskError> {
        (self.base, self.journal_bytes) = (Some(height), 0);
        // Crash before or in this: journals that continue no checkpoint, removed at the next start.
        // One of this very height, from before a rebuild, must not be continued.
        self.disk.remove(&journal_path(height))?;
        self.remove_other_journals()
    }

    /// Forgets everything, so that a rebuild cannot meet an old file.
    pub fn clear(&mut self) -> Result<(), DiskError> {
        self.disk.remove(CHECKPOINT)?;
        (self.base, self.journal_bytes) = (None, 0);
        self.remove_other_journals()?;
        self.disk.sync_dir(FOLDER)
    }

    fn remove_other_journals(&self) -> Result<(), DiskError> {
        let own = self.journal();
        for name in self.disk.list(FOLDER)? {
            let path = format!("{FOLDER}/{name}");
            if name.starts_with("journal-") && Some(&path) != own.as_ref() {
                self.disk.remove(&path)?;
            }
        }
        Ok(())
    }
}

fn journal_path(base: Height) -> String {
    format!("{FOLDER}/journal-{:020}", base.0)
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(
        bytes[at..at + 8]
            .try_into()
            .expect("eight bytes of a longer head"),
    )
}

/// A checkpoint's bytes in parts, taken while the tree is at `height`.
pub(super) fn encode_checkpoint(tree: &Tree, height: Height) -> Vec<Vec<u8>> {
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&height.0.to_le_bytes());
    head.extend_from_slice(&(tree.len() as u64).to_le_bytes());
    head.extend_from_slice(tree.root().as_bytes());
    let mut hasher = blake3::Hasher::new();
    hasher.update(&head);
    let mut parts = vec![head];
    let Ok(()) = write_checkpoint(tree, |part| {
        hasher.update(part);
        parts.push(part.to_vec());
        Ok::<(), std::convert::Infallible>(())
    });
    parts.push(hasher.finalize().as_bytes().to_vec());
    parts
}

/// Writes a checkpoint aside and gives it its name.
pub(super) fn replace_checkpoint(disk: &dyn Disk, parts: &[Vec<u8>]) -> Result<(), DiskError> {
    let mut aside = Aside::start(disk, CHECKPOINT)?;
    parts.iter().try_for_each(|part| aside.append(part))?;
    aside.finish()
}
