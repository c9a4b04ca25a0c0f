//! How long it is waited between two attempts.

/// Pauses between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// After the first failure, in ms.
    pub first_ms: u64,
    /// The longest, in ms.
    pub longest_ms: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            first_ms: 1_000,
            longest_ms: 5 * 60 * 1_000,
        }
    }
}

impl Pace {
    /// The pause after so many failures, in ms: twice the one before, up to the longest; of that a half, and a part of
    /// the other half that `jitter` says, so that many messages do not come back at once.
    pub fn pause_ms(&self, failures: u32, jitter: u32) -> u64 {
        let doublings = failures.saturating_sub(1).min(40);
        let whole = self
            .first_ms
            .saturating_mul(1 << doublings)
            .min(self.longest_ms);
        let half = whole / 2;
        let of_half = u128::from(whole - half) * u128::from(jitter) / u128::from(u32::MAX);
        half + u64::try_from(of_half).unwrap_or(half)
    }
}
