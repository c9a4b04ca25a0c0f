//! Validators and their sets.

use crate::hash::Hash;
use crate::key::PublicKey;
use crate::{codec, limits};
use alloc::vec::Vec;
use borsh::io::{Error, ErrorKind, Read, Result};
use borsh::{BorshDeserialize, BorshSerialize};

/// One validator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Validator {
    /// Signs votes, proposals and certificates; also the validator's address.
    pub key: PublicKey,
    /// Voting power, at least 1.
    pub power: u64,
}

/// The validators of a height: at least one, at most [`limits::VALIDATORS_MAX`], by ascending key,
/// each key once, each power at least 1, the sum of powers below 2^63.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
pub struct ValidatorSet(Vec<Validator>);

impl ValidatorSet {
    /// A set from validators in any order; `None` where a rule of the type does not hold.
    pub fn new(mut validators: Vec<Validator>) -> Option<ValidatorSet> {
        validators.sort_by_key(|validator| validator.key);
        ValidatorSet(validators).checked()
    }

    /// A set from validators that are ascending by key already, else `None`. For contracts: sorting is 30 kB of
    /// WebAssembly.
    pub fn from_ascending(validators: Vec<Validator>) -> Option<ValidatorSet> {
        ValidatorSet(validators).checked()
    }

    fn checked(self) -> Option<ValidatorSet> {
        let ascending = self.0.windows(2).all(|pair| pair[0].key < pair[1].key);
        let counted = (1..=limits::VALIDATORS_MAX).contains(&self.0.len());
        let powers = self.0.iter().try_fold(0u64, |sum, v| {
            if v.power == 0 {
                None
            } else {
                sum.checked_add(v.power)
            }
        });
        (ascending && counted && powers.is_some_and(|sum| sum <= i64::MAX as u64)).then_some(self)
    }

    /// By ascending key.
    pub fn validators(&self) -> &[Validator] {
        &self.0
    }

    /// The validator at `index`.
    pub fn get(&self, index: usize) -> Option<&Validator> {
        self.0.get(index)
    }

    /// Where `key` stands in the set.
    pub fn index_of(&self, key: &PublicKey) -> Option<usize> {
        self.0
            .binary_search_by(|validator| validator.key.cmp(key))
            .ok()
    }

    /// The sum of all powers.
    pub fn total_power(&self) -> u64 {
        self.0.iter().map(|validator| validator.power).sum()
    }

    /// Whether `power` is more than two thirds of the total: what a certificate needs.
    pub fn is_quorum(&self, power: u64) -> bool {
        u128::from(power) * 3 > u128::from(self.total_power()) * 2
    }

    /// What headers say of this set.
    pub fn hash(&self) -> Hash {
        ValidatorSet::hash_of(&codec::encode(self))
    }

    /// [`ValidatorSet::hash`] of the set that has these bytes.
    pub fn hash_of(bytes: &[u8]) -> Hash {
        Hash::of_parts(&[b"senim/validators", bytes])
    }
}

impl BorshDeserialize for ValidatorSet {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        ValidatorSet(Vec::deserialize_reader(reader)?)
            .checked()
            .ok_or_else(|| Error::new(ErrorKind::InvalidData, "not a validator set"))
    }
}

#[cfg(feature = "json")]
impl<'de> serde::Deserialize<'de> for ValidatorSet {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> core::result::Result<Self, D::Error> {
        ValidatorSet(<Vec<Validator> as serde::Deserialize>::deserialize(
            deserializer,
        )?)
        .checked()
        .ok_or_else(|| {
            serde::de::Error::custom(
                "validators must be ascending by key, unique and of power 1 or more",
            )
        })
    }
}
