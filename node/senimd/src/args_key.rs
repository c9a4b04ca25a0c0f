//! Arguments of `senimd key`.

use crate::args::FolderArgs;
use crate::keystore::{Passphrase, TokenUri};
use clap::{Args, Subcommand, ValueEnum};
use senim_types::text::KeyKind;
use std::path::PathBuf;

/// Where passphrases come from.
#[derive(Clone, Debug, Default, Args)]
pub struct PassphraseArgs {
    /// A file whose first line is the passphrase of encrypted keys, or the PIN of a token; a systemd credential or
    /// /dev/fd/3 will do. Without it SENIM_PASSPHRASE is taken, and else whoever sits at the terminal is asked.
    #[arg(long, value_name = "FILE", env = "SENIM_PASSPHRASE_FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// Where to ask.
    pub fn source(&self) -> Passphrase {
        Passphrase {
            file: self.passphrase_file.clone(),
        }
    }
}

/// Arguments of `key`.
#[derive(Debug, Args)]
pub struct Key {
    /// The network's or machine's folder; its keys are in `keys`.
    #[command(flatten)]
    pub folder: FolderArgs,
    /// How encrypted keys and tokens are opened.
    #[command(flatten)]
    pub passphrase: PassphraseArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: KeyCommand,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Signs votes.
    Validator,
    /// Names the node to others. Has to be an open or encrypted file.
    Peer,
}

impl From<Kind> for KeyKind {
    fn from(kind: Kind) -> KeyKind {
        match kind {
            Kind::Validator => KeyKind::Validator,
            Kind::Peer => KeyKind::Peer,
        }
    }
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Makes a new key: in a file, or on a PKCS#11 token that never gives it away.
    New {
        /// Its name: `validator-5` is the validator of organisation 5, `peer-5` its node's key.
        name: String,
        /// What it is for.
        #[arg(long, value_enum, default_value_t = Kind::Validator)]
        kind: Kind,
        /// Encrypts the file with a passphrase.
        #[arg(long, conflicts_with = "pkcs11")]
        encrypt: bool,
        /// On which token, under which name: `pkcs11:token=LABEL;object=LABEL?module-path=LIBRARY`.
        #[arg(long, value_name = "URI", value_parser = TokenUri::parse)]
        pkcs11: Option<TokenUri>,
    },
    /// Takes a key from a file of another folder, or one that is on a token already.
    Import {
        /// Its name here.
        name: String,
        /// The key file, open or encrypted.
        #[arg(long, value_name = "FILE", required_unless_present = "pkcs11")]
        from: Option<PathBuf>,
        /// Encrypts the file here with a passphrase.
        #[arg(long, conflicts_with = "pkcs11")]
        encrypt: bool,
        /// The key on a token: `pkcs11:token=LABEL;object=LABEL?module-path=LIBRARY`.
        #[arg(long, value_name = "URI", value_parser = TokenUri::parse, conflicts_with = "from")]
        pkcs11: Option<TokenUri>,
    },
    /// Encrypts a key file with a passphrase, in its place.
    Encrypt {
        /// The key's name.
        name: String,
    },
    /// Takes the passphrase off a key file, in its place.
    Decrypt {
        /// The key's name.
        name: String,
    },
    /// Shows a key's public part, after opening it.
    Show {
        /// The key's name.
        name: String,
    },
    /// Lists the folder's keys and how each is kept. Opens nothing.
    List,
}
