//! What the ledger answers.

use super::{BlockRecord, Ledger, Place, cells};
use crate::error::StateError;
use crate::log::LogRecord;
use crate::store::StoreError;
use crate::tree::Tree;
use borsh::BorshDeserialize;
use senim_types::proof::log::{LogNode, fold_log_nodes, log_siblings};
use senim_types::proof::{LogProof, StateProof, consistency_nodes};
use senim_types::{Block, Hash, Header, Height, StateView, ViewError, codec, limits};
use std::sync::Arc;

/// A state value, or its absence, with the proof of it under the tip's `state_root`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateAnswer {
    /// The value; `None` where there is no such key.
    pub value: Option<Vec<u8>>,
    /// The proof of exactly that.
    pub proof: StateProof,
}

impl Ledger {
    /// The height of the last committed block.
    pub fn height(&self) -> Height {
        self.tip.height
    }

    /// The header of the last committed block; the genesis header before the first.
    pub fn tip(&self) -> &Header {
        &self.tip
    }

    /// The tip's hash: the parent of the next block.
    pub fn tip_hash(&self) -> Hash {
        self.tip_hash
    }

    /// The root of the committed state.
    pub fn state_root(&self) -> Hash {
        self.tip.state_root
    }

    /// The root of the log of all headers up to and with the tip: the next header's `log_root`.
    pub fn log_root(&self) -> Hash {
        self.frontier.root()
    }

    /// The header at height 0.
    pub fn genesis_header(&self) -> &Header {
        &self.genesis
    }

    /// The committed state's tree, for its number of keys and for measurements.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The block at `height` with certificate and receipts; `None` above the tip and at the genesis.
    pub fn block(&self, height: Height) -> Result<Option<Arc<BlockRecord>>, StateError> {
        if let Some((newest, _)) = self.recent.back()
            && let Some(back) = newest.block.header.height.0.checked_sub(height.0)
            && let Some(index) = (self.recent.len() as u64 - 1).checked_sub(back)
        {
            return Ok(Some(Arc::clone(&self.recent[index as usize].0)));
        }
        match self.log.read(height)? {
            Some(record) => match decode_record(&record) {
                Some(record) => Ok(Some(Arc::new(record))),
                None => Err(self.log.content_damage(height).into()),
            },
            None => Ok(None),
        }
    }

    /// The block at `height` as the bytes that the log holds, for peers that catch up.
    pub fn block_bytes(&self, height: Height) -> Result<Option<LogRecord>, StateError> {
        Ok(self.log.read(height)?)
    }

    /// The header at `height`, the genesis header at 0; `None` above the tip.
    pub fn header(&self, height: Height) -> Result<Option<Header>, StateError> {
        if height == Height::GENESIS {
            return Ok(Some(self.genesis.clone()));
        }
        if height == self.tip.height {
            return Ok(Some(self.tip.clone()));
        }
        if let Some(base) = self.base.as_ref().filter(|base| base.height() == height) {
            return Ok(Some(base.contents.header.clone()));
        }
        let Some(record) = self.log.read(height)? else {
            return Ok(None);
        };
        // The header is the first field of a block.
        match Header::deserialize(&mut record.block.as_slice()) {
            Ok(header) => Ok(Some(header)),
            Err(_) => Err(self.log.content_damage(height).into()),
        }
    }

    /// Where the receipt of a transaction is, by the hash of the transaction's body.
    pub fn find_transaction(&self, hash: &Hash) -> Result<Option<Place>, StateError> {
        self.find(&cells::transaction_key(hash))
    }

    fn find(&self, key: &[u8]) -> Result<Option<Place>, StateError> {
        let bytes = self.derived(key)?;
        Ok(bytes.map(|bytes| Place::decode(&bytes)).transpose()?)
    }

    /// A value of the store that is not state.
    fn derived(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let flushing = self
            .flushing
            .as_ref()
            .and_then(|pending| pending.derived.get(key));
        match self.pending.derived.get(key).or(flushing) {
            Some(value) => Ok(Some(value.clone())),
            None => cells::read(self.store.as_ref(), key),
        }
    }

    /// The value at a state key, or its absence, with its proof under the tip's `state_root`.
    pub fn prove_state(&self, key: &[u8]) -> Result<StateAnswer, ViewError> {
        let value = self.get(key)?;
        let proof = self.tree.prove(key);
        // The store and the tree are two sources: an answer in which they differ proves nothing.
        if !proof.proves(&self.tip.state_root, key, value.as_deref()) {
            let error = StoreError::Damaged("a value is not the one in the state tree".into());
            return Err(error.into());
        }
        Ok(StateAnswer { value, proof })
    }

    /// Proof that the header at `height` is in the log of the header at `later`, under that one's
    /// `log_root`. `None` unless `height < later`, and `later` is at most the height after the tip.
    pub fn prove_header(
        &self,
        height: Height,
        later: Height,
    ) -> Result<Option<LogProof>, StateError> {
        if later.0 > self.frontier.size() {
            return Ok(None);
        }
        let Some(siblings) = log_siblings(height.0, later.0) else {
            return Ok(None);
        };
        Ok(Some(LogProof {
            size: later.0,
            siblings: self.log_hashes(&siblings)?,
        }))
    }

    /// The path of RFC 6962 from the log of the header at `height` to that of the header at `later`.
    /// `None` unless `0 < height ≤ later`, and `later` is at most the height after the tip.
    pub fn prove_log_grew(
        &self,
        height: Height,
        later: Height,
    ) -> Result<Option<Vec<Hash>>, StateError> {
        if later.0 > self.frontier.size() {
            return Ok(None);
        }
        consistency_nodes(height.0, later.0)
            .map(|path| self.log_hashes(&path))
            .transpose()
    }

    /// One hash for each run of complete subtrees.
    fn log_hashes(&self, runs: &[Vec<LogNode>]) -> Result<Vec<Hash>, StateError> {
        let hash = |nodes: &Vec<LogNode>| {
            let hashes: Result<Vec<Hash>, StateError> =
                nodes.iter().map(|node| self.log_node(*node)).collect();
            Ok(fold_log_nodes(&hashes?).expect("a run has at least one leaf"))
        };
        runs.iter().map(hash).collect()
    }

    /// The value of this name that the [`Kept`](super::Kept) key has or had.
    pub fn kept(&self, name: &Hash) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.derived(&cells::kept_key(name))?)
    }

    fn log_node(&self, node: LogNode) -> Result<Hash, StateError> {
        let lost = || StoreError::Damaged("a node of the header log is lost".into());
        let bytes = self.derived(&cells::log_node_key(node))?.ok_or_else(lost)?;
        Ok(Hash(bytes.try_into().map_err(|_| lost())?))
    }

    /// Reads every record of the block log and checks its seal. Returns the number of records.
    pub fn verify_log(&self) -> Result<u64, StateError> {
        Ok(self.log.verify()?)
    }
}

/// A record's typed content; `None` where the bytes are not a block with certificate and receipts.
pub(super) fn decode_record(record: &LogRecord) -> Option<BlockRecord> {
    let certificate = codec::decode(&record.certificate, limits::CERTIFICATE_BYTES_MAX).ok()?;
    Some(BlockRecord {
        block: Block::decode(&record.block).ok()?,
        certificate,
        // Sealed by this node and bounded by the record; the protocol has no smaller limit.
        receipts: codec::decode(&record.receipts, record.receipts.len()).ok()?,
    })
}
