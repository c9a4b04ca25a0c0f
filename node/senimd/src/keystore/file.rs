//! Key files: reading each form, making them, putting another form in a file's place.

use super::encrypted;
use super::{KeyError, NodeKey, Passphrase, Secret, TokenKey, TokenUri};
use senim_types::PublicKey;
use senim_types::text::KeyKind;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Bytes of a key file.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// What a key file holds, before anything is opened.
pub enum KeyFile {
    /// An open secret.
    Open(Secret),
    /// An encrypted one: the file's text.
    Encrypted(String),
    /// A key on a token.
    Token(TokenUri),
}

impl KeyFile {
    /// Reads a key file. Nothing is asked for.
    ///
    /// # Errors
    /// [`KeyError`], also where others may read the file.
    pub fn read(path: &Path) -> Result<KeyFile, KeyError> {
        let text = read_text(path)?;
        if encrypted::is_encrypted(&text) {
            return Ok(KeyFile::Encrypted(text.to_string()));
        }
        if let Some(uri) = TokenUri::find(&text) {
            let uri = uri.map_err(|reason| content(path, &reason))?;
            return Ok(KeyFile::Token(uri));
        }
        let secret = Secret::from_text(&text);
        let secret = secret.ok_or_else(|| {
            content(
                path,
                "neither a secret key's text, nor an encrypted one, nor a pkcs11: URI",
            )
        })?;
        Ok(KeyFile::Open(secret))
    }

    /// What it is called.
    pub fn form(&self) -> &'static str {
        match self {
            KeyFile::Open(_) => "open",
            KeyFile::Encrypted(_) => "encrypted",
            KeyFile::Token(_) => "on a token",
        }
    }

    /// The secret, decrypted where it has to be.
    ///
    /// # Errors
    /// [`KeyError`]; a token gives none.
    pub fn secret(self, path: &Path, passphrase: &Passphrase) -> Result<Secret, KeyError> {
        match self {
            KeyFile::Open(secret) => Ok(secret),
            KeyFile::Encrypted(text) => {
                let opened = encrypted::decrypt(&text, passphrase.get(path)?);
                let opened = opened.ok_or_else(|| KeyError::WrongPassphrase(path.to_owned()))?;
                Secret::from_text(&opened)
                    .ok_or_else(|| content(path, "what is encrypted is no secret key"))
            }
            KeyFile::Token(_) => Err(KeyError::OnToken(path.to_owned())),
        }
    }

    /// Something that signs, and the kind where the file says it.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn key(
        self,
        path: &Path,
        passphrase: &Passphrase,
    ) -> Result<(NodeKey, Option<KeyKind>), KeyError> {
        match self {
            KeyFile::Token(uri) => {
                let key = TokenKey::open(path, &uri, passphrase)?;
                Ok((NodeKey::Token(key), None))
            }
            file => {
                let secret = file.secret(path, passphrase)?;
                Ok((NodeKey::Secret(secret.key), Some(secret.kind)))
            }
        }
    }
}

/// Reads the key of this kind at `path`, whatever its form.
///
/// # Errors
/// [`KeyError`].
pub fn read_key(path: &Path, kind: KeyKind, passphrase: &Passphrase) -> Result<NodeKey, KeyError> {
    let (key, found) = KeyFile::read(path)?.key(path, passphrase)?;
    match found {
        Some(found) if found != kind => {
            let reason = format!(
                "it is a key of the kind {}, and {} is wanted",
                found.secret_prefix(),
                kind.secret_prefix()
            );
            Err(content(path, &reason))
        }
        _ => Ok(key),
    }
}

/// Writes a secret to a new file, encrypted where there is a passphrase for it.
///
/// # Errors
/// [`KeyError`], also where there is a file.
pub fn create_key(
    path: &Path,
    secret: &Secret,
    encrypt: Option<&Passphrase>,
) -> Result<PublicKey, KeyError> {
    let text = text_of(path, secret, encrypt)?;
    at(path, write_new(path, &text))?;
    Ok(secret.key.public())
}

/// Puts another form of the key in the file's place: one or the other is there at every moment, durably.
///
/// # Errors
/// [`KeyError`].
pub fn replace_key(
    path: &Path,
    secret: &Secret,
    encrypt: Option<&Passphrase>,
) -> Result<(), KeyError> {
    let text = text_of(path, secret, encrypt)?;
    let aside = PathBuf::from(format!("{}.new", path.display()));
    if aside.exists() {
        // What an interrupted attempt left.
        at(&aside, fs::remove_file(&aside))?;
    }
    at(&aside, write_new(&aside, &text))?;
    at(path, fs::rename(&aside, path))?;
    sync_folder_of(path)
}

/// Writes the text of a file that only its owner reads, from the first byte on, durably.
pub(super) fn create_text(path: &Path, text: &str) -> Result<(), KeyError> {
    at(path, write_new(path, text))?;
    sync_folder_of(path)
}

fn text_of(
    path: &Path,
    secret: &Secret,
    encrypt: Option<&Passphrase>,
) -> Result<Zeroizing<String>, KeyError> {
    let text = secret.to_text();
    match encrypt {
        None => Ok(text),
        Some(passphrase) => {
            let passphrase = passphrase.get_new(path)?;
            let encrypted = encrypted::encrypt(&text, passphrase);
            encrypted
                .map(Zeroizing::new)
                .map_err(|reason| content(path, &reason))
        }
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.trim_end().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn sync_folder_of(path: &Path) -> Result<(), KeyError> {
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    at(
        folder,
        fs::File::open(folder).and_then(|folder| folder.sync_all()),
    )
}

/// Reads a file that nobody but its owner may read or change.
fn read_text(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let file = at(path, fs::File::open(path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let mode = at(path, file.metadata())?.mode() & 0o777;
        if mode & 0o077 != 0 {
            let path = path.to_owned();
            return Err(KeyError::Mode { path, mode });
        }
    }
    let mut text = Zeroizing::new(String::new());
    at(path, file.take(FILE_BYTES_MAX).read_to_string(&mut text))?;
    Ok(text)
}

fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, KeyError> {
    result.map_err(|error| KeyError::Io {
        path: path.to_owned(),
        error,
    })
}

fn content(path: &Path, reason: &str) -> KeyError {
    KeyError::Content {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}
