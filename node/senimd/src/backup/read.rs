//! Taking a backup: nothing of it is believed before it is proven.
//!
//! Files are written while they are hashed, into a folder that counts as unfinished. The manifest comes
//! last and has to name exactly these. Then the blocks are executed again from the genesis, and each
//! certificate is judged as a light client judges it. Only then is the folder a network's.

use super::manifest::{MANIFEST_BYTES_MAX, VERSION, is_allowed, mode_of};
use super::{BackupError, FileEntry, MANIFEST, Manifest, Progress, at};
use crate::folder::Folder;
use crate::machine::CONFIG_FILE;
use crate::node::reopen_with;
use senim_light_client::LightClient;
use senim_replica::{Read as Question, ReadAnswer, Replica, mark_restored};
use senim_state::disk::RealDisk;
use senim_types::{Code, Genesis, Hash, Height};
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

/// Blocks between two words about progress.
const PROGRESS_BLOCKS: u64 = 10_000;
/// Bytes copied at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Restores the backup in the file `from` into `folder`, which must not have anything in it. Each
/// validator of it observes from its start on, until it cannot contradict a vote that it forgot.
///
/// # Errors
/// [`BackupError`]; what was written is removed again.
pub fn restore(
    from: &Path,
    folder: &Folder,
    say: &mut dyn FnMut(String),
) -> Result<Manifest, BackupError> {
    let is_empty = match fs::read_dir(folder.path()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        entries => at(folder.path(), entries)?.next().is_none(),
    };
    if !is_empty && !folder.is_unfinished() {
        return Err(BackupError::NotEmpty(folder.path().to_owned()));
    }
    if !is_empty {
        // An earlier attempt was interrupted; what it left is ours.
        undo(folder)?;
    }
    let file = at(from, File::open(from))?;
    folder.mark_unfinished()?;
    let restored = unpack(file, from, folder, say).and_then(|manifest| {
        verify(&manifest, folder, say)?;
        for node in &manifest.nodes {
            mark(folder, &node.name)?;
        }
        // A folder of a network has a place for keys, which come from elsewhere.
        let keys = folder.path().join("keys");
        at(&keys, fs::create_dir_all(&keys))?;
        folder.mark_finished()?;
        Ok(manifest)
    });
    if restored.is_err()
        && let Err(also) = undo(folder)
    {
        tracing::warn!(%also, "what was restored could not be removed");
    }
    restored
}

/// Removes what a restore wrote, all of it into a folder that was empty.
fn undo(folder: &Folder) -> Result<(), BackupError> {
    let settings = folder.path().join(CONFIG_FILE);
    if settings.exists() {
        at(&settings, fs::remove_file(&settings))?;
    }
    Ok(folder.remove()?)
}

fn unpack(
    file: File,
    from: &Path,
    folder: &Folder,
    say: &mut dyn FnMut(String),
) -> Result<Manifest, BackupError> {
    let not_whole = |reason: String| BackupError::NotWhole {
        path: from.to_owned(),
        reason,
    };
    let broken = |error: io::Error| not_whole(error.to_string());
    let unpacked = zstd::Decoder::new(BufReader::new(file)).map_err(broken)?;
    let mut archive = tar::Archive::new(unpacked);
    let (mut files, mut manifest) = (Vec::new(), None);
    let mut progress = Progress {
        say,
        bytes: 0,
        said: 0,
    };
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?;
        let path = path.to_str().unwrap_or_default().to_owned();
        if manifest.is_some() {
            return Err(not_whole(format!("{path} follows the manifest")));
        }
        if !entry.header().entry_type().is_file() {
            return Err(not_whole(format!("{path} is not a file")));
        }
        if path == MANIFEST {
            let mut json = Vec::new();
            let mut limited = (&mut entry).take(MANIFEST_BYTES_MAX);
            limited.read_to_end(&mut json).map_err(broken)?;
            let parsed = serde_json::from_slice::<Manifest>(&json);
            manifest = Some(parsed.map_err(|error| not_whole(format!("its manifest: {error}")))?);
            continue;
        }
        if !is_allowed(&path) {
            return Err(not_whole(format!("{path} is nothing that a backup has")));
        }
        let target = folder.path().join(&path);
        if target.exists() {
            return Err(not_whole(format!("{path} is in it twice")));
        }
        let entry = write_file(&mut entry, path, &target, &broken)?;
        progress.add(entry.size_bytes, &entry.path);
        files.push(entry);
    }
    let manifest = manifest
        .ok_or_else(|| not_whole("it has no manifest, so its end is missing".to_owned()))?;
    if manifest.version != VERSION {
        let reason = format!(
            "it has version {}, this program reads {VERSION}",
            manifest.version
        );
        return Err(not_whole(reason));
    }
    match files
        .iter()
        .zip(&manifest.files)
        .find(|(is, says)| is != says)
    {
        Some((is, _)) => Err(not_whole(format!(
            "{} is not what the manifest says",
            is.path
        ))),
        None if files.len() != manifest.files.len() => {
            Err(not_whole("its manifest names other files".to_owned()))
        }
        None => Ok(manifest),
    }
}

