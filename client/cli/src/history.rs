//! What happened: the receipts of blocks, each block's all at once, judged by a header that the light client believes.

use crate::failure::{Failure, Result};
use crate::session::Session;
use senim_abi::prescription::PrescriptionEvent;
use senim_abi::voucher::VoucherEvent;
use senim_abi::{PRESCRIPTION, VOUCHER};
use senim_types::{Code, CommitCertificate, Hash, Header, Height, Receipt, codec, limits, merkle};

/// Bytes of all receipts of a block: a block has at most so many, and few are large.
const RECEIPTS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The receipts of a block, in their order, and its header.
pub fn receipts(session: &Session, height: Height) -> Result<(Header, Vec<Receipt>)> {
    let header = header(session, height)?;
    let receipts = receipts_of(session, &header)?;
    Ok((header, receipts))
}

/// The receipts of a block as the node has them, for what is proven by what they add up to.
pub fn unproven(session: &Session, height: Height) -> Result<Vec<Receipt>> {
    let path = format!("/v1/blocks/{height}/receipts");
    let bytes = session.node.bytes(&path, RECEIPTS_BYTES_MAX)?;
    Ok(codec::decode(&bytes, RECEIPTS_BYTES_MAX)?)
}

/// The receipts of the block of this header, which is believed.
pub fn receipts_of(session: &Session, header: &Header) -> Result<Vec<Receipt>> {
    if header.receipts_root == merkle::list_root::<&[u8]>([]) {
        return Ok(Vec::new());
    }
    let receipts = unproven(session, header.height)?;
    if merkle::list_root(receipts.iter().map(codec::encode)) != header.receipts_root {
        return Err(Failure::proof(Code::RECEIPTS_ROOT));
    }
    Ok(receipts)
}

/// What the voucher contract told in a receipt.
pub fn voucher_events(receipt: &Receipt) -> impl Iterator<Item = VoucherEvent> {
    let own = receipt
        .events
        .iter()
        .filter(|event| event.contract == VOUCHER);
    own.filter_map(|event| borsh::from_slice(&event.body).ok())
}

/// What the prescription contract told in a receipt.
pub fn prescription_events(receipt: &Receipt) -> impl Iterator<Item = PrescriptionEvent> {
    let own = receipt
        .events
        .iter()
        .filter(|event| event.contract == PRESCRIPTION);
    own.filter_map(|event| borsh::from_slice(&event.body).ok())
}

/// The height of the last block.
pub fn height(session: &Session) -> Result<Height> {
    #[derive(serde::Deserialize)]
    struct Status {
        height: Height,
    }
    Ok(session.node.json::<Status>("/v1/status")?.height)
}

/// The header of a block: certified by the validators that are trusted, or in the log that they certified later.
fn header(session: &Session, height: Height) -> Result<Header> {
    let path = format!("/v1/headers/{height}");
    let bytes = session.node.bytes(&path, limits::PROOF_BYTES_MAX)?;
    let (_, header, certificate): (Hash, Header, CommitCertificate) =
        codec::decode(&bytes, limits::PROOF_BYTES_MAX)?;
    if header.height != height {
        return Err(Failure::proof(Code::HEADER_HEIGHT));
    }
    if session.light.header(&header, &certificate).is_ok() {
        return Ok(header);
    }
    let path = format!("/v1/log/headers/{height}");
    let bytes = session.node.bytes(&path, limits::PROOF_BYTES_MAX)?;
    let proof = session.light.header_in_log(&bytes);
    let proof = proof.map_err(Failure::proof)?;
    if proof.earlier != header {
        return Err(Failure::proof(Code::LOG_PROOF));
    }
    Ok(header)
}
