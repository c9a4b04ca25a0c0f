//! Timers: named here, kept by the owner, who has a clock.

use crate::effect::Effect;
use senim_types::{Height, Round};
use std::collections::BTreeMap;

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimerKind {
    /// No proposal came.
    Propose,
    /// Two thirds prevoted and did not agree.
    Prevote,
    /// Two thirds precommitted and did not agree.
    Precommit,
    /// Nothing moved: send own votes again.
    Rebroadcast,
}

/// A timer's name. At most one of a name runs; scheduling it again restarts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    /// Height the timer belongs to.
    pub height: Height,
    /// Round within the height.
    pub round: Round,
    /// What it is for.
    pub kind: TimerKind,
}

/// Timers that run, and what changed during one step.
///
/// A timer that was cancelled or replaced and fires all the same (the owner's clock raced) is not
/// in here and is ignored.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    running: BTreeMap<Timer, u64>,
    /// `Some(after_ms)` = schedule, `None` = cancel. The last word of a step counts.
    changed: BTreeMap<Timer, Option<u64>>,
}

impl Timers {
    pub(crate) fn schedule(&mut self, timer: Timer, after_ms: u64) {
        self.running.insert(timer, after_ms);
        self.changed.insert(timer, Some(after_ms));
    }

    pub(crate) fn cancel(&mut self, timer: Timer) {
        if self.running.remove(&timer).is_some() {
            self.changed.insert(timer, None);
        }
    }

    pub(crate) fn cancel_all(&mut self) {
        while let Some((timer, _)) = self.running.pop_first() {
            self.changed.insert(timer, None);
        }
    }

    /// Whether the timer was running; it is not any more.
    pub(crate) fn fired(&mut self, timer: Timer) -> bool {
        self.changed.remove(&timer);
        self.running.remove(&timer).is_some()
    }

    /// The effects of this step's changes.
    pub(crate) fn take_effects(&mut self) -> impl Iterator<Item = Effect> + use<> {
        std::mem::take(&mut self.changed)
            .into_iter()
            .map(|(timer, change)| match change {
                Some(after_ms) => Effect::ScheduleTimer { timer, after_ms },
                None => Effect::CancelTimer { timer },
            })
    }
}
