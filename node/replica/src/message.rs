//! What nodes send each other besides what users see: votes, bodies, transactions, catching up.

use crate::input::Lane;
use crate::message_snapshot::SnapshotMessage;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_consensus::ConsensusMessage;
use senim_types::codec::{self, DecodeError};
use senim_types::limits::{BLOCK_BYTES_MAX, CERTIFICATE_BYTES_MAX};
use senim_types::{CommitCertificate, Hash, Height, PublicKey, SignedTransaction};

/// Bytes of a message: a block, its certificate and the envelope.
pub const PEER_MESSAGE_BYTES_MAX: usize = BLOCK_BYTES_MAX + CERTIFICATE_BYTES_MAX + 256;
/// Bytes of transactions passed on in one message.
pub const GOSSIP_BYTES_MAX: usize = 1 << 20;
/// Blocks answered to one request.
pub const BLOCKS_PER_RESPONSE_MAX: usize = 64;
/// Bytes of blocks answered to one request; one block is always answered.
pub const RESPONSE_BYTES_TARGET: usize = 2 << 20;

/// A message between nodes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum PeerMessage {
    /// A vote, a proposal or a certificate about rounds.
    Consensus(ConsensusMessage),
    /// The body of a proposed block.
    Body {
        /// The block's canonical bytes; their header's hash is what is proposed.
        block: Vec<u8>,
    },
    /// Asks for the body of a proposed block.
    BodyRequest {
        /// Height of the block.
        height: Height,
        /// The header's hash.
        block: Hash,
    },
    /// Transactions that the sender verified and took; the receiver verifies them again.
    Transactions(Vec<SignedTransaction>),
    /// The sender's committed height.
    Status {
        /// The tip.
        height: Height,
        /// Whether the sender has no vote and wants to be told of every block.
        follows: bool,
    },
    /// Asks for certified blocks from this height on.
    BlocksRequest {
        /// The first block wanted.
        from: Height,
        /// How many are wanted at most.
        count: u16,
    },
    /// Certified blocks, consecutive.
    Blocks(Vec<CertifiedBlock>),
    /// Asks how far the receiver is, now.
    TipRequest {
        /// Names the question.
        nonce: u64,
    },
    /// Answers [`PeerMessage::TipRequest`].
    Tip {
        /// As asked.
        nonce: u64,
        /// The sender's committed height.
        height: Height,
        /// The validator that the sender is and whose votes it remembers, if it has a vote.
        validator: Option<PublicKey>,
    },
    /// About snapshots.
    Snapshot(SnapshotMessage),
}

/// A block and its certificate, as they are stored and synced.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CertifiedBlock {
    /// The block's canonical bytes.
    pub block: Vec<u8>,
    /// Its certificate.
    pub certificate: CommitCertificate,
}

impl PeerMessage {
    /// How it travels.
    pub fn lane(&self) -> Lane {
        match self {
            PeerMessage::Consensus(_)
            | PeerMessage::BodyRequest { .. }
            | PeerMessage::Status { .. }
            | PeerMessage::BlocksRequest { .. }
            | PeerMessage::TipRequest { .. }
            | PeerMessage::Tip { .. } => Lane::Urgent,
            PeerMessage::Body { .. } | PeerMessage::Transactions(_) | PeerMessage::Blocks(_) => {
                Lane::Bulk
            }
            PeerMessage::Snapshot(message) => message.lane(),
        }
    }

    /// Canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// A message from a peer's bytes.
    pub fn decode(bytes: &[u8]) -> Result<PeerMessage, DecodeError> {
        codec::decode(bytes, PEER_MESSAGE_BYTES_MAX)
    }
}
