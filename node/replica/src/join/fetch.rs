//! Chunks in flight: several at once, from several nodes; taken in order.

use super::Asked;
use senim_state::snapshot::{Incoming, SnapshotError};
use senim_types::{Code, Hash, PublicKey, TimeMs};
use std::collections::BTreeMap;

/// Chunks asked for or waiting for an earlier one: at most 16 MiB.
const WINDOW: u32 = 16;
/// Chunks asked of one node at a time.
const PER_PEER_MAX: usize = 2;

/// See the module.
pub struct Fetch {
    pub id: Hash,
    pub incoming: Incoming,
    pub bytes_done: u64,
    flights: BTreeMap<u32, Asked>,
    /// Chunks that came before an earlier one.
    early: BTreeMap<u32, Vec<u8>>,
}

/// What a chunk was.
pub enum Received {
    /// Nobody asked for it.
    Unasked,
    /// It is what the manifest says.
    Good,
    /// It is not, or the node does not have it.
    Bad,
}

impl Fetch {
    /// Nothing asked for yet.
    pub fn new(id: Hash, incoming: Incoming) -> Fetch {
        Fetch {
            id,
            incoming,
            bytes_done: 0,
            flights: BTreeMap::new(),
            early: BTreeMap::new(),
        }
    }

    /// Whom to ask for which chunks now.
    pub fn requests(&mut self, now: TimeMs, peers: &[PublicKey]) -> Vec<(PublicKey, u32)> {
        let next = self.incoming.next();
        let end = self.incoming.total().min(next.saturating_add(WINDOW));
        let mut requests = Vec::new();
        for index in next..end {
            if self.flights.contains_key(&index) || self.early.contains_key(&index) {
                continue;
            }
            let in_flight = |peer: &PublicKey| {
                let of_peer = self.flights.values().filter(|asked| asked.peer == *peer);
                of_peer.count()
            };
            let least = peers.iter().min_by_key(|peer| in_flight(peer)).copied();
            let Some(peer) = least.filter(|peer| in_flight(peer) < PER_PEER_MAX) else {
                break;
            };
            self.flights.insert(index, Asked { peer, at: now });
            requests.push((peer, index));
        }
        requests
    }

    /// Takes a chunk from a node.
    pub fn take(&mut self, from: PublicKey, index: u32, bytes: Option<Vec<u8>>) -> Received {
        match self.flights.get(&index) {
            Some(asked) if asked.peer == from => self.flights.remove(&index),
            _ => return Received::Unasked,
        };
        match bytes {
            Some(bytes) if self.incoming.is_chunk(index, &bytes) => {
                self.early.insert(index, bytes);
                Received::Good
            }
            _ => Received::Bad,
        }
    }

    /// Writes what is next in order. The inner error says that the manifest was forged.
    pub fn write(&mut self) -> Result<Result<(), Code>, SnapshotError> {
        while let Some(bytes) = self.early.remove(&self.incoming.next()) {
            if let Err(code) = self.incoming.append(&bytes)? {
                return Ok(Err(code));
            }
            self.bytes_done += bytes.len() as u64;
        }
        Ok(Ok(()))
    }

    /// Whether all chunks are there.
    pub fn is_whole(&self) -> bool {
        self.incoming.next() == self.incoming.total()
    }

    /// Takes back what was asked so long ago; gives who did not answer.
    pub fn take_late(&mut self, now: TimeMs, patience_ms: u64) -> Vec<PublicKey> {
        let is_late = |asked: &Asked| now.since_ms(asked.at) >= patience_ms;
        let late: Vec<PublicKey> = self
            .flights
            .values()
            .filter(|asked| is_late(asked))
            .map(|asked| asked.peer)
            .collect();
        self.flights.retain(|_, asked| !is_late(asked));
        late
    }

    /// Takes back what was asked of nodes that are not asked any more.
    pub fn keep_only(&mut self, peers: &[PublicKey]) {
        self.flights.retain(|_, asked| peers.contains(&asked.peer));
    }
}
