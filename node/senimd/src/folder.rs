//! A network's folder: genesis, contract code, keys, and each node's data.
//!
//! ```text
//! genesis.json          what everybody starts from; a verifier needs nothing else
//! contracts/<name>.wasm the code that the genesis pins by hash
//! keys/<name>.key       secret keys, one a file, readable by their owner only
//! nodes/<name>/         data of the validators that run here
//! node.toml             in the folder of one machine: where it listens ([`crate::machine`])
//! machines/<name>/      folders of machines, in a network that is made to run as several processes
//! ```

use crate::machine::Machines;
use crate::template::{self, Keys, Template, TemplateError};
use senim_abi::ids::ENGINE_CONTRACTS;
use senim_types::crypto::SecretKey;
use senim_types::genesis::GENESIS_VERSION;
use senim_types::text::{KeyKind, from_bech32m, to_bech32m};
use senim_types::{Code, Genesis, GenesisContract, Hash, Parameters, TimeMs};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What goes wrong with a folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The operating system's answer.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The folder has a network already.
    #[error("{} holds a network already; remove it or choose another folder with --dir", .0.display())]
    Exists(PathBuf),
    /// The template cannot be used.
    #[error("{}: {error}", path.display())]
    Template {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: TemplateError,
    },
    /// A machine's settings cannot be used; the reason names line and key.
    #[error("{}: {reason}", path.display())]
    Settings {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A file does not hold what it should.
    #[error("{}: {reason}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl FolderError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            FolderError::Io { path, .. } | FolderError::Content { path, .. } => {
                let is_key = path.extension().is_some_and(|extension| extension == "key");
                if is_key {
                    Code::KEY_FILE
                } else {
                    Code::GENESIS
                }
            }
            FolderError::Exists(_)
            | FolderError::Template { .. }
            | FolderError::Settings { .. } => Code::CONFIGURATION,
        }
    }
}

fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, FolderError> {
    result.map_err(|error| FolderError::Io {
        path: path.to_owned(),
        error,
    })
}

