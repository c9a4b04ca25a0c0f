//! Who may connect: asked by libp2p when a connection's keys are known, before anything is read from it.
//!
//! The list is that of the newest *known* state. A node that was away for long may know a list on which nobody
//! is left; so a connection that this node makes to a configured bootstrap address is let through whoever
//! answers there. What comes from there is trusted no more than from others: blocks have certificates.

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionClosed, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler,
    THandlerInEvent, THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Instant;

/// A peer that is not on the list, or is kept out for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not on the list.
    #[error("peer {0} is not a member of this network")]
    NotAMember(PeerId),
    /// It misbehaved.
    #[error("peer {0} is kept out for a while")]
    Banned(PeerId),
}

impl Refused {
    /// Whom.
    pub fn peer(&self) -> &PeerId {
        match self {
            Refused::NotAMember(peer) | Refused::Banned(peer) => peer,
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Gate {
    allowed: BTreeSet<PeerId>,
    banned: BTreeMap<PeerId, Instant>,
    /// Dials to bootstrap addresses that are under way.
    dials: BTreeSet<ConnectionId>,
    /// Connections to bootstrap addresses, by who answered.
    guests: BTreeMap<ConnectionId, PeerId>,
}

impl Gate {
    /// From now on these may connect and no others.
    pub fn allow(&mut self, peers: BTreeSet<PeerId>) {
        self.allowed = peers;
    }

    /// Keeps a peer out until `until`.
    pub fn ban(&mut self, peer: PeerId, until: Instant) {
        self.banned.insert(peer, until);
    }

    /// The dial `id` goes to a bootstrap address.
    pub fn bootstrap(&mut self, id: ConnectionId) {
        self.dials.insert(id);
    }

    /// The dial `id` came to nothing.
    pub fn dial_ended(&mut self, id: ConnectionId) {
        self.dials.remove(&id);
    }

    /// Whether a peer that is connected may stay.
    pub fn may_stay(&self, peer: &PeerId) -> bool {
        self.allowed.contains(peer) || self.guests.values().any(|guest| guest == peer)
    }

    /// Judges a peer at time `now`.
    pub fn judge(&mut self, peer: &PeerId, now: Instant) -> Result<(), Refused> {
        self.banned.retain(|_, until| now < *until);
        if self.banned.contains_key(peer) {
            return Err(Refused::Banned(*peer));
        }
        if !self.allowed.contains(peer) {
            return Err(Refused::NotAMember(*peer));
        }
        Ok(())
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.judge(&peer, Instant::now())
            .map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        match self.judge(&peer, Instant::now()) {
            Err(Refused::NotAMember(_)) if self.dials.contains(&id) => {
                self.guests.insert(id, peer);
            }
            judged => judged.map_err(ConnectionDenied::new)?,
        }
        self.dials.remove(&id);
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm) {
        if let FromSwarm::ConnectionClosed(ConnectionClosed { connection_id, .. }) = event {
            self.guests.remove(&connection_id);
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}
