//! Making a backup, also of a folder whose node runs: it takes no lock and changes nothing.

use super::manifest::{VERSION, is_allowed, mode_of};
use super::{BackupError, FileEntry, MANIFEST, Manifest, NodeEntry, Progress, at};
use crate::driver;
use crate::folder::Folder;
use crate::keystore::KeyFile;
use senim_state::log::{RecordWalk, WalkError};
use senim_types::{Hash, Height};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// zstd's level: beyond it little is gained and much time lost.
const LEVEL: i32 = 9;

/// Makes a backup of `folder` in the file `to`, which appears under its name only when it is whole and
/// durable. Of a log that is being written to, the blocks that are whole when their segment is read are
/// taken; every record is checked on the way. `with_keys` takes the key files too, if none of them is open.
///
/// # Errors
/// [`BackupError`]; nothing is left of the file.
pub fn back_up(
    folder: &Folder,
    to: &Path,
    with_keys: bool,
    say: &mut dyn FnMut(String),
) -> Result<Manifest, BackupError> {
    let genesis = folder.genesis()?;
    if to.exists() {
        return Err(BackupError::TargetExists(to.to_owned()));
    }
    let mut aside = to.as_os_str().to_owned();
    aside.push(".new");
    let aside = PathBuf::from(aside);
    let made = (|| {
        let file = at(&aside, create(&aside))?;
        let packer = at(&aside, zstd::Encoder::new(file, LEVEL))?;
        let mut writer = Writer {
            folder: folder.path(),
            target: &aside,
            tar: tar::Builder::new(packer),
            files: Vec::new(),
            progress: Progress {
                say,
                bytes: 0,
                said: 0,
            },
        };
        let nodes = writer.everything(with_keys)?;
        let manifest = Manifest {
            version: VERSION,
            program: format!("senimd {}", env!("CARGO_PKG_VERSION")),
            chain: genesis.chain_id(),
            made_at_ms: driver::now().0,
            nodes,
            files: std::mem::take(&mut writer.files),
        };
        writer.finish(&manifest)?;
        at(to, fs::rename(&aside, to))?;
        let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        at(parent, File::open(parent).and_then(|dir| dir.sync_all()))?;
        Ok(manifest)
    })();
    if made.is_err() {
        // It may never have been made; what failed is told already.
        let _gone = fs::remove_file(&aside);
    }
    made
}

/// A file that nobody but its owner reads: sealed data is encrypted, and still nobody's business.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

struct Writer<'a> {
    folder: &'a Path,
    target: &'a Path,
    tar: tar::Builder<zstd::Encoder<'static, File>>,
    files: Vec<FileEntry>,
    progress: Progress<'a>,
}

