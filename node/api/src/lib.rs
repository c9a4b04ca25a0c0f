//! The HTTP interface of a node, and the only place of the node that knows JSON.
//!
//! Clients submit borsh and read JSON, or borsh where they ask for `application/octet-stream`, since
//! proofs are judged as bytes. A refusal is `{"code", "message", "fault"}` with a matching status;
//! load is 429 or 503 with `Retry-After`. Every body, wait and queue has a limit.
#![forbid(unsafe_code)]

mod error;
mod handle;
mod health;
mod log;
mod metrics;
mod routes;
mod sealed;
mod signed;
mod terminals;
mod vitals;
mod watch;

pub use error::ApiError;
pub use handle::{Ended, NodeHandle, REQUESTS_MAX, Request};
pub use metrics::Metrics;
pub use routes::{Api, router};
pub use sealed::{SEALED_BYTES_MAX, SealedLimits, SealedStore};
pub use signed::{REQUEST_HEADER, request_message};
pub use terminals::{CONTACT_BYTES_MAX, ContactLimits, ContactStore};
pub use vitals::{Figures, Vitals};
pub use watch::{Ask, HostCounts, NetworkCounts, ReadyLimits, Watch};
