//! What a use answers, and what a policy's refusal carries.

use super::{ProgrammeId, VoucherId};
use crate::policy::{Denial, Facts};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::Tiyn;

/// Answer to [`Execute::Redeem`](super::Execute::Redeem).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Redeemed {
    /// Which use of the voucher this was, from 1.
    pub number: u32,
    /// What the programme paid, in tiyn.
    pub pays: Tiyn,
    /// What the citizen bears, in tiyn.
    pub bears: Tiyn,
    /// What is left of its money, in tiyn.
    pub left: Tiyn,
}

/// The detail of a policy's refusal: what was asked of which rules, so that it can be asked again. The facts are left out
/// where they would not fit a detail.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Refused {
    /// The rule that decided.
    pub rule: u16,
    /// Under which programme.
    pub programme: ProgrammeId,
    /// Version of the rules.
    pub version: u32,
    /// Which voucher; zeros for one that was not issued.
    pub voucher: VoucherId,
    /// What was judged.
    pub facts: Option<Facts>,
}

impl Refused {
    /// The denial that this is the detail of.
    pub const fn denial(&self, code: senim_types::Code) -> Denial {
        Denial {
            code,
            rule: self.rule,
        }
    }
}
