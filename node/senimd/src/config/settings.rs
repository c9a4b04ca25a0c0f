//! Every setting of a machine, its type and its default. `keys.rs` says of each what it is for.

use crate::sync_config::SyncConfig;
use senim_api::{REQUESTS_MAX, ReadyLimits, SealedLimits};
use senim_network::Multiaddr;
use senim_replica::{MempoolLimits, Pace};
use senim_state::ledger::LedgerOptions;
use senim_state::store::StoreKind;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};

/// A machine's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineConfig {
    /// Number of the organisation that runs it: which keys are its own.
    pub organisation: u32,
    /// Shortest time between two blocks that it proposes, in ms.
    pub block_interval_ms: u64,
    /// How it reaches the others.
    pub network: NetworkConfig,
    /// Its interface.
    pub http: HttpConfig,
    /// What is made anew from its log.
    pub store: StoreConfig,
    /// Transactions that wait.
    pub mempool: MempoolConfig,
    /// Sealed data beside the ledger.
    pub sealed: SealedConfig,
    /// How it catches up, and what it offers to others that do.
    pub sync: SyncConfig,
    /// When it says that it serves current data.
    pub ready: ReadyConfig,
    /// Its log.
    pub log: LogConfig,
}

impl MachineConfig {
    /// The defaults, for an organisation's machine.
    pub fn of(organisation: u32) -> MachineConfig {
        MachineConfig {
            organisation,
            block_interval_ms: Pace::default().block_interval_ms_min,
            network: NetworkConfig::default(),
            http: HttpConfig::default(),
            store: StoreConfig::default(),
            mempool: MempoolConfig::default(),
            sealed: SealedConfig::default(),
            sync: SyncConfig::default(),
            ready: ReadyConfig::default(),
            log: LogConfig::default(),
        }
    }

    /// Bounds of the mempool.
    pub fn mempool_limits(&self) -> MempoolLimits {
        MempoolLimits {
            transactions_max: self.mempool.transactions_max,
            bytes_max: self.mempool.bytes_max,
            per_device_max: self.mempool.device_transactions_max,
        }
    }

    /// Its pace.
    pub fn pace(&self) -> Pace {
        Pace {
            block_interval_ms_min: self.block_interval_ms,
            sync_timeout_ms: self.sync.timeout_ms,
        }
    }

    /// When it is ready.
    pub fn ready_limits(&self) -> ReadyLimits {
        ReadyLimits {
            behind_blocks_max: self.ready.behind_blocks_max,
            peers_min: self.ready.peers_min,
            block_age_ms_max: self.ready.block_age_ms_max,
        }
    }

    /// Limits of sealed data.
    pub fn sealed_limits(&self) -> SealedLimits {
        SealedLimits {
            bytes_max: self.sealed.bytes_max,
            organisation_bytes_max: self.sealed.organisation_bytes_max,
        }
    }
}

/// How a machine reaches the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkConfig {
    /// Where it listens for others: multiaddrs. Empty for a machine that only goes out.
    pub listen: Vec<Multiaddr>,
    /// Where it goes while nobody is connected, beside the addresses in the registry.
    pub bootstrap: Vec<Multiaddr>,
    /// Connections, made and pending each.
    pub connections_max: u32,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        NetworkConfig {
            listen: Vec::new(),
            bootstrap: Vec::new(),
            connections_max: 256,
        }
    }
}

/// A machine's interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Connections of clients at once.
    pub connections_max: usize,
    /// Requests that may wait for the node.
    pub requests_max: usize,
    /// How long requests under way may take once the process is told to end, in ms.
    pub stop_ms_max: u64,
    /// How long a node that halted still answers `/health` and `/metrics`, in ms.
    pub halted_ms_max: u64,
}

impl Default for HttpConfig {
    fn default() -> Self {
        HttpConfig {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7101)),
            connections_max: 1_024,
            requests_max: REQUESTS_MAX,
            stop_ms_max: 10_000,
            halted_ms_max: 60_000,
        }
    }
}

/// What is made anew from the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// The backend; without one, that which wrote the store, and sled for a new one.
    #[serde(with = "backend")]
    pub backend: Option<StoreKind>,
    /// Values of the state that are kept in memory, in bytes.
    pub cache_bytes_max: usize,
}

impl Default for StoreConfig {
    fn default() -> Self {
        StoreConfig {
            backend: None,
            cache_bytes_max: LedgerOptions::default().cache_bytes_max,
        }
    }
}

/// A backend by its name.
mod backend {
    use super::StoreKind;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub fn serialize<S: Serializer>(kind: &Option<StoreKind>, to: S) -> Result<S::Ok, S::Error> {
        kind.map(StoreKind::name).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<StoreKind>, D::Error> {
        let name = Option::<String>::deserialize(from)?;
        name.map(|name| name.parse().map_err(D::Error::custom))
            .transpose()
    }
}

/// Transactions that wait for a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MempoolConfig {
    /// How many.
    pub transactions_max: usize,
    /// Bytes of all of them.
    pub bytes_max: usize,
    /// How many of one device.
    pub device_transactions_max: usize,
}

impl Default for MempoolConfig {
    fn default() -> Self {
        let limits = MempoolLimits::default();
        MempoolConfig {
            transactions_max: limits.transactions_max,
            bytes_max: limits.bytes_max,
            device_transactions_max: limits.per_device_max,
        }
    }
}

/// Sealed data beside the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedConfig {
    /// Bytes of all organisations.
    pub bytes_max: u64,
    /// Bytes of one organisation.
    pub organisation_bytes_max: u64,
}

impl Default for SealedConfig {
    fn default() -> Self {
        let limits = SealedLimits::default();
        SealedConfig {
            bytes_max: limits.bytes_max,
            organisation_bytes_max: limits.organisation_bytes_max,
        }
    }
}

/// When a machine says that it serves current data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadyConfig {
    /// Blocks that it may be behind what it heard of.
    pub behind_blocks_max: u64,
    /// Nodes that have to be connected, where the registry lets so many in.
    pub peers_min: usize,
    /// Age of the last block, or time since the start, in ms.
    pub block_age_ms_max: u64,
}

impl Default for ReadyConfig {
    fn default() -> Self {
        let limits = ReadyLimits::default();
        ReadyConfig {
            behind_blocks_max: limits.behind_blocks_max,
            peers_min: limits.peers_min,
            block_age_ms_max: limits.block_age_ms_max,
        }
    }
}

/// A machine's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// A level, or a filter.
    pub filter: String,
    /// How lines look.
    pub format: LogFormat,
}

impl Default for LogConfig {
    fn default() -> Self {
        LogConfig {
            filter: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}
