//! Passphrases and PINs: from a file, the environment, or whoever sits at the terminal.

use super::KeyError;
use age::secrecy::SecretString;
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Names the passphrase in the environment.
const VARIABLE: &str = "SENIM_PASSPHRASE";
/// Bytes of a passphrase.
const PASSPHRASE_BYTES_MAX: u64 = 4_096;

/// Where passphrases come from.
#[derive(Clone, Debug, Default)]
pub struct Passphrase {
    /// A file whose first line is the passphrase; without one the environment, then the terminal.
    pub file: Option<PathBuf>,
}

impl Passphrase {
    /// The passphrase that opens the key file at `path`.
    ///
    /// # Errors
    /// [`KeyError::NoPassphrase`].
    pub fn get(&self, path: &Path) -> Result<SecretString, KeyError> {
        self.ask(path, &format!("Passphrase or PIN of {}: ", path.display()))
    }

    /// A passphrase for a new key file; at a terminal it is asked for twice.
    ///
    /// # Errors
    /// [`KeyError::NoPassphrase`], also where the two differ or it is empty.
    pub fn get_new(&self, path: &Path) -> Result<SecretString, KeyError> {
        let prompt = format!("New passphrase of {}: ", path.display());
        let first = self.ask(path, &prompt)?;
        if self.is_asked() {
            let again = self.ask(path, "Again: ")?;
            use age::secrecy::ExposeSecret;
            if again.expose_secret() != first.expose_secret() {
                return Err(none(path, "the two differ"));
            }
        }
        Ok(first)
    }

    fn is_asked(&self) -> bool {
        self.file.is_none() && std::env::var_os(VARIABLE).is_none()
    }

    fn ask(&self, path: &Path, prompt: &str) -> Result<SecretString, KeyError> {
        let found = if let Some(file) = &self.file {
            let reason =
                |error: std::io::Error| none(path, &format!("{}: {error}", file.display()));
            use std::io::Read;
            let mut text = Zeroizing::new(String::new());
            let file = fs::File::open(file).map_err(reason)?;
            file.take(PASSPHRASE_BYTES_MAX)
                .read_to_string(&mut text)
                .map_err(reason)?;
            text
        } else if let Ok(text) = std::env::var(VARIABLE) {
            Zeroizing::new(text)
        } else if std::io::stdin().is_terminal() {
            let asked = rpassword::prompt_password(prompt);
            Zeroizing::new(asked.map_err(|error| none(path, &error.to_string()))?)
        } else {
            return Err(none(path, "there is nobody to ask"));
        };
        let line = found.lines().next().unwrap_or_default();
        if line.is_empty() {
            return Err(none(path, "the one given is empty"));
        }
        Ok(SecretString::from(line.to_owned()))
    }
}

fn none(path: &Path, reason: &str) -> KeyError {
    KeyError::NoPassphrase {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}
