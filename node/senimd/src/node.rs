//! The nodes of one process: each validator with its own thread, data and HTTP interface.

use crate::driver::{self, Channels, Progress};
use crate::folder::{Folder, FolderError};
use crate::keystore::NodeKey;
use crate::machine::{MachineConfig, network_seed};
use crate::timed_disk::TimedDisk;

use senim_api::{NodeHandle, REQUESTS_MAX, Vitals};
use senim_consensus::Params;
use senim_execution::{Engine, HostFault};
use senim_network::{Incoming, MemoryNetwork, Outgoing, P2pConfig, P2pNetwork, Stats};
use senim_replica::{
    MempoolLimits, NoObserver, Observer, OpenError, Pace, Replica, Setup, SnapshotRules,
};
use senim_state::disk::{DiskError, RealDisk};
use senim_state::ledger::LedgerOptions;
use senim_state::store::{StoreFolder, StoreKind};
use senim_types::{Code, Genesis, Hash, PublicKey};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use tokio::sync::{oneshot, watch};

/// Why nodes do not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The network's folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The contract engine does not start.
    #[error(transparent)]
    Engine(#[from] HostFault),
    /// A node's data cannot be used.
    #[error("{node}: {error}")]
    Open {
        /// Which node.
        node: String,
        /// Why.
        error: Box<OpenError>,
    },
    /// A node's data folder cannot be had.
    #[error("{node}: {error}")]
    Disk {
        /// Which node.
        node: String,
        /// Why.
        error: DiskError,
    },
    /// A node's thread or randomness cannot be had.
    #[error("{node}: {reason}")]
    System {
        /// Which node.
        node: String,
        /// The operating system's answer.
        reason: String,
    },
    /// A node cannot be reached by the others.
    #[error("{0}. Choose another in node.toml.")]
    Listen(#[from] senim_network::ListenError),
    /// No validator key is here.
    #[error("no validator's key is in {0}: nothing to run")]
    NoKeys(String),
}

impl StartError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            StartError::Folder(error) => error.code(),
            StartError::Open { error, .. } => error.code(),
            StartError::Disk { error, .. } => error.code(),
            StartError::Engine(_) => Code::STORE_FAILED,
            StartError::Listen(_) => Code::CANNOT_LISTEN,
            StartError::System { .. } | StartError::NoKeys(_) => Code::CONFIGURATION,
        }
    }
}

/// What nodes run with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tuning {
    /// Pace of blocks.
    pub pace: Pace,
    /// Which snapshots they make, and whether they join from one.
    pub snapshots: SnapshotRules,
    /// Bounds of the mempool.
    pub mempool: MempoolLimits,
    /// Backend of the store; without one, that which wrote the store, and for a new one the default.
    pub store: Option<StoreKind>,
    /// Values of the state kept in memory, in bytes; none is the default.
    pub cache_bytes_max: Option<usize>,
    /// Requests that may wait for a node; none is the default.
    pub requests_max: Option<usize>,
}

impl Tuning {
    /// As the settings say.
    pub fn of(config: &MachineConfig) -> Tuning {
        Tuning {
            pace: config.pace(),
            snapshots: config.sync.rules(),
            mempool: config.mempool_limits(),
            store: config.store.backend,
            cache_bytes_max: Some(config.store.cache_bytes_max),
            requests_max: Some(config.http.requests_max),
        }
    }
}

/// One running node.
pub struct Node {
    /// Its name: that of its key.
    pub name: String,
    /// Its validator key; none for a node without a vote.
    pub key: Option<PublicKey>,
    /// Reaches it.
    pub handle: NodeHandle,
    /// Shows how far it is.
    pub progress: watch::Receiver<Progress>,
    /// What it shows of itself.
    pub vitals: Arc<Vitals>,
    /// What its network has counted; none for the network within one process.
    pub network: Option<Arc<Stats>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    /// Stops the node and waits for its thread.
    pub fn stop(&mut self) {
        // A node that ended by itself is stopped already.
        let _ended = self.stop.take().map(|stop| stop.send(()));
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(node = self.name, "the node's thread ended with a panic");
        }
    }
}

