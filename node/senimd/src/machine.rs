//! One organisation's machine: a folder with `node.toml`, the genesis, the contracts' code and the keys of one
//! node. It reaches the others over libp2p.
//!
//! ```text
//! node.toml                  where it listens, whom it asks first
//! keys/validator-<org>.key   its vote; a machine without one follows and serves, and has no vote
//! keys/peer-<org>.key        its network key, as the registry knows it
//! ```

use crate::config::{Effective, keys::KEYS, layers::Flag};
pub use crate::config::{HttpConfig, MachineConfig, NetworkConfig};
use crate::folder::{Folder, FolderError};
use crate::template::{peer_name, validator_name};
use figment::Figment;
use senim_types::text::KeyKind;
use senim_types::{Genesis, PublicKey};
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// Name of a machine's settings.
pub const CONFIG_FILE: &str = "node.toml";

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

/// Reads the settings in a machine's folder, without environment and command line; none if the folder is not one
/// of a machine.
pub fn config(folder: &Folder) -> Result<Option<MachineConfig>, FolderError> {
    let effective = effective(folder, [], |_| Vec::new())?;
    Ok(effective.map(|effective| effective.config))
}

/// The settings in force in a machine's folder; none if the folder is not one of a machine.
///
/// # Errors
/// A file that cannot be read; everything that is wrong with the settings.
pub fn effective(
    folder: &Folder,
    variables: impl IntoIterator<Item = (String, String)>,
    flags: impl FnOnce(&Figment) -> Vec<Flag>,
) -> Result<Option<Effective>, FolderError> {
    let path = folder.path().join(CONFIG_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|error| io(&path, error))?;
    Ok(Some(crate::config::load(&path, &text, variables, flags)?))
}

/// The settings as a file: those that are not the default, so that a later default takes effect, and always
/// where the machine listens.
fn file_text(config: &MachineConfig) -> Result<String, String> {
    let table =
        |config: &MachineConfig| toml::Table::try_from(config).map_err(|error| error.to_string());
    let (values, defaults) = (table(config)?, table(&MachineConfig::of(0))?);
    let at = |table: &toml::Table, name: &str| match name.split_once('.') {
        None => table.get(name).cloned(),
        Some((section, key)) => table.get(section)?.get(key).cloned(),
    };
    let mut text = "# Every setting, and what else can set it: docs/operating/configuration.md, and `senimd config show`.\n".to_owned();
    let mut open = None;
    for key in KEYS {
        let Some(value) = at(&values, key.name) else {
            continue;
        };
        let is_shown = ["network.listen", "network.bootstrap", "http.listen"].contains(&key.name);
        if !is_shown && at(&defaults, key.name).as_ref() == Some(&value) {
            continue;
        }
        let (section, name) = match key.name.split_once('.') {
            Some((section, name)) => (Some(section), name),
            None => (None, key.name),
        };
        if let Some(section) = section.filter(|section| open != Some(*section)) {
            text += &format!("\n[{section}]\n");
            open = Some(section);
        }
        text += &format!("{name} = {value}\n");
    }
    Ok(text)
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
        let mut config = MachineConfig::of(organisation);
        config.network.listen = vec![listen];
        config.http.listen = SocketAddr::new(machines.ip, port);
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
    let text = file_text(config).map_err(|reason| FolderError::Settings {
        path: path.clone(),
        reason,
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
