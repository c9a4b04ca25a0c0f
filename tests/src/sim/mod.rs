//! The simulator: the world of [`crate::world`] under faults, adversaries and checkers, from one seed.
//!
//! A run is a network of real nodes with real contracts, a stream of redemptions by clients who retry,
//! a while in which everything goes wrong that the seed chooses, and then quiet, in which all has to be
//! made good. Whatever goes wrong with the ledger is a [`Failure`] that names the checker. The same seed
//! gives the same [`Trace`]. `docs/simulator.md` has the faults, the adversaries and the checkers.
//!
//! | file | has |
//! | --- | --- |
//! | [`adversary`] | validators that break the rules, by name |
//! | [`audit`] | what the blocks say: packs, prescriptions, money, headers |
//! | [`checks`] | what has to hold during a run and at its end |
//! | [`clients`] | redemptions, from issue to dispense |
//! | [`faults`] | what goes wrong with machines and connections |
//! | [`newcomer`] | a machine that loses everything and returns from a snapshot |
//! | [`run`] | one seed from its beginning to its end |
//! | [`trace`] | what happened, line by line |

pub mod adversary;
pub mod audit;
pub mod checks;
pub mod clients;
pub mod faults;
pub mod newcomer;
pub mod run;
pub mod trace;

pub use adversary::Adversary;
pub use run::{Outcome, Stage, simulate};
pub use trace::Trace;

use std::collections::BTreeMap;
use std::fmt;

/// What was counted, by name.
pub type Counts = BTreeMap<&'static str, u64>;

/// A rule that did not hold, and the checker that noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The checker, as `docs/simulator.md` names it.
    pub checker: &'static str,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.checker, self.what)
    }
}

/// Ends a run: a rule does not hold.
pub fn fail(checker: &'static str, what: impl fmt::Display) -> ! {
    let what = what.to_string();
    std::panic::panic_any(Failure { checker, what })
}

/// Ends a run unless the rule holds.
pub fn check(checker: &'static str, holds: bool, what: impl FnOnce() -> String) {
    if !holds {
        fail(checker, what());
    }
}
