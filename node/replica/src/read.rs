//! Questions about the committed ledger.

use crate::observe::Observing;
use crate::progress::SyncProgress;
use senim_state::ledger::BlockRecord;
use senim_types::proof::{
    ConsistencyProof, HeaderProof, LightBlock, ReceiptProof, StateProofBundle,
};
use senim_types::{ChainId, ContractId, Hash, Header, Height, PublicKey, TimeMs, ValidatorSet};
use std::sync::Arc;

/// A question. All of them are answered from the committed state; none changes anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// [`ReadAnswer::Status`].
    Status,
    /// The receipt of a transaction, with its proof. [`ReadAnswer::Receipt`].
    Receipt {
        /// The transaction's hash.
        transaction: Hash,
    },
    /// A value, or its absence, with its proof. [`ReadAnswer::State`].
    State {
        /// The key, contract id first.
        key: Vec<u8>,
    },
    /// A value without proof, for the node's own use. [`ReadAnswer::Value`].
    Value {
        /// The key, contract id first.
        key: Vec<u8>,
    },
    /// A block with its certificate. [`ReadAnswer::Block`].
    Block {
        /// Its height.
        height: Height,
    },
    /// A block's header with certificate and validators. [`ReadAnswer::LightBlock`].
    LightBlock {
        /// Its height; none is the tip.
        height: Option<Height>,
    },
    /// A header in the log that a later one commits to. [`ReadAnswer::Header`].
    Header {
        /// The earlier header's height.
        height: Height,
        /// The later header's height; none is the tip.
        later: Option<Height>,
    },
    /// That the log of a header is the beginning of a later one's. [`ReadAnswer::Consistency`].
    Consistency {
        /// The earlier header's height: the size of its log.
        size: Height,
        /// The later header's height; none is the tip.
        later: Option<Height>,
    },
    /// A read-only call of a contract. [`ReadAnswer::Output`].
    Query {
        /// Which contract.
        contract: ContractId,
        /// Its borsh question.
        input: Vec<u8>,
    },
    /// The sequence numbers of a device. [`ReadAnswer::Device`].
    Device {
        /// The device.
        device: PublicKey,
    },
}

/// An answer.
#[derive(Clone, Debug)]
pub enum ReadAnswer {
    /// See [`Read::Status`].
    Status(Box<NodeStatus>),
    /// See [`Read::Receipt`]; none where there is no such receipt (yet).
    Receipt(Option<Box<ReceiptProof>>),
    /// See [`Read::State`]; none at the genesis, which has no certificate.
    State(Option<Box<StateProofBundle>>),
    /// See [`Read::Value`].
    Value(Option<Vec<u8>>),
    /// See [`Read::Block`].
    Block(Option<Arc<BlockRecord>>),
    /// See [`Read::LightBlock`]; none above the tip and at the genesis.
    LightBlock(Option<Box<LightBlock>>),
    /// See [`Read::Header`]; none unless both are there, in this order.
    Header(Option<Box<HeaderProof>>),
    /// See [`Read::Consistency`]; none unless both are there, in this order.
    Consistency(Option<Box<ConsistencyProof>>),
    /// See [`Read::Query`].
    Output(Vec<u8>),
    /// See [`Read::Device`].
    Device(DeviceStatus),
}

/// How a node stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    /// The chain.
    pub chain: ChainId,
    /// The chain's name, for display.
    pub name: String,
    /// The last committed block's header; the genesis header at height 0.
    pub tip: Header,
    /// The validators of the next block.
    pub validators: ValidatorSet,
    /// This node's validator key, if it has one.
    pub validator: Option<PublicKey>,
    /// Whether the validator observes, because it may have forgotten votes, and until when.
    pub observing: Option<Observing>,
    /// Transactions waiting.
    pub mempool: usize,
    /// The highest height that a peer spoke of.
    pub seen: Height,
    /// The first height that it has a block of: above 1 where it joined from a snapshot.
    pub first: Height,
    /// How far it is where it is behind.
    pub catching_up: Option<SyncProgress>,
    /// Whether it halted.
    pub halted: bool,
}

/// How far a node is, in numbers that cost nothing to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Height of the last committed block.
    pub height: Height,
    /// Its time.
    pub time: TimeMs,
    /// The highest height that a peer spoke of.
    pub seen: Height,
    /// Keys of the committed state; none of a block that is not decided yet.
    pub state_keys: usize,
    /// Transactions waiting.
    pub mempool: usize,
    /// Bytes of them.
    pub mempool_bytes: usize,
    /// How far it is where it joins from a snapshot.
    pub joining: Option<SyncProgress>,
    /// Whether it is a validator that observes, because it may have forgotten votes.
    pub is_observing: bool,
    /// The height from which a version of the protocol is scheduled that this software does not know.
    pub unknown_protocol: Option<Height>,
}

/// What the ledger knows of a device's sequence numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceStatus {
    /// The lowest number that was never used, on the ledger or in this node's mempool.
    pub next_sequence: u64,
    /// Time of the tip.
    pub time: TimeMs,
}
