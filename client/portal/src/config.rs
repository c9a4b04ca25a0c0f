//! What a portal is told: a TOML file.

use crate::smpp::EsmeConfig;
use senim_cli::failure::{Failure, Result};
use senim_cli::files;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of the file.
const CONFIG_BYTES_MAX: u64 = 64 * 1024;

/// The file. Paths are relative to it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// A node's address, such as `http://127.0.0.1:7101`.
    pub node: String,
    /// The network's folder, with the genesis that answers are checked against.
    pub network: PathBuf,
    /// The portal's device key.
    pub device: PathBuf,
    /// The portal's own folder: keys, journal, register, lists.
    pub folder: PathBuf,
    /// The key of what lies in the folder, if it lies elsewhere.
    #[serde(default)]
    pub vault: Option<PathBuf>,
    /// How often the node is asked, in ms.
    #[serde(default = "poll_ms")]
    pub poll_ms: u64,
    /// The operator's SMSC.
    pub smsc: SmscConfig,
}

/// Where the SMSC is.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmscConfig {
    /// `host:port`.
    pub address: String,
    /// Login.
    pub system_id: String,
    /// A file with the password, which only its owner can read.
    pub password: PathBuf,
    /// The short number.
    #[serde(default = "sender")]
    pub sender: String,
    /// Messages under way at once.
    #[serde(default = "window")]
    pub window: usize,
    /// How long an answer may take, in ms.
    #[serde(default = "answer_ms")]
    pub answer_ms: u64,
    /// The first pause after a broken connection, in ms; each next is twice as long, up to a minute.
    #[serde(default = "pause_ms")]
    pub pause_ms: u64,
}

const fn poll_ms() -> u64 {
    500
}

fn sender() -> String {
    "1414".to_owned()
}

const fn window() -> usize {
    10
}

const fn answer_ms() -> u64 {
    10_000
}

const fn pause_ms() -> u64 {
    1_000
}

impl Config {
    /// Reads the file. `FILE_UNREADABLE`, `FILE_CONTENT`.
    pub fn read(path: &Path) -> Result<Config> {
        let bytes = files::read(path, CONFIG_BYTES_MAX)?;
        let text = String::from_utf8(bytes).map_err(|error| files::content(path, error))?;
        let mut config: Config =
            toml::from_str(&text).map_err(|error| files::content(path, error.message()))?;
        let base = path.parent().unwrap_or(Path::new(""));
        let places = [
            &mut config.network,
            &mut config.device,
            &mut config.folder,
            &mut config.smsc.password,
        ];
        for place in places.into_iter().chain(config.vault.as_mut()) {
            *place = base.join(&place);
        }
        if config.poll_ms == 0 || config.smsc.window == 0 {
            return Err(Failure::usage("poll_ms and smsc.window are at least 1."));
        }
        Ok(config)
    }

    /// The key of what lies in the folder.
    pub fn vault_path(&self) -> PathBuf {
        self.vault
            .clone()
            .unwrap_or_else(|| self.folder.join("vault.key"))
    }

    /// The key that lists are sealed for.
    pub fn box_path(&self) -> PathBuf {
        self.folder.join("lists.key")
    }

    /// The journal.
    pub fn journal_path(&self) -> PathBuf {
        self.folder.join("journal.sealed")
    }

    /// The newest block that is trusted.
    pub fn trusted_path(&self) -> PathBuf {
        self.folder.join("trusted.light")
    }

    /// The register of mobile citizens.
    pub fn numbers_path(&self) -> PathBuf {
        self.folder.join("numbers.sealed")
    }

    /// Where lists wait to be opened, still sealed.
    pub fn inbox_path(&self) -> PathBuf {
        self.folder.join("inbox")
    }

    /// The way to the SMSC.
    pub fn esme(&self) -> Result<EsmeConfig> {
        let smsc = &self.smsc;
        let password = files::read_secret(&smsc.password)?;
        let mut esme = EsmeConfig::new(&smsc.address, &smsc.system_id, &password, &smsc.sender);
        esme.window = smsc.window;
        esme.answer_max = Duration::from_millis(smsc.answer_ms);
        esme.pause_min = Duration::from_millis(smsc.pause_ms);
        esme.pause_max = esme.pause_max.max(esme.pause_min);
        Ok(esme)
    }
}
