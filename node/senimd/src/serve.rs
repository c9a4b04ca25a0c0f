//! HTTP for running nodes, and their end.

use crate::accept;
use crate::config::MachineConfig;
use crate::folder::Folder;
use crate::node::{Node, Nodes};
use crate::signals::Signals;
use crate::{driver, host};
use senim_api::{
    Api, Ask, ContactLimits, ContactStore, NetworkCounts, NodeHandle, ReadyLimits, SealedLimits,
    SealedStore, Vitals, Watch, router,
};
use senim_types::Code;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Why the interfaces do not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not this machine's.
    #[error("{address} cannot be listened on: {error}. Choose another with --listen and --port.")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// The operating system's answer.
        error: std::io::Error,
    },
    /// No more ports.
    #[error("there are not enough ports above {0} for all nodes")]
    Ports(u16),
    /// The folder of sealed data cannot be read.
    #[error("the folder of sealed data cannot be read: {0}")]
    Sealed(std::io::Error),
    /// The folder of terminals' contacts cannot be read.
    #[error("the folder of terminals' contacts cannot be read: {0}")]
    Terminals(std::io::Error),
    /// A node halted.
    #[error("{node} halted: {code}: {reason}")]
    Halted {
        /// Which.
        node: String,
        /// Why, as a code.
        code: Code,
        /// Why, in words.
        reason: String,
    },
}

impl ServeError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            ServeError::Listen { .. } => Code::CANNOT_LISTEN,
            ServeError::Ports(_) => Code::CONFIGURATION,
            ServeError::Sealed(_) | ServeError::Terminals(_) => Code::STORE_FAILED,
            ServeError::Halted { code, .. } => *code,
        }
    }
}

/// Listens for every node, from `port` on. Binding comes before anything is said to be running.
pub async fn listen(count: usize, ip: IpAddr, port: u16) -> Result<Vec<TcpListener>, ServeError> {
    let mut listeners = Vec::with_capacity(count);
    for offset in 0..count {
        let port = u16::try_from(offset)
            .ok()
            .and_then(|offset| port.checked_add(offset));
        let address = SocketAddr::new(ip, port.ok_or(ServeError::Ports(u16::MAX))?);
        let listener = TcpListener::bind(address).await;
        listeners.push(listener.map_err(|error| ServeError::Listen { address, error })?);
    }
    Ok(listeners)
}

/// With what the interfaces serve.
#[derive(Clone, Copy, Debug)]
pub struct ServeOptions {
    /// Limits of sealed data.
    pub sealed: SealedLimits,
    /// When a node is ready.
    pub ready: ReadyLimits,
    /// Transactions that may wait for a block, for metrics.
    pub mempool_transactions_max: usize,
    /// Connections of clients at once, for each node.
    pub connections_max: usize,
    /// How long requests under way may take at the end.
    pub stop_max: Duration,
    /// How long a node that halted still tells so.
    pub halted_max: Duration,
}

impl ServeOptions {
    /// As a machine's settings say.
    pub fn of(config: &MachineConfig) -> ServeOptions {
        ServeOptions {
            sealed: config.sealed_limits(),
            ready: config.ready_limits(),
            mempool_transactions_max: config.mempool.transactions_max,
            connections_max: config.http.connections_max,
            stop_max: Duration::from_millis(config.http.stop_ms_max),
            halted_max: Duration::from_millis(config.http.halted_ms_max),
        }
    }
}

