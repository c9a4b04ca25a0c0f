//! The facts of an act, and what the policy makes of them.

use crate::state;
use senim_abi::policy::{Act, Decision, Delegated, Facts, Place, Query, Question, Terms};
use senim_abi::voucher::msg::Refused;
use senim_abi::voucher::{Policy, Settings, Voucher, VoucherId};
use senim_sdk::{Env, Refusal, codec};
use senim_types::{OrgId, TimeMs};

/// A voucher whose act is judged.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// Its id; zeros where there is none yet.
    pub id: VoucherId,
    /// It, before the act.
    pub voucher: &'a Voucher,
    /// Its programme's frame.
    pub settings: &'a Settings,
}

impl Case<'_> {
    /// The facts of an act at a place, by a delegate or not.
    pub fn facts(
        &self,
        act: Act,
        now: TimeMs,
        place: Place,
        delegated: Option<Delegated>,
    ) -> Facts {
        let clock = self.settings.clock(now);
        Facts {
            act,
            clock,
            token: self.voucher.token(&clock, delegated),
            place,
        }
    }

    /// The facts of an act that is not at a place.
    pub fn facts_anywhere(&self, act: Act, now: TimeMs) -> Facts {
        let place = Place {
            place: self.voucher.place.unwrap_or(OrgId(0)),
            provider: OrgId(0),
            region: 0,
            open: None,
        };
        self.facts(act, now, place, None)
    }

    /// Whether the policy that the voucher is pinned to allows an act that is not at a place.
    pub fn allows<E: Env>(&self, env: &mut E, act: Act) -> Result<bool, Refusal> {
        let policy = state::policy(env, self.voucher.programme, self.voucher.version)?;
        let facts = self.facts_anywhere(act, env.now());
        Ok(ask(env, policy, &facts)?.is_ok())
    }

    /// The decision of the policy that the voucher is pinned to. A no is the policy's code, with a [`Refused`] by which it
    /// can be asked again; the facts are left out where they would not fit.
    pub fn decide<E: Env>(&self, env: &mut E, facts: &Facts) -> Result<Terms, Refusal> {
        let policy = state::policy(env, self.voucher.programme, self.voucher.version)?;
        let denial = match ask(env, policy, facts)? {
            Ok(terms) => return Ok(terms),
            Err(denial) => denial,
        };
        let refused = |facts| Refused {
            rule: denial.rule,
            programme: self.voucher.programme,
            version: self.voucher.version,
            voucher: self.id,
            facts,
        };
        let mut detail = codec::encode(&refused(Some(facts.clone())));
        if detail.len() > Refusal::DETAIL_BYTES_MAX {
            detail = codec::encode(&refused(None));
        }
        Err(Refusal::with_detail(denial.code, detail))
    }
}

/// The policy's decision on these facts.
pub fn ask<E: Env>(env: &mut E, policy: Policy, facts: &Facts) -> Result<Decision, Refusal> {
    let question = Query::Decide(Question {
        parameters: policy.parameters,
        facts: facts.clone(),
    });
    codec::decode(&env.query(policy.contract, &codec::encode(&question))?)
}
