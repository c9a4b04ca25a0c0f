//! One organisation's machine: a folder with `node.toml`, the genesis, the contracts' code and the keys of one
//! node. It reaches the others over libp2p.
//!
//! ```text
//! node.toml                  where it listens, whom it asks first
//! keys/validator-<org>.key   its vote; a machine without one follows and serves, and has no vote
//! keys/peer-<org>.key        its network key, as the registry knows it
//! ```

use crate::folder::{Folder, FolderError};
use crate::sync_config::SyncConfig;
use crate::template::{peer_name, validator_name};
use senim_network::Multiaddr;
use senim_types::text::KeyKind;
use senim_types::{Genesis, PublicKey};
use serde::{Deserialize, Serialize};
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Name of a machine's settings.
pub const CONFIG_FILE: &str = "node.toml";

/// A machine's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineConfig {
    /// Number of the organisation that runs it: which keys are its own.
    pub organisation: u32,
    /// How it reaches the others.
    pub network: NetworkConfig,
    /// Its interface.
    pub http: HttpConfig,
    /// How it catches up, and what it offers to others that do.
    #[serde(default)]
    pub sync: SyncConfig,
    /// Shortest time between two blocks that it proposes, in ms.
    #[serde(default = "block_interval_ms")]
    pub block_interval_ms: u64,
}

/// How a machine reaches the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkConfig {
    /// Where it listens for others: multiaddrs. Empty for a machine that only goes out.
    pub listen: Vec<Multiaddr>,
    /// Where it goes while nobody is connected, beside the addresses in the registry.
    #[serde(default)]
    pub bootstrap: Vec<Multiaddr>,
}

/// A machine's interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Where it listens.
    pub listen: SocketAddr,
}

/// Shortest time between two blocks that a machine proposes, where its settings name none, in ms.
pub const BLOCK_INTERVAL_MS: u64 = 100;

fn block_interval_ms() -> u64 {
    BLOCK_INTERVAL_MS
}

/// Where the machines of a new network are: on one host, each with ports of its own.
#[derive(Clone, Copy, Debug)]
pub struct Machines {
    /// The host's address.
    pub ip: IpAddr,
    /// The first machine's port for others; the next ones follow.
    pub network_port: u16,
    /// The first machine's port for its interface; the next ones follow.
    pub http_port: u16,
}

impl Machines {
    /// The address at which others reach the machine at `place`.
    pub fn address(&self, place: usize) -> String {
        let (ip, port) = (self.ip, self.network_port as usize + place);
        match ip {
            IpAddr::V4(ip) => format!("/ip4/{ip}/tcp/{port}"),
            IpAddr::V6(ip) => format!("/ip6/{ip}/tcp/{port}"),
        }
    }
}

/// A machine's folder below a network's.
pub fn machine_folder(network: &Folder, name: &str) -> Folder {
    Folder::new(network.path().join("machines").join(name))
}

/// Reads a machine's settings; none if the folder is not one of a machine.
pub fn config(folder: &Folder) -> Result<Option<MachineConfig>, FolderError> {
    let path = folder.path().join(CONFIG_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|error| io(&path, error))?;
    let config = toml::from_str(&text).map_err(|error| FolderError::Settings {
        path,
        reason: error.to_string(),
    })?;
    Ok(Some(config))
}

/// Makes a folder for each validator's machine out of a network's folder, and gives their names. Each has only
/// its own keys; devices' keys stay where they are.
pub fn make_folders(network: &Folder, machines: &Machines) -> Result<Vec<String>, FolderError> {
    let mut names = Vec::new();
    for (place, name) in network.validator_names()?.into_iter().enumerate() {
        let organisation = name
            .strip_prefix("validator-")
            .and_then(|number| number.parse().ok())
            .unwrap_or_default();
        let address = machines.address(place);
        let unusable = |reason: String| FolderError::Settings {
            path: machine_folder(network, &name).path().join(CONFIG_FILE),
            reason,
        };
        let listen = address
            .parse()
            .map_err(|error| unusable(format!("{address} is no address: {error}")))?;
        let place = u16::try_from(place).ok();
        let port = place
            .and_then(|place| machines.http_port.checked_add(place))
            .ok_or_else(|| unusable("there are not enough ports above --port".to_owned()))?;
        let config = MachineConfig {
            organisation,
            network: NetworkConfig {
                listen: vec![listen],
                bootstrap: Vec::new(),
            },
            http: HttpConfig {
                listen: SocketAddr::new(machines.ip, port),
            },
            sync: SyncConfig::default(),
            block_interval_ms: BLOCK_INTERVAL_MS,
        };
        make_folder(network, &machine_folder(network, &name), &config)?;
        names.push(name);
    }
    Ok(names)
}

