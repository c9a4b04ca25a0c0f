//! What happens when.

use crate::world::chance::Chance;
use std::time::Duration;

/// Something that is done to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// These machines are killed, and started again after so long.
    Kill {
        /// A bit for each.
        machines: u8,
        /// Until they are started again.
        away: Duration,
    },
    /// Every connection to a machine breaks, and no new one comes to be for so long.
    Cut {
        /// Which.
        machine: usize,
        /// How long.
        lasts: Duration,
    },
    /// The connections to a machine stay, and nothing passes for so long.
    Stall {
        /// Which.
        machine: usize,
        /// How long.
        lasts: Duration,
    },
}

/// Faults with their times from the start, in order: as many kills and cuts as asked for, evenly on average.
pub fn plan(
    seed: u64,
    kills: usize,
    cuts: usize,
    machines: usize,
    time: Duration,
) -> Vec<(Duration, Fault)> {
    let mut chance = Chance(seed);
    let mut faults = Vec::new();
    let at = |chance: &mut Chance, number: usize, of: usize| {
        let slot_ms = time.as_millis() as u64 / of as u64;
        Duration::from_millis(number as u64 * slot_ms + chance.below(slot_ms.max(1)))
    };
    let mut killed = 0;
    while killed < kills {
        // Mostly one; sometimes so many that nothing goes on until they are back.
        let many = match chance.below(10) {
            0 => machines,
            1 | 2 => 2,
            _ => 1,
        };
        let many = many.min(kills - killed);
        let mut set = 0u8;
        while set.count_ones() < many as u32 {
            set |= 1 << chance.below(machines as u64);
        }
        let when = at(&mut chance, killed, kills);
        let away = Duration::from_millis(chance.below(2_500));
        let machines = set;
        faults.push((when, Fault::Kill { machines, away }));
        killed += many;
    }
    for number in 0..cuts {
        let when = at(&mut chance, number, cuts);
        let machine = chance.below(machines as u64) as usize;
        let lasts = Duration::from_millis(500 + chance.below(4_000));
        let fault = if chance.below(2) == 0 {
            Fault::Cut { machine, lasts }
        } else {
            Fault::Stall { machine, lasts }
        };
        faults.push((when, fault));
    }
    faults.sort_by_key(|(when, _)| *when);
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_as_many_kills_and_cuts_as_asked_for_and_is_the_same_for_a_seed() {
        let time = Duration::from_secs(60);
        for seed in 0..50 {
            let faults = plan(seed, 100, 20, 4, time);
            let killed = |fault: &Fault| match fault {
                Fault::Kill { machines, .. } => machines.count_ones(),
                _ => 0,
            };
            let kills: u32 = faults.iter().map(|(_, fault)| killed(fault)).sum();
            let cuts = faults
                .iter()
                .filter(|(_, fault)| killed(fault) == 0)
                .count();
            assert_eq!((kills, cuts), (100, 20));
            assert!(faults.is_sorted_by_key(|(when, _)| *when));
            assert!(faults.iter().all(|(when, _)| *when < time + time / 10));
            assert_eq!(faults, plan(seed, 100, 20, 4, time));
        }
    }
}
