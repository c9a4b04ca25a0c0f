//! Snapshots on the disk: which there are, and which of them this node's log begins from.

use super::incoming::INCOMING;
use super::manifest::{MANIFEST_BYTES_MAX, Manifest};
use crate::disk::{ASIDE_SUFFIX, Aside, Disk, DiskError};
use senim_types::{ChainId, Hash, Height};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Folder of the snapshots.
pub(super) const FOLDER: &str = "snapshots";
/// First bytes of a manifest's file; the version is in them.
const MANIFEST_MAGIC: &[u8; 8] = b"SENIMSN1";
/// First bytes of the file that says where the log begins.
const BASE_MAGIC: &[u8; 8] = b"SENIMBS1";
/// The file that says where the log begins.
const BASE: &str = "snapshots/base";
/// blake3 over everything before it.
const CHECK_BYTES: usize = 32;

/// Why snapshots cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The disk failed.
    #[error("snapshots: {0}")]
    Disk(#[from] DiskError),
    /// What the log begins from is damaged. It has to be restored.
    #[error("the snapshot of height {height} that the log begins from: {what}")]
    Damaged {
        /// Its height; 0 where that cannot be read any more.
        height: Height,
        /// What is wrong.
        what: String,
    },
}

/// A snapshot that a node has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct SnapshotOffer {
    /// Its height.
    pub height: Height,
    /// [`Manifest::id`].
    pub id: Hash,
}

/// What is known of a snapshot without reading it.
struct Held {
    id: Hash,
    /// Where the chunks begin, and the end of the last.
    offsets: Vec<u64>,
}

/// The snapshots of a node.
pub(crate) struct Snapshots {
    disk: Arc<dyn Disk>,
    held: BTreeMap<Height, Held>,
    base: Option<Height>,
}

pub(super) fn manifest_path(height: Height) -> String {
    format!("{FOLDER}/{:020}.manifest", height.0)
}

pub(super) fn chunks_path(height: Height) -> String {
    format!("{FOLDER}/{:020}.chunks", height.0)
}

impl Snapshots {
    /// Finds the snapshots of this chain, and removes what a crash left. One that is not the node's
    /// base and does not read is removed as well: it can be made again.
    pub fn open(
        disk: Arc<dyn Disk>,
        chain: &ChainId,
    ) -> Result<(Snapshots, Option<Manifest>), SnapshotError> {
        let names = disk.list(FOLDER)?;
        let base = read_base(disk.as_ref())?;
        let mut snapshots = Snapshots {
            disk,
            held: BTreeMap::new(),
            base,
        };
        let mut base_manifest = None;
        let heights = names
            .iter()
            .filter_map(|name| name.strip_suffix(".manifest")?.parse().ok());
        for height in heights.map(Height) {
            match snapshots.read_manifest(height, chain)? {
                Ok(manifest) => {
                    snapshots.note(&manifest);
                    if base == Some(height) {
                        base_manifest = Some(manifest);
                    }
                }
                Err(what) if base == Some(height) => {
                    return Err(SnapshotError::Damaged { height, what });
                }
                Err(what) => {
                    tracing::warn!(height = height.0, what, "a snapshot is not usable; removed");
                    snapshots.disk.remove(&manifest_path(height))?;
                }
            }
        }
        if let (Some(height), None) = (base, &base_manifest) {
            let what = "its manifest is missing".to_owned();
            return Err(SnapshotError::Damaged { height, what });
        }
        snapshots.remove_rubbish()?;
        Ok((snapshots, base_manifest))
    }

    /// What no snapshot of the list consists of.
    fn remove_rubbish(&self) -> Result<(), DiskError> {
        for name in self.disk.list(FOLDER)? {
            let path = format!("{FOLDER}/{name}");
            let is_of_held = self
                .held
                .keys()
                .any(|height| path == manifest_path(*height) || path == chunks_path(*height));
            if name.ends_with(ASIDE_SUFFIX) || (!is_of_held && path != BASE) {
                self.disk.remove(&path)?;
            }
        }
        Ok(())
    }

    fn read_manifest(
        &self,
        height: Height,
        chain: &ChainId,
    ) -> Result<Result<Manifest, String>, DiskError> {
        let Some(bytes) = read_checked(self.disk.as_ref(), &manifest_path(height), MANIFEST_MAGIC)?
        else {
            return Ok(Err("its manifest does not match its check".to_owned()));
        };
        let manifest = match Manifest::decode(&bytes, chain) {
            Ok(manifest) if manifest.height() == height => manifest,
            Ok(_) => return Ok(Err("its manifest is of another height".to_owned())),
            Err(code) => return Ok(Err(format!("its manifest: {code}"))),
        };
        let length = self.disk.length(&chunks_path(height))?.unwrap_or(0);
        if length != manifest.chunk_bytes() {
            return Ok(Err("its chunks are cut off".to_owned()));
        }
        Ok(Ok(manifest))
    }

    fn note(&mut self, manifest: &Manifest) {
        let mut offsets = vec![0];
        for chunk in &manifest.contents.chunks {
            offsets.push(offsets.last().unwrap_or(&0) + u64::from(chunk.bytes));
        }
        let id = manifest.id();
        self.held.insert(manifest.height(), Held { id, offsets });
    }

