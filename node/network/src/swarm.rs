//! A node's network between machines: how it starts, and the handle through which it is used.

use crate::address::keypair;
use crate::alone::Alone;
use crate::dial::Dialler;
use crate::frame::Lane;
use crate::gate::Gate;
use crate::link::ReadLimits;
use crate::queue::{Queue, QueueLimits};
use crate::score::{Scores, points_of};
use crate::task::Task;
use crate::{Allowed, Incoming, Outgoing};
use futures_util::StreamExt;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, StreamProtocol, Swarm, connection_limits, noise, ping, tcp, yamux};
use senim_types::{ChainId, Code, PublicKey};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Messages of all peers that the node has not taken yet. Each peer has its own share beside it.
const INCOMING_MAX: usize = 16_384;

/// Reports of misbehaviour that wait.
const OFFENCES_MAX: usize = 1_024;

/// What a node's network is made of.
pub struct P2pConfig {
    /// The chain: nodes of others do not understand each other.
    pub chain: ChainId,
    /// Seed of the network key.
    pub seed: [u8; 32],
    /// Where to listen. Empty for a node that only goes out.
    pub listen: Vec<Multiaddr>,
    /// Where to go while nobody is connected, whoever answers there.
    pub bootstrap: Vec<Multiaddr>,
    /// Bounds of what waits for each peer.
    pub queue: QueueLimits,
    /// Bounds of what each peer may have waiting here.
    pub read: ReadLimits,
    /// Connections of this node, made and pending each.
    pub connections_max: u32,
}

impl P2pConfig {
    /// With the usual limits.
    pub fn new(chain: ChainId, seed: [u8; 32], listen: Vec<Multiaddr>) -> P2pConfig {
        P2pConfig {
            chain,
            seed,
            listen,
            bootstrap: Vec::new(),
            queue: QueueLimits::default(),
            read: ReadLimits::default(),
            connections_max: 256,
        }
    }
}

/// A network that does not start.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// An address is taken, or not this machine's.
    #[error("{address} cannot be listened on: {reason}")]
    Address {
        /// Which.
        address: Multiaddr,
        /// The operating system's answer.
        reason: String,
    },
    /// The transport cannot be built.
    #[error("the network cannot be set up: {0}")]
    Setup(String),
}

/// Counters of a node's network, for metrics.
#[derive(Debug, Default)]
pub struct Stats {
    /// Peers connected now.
    pub connected: AtomicUsize,
    /// Other nodes that may connect.
    pub members: AtomicUsize,
    /// Messages handed to peers' queues.
    pub sent: AtomicU64,
    /// Messages that found a queue full.
    pub lost: AtomicU64,
    /// Connections refused for who made them.
    pub refused: AtomicU64,
    /// Peers cut off for what they sent.
    pub cut_off: AtomicU64,
}

pub(crate) type Queues = Arc<RwLock<BTreeMap<PublicKey, Arc<Queue>>>>;

/// The handle: sends without waiting.
pub struct P2pNetwork {
    queues: Queues,
    allowed: watch::Sender<Vec<Allowed>>,
    misbehaved: mpsc::Sender<(PublicKey, u32)>,
    stats: Arc<Stats>,
    listening: Vec<Multiaddr>,
}

#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    // First, so that nothing is set up for a connection that is refused.
    pub gate: Gate,
    pub limits: connection_limits::Behaviour,
    pub ping: ping::Behaviour,
    pub streams: libp2p_stream::Behaviour,
}

