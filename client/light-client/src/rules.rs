//! One predicate per rule. Each answers with the rule's own code.

use senim_types::crypto::{CertificateError, verify_certificate};
use senim_types::proof::{ReceiptProof, StateProofBundle};
use senim_types::{ChainId, Code, CommitCertificate, Header, Height, ValidatorSet};

fn holds(rule: bool, code: Code) -> Result<(), Code> {
    if rule { Ok(()) } else { Err(code) }
}

/// The header is of this chain.
pub fn same_chain(chain: &ChainId, header: &Header) -> Result<(), Code> {
    holds(header.chain == *chain, Code::HEADER_CHAIN)
}

/// The header is not of a height before the trusted set; the genesis header is never certified.
pub fn not_before(from: Height, header: &Header) -> Result<(), Code> {
    holds(header.height >= from, Code::HEADER_HEIGHT)
}

/// The header names the trusted validators as those that certify it.
pub fn same_validators(validators: &ValidatorSet, header: &Header) -> Result<(), Code> {
    holds(
        header.validators_hash == validators.hash(),
        Code::VALIDATORS_HASH,
    )
}

/// The header names `next` as the validators of the next block.
pub fn names_next_validators(next: &ValidatorSet, header: &Header) -> Result<(), Code> {
    holds(
        header.next_validators_hash == next.hash(),
        Code::VALIDATORS_HASH,
    )
}

/// The certificate is for exactly this header.
pub fn certificate_names_header(
    header: &Header,
    certificate: &CommitCertificate,
) -> Result<(), Code> {
    holds(certificate.height == header.height, Code::HEADER_HEIGHT)?;
    holds(certificate.block == header.hash(), Code::CERTIFICATE_BLOCK)
}

/// Every signature holds, and together they are more than two thirds of the power.
pub fn certificate_holds(
    chain: &ChainId,
    validators: &ValidatorSet,
    certificate: &CommitCertificate,
) -> Result<(), Code> {
    verify_certificate(chain, validators, certificate).map_err(CertificateError::code)
}

/// The receipt says that it is of the header's height.
pub fn receipt_height(proof: &ReceiptProof) -> Result<(), Code> {
    holds(
        proof.receipt.height == proof.header.height,
        Code::HEADER_HEIGHT,
    )
}

/// The receipt is a leaf of the header's receipts root.
pub fn receipt_in_header(proof: &ReceiptProof) -> Result<(), Code> {
    holds(
        proof.root() == Some(proof.header.receipts_root),
        Code::RECEIPT_PROOF,
    )
}

/// The value, or its absence, is what the header's state root says of the key.
pub fn value_in_state(bundle: &StateProofBundle) -> Result<(), Code> {
    let proven = bundle.proof.proves(
        &bundle.header.state_root,
        &bundle.key,
        bundle.value.as_deref(),
    );
    holds(proven, Code::STATE_PROOF)
}
