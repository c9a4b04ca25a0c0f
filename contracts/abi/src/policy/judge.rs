//! A rule at a time, with a trace for whoever wants one.

use super::answer::{Denial, Step};
use crate::guards::is_left_out;
use alloc::vec::Vec;
use senim_types::Code;

/// Looks at rules one by one, and remembers what it saw if somebody wants to know.
#[derive(Default)]
pub struct Judge {
    steps: Option<Vec<Step>>,
}

impl Judge {
    /// One that remembers.
    pub const fn that_explains() -> Judge {
        Judge {
            steps: Some(Vec::new()),
        }
    }

    /// What it saw.
    pub fn into_steps(self) -> Vec<Step> {
        self.steps.unwrap_or_default()
    }

    /// The rule is kept, or its code is the answer. `found` and `bound` are what was compared, for the trace.
    #[cfg_attr(any(feature = "testing", feature = "leave-out"), track_caller)]
    pub fn keep(
        &mut self,
        rule: u16,
        code: Code,
        kept: bool,
        (found, bound): (u64, u64),
    ) -> Result<(), Denial> {
        let kept = kept || is_left_out();
        if let Some(steps) = &mut self.steps {
            steps.push(Step {
                rule,
                kept,
                found,
                bound,
            });
        }
        if kept {
            Ok(())
        } else {
            Err(Denial { code, rule })
        }
    }

    /// Something that the trace has to say, and that nothing is refused by.
    pub fn note(&mut self, rule: u16, found: u64, bound: u64) {
        if let Some(steps) = &mut self.steps {
            steps.push(Step {
                rule,
                kept: true,
                found,
                bound,
            });
        }
    }

    /// The rule holds or not; there is nothing to compare.
    #[cfg_attr(any(feature = "testing", feature = "leave-out"), track_caller)]
    pub fn is(&mut self, rule: u16, code: Code, holds: bool) -> Result<(), Denial> {
        self.keep(rule, code, holds, (u64::from(holds), 1))
    }

    /// `found` is at most `bound`.
    #[cfg_attr(any(feature = "testing", feature = "leave-out"), track_caller)]
    pub fn at_most<T: Into<u64>>(
        &mut self,
        rule: u16,
        code: Code,
        found: T,
        bound: T,
    ) -> Result<(), Denial> {
        let (found, bound) = (found.into(), bound.into());
        self.keep(rule, code, found <= bound, (found, bound))
    }

    /// `found` is below `bound`.
    #[cfg_attr(any(feature = "testing", feature = "leave-out"), track_caller)]
    pub fn below<T: Into<u64>>(
        &mut self,
        rule: u16,
        code: Code,
        found: T,
        bound: T,
    ) -> Result<(), Denial> {
        let (found, bound) = (found.into(), bound.into());
        self.keep(rule, code, found < bound, (found, bound))
    }
}
