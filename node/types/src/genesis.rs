//! The genesis: the first state, agreed on before there is a ledger.

use crate::block::{Header, PROTOCOL_VERSION_FIRST};
use crate::codec::{self, DecodeError};
use crate::hash::{ChainId, Hash};
use crate::units::{ContractId, Height, TimeMs};
use crate::validator::ValidatorSet;
use crate::{limits, merkle};
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Version of [`Genesis`].
pub const GENESIS_VERSION: u16 = 1;

/// What all nodes start from. The chain id is the hash of its canonical bytes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Genesis {
    /// [`GENESIS_VERSION`].
    pub version: u16,
    /// For display; two chains may share it.
    pub name: String,
    /// Time of the genesis state; every block is later.
    pub time: TimeMs,
    /// Limits and paces of this chain.
    pub parameters: Parameters,
    /// The validators of the first block.
    pub validators: ValidatorSet,
    /// Engine contracts, pinned by the hash of their code.
    pub contracts: Vec<GenesisContract>,
    /// Calls with the authority of the ledger that make the first state, in order.
    pub calls: Vec<GenesisCall>,
}

/// Limits and paces of a chain: part of consensus.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Parameters {
    /// Bytes of a block; at most [`limits::BLOCK_BYTES_MAX`].
    pub block_bytes_max: u32,
    /// Fuel of a block's transactions together.
    pub block_fuel_max: u64,
    /// Fuel of the due entries served at a block's start.
    pub due_fuel_max: u64,
    /// Fuel of one transaction.
    pub transaction_fuel_max: u64,
    /// An idle chain makes a block this often, in ms.
    pub heartbeat_ms: u64,
    /// How far a validator's clock may be from true time, in ms.
    pub time_precision_ms: u64,
    /// How long a proposal may travel in round 0, in ms; it grows with the round.
    pub message_delay_ms: u64,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters {
            block_bytes_max: 4 * 1024 * 1024,
            block_fuel_max: 20_000_000_000,
            due_fuel_max: 2_000_000_000,
            transaction_fuel_max: 100_000_000,
            heartbeat_ms: 60_000,
            time_precision_ms: 500,
            message_delay_ms: 2_000,
        }
    }
}

/// An engine contract at genesis.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct GenesisContract {
    /// Its number; not 0.
    pub id: ContractId,
    /// For display.
    pub name: String,
    /// blake3 of its WebAssembly code.
    pub code: Hash,
}

/// A call made while the genesis state is built.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct GenesisCall {
    /// Whom.
    pub contract: ContractId,
    /// The contract's borsh message.
    #[cfg_attr(feature = "json", serde(with = "crate::text::hex_bytes"))]
    pub input: Vec<u8>,
}

impl Genesis {
    /// Decodes a canonical genesis.
    pub fn decode(bytes: &[u8]) -> Result<Genesis, DecodeError> {
        codec::decode(bytes, limits::GENESIS_BYTES_MAX)
    }

    /// The identity of the chain that starts here.
    pub fn chain_id(&self) -> ChainId {
        ChainId(Hash::of_parts(&[b"senim/genesis", &codec::encode(self)]))
    }

    /// The header at height 0, which nobody certifies: everybody computes it.
    pub fn header(&self, state_root: Hash) -> Header {
        let validators_hash = self.validators.hash();
        Header {
            version: PROTOCOL_VERSION_FIRST,
            chain: self.chain_id(),
            height: Height::GENESIS,
            time: self.time,
            parent: Hash::ZERO,
            proposer: self.validators.validators()[0].key,
            transactions_root: merkle::list_root::<Vec<u8>>([]),
            receipts_root: merkle::list_root::<Vec<u8>>([]),
            state_root,
            validators_hash,
            next_validators_hash: validators_hash,
            log_root: Hash::ZERO,
        }
    }
}
