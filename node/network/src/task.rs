//! The task that owns the swarm: connections, streams, dials, and who is cut off.

use crate::address::{network_key, peer_id};
use crate::alone::{Alone, GOOD};
use crate::dial::{Dialler, Target};
use crate::gate::Refused;
use crate::link::{self, ReadEnd, ReadLimits, Share};
use crate::queue::{Queue, QueueLimits};
use crate::score::{POINTS_FORGED, Scores};
use crate::swarm::{Behaviour, BehaviourEvent, Queues, Stats};
use crate::{Allowed, Incoming};
use futures_util::StreamExt;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, ping};
use libp2p_stream::{Control, IncomingStreams};
use senim_types::PublicKey;
use senim_types::text::KeyKind;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

/// How often it is looked whom to dial.
const TICK: Duration = Duration::from_millis(200);
/// How long to wait before a stream to a connected peer is opened again.
const REOPEN: Duration = Duration::from_millis(200);

/// What is kept of a connected peer.
pub(crate) struct Link {
    since: Instant,
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

/// See the module.
pub(crate) struct Task {
    pub swarm: Swarm<Behaviour>,
    pub control: Control,
    pub protocol: StreamProtocol,
    pub incoming: mpsc::Sender<Incoming>,
    pub queues: Queues,
    pub stats: Arc<Stats>,
    pub dialler: Dialler,
    pub dials: BTreeMap<ConnectionId, Target>,
    /// Connections that a dial made, and since when.
    pub reached: BTreeMap<ConnectionId, (Target, Instant)>,
    pub scores: Scores,
    pub links: BTreeMap<PeerId, Link>,
    pub members: usize,
    pub alone: Alone,
    pub queue_limits: QueueLimits,
    pub read_limits: ReadLimits,
    /// Peers whose streams broke the rules, from their readers.
    pub offences: mpsc::Sender<(PublicKey, u32)>,
}

impl Task {
    /// Runs until the handle is gone.
    pub async fn run(
        mut self,
        mut accepted: IncomingStreams,
        mut allowed: watch::Receiver<Vec<Allowed>>,
        mut misbehaved: mpsc::Receiver<(PublicKey, u32)>,
    ) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                changed = allowed.changed() => match changed {
                    Ok(()) => {
                        let peers = allowed.borrow_and_update().clone();
                        self.allow(peers);
                    }
                    Err(_) => return,
                },
                Some((peer, points)) = misbehaved.recv() => self.offence(peer, points),
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
            if peer.address.is_empty() {
                continue;
            }
            match peer.address.parse::<Multiaddr>() {
                Ok(address) => {
                    reachable.insert(id, address);
                }
                Err(error) => {
                    let address = &peer.address;
                    tracing::warn!(%id, address, %error, "a member's address is not one");
                }
            }
        }
        self.members = allowed.len();
        self.stats.members.store(self.members, Ordering::Relaxed);
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
        let offences = self.offences.clone();
        let reader = tokio::spawn(async move {
            let end = link::read(stream, key, share, incoming).await;
            if let ReadEnd::Frame(error) = &end {
                tracing::warn!(%peer, %error, "a stream that breaks the rules");
                // Without its task the network has ended.
                let _ended = offences.send((key, POINTS_FORGED)).await;
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
                    self.reached.insert(connection_id, (target, now));
                }
                self.connected(peer_id).await;
            }
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                num_established,
                cause,
                ..
            } => {
                if let Some((target, since)) = self.reached.remove(&connection_id) {
                    let is_good = now.duration_since(since) >= GOOD;
                    self.dialler.ended(&target, is_good, now);
                    // Without a cause it was this node that ended it.
                    if !is_good && cause.is_some() {
                        self.alone.turned_away();
                    }
                }
                if num_established == 0 {
                    tracing::info!(peer = %peer_id, ?cause, "disconnected");
                    self.forget(&peer_id);
                }
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
                // What is wrong is at the bottom: "connection denied" alone helps nobody.
                let mut reason: &dyn Error = &error;
                while let Some(source) = reason.source() {
                    reason = source;
                }
                let known = reason.downcast_ref::<Refused>();
                let network_key = known.and_then(|refused| network_key(refused.peer()));
                tracing::info!(
                    from = %send_back_addr,
                    error = %reason,
                    network_key = network_key.map(|key| key.to_text(KeyKind::Peer)),
                    "a connection was refused"
                );
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
            since: Instant::now(),
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
        let oldest = self.links.values().map(|link| link.since).min();
        if let Some(turned_away) = self.alone.look(now, oldest)
            && self.members > 0
        {
            self.tell_alone(turned_away);
        }
    }

    fn tell_alone(&self, turned_away: u32) {
        let advice = match turned_away {
            0 => {
                "check this node's address in the registry, its bootstrap addresses and the firewall"
            }
            _ => {
                "others end its connections: the registry has to have this network key, see `senim peer show` and `senim peer set`"
            }
        };
        let own = network_key(self.swarm.local_peer_id());
        let network_key = own.map(|key| key.to_text(KeyKind::Peer));
        tracing::error!(
            members = self.members,
            turned_away,
            network_key,
            advice,
            "no other node is connected"
        );
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
