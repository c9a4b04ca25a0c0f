//! Proof that a receipt is in a certified block.

use crate::block::Header;
use crate::certificate::CommitCertificate;
use crate::codec;
use crate::hash::Hash;
use crate::merkle::{self, ListTree};
use crate::receipt::Receipt;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// A receipt, its way to the header's `receipts_root`, the header, and the header's certificate.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
pub struct ReceiptProof {
    /// The receipt; its `index` is the leaf's.
    pub receipt: Receipt,
    /// Receipts in the block.
    pub count: u32,
    /// Siblings from the leaf upwards.
    pub path: Vec<Hash>,
    /// The block's header.
    pub header: Header,
    /// The block's certificate.
    pub certificate: CommitCertificate,
}

impl ReceiptProof {
    /// The proof of the receipt at `index` among a block's `receipts`; `None` where there is none.
    pub fn new(
        receipts: &[Receipt],
        index: usize,
        header: Header,
        certificate: CommitCertificate,
    ) -> Option<ReceiptProof> {
        let tree = ListTree::new(receipts.iter().map(Receipt::leaf));
        ReceiptProof::from_tree(&tree, receipts, index, header, certificate)
    }

    /// The same where the tree of the receipts is at hand.
    pub fn from_tree(
        tree: &ListTree,
        receipts: &[Receipt],
        index: usize,
        header: Header,
        certificate: CommitCertificate,
    ) -> Option<ReceiptProof> {
        let (path, count) = (tree.path(index)?, tree.count());
        Some(ReceiptProof {
            receipt: receipts.get(index)?.clone(),
            count,
            path,
            header,
            certificate,
        })
    }

    /// The receipts root that the path leads to.
    pub fn root(&self) -> Option<Hash> {
        merkle::list_root_from_path(
            &codec::encode(&self.receipt),
            self.receipt.index,
            self.count,
            &self.path,
        )
    }
}
