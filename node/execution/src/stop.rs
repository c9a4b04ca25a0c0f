//! How a call can end other than well. Three kinds that are never mixed up:
//! a refusal (the contract says no), a trap (the contract broke a rule of the machine) and a host
//! fault (this node cannot go on, and stops).

use senim_abi::Refusal;
use senim_types::{Code, Status, ViewError};

/// This node could not execute what every node must execute alike: storage that does not answer, no
/// memory, a bug of the engine. The node stops; nothing of it may reach a receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("host fault: {0}")]
pub struct HostFault(pub String);

impl From<ViewError> for HostFault {
    fn from(error: ViewError) -> Self {
        HostFault(error.to_string())
    }
}

/// The end of a call before its time. It also travels through the engine as a host function's error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// A contract, or the ledger, refused: rolled back, with a stable code and what it says besides.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// A contract broke a rule of the machine: rolled back, with a coarse code and nothing else,
    /// since the text of a trap changes with the engine.
    #[error("trapped: {0:?}")]
    Trapped(Code),
    /// Not the contract's doing: the node stops.
    #[error(transparent)]
    Fault(#[from] HostFault),
}

impl Stop {
    /// A refusal without detail.
    pub const fn refused(code: Code) -> Stop {
        Stop::Refused(Refusal::new(code))
    }

    /// What the receipt says, or the fault that leaves none.
    pub fn into_status(self) -> Result<Status, HostFault> {
        match self {
            Stop::Refused(Refusal { code, detail }) => Ok(Status::Refused { code, detail }),
            Stop::Trapped(code) => Ok(Status::Trapped { code }),
            Stop::Fault(fault) => Err(fault),
        }
    }
}

impl From<ViewError> for Stop {
    fn from(error: ViewError) -> Self {
        Stop::Fault(error.into())
    }
}
