//! Which blocks are asked of whom: several requests in flight, each to another node, answers taken in the
//! order of heights.

use crate::message::{BLOCKS_PER_RESPONSE_MAX, CertifiedBlock};
use senim_types::{Height, PublicKey, TimeMs};
use std::collections::BTreeMap;

/// Requests in flight and answers that wait for an earlier one, together.
const PARTS_MAX: usize = 8;
/// Nodes remembered as being ahead.
const AHEAD_MAX: usize = 16;
/// Nodes whose failures are remembered.
const FAILED_MAX: usize = 256;
/// Whoever failed so often in a row is asked only where nobody else can be.
const FAILURES_MAX: u32 = 2;
/// Blocks of a request.
const PART_BLOCKS: u64 = BLOCKS_PER_RESPONSE_MAX as u64;

/// Somebody was asked for these blocks.
#[derive(Clone, Copy, Debug)]
struct Flight {
    peer: PublicKey,
    count: u64,
    at: TimeMs,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Window {
    /// Who claimed to be how far.
    ahead: BTreeMap<PublicKey, Height>,
    failures: BTreeMap<PublicKey, u32>,
    /// By the first height.
    flights: BTreeMap<Height, Flight>,
    /// Answers that came before an earlier one.
    early: BTreeMap<Height, (PublicKey, Vec<CertifiedBlock>)>,
}

/// A request to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whom to ask.
    pub peer: PublicKey,
    /// The first block.
    pub from: Height,
    /// How many.
    pub count: u64,
}

impl Window {
    /// A node claims a height.
    pub fn claims(&mut self, peer: PublicKey, height: Height) {
        if self.ahead.len() >= AHEAD_MAX && !self.ahead.contains_key(&peer) {
            let lowest = self.ahead.iter().min_by_key(|(_, height)| **height);
            if let Some(lowest) = lowest.map(|(peer, _)| *peer) {
                self.ahead.remove(&lowest);
            }
        }
        self.ahead.insert(peer, height);
    }

    /// Whether anybody is known to be above `tip`.
    pub fn has_ahead(&self, tip: Height) -> bool {
        self.ahead.values().any(|height| *height > tip)
    }

    /// Whether anything is asked for.
    pub fn is_waiting(&self) -> bool {
        !self.flights.is_empty()
    }

    /// What to ask of whom now; notes it as asked.
    pub fn requests(&mut self, now: TimeMs, tip: Height) -> Vec<Wanted> {
        self.forget_done(tip);
        let mut requests = Vec::new();
        let mut from = tip.next();
        while self.flights.len() + self.early.len() < PARTS_MAX {
            from = self.first_uncovered(from);
            let Some(peer) = self.free_peer(from) else {
                break;
            };
            let claimed = self.ahead[&peer].0;
            let next = self.next_covered(from).map_or(u64::MAX, |height| height.0);
            let end = claimed.saturating_add(1).min(next);
            let count = PART_BLOCKS.min(end - from.0);
            self.flights.insert(
                from,
                Flight {
                    peer,
                    count,
                    at: now,
                },
            );
            requests.push(Wanted { peer, from, count });
        }
        requests
    }

    fn forget_done(&mut self, tip: Height) {
        self.ahead.retain(|_, height| *height > tip);
        let is_done = |from: &Height, count: u64| from.0 + count <= tip.0 + 1;
        self.flights
            .retain(|from, flight| !is_done(from, flight.count));
        self.early
            .retain(|from, (_, blocks)| !is_done(from, blocks.len() as u64));
    }

    /// The first height from `from` on that is neither asked for nor here.
    fn first_uncovered(&self, mut from: Height) -> Height {
        loop {
            let flights = self.flights.iter();
            let parts = flights
                .map(|(first, flight)| (first.0, flight.count))
                .chain(
                    self.early
                        .iter()
                        .map(|(first, (_, blocks))| (first.0, blocks.len() as u64)),
                );
            let end = parts
                .filter(|(first, count)| (*first..first + count).contains(&from.0))
                .map(|(first, count)| first + count)
                .max();
            match end {
                Some(end) => from = Height(end),
                None => return from,
            }
        }
    }

    fn next_covered(&self, from: Height) -> Option<Height> {
        let flight = self.flights.range(from..).next().map(|(first, _)| *first);
        let early = self.early.range(from..).next().map(|(first, _)| *first);
        flight.into_iter().chain(early).min()
    }

    /// Somebody who has the height, is asked for nothing, and failed least.
    fn free_peer(&self, height: Height) -> Option<PublicKey> {
        let failures = |peer: &PublicKey| self.failures.get(peer).copied().unwrap_or(0);
        let able = || self.ahead.iter().filter(|(_, claimed)| **claimed >= height);
        let reliable = able().any(|(peer, _)| failures(peer) < FAILURES_MAX);
        let free = able()
            .map(|(peer, _)| *peer)
            .filter(|peer| self.flights.values().all(|flight| flight.peer != *peer))
            .filter(|peer| !reliable || failures(peer) < FAILURES_MAX);
        free.min_by_key(|peer| failures(peer))
    }

    /// Takes an answer of a node that was asked; false where it was not.
    pub fn take(&mut self, from: PublicKey, mut blocks: Vec<CertifiedBlock>) -> bool {
        let of_peer = self.flights.iter().find(|(_, flight)| flight.peer == from);
        let Some((first, flight)) = of_peer.map(|(first, flight)| (*first, *flight)) else {
            return false;
        };
        self.flights.remove(&first);
        blocks.truncate(flight.count as usize);
        if blocks.is_empty() {
            // It claimed more than it gave, or it joined later than these blocks.
            self.failed(from);
        } else {
            self.early.insert(first, (from, blocks));
        }
        true
    }