/// Writes one file durably, and hashes it meanwhile.
fn write_file(
    content: &mut impl Read,
    path: String,
    target: &Path,
    broken: &dyn Fn(io::Error) -> BackupError,
) -> Result<FileEntry, BackupError> {
    if let Some(parent) = target.parent() {
        at(parent, fs::create_dir_all(parent))?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode_of(&path));
    let mut file = at(target, options.open(target))?;
    let (mut hasher, mut size_bytes) = (blake3::Hasher::new(), 0);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = content.read(&mut chunk).map_err(broken)?;
        if count == 0 {
            break;
        }
        hasher.update(&chunk[..count]);
        size_bytes += count as u64;
        at(target, file.write_all(&chunk[..count]))?;
    }
    at(target, file.sync_all())?;
    Ok(FileEntry {
        path,
        size_bytes,
        blake3: Hash(*hasher.finalize().as_bytes()),
    })
}

/// Executes every node's blocks again and judges their certificates.
fn verify(
    manifest: &Manifest,
    folder: &Folder,
    say: &mut dyn FnMut(String),
) -> Result<(), BackupError> {
    let genesis = folder.genesis_unfinished()?;
    for node in &manifest.nodes {
        let blocks = node.height.0;
        say(format!("{}: executing {blocks} blocks again", node.name));
        let replica = reopen_with(folder, genesis.clone(), &node.name, None)?;
        certified(&replica, &genesis, &node.name, node.height, say)?;
        if let Err(fault) = replica.close() {
            tracing::warn!(code = %fault.code, reason = %fault.reason, "the state was not stored; the start makes it anew");
        }
    }
    Ok(())
}

fn certified(
    replica: &Replica,
    genesis: &Genesis,
    node: &str,
    tip: Height,
    say: &mut dyn FnMut(String),
) -> Result<(), BackupError> {
    let mut client = LightClient::from_genesis(genesis);
    for height in 1..=tip.0 {
        let not_certified = |code| BackupError::NotCertified {
            node: node.to_owned(),
            height,
            code,
        };
        let height = Some(Height(height));
        let answer = replica.read(Question::LightBlock { height });
        let block = match answer.map_err(|error| BackupError::Read {
            node: node.to_owned(),
            error,
        })? {
            ReadAnswer::LightBlock(Some(block)) => *block,
            _ => return Err(not_certified(Code::LOG_DAMAGED)),
        };
        let next = block.next_validators;
        client
            .advance(&block.header, &block.certificate, next)
            .map_err(not_certified)?;
        if block.header.height.0.is_multiple_of(PROGRESS_BLOCKS) {
            say(format!(
                "{node}: {} of {tip} certificates hold",
                block.header.height
            ));
        }
    }
    Ok(())
}

/// Makes a validator observe from its next start on.
///
/// # Errors
/// [`BackupError::Mark`], also while it runs.
pub fn mark(folder: &Folder, node: &str) -> Result<(), BackupError> {
    let marked = RealDisk::open(&folder.node_path(node)).and_then(|disk| mark_restored(&disk));
    marked.map_err(|error| BackupError::Mark {
        node: node.to_owned(),
        error,
    })
}
