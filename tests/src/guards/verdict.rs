//! What a play without a guard says of the guard.

use super::play::Ending;
use std::{fmt, io};

/// What a play without a guard says of the guard. Only [`Shown`](Verdict::Shown) is for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This test fails without the guard, and passes with it.
    Shown(String),
    /// Nothing fails without it.
    NotMissed,
    /// This test came to no end without it, for whatever reason.
    Stuck(String),
    /// This test does not pass with it either: the scenario is not sound, and says nothing.
    Unsound(String),
}

impl Verdict {
    /// Judges a play without a guard. `again` plays one test with every guard in place.
    ///
    /// # Errors
    /// Those of `again`.
    pub fn of(
        ending: Ending,
        again: impl FnOnce(&str) -> io::Result<Ending>,
    ) -> io::Result<Verdict> {
        Ok(match ending {
            Ending::Passed => Verdict::NotMissed,
            Ending::Stuck(test) => Verdict::Stuck(test),
            Ending::Failed(test) => match again(&test)? {
                Ending::Passed => Verdict::Shown(test),
                Ending::Failed(_) | Ending::Stuck(_) => Verdict::Unsound(test),
            },
        })
    }

    /// The test that fails without the guard.
    pub fn shown(self) -> Option<String> {
        match self {
            Verdict::Shown(test) => Some(test),
            _ => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Shown(test) => write!(f, "{test} fails"),
            Verdict::NotMissed => write!(f, "PASSES ALL THE SAME"),
            Verdict::Stuck(test) => write!(f, "{test} COMES TO NO END"),
            Verdict::Unsound(test) => write!(f, "{test} FAILS WITH THE GUARD TOO"),
        }
    }
}

/// How many plays had which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Guards that are shown.
    pub shown: usize,
    /// Guards that nothing misses.
    pub not_missed: usize,
    /// Plays that came to no end.
    pub stuck: usize,
    /// Plays of tests that do not pass with the guard either.
    pub unsound: usize,
}

impl Tally {
    /// Counts a verdict.
    pub const fn count(&mut self, verdict: &Verdict) {
        let of = match verdict {
            Verdict::Shown(_) => &mut self.shown,
            Verdict::NotMissed => &mut self.not_missed,
            Verdict::Stuck(_) => &mut self.stuck,
            Verdict::Unsound(_) => &mut self.unsound,
        };
        *of += 1;
    }

    /// Whether every play came to an end that says something.
    pub const fn is_sound(&self) -> bool {
        self.stuck == 0 && self.unsound == 0
    }

    /// Whether there were plays, and each showed its guard.
    pub const fn all_shown(&self) -> bool {
        self.is_sound() && self.not_missed == 0 && self.shown > 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally {
            shown,
            not_missed,
            stuck,
            unsound,
        } = self;
        write!(
            f,
            "{shown} plays failed without their guard, {not_missed} did not, {stuck} came to no end, {unsound} failed with it too"
        )
    }
}
