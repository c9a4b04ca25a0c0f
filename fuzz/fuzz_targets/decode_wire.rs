//! Every wire type: what decodes encodes back to the same bytes.
#![no_main]

use borsh::{BorshDeserialize, BorshSerialize};
use libfuzzer_sys::fuzz_target;
use senim_types::codec::{decode, encode};
use senim_types::limits::PROOF_BYTES_MAX;
use senim_types::proof::{
    ConsistencyProof, HeaderProof, LightBlock, LogProof, ReceiptProof, StateProof, StateProofBundle,
};
use senim_types::{
    Block, CommitCertificate, Event, Genesis, Header, PublicKey, Receipt, SignedTransaction,
    Statement, Transaction, Validator, ValidatorSet, Vote,
};

fn canonical<T: BorshSerialize + BorshDeserialize>(bytes: &[u8]) {
    if let Ok(value) = decode::<T>(bytes, PROOF_BYTES_MAX) {
        assert_eq!(encode(&value), bytes);
    }
}

fuzz_target!(|bytes: &[u8]| {
    canonical::<Genesis>(bytes);
    canonical::<Validator>(bytes);
    canonical::<ValidatorSet>(bytes);
    canonical::<Statement>(bytes);
    canonical::<Transaction>(bytes);
    canonical::<SignedTransaction>(bytes);
    canonical::<Event>(bytes);
    canonical::<Receipt>(bytes);
    canonical::<Header>(bytes);
    canonical::<Block>(bytes);
    canonical::<Vote>(bytes);
    canonical::<CommitCertificate>(bytes);
    canonical::<ReceiptProof>(bytes);
    canonical::<StateProof>(bytes);
    canonical::<StateProofBundle>(bytes);
    canonical::<LogProof>(bytes);
    canonical::<LightBlock>(bytes);
    canonical::<HeaderProof>(bytes);
    canonical::<ConsistencyProof>(bytes);
    canonical::<PublicKey>(bytes);
    if let Ok(transaction) = SignedTransaction::decode(bytes) {
        assert!((1..=8).contains(&transaction.body.calls.len()));
        assert_eq!(
            transaction.body.witnesses.len(),
            transaction.witness_signatures.len()
        );
    }
    if let Ok(block) = Block::decode(bytes) {
        assert_eq!(encode(&block), bytes);
    }
});
