//! Blocks and their headers.

use crate::code::Code;
use crate::codec;
use crate::hash::{ChainId, Hash};
use crate::key::PublicKey;
use crate::limits;
use crate::merkle;
use crate::transaction::SignedTransaction;
use crate::units::{Height, TimeMs};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Version of the protocol that every genesis starts with.
pub const PROTOCOL_VERSION_FIRST: u16 = 1;
/// The newest version of the protocol that this software executes; it executes all before it as well.
pub const PROTOCOL_VERSION_NEWEST: u16 = if cfg!(feature = "protocol-2") { 2 } else { 1 };

/// What validators sign for, and all that a light client needs of a block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct Header {
    /// Version of this header and of the protocol that the block was executed by.
    pub version: u16,
    /// The chain.
    pub chain: ChainId,
    /// Parent's height plus one.
    pub height: Height,
    /// The proposer's time, strictly above the parent's.
    pub time: TimeMs,
    /// Hash of the parent's header; [`Hash::ZERO`] at the genesis.
    pub parent: Hash,
    /// The validator that first proposed this block.
    pub proposer: PublicKey,
    /// [`merkle::list_root`] of the signed transactions' bytes.
    pub transactions_root: Hash,
    /// [`merkle::list_root`] of the receipts' bytes.
    pub receipts_root: Hash,
    /// Root of the state tree after this block.
    pub state_root: Hash,
    /// Hash of the validator set that certifies this block.
    pub validators_hash: Hash,
    /// Hash of the validator set that certifies the next block.
    pub next_validators_hash: Hash,
    /// RFC 6962 SHA-256 tree over the bytes of all earlier headers, the genesis header first.
    pub log_root: Hash,
}

impl Header {
    /// The block's identity: blake3 of the header's bytes. It is also consensus' value id.
    pub fn hash(&self) -> Hash {
        Hash::of(&codec::encode(self))
    }
}

/// A block: header and transactions. Its certificate is stored beside it and hashed nowhere, since
/// nodes may hold different valid ones.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// In the order of execution.
    pub transactions: Vec<SignedTransaction>,
}

/// The `transactions_root` of a list of transactions.
pub fn transactions_root(transactions: &[SignedTransaction]) -> Hash {
    merkle::list_root(transactions.iter().map(codec::encode))
}

impl Block {
    /// Decodes a block and checks that its header commits to exactly its transactions.
    pub fn decode(bytes: &[u8]) -> Result<Block, Code> {
        let block: Block =
            codec::decode(bytes, limits::BLOCK_BYTES_MAX).map_err(codec::DecodeError::code)?;
        if block.transactions.len() > limits::BLOCK_TRANSACTIONS_MAX {
            return Err(Code::TOO_LARGE);
        }
        if transactions_root(&block.transactions) != block.header.transactions_root {
            return Err(Code::TRANSACTIONS_ROOT);
        }
        Ok(block)
    }
}
