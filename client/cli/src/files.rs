//! Files: bounded reads, and secrets that nobody but their owner can read from the first byte on.

use crate::failure::{Failure, Result};
use senim_types::Code;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Bytes of a text file with a key.
const KEY_FILE_BYTES_MAX: u64 = 512;
/// Bytes of a file with a client's own records.
const RECORDS_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The failure of a file that cannot be read.
pub fn unreadable(path: &Path, reason: impl std::fmt::Display) -> Failure {
    Failure::with(
        Code::FILE_UNREADABLE,
        format!("{}: {reason}", path.display()),
    )
}

/// The failure of a file that cannot be written.
pub fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::with(
        Code::FILE_UNWRITABLE,
        format!("{}: {error}", path.display()),
    )
}

/// A file that does not hold what it should.
pub fn content(path: &Path, reason: impl std::fmt::Display) -> Failure {
    Failure::with(Code::FILE_CONTENT, format!("{}: {reason}", path.display()))
}

/// Reads at most `bytes_max` bytes; a longer file is refused.
pub fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>> {
    read_up_to(path, bytes_max)?
        .ok_or_else(|| unreadable(path, format!("more than {bytes_max} bytes")))
}

/// The file's bytes; `None` where there are more than `bytes_max`.
fn read_up_to(path: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>> {
    let file = fs::File::open(path).map_err(|error| unreadable(path, error))?;
    let mut bytes = Vec::new();
    let read = file.take(bytes_max + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(path, error))?;
    Ok((bytes.len() as u64 <= bytes_max).then_some(bytes))
}

/// Reads the text of a key file. The copy in memory is wiped.
pub fn read_secret(path: &Path) -> Result<Zeroizing<String>> {
    let not_a_key = || content(path, "not a key file");
    let bytes = read_up_to(path, KEY_FILE_BYTES_MAX)?.ok_or_else(not_a_key)?;
    let bytes = Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes).map_err(|_| not_a_key())?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

/// Reads a JSON value; `None` where there is no file.
pub fn read_records<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = read(path, RECORDS_BYTES_MAX)?;
    let value = serde_json::from_slice(&bytes).map_err(|error| content(path, error))?;
    Ok(Some(value))
}

/// Replaces a JSON file whole or not at all: written aside, flushed, renamed.
pub fn write_records<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let json = serde_json::to_vec_pretty(value).map_err(|error| content(path, error))?;
    replace(path, &json)
}

/// Replaces a file whole or not at all: written aside, flushed, renamed.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    make_parent(path)?;
    let aside = path.with_extension("new");
    let write = || {
        let mut file = fs::File::create(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&aside, path)
    };
    write().map_err(|error| unwritable(path, &error))
}

/// Writes bytes that anybody may read.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    make_parent(path)?;
    fs::write(path, bytes).map_err(|error| unwritable(path, &error))
}

/// Writes a new file that only its owner can read (mode 0600). An existing file is never replaced: it may be the only
/// copy of a key.
pub fn write_new_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = write_secret_if_new(path, bytes)?;
    if !written {
        return Err(unwritable(path, &io::ErrorKind::AlreadyExists.into()));
    }
    Ok(())
}

/// As [`write_new_secret`]; no, and nothing changed, where there is a file. It appears whole or not at all: another
/// process that finds it can read it.
pub fn write_secret_if_new(path: &Path, bytes: &[u8]) -> Result<bool> {
    match write_aside(path, bytes)?.persist_noclobber(path) {
        Ok(_file) => Ok(true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(unwritable(path, &error.error)),
    }
}

/// Writes a file that only its owner can read (mode 0600), in place of what is there. For what lives a minute.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = write_aside(path, bytes)?.persist(path);
    written.map_err(|error| unwritable(path, &error.error))?;
    Ok(())
}

/// Bytes in a file beside `path` that its owner alone can read, and that goes unless it is kept.
fn write_aside(path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile> {
    make_parent(path)?;
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(|error| unwritable(path, &error))
}

fn make_parent(path: &Path) -> Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let Some(parent) = parent else { return Ok(()) };
    fs::create_dir_all(parent).map_err(|error| unwritable(parent, &error))
}

/// Fills an array from the operating system's source of randomness.
pub fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut()).map_err(|_| Failure::new(Code::NO_RANDOMNESS))?;
    Ok(bytes)
}

/// The path itself, or the file of this name in `folder`: for arguments that take both.
pub fn named(argument: &str, folder: &Path, extension: &str) -> PathBuf {
    let is_path = argument.contains('/') || argument.ends_with(extension);
    if is_path {
        PathBuf::from(argument)
    } else {
        folder.join(format!("{argument}{extension}"))
    }
}
