//! The network of nodes in one process: bounded channels, everybody connected with everybody.

use crate::{Allowed, Incoming, Lane, Outgoing};
use senim_types::{Code, PublicKey};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Messages that may wait for a node. A node so far behind loses what does not fit and catches up
/// by asking for blocks; consensus sends its votes again.
const INCOMING_MAX: usize = 16_384;

/// One node's place in an in-memory network.
pub struct MemoryNetwork {
    own: PublicKey,
    peers: BTreeMap<PublicKey, mpsc::Sender<Incoming>>,
}

impl MemoryNetwork {
    /// A network of these nodes, each connected to each: their sending and receiving sides, in order.
    pub fn mesh(nodes: &[PublicKey]) -> Vec<(MemoryNetwork, mpsc::Receiver<Incoming>)> {
        let (senders, receivers): (Vec<_>, Vec<_>) =
            nodes.iter().map(|_| mpsc::channel(INCOMING_MAX)).unzip();
        let all: BTreeMap<PublicKey, _> = nodes.iter().copied().zip(senders).collect();
        let network = |own: &PublicKey| {
            let peers = all.iter().filter(|(key, _)| *key != own);
            MemoryNetwork {
                own: *own,
                peers: peers.map(|(k, s)| (*k, s.clone())).collect(),
            }
        };
        nodes.iter().map(network).zip(receivers).collect()
    }

    fn deliver(&self, to: &mpsc::Sender<Incoming>, bytes: Arc<[u8]>) {
        let message = Incoming::Message {
            from: self.own,
            bytes,
            room: None,
        };
        if to.try_send(message).is_err() {
            tracing::warn!("a node takes no more messages: one is lost");
        }
    }
}

impl Outgoing for MemoryNetwork {
    fn send(&mut self, to: &PublicKey, _lane: Lane, bytes: Arc<[u8]>) {
        if let Some(peer) = self.peers.get(to) {
            self.deliver(peer, bytes);
        }
    }

    fn broadcast(&mut self, _lane: Lane, bytes: Arc<[u8]>) {
        for peer in self.peers.values() {
            self.deliver(peer, Arc::clone(&bytes));
        }
    }

    /// Nodes of one process are all of one operator: there is nobody to keep out.
    fn allow(&mut self, _peers: Vec<Allowed>) {}

    /// Said aloud by the node; there is no connection to cut.
    fn misbehaved(&mut self, _peer: &PublicKey, _code: Code) {}
}