    /// The answer that begins at the height after `tip`, or earlier.
    pub fn next(&mut self, tip: Height) -> Option<(PublicKey, Vec<CertifiedBlock>)> {
        self.forget_done(tip);
        let first = self
            .early
            .range(..=tip.next())
            .next()
            .map(|(first, _)| *first)?;
        self.early.remove(&first)
    }

    /// All that a node gave is sound.
    pub fn served(&mut self, peer: &PublicKey) {
        self.failures.remove(peer);
    }

    /// A node gave nothing, or what it should not have: it is asked again when it speaks again.
    pub fn failed(&mut self, peer: PublicKey) {
        self.ahead.remove(&peer);
        if self.failures.len() < FAILED_MAX || self.failures.contains_key(&peer) {
            *self.failures.entry(peer).or_default() += 1;
        }
    }

    /// Takes back what was asked so long ago.
    pub fn take_back_late(&mut self, now: TimeMs, patience_ms: u64) {
        let is_late = |flight: &Flight| now.since_ms(flight.at) >= patience_ms;
        let late: Vec<PublicKey> = self
            .flights
            .values()
            .filter(|flight| is_late(flight))
            .map(|flight| flight.peer)
            .collect();
        self.flights.retain(|_, flight| !is_late(flight));
        late.into_iter().for_each(|peer| self.failed(peer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_types::crypto::SecretKey;
    use senim_types::{CommitCertificate, Hash, Round};

    const NOW: TimeMs = TimeMs(1_000_000);

    fn peer(n: u8) -> PublicKey {
        SecretKey::from_seed(&[n; 32]).public()
    }

    fn blocks(count: usize) -> Vec<CertifiedBlock> {
        let certificate = CommitCertificate {
            height: Height(1),
            round: Round(0),
            block: Hash::ZERO,
            signatures: Vec::new(),
        };
        let block = CertifiedBlock {
            block: Vec::new(),
            certificate,
        };
        vec![block; count]
    }

    fn window(peers: u8, height: u64) -> Window {
        let mut window = Window::default();
        (1..=peers).for_each(|n| window.claims(peer(n), Height(height)));
        window
    }

    #[test]
    fn each_node_is_asked_for_another_part() {
        let mut window = window(3, 150);
        let requests = window.requests(NOW, Height(10));
        let parts: Vec<(u64, u64)> = requests.iter().map(|r| (r.from.0, r.count)).collect();
        assert_eq!(parts, [(11, 64), (75, 64), (139, 12)]);
        let peers: std::collections::BTreeSet<_> = requests.iter().map(|r| r.peer).collect();
        assert_eq!(peers.len(), 3);
        assert!(
            window.requests(NOW, Height(10)).is_empty(),
            "everybody is busy"
        );
    }

    #[test]
    fn a_short_answer_is_completed_by_whoever_is_free() {
        let mut window = window(2, 74);
        let first = window.requests(NOW, Height(10))[0];
        assert!(window.take(first.peer, blocks(5)));
        let rest = window.requests(NOW, Height(10));
        assert_eq!((rest[0].from, rest[0].count), (Height(16), 59));
        let (_, taken) = window.next(Height(10)).expect("the next height is here");
        assert_eq!(taken.len(), 5);
    }

    #[test]
    fn answers_are_taken_in_order_and_only_from_whoever_was_asked() {
        let mut window = window(2, 138);
        let requests = window.requests(NOW, Height(10));
        assert!(!window.take(peer(9), blocks(64)));
        assert!(window.take(requests[1].peer, blocks(64)));
        assert!(
            window.next(Height(10)).is_none(),
            "an earlier one is missing"
        );
        assert!(window.take(requests[0].peer, blocks(64)));
        assert!(window.next(Height(10)).is_some());
        assert!(window.next(Height(74)).is_some());
    }

    #[test]
    fn who_fails_is_asked_last_and_after_two_times_only_where_nobody_else_is() {
        let mut window = window(2, 1_000);
        for _ in 0..2 {
            window.claims(peer(1), Height(1_000));
            window.claims(peer(2), Height(1_000));
            let requests = window.requests(NOW, Height(10));
            assert_eq!(requests.len(), 2);
            let silent = requests.iter().find(|r| r.peer == peer(1)).expect("asked");
            let other = requests.iter().find(|r| r.peer == peer(2)).expect("asked");
            assert!(window.take(other.peer, blocks(64)));
            window.served(&peer(2));
            window.early.clear();
            assert!(silent.count == 64);
            window.take_back_late(TimeMs(NOW.0 + 2_000), 2_000);
        }
        window.claims(peer(1), Height(1_000));
        let requests = window.requests(NOW, Height(10));
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].peer, peer(2));
        window.failed(peer(2));
        window.flights.clear();
        assert_eq!(window.requests(NOW, Height(10))[0].peer, peer(1));
    }

    #[test]
    fn it_is_bounded() {
        let mut window = window(40, 1_000_000);
        assert_eq!(window.ahead.len(), AHEAD_MAX);
        assert_eq!(window.requests(NOW, Height(0)).len(), PARTS_MAX);
        (0..100u8).for_each(|n| window.failed(peer(n)));
        assert!(window.ahead.is_empty());
    }
}
