//! HTTP for running nodes, and their end.

use crate::accept;
use crate::driver;
use crate::folder::Folder;
use crate::node::{Node, Nodes};
use senim_api::{Api, Metrics, NetworkCounts, SealedLimits, SealedStore, router};
use senim_types::Code;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpListener;
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
            ServeError::Sealed(_) => Code::STORE_FAILED,
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

/// Serves until the process is told to end, or a node halts.
pub async fn serve(
    folder: &Folder,
    nodes: &Nodes,
    listeners: Vec<TcpListener>,
    sealed: SealedLimits,
) -> Result<(), ServeError> {
    let sealed = SealedStore::open(folder.path().join("sealed"), sealed, || driver::now().0);
    let sealed = Arc::new(sealed.map_err(ServeError::Sealed)?);
    let mut servers = JoinSet::new();
    for (node, listener) in nodes.nodes.iter().zip(listeners) {
        let api = Api {
            node: node.handle.clone(),
            sealed: Arc::clone(&sealed),
            metrics: Arc::new(metrics_of(node)),
        };
        servers.spawn(accept::serve(listener, router(api)));
    }
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
    tokio::select! {
        () = ended() => Ok(()),
        Some(Ok((node, halted))) = halts.join_next() => {
            let stopped = (Code::NOT_READY, "its thread ended".to_owned());
            let (code, reason) = halted.unwrap_or(stopped);
            Err(ServeError::Halted { node, code, reason })
        }
    }
}

fn metrics_of(node: &Node) -> Metrics {
    let Some(stats) = node.network.clone() else {
        return Metrics::default();
    };
    Metrics::with_network(Box::new(move || NetworkCounts {
        connected: stats.connected.load(Ordering::Relaxed),
        sent: stats.sent.load(Ordering::Relaxed),
        lost: stats.lost.load(Ordering::Relaxed),
        refused: stats.refused.load(Ordering::Relaxed),
        cut_off: stats.cut_off.load(Ordering::Relaxed),
    }))
}

/// Ctrl-C, or the signal by which service managers end a program.
pub async fn ended() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                () = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    interrupt.await;
}
