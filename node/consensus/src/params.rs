//! What an operator may tune, and what bounds memory.

use crate::timer::TimerKind;
use senim_types::{ChainId, Round};

/// How a [`Consensus`](crate::Consensus) is set up.
#[derive(Clone, Debug)]
pub struct Params {
    /// The chain: part of every signed byte string.
    pub chain: ChainId,
    /// How long each step waits.
    pub timeouts: Timeouts,
    /// How much is kept of what cannot be used yet.
    pub limits: Limits,
}

impl Params {
    /// Parameters for validators that reach each other within a few milliseconds.
    pub fn local(chain: ChainId) -> Params {
        Params {
            chain,
            timeouts: Timeouts::LOCAL,
            limits: Limits::DEFAULT,
        }
    }
}

/// Timeouts of one height: a base for round 0 and a step added per later round, so that rounds
/// become long enough for the network as it is. Validators need not agree on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Wait for the proposal and its body before prevoting nil. Has to hold building a full block,
    /// sending it and executing it once.
    pub propose_ms: u64,
    /// Added per round to `propose_ms`.
    pub propose_step_ms: u64,
    /// Wait for more prevotes after two thirds prevoted without agreeing.
    pub prevote_ms: u64,
    /// Added per round to `prevote_ms`.
    pub prevote_step_ms: u64,
    /// Wait for more precommits after two thirds precommitted without agreeing.
    pub precommit_ms: u64,
    /// Added per round to `precommit_ms`.
    pub precommit_step_ms: u64,
    /// Send own votes of the round again after so long without progress: what was lost when a
    /// connection broke comes back by this.
    pub rebroadcast_ms: u64,
    /// No timeout is longer.
    pub timeout_ms_max: u64,
}

impl Timeouts {
    /// For one machine or one site: a dead proposer costs `propose_ms + precommit_ms` = 800 ms.
    pub const LOCAL: Timeouts = Timeouts {
        propose_ms: 700,
        propose_step_ms: 300,
        prevote_ms: 100,
        prevote_step_ms: 100,
        precommit_ms: 100,
        precommit_step_ms: 100,
        rebroadcast_ms: 500,
        timeout_ms_max: 10_000,
    };

    /// For validators across a country: a dead proposer costs 2 s.
    pub const WIDE: Timeouts = Timeouts {
        propose_ms: 1_600,
        propose_step_ms: 500,
        prevote_ms: 400,
        prevote_step_ms: 300,
        precommit_ms: 400,
        precommit_step_ms: 300,
        rebroadcast_ms: 1_500,
        timeout_ms_max: 30_000,
    };

    /// The wait for `kind` in `round`, in ms.
    pub fn after_ms(&self, kind: TimerKind, round: Round) -> u64 {
        let (base_ms, step_ms) = match kind {
            TimerKind::Propose => (self.propose_ms, self.propose_step_ms),
            TimerKind::Prevote => (self.prevote_ms, self.prevote_step_ms),
            TimerKind::Precommit => (self.precommit_ms, self.precommit_step_ms),
            TimerKind::Rebroadcast => (self.rebroadcast_ms, 0),
        };
        base_ms
            .saturating_add(step_ms.saturating_mul(u64::from(round.0)))
            .min(self.timeout_ms_max)
    }
}

/// Bounds of the buffer for messages of heights that have not started here.
///
/// At most heights × rounds × 3 kinds × validators messages of some 150 bytes are kept, each with a
/// verified signature, so that a validator can fill its own places and nobody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Heights above the last started one whose messages are kept.
    pub heights_ahead_max: u64,
    /// Rounds of such a height whose messages are kept, counted from 0.
    pub rounds_ahead_max: u32,
}

impl Limits {
    /// Two heights of four rounds: an ordinary node is one height behind for milliseconds; one
    /// further behind has to fetch certified blocks anyway.
    pub const DEFAULT: Limits = Limits {
        heights_ahead_max: 2,
        rounds_ahead_max: 4,
    };
}
