//! Who was put into which arm, by the events of all blocks, and who belongs into which.

use senim_abi::voucher::{Arms, Asked, ProgrammeId, VoucherEvent, VoucherId};
use senim_types::Hash;
use std::collections::BTreeMap;

/// A listed person.
#[derive(Clone, Copy, Debug, Default)]
struct Listed {
    nullifier: Option<Hash>,
    arm: u8,
    /// Asked, or off the list: the arm changes no more.
    is_fixed: bool,
    /// Asked for consent: part of the comparison.
    is_asked: bool,
}

/// All persons whom a programme's office listed.
#[derive(Debug)]
pub struct Drawing {
    programme: ProgrammeId,
    listed: BTreeMap<VoucherId, Listed>,
}

/// What drawing again found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How many persons who were asked are in each arm.
    pub counts: Vec<usize>,
    /// How many have not been asked.
    pub not_asked: usize,
    /// Persons who were asked and are in another arm than they belong into.
    pub wrong: Vec<VoucherId>,
}

impl Drawing {
    /// Nobody is listed.
    pub fn new(programme: ProgrammeId) -> Drawing {
        Drawing {
            programme,
            listed: BTreeMap::new(),
        }
    }

    /// Takes an event of the voucher contract's, told by this transaction.
    pub fn take(&mut self, transaction: &Hash, event: &VoucherEvent) {
        use VoucherEvent as E;
        match event {
            E::Listed {
                programme,
                index,
                count,
            } if *programme == self.programme => {
                for number in 0..*count {
                    let id = VoucherId::derive(transaction, index.saturating_add(number));
                    self.listed.insert(id, Listed::default());
                }
            }
            E::Attested {
                voucher, nullifier, ..
            } => self.change(voucher, |it| it.nullifier = Some(*nullifier)),
            E::Assigned { voucher, arm } => self.change(voucher, |it| it.arm = *arm),
            E::Asked {
                voucher,
                asked: Asked::Consent,
                ..
            } => self.change(voucher, |it| (it.is_fixed, it.is_asked) = (true, true)),
            E::Ended { voucher, .. } => self.change(voucher, |it| it.is_fixed = true),
            _ => {}
        }
    }

    fn change(&mut self, voucher: &VoucherId, change: impl FnOnce(&mut Listed)) {
        if let Some(listed) = self.listed.get_mut(voucher) {
            change(listed);
        }
    }

    /// Persons who are in another arm than they belong into, and whose arm can be set still.
    pub fn to_assign(&self, arms: &Arms, seed: &Hash) -> Vec<(VoucherId, u8)> {
        let open = self.listed.iter().filter(|(_, listed)| !listed.is_fixed);
        open.filter_map(|(id, listed)| {
            let drawn = draw(arms, seed, &listed.nullifier?);
            (drawn != listed.arm).then_some((*id, drawn))
        })
        .collect()
    }

    /// How many are to be put into arms once their nullifiers are known.
    pub fn unattested(&self) -> usize {
        let open = self.listed.values().filter(|listed| !listed.is_fixed);
        open.filter(|listed| listed.nullifier.is_none()).count()
    }

    /// Draws again.
    pub fn check(&self, arms: &Arms, seed: &Hash) -> Found {
        let mut found = Found {
            counts: vec![0; arms.weights.len()],
            ..Found::default()
        };
        for (id, listed) in &self.listed {
            if !listed.is_asked {
                found.not_asked += 1;
                continue;
            }
            if let Some(count) = found.counts.get_mut(usize::from(listed.arm)) {
                *count += 1;
            }
            let belongs = listed.nullifier.map(|it| draw(arms, seed, &it));
            if belongs != Some(listed.arm) {
                found.wrong.push(*id);
            }
        }
        found
    }
}

fn draw(arms: &Arms, seed: &Hash, nullifier: &Hash) -> u8 {
    arms.of(&Hash::of(&Arms::preimage(seed, nullifier)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_types::TimeMs;

    const PROGRAMME: ProgrammeId = ProgrammeId(3);
    const TRANSACTION: Hash = Hash([7; 32]);

    fn arms() -> Arms {
        Arms {
            commitment: Hash::ZERO,
            weights: vec![1, 1],
            seed: None,
        }
    }

    fn attested(voucher: VoucherId, person: u8) -> VoucherEvent {
        VoucherEvent::Attested {
            voucher,
            group: 1,
            nullifier: Hash([person; 32]),
        }
    }

    fn asked(voucher: VoucherId) -> VoucherEvent {
        VoucherEvent::Asked {
            voucher,
            programme: PROGRAMME,
            asked: Asked::Consent,
            until: TimeMs(1),
        }
    }

    /// Forty persons, of whom the last has no nullifier.
    fn listed() -> (Drawing, Vec<VoucherId>) {
        let mut drawing = Drawing::new(PROGRAMME);
        for programme in [PROGRAMME, ProgrammeId(4)] {
            let event = VoucherEvent::Listed {
                programme,
                index: if programme == PROGRAMME { 0 } else { 100 },
                count: 40,
            };
            drawing.take(&TRANSACTION, &event);
        }
        let ids: Vec<VoucherId> = (0..40)
            .map(|index| VoucherId::derive(&TRANSACTION, index))
            .collect();
        for (id, person) in ids.iter().zip(0..39) {
            drawing.take(&TRANSACTION, &attested(*id, person));
        }
        (drawing, ids)
    }

    #[test]
    fn persons_are_assigned_once_and_found_where_they_belong() {
        let (mut drawing, ids) = listed();
        let seed = Hash([9; 32]);
        let open = drawing.to_assign(&arms(), &seed);
        assert!((8..32).contains(&open.len()), "about half: {}", open.len());
        assert_eq!(drawing.unattested(), 1);
        for (voucher, arm) in open {
            drawing.take(&TRANSACTION, &VoucherEvent::Assigned { voucher, arm });
        }
        assert_eq!(drawing.to_assign(&arms(), &seed), []);
        for id in &ids[..39] {
            drawing.take(&TRANSACTION, &asked(*id));
        }
        let found = drawing.check(&arms(), &seed);
        assert_eq!((found.wrong.len(), found.not_asked), (0, 1));
        assert_eq!(found.counts.iter().sum::<usize>(), 39);
        // By another seed most would be elsewhere.
        assert!(drawing.check(&arms(), &Hash([8; 32])).wrong.len() > 4);
    }

    #[test]
    fn whoever_was_moved_or_asked_without_an_arm_is_told() {
        let (mut drawing, ids) = listed();
        let seed = Hash([9; 32]);
        let open = drawing.to_assign(&arms(), &seed);
        let (forgotten, _) = open[0];
        drawing.take(&TRANSACTION, &asked(forgotten));
        let moved = ids.iter().find(|id| open.iter().all(|(it, _)| it != *id));
        let moved = *moved.expect("somebody belongs into the first arm");
        let event = VoucherEvent::Assigned {
            voucher: moved,
            arm: 1,
        };
        drawing.take(&TRANSACTION, &event);
        drawing.take(&TRANSACTION, &asked(moved));
        let mut wrong = vec![forgotten, moved];
        wrong.sort_unstable();
        assert_eq!(drawing.check(&arms(), &seed).wrong, wrong);
        // Neither can be set any more.
        let open = drawing.to_assign(&arms(), &seed);
        assert!(open.iter().all(|(id, _)| !wrong.contains(id)));
    }
}
