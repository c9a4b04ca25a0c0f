//! Who offers which snapshot.

use senim_state::snapshot::SnapshotOffer;
use senim_types::{Hash, Height, PublicKey};
use std::collections::{BTreeMap, BTreeSet};

/// Snapshots of one node that are looked at.
const PER_PEER_MAX: usize = 8;
/// Nodes whose offers are remembered.
const PEERS_MAX: usize = 256;
/// Forged snapshots, and liars, that are remembered.
const REFUSED_MAX: usize = 256;
/// A node that did not answer so often in a row is not asked any more.
const TIMEOUTS_MAX: u32 = 3;

/// See the module.
#[derive(Default)]
pub struct Offers {
    of: BTreeMap<PublicKey, Vec<SnapshotOffer>>,
    forged: BTreeSet<Hash>,
    liars: BTreeSet<PublicKey>,
    timeouts: BTreeMap<PublicKey, u32>,
}

impl Offers {
    /// A node says which snapshots it has.
    pub fn take(&mut self, peer: PublicKey, mut offers: Vec<SnapshotOffer>) {
        if self.of.len() >= PEERS_MAX && !self.of.contains_key(&peer) {
            return;
        }
        offers.sort_by_key(|offer| std::cmp::Reverse(offer.height));
        offers.truncate(PER_PEER_MAX);
        self.of.insert(peer, offers);
    }

    /// Forgets who offered what, not who lied.
    pub fn clear(&mut self) {
        self.of.clear();
        self.timeouts.clear();
    }

    /// The snapshot that most nodes offer, the newest of several, at `lowest` or above.
    pub fn best(&self, lowest: Height) -> Option<SnapshotOffer> {
        let mut counts: BTreeMap<(Height, Hash), usize> = BTreeMap::new();
        for (_, offers) in self
            .of
            .iter()
            .filter(|(peer, _)| !self.liars.contains(peer))
        {
            let usable = offers
                .iter()
                .filter(|offer| offer.height >= lowest && !self.forged.contains(&offer.id));
            // Twice in one list counts once.
            let once: BTreeSet<_> = usable.map(|offer| (offer.height, offer.id)).collect();
            for key in once {
                *counts.entry(key).or_default() += 1;
            }
        }
        let best = counts
            .into_iter()
            .max_by_key(|((height, _), count)| (*count, *height));
        best.map(|((height, id), _)| SnapshotOffer { height, id })
    }

    /// Who can be asked for a part of a snapshot.
    pub fn peers(&self, id: &Hash) -> Vec<PublicKey> {
        let offering = self
            .of
            .iter()
            .filter(|(peer, offers)| {
                !self.liars.contains(peer) && offers.iter().any(|offer| offer.id == *id)
            })
            .map(|(peer, _)| *peer);
        offering.collect()
    }

    /// Who offers anything, and so can be asked for headers.
    pub fn everybody(&self) -> Vec<PublicKey> {
        let all = self.of.keys().filter(|peer| !self.liars.contains(peer));
        all.copied().collect()
    }

    /// A node does not have a snapshot any more.
    pub fn withdraw(&mut self, peer: &PublicKey, id: &Hash) {
        if let Some(offers) = self.of.get_mut(peer) {
            offers.retain(|offer| offer.id != *id);
        }
    }

    /// A node did not answer; after some times it is left alone.
    pub fn timed_out(&mut self, peer: &PublicKey) {
        let count = self.timeouts.entry(*peer).or_default();
        *count += 1;
        if *count >= TIMEOUTS_MAX {
            self.of.remove(peer);
        }
    }

    /// A node answered.
    pub fn answered(&mut self, peer: &PublicKey) {
        self.timeouts.remove(peer);
    }

    /// A node sent what it should not have.
    pub fn lied(&mut self, peer: PublicKey) {
        if self.liars.len() < REFUSED_MAX {
            self.liars.insert(peer);
        }
        self.of.remove(&peer);
    }

    /// A snapshot's manifest was forged: all who offered it.
    pub fn forged(&mut self, id: Hash) -> Vec<PublicKey> {
        if self.forged.len() < REFUSED_MAX {
            self.forged.insert(id);
        }
        let who = self.peers(&id);
        who.iter().for_each(|peer| self.lied(*peer));
        who
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_types::crypto::SecretKey;

    fn peer(n: u8) -> PublicKey {
        SecretKey::from_seed(&[n; 32]).public()
    }

    fn offer(height: u64, name: &str) -> SnapshotOffer {
        SnapshotOffer {
            height: Height(height),
            id: Hash::of(name.as_bytes()),
        }
    }

    #[test]
    fn what_most_nodes_offer_goes_before_what_one_says_is_newer() {
        let mut offers = Offers::default();
        offers.take(peer(1), vec![offer(20, "a"), offer(40, "b")]);
        offers.take(peer(2), vec![offer(40, "b"), offer(20, "a")]);
        offers.take(peer(3), vec![offer(9_999, "lie"), offer(9_999, "lie")]);
        assert_eq!(offers.best(Height(0)), Some(offer(40, "b")));
        assert_eq!(offers.best(Height(41)), Some(offer(9_999, "lie")));
        offers.withdraw(&peer(1), &offer(40, "b").id);
        assert_eq!(offers.best(Height(0)), Some(offer(20, "a")));
        assert_eq!(offers.peers(&offer(40, "b").id), [peer(2)]);
    }

    #[test]
    fn liars_and_the_silent_are_not_asked_again() {
        let mut offers = Offers::default();
        offers.take(peer(1), vec![offer(20, "a")]);
        offers.take(peer(2), vec![offer(20, "a")]);
        offers.take(peer(3), vec![offer(20, "b")]);
        assert_eq!(offers.forged(offer(20, "b").id), [peer(3)]);
        offers.take(peer(3), vec![offer(60, "c")]);
        assert_eq!(offers.best(Height(0)), Some(offer(20, "a")));
        for _ in 0..2 {
            offers.timed_out(&peer(1));
        }
        offers.answered(&peer(1));
        offers.timed_out(&peer(1));
        assert!(offers.everybody().contains(&peer(1)));
        for _ in 0..2 {
            offers.timed_out(&peer(1));
        }
        assert_eq!(offers.everybody(), [peer(2)]);
    }
}