impl Writer<'_> {
    fn everything(&mut self, with_keys: bool) -> Result<Vec<NodeEntry>, BackupError> {
        self.file("genesis.json")?;
        if self.folder.join("node.toml").exists() {
            self.file("node.toml")?;
        }
        self.files_of("contracts", ".wasm")?;
        if with_keys {
            self.keys()?;
        }
        let mut nodes = Vec::new();
        for name in names(&self.folder.join("nodes"))? {
            let height = self.log(&name)?;
            nodes.push(NodeEntry { name, height });
        }
        // After the logs: what a block names was sealed before it was submitted.
        self.files_of("sealed", "")?;
        Ok(nodes)
    }

    /// Key files that are worthless without their passphrase or their token.
    fn keys(&mut self) -> Result<(), BackupError> {
        for name in names(&self.folder.join("keys"))? {
            let path = format!("keys/{name}");
            let source = self.folder.join(&path);
            if !is_allowed(&path) {
                continue;
            }
            if let KeyFile::Open(_) = KeyFile::read(&source)? {
                return Err(BackupError::OpenKey(source));
            }
            self.file(&path)?;
        }
        Ok(())
    }

    fn files_of(&mut self, part: &str, suffix: &str) -> Result<(), BackupError> {
        for name in names(&self.folder.join(part))? {
            let path = format!("{part}/{name}");
            // What is being written has another name until it is whole.
            if name.ends_with(suffix) && !name.ends_with(".new") && is_allowed(&path) {
                self.file(&path)?;
            }
        }
        Ok(())
    }

    /// A file that is not changed while it is read; one that was deleted meanwhile is left out.
    fn file(&mut self, path: &str) -> Result<(), BackupError> {
        let source = self.folder.join(path);
        let file = match File::open(&source) {
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && path.starts_with("sealed/") =>
            {
                return Ok(());
            }
            opened => at(&source, opened)?,
        };
        let size = at(&source, file.metadata())?.len();
        self.entry(path, size, &mut BufReader::new(file))
    }

    fn entry(&mut self, path: &str, size: u64, content: &mut dyn Read) -> Result<(), BackupError> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(mode_of(path));
        let mut content = Hashing {
            content: content.take(size),
            hasher: blake3::Hasher::new(),
            bytes: 0,
        };
        let appended = self.tar.append_data(&mut header, path, &mut content);
        at(self.target, appended)?;
        if content.bytes != size {
            let error = io::Error::other("it became shorter while it was read");
            return at(&self.folder.join(path), Err(error));
        }
        self.files.push(FileEntry {
            path: path.to_owned(),
            size_bytes: size,
            blake3: Hash(*content.hasher.finalize().as_bytes()),
        });
        self.progress.add(size, path);
        Ok(())
    }

    /// The whole blocks of a node's log.
    fn log(&mut self, node: &str) -> Result<Height, BackupError> {
        let folder = format!("nodes/{node}/log");
        if self
            .folder
            .join(format!("nodes/{node}/snapshots/base"))
            .exists()
        {
            return Err(BackupError::NotFromGenesis(node.to_owned()));
        }
        let mut walk = RecordWalk::new();
        let names = names(&self.folder.join(&folder))?;
        let firsts = RecordWalk::segments(names.iter().map(String::as_str));
        let damaged = |error| BackupError::Log {
            node: node.to_owned(),
            error,
        };
        for first in firsts {
            let path = format!("{folder}/{first:020}.seg");
            walk.enter(first).map_err(damaged)?;
            let source = self.folder.join(&path);
            let mut file = BufReader::new(at(&source, File::open(&source))?);
            let mut size = 0;
            // Twice over the file rather than once with all of it in memory: first to find out how much
            // of it is whole and sound, then to copy that much.
            loop {
                match walk.next(&mut file, first, size) {
                    Ok(Some(record)) => size += record.len() as u64,
                    Ok(None) => break,
                    Err(WalkError::Io(error)) => return at(&source, Err(error)),
                    Err(WalkError::Log(error)) => return Err(damaged(error)),
                }
            }
            if size > 0 {
                let mut file = BufReader::new(at(&source, File::open(&source))?);
                self.entry(&path, size, &mut file)?;
            }
        }
        Ok(walk.tip())
    }

    fn finish(mut self, manifest: &Manifest) -> Result<(), BackupError> {
        let target = self.target;
        let json = at(
            target,
            serde_json::to_vec_pretty(manifest).map_err(io::Error::other),
        )?;
        let mut header = tar::Header::new_gnu();
        header.set_size(json.len() as u64);
        header.set_mode(0o644);
        let appended = self.tar.append_data(&mut header, MANIFEST, &json[..]);
        at(target, appended)?;
        let packer = at(target, self.tar.into_inner())?;
        let mut file = at(target, packer.finish())?;
        at(target, file.flush().and_then(|()| file.sync_all()))
    }
}

/// Names of a folder's entries, ascending; none where there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, BackupError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => at(folder, entries)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = at(folder, entry)?.file_name();
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

struct Hashing<R> {
    content: R,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}
