//! What a policy is written against: a function of a question, and nothing else.
//!
//! ```
//! use senim_sdk::policy::{Decision, Facts, Judge, Policy, Terms};
//! use senim_types::{Code, Tiyn};
//!
//! /// A ride for a disabled person: at most three a day, paid up to a limit.
//! struct Rides;
//!
//! impl Policy for Rides {
//!     const NAME: &'static str = "rides";
//!     const RULES: &'static [(u16, &'static str)] = &[(1, "uses of a day, {0} so far, stay below {1}")];
//!     type Parameters = u8;
//!
//!     fn is_valid(rides_per_day: &u8) -> bool {
//!         *rides_per_day > 0
//!     }
//!
//!     fn decide(rides_per_day: &u8, facts: &Facts, judge: &mut Judge) -> Decision {
//!         judge.below(1, Code::DAILY_LIMIT, facts.token.uses_today, *rides_per_day)?;
//!         Ok(Terms { pays: facts.price(), bears: Tiyn::ZERO })
//!     }
//! }
//!
//! senim_sdk::policy!(Rides);
//! ```

pub use senim_abi::policy::{
    Act, Clock, Decision, Delegated, Denial, Description, Explanation, Facts, Judge, Line, Listing,
    Place, Product, ProofKind, Query, Question, RuleText, Step, Terms, Token,
};

use crate::{Entry, Outcome, Refusal, codec, ensure};
use alloc::string::ToString;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::Code;

/// The rules of a support measure.
pub trait Policy {
    /// For people.
    const NAME: &'static str;
    /// Each rule's number and what it asks for, by ascending number. `{0}` and `{1}` stand for what was found and what that
    /// was compared with.
    const RULES: &'static [(u16, &'static str)];
    /// What a programme sets.
    type Parameters: BorshSerialize + BorshDeserialize;

    /// Whether the policy can work with these parameters.
    fn is_valid(parameters: &Self::Parameters) -> bool;

    /// Yes on terms, or no. A function of its arguments.
    fn decide(parameters: &Self::Parameters, facts: &Facts, judge: &mut Judge) -> Decision;
}

/// Answers for a policy: the whole contract. Only questions are answered; there is nothing to execute.
pub fn run<P: Policy>(entry: Entry, input: &[u8]) -> Outcome {
    match entry {
        // Whether its bytes are canonical matters to nobody: a question is answered and forgotten.
        Entry::Query => match codec::read(input).ok_or(Code::BAD_INPUT)? {
            Query::Decide(question) => {
                let parameters = known::<P>(&question.parameters)?;
                let decision = P::decide(&parameters, &question.facts, &mut Judge::default());
                Ok(codec::encode(&decision))
            }
            Query::Explain(question) => {
                let parameters = known::<P>(&question.parameters)?;
                let mut judge = Judge::that_explains();
                let decision = P::decide(&parameters, &question.facts, &mut judge);
                Ok(codec::encode(&Explanation {
                    steps: judge.into_steps(),
                    decision,
                }))
            }
            Query::Describe => Ok(codec::encode(&describe::<P>())),
            Query::Check(bytes) => {
                let parameters = codec::decode(&bytes).map_err(|_| Code::OUT_OF_RANGE)?;
                ensure(P::is_valid(&parameters), Code::OUT_OF_RANGE)?;
                Ok(Vec::new())
            }
        },
        // Made of code and nothing else: there is nothing to set up.
        Entry::Genesis => Ok(Vec::new()),
        Entry::Execute | Entry::Migrate | Entry::Due => Err(Refusal::new(Code::BAD_ENTRY)),
    }
}

/// Parameters that were checked when they were set.
fn known<P: Policy>(bytes: &[u8]) -> Result<P::Parameters, Refusal> {
    codec::read(bytes).ok_or(Refusal::new(Code::OUT_OF_RANGE))
}

fn describe<P: Policy>() -> Description {
    let rules = P::RULES.iter().map(|(rule, text)| RuleText {
        rule: *rule,
        text: (*text).to_string(),
    });
    Description {
        name: P::NAME.to_string(),
        rules: rules.collect(),
    }
}

/// Makes a contract of a [`Policy`]: its `run` function, and the WebAssembly exports.
#[macro_export]
macro_rules! policy {
    ($policy:ty) => {
        /// The contract.
        pub fn run<E: $crate::Env>(
            _: &mut E,
            entry: $crate::Entry,
            input: &[u8],
        ) -> $crate::Outcome {
            $crate::policy::run::<$policy>(entry, input)
        }

        $crate::contract!(run);
    };
}
