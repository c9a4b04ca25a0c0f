//! Policies: the rules of a support measure, as a contract of its own that says yes or no and keeps nothing.
//!
//! The voucher contract asks the policy that a token is pinned to with the [`Facts`] of the act, and the policy answers
//! with a [`Decision`]. A policy is a function of its question alone: no state, no clock, no other contract. So whatever it
//! decided can be decided again, with its trace, from what the receipt holds; and a policy that is not deployed yet can be
//! tried on history.
//!
//! [`Query`] in; [`Decision`], [`Explanation`] or [`Description`] out. [`measure`] has the parameters of the policy that
//! comes with the ledger and covers what most measures need.

pub mod answer;
pub mod facts;
pub mod judge;
pub mod measure;

pub use answer::{Decision, Denial, Description, Explanation, RuleText, Step, Terms};
pub use facts::{Act, Clock, Delegated, Facts, Line, Listing, Place, Product, ProofKind, Token};
pub use judge::Judge;

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::limits;

/// Bytes of a policy's parameters at most: the event that tells them has to hold them, and what else it says.
pub const PARAMETERS_BYTES_MAX: usize = limits::EVENT_BYTES_MAX - 64;

/// What a policy can be asked: the input of its `Entry::Query`. Each names the borsh type of its answer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Query {
    /// [`Decision`]: may this be done, and on which terms? What the voucher contract asks.
    Decide(Question),
    /// [`Explanation`]: the same, with every rule that was looked at. What people ask.
    Explain(Question),
    /// [`Description`]: the policy's name and the texts of its rules.
    Describe,
    /// `()`, or a refusal `OUT_OF_RANGE`: are these parameters ones that the policy can work with?
    Check(Vec<u8>),
}

/// An act and the parameters under which it is judged.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Question {
    /// The programme's parameters, in the policy's own encoding; at most [`PARAMETERS_BYTES_MAX`].
    pub parameters: Vec<u8>,
    /// Everything else.
    pub facts: Facts,
}
