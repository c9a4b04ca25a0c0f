//! How nodes reach each other.
//!
//! Between machines one libp2p swarm (TCP, Noise, Yamux) carries everything: votes, transactions, catching
//! up. Who may connect is the registry's list, enforced when a connection is made. Messages are opaque here;
//! what they say is trusted for signatures and certificates, never for their sender.
//!
//! | file | has |
//! | --- | --- |
//! | [`address`] | keys as peer ids, addresses |
//! | [`frame`] | messages as parts of at most 64 KiB, two lanes on one stream |
//! | [`queue`] | what waits for one peer, bounded |
//! | [`gate`] | who may connect |
//! | [`score`] | what misbehaviour leads to |
//! | `dial` | when to go out to whom |
//! | `alone` | when an operator is told that there is nobody |
//! | `link` | the tasks that write to and read from one peer |
//! | [`swarm`] | how it starts, its settings, and the handle that a node uses |
//! | `task` | the task that owns the swarm |
//! | [`memory`] | the same between the nodes of one process |
//!
//! # Limits
//! Every queue here has one: outgoing messages per peer and lane, by count and by bytes; incoming ones per peer, by
//! count and by bytes, until the node has taken them (then the peer's stream is no longer read, and its TCP
//! window fills); connections, pending and made; the rate of bytes and messages per peer.
#![forbid(unsafe_code)]

pub mod address;
mod alone;
mod dial;
pub mod frame;
pub mod gate;
mod link;
pub mod memory;
pub mod queue;
pub mod score;
pub mod swarm;
mod task;

pub use address::Multiaddr;
pub use frame::Lane;
pub use memory::MemoryNetwork;
pub use swarm::{ListenError, P2pConfig, P2pNetwork, Stats};

use senim_types::{Code, PublicKey};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// What a node is told by its network.
#[derive(Debug)]
pub enum Incoming {
    /// A connection to this node was made.
    Connected {
        /// Its network key.
        peer: PublicKey,
    },
    /// A message.
    Message {
        /// The sender's network key.
        from: PublicKey,
        /// An encoded message.
        bytes: Arc<[u8]>,
        /// Room in the sender's share of what may wait; given back when this is dropped.
        room: Option<Room>,
    },
}

/// Room that a message takes until it is dropped.
#[derive(Debug)]
pub struct Room {
    _bytes: OwnedSemaphorePermit,
    _count: OwnedSemaphorePermit,
}

/// A node that may connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Its network key.
    pub key: PublicKey,
    /// Where it is reached, as text of a multiaddr; empty if it only goes out.
    pub address: String,
}

/// The sending side of a node's network.
pub trait Outgoing: Send {
    /// Sends to one node. What does not fit in its queue is lost and counted: votes are sent again, blocks asked
    /// for again.
    fn send(&mut self, to: &PublicKey, lane: Lane, bytes: Arc<[u8]>);

    /// Sends to all connected nodes.
    fn broadcast(&mut self, lane: Lane, bytes: Arc<[u8]>);

    /// From now on these may connect and no others.
    fn allow(&mut self, peers: Vec<Allowed>);

    /// A node sent what it should not have.
    fn misbehaved(&mut self, peer: &PublicKey, code: Code);
}
