//! The task that owns the swarm, and the handle through which a node uses it.

use crate::address::{keypair, network_key, peer_id};
use crate::dial::{Dialler, Target};
use crate::frame::Lane;
use crate::gate::Gate;
use crate::link::{self, ReadEnd, ReadLimits, Share};
use crate::queue::{Queue, QueueLimits};
use crate::score::{POINTS_DOUBTFUL, POINTS_FORGED, Scores};
use crate::{Allowed, Incoming, Outgoing};
use futures_util::StreamExt;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError, NetworkBehaviour, SwarmEvent};
use libp2p::{
    Multiaddr, PeerId, StreamProtocol, Swarm, connection_limits, noise, ping, tcp, yamux,
};
use libp2p_stream::{Control, IncomingStreams};
use senim_types::{ChainId, Code, PublicKey};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Messages of all peers that the node has not taken yet. Each peer has its own share beside it.
const INCOMING_MAX: usize = 16_384;
/// How often it is looked whom to dial.
const TICK: Duration = Duration::from_millis(200);
/// How long to wait before a stream to a connected peer is opened again.
const REOPEN: Duration = Duration::from_millis(200);
/// Without any connection for so long although there are members, an operator is told.
const SILENCE: Duration = Duration::from_secs(30);

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
    /// Messages handed to peers' queues.
    pub sent: AtomicU64,
    /// Messages that found a queue full.
    pub lost: AtomicU64,
    /// Connections refused for who made them.
    pub refused: AtomicU64,
    /// Peers cut off for what they sent.
    pub cut_off: AtomicU64,
}

type Queues = Arc<RwLock<BTreeMap<PublicKey, Arc<Queue>>>>;

enum Command {
    Allow(Vec<Allowed>),
    Misbehaved(PublicKey, u32),
}

/// The handle: sends without waiting.
pub struct P2pNetwork {
    queues: Queues,
    commands: mpsc::UnboundedSender<Command>,
    stats: Arc<Stats>,
    listening: Vec<Multiaddr>,
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    // First, so that nothing is set up for a connection that is refused.
    gate: Gate,
    limits: connection_limits::Behaviour,
    ping: ping::Behaviour,
    streams: libp2p_stream::Behaviour,
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
        let (commands, orders) = mpsc::unbounded_channel();
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
            scores: Scores::default(),
            links: BTreeMap::new(),
            members: 0,
            alone_since: Instant::now(),
            queue_limits: config.queue,
            read_limits: config.read,
            offences: mpsc::unbounded_channel(),
        };
        tokio::spawn(task.run(accepted, orders));
        let network = P2pNetwork {
            queues,
            commands,
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
        // Without its task the network has ended, and with it the node.
        let _ended = self.commands.send(Command::Allow(peers));
    }

    fn misbehaved(&mut self, peer: &PublicKey, code: Code) {
        let points = match code {
            Code::MALFORMED | Code::BAD_SIGNATURE | Code::BAD_WITNESS => POINTS_FORGED,
            _ => POINTS_DOUBTFUL,
        };
        let _ended = self.commands.send(Command::Misbehaved(*peer, points));
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

/// What is kept of a connected peer.
struct Link {
    share: Arc<Share>,
    writer: AbortHandle,
    readers: Vec<AbortHandle>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.writer.abort();
        self.readers.iter().for_each(AbortHandle::abort);
    }
}

/// Streams of one peer that are read at once: one is usual, a second while the first is being given up.
const READERS_MAX: usize = 4;

struct Task {
    swarm: Swarm<Behaviour>,
    control: Control,
    protocol: StreamProtocol,
    incoming: mpsc::Sender<Incoming>,
    queues: Queues,
    stats: Arc<Stats>,
    dialler: Dialler,
    dials: BTreeMap<ConnectionId, Target>,
    scores: Scores,
    links: BTreeMap<PeerId, Link>,
    members: usize,
    alone_since: Instant,
    queue_limits: QueueLimits,
    read_limits: ReadLimits,
    /// Peers whose streams broke the rules, from their readers.
    offences: (
        mpsc::UnboundedSender<PublicKey>,
        mpsc::UnboundedReceiver<PublicKey>,
    ),
}

