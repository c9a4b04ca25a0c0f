//! How much the validators' memory grew during a soak, and how much of that the state explains.

use super::report::{Watched, mib};
use std::fmt::{Display, Formatter, Result};

/// From the end of this minute on memory is compared: by then caches of a bounded size are full.
const FROM_MINUTE: u64 = 3;

/// Resident bytes that a key of the state costs one node: 122 of them in the state tree, the others in the store's index.
/// The lowest of the slopes measured between two sizes of the state, of either store, so that what is left over is not
/// flattered. `docs/PERFORMANCE.md` (Memory and live state) has all of them.
const KEY_BYTES: u64 = 145;

/// Memory of all validators at two minutes of a soak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// The minute of the last look.
    to_minute: u64,
    /// Resident memory at [`FROM_MINUTE`].
    from_mib: f64,
    /// Resident memory at the last look.
    to_mib: f64,
    /// Keys of the state that came meanwhile.
    new_keys: u64,
    /// What these take in all validators.
    new_keys_mib: f64,
}

impl Growth {
    /// The growth from the third minute to the last one watched. None where that is no later, or where a node was not
    /// heard at one of the two: without its number of keys all growth would look like the state's, or none.
    pub fn of(watched: &[Watched]) -> Option<Growth> {
        let from = watched.iter().find(|line| line.minute == FROM_MINUTE)?;
        let to = watched.last().filter(|line| line.minute > FROM_MINUTE)?;
        let validators = to.resident_mib.len() as u64;
        // A key that goes leaves its place in the tree to the next one: memory does not shrink with them.
        let new_keys = to.state_keys?.saturating_sub(from.state_keys?);
        Some(Growth {
            to_minute: to.minute,
            from_mib: from.resident_mib.iter().sum(),
            to_mib: to.resident_mib.iter().sum(),
            new_keys,
            new_keys_mib: mib(new_keys * KEY_BYTES * validators),
        })
    }

    /// Growth in percent of the memory at the third minute.
    fn percent(&self) -> f64 {
        self.percent_of(self.to_mib - self.from_mib)
    }

    /// The same without what new keys of the state take.
    fn beyond_state_percent(&self) -> f64 {
        self.percent_of(self.to_mib - self.from_mib - self.new_keys_mib)
    }

    fn percent_of(&self, added_mib: f64) -> f64 {
        added_mib * 100.0 / self.from_mib
    }
}

impl Display for Growth {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(
            f,
            "memory of all validators from minute {FROM_MINUTE} to {}: {:.0} to {:.0} MiB, {:+.1} %; {} new keys of the state \
             take {:.0} MiB of it at {KEY_BYTES} bytes a key and validator; beyond live state {:+.1} %",
            self.to_minute,
            self.from_mib,
            self.to_mib,
            self.percent(),
            self.new_keys,
            self.new_keys_mib,
            self.beyond_state_percent()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(minute: u64, state_keys: Option<u64>, resident_mib: &[f64]) -> Watched {
        Watched {
            minute,
            redemptions: 0,
            height: minute,
            state_keys,
            resident_mib: resident_mib.to_vec(),
            cpu_millicores: Vec::new(),
        }
    }

    #[test]
    fn what_new_keys_take_in_every_validator_is_no_growth_beyond_live_state() {
        let watched = [
            line(1, Some(1), &[1.0, 1.0]),
            line(3, Some(1_000_000), &[100.0, 300.0]),
            line(4, Some(1_050_000), &[900.0, 900.0]),
            line(10, Some(1_100_000), &[140.0, 320.0]),
        ];
        let growth = Growth::of(&watched).expect("both minutes are there");
        assert_eq!((growth.from_mib, growth.to_mib), (400.0, 460.0));
        assert_eq!((growth.to_minute, growth.new_keys), (10, 100_000));
        // 100,000 keys · 145 bytes · 2 validators = 27.66 MiB of the 60.
        assert!((growth.new_keys_mib - 27.66).abs() < 0.1, "{growth:?}");
        assert!((growth.percent() - 15.0).abs() < 1e-9);
        assert!((growth.beyond_state_percent() - 8.085).abs() < 0.03);
        let told = growth.to_string();
        assert!(told.contains("400 to 460 MiB, +15.0 %"), "{told}");
        assert!(told.ends_with("beyond live state +8.1 %"), "{told}");
    }

    #[test]
    fn fewer_keys_excuse_nothing_and_give_no_credit() {
        let watched = [line(3, Some(1_000), &[100.0]), line(5, Some(10), &[110.0])];
        let growth = Growth::of(&watched).expect("both minutes are there");
        assert_eq!(growth.new_keys, 0);
        assert!((growth.beyond_state_percent() - 10.0).abs() < 1e-9);
    }

    #[test]
    fn without_both_ends_nothing_is_told() {
        let third = line(3, Some(5), &[100.0]);
        assert_eq!(Growth::of(&[]), None);
        assert_eq!(Growth::of(std::slice::from_ref(&third)), None);
        assert_eq!(Growth::of(&[line(4, Some(5), &[1.0])]), None);
        let unheard = [third, line(10, None, &[200.0])];
        assert_eq!(Growth::of(&unheard), None);
    }
}
