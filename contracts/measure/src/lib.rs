//! The policy that comes with the ledger. Its parameters are [`senim_abi::policy::measure`]: the rules of most support
//! measures, switched on and off.
//!
//! - `lib`: which rules each act meets, in which order.
//! - `price`: what a use costs the programme and the citizen.
//! - `valid`: parameters that make sense.
//!
//! It keeps nothing: the same question has the same answer for ever.
#![no_std]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

extern crate alloc;

mod price;
mod valid;

use senim_abi::policy::measure::{Clawback, Parameters, Rules};
use senim_sdk::policy::{Act, Decision, Delegated, Denial, Facts, Judge, Policy, ProofKind, Terms};
use senim_types::{Code, Tiyn};

/// The policy.
pub struct Measure;

impl Policy for Measure {
    const NAME: &'static str = "measure";
    const RULES: &'static [(u16, &'static str)] = &[
        (1, "the arm, {0}, is one of the measure's {1}"),
        (
            2,
            "the provider, organisation {0}, is one that the measure pays",
        ),
        (3, "region {0} is one in which the measure holds"),
        (4, "weekday {0} (Monday is 0) is one of the measure's"),
        (5, "minute {0} of the day is not before {1}"),
        (6, "minute {0} of the day is before {1}"),
        (7, "the place's calendar says that the day is open"),
        (8, "the person was not reported absent"),
        (9, "the kind of proof, bit {0}, is accepted"),
        (10, "uses of the day, {0} so far, stay below {1}"),
        (11, "uses of the month, {0} so far, stay below {1}"),
        (12, "uses in all, {0} so far, stay below {1}"),
        (
            13,
            "the delegate's uses of the day, {0} so far, stay below {1}",
        ),
        (20, "the price, {0} tiyn, is not above {1}"),
        (21, "the price, {0} tiyn, is {1}"),
        (22, "product {0} of the purchase is on the measure's list"),
        (
            23,
            "product {0} of the purchase comes in whole packs of {1}",
        ),
        (
            24,
            "the citizen, who would bear {0} tiyn, bears at most {1}",
        ),
        (
            25,
            "what is paid in the month, {0} tiyn with this use, is not above {1}",
        ),
        (
            26,
            "what the programme pays, {0} tiyn, is all that is left, {1}",
        ),
        (
            27,
            "the measure does not exclude product {0} of the purchase",
        ),
        (30, "the money of the token, {0} tiyn, is not above {1}"),
        (31, "its time, {0} ms, is not above {1}"),
        (32, "the person consented"),
        (40, "the measure allows delegations"),
        (41, "the delegation's time, {0} ms, is not above {1}"),
        (42, "its uses, {0}, are not above {1}"),
        (43, "its uses of a day, {0}, are not above {1}"),
        (50, "the payer may take it back: at {0}, before {1}"),
    ];
    type Parameters = Parameters;

    fn is_valid(parameters: &Parameters) -> bool {
        valid::parameters(parameters)
    }

    fn decide(parameters: &Parameters, facts: &Facts, judge: &mut Judge) -> Decision {
        let arms = parameters.0.len() as u64;
        let arm = u64::from(facts.token.arm);
        judge.below(1, Code::OUT_OF_RANGE, arm, arms)?;
        let Some(rules) = parameters.0.get(arm as usize) else {
            return Ok(Terms::default()); // There are no rules, where the one above was left out.
        };
        match &facts.act {
            Act::Issue => issue(rules, facts, judge, facts.token.amount.0)?,
            Act::TopUp { amount } => {
                let amount = facts.token.amount.0.saturating_add(amount.0);
                issue(rules, facts, judge, amount)?;
            }
            Act::Activate => {}
            Act::Delegate(delegated) => delegate(rules, facts, judge, delegated)?,
            Act::Redeem { proof, .. } => {
                place(rules, facts, judge)?;
                day(rules, facts, judge)?;
                let bit = proof.bit();
                let accepted = rules.proofs & bit != 0;
                judge.keep(9, Code::PROOF_KIND, accepted, (bit.into(), 0))?;
                counts(rules, facts, judge, *proof)?;
                return price::terms(rules, facts, judge);
            }
            Act::Revoke => revoke(rules, facts, judge)?,
        }
        Ok(Terms::default())
    }
}

senim_sdk::policy!(Measure);