/// Makes the folder of a machine that joins a running network: genesis and code are copied from `network`, and a
/// network key is made. Others let it in once the registry has that key ([`peer_name`]); without a vote it
/// follows and serves.
pub fn join(
    network: &Folder,
    machine: &Folder,
    config: &MachineConfig,
) -> Result<PublicKey, FolderError> {
    if machine.is_initialised() {
        return Err(FolderError::Exists(machine.path().to_owned()));
    }
    // Also says that there is no network, where there is none.
    network.genesis()?;
    copy_public_parts(network, machine, config)?;
    let key = machine.make_key(&peer_name(config.organisation), KeyKind::Peer)?;
    copy(network.genesis_path(), machine.genesis_path())?;
    Ok(key.public())
}

/// Makes a machine's folder of one that has its keys already: a ceremony's.
pub fn install(
    machine: &Folder,
    contracts: &Path,
    genesis: &Genesis,
    config: &MachineConfig,
) -> Result<(), FolderError> {
    if machine.is_initialised() {
        return Err(FolderError::Exists(machine.path().to_owned()));
    }
    copy_code(contracts, machine)?;
    write_config(machine, config)?;
    // Last: a folder with a genesis is complete.
    machine.write_genesis(genesis)
}

/// Makes a machine's folder: genesis and code are copied, the keys of the organisation's node moved.
fn make_folder(
    network: &Folder,
    machine: &Folder,
    config: &MachineConfig,
) -> Result<(), FolderError> {
    copy_public_parts(network, machine, config)?;
    for name in [
        validator_name(config.organisation),
        peer_name(config.organisation),
    ] {
        let source = network.key_path(&name);
        fs::rename(&source, machine.key_path(&name)).map_err(|error| io(&source, error))?;
    }
    // Last: a folder with a genesis is complete.
    copy(network.genesis_path(), machine.genesis_path())
}

/// Contract code and settings.
fn copy_public_parts(
    network: &Folder,
    machine: &Folder,
    config: &MachineConfig,
) -> Result<(), FolderError> {
    let path = machine.path().join("keys");
    fs::create_dir_all(&path).map_err(|error| io(&path, error))?;
    copy_code(&network.path().join("contracts"), machine)?;
    write_config(machine, config)
}

fn copy_code(from: &Path, machine: &Folder) -> Result<(), FolderError> {
    let to = machine.path().join("contracts");
    fs::create_dir_all(&to).map_err(|error| io(&to, error))?;
    for entry in fs::read_dir(from).map_err(|error| io(from, error))? {
        let source = entry.map_err(|error| io(from, error))?;
        copy(source.path(), to.join(source.file_name()))?;
    }
    Ok(())
}

fn write_config(machine: &Folder, config: &MachineConfig) -> Result<(), FolderError> {
    let path = machine.path().join(CONFIG_FILE);
    let text = toml::to_string(config).map_err(|error| FolderError::Settings {
        path: path.clone(),
        reason: error.to_string(),
    })?;
    fs::write(&path, text).map_err(|error| io(&path, error))
}

/// The seed of a machine's network key.
pub fn network_seed(folder: &Folder, organisation: u32) -> Result<[u8; 32], FolderError> {
    let key = folder.key(&peer_name(organisation), KeyKind::Peer)?;
    Ok(*key.seed())
}

fn copy(from: PathBuf, to: PathBuf) -> Result<(), FolderError> {
    match fs::copy(&from, to) {
        Ok(_) => Ok(()),
        Err(error) => Err(io(&from, error)),
    }
}

fn io(path: impl Into<PathBuf>, error: std::io::Error) -> FolderError {
    FolderError::Io {
        path: path.into(),
        error,
    }
}
