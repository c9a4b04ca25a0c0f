//! The command `key`.

use crate::Failure;
use senim_types::text::KeyKind;
use senim_types::{Code, PublicKey};
use senimd::args::Output;
use senimd::args_key::{Key, KeyCommand};
use senimd::folder::Folder;
use senimd::keystore::{
    KeyError, KeyFile, NodeKey, Passphrase, Secret, TokenKey, create_key, random_key, replace_key,
};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Failure {
            code: Code::KEY_FILE,
            message: error.to_string(),
        }
    }
}

pub fn key(args: &Key, output: Output) -> Result<(), Failure> {
    let folder = Folder::new(&args.folder.dir);
    let passphrase = args.passphrase.source();
    match &args.command {
        KeyCommand::List => list(&folder, output),
        KeyCommand::New {
            name,
            kind,
            encrypt,
            pkcs11,
        } => {
            let path = new_path(&folder, name)?;
            let kind = KeyKind::from(*kind);
            let public = match pkcs11 {
                Some(uri) => {
                    only_validators(kind)?;
                    use senim_consensus::Signer;
                    TokenKey::create(&path, uri, &passphrase)?.public_key()
                }
                None => {
                    let secret = Secret {
                        kind,
                        key: random_key().map_err(|error| broken(error.to_string()))?,
                    };
                    create_key(&path, &secret, encrypt.then_some(&passphrase))?
                }
            };
            tell(&path, name, kind, &public, output)
        }
        KeyCommand::Import {
            name,
            from,
            encrypt,
            pkcs11,
        } => {
            let path = new_path(&folder, name)?;
            if let Some(uri) = pkcs11 {
                use senim_consensus::Signer;
                let public = TokenKey::attach(&path, uri, &passphrase)?.public_key();
                return tell(&path, name, KeyKind::Validator, &public, output);
            }
            let Some(from) = from else {
                return Err(broken("give --from FILE or --pkcs11 URI".to_owned()));
            };
            let secret = KeyFile::read(from)?.secret(from, &passphrase)?;
            let public = create_key(&path, &secret, encrypt.then_some(&passphrase))?;
            tell(&path, name, secret.kind, &public, output)
        }
        KeyCommand::Encrypt { name } => {
            let path = named_path(&folder, name)?;
            let KeyFile::Open(secret) = KeyFile::read(&path)? else {
                return Err(broken(format!("{} is not an open key", path.display())));
            };
            replace_key(&path, &secret, Some(&passphrase))?;
            tell(&path, name, secret.kind, &secret.key.public(), output)
        }
        KeyCommand::Decrypt { name } => {
            let path = named_path(&folder, name)?;
            let file = KeyFile::read(&path)?;
            if matches!(file, KeyFile::Open(_)) {
                return Err(broken(format!("{} is open already", path.display())));
            }
            let secret = file.secret(&path, &passphrase)?;
            replace_key(&path, &secret, None)?;
            tell(&path, name, secret.kind, &secret.key.public(), output)
        }
        KeyCommand::Show { name } => {
            let path = named_path(&folder, name)?;
            let (public, kind) = open(&path, &passphrase)?;
            tell(&path, name, kind, &public, output)
        }
    }
}

fn open(path: &Path, passphrase: &Passphrase) -> Result<(PublicKey, KeyKind), Failure> {
    let (key, kind) = KeyFile::read(path)?.key(path, passphrase)?;
    // What is on a token votes.
    let kind = match (&key, kind) {
        (NodeKey::Secret(_), Some(kind)) => kind,
        _ => KeyKind::Validator,
    };
    Ok((key.public(), kind))
}

fn only_validators(kind: KeyKind) -> Result<(), Failure> {
    if kind == KeyKind::Validator {
        Ok(())
    } else {
        Err(broken(
            "the network's key is needed in memory: only a validator's can be on a token"
                .to_owned(),
        ))
    }
}

fn broken(message: String) -> Failure {
    Failure {
        code: Code::CONFIGURATION,
        message,
    }
}

/// The file of a key that is about to be made; its folder is there.
fn named_path(folder: &Folder, name: &str) -> Result<PathBuf, Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(broken(format!(
            "`{name}` is no name of a key: letters, digits, - and _ make one"
        )));
    }
    Ok(folder.key_path(name))
}

fn new_path(folder: &Folder, name: &str) -> Result<PathBuf, Failure> {
    let path = named_path(folder, name)?;
    if path.exists() {
        return Err(broken(format!(
            "{} is there already, and no key is ever written over",
            path.display()
        )));
    }
    if let Some(keys) = path.parent() {
        fs::create_dir_all(keys).map_err(|error| KeyError::Io {
            path: keys.to_owned(),
            error,
        })?;
    }
    Ok(path)
}

fn tell(
    path: &Path,
    name: &str,
    kind: KeyKind,
    public: &PublicKey,
    output: Output,
) -> Result<(), Failure> {
    let (form, text) = (KeyFile::read(path)?.form(), public.to_text(kind));
    match output {
        Output::Json => println!(
            "{}",
            serde_json::json!({ "name": name, "key": text, "form": form, "file": path })
        ),
        Output::Text => println!("{name:<16} {form:<10} {text}"),
    }
    Ok(())
}

fn list(folder: &Folder, output: Output) -> Result<(), Failure> {
    let keys = folder.path().join("keys");
    let failed = |error| KeyError::Io {
        path: keys.clone(),
        error,
    };
    let mut names = Vec::new();
    let entries = match fs::read_dir(&keys) {
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        entries => entries.map_err(failed)?.collect(),
    };
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        if let Some(name) = name.to_string_lossy().strip_suffix(".key") {
            names.push(name.to_owned());
        }
    }
    names.sort_by_key(|name| (name.len(), name.clone()));
    let mut listed = Vec::new();
    for name in names {
        let path = folder.key_path(&name);
        // One that cannot be used is listed with the reason, beside the others.
        let (form, what) = match KeyFile::read(&path) {
            Ok(file) => {
                let what = match &file {
                    KeyFile::Open(secret) => secret.key.public().to_text(secret.kind),
                    KeyFile::Encrypted(_) => "(senimd key show opens it)".to_owned(),
                    KeyFile::Token(uri) => uri.to_string(),
                };
                (file.form(), what)
            }
            Err(error) => ("unusable", error.to_string()),
        };
        match output {
            Output::Json => {
                listed.push(serde_json::json!({ "name": name, "form": form, "what": what }))
            }
            Output::Text => println!("{name:<16} {form:<10} {what}"),
        }
    }
    if output == Output::Json {
        println!("{}", serde_json::Value::from(listed));
    }
    Ok(())
}
