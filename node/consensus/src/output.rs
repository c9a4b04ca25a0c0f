//! Effects of one step, gathered and put in the order in which they may be performed.

use crate::effect::Effect;
use crate::error::Error;

/// The core yields effects as its code runs; their order here is by what they need:
/// everything is appended before anything is flushed, and one flush covers every message of the
/// step. Appending earlier and sending later than the core asked is always safe.
#[derive(Default)]
pub(crate) struct Output {
    /// `WalAppend`, in the order of application.
    pub appends: Vec<Effect>,
    /// `Broadcast` and `SendBody`.
    pub sends: Vec<Effect>,
    /// `Evidence`.
    pub evidence: Vec<Effect>,
    /// `Decided`.
    pub decided: Option<Effect>,
    /// `HeightSeen`.
    pub seen: Option<Effect>,
    /// A peer's fault, found in this step.
    pub refused: Option<Error>,
    /// This node's fault: nothing else of the step is performed.
    pub fatal: Option<Error>,
}

impl Output {
    /// Remembers the first reason to stop.
    pub(crate) fn fail(&mut self, error: Error) {
        self.fatal.get_or_insert(error);
    }

    /// Remembers the first reason to refuse.
    pub(crate) fn refuse(&mut self, error: Error) {
        self.refused.get_or_insert(error);
    }
}
