//! Connections between machines, as TCP has them: in order, and broken as a whole.

use super::chance::Chance;
use super::{Event, World};
use senim_types::TimeMs;
use std::collections::{BTreeMap, BTreeSet};

/// From one machine to another.
pub type Link = (usize, usize);

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// Shortest journey, in ms.
    pub base_ms: u64,
    /// So much longer at most, in ms.
    pub spread_ms: u64,
    cut: BTreeSet<Link>,
    /// When the last message sent over a link arrives: no later one overtakes it.
    last: BTreeMap<Link, TimeMs>,
}

impl Links {
    /// Links over which a message takes `base_ms` to `base_ms + spread_ms`.
    pub fn new(base_ms: u64, spread_ms: u64) -> Links {
        Links {
            base_ms,
            spread_ms,
            ..Links::default()
        }
    }

    /// From now on nothing gets through from `from` to `to`.
    pub(super) fn cut(&mut self, from: usize, to: usize) {
        self.cut.insert((from, to));
    }

    /// All links stand.
    pub(super) fn heal(&mut self) {
        self.cut.clear();
    }

    /// How many links are cut.
    pub fn cut_count(&self) -> usize {
        self.cut.len()
    }

    /// How long a message that is sent now travels, in ms; `None` where the link is cut.
    pub(super) fn journey_ms(
        &mut self,
        now: TimeMs,
        link: Link,
        slow_ms: u64,
        chance: &mut Chance,
    ) -> Option<u64> {
        if self.cut.contains(&link) {
            return None;
        }
        let travel_ms = 1 + self.base_ms + chance.below(self.spread_ms + 1) + slow_ms;
        let last = self.last.entry(link).or_default();
        let arrival = TimeMs(now.0 + travel_ms).max(*last);
        *last = arrival;
        Some(arrival.0 - now.0)
    }
}

impl World {
    /// The connection from one machine to another breaks: what is on its way is lost, and so is what
    /// is sent until [`World::heal`].
    pub fn cut(&mut self, from: usize, to: usize) {
        if let Some(links) = &mut self.links {
            links.cut(from, to);
        }
        self.events.retain(
            |_, event| !matches!(event, Event::Arrival { link, .. } if *link == (from, to)),
        );
    }

    /// All connections stand again.
    pub fn heal(&mut self) {
        if let Some(links) = &mut self.links {
            links.heal();
        }
    }
}
