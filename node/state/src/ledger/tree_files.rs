//! The tree on disk: a checkpoint of all leaves, and a journal of the blocks since.
//!
//! `docs/storage.md` has both formats. The journal's name carries the height of the checkpoint that
//! it continues, so a journal that survived its checkpoint is recognised by its name.

use super::pending::JOURNAL_CHANGE_BYTES;
use crate::disk::{ASIDE_SUFFIX, Aside, Disk, DiskError};
use crate::tree::{PathChange, Staged, Tree, read_checkpoint, write_checkpoint};
use senim_types::{Hash, Height};
use std::collections::BTreeMap;
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

/// Height, number of changes.
const RECORD_HEAD_BYTES: usize = 8 + 8;

/// Changes in one block's record.
const RECORD_CHANGES_MAX: u64 = 1 << 24;

/// The files, and how far the journal is.
#[derive(Clone)]
pub(super) struct TreeFiles {
    disk: Arc<dyn Disk>,
    /// Height of the checkpoint that the journal continues; `None` before the first.
    base: Option<Height>,
    journal_bytes: u64,
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

    /// Reads the tree as it was after the block at `height`. The inner error says why the files
    /// do not have it.
    pub fn load(&mut self, height: Height, root: Hash) -> Result<Result<Tree, Reason>, DiskError> {
        let (mut tree, base) = match self.read_checkpoint()? {
            Ok(read) => read,
            Err(reason) => return Ok(Err(reason)),
        };
        if base > height {
            return Ok(Err(format!(
                "the checkpoint at {base} is ahead of the store at {height}"
            )));
        }
        let journal = self.read_journal(base, height)?;
        if journal.height != height {
            return Ok(Err(format!(
                "the journal ends at {} before {height}",
                journal.height
            )));
        }
        let staged = tree.stage_paths(journal.changes);
        tree.apply(staged);
        if tree.root() != root {
            return Ok(Err(format!(
                "its root is not that of the block at {height}"
            )));
        }
        // Blocks above the store's height are executed again and appended again.
        if journal.file_bytes > journal.used_bytes {
            self.disk
                .truncate(&journal_path(base), journal.used_bytes)?;
        }
        (self.base, self.journal_bytes) = (Some(base), journal.used_bytes);
        self.remove_other_journals()?;
        Ok(Ok(tree))
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

    /// Reads the journal after the checkpoint at `base`, up to `height`.
    fn read_journal(&self, base: Height, height: Height) -> Result<Journal, DiskError> {
        let path = journal_path(base);
        let file_bytes = self.disk.length(&path)?.unwrap_or(0);
        let mut journal = Journal {
            height: base,
            changes: Vec::new(),
            used_bytes: 0,
            file_bytes,
        };
        let mut changes = BTreeMap::new();
        while journal.height < height {
            let record = read_record(self.disk.as_ref(), &path, journal.used_bytes, file_bytes)?;
            let Some((bytes, at, record)) = record else {
                break;
            };
            if at != journal.height.next() {
                break;
            }
            changes.extend(record.into_iter().map(|change| (change.path, change.value)));
            journal.height = at;
            journal.used_bytes += bytes;
        }
        let change = |(path, value)| PathChange { path, value };
        journal.changes = changes.into_iter().map(change).collect();
        Ok(journal)
    }

    /// The path of the journal and its length, for [`append_journal`].
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

struct Journal {
    height: Height,
    /// By path, the last of each.
    changes: Vec<PathChange>,
    used_bytes: u64,
    file_bytes: u64,
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

/// The whole, ascending record at `offset`: its length, height and changes.
fn read_record(
    disk: &dyn Disk,
    path: &str,
    offset: u64,
    file_bytes: u64,
) -> Result<Option<(u64, Height, Vec<PathChange>)>, DiskError> {
    let rest = file_bytes - offset;
    if rest < (RECORD_HEAD_BYTES + CHECK_BYTES) as u64 {
        return Ok(None);
    }
    let head = disk.read(path, offset, RECORD_HEAD_BYTES)?;
    let count = long(&head, 8);
    if count > RECORD_CHANGES_MAX {
        return Ok(None);
    }
    let change_bytes = count as usize * JOURNAL_CHANGE_BYTES;
    let bytes = (RECORD_HEAD_BYTES + change_bytes + CHECK_BYTES) as u64;
    if bytes > rest {
        return Ok(None);
    }
    let record = disk.read(path, offset, bytes as usize)?;
    let (content, check) = record.split_at(RECORD_HEAD_BYTES + change_bytes);
    if *blake3::hash(content).as_bytes() != *check {
        return Ok(None);
    }
    let changes: Vec<PathChange> = content[RECORD_HEAD_BYTES..]
        .chunks_exact(JOURNAL_CHANGE_BYTES)
        .map(read_change)
        .collect();
    Ok(Some((bytes, Height(long(&head, 0)), changes)))
}

fn read_change(bytes: &[u8]) -> PathChange {
    let hash = |from: usize| Hash(bytes[from..from + 32].try_into().expect("32 of 65 bytes"));
    PathChange {
        path: hash(0),
        value: (bytes[32] == 1).then(|| hash(33)),
    }
}

/// Appends a block's record to the journal's bytes.
pub(super) fn encode_record(bytes: &mut Vec<u8>, height: Height, staged: &Staged) {
    let start = bytes.len();
    bytes.extend_from_slice(&height.0.to_le_bytes());
    bytes.extend_from_slice(&(staged.changes().len() as u64).to_le_bytes());
    for change in staged.changes() {
        bytes.extend_from_slice(change.path.as_bytes());
        bytes.push(u8::from(change.value.is_some()));
        bytes.extend_from_slice(change.value.unwrap_or(Hash::ZERO).as_bytes());
    }
    let check = blake3::hash(&bytes[start..]);
    bytes.extend_from_slice(check.as_bytes());
}

/// Makes records durable at the end of the journal at `path`.
pub(super) fn append_journal(disk: &dyn Disk, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
    disk.append(path, bytes)?;
    disk.sync(path)?;
    // Cheap beside the sync, and it makes the name of a new journal durable.
    disk.sync_dir(FOLDER)
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