/// A network's folder.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Folder {
        Folder(path.into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The genesis file.
    pub fn genesis_path(&self) -> PathBuf {
        self.0.join("genesis.json")
    }

    /// Where a node keeps its data.
    pub fn node_path(&self, name: &str) -> PathBuf {
        self.0.join("nodes").join(name)
    }

    /// The file of a key.
    pub fn key_path(&self, name: &str) -> PathBuf {
        self.0.join("keys").join(format!("{name}.key"))
    }

    /// Whether there is a network in it.
    pub fn is_initialised(&self) -> bool {
        self.genesis_path().exists()
    }

    /// Removes the network with everything on it. A folder that holds something else is left alone.
    pub fn remove(&self) -> Result<(), FolderError> {
        if !self.is_initialised() {
            return Ok(());
        }
        // What else may lie there is not ours to remove.
        for part in [
            "nodes",
            "contracts",
            "compiled",
            "keys",
            "sealed",
            "machines",
        ] {
            let path = self.0.join(part);
            if path.exists() {
                at(&path, fs::remove_dir_all(&path))?;
            }
        }
        at(&self.genesis_path(), fs::remove_file(self.genesis_path()))
    }

    /// Removes what a node can make anew from its log: store and tree.
    pub fn remove_state(&self, name: &str) -> Result<(), FolderError> {
        ["store", "tree"].iter().try_for_each(|part| {
            let path = self.node_path(name).join(part);
            if path.exists() {
                at(&path, fs::remove_dir_all(&path))
            } else {
                Ok(())
            }
        })
    }

    /// Makes a network of a template: keys for everybody in it, contract code, genesis. The genesis
    /// is written last, so that a folder that has one is complete.
    pub fn initialise(&self, new: &NewNetwork<'_>) -> Result<Genesis, FolderError> {
        if self.is_initialised() {
            return Err(FolderError::Exists(self.0.clone()));
        }
        let template_error = |error| FolderError::Template {
            path: new.template_path.to_owned(),
            error,
        };
        let text = at(new.template_path, fs::read_to_string(new.template_path))?;
        let mut template = Template::parse(&text).map_err(template_error)?;
        template.limit_validators(new.validators_max);
        if let Some(machines) = new.machines {
            template.set_addresses(|place, _| machines.address(place));
        }
        let keys = self.make_keys(&template)?;
        let contracts = self.copy_contracts(new.contracts_path)?;
        let genesis = Genesis {
            version: GENESIS_VERSION,
            name: template.name.clone(),
            time: new.time,
            parameters: Parameters::default(),
            validators: template.validators(&keys).map_err(template_error)?,
            contracts,
            calls: template.calls(&keys).map_err(template_error)?,
        };
        let path = self.genesis_path();
        let json = serde_json::to_string_pretty(&genesis);
        let json = json.map_err(|error| FolderError::Content {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        at(&path, fs::write(&path, json))?;
        Ok(genesis)
    }

    fn make_keys(&self, template: &Template) -> Result<Keys, FolderError> {
        let folder = self.0.join("keys");
        at(&folder, fs::create_dir_all(&folder))?;
        let mut keys = Keys::new();
        for organisation in template.organisations() {
            for device in &organisation.devices {
                keys.insert(
                    device.clone(),
                    self.make_key(device, KeyKind::Device)?.public(),
                );
            }
            if organisation.validator {
                let name = template::validator_name(organisation.id);
                let key = self.make_key(&name, KeyKind::Validator)?;
                keys.insert(name, key.public());
                let name = template::peer_name(organisation.id);
                let key = self.make_key(&name, KeyKind::Peer)?;
                keys.insert(name, key.public());
            }
        }
        Ok(keys)
    }

    /// Makes a secret key and its file.
    pub(crate) fn make_key(&self, name: &str, kind: KeyKind) -> Result<SecretKey, FolderError> {
        let path = self.key_path(name);
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| FolderError::Content {
            path: path.clone(),
            reason: format!("the operating system gives no randomness: {error}"),
        })?;
        at(
            &path,
            write_secret(&path, &to_bech32m(kind.secret_prefix(), &seed)),
        )?;
        Ok(SecretKey::from_seed(&seed))
    }

    fn copy_contracts(&self, from: &Path) -> Result<Vec<GenesisContract>, FolderError> {
        let to = self.0.join("contracts");
        at(&to, fs::create_dir_all(&to))?;
        let copy = |(id, name): &(_, &str)| {
            let (source, target) = (
                from.join(format!("{name}.wasm")),
                to.join(format!("{name}.wasm")),
            );
            let code = at(&source, fs::read(&source))?;
            at(&target, fs::write(&target, &code))?;
            Ok(GenesisContract {
                id: *id,
                name: (*name).to_owned(),
                code: Hash::of(&code),
            })
        };
        ENGINE_CONTRACTS.iter().map(copy).collect()
    }

    /// Reads the genesis.
    pub fn genesis(&self) -> Result<Genesis, FolderError> {
        let path = self.genesis_path();
        let text = at(&path, fs::read_to_string(&path))?;
        serde_json::from_str(&text).map_err(|error| FolderError::Content {
            path,
            reason: error.to_string(),
        })
    }

    /// Reads the contracts' code, by hash. That it is what the genesis names is checked by its use.
    pub fn codes(&self) -> Result<BTreeMap<Hash, Vec<u8>>, FolderError> {
        let folder = self.0.join("contracts");
        let mut codes = BTreeMap::new();
        for entry in at(&folder, fs::read_dir(&folder))? {
            let path = at(&folder, entry)?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "wasm")
            {
                let code = at(&path, fs::read(&path))?;
                codes.insert(Hash::of(&code), code);
            }
        }
        Ok(codes)
    }

    /// The validators whose keys are here, by name.
    pub fn validators(&self) -> Result<Vec<(String, SecretKey)>, FolderError> {
        let folder = self.0.join("keys");
        let mut names = Vec::new();
        for entry in at(&folder, fs::read_dir(&folder))? {
            let name = at(&folder, entry)?.file_name();
            let name = name.to_string_lossy();
            if let Some(name) = name
                .strip_suffix(".key")
                .filter(|name| name.starts_with("validator-"))
            {
                names.push(name.to_owned());
            }
        }
        names.sort_by_key(|name| (name.len(), name.clone()));
        names
            .into_iter()
            .map(|name| Ok((name.clone(), self.key(&name, KeyKind::Validator)?)))
            .collect()
    }

    /// Reads a secret key.
    pub fn key(&self, name: &str, kind: KeyKind) -> Result<SecretKey, FolderError> {
        let path = self.key_path(name);
        let text = zeroize::Zeroizing::new(at(&path, fs::read_to_string(&path))?);
        match from_bech32m(kind.secret_prefix(), text.trim()) {
            Ok(seed) => Ok(SecretKey::from_seed(&zeroize::Zeroizing::new(seed))),
            Err(error) => Err(FolderError::Content {
                path,
                reason: error.to_string(),
            }),
        }
    }
}

/// What a new network is made of.
#[derive(Clone, Copy, Debug)]
pub struct NewNetwork<'a> {
    /// The template.
    pub template_path: &'a Path,
    /// The folder with the contracts' code.
    pub contracts_path: &'a Path,
    /// Time of the genesis.
    pub time: TimeMs,
    /// At most so many of the template's validators run.
    pub validators_max: usize,
    /// Where the validators' machines are reached; none if all run in one process.
    pub machines: Option<&'a Machines>,
}

/// Writes a secret to a file that nobody but its owner can read, from the first byte on.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")
}
