//! Variants of a measure that are compared, and who is in which.

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::Hash;

/// Variants of a measure that are compared. Who is in which follows from a seed that is committed to before anybody is
/// listed, and revealed when the comparison is over.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Arms {
    /// blake3 of the seed.
    pub commitment: Hash,
    /// How many parts of all each arm has; at least two arms.
    pub weights: Vec<u16>,
    /// The seed, once it is revealed.
    pub seed: Option<Hash>,
}

impl Arms {
    /// Arms at most.
    pub const ARMS_MAX: usize = 8;

    /// What is hashed to draw an arm: the seed and the person's nullifier, which whoever knows the seed cannot choose.
    pub fn preimage(seed: &Hash, nullifier: &Hash) -> Vec<u8> {
        [
            b"senim/arm".as_slice(),
            seed.as_bytes(),
            nullifier.as_bytes(),
        ]
        .concat()
    }

    /// The arm of this draw (the hash of [`Arms::preimage`]): its first eight bytes, big-endian, modulo the sum of the
    /// weights, fall into one of the parts.
    pub fn of(&self, draw: &Hash) -> u8 {
        let total: u64 = self.weights.iter().map(|weight| u64::from(*weight)).sum();
        let bytes = draw.as_bytes();
        let head = bytes.iter().take(8);
        let number = head.fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        let mut place = number % total.max(1);
        for (arm, weight) in self.weights.iter().enumerate() {
            let weight = u64::from(*weight);
            if place < weight {
                return arm as u8;
            }
            place -= weight;
        }
        0
    }
}
