//! Whose turn it is.

use senim_types::{Height, Round, Validator, ValidatorSet};

/// The proposer of a round: validator number (height + round) modulo the number of validators, in
/// the set's order (ascending key).
///
/// Powers are not weighed: validators have equal powers to begin with, and a rule by weight needs a
/// history that a light client would have to carry. Each validator proposes once in as many
/// heights, and a dead one is followed by its neighbour.
pub fn proposer(validators: &ValidatorSet, height: Height, round: Round) -> &Validator {
    validators
        .get(turn(validators.validators().len(), height, round))
        .expect("a remainder by the set's length is an index of the set, and no set is empty")
}

/// The proposer's index among `count` validators.
pub(crate) fn turn(count: usize, height: Height, round: Round) -> usize {
    let sum = u128::from(height.0) + u128::from(round.0);
    (sum % count as u128) as usize
}
