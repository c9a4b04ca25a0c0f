//! The native test double of the host: several contracts over one map, with the host's rules of rollback.
//!
//! ```
//! use senim_sdk::testing::{Actor, TestEnv};
//! use senim_sdk::{Entry, Env, Outcome, Roles};
//! use senim_types::{ContractId, OrgId};
//!
//! fn echo<E: Env>(_: &mut E, _: Entry, input: &[u8]) -> Outcome {
//!     Ok(input.to_vec())
//! }
//!
//! let mut env = TestEnv::new().with(ContractId(7), echo);
//! let pharmacy = Actor::new(1, OrgId(5), Roles::PHARMACY);
//! let outcome = env.submit(&pharmacy, &[(ContractId(7), vec![1, 2])], &[]);
//! assert_eq!(outcome.result, Ok(vec![vec![1, 2]]));
//! ```
//!
//! What a run did ([`TestOutcome`]) is recorded in the shape of the execution engine's outcome: ordered writes under full
//! state keys, events, outputs. That is what the suite compares that runs the same calls as WebAssembly.
//!
//! Not modelled: fuel, memory, and rights of devices, which the execution engine checks before a contract is entered.

mod golden;
mod host;
mod world;

pub use golden::Golden;
pub use world::{Actor, Due, Step, TestEnv, TestOutcome, key_of};