    /// The snapshots that there are, by ascending height.
    pub fn offers(&self) -> impl Iterator<Item = SnapshotOffer> + '_ {
        self.held.iter().map(|(height, held)| SnapshotOffer {
            height: *height,
            id: held.id,
        })
    }

    /// A manifest's canonical bytes; none where there is no such snapshot.
    pub fn manifest(&self, height: Height) -> Result<Option<Vec<u8>>, SnapshotError> {
        if !self.held.contains_key(&height) {
            return Ok(None);
        }
        let path = manifest_path(height);
        match read_checked(self.disk.as_ref(), &path, MANIFEST_MAGIC)? {
            Some(bytes) => Ok(Some(bytes)),
            None => {
                tracing::warn!(height = height.0, "a snapshot's manifest is damaged");
                Ok(None)
            }
        }
    }

    /// A chunk's bytes, unchecked: whoever asked has the manifest. None where there is none.
    pub fn chunk(&self, height: Height, index: u32) -> Result<Option<Vec<u8>>, SnapshotError> {
        let Some(held) = self.held.get(&height) else {
            return Ok(None);
        };
        let index = index as usize;
        let (Some(from), Some(to)) = (held.offsets.get(index), held.offsets.get(index + 1)) else {
            return Ok(None);
        };
        let length = (to - from) as usize;
        Ok(Some(self.disk.read(&chunks_path(height), *from, length)?))
    }

    /// Takes in a snapshot whose chunks are durable under their name, and removes all but the newest
    /// `kept_max` and the base.
    pub fn add(&mut self, manifest: &Manifest, kept_max: usize) -> Result<(), SnapshotError> {
        self.note(manifest);
        while self.held.len() > kept_max.max(1) {
            let oldest = self.held.keys().find(|height| self.base != Some(**height));
            let Some(oldest) = oldest
                .copied()
                .filter(|oldest| *oldest != manifest.height())
            else {
                break;
            };
            self.held.remove(&oldest);
            // Crash in this: chunks without a manifest, removed at the next start.
            self.disk.remove(&manifest_path(oldest))?;
            self.disk.sync_dir(FOLDER)?;
            self.disk.remove(&chunks_path(oldest))?;
        }
        Ok(())
    }

    /// Makes a fetched snapshot the one that this node's log begins from. Its chunks are durable in
    /// the incoming file. Durable when this returns.
    pub fn install(&mut self, manifest: &Manifest) -> Result<(), SnapshotError> {
        let (disk, height) = (Arc::clone(&self.disk), manifest.height());
        // Crash before the manifest's name: rubbish, removed. Before the base's: one more snapshot.
        disk.rename(INCOMING, &chunks_path(height))?;
        disk.sync_dir(FOLDER)?;
        write_manifest(disk.as_ref(), manifest)?;
        let mut aside = Aside::start(disk.as_ref(), BASE)?;
        aside.append(&sealed(BASE_MAGIC, &height.0.to_le_bytes()))?;
        aside.finish()?;
        self.base = Some(height);
        self.note(manifest);
        Ok(())
    }
}

/// Writes a manifest whose chunks are durable: from then on there is the snapshot.
pub(super) fn write_manifest(disk: &dyn Disk, manifest: &Manifest) -> Result<(), DiskError> {
    let mut aside = Aside::start(disk, &manifest_path(manifest.height()))?;
    aside.append(&sealed(MANIFEST_MAGIC, &manifest.encode()))?;
    aside.finish()
}

/// The height of the snapshot that the log on this disk begins after; none where it begins after the genesis.
///
/// # Errors
/// [`SnapshotError`]: the file that says so cannot be read, or is damaged.
pub fn read_base(disk: &dyn Disk) -> Result<Option<Height>, SnapshotError> {
    if disk.length(BASE)?.is_none() {
        return Ok(None);
    }
    let height = read_checked(disk, BASE, BASE_MAGIC)?.and_then(|bytes| bytes.try_into().ok());
    match height {
        Some(height) => Ok(Some(Height(u64::from_le_bytes(height)))),
        None => Err(SnapshotError::Damaged {
            height: Height::GENESIS,
            what: format!("{BASE} does not match its check"),
        }),
    }
}

fn sealed(magic: &[u8; 8], content: &[u8]) -> Vec<u8> {
    let mut bytes = [magic.as_slice(), content].concat();
    let check = blake3::hash(&bytes);
    bytes.extend_from_slice(check.as_bytes());
    bytes
}

/// The content of a file that [`sealed`] made; none where it is not that.
fn read_checked(
    disk: &dyn Disk,
    path: &str,
    magic: &[u8; 8],
) -> Result<Option<Vec<u8>>, DiskError> {
    let length = disk.length(path)?.unwrap_or(0);
    if length > (MANIFEST_BYTES_MAX + magic.len() + CHECK_BYTES) as u64 {
        return Ok(None);
    }
    let bytes = disk.read(path, 0, length as usize)?;
    let Some((content, check)) = bytes.split_last_chunk::<CHECK_BYTES>() else {
        return Ok(None);
    };
    let is_sound = blake3::hash(content) == *check;
    Ok(content
        .strip_prefix(magic.as_slice())
        .filter(|_| is_sound)
        .map(<[u8]>::to_vec))
}