impl P2pNetwork {
    /// Listens and starts the swarm's task on the current tokio runtime. Fails where an address cannot be
    /// listened on: a node that cannot be reached says so at once.
    pub async fn start(
        mut config: P2pConfig,
    ) -> Result<(P2pNetwork, mpsc::Receiver<Incoming>), ListenError> {
        let setup = |error: &dyn std::fmt::Display| ListenError::Setup(error.to_string());
        let keypair = keypair(&mut config.seed).ok_or(setup(&"the key is not usable"))?;
        let limits = connection_limits::ConnectionLimits::default()
            .with_max_pending_incoming(Some(config.connections_max))
            .with_max_pending_outgoing(Some(config.connections_max))
            .with_max_established(Some(config.connections_max))
            .with_max_established_per_peer(Some(4));
        let streams = libp2p_stream::Behaviour::new();
        let mut control = streams.new_control();
        let behaviour = Behaviour {
            gate: Gate::default(),
            limits: connection_limits::Behaviour::new(limits),
            ping: ping::Behaviour::new(
                ping::Config::new()
                    .with_interval(Duration::from_secs(5))
                    .with_timeout(Duration::from_secs(10)),
            ),
            streams,
        };
        let mut swarm = libp2p::SwarmBuilder::with_existing_identity(keypair)
            .with_tokio()
            .with_tcp(
                tcp::Config::default().nodelay(true),
                noise::Config::new,
                yamux::Config::default,
            )
            .map_err(|error| setup(&error))?
            .with_dns()
            .map_err(|error| setup(&error))?
            .with_behaviour(|_| behaviour)
            .map_err(|error| setup(&error))?
            .with_swarm_config(|config| {
                config.with_idle_connection_timeout(Duration::from_secs(60))
            })
            .build();
        let protocol = StreamProtocol::try_from_owned(format!("/senim/{}/1", config.chain))
            .map_err(|error| setup(&error))?;
        let accepted = control
            .accept(protocol.clone())
            .map_err(|error| setup(&error))?;
        let listening = listen(&mut swarm, &config.listen).await?;
        let (allowed, list) = watch::channel(Vec::new());
        let (misbehaved, offences) = mpsc::channel(OFFENCES_MAX);
        let (incoming, received) = mpsc::channel(INCOMING_MAX);
        let stats = Arc::new(Stats::default());
        let queues = Queues::default();
        let mut dialler = Dialler::default();
        dialler.bootstrap(&config.bootstrap, Instant::now());
        let task = Task {
            swarm,
            control,
            protocol,
            incoming,
            queues: Arc::clone(&queues),
            stats: Arc::clone(&stats),
            dialler,
            dials: BTreeMap::new(),
            reached: BTreeMap::new(),
            scores: Scores::default(),
            links: BTreeMap::new(),
            members: 0,
            alone: Alone::new(Instant::now()),
            queue_limits: config.queue,
            read_limits: config.read,
            offences: misbehaved.clone(),
        };
        tokio::spawn(task.run(accepted, list, offences));
        let network = P2pNetwork {
            queues,
            allowed,
            misbehaved,
            stats,
            listening,
        };
        Ok((network, received))
    }

    /// Where it listens.
    pub fn listening(&self) -> &[Multiaddr] {
        &self.listening
    }

    /// Its counters.
    pub fn stats(&self) -> Arc<Stats> {
        Arc::clone(&self.stats)
    }

    fn push(&self, queue: &Queue, lane: Lane, bytes: Arc<[u8]>) {
        self.stats.sent.fetch_add(1, Ordering::Relaxed);
        if !queue.push(lane, bytes) {
            self.stats.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Outgoing for P2pNetwork {
    fn send(&mut self, to: &PublicKey, lane: Lane, bytes: Arc<[u8]>) {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(to) {
            self.push(queue, lane, bytes);
        }
    }

    fn broadcast(&mut self, lane: Lane, bytes: Arc<[u8]>) {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        for queue in queues.values() {
            self.push(queue, lane, Arc::clone(&bytes));
        }
    }

    fn allow(&mut self, peers: Vec<Allowed>) {
        self.allowed.send_replace(peers);
    }

    fn misbehaved(&mut self, peer: &PublicKey, code: Code) {
        let points = points_of(code);
        // Where so many wait, one more changes nothing.
        let _full = self.misbehaved.try_send((*peer, points));
    }
}

/// Listens on all addresses, and waits until each has said where.
async fn listen(
    swarm: &mut Swarm<Behaviour>,
    addresses: &[Multiaddr],
) -> Result<Vec<Multiaddr>, ListenError> {
    let mut listening = Vec::new();
    for address in addresses {
        let failed = |reason: String| ListenError::Address {
            address: address.clone(),
            reason,
        };
        // libp2p shares ports with whoever else does, so two nodes on one port would each get half of the
        // connections. A socket that shares nothing finds out.
        if let Some(socket) = socket_address(address) {
            std::net::TcpListener::bind(socket).map_err(|error| failed(error.to_string()))?;
        }
        swarm
            .listen_on(address.clone())
            .map_err(|error| failed(error.to_string()))?;
        loop {
            match swarm.select_next_some().await {
                SwarmEvent::NewListenAddr { address, .. } => {
                    listening.push(address);
                    break;
                }
                SwarmEvent::ListenerClosed { reason, .. } => {
                    let reason = reason.err().map_or("closed".to_owned(), |e| e.to_string());
                    return Err(failed(reason));
                }
                SwarmEvent::ListenerError { error, .. } => return Err(failed(error.to_string())),
                _ => {}
            }
        }
    }
    Ok(listening)
}

/// The address of a TCP socket, where the multiaddr begins with one.
fn socket_address(address: &Multiaddr) -> Option<std::net::SocketAddr> {
    let mut parts = address.iter();
    let ip: std::net::IpAddr = match parts.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some((ip, port).into()),
        _ => None,
    }
}