/// A folder's validators, running.
pub struct Nodes {
    /// What they started from.
    pub genesis: Genesis,
    /// In the order of their names.
    pub nodes: Vec<Node>,
}

impl Nodes {
    /// Starts every validator whose key is in the folder. `observer` makes each node's observer.
    pub fn start(
        folder: &Folder,
        tuning: Tuning,
        mut observer: impl FnMut(&str) -> Box<dyn Observer>,
    ) -> Result<Nodes, StartError> {
        let genesis = folder.genesis()?;
        let codes = folder.codes(&genesis)?;
        let validators = folder.validators()?;
        if validators.is_empty() {
            return Err(StartError::NoKeys(folder.path().display().to_string()));
        }
        let keys: Vec<PublicKey> = validators.iter().map(|(_, key)| key.public()).collect();
        let engine = Engine::new(Some(folder.path().join("compiled")))?;
        let mut nodes = Vec::new();
        for ((name, key), network) in validators.into_iter().zip(MemoryNetwork::mesh(&keys)) {
            let parts = Parts {
                genesis: &genesis,
                codes: &codes,
                engine: &engine,
                tuning,
            };
            let (outgoing, incoming) = network;
            let outgoing = Box::new(outgoing) as Box<dyn Outgoing>;
            let observer = observer(&name);
            let key = Some(key);
            nodes.push(start_node(
                folder,
                parts,
                name,
                key,
                (outgoing, incoming),
                observer,
            )?);
        }
        Ok(Nodes { genesis, nodes })
    }

    /// Starts the node of a machine's folder. Needs a tokio runtime, on which its network runs.
    pub async fn start_machine(
        folder: &Folder,
        config: &MachineConfig,
        observer: Box<dyn Observer>,
    ) -> Result<Nodes, StartError> {
        let genesis = folder.genesis()?;
        let codes = folder.codes(&genesis)?;
        let validator = folder.validators()?.into_iter().next();
        let (name, key) = match validator {
            Some((name, key)) => (name, Some(key)),
            None => (format!("observer-{}", config.organisation), None),
        };
        let tuning = Tuning::of(config);
        let seed = network_seed(folder, config.organisation)?;
        let listen = config.network.listen.clone();
        let mut p2p = P2pConfig::new(genesis.chain_id(), seed, listen);
        p2p.bootstrap = config.network.bootstrap.clone();
        p2p.connections_max = config.network.connections_max;
        let (network, incoming) = P2pNetwork::start(p2p).await?;
        let engine = Engine::new(Some(folder.path().join("compiled")))?;
        let parts = Parts {
            genesis: &genesis,
            codes: &codes,
            engine: &engine,
            tuning,
        };
        let stats = network.stats();
        let network = (Box::new(network) as Box<dyn Outgoing>, incoming);
        let mut node = start_node(folder, parts, name, key, network, observer)?;
        node.network = Some(stats);
        Ok(Nodes {
            genesis,
            nodes: vec![node],
        })
    }

    /// Stops all of them.
    pub fn stop(&mut self) {
        self.nodes.iter_mut().for_each(Node::stop);
    }
}

struct Parts<'a> {
    genesis: &'a Genesis,
    codes: &'a BTreeMap<Hash, Vec<u8>>,
    engine: &'a Engine,
    tuning: Tuning,
}

