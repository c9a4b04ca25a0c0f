//! The light client: given the genesis, it judges what a node says, and trusts no node.
//!
//! It has no I/O, no clock and no state but the block and the validator set it trusts, so the same code runs in the
//! wallet, in a browser and in an auditor's script. Each rule is one predicate in [`rules`]; a
//! verdict is the first rule that does not hold, or what was proven.
//!
//! ```no_run
//! # let (genesis_bytes, proof_bytes): (Vec<u8>, Vec<u8>) = (vec![], vec![]);
//! use senim_light_client::LightClient;
//! use senim_types::Genesis;
//! let genesis = Genesis::decode(&genesis_bytes).expect("the genesis file of this chain");
//! let receipt = LightClient::from_genesis(&genesis).receipt(&proof_bytes)?;
//! println!("{:?} in block {}", receipt.status, receipt.height);
//! # Ok::<(), senim_types::Code>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod follow;
pub mod log;
pub mod rules;

pub use follow::{Bisection, Bounds, Skip};
pub use log::{Cosigned, ProvenCheckpoint};

use alloc::vec::Vec;
use senim_types::codec::{self, DecodeError};
use senim_types::proof::{ReceiptProof, StateProofBundle};
use senim_types::{
    ChainId, Code, CommitCertificate, Genesis, Hash, Header, Height, Receipt, TimeMs, ValidatorSet,
    limits,
};

/// What is trusted: a chain, and a validator set from a height on. [`follow`] moves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LightClient {
    chain: ChainId,
    /// Where the trusted set begins.
    from: Height,
    validators: ValidatorSet,
    /// Time of the block before, which is trusted; that of the genesis at the start.
    time: TimeMs,
    /// That block; none where it is the genesis, which nobody certifies.
    last: Option<Last>,
}

/// The newest block that is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Last {
    hash: Hash,
    /// Who certifies it.
    validators: ValidatorSet,
}

/// A proven value of the state, or its proven absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenState {
    /// The key, contract id first.
    pub key: Vec<u8>,
    /// The value after the header's block; `None` where there is none.
    pub value: Option<Vec<u8>>,
    /// The certified header that it is proven against.
    pub header: Header,
}

impl LightClient {
    /// Trusts the genesis, and so its validators, and nothing else.
    pub fn from_genesis(genesis: &Genesis) -> LightClient {
        LightClient {
            chain: genesis.chain_id(),
            from: Height::GENESIS.next(),
            validators: genesis.validators.clone(),
            time: genesis.time,
            last: None,
        }
    }

    /// The chain.
    pub fn chain(&self) -> ChainId {
        self.chain
    }

    /// The validators trusted now.
    pub fn validators(&self) -> &ValidatorSet {
        &self.validators
    }

    /// Height of the newest trusted block; 0 is the genesis.
    pub fn height(&self) -> Height {
        Height(self.from.0 - 1)
    }

    /// Judges a header and its certificate. The error is the code of the first rule that fails.
    ///
    /// Of the heights that trust has moved past, only the newest is known here; earlier headers are
    /// proven by [`LightClient::header_in_log`].
    pub fn header(&self, header: &Header, certificate: &CommitCertificate) -> Result<(), Code> {
        rules::same_chain(&self.chain, header)?;
        match &self.last {
            Some(last) if header.height == self.height() => {
                rules::is_trusted(&last.hash, header)?;
            }
            _ => rules::not_before(self.from, header)?,
        }
        let validators = self.validators_of(header);
        rules::same_validators(validators, header)?;
        rules::certificate_names_header(header, certificate)?;
        rules::certificate_holds(&self.chain, validators, certificate)
    }

    /// Who has to certify a header that is trusted or above.
    fn validators_of(&self, header: &Header) -> &ValidatorSet {
        match &self.last {
            Some(last) if header.height == self.height() => &last.validators,
            _ => &self.validators,
        }
    }

    /// Moves the trust to the set that certifies the next block: `next` has to be the one that a
    /// header certified by the present set names.
    pub fn advance(
        &mut self,
        header: &Header,
        certificate: &CommitCertificate,
        next: ValidatorSet,
    ) -> Result<(), Code> {
        rules::not_before(self.from, header)?;
        self.header(header, certificate)?;
        rules::names_next_validators(&next, header)?;
        let validators = self.validators.clone();
        self.move_to(header, validators, next);
        Ok(())
    }

    /// Trusts `header`, which `validators` certified; `next` are those that it names.
    fn move_to(&mut self, header: &Header, validators: ValidatorSet, next: ValidatorSet) {
        self.from = header.height.next();
        self.time = header.time;
        self.last = Some(Last {
            hash: header.hash(),
            validators,
        });
        self.validators = next;
    }

    /// Judges the bytes of a [`ReceiptProof`]; gives the receipt that is proven.
    pub fn receipt(&self, bytes: &[u8]) -> Result<Receipt, Code> {
        let proof: ReceiptProof =
            codec::decode(bytes, limits::PROOF_BYTES_MAX).map_err(DecodeError::code)?;
        self.header(&proof.header, &proof.certificate)?;
        rules::receipt_height(&proof)?;
        rules::receipt_in_header(&proof)?;
        Ok(proof.receipt)
    }

    /// Judges the bytes of a [`StateProofBundle`]; gives the value, or the absence, that is proven.
    pub fn state(&self, bytes: &[u8]) -> Result<ProvenState, Code> {
        let bundle: StateProofBundle =
            codec::decode(bytes, limits::PROOF_BYTES_MAX).map_err(DecodeError::code)?;
        self.header(&bundle.header, &bundle.certificate)?;
        rules::value_in_state(&bundle)?;
        Ok(ProvenState {
            key: bundle.key,
            value: bundle.value,
            header: bundle.header,
        })
    }
}
