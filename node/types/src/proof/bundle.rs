//! A state proof with all that it takes to judge it.

use super::StateProof;
use crate::block::Header;
use crate::certificate::CommitCertificate;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// A key, its value or absence, the proof of that, and the certified header it is proven against.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
pub struct StateProofBundle {
    /// The state key, contract id first.
    #[cfg_attr(feature = "json", serde(with = "crate::text::hex_bytes"))]
    pub key: Vec<u8>,
    /// The value; `None` claims that there is none.
    #[cfg_attr(feature = "json", serde(serialize_with = "crate::text::optional_hex"))]
    pub value: Option<Vec<u8>>,
    /// The way to the header's `state_root`.
    pub proof: StateProof,
    /// The block's header.
    pub header: Header,
    /// The block's certificate.
    pub certificate: CommitCertificate,
}
