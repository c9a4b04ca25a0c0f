//! Rides for disabled persons, which nobody thought of when the ledger was made: a few a day, further in a region without
//! public transport, and the person pays for what is above the fare.
#![no_std]

extern crate alloc;

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_sdk::policy::{Act, Decision, Facts, Judge, Policy, Product, Terms};
use senim_types::{Code, Tiyn};

/// A code of this policy's own: the ride is too long.
const TOO_FAR: Code = Code(9_001);
/// The service of a ride; a unit of it is a kilometre.
const RIDE: Product = Product::Service(7);

/// What the programme sets.
#[derive(BorshSerialize, BorshDeserialize)]
pub struct Parameters {
    /// Rides of a day.
    pub per_day: u8,
    /// What a kilometre costs, in tiyn.
    pub fare: u64,
    /// Kilometres of a ride.
    pub kilometres: u32,
    /// Kilometres of a ride in these regions.
    pub far: u32,
    /// Regions without public transport.
    pub regions: Vec<u32>,
}

/// The policy.
pub struct Rides;

impl Policy for Rides {
    const NAME: &'static str = "rides";
    const RULES: &'static [(u16, &'static str)] = &[
        (1, "the purchase is one ride"),
        (2, "rides of the day, {0} so far, stay below {1}"),
        (3, "the ride, {0} km, is not longer than {1}"),
    ];
    type Parameters = Parameters;

    fn is_valid(parameters: &Parameters) -> bool {
        parameters.per_day > 0 && parameters.fare > 0 && parameters.kilometres <= parameters.far
    }

    fn decide(parameters: &Parameters, facts: &Facts, judge: &mut Judge) -> Decision {
        let Act::Redeem { lines, .. } = &facts.act else {
            return Ok(Terms::default());
        };
        let ride = lines.first().filter(|line| lines.len() == 1 && line.product == RIDE);
        judge.is(1, Code::WRONG_PURPOSE, ride.is_some())?;
        let Some(ride) = ride else {
            return Ok(Terms::default());
        };
        judge.below(2, Code::DAILY_LIMIT, facts.token.uses_today, parameters.per_day)?;
        let far = parameters.regions.contains(&facts.place.region);
        let most = if far { parameters.far } else { parameters.kilometres };
        judge.at_most(3, TOO_FAR, ride.units, most)?;
        let fare = u64::from(ride.units).saturating_mul(parameters.fare);
        let pays = ride.price.0.min(fare);
        Ok(Terms {
            pays: Tiyn(pays),
            bears: Tiyn(ride.price.0 - pays),
        })
    }
}

senim_sdk::policy!(Rides);
