//! Answers to questions, from the committed ledger.

use crate::read::{DeviceStatus, Figures, NodeStatus, Read, ReadAnswer};
use crate::replica::{Fault, Replica};
use senim_execution::{Stop, next_sequence, query};
use senim_state::ledger::{BlockRecord, Place};
use senim_types::merkle::ListTree;
use senim_types::proof::{ReceiptProof, StateProofBundle};
use senim_types::{Code, Height, PublicKey, Receipt, StateView};
use std::sync::Arc;

/// Fuel of one question: a few milliseconds of this node's time.
const QUERY_FUEL_MAX: u64 = 50_000_000;

/// Trees of receipts kept for the next question about the same block.
const RECEIPT_TREES_MAX: usize = 8;

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The stable code.
    pub code: Code,
    /// What a contract said besides, or this node's reason.
    pub detail: Vec<u8>,
}

impl From<Fault> for ReadError {
    fn from(fault: Fault) -> Self {
        ReadError {
            code: fault.code,
            detail: fault.reason.into_bytes(),
        }
    }
}

impl Replica {
    /// Answers a question. Nothing changes, and a failure to read halts nothing: the next step that
    /// needs the same bytes will.
    pub fn read(&self, question: Read) -> Result<ReadAnswer, ReadError> {
        match question {
            Read::Status => Ok(ReadAnswer::Status(Box::new(self.status()))),
            Read::Receipt { transaction } => {
                let located = self
                    .ledger
                    .find_transaction(&transaction)
                    .map_err(Fault::state)?;
                self.receipt_at(located)
            }
            Read::State { key } => self.state(key),
            Read::Value { key } => {
                let value = self
                    .ledger
                    .get(&key)
                    .map_err(|error| Fault::host(error.into()))?;
                Ok(ReadAnswer::Value(value))
            }
            Read::Block { height } => {
                self.is_kept(height, height > Height::GENESIS)?;
                let stored = self.ledger.block(height).map_err(Fault::state)?;
                Ok(ReadAnswer::Block(stored))
            }
            Read::LightBlock { height } => {
                let height = height.unwrap_or(self.ledger.tip().height);
                self.is_kept(height.next(), height > Height::GENESIS)?;
                Ok(self.light_block(Some(height))?)
            }
            Read::Header { height, later } => {
                self.is_kept(height.next(), true)?;
                Ok(self.header_proof(height, later)?)
            }
            Read::Consistency { size, later } => {
                self.is_kept(size.next(), size > Height::GENESIS)?;
                Ok(self.consistency_proof(size, later)?)
            }
            Read::Query { contract, input } => {
                let tip = self.ledger.tip();
                let at = (tip.height, tip.time);
                match query(
                    &self.engine,
                    &self.ledger,
                    at,
                    contract,
                    &input,
                    QUERY_FUEL_MAX,
                ) {
                    Ok(output) => Ok(ReadAnswer::Output(output)),
                    Err(Stop::Refused(refusal)) => Err(ReadError {
                        code: refusal.code,
                        detail: refusal.detail,
                    }),
                    Err(Stop::Trapped(code)) => Err(ReadError {
                        code,
                        detail: Vec::new(),
                    }),
                    Err(Stop::Fault(fault)) => Err(Fault::host(fault).into()),
                }
            }
            Read::Device { device } => self.device(&device),
        }
    }

    /// Whether this node has what it once was to have at `height`: not below where its log begins.
    fn is_kept(&self, height: Height, existed: bool) -> Result<(), ReadError> {
        if existed && height <= self.ledger.base_height() {
            return Err(ReadError {
                code: Code::PRUNED,
                detail: Vec::new(),
            });
        }
        Ok(())
    }

    /// How far this node is.
    pub fn figures(&self) -> Figures {
        let tip = self.ledger.tip();
        Figures {
            height: tip.height,
            time: tip.time,
            seen: self.sync.seen.max(tip.height),
            state_keys: self.ledger.tree().len(),
            mempool: self.mempool.len(),
            mempool_bytes: self.mempool.bytes(),
            joining: self.join_progress(),
            is_observing: self.observation.is_some(),
            unknown_protocol: self.unknown_protocol(),
        }
    }

    fn status(&self) -> NodeStatus {
        NodeStatus {
            chain: self.ledger.tip().chain,
            name: self.genesis.name.clone(),
            tip: self.ledger.tip().clone(),
            validators: self.validators.next.clone(),
            validator: self
                .consensus
                .as_ref()
                .map(|consensus| consensus.public_key())
                .or(self.observation.as_ref().map(|it| it.key())),
            observing: self.observation.as_ref().map(|it| it.observing()),
            mempool: self.mempool.len(),
            seen: self.sync.seen.max(self.ledger.tip().height),
            first: self.ledger.base_height().next(),
            catching_up: self.sync_progress(),
            halted: self.halted.is_some(),
        }
    }

    fn receipt_at(&self, located: Option<Place>) -> Result<ReadAnswer, ReadError> {
        let Some(Place { height, index }) = located else {
            return Ok(ReadAnswer::Receipt(None));
        };
        let stored = self.ledger.block(height).map_err(Fault::state)?;
        let proof = stored.and_then(|stored| {
            let (header, certificate) = (stored.block.header.clone(), stored.certificate.clone());
            let tree = self.receipt_tree(&stored);
            ReceiptProof::from_tree(&tree, &stored.receipts, index as usize, header, certificate)
        });
        Ok(ReadAnswer::Receipt(proof.map(Box::new)))
    }

    /// The tree of a block's receipts: all clients of a block ask within a moment.
    fn receipt_tree(&self, record: &BlockRecord) -> Arc<ListTree> {
        let height = record.block.header.height;
        let mut trees = self.receipt_trees.borrow_mut();
        if let Some(tree) = trees.get(&height) {
            return Arc::clone(tree);
        }
        let tree = Arc::new(ListTree::new(record.receipts.iter().map(Receipt::leaf)));
        if trees.len() >= RECEIPT_TREES_MAX {
            trees.pop_first();
        }
        trees.insert(height, Arc::clone(&tree));
        tree
    }

    fn state(&self, key: Vec<u8>) -> Result<ReadAnswer, ReadError> {
        let tip = self.ledger.tip().clone();
        let Some((_, certificate)) = self.certified(tip.height)? else {
            return Ok(ReadAnswer::State(None));
        };
        let answer = self
            .ledger
            .prove_state(&key)
            .map_err(|error| Fault::host(error.into()))?;
        let (value, proof) = (answer.value, answer.proof);
        let bundle = StateProofBundle {
            key,
            value,
            proof,
            header: tip,
            certificate,
        };
        Ok(ReadAnswer::State(Some(Box::new(bundle))))
    }

    fn device(&self, device: &PublicKey) -> Result<ReadAnswer, ReadError> {
        let on_ledger = next_sequence(&self.ledger, device).map_err(Fault::host)?;
        let waiting = self.mempool.iter().map(|t| &t.transaction().body);
        let waiting = waiting
            .filter(|body| body.device == *device)
            .map(|body| body.sequence + 1);
        let next_sequence = waiting.fold(on_ledger, u64::max);
        Ok(ReadAnswer::Device(DeviceStatus {
            next_sequence,
            time: self.ledger.tip().time,
        }))
    }
}
