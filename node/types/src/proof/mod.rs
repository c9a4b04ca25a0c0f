//! What a node gives to somebody who does not trust it.
//!
//! A proof is bytes; the light client judges it with the genesis alone.

pub mod bundle;
pub mod consistency;
pub mod light;
pub mod log;
pub mod receipt;
pub mod state;

pub use bundle::StateProofBundle;
pub use consistency::{LogConsistency, consistency_nodes};
pub use light::{ConsistencyProof, HeaderProof, LightBlock};
pub use log::{LogFrontier, LogProof};
pub use receipt::ReceiptProof;
pub use state::{StateProof, StateProofEnd, StateProofError};
