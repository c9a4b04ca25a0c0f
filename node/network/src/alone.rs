//! When an operator is told that a node has nobody to talk with, and whether that is the others' will.

use std::time::{Duration, Instant};

/// Without a lasting connection for so long although there are members, an operator is told.
const SILENCE: Duration = Duration::from_secs(30);
/// A connection that lasted so long was wanted on both sides.
pub const GOOD: Duration = Duration::from_secs(10);

/// How long a node has been without a connection that lasts. One that others end at once is none: a node whose network
/// key they do not know gets that far again and again.
#[derive(Debug)]
pub struct Alone {
    since: Instant,
    turned_away: u32,
}

impl Alone {
    /// From `now` on.
    pub fn new(now: Instant) -> Alone {
        Alone {
            since: now,
            turned_away: 0,
        }
    }

    /// Another node ended a connection that this one had just made.
    pub fn turned_away(&mut self) {
        self.turned_away += 1;
    }

    /// Looks at time `now` since when the oldest connection there is lasts. Where an operator is to be told, how many
    /// connections others ended meanwhile; told again only when as much time has passed again.
    pub fn look(&mut self, now: Instant, oldest: Option<Instant>) -> Option<u32> {
        match oldest {
            Some(since) if since + GOOD <= now => *self = Alone::new(now),
            // It may last.
            Some(_) => {}
            None if self.since + SILENCE <= now => {
                let turned_away = self.turned_away;
                *self = Alone::new(now);
                return Some(turned_away);
            }
            None => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_nobody_is_told_after_a_while_and_not_at_once_again() {
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        let mut alone = Alone::new(start);
        assert_eq!(alone.look(at(29), None), None);
        assert_eq!(alone.look(at(30), None), Some(0));
        assert_eq!(alone.look(at(59), None), None);
        assert_eq!(alone.look(at(60), None), Some(0));
    }

    #[test]
    fn a_connection_that_others_end_at_once_is_none() {
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        let mut alone = Alone::new(start);
        for second in [5, 15, 29] {
            assert_eq!(alone.look(at(second), Some(at(second))), None);
            alone.turned_away();
        }
        // While there is one it may last.
        assert_eq!(alone.look(at(31), Some(at(30))), None);
        alone.turned_away();
        assert_eq!(alone.look(at(32), None), Some(4));
        assert_eq!(alone.look(at(62), None), Some(0), "they are counted anew");
    }

    #[test]
    fn a_connection_that_lasts_ends_it() {
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        let mut alone = Alone::new(start);
        alone.turned_away();
        assert_eq!(alone.look(at(25), Some(at(15))), None);
        assert_eq!(alone.look(at(54), None), None);
        assert_eq!(alone.look(at(55), None), Some(0));
    }
}
