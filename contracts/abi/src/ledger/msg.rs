//! What the ledger can be asked.

use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_types::{ContractId, Hash, Height};

use super::record::ContractKind;

/// A call of contract 0.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Execute {
    /// Adds code, at most 512 KiB. It runs once a contract is made of it or upgraded to it. The output is its hash.
    /// Refused: `BAD_MODULE`, `FLOATS_NOT_ALLOWED`, `BAD_IMPORT`, `BAD_EXPORT`, `MODULE_LIMIT`, `TOO_LARGE`; the same
    /// code again is a success that changes nothing.
    Deploy {
        /// The WebAssembly module.
        code: Vec<u8>,
    },
    /// Makes a contract of deployed code and enters it with `Entry::Genesis`. The operator makes engine contracts, a payer
    /// its policies. Refused: `CODE_UNKNOWN`, `CONTRACT_EXISTS`, `NOT_AUTHORISED`, `OUT_OF_RANGE` for a number of the other
    /// kind, and whatever the contract refuses.
    Create {
        /// Its number; not taken, not 0, and from [`FIRST_POLICY`](crate::ids::FIRST_POLICY) on for a policy alone.
        contract: ContractId,
        /// For display, at most 64 bytes.
        name: String,
        /// Whether it can be upgraded.
        kind: ContractKind,
        /// The code.
        code: Hash,
        /// What its genesis entry is given.
        input: Vec<u8>,
    },
    /// Replaces an engine contract's code at the start of a block to come, where its `Entry::Migrate` runs once.
    /// Refused: `CONTRACT_UNKNOWN`, `CODE_UNKNOWN`, `ACTIVATION_HEIGHT`, `NOT_AUTHORISED` for a policy.
    Upgrade {
        /// Which.
        contract: ContractId,
        /// The new code, already deployed.
        code: Hash,
        /// The first block that it executes; above the current one.
        activation: Height,
    },
    /// Has blocks from a height on executed by the next version of the protocol, or no longer so: nodes whose software does
    /// not know the version stop before that height and go on once it is replaced. Scheduled again before its height, the
    /// later message holds; the version that acts now takes back what was scheduled. Refused: `WRONG_VERSION`,
    /// `ACTIVATION_HEIGHT`.
    SetProtocol {
        /// The version after the one that acts, or the one that acts.
        version: u16,
        /// The first block of it; above the current one.
        activation: Height,
    },
}

/// Numbers of the methods: the first byte of a message.
pub mod methods {
    /// [`Execute::Deploy`](super::Execute::Deploy).
    pub const DEPLOY: u8 = 0;
    /// [`Execute::Create`](super::Execute::Create).
    pub const CREATE: u8 = 1;
    /// [`Execute::Upgrade`](super::Execute::Upgrade).
    pub const UPGRADE: u8 = 2;
    /// [`Execute::SetProtocol`](super::Execute::SetProtocol).
    pub const SET_PROTOCOL: u8 = 3;
}
