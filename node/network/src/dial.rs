//! When to go out to whom: everybody on the list with an address, and the configured bootstrap addresses while
//! there is nobody else.

use libp2p::{Multiaddr, PeerId};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// First wait after a failure; each further one is twice as long.
const WAIT: Duration = Duration::from_millis(500);
/// Longest wait.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Of two nodes that know each other's address the one with the higher key waits so long, so that they do not
/// connect twice.
const COURTESY: Duration = Duration::from_millis(700);

/// Where to go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A peer on the list.
    Member(PeerId),
    /// Whoever answers at a bootstrap address.
    Bootstrap(Multiaddr),
}

#[derive(Debug)]
struct Attempt {
    address: Multiaddr,
    failures: u32,
    next: Instant,
    is_under_way: bool,
}

/// What to dial and when.
#[derive(Debug, Default)]
pub struct Dialler(BTreeMap<Target, Attempt>);

impl Dialler {
    /// Sets the bootstrap addresses; once.
    pub fn bootstrap(&mut self, addresses: &[Multiaddr], now: Instant) {
        for address in addresses {
            self.add(Target::Bootstrap(address.clone()), address.clone(), now);
        }
    }

    /// Sets the members to reach. Attempts under way for others are forgotten.
    pub fn members(&mut self, own: &PeerId, members: &BTreeMap<PeerId, Multiaddr>, now: Instant) {
        self.0.retain(|target, attempt| match target {
            Target::Bootstrap(_) => true,
            Target::Member(peer) => members.get(peer) == Some(&attempt.address),
        });
        for (peer, address) in members {
            let begin = if own < peer { now } else { now + COURTESY };
            if !self.0.contains_key(&Target::Member(*peer)) {
                self.add(Target::Member(*peer), address.clone(), begin);
            }
        }
    }

    fn add(&mut self, target: Target, address: Multiaddr, next: Instant) {
        let attempt = Attempt {
            address,
            failures: 0,
            next,
            is_under_way: false,
        };
        self.0.insert(target, attempt);
    }

    /// What to dial now. `is_connected` says of a peer whether there is a connection; bootstrap addresses are
    /// tried while there is none at all.
    pub fn due(
        &mut self,
        now: Instant,
        is_connected: impl Fn(&PeerId) -> bool,
        is_alone: bool,
    ) -> Vec<(Target, Multiaddr)> {
        let due = self.0.iter_mut().filter(|(target, attempt)| {
            let is_wanted = match target {
                Target::Member(peer) => !is_connected(peer),
                Target::Bootstrap(_) => is_alone,
            };
            is_wanted && !attempt.is_under_way && attempt.next <= now
        });
        due.map(|(target, attempt)| {
            attempt.is_under_way = true;
            (target.clone(), attempt.address.clone())
        })
        .collect()
    }

    /// A dial ended, or the connection that it made did. `is_good` where it lasted: who lets others in for a
    /// moment only to cut them off is not asked again at once.
    pub fn ended(&mut self, target: &Target, is_good: bool, now: Instant) {
        let Some(attempt) = self.0.get_mut(target) else {
            return;
        };
        attempt.is_under_way = false;
        if is_good {
            attempt.failures = 0;
        }
        let wait = WAIT
            .saturating_mul(1 << attempt.failures.min(10))
            .min(WAIT_MAX);
        attempt.failures += 1;
        attempt.next = now + wait;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_dialled_again_and_again_and_bootstrap_addresses_while_alone() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let address: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().expect("an address");
        let (own, peer) = {
            let (a, b) = (PeerId::random(), PeerId::random());
            (a.min(b), a.max(b))
        };
        let mut dialler = Dialler::default();
        dialler.bootstrap(std::slice::from_ref(&address), start);
        dialler.members(&own, &BTreeMap::from([(peer, address.clone())]), start);
        let both = dialler.due(start, |_| false, true);
        assert_eq!(both.len(), 2);
        assert!(
            dialler.due(at(60_000), |_| false, true).is_empty(),
            "under way"
        );
        for (target, _) in &both {
            dialler.ended(target, false, start);
        }
        assert!(dialler.due(at(499), |_| false, true).is_empty());
        let member = (Target::Member(peer), address.clone());
        assert_eq!(
            dialler.due(at(500), |_| false, false),
            std::slice::from_ref(&member)
        );
        dialler.ended(&member.0, false, at(500));
        assert!(
            dialler.due(at(1_499), |_| false, false).is_empty(),
            "twice as long"
        );
        assert!(
            dialler.due(at(1_500), |_| true, false).is_empty(),
            "connected"
        );
        assert_eq!(dialler.due(at(1_500), |_| false, false), [member]);
        dialler.members(&own, &BTreeMap::new(), at(2_000));
        assert!(
            dialler.due(at(90_000), |_| false, false).is_empty(),
            "off the list"
        );
    }

    #[test]
    fn of_two_nodes_the_one_with_the_lower_key_goes_first() {
        let start = Instant::now();
        let address: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().expect("an address");
        let (low, high) = {
            let (a, b) = (PeerId::random(), PeerId::random());
            (a.min(b), a.max(b))
        };
        let mut first = Dialler::default();
        first.members(&low, &BTreeMap::from([(high, address.clone())]), start);
        let mut second = Dialler::default();
        second.members(&high, &BTreeMap::from([(low, address)]), start);
        assert_eq!(first.due(start, |_| false, false).len(), 1);
        assert_eq!(second.due(start, |_| false, false).len(), 0);
        assert_eq!(second.due(start + COURTESY, |_| false, false).len(), 1);
    }
}
