//! How the ledger's events reach outside systems, each until it is acknowledged, and how theirs reach the ledger.
//!
//! - [`outbox`]: what waits for an outside system, as a pure machine. [`service`]: the process around it.
//! - [`clinic`]: a clinic's system, in FHIR. [`marking`]: a marking operator's system.
//! - [`http`]: the way to an outside system. [`rehearsal`]: how those to rehearse with behave.
//! - [`args`], [`commands`]: the program.
//!
//! **Invariant:** the ledger never waits for an outside system; what happened there is told when it is well again.
#![forbid(unsafe_code)]

pub mod args;
pub mod clinic;
pub mod commands;
pub mod http;
pub mod marking;
pub mod outbox;
pub mod rehearsal;
pub mod service;
