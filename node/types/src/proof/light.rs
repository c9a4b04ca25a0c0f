//! What a light client needs beyond receipts and values: blocks to move its trust by, and proofs
//! about the log of headers.

use super::consistency::LogConsistency;
use super::log::LogProof;
use crate::block::Header;
use crate::certificate::CommitCertificate;
use crate::hash::Hash;
use crate::validator::ValidatorSet;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// A certified header with the validators that its hashes name.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
pub struct LightBlock {
    /// The block's header.
    pub header: Header,
    /// The block's certificate.
    pub certificate: CommitCertificate,
    /// Who certifies this block: `header.validators_hash`.
    pub validators: ValidatorSet,
    /// Who certifies the next one: `header.next_validators_hash`.
    pub next_validators: ValidatorSet,
}

/// Proof that a header is in the log that a later, certified one commits to.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
pub struct HeaderProof {
    /// The header that is proven; its height is its place in the log.
    pub earlier: Header,
    /// Siblings from its leaf upwards.
    pub path: Vec<Hash>,
    /// The header whose `log_root` it is proven under; its height is the size of that log.
    pub header: Header,
    /// The certificate of `header`.
    pub certificate: CommitCertificate,
}

impl HeaderProof {
    /// Whether the path leads from the earlier header to the later one's `log_root`.
    pub fn holds(&self) -> bool {
        let proof = LogProof {
            size: self.header.height.0,
            siblings: self.path.clone(),
        };
        proof.proves(&self.header.log_root, &self.earlier)
    }
}

/// Proof that an earlier state of the log is the beginning of what a certified header commits to.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
pub struct ConsistencyProof {
    /// Leaves of the earlier log, at least 1.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// From the earlier log to the later one, in the order of RFC 6962.
    pub path: Vec<Hash>,
    /// The later header; its height is the size of its log.
    pub header: Header,
    /// The certificate of `header`.
    pub certificate: CommitCertificate,
}

impl ConsistencyProof {
    /// Whether the path leads from the earlier root to the later header's `log_root`.
    pub fn holds(&self) -> bool {
        let claim = LogConsistency {
            first: self.size,
            second: self.header.height.0,
            path: &self.path,
        };
        claim.proves(&self.root, &self.header.log_root)
    }
}