impl Task {
    /// Runs until the handle is gone.
    async fn run(
        mut self,
        mut accepted: IncomingStreams,
        mut orders: mpsc::UnboundedReceiver<Command>,
    ) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Command::Allow(peers)) => self.allow(peers),
                    Some(Command::Misbehaved(peer, points)) => self.offence(peer, points),
                    None => return,
                },
                Some(peer) = self.offences.1.recv() => self.offence(peer, POINTS_FORGED),
                Some((peer, stream)) = accepted.next() => self.accepted(peer, stream),
                event = self.swarm.select_next_some() => self.happened(event).await,
                _ = tick.tick() => self.tick(),
            }
        }
    }

    fn allow(&mut self, peers: Vec<Allowed>) {
        let own = *self.swarm.local_peer_id();
        let mut allowed = BTreeSet::new();
        let mut reachable = BTreeMap::new();
        for peer in peers {
            let Some(id) = peer_id(&peer.key).filter(|id| *id != own) else {
                continue;
            };
            allowed.insert(id);
            match peer.address.parse::<Multiaddr>() {
                Ok(address) if !peer.address.is_empty() => {
                    reachable.insert(id, address);
                }
                Ok(_) => {}
                Err(_) if peer.address.is_empty() => {}
                Err(error) => {
                    let address = &peer.address;
                    tracing::warn!(%id, address, %error, "a member's address is not one");
                }
            }
        }
        self.members = allowed.len();
        self.dialler.members(&own, &reachable, Instant::now());
        self.swarm.behaviour_mut().gate.allow(allowed);
        let connected: Vec<PeerId> = self.links.keys().copied().collect();
        for peer in connected {
            if !self.swarm.behaviour().gate.may_stay(&peer) {
                tracing::info!(%peer, "no longer a member: disconnected");
                self.cut(&peer);
            }
        }
    }

    fn offence(&mut self, key: PublicKey, points: u32) {
        let now = Instant::now();
        let Some(peer) = peer_id(&key) else { return };
        if let Some(until) = self.scores.add(key, points, now) {
            tracing::warn!(%peer, "cut off for what it sent");
            self.stats.cut_off.fetch_add(1, Ordering::Relaxed);
            self.swarm.behaviour_mut().gate.ban(peer, until);
            self.cut(&peer);
        }
    }

    /// Ends all connections to a peer.
    fn cut(&mut self, peer: &PeerId) {
        self.forget(peer);
        // Where there was no connection, nothing is to be cut.
        let _none = self.swarm.disconnect_peer_id(*peer);
    }

    fn forget(&mut self, peer: &PeerId) {
        self.links.remove(peer);
        if let Some(key) = network_key(peer) {
            let mut queues = self.queues.write().unwrap_or_else(PoisonError::into_inner);
            queues.remove(&key);
        }
        self.count();
    }

    fn count(&mut self) {
        let connected = self.links.len();
        self.stats.connected.store(connected, Ordering::Relaxed);
        if connected > 0 {
            self.alone_since = Instant::now();
        }
    }

    fn accepted(&mut self, peer: PeerId, mut stream: libp2p::swarm::Stream) {
        let (Some(key), Some(link)) = (network_key(&peer), self.links.get_mut(&peer)) else {
            return;
        };
        link.readers.retain(|reader| !reader.is_finished());
        if link.readers.len() >= READERS_MAX {
            stream.ignore_for_keep_alive();
            return;
        }
        let (share, incoming) = (Arc::clone(&link.share), self.incoming.clone());
        let offences = self.offences.0.clone();
        let reader = tokio::spawn(async move {
            let end = link::read(stream, key, share, incoming).await;
            if let ReadEnd::Frame(error) = &end {
                tracing::warn!(%peer, %error, "a stream that breaks the rules");
                let _ended = offences.send(key);
            } else {
                tracing::debug!(%peer, %end, "a stream ended");
            }
        });
        link.readers.push(reader.abort_handle());
    }

    async fn happened(&mut self, event: SwarmEvent<BehaviourEvent>) {
        let now = Instant::now();
        match event {
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                ..
            } => {
                if let Some(target) = self.dials.remove(&connection_id) {
                    self.dialler.ended(&target, true, now);
                }
                self.connected(peer_id).await;
            }
            SwarmEvent::ConnectionClosed {
                peer_id,
                num_established: 0,
                cause,
                ..
            } => {
                tracing::info!(peer = %peer_id, ?cause, "disconnected");
                self.forget(&peer_id);
            }
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                error,
                ..
            } => {
                self.swarm.behaviour_mut().gate.dial_ended(connection_id);
                if matches!(error, DialError::Denied { .. }) {
                    self.stats.refused.fetch_add(1, Ordering::Relaxed);
                }
                if let Some(target) = self.dials.remove(&connection_id) {
                    tracing::debug!(?target, %error, "could not connect");
                    self.dialler.ended(&target, false, now);
                }
            }
            SwarmEvent::IncomingConnectionError {
                error,
                send_back_addr,
                ..
            } => {
                self.stats.refused.fetch_add(1, Ordering::Relaxed);
                tracing::info!(from = %send_back_addr, %error, "a connection was refused");
            }
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event {
                connection,
                result: Err(error @ (ping::Failure::Timeout | ping::Failure::Other { .. })),
                peer,
            })) => {
                // Half-open connections look alive to whoever only sends.
                tracing::info!(%peer, %error, "no answer: the connection is given up");
                self.swarm.close_connection(connection);
            }
            _ => {}
        }
    }

    async fn connected(&mut self, peer: PeerId) {
        let Some(key) = network_key(&peer) else {
            self.cut(&peer);
            return;
        };
        if self.links.contains_key(&peer) {
            return;
        }
        tracing::info!(%peer, "connected");
        let queue = Arc::new(Queue::new(self.queue_limits));
        let writer = tokio::spawn(keep_writing(
            self.control.clone(),
            peer,
            self.protocol.clone(),
            Arc::clone(&queue),
        ));
        let link = Link {
            share: Arc::new(Share::new(self.read_limits)),
            writer: writer.abort_handle(),
            readers: Vec::new(),
        };
        self.links.insert(peer, link);
        self.queues
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, queue);
        self.count();
        // A node that does not take this has ended.
        let _ended = self.incoming.send(Incoming::Connected { peer: key }).await;
    }

    fn tick(&mut self) {
        let now = Instant::now();
        let links = &self.links;
        let due = self
            .dialler
            .due(now, |peer| links.contains_key(peer), links.is_empty());
        for (target, address) in due {
            let options = match &target {
                Target::Member(peer) => DialOpts::peer_id(*peer)
                    .addresses(vec![address])
                    .condition(PeerCondition::DisconnectedAndNotDialing)
                    .build(),
                Target::Bootstrap(_) => DialOpts::unknown_peer_id().address(address).build(),
            };
            let id = options.connection_id();
            if matches!(target, Target::Bootstrap(_)) {
                self.swarm.behaviour_mut().gate.bootstrap(id);
            }
            match self.swarm.dial(options) {
                Ok(()) => {
                    self.dials.insert(id, target);
                }
                Err(error) => {
                    tracing::debug!(?target, %error, "not dialled");
                    self.swarm.behaviour_mut().gate.dial_ended(id);
                    self.dialler.ended(&target, false, now);
                }
            }
        }
        if self.links.is_empty() && self.members > 0 && self.alone_since + SILENCE <= now {
            self.alone_since = now;
            let members = self.members;
            tracing::error!(
                members,
                "no other node is connected: check this node's address in the registry, its \
                 bootstrap addresses and the firewall"
            );
        }
    }
}

/// Opens a stream and writes to it, again and again while the peer is connected.
async fn keep_writing(
    mut control: Control,
    peer: PeerId,
    protocol: StreamProtocol,
    queue: Arc<Queue>,
) {
    loop {
        match control.open_stream(peer, protocol.clone()).await {
            Ok(mut stream) => {
                if let Err(error) = link::write(&mut stream, &queue).await {
                    tracing::debug!(%peer, %error, "a stream to a peer ended");
                }
                queue.clear();
            }
            Err(error) => tracing::info!(%peer, %error, "no stream to a peer"),
        }
        tokio::time::sleep(REOPEN).await;
    }
}
