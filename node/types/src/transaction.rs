//! A transaction: what a device asks for, once, until a time, with the proofs it brings.

use crate::code::Code;
use crate::codec::{self, DecodeError};
use crate::domain::{Domain, signed_bytes};
use crate::hash::{ChainId, Hash};
use crate::key::{PublicKey, Signature};
use crate::limits;
use crate::units::{ContractId, TimeMs};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Version of [`Transaction`].
pub const TRANSACTION_VERSION: u16 = 1;

/// What a device signs. Its identity is (`device`, `sequence`).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Transaction {
    /// [`TRANSACTION_VERSION`].
    pub version: u16,
    /// The chain that it is for.
    pub chain: ChainId,
    /// The device that submits it; its organisation is in the registry.
    pub device: PublicKey,
    /// Used once per device, in any order within a window of [`limits::SEQUENCE_WINDOW`].
    pub sequence: u64,
    /// Last block time at which it may be included; at most 24 h ahead.
    pub valid_until: TimeMs,
    /// Executed in order; all of them or none.
    pub calls: Vec<Call>,
    /// Statements signed by other keys, verified together with the device's signature.
    pub witnesses: Vec<Statement>,
}

/// One call of a contract.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Call {
    /// Whom.
    pub contract: ContractId,
    /// The contract's borsh message; the first byte is the method.
    pub input: Vec<u8>,
}

impl Call {
    /// The method: the first byte of the input.
    pub fn method(&self) -> Option<u8> {
        self.input.first().copied()
    }
}

/// A statement that `key` signed: a contract asks whether it was made, not for the signature.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Statement {
    /// Who says it.
    pub key: PublicKey,
    /// What for.
    pub domain: Domain,
    /// What.
    pub message: Vec<u8>,
}

/// A transaction with the device's and the witnesses' signatures, as it travels and is stored.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignedTransaction {
    /// What is signed.
    pub body: Transaction,
    /// The device's signature over the body's hash.
    pub device_signature: Signature,
    /// One for each of `body.witnesses`, in their order.
    pub witness_signatures: Vec<Signature>,
}

impl Transaction {
    /// blake3 of the canonical body. Signatures are not part of it, the witness statements are: a
    /// relay that strips a proof makes another transaction, which the device has not signed.
    pub fn hash(&self) -> Hash {
        Hash::of(&codec::encode(self))
    }
}

/// The bytes that a device signs for a transaction of this hash.
pub fn device_bytes(chain: &ChainId, hash: &Hash) -> Vec<u8> {
    signed_bytes(Domain::Transaction, chain, hash.as_bytes())
}

impl SignedTransaction {
    /// Decodes and checks all that needs neither keys nor state: limits, version, counts, domains.
    pub fn decode(bytes: &[u8]) -> Result<SignedTransaction, Code> {
        let transaction: SignedTransaction =
            codec::decode(bytes, limits::DEPLOY_BYTES_MAX).map_err(DecodeError::code)?;
        transaction.check_shape(bytes.len())?;
        Ok(transaction)
    }

    /// The stateless rules besides signatures. `length` is that of the encoded transaction.
    fn check_shape(&self, length: usize) -> Result<(), Code> {
        let body = &self.body;
        if body.version != TRANSACTION_VERSION {
            return Err(Code::WRONG_VERSION);
        }
        let deploys = body.calls.len() == 1 && body.calls[0].contract == ContractId::LEDGER;
        if length > limits::TRANSACTION_BYTES_MAX && !deploys {
            return Err(Code::TOO_LARGE);
        }
        if body.calls.is_empty() || body.calls.len() > limits::CALLS_MAX {
            return Err(Code::CALL_COUNT);
        }
        if body.calls.iter().any(|call| call.input.is_empty()) {
            return Err(Code::MALFORMED);
        }
        if body.witnesses.len() > limits::WITNESSES_MAX
            || body.witnesses.len() != self.witness_signatures.len()
        {
            return Err(Code::WITNESS_COUNT);
        }
        if body
            .witnesses
            .iter()
            .any(|w| !w.domain.is_witness() || w.message.len() > limits::STATEMENT_BYTES_MAX)
        {
            return Err(Code::WITNESS_DOMAIN);
        }
        Ok(())
    }

    /// The hash of the body: the transaction's name everywhere.
    pub fn hash(&self) -> Hash {
        self.body.hash()
    }
}
