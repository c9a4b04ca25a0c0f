//! The ledger itself, as contract 0: code, contracts, upgrades, sequence numbers, the due-queue.
//!
//! It is not a WebAssembly contract: the execution engine implements it. Its messages are called like any
//! contract's, under rights that the registry keeps for contract 0.

mod msg;
mod record;

pub use msg::{Execute, methods};
pub use record::{
    ContractKind, ContractRecord, ContractV1, PendingProtocol, PendingUpgrade, ProtocolRecord,
    ProtocolV1, SequenceState, SequenceWindow, WindowV1, keys,
};
