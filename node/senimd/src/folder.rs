//! A network's folder: genesis, contract code, keys, and each node's data.
//!
//! ```text
//! genesis.json          what everybody starts from; a verifier needs nothing else
//! unfinished            only while the folder is being made or removed, and after a crash in between
//! contracts/<name>.wasm the code that the genesis pins by hash
//! keys/<name>.key       secret keys, one a file, readable by their owner only
//! nodes/<name>/         data of the validators that run here
//! node.toml             in the folder of one machine: where it listens ([`crate::machine`])
//! machines/<name>/      folders of machines, in a network that is made to run as several processes
//! ```

use crate::config::ConfigError;
use crate::keystore::{self, KeyError, NodeKey, Passphrase, Secret};
use crate::machine;
pub use crate::new_network::NewNetwork;
use crate::template::{self, Keys, Template, TemplateError};
use senim_abi::ids::genesis_contracts;
use senim_state::disk::{DiskError, RealDisk};
use senim_types::crypto::SecretKey;
use senim_types::genesis::GENESIS_VERSION;
use senim_types::text::KeyKind;
use senim_types::{Code, Genesis, GenesisContract, Hash, Parameters};
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
    /// The folder has no network.
    #[error("{dir} holds no network; make one with `senimd init --dir {dir}`", dir = .0.display())]
    NoNetwork(PathBuf),
    /// The folder has something of a network's name that no network of ours left there.
    #[error("{} is there, but no genesis.json beside it: it may be of something else, so nothing is removed; move it away, or choose another folder with --dir", .0.display())]
    Foreign(PathBuf),
    /// A secret key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Another process runs a node of the folder's network, or its data cannot be held.
    #[error("{0}; nothing was removed")]
    Held(DiskError),
    /// The template cannot be used.
    #[error("{}: {error}", path.display())]
    Template {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: TemplateError,
    },
    /// A machine's settings cannot be used; each problem names source and key.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A machine's settings cannot be written.
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
            FolderError::Io { .. } | FolderError::Content { .. } => Code::GENESIS,
            FolderError::Key(_) => Code::KEY_FILE,
            FolderError::Exists(_)
            | FolderError::NoNetwork(_)
            | FolderError::Foreign(_)
            | FolderError::Template { .. }
            | FolderError::Config(_)
            | FolderError::Settings { .. } => Code::CONFIGURATION,
            FolderError::Held(error) => error.code(),
        }
    }
}

/// What a network's folder holds besides its genesis, and what is removed with it.
const PARTS: [&str; 7] = [
    "nodes",
    "contracts",
    "compiled",
    "keys",
    "sealed",
    "terminals",
    "machines",
];

pub(crate) fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, FolderError> {
    result.map_err(|error| FolderError::Io {
        path: path.to_owned(),
        error,
    })
}

/// A network's folder.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf, Passphrase);