/// A token to be issued, or one that gets more.
fn issue(rules: &Rules, facts: &Facts, judge: &mut Judge, amount: u64) -> Result<(), Denial> {
    if let Some(Tiyn(most)) = rules.amount_max {
        judge.at_most(30, Code::PERIOD_LIMIT, amount, most)?;
    }
    let token = &facts.token;
    let validity_ms = token.until.since_ms(token.issued_at);
    judge.at_most(31, Code::OUT_OF_RANGE, validity_ms, rules.validity_ms_max)?;
    if rules.consent {
        judge.is(32, Code::CONSENT_REQUIRED, token.consented)?;
    }
    Ok(())
}

fn place(rules: &Rules, facts: &Facts, judge: &mut Judge) -> Result<(), Denial> {
    let place = &facts.place;
    let paid = rules.providers.allows(&place.provider);
    judge.keep(
        2,
        Code::PROVIDER_NOT_ALLOWED,
        paid,
        (place.provider.0.into(), 0),
    )?;
    let holds = rules.regions.allows(&place.region);
    judge.keep(3, Code::REGION_NOT_ALLOWED, holds, (place.region.into(), 0))
}

fn day(rules: &Rules, facts: &Facts, judge: &mut Judge) -> Result<(), Denial> {
    let clock = &facts.clock;
    let weekday = clock.weekday();
    let is_one = rules.weekdays >> weekday & 1 == 1;
    judge.keep(4, Code::WRONG_DAY, is_one, (weekday.into(), 0))?;
    if let Some((from, to)) = rules.hours {
        let minute = clock.minute;
        judge.keep(
            5,
            Code::WRONG_DAY,
            minute >= from,
            (minute.into(), from.into()),
        )?;
        judge.below(6, Code::WRONG_DAY, minute, to)?;
    }
    if rules.calendar {
        judge.is(7, Code::WRONG_DAY, facts.place.open == Some(true))?;
    }
    if !rules.absent_may {
        judge.is(8, Code::ABSENT, !facts.token.absent)?;
    }
    Ok(())
}

fn counts(rules: &Rules, facts: &Facts, judge: &mut Judge, proof: ProofKind) -> Result<(), Denial> {
    let token = &facts.token;
    if let Some(most) = rules.uses_per_day_max {
        judge.below(10, Code::DAILY_LIMIT, token.uses_today, most)?;
    }
    if let Some(most) = rules.uses_per_month_max {
        judge.below(11, Code::PERIOD_LIMIT, token.uses_this_month, most)?;
    }
    if let Some(most) = rules.uses_max {
        judge.below(12, Code::PERIOD_LIMIT, token.uses, most)?;
    }
    let by_delegate = matches!(proof, ProofKind::DelegatedQr | ProofKind::Code);
    if let Some(delegated) = token.delegated.filter(|_| by_delegate) {
        judge.below(
            13,
            Code::DAILY_LIMIT,
            token.uses_today,
            delegated.uses_per_day,
        )?;
    }
    Ok(())
}

fn delegate(
    rules: &Rules,
    facts: &Facts,
    judge: &mut Judge,
    delegated: &Delegated,
) -> Result<(), Denial> {
    let rule = rules.delegation;
    judge.is(40, Code::DELEGATION_BOUNDS, rule.is_some())?;
    let Some(rule) = rule else { return Ok(()) };
    let lasts_ms = delegated.until.since_ms(facts.clock.now);
    let most_ms = u64::from(rule.days_max) * senim_abi::civil::DAY_MS;
    judge.at_most(41, Code::DELEGATION_BOUNDS, lasts_ms, most_ms)?;
    judge.at_most(42, Code::DELEGATION_BOUNDS, delegated.uses, rule.uses_max)?;
    judge.at_most(
        43,
        Code::DELEGATION_BOUNDS,
        delegated.uses_per_day,
        rule.uses_per_day_max,
    )
}

fn revoke(rules: &Rules, facts: &Facts, judge: &mut Judge) -> Result<(), Denial> {
    let (now, mature) = (facts.clock.now, facts.token.mature_at);
    let may = match rules.clawback {
        Clawback::Always => true,
        Clawback::BeforeMaturity => now < mature,
        Clawback::Never => false,
    };
    judge.keep(50, Code::MATURED, may, (now.0, mature.0))
}