fn start_node(
    folder: &Folder,
    parts: Parts<'_>,
    name: String,
    key: Option<NodeKey>,
    (outgoing, incoming): (Box<dyn Outgoing>, tokio::sync::mpsc::Receiver<Incoming>),
    observer: Box<dyn Observer>,
) -> Result<Node, StartError> {
    let public = key.as_ref().map(NodeKey::public);
    let requests_max = parts.tuning.requests_max.unwrap_or(REQUESTS_MAX);
    let vitals = Arc::<Vitals>::default();
    let replica = open_replica(folder, parts, &name, key, observer, &vitals)?;
    vitals
        .is_validator
        .store(public.is_some(), Ordering::Relaxed);
    let (handle, requests) = NodeHandle::with_room(requests_max);
    let (progress_sender, progress) = watch::channel(Progress::default());
    let (stop, stopped) = oneshot::channel();
    let channels = Channels {
        requests,
        incoming,
        outgoing,
        progress: progress_sender,
        stop: stopped,
        vitals: Arc::clone(&vitals),
    };
    let thread = std::thread::Builder::new()
        .name(name.clone())
        .stack_size(driver::STACK_BYTES)
        .spawn(move || driver::run(replica, channels))
        .map_err(|error| StartError::System {
            node: name.clone(),
            reason: error.to_string(),
        })?;
    Ok(Node {
        name,
        key: public,
        handle,
        progress,
        vitals,
        network: None,
        stop: Some(stop),
        thread: Some(thread),
    })
}

fn open_replica(
    folder: &Folder,
    parts: Parts<'_>,
    name: &str,
    key: Option<NodeKey>,
    observer: Box<dyn Observer>,
    vitals: &Arc<Vitals>,
) -> Result<Replica, StartError> {
    // What is said while the data is read says of which node.
    let _span = tracing::info_span!("open", node = name).entered();
    let path = folder.node_path(name);
    let system = |reason: String| StartError::System {
        node: name.to_owned(),
        reason,
    };
    let disk = RealDisk::open(&path).map_err(|error| StartError::Disk {
        node: name.to_owned(),
        error,
    })?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| system(error.to_string()))?;
    let (default, cache_bytes_max) = (LedgerOptions::default(), parts.tuning.cache_bytes_max);
    let setup = Setup {
        genesis: parts.genesis.clone(),
        codes: parts.codes.clone(),
        engine: parts.engine.clone(),
        disk: Arc::new(TimedDisk::new(disk, Arc::clone(vitals))),
        store: Box::new(StoreFolder::new(&path.join("store"), parts.tuning.store)),
        ledger: LedgerOptions {
            cache_bytes_max: cache_bytes_max.unwrap_or(default.cache_bytes_max),
            ..default
        },
        signer: key.map(NodeKey::into_signer),
        consensus: Params::local(parts.genesis.chain_id()),
        pace: parts.tuning.pace,
        snapshots: parts.tuning.snapshots,
        mempool: parts.tuning.mempool,
        seed,
        observer,
    };
    Replica::open(setup).map_err(|error| StartError::Open {
        node: name.to_owned(),
        error: Box::new(error),
    })
}

/// Opens a stopped node's data without its key: to look at it, or to have its state rebuilt in `store`.
pub fn reopen(
    folder: &Folder,
    name: &str,
    store: Option<StoreKind>,
) -> Result<Replica, StartError> {
    reopen_with(folder, folder.genesis()?, name, store)
}

/// [`reopen`] of a folder that is being made, with its genesis.
pub(crate) fn reopen_with(
    folder: &Folder,
    genesis: Genesis,
    name: &str,
    store: Option<StoreKind>,
) -> Result<Replica, StartError> {
    let codes = folder.codes(&genesis)?;
    let engine = Engine::new(Some(folder.path().join("compiled")))?;
    let tuning = Tuning {
        store,
        ..Tuning::default()
    };
    let parts = Parts {
        genesis: &genesis,
        codes: &codes,
        engine: &engine,
        tuning,
    };
    let vitals = Arc::default();
    open_replica(folder, parts, name, None, unobserved(name), &vitals)
}

/// The observer of a node that nobody measures.
pub fn unobserved(_node: &str) -> Box<dyn Observer> {
    Box::new(NoObserver)
}