impl Folder {
    /// The folder at `path`, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Folder {
        Folder(path.into(), Passphrase::default())
    }

    /// The same folder, whose keys are opened with passphrases from there.
    pub fn with_passphrase(self, passphrase: Passphrase) -> Folder {
        Folder(self.0, passphrase)
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

    /// Whether there is a whole network in it.
    pub fn is_initialised(&self) -> bool {
        self.genesis_path().exists() && !self.unfinished_path().exists()
    }

    /// Stands in the folder from before the first part of a network is written until after the last,
    /// and likewise while one is removed: what a crash leaves is known to be ours, and not whole.
    fn unfinished_path(&self) -> PathBuf {
        self.0.join("unfinished")
    }

    /// Whether a crash or an error left it half made, or half removed.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.unfinished_path().exists()
    }

    pub(crate) fn mark_unfinished(&self) -> Result<(), FolderError> {
        at(&self.0, fs::create_dir_all(&self.0))?;
        let path = self.unfinished_path();
        let file = at(&path, fs::File::create(&path))?;
        at(&path, file.sync_all())?;
        self.sync_names()
    }

    pub(crate) fn mark_finished(&self) -> Result<(), FolderError> {
        self.sync_names()?;
        let path = self.unfinished_path();
        at(&path, fs::remove_file(&path))?;
        self.sync_names()
    }

    fn sync_names(&self) -> Result<(), FolderError> {
        at(
            &self.0,
            fs::File::open(&self.0).and_then(|dir| dir.sync_all()),
        )
    }

    /// Removes the network with everything on it, or what a crash left of one. Fails, with nothing
    /// removed, while a process runs a node of it. A folder that holds something else is left alone.
    pub fn remove(&self) -> Result<(), FolderError> {
        if !self.genesis_path().exists() && !self.unfinished_path().exists() {
            return Ok(());
        }
        let held = self.hold_nodes()?;
        self.mark_unfinished()?;
        self.remove_parts()?;
        drop(held);
        self.mark_finished()
    }

    /// Takes hold of the data of every node that ever ran here, or on a machine whose folder is below this one.
    fn hold_nodes(&self) -> Result<Vec<RealDisk>, FolderError> {
        let mut held = Vec::new();
        let machines = self.0.join("machines");
        if machines.exists() {
            for entry in at(&machines, fs::read_dir(&machines))? {
                let machine = Folder::new(at(&machines, entry)?.path());
                held.extend(machine.hold_nodes()?);
            }
        }
        let nodes = self.0.join("nodes");
        if !nodes.exists() {
            return Ok(held);
        }
        for entry in at(&nodes, fs::read_dir(&nodes))? {
            let path = at(&nodes, entry)?.path();
            if path.is_dir() {
                held.push(RealDisk::open(&path).map_err(FolderError::Held)?);
            }
        }
        Ok(held)
    }

    /// What else may lie in the folder is not ours to remove.
    fn remove_parts(&self) -> Result<(), FolderError> {
        let genesis = self.genesis_path();
        if genesis.exists() {
            at(&genesis, fs::remove_file(&genesis))?;
        }
        for part in PARTS {
            let path = self.0.join(part);
            if path.exists() {
                at(&path, fs::remove_dir_all(&path))?;
            }
        }
        Ok(())
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

    /// Makes a network of a template: keys for everybody in it, contract code, genesis. Where that
    /// fails or is interrupted, what was made of it is removed, now or by the next attempt.
    pub fn initialise(&self, new: &NewNetwork<'_>) -> Result<Genesis, FolderError> {
        if self.is_initialised() {
            return Err(FolderError::Exists(self.0.clone()));
        }
        if self.unfinished_path().exists() {
            self.remove()?;
        }
        let foreign = PARTS.iter().map(|part| self.0.join(part));
        if let Some(path) = foreign.into_iter().find(|path| path.exists()) {
            return Err(FolderError::Foreign(path));
        }
        self.mark_unfinished()?;
        let made = self.make(new);
        match made {
            Ok(genesis) => self.mark_finished().map(|()| genesis),
            Err(error) => {
                // The mark stays where this fails too, and the next attempt begins with it.
                if let Err(also) = self.remove() {
                    tracing::warn!(%also, "what was made of the network could not be removed");
                }
                Err(error)
            }
        }
    }

    fn make(&self, new: &NewNetwork<'_>) -> Result<Genesis, FolderError> {
        let template_error = |error| new.template_error(error);
        let template = new.template()?;
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
        self.write_genesis(&genesis)?;
        if let Some(machines) = new.machines {
            machine::make_folders(self, machines)?;
        }
        Ok(genesis)
    }

    /// Writes the genesis.
    pub(crate) fn write_genesis(&self, genesis: &Genesis) -> Result<(), FolderError> {
        let path = self.genesis_path();
        let json = serde_json::to_string_pretty(genesis);
        let json = json.map_err(|error| FolderError::Content {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        at(&path, write_durably(&path, json.as_bytes()))
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
        let key = keystore::random_key();
        let key = at(&path, key.map_err(io::Error::other))?;
        let secret = Secret { kind, key };
        keystore::create_key(&path, &secret, None)?;
        Ok(secret.key)
    }

    fn copy_contracts(&self, from: &Path) -> Result<Vec<GenesisContract>, FolderError> {
        let to = self.0.join("contracts");
        at(&to, fs::create_dir_all(&to))?;
        let copy = |(id, name): (_, &str)| {
            let (source, target) = (code_path(from, name), code_path(&to, name));
            let code = at(&source, fs::read(&source))?;
            at(&target, fs::write(&target, &code))?;
            Ok(GenesisContract {
                id,
                name: name.to_owned(),
                code: Hash::of(&code),
            })
        };
        genesis_contracts().map(copy).collect()
    }

    /// Reads the genesis.
    pub fn genesis(&self) -> Result<Genesis, FolderError> {
        if !self.is_initialised() {
            return Err(FolderError::NoNetwork(self.0.clone()));
        }
        self.genesis_unfinished()
    }

    /// Reads the genesis of a folder that is being made.
    pub(crate) fn genesis_unfinished(&self) -> Result<Genesis, FolderError> {
        let path = self.genesis_path();
        let text = at(&path, fs::read_to_string(&path))?;
        serde_json::from_str(&text).map_err(|error| FolderError::Content {
            path,
            reason: error.to_string(),
        })
    }

    /// Reads the contracts' code, by hash: at least all that the genesis names.
    pub fn codes(&self, genesis: &Genesis) -> Result<BTreeMap<Hash, Vec<u8>>, FolderError> {
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
        let mut named = genesis.contracts.iter();
        match named.find(|contract| !codes.contains_key(&contract.code)) {
            Some(contract) => Err(FolderError::Content {
                path: code_path(&folder, &contract.name),
                reason: format!(
                    "the genesis names the code {}, and no file of this folder is it",
                    contract.code
                ),
            }),
            None => Ok(codes),
        }
    }

    /// The names of the validators whose keys are here, in order. Opens no key.
    pub fn validator_names(&self) -> Result<Vec<String>, FolderError> {
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
        Ok(names)
    }

    /// The validators whose keys are here, by name.
    pub fn validators(&self) -> Result<Vec<(String, NodeKey)>, FolderError> {
        let names = self.validator_names()?.into_iter();
        let open = |name: String| {
            let path = self.key_path(&name);
            let key = keystore::read_key(&path, KeyKind::Validator, &self.1)?;
            Ok((name, key))
        };
        names.map(open).collect()
    }

    /// Reads a secret key that is in a file, open or encrypted.
    pub fn key(&self, name: &str, kind: KeyKind) -> Result<SecretKey, FolderError> {
        let path = self.key_path(name);
        match keystore::read_key(&path, kind, &self.1)? {
            NodeKey::Secret(key) => Ok(key),
            NodeKey::Token(_) => Err(KeyError::OnToken(path).into()),
        }
    }
}

pub(crate) fn code_path(folder: &Path, contract: &str) -> PathBuf {
    folder.join(format!("{contract}.wasm"))
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
