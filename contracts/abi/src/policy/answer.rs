//! What a policy answers.

use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{Code, Tiyn};

/// On which terms a use is paid; zeros for any other act.
#[cfg_attr(feature = "schema", derive(borsh::BorshSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Terms {
    /// What the programme pays, in tiyn.
    pub pays: Tiyn,
    /// What the citizen bears, in tiyn: recorded, never claimed.
    pub bears: Tiyn,
}

/// A policy's no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Denial {
    /// The stable code, or a number of the policy's own.
    pub code: Code,
    /// The rule that decided: its text is in the policy's [`Description`].
    pub rule: u16,
}

/// Yes on these terms, or no.
pub type Decision = Result<Terms, Denial>;

/// A rule that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Step {
    /// Which.
    pub rule: u16,
    /// Whether it was kept. The first that was not is the last step.
    pub kept: bool,
    /// What the rule compared: `{0}` in its text.
    pub found: u64,
    /// What it compared that with: `{1}` in its text.
    pub bound: u64,
}

/// Answer to [`Query::Explain`](super::Query::Explain).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Explanation {
    /// The rules in the order in which they were looked at.
    pub steps: Vec<Step>,
    /// What was decided.
    pub decision: Decision,
}

/// A rule in words.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct RuleText {
    /// Its number: what a [`Denial`] and a [`Step`] name.
    pub rule: u16,
    /// What it asks for. `{0}` and `{1}` stand for what a step found and what it was compared with.
    pub text: String,
}

/// Answer to [`Query::Describe`](super::Query::Describe).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Description {
    /// The policy's name.
    pub name: String,
    /// Its rules, by ascending number.
    pub rules: Vec<RuleText>,
}
