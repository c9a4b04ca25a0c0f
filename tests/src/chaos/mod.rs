//! Four real processes under a load, killed without warning and cut off from each other at random; afterwards everything
//! that was acknowledged is there exactly once, on every one of them.
//!
//! - `plan`: what happens when, from a seed; `proxy`: what stands in the links; `run`: the load, the faults, the count.
//!
//! Real time and real processes: a seed repeats what is done, not what comes of it. For that there is [`crate::sim`].

mod plan;
mod proxy;
mod run;

pub use run::{Chaos, Outcome, run};
