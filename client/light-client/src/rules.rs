//! One predicate per rule. Each answers with the rule's own code.

use senim_types::checkpoint::{CertificateLine, Checkpoint, CosignatureLine};
use senim_types::crypto::{CertificateError, verify, verify_certificate};
use senim_types::proof::{ConsistencyProof, HeaderProof, ReceiptProof, StateProofBundle};
use senim_types::{ChainId, Code, CommitCertificate, Hash, Header, Height, TimeMs, ValidatorSet};

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

/// The header at the trusted height is the trusted one.
pub fn is_trusted(trusted: &Hash, header: &Header) -> Result<(), Code> {
    holds(header.hash() == *trusted, Code::TRUST_HASH)
}

/// What is trusted is young enough: its validators can still be held to what they sign.
pub fn within_period(trusted: TimeMs, now: TimeMs, period_ms: u64) -> Result<(), Code> {
    holds(
        now.0 < trusted.0.saturating_add(period_ms),
        Code::TRUST_EXPIRED,
    )
}

/// The header is of a later time than what is trusted.
pub fn later(trusted: TimeMs, header: &Header) -> Result<(), Code> {
    holds(header.time > trusted, Code::HEADER_TIME)
}

/// The header is not from the future, but for what clocks may differ by.
pub fn not_from_the_future(header: &Header, now: TimeMs, drift_ms: u64) -> Result<(), Code> {
    holds(
        header.time.0 <= now.0.saturating_add(drift_ms),
        Code::HEADER_TIME,
    )
}

/// Whether the signers of a certificate of `validators` have more than a third of the power of
/// `trusted`: then at least one of them is honest, if less than a third of `trusted` is not. Who is
/// said to have signed is counted; that they did, [`certificate_holds`] shows.
pub fn is_vouched(
    trusted: &ValidatorSet,
    validators: &ValidatorSet,
    certificate: &CommitCertificate,
) -> bool {
    let signers = certificate.signatures.iter();
    let keys = signers.filter_map(|commit| validators.get(commit.validator.into()));
    let known = keys.filter_map(|signer| trusted.get(trusted.index_of(&signer.key)?));
    let power = known.fold(0u128, |sum, validator| sum + u128::from(validator.power));
    power * 3 > u128::from(trusted.total_power())
}

/// The earlier header is in the log of the later one, and of the same chain.
pub fn header_in_log(proof: &HeaderProof) -> Result<(), Code> {
    let holds_in_log = proof.holds() && proof.earlier.chain == proof.header.chain;
    holds(holds_in_log, Code::LOG_PROOF)
}

/// The earlier log is the beginning of the later one.
pub fn log_grew(proof: &ConsistencyProof) -> Result<(), Code> {
    holds(proof.holds(), Code::LOG_CONSISTENCY)
}

/// The checkpoint is of this chain's log.
pub fn checkpoint_of_chain(chain: &ChainId, checkpoint: &Checkpoint) -> Result<(), Code> {
    holds(checkpoint.chain == *chain, Code::HEADER_CHAIN)
}

/// The certified header commits to exactly this checkpoint.
pub fn certifies(line: &CertificateLine, checkpoint: &Checkpoint) -> Result<(), Code> {
    holds(
        Checkpoint::of(&line.header) == Some(*checkpoint),
        Code::CHECKPOINT_CERTIFICATE,
    )
}

/// The validator signed the checkpoint at the time it gives.
pub fn cosigned(line: &CosignatureLine, checkpoint: &Checkpoint) -> Result<(), Code> {
    let bytes = checkpoint.cosigned_bytes(line.time_s);
    holds(
        verify(&line.validator, &bytes, &line.signature),
        Code::CHECKPOINT_COSIGNATURE,
    )
}
