//! How far a node that catches up is, and how long it will take.

use senim_types::{Height, TimeMs};

/// A rate is measured over at least this long, in ms.
const MEASURED_MS: u64 = 5_000;
/// Progress is said this often, in ms.
const SAID_MS: u64 = 5_000;

/// What a node that is behind does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncPhase {
    /// It asks who has a snapshot.
    Asking,
    /// It fetches what a snapshot consists of.
    Manifest,
    /// It makes sure that the snapshot's block is of this chain.
    Trust,
    /// It fetches the snapshot's chunks; `done` and `total` count them.
    Chunks,
    /// It fetches and executes blocks; `done` and `total` count them.
    Blocks,
}

impl SyncPhase {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            SyncPhase::Asking => "asking",
            SyncPhase::Manifest => "manifest",
            SyncPhase::Trust => "trust",
            SyncPhase::Chunks => "chunks",
            SyncPhase::Blocks => "blocks",
        }
    }
}

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncProgress {
    /// What it does.
    pub phase: SyncPhase,
    /// The height that it is on the way to.
    pub target: Height,
    /// Parts done, of this phase.
    pub done: u64,
    /// Parts in all, of this phase; 0 where that is not known.
    pub total: u64,
    /// Bytes of chunks done.
    pub bytes_done: u64,
    /// Bytes of chunks in all.
    pub bytes_total: u64,
    /// Parts in a thousand seconds, lately.
    pub rate_per_1000_s: u64,
    /// How long the rest of the phase takes at that rate, in ms; none before there is a rate.
    pub left_ms: Option<u64>,
}

/// Measures the rate of one phase, and says when it is time to say something.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Meter {
    phase: Option<SyncPhase>,
    /// The rate is that since this mark…
    before: (TimeMs, u64),
    /// …which is replaced by this one, once that is old enough.
    mark: (TimeMs, u64),
    now: (TimeMs, u64),
    said: TimeMs,
}

impl Meter {
    /// Notes that `done` parts of a phase are done. True where it is time to say so.
    pub fn note(&mut self, now: TimeMs, phase: SyncPhase, done: u64) -> bool {
        if self.phase != Some(phase) || done < self.before.1 {
            let begin = (now, done);
            let said = self.said;
            *self = Meter {
                phase: Some(phase),
                before: begin,
                mark: begin,
                now: begin,
                said,
            };
        }
        self.now = (now, done);
        if now.since_ms(self.mark.0) >= MEASURED_MS {
            (self.before, self.mark) = (self.mark, self.now);
        }
        let is_time = now.since_ms(self.said) >= SAID_MS;
        if is_time {
            self.said = now;
        }
        is_time
    }

    /// Parts in a thousand seconds, and the time for `rest` more, in ms.
    pub fn estimate(&self, rest: u64) -> (u64, Option<u64>) {
        let parts = self.now.1.saturating_sub(self.before.1);
        let ms = self.now.0.since_ms(self.before.0);
        if parts == 0 || ms == 0 {
            return (0, None);
        }
        let rate = parts.saturating_mul(1_000_000) / ms;
        (rate, Some(rest.saturating_mul(ms) / parts))
    }

    /// The phase is over.
    pub fn end(&mut self) {
        self.phase = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_of_the_last_seconds_and_the_estimate_follows_it() {
        let mut meter = Meter::default();
        assert_eq!(meter.estimate(10), (0, None));
        for second in 0..=20u64 {
            // Ten a second for a while, then forty.
            let done = if second <= 10 {
                10 * second
            } else {
                100 + 40 * (second - 10)
            };
            meter.note(TimeMs(1_000_000 + 1_000 * second), SyncPhase::Blocks, done);
            if second == 9 {
                assert_eq!(meter.estimate(100), (10_000, Some(10_000)));
            }
        }
        assert_eq!(meter.estimate(400), (40_000, Some(10_000)));
        // Another phase begins anew.
        meter.note(TimeMs(1_021_000), SyncPhase::Chunks, 3);
        assert_eq!(meter.estimate(1), (0, None));
    }

    #[test]
    fn it_is_said_every_few_seconds() {
        let mut meter = Meter::default();
        let said = (0..100u64)
            .filter(|tick| meter.note(TimeMs(1_000_000 + 200 * tick), SyncPhase::Blocks, *tick));
        assert_eq!(said.count(), 4);
    }
}