/// Serves until the process is told to end, or a node halts; then takes no more connections, and gives requests
/// under way their time.
///
/// # Errors
/// The halt, or sealed data that cannot be read.
pub async fn serve(
    folder: &Folder,
    nodes: &Nodes,
    listeners: Vec<TcpListener>,
    options: ServeOptions,
    signals: &mut Signals,
) -> Result<(), ServeError> {
    let sealed = SealedStore::open(folder.path().join("sealed"), options.sealed, || {
        driver::now().0
    });
    let sealed = Arc::new(sealed.map_err(ServeError::Sealed)?);
    let contacts = contacts(folder)?;
    let started_ms = driver::now().0;
    let (stop, stopped) = watch::channel(false);
    let mut servers = JoinSet::new();
    for (node, listener) in nodes.nodes.iter().zip(listeners) {
        let api = Api {
            node: node.handle.clone(),
            sealed: Arc::clone(&sealed),
            contacts: Arc::clone(&contacts),
            metrics: Arc::default(),
            watch: Arc::new(watch_of(folder, node, started_ms, &options)),
        };
        let mut stopped = stopped.clone();
        let end = async move {
            // A sender that is gone is an end too.
            let _gone = stopped.wait_for(|stopped| *stopped).await;
        };
        let room = options.connections_max;
        servers.spawn(accept::serve(listener, router(api), room, end));
    }
    let halted = tokio::select! {
        () = signals.next() => None,
        halted = first_halt(nodes) => Some(halted),
    };
    if let Some(ServeError::Halted { code, reason, .. }) = &halted {
        let answering_ms = options.halted_max.as_millis() as u64;
        tracing::error!(%code, reason, answering_ms, "a node halted: the process ends");
        // Whoever watches learns the reason before the process is gone.
        tokio::select! {
            () = signals.next() => {}
            () = tokio::time::sleep(options.halted_max) => {}
        }
    }
    let stop_ms_max = options.stop_max.as_millis() as u64;
    tracing::info!(stop_ms_max, "stopping: no more connections are taken");
    stop.send_replace(true);
    let is_finished = tokio::select! {
        _ = servers.join_all() => true,
        () = tokio::time::sleep(options.stop_max) => false,
        () = signals.next() => false,
    };
    if !is_finished {
        tracing::warn!("requests under way took too long and are cut off");
    }
    halted.map_or(Ok(()), Err)
}

/// For a node that cannot be started and whose operator has to act: answers `/health` and `/metrics` with the
/// reason for a while, so that whoever watches learns it before the process is gone.
pub async fn tell_refusal(
    folder: &Folder,
    (code, reason): (Code, &str),
    listener: TcpListener,
    options: ServeOptions,
    signals: &mut Signals,
) -> Result<(), ServeError> {
    let answering_ms = options.halted_max.as_millis() as u64;
    tracing::error!(%code, reason, answering_ms, "the node cannot be started: the process ends");
    let sealed = SealedStore::open(folder.path().join("sealed"), options.sealed, || {
        driver::now().0
    });
    let vitals = Arc::<Vitals>::default();
    vitals.halt(code, reason);
    let api = Api {
        // Nobody reads the other end.
        node: NodeHandle::new().0,
        sealed: Arc::new(sealed.map_err(ServeError::Sealed)?),
        contacts: contacts(folder)?,
        metrics: Arc::default(),
        watch: Arc::new(Watch {
            host: Some(Box::new(host::counts(folder.path().to_owned()))),
            ..Watch::of(vitals)
        }),
    };
    let told = async {
        tokio::select! {
            () = signals.next() => {}
            () = tokio::time::sleep(options.halted_max) => {}
        }
    };
    accept::serve(listener, router(api), options.connections_max, told).await;
    Ok(())
}

fn contacts(folder: &Folder) -> Result<Arc<ContactStore>, ServeError> {
    let path = folder.path().join("terminals");
    let contacts = ContactStore::open(path, ContactLimits::default());
    Ok(Arc::new(contacts.map_err(ServeError::Terminals)?))
}

async fn first_halt(nodes: &Nodes) -> ServeError {
    let mut halts = JoinSet::new();
    for node in &nodes.nodes {
        let (name, mut progress) = (node.name.clone(), node.progress.clone());
        halts.spawn(async move {
            let halted = progress
                .wait_for(|progress| progress.halted.is_some())
                .await;
            let halted = halted.ok().and_then(|progress| progress.halted.clone());
            (name, halted)
        });
    }
    match halts.join_next().await {
        Some(Ok((node, halted))) => {
            let ended = (Code::NOT_READY, "its thread ended".to_owned());
            let (code, reason) = halted.unwrap_or(ended);
            ServeError::Halted { node, code, reason }
        }
        // There is at least one node, and waiting does not panic.
        _ => std::future::pending().await,
    }
}

fn watch_of(folder: &Folder, node: &Node, started_ms: u64, options: &ServeOptions) -> Watch {
    let network = node.network.clone().map(|stats| {
        Box::new(move || NetworkCounts {
            connected: stats.connected.load(Ordering::Relaxed),
            members: stats.members.load(Ordering::Relaxed),
            sent: stats.sent.load(Ordering::Relaxed),
            lost: stats.lost.load(Ordering::Relaxed),
            refused: stats.refused.load(Ordering::Relaxed),
            cut_off: stats.cut_off.load(Ordering::Relaxed),
        }) as Ask<NetworkCounts>
    });
    Watch {
        network,
        host: Some(Box::new(host::counts(folder.node_path(&node.name)))),
        ready: options.ready,
        mempool_transactions_max: options.mempool_transactions_max as u64,
        started_ms,
        ..Watch::of(Arc::clone(&node.vitals))
    }
}
