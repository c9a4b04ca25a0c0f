//! The rules that a prescription is pinned to, and what a no of theirs tells.

use crate::state;
use senim_abi::policy::Denial;
use senim_abi::prescription::judge::{self, Refused};
use senim_abi::prescription::{Facts, Group, GroupId, ProgrammeId, Rules};
use senim_sdk::{Env, Refusal, codec};

/// Whose rules judge an act.
pub struct Case {
    /// The programme.
    pub programme: ProgrammeId,
    /// The version of its rules.
    pub version: u32,
    /// These.
    pub rules: Rules,
    /// The prescription, once there is one.
    pub group: Option<GroupId>,
}

impl Case {
    /// Of a prescription: by the version that it was issued under.
    pub fn of<E: Env>(env: &E, id: GroupId, group: &Group) -> Result<Case, Refusal> {
        let (programme, version) = (group.programme, group.version);
        Ok(Case {
            programme,
            version,
            rules: state::rules(env, programme, version)?,
            group: Some(id),
        })
    }

    /// A yes, or the refusal with a [`Refused`] by which it can be decided again; the facts are left out where they would
    /// not fit.
    pub fn settle<T>(
        &self,
        decision: Result<T, Denial>,
        facts: impl FnOnce() -> Facts,
    ) -> Result<T, Refusal> {
        let denial = match decision {
            Ok(granted) => return Ok(granted),
            Err(denial) => denial,
        };
        let refused = |facts| Refused {
            programme: self.programme,
            version: self.version,
            rule: denial.rule,
            group: self.group,
            facts,
        };
        let facts = judge::at_fault(&self.rules, facts(), denial);
        let mut detail = codec::encode(&refused(Some(facts)));
        if detail.len() > Refusal::DETAIL_BYTES_MAX {
            detail = codec::encode(&refused(None));
        }
        Err(Refusal::with_detail(denial.code, detail))
    }
}
