//! What the ledger says, block by block, each proven: the header by its certificate, the receipts by the header. For a
//! service that goes on where it was.

use crate::failure::{Failure, Result};
use crate::history;
use crate::session::Session;
use crate::{files, words};
use borsh::{BorshDeserialize, BorshSerialize};
use senim_light_client::{Bisection, Bounds};
use senim_types::proof::LightBlock;
use senim_types::{Code, CommitCertificate, Hash, Header, Height, Receipt, codec, limits};
use std::path::Path;

/// How often the trusted block is kept.
const BLOCKS_BETWEEN_SAVES: u64 = 1_000;

/// A header as the interface gives it.
#[derive(BorshSerialize, BorshDeserialize)]
struct CertifiedHeader {
    hash: Hash,
    header: Header,
    certificate: CommitCertificate,
}

/// A block that was read.
pub struct Block {
    /// Its header.
    pub header: Header,
    /// What became of its transactions.
    pub receipts: Vec<Receipt>,
    /// Whether it was the node's last when it was asked.
    pub is_tip: bool,
}

/// Where a service begins that never followed: at the node's last block. `trusted` is the file of the newest block that
/// is trusted.
pub fn begin(session: &mut Session, trusted: &Path) -> Result<Height> {
    let tip = history::height(session)?;
    if tip > Height::GENESIS {
        trust(session, tip)?;
        save(session, tip, trusted)?;
    }
    Ok(tip)
}

/// Tells of the blocks after `followed`, up to the node's tip. Ends where `told` says so.
pub fn follow<E: From<Failure>>(
    session: &mut Session,
    followed: Height,
    trusted: &Path,
    mut told: impl FnMut(&mut Session, Block) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let tip = history::height(session)?;
    if session.light.height() < followed {
        trust(session, followed)?;
        save(session, followed, trusted)?;
    }
    let mut height = followed;
    while height < tip {
        height = height.next();
        let header = header(session, height)?;
        let receipts = history::receipts_of(session, &header)?;
        let is_tip = height == tip;
        let block = Block {
            header,
            receipts,
            is_tip,
        };
        told(session, block)?;
        if height.0.is_multiple_of(BLOCKS_BETWEEN_SAVES) {
            save(session, height, trusted)?;
        }
    }
    Ok(())
}

/// Moves trust to a block that was followed earlier, by as few blocks as the changes of validators allow.
fn trust(session: &mut Session, height: Height) -> Result<()> {
    let mut way = Bisection::new(&session.light, height);
    while let Some(wanted) = way.wanted() {
        let block = light_block(session, wanted)?;
        let taken = way.take(&mut session.light, block, words::now(), &Bounds::default());
        taken.map_err(Failure::proof)?;
    }
    Ok(())
}

/// Keeps a followed block as what the next start trusts: trust that is older than the trusting period is none.
fn save(session: &Session, height: Height, path: &Path) -> Result<()> {
    let block = light_block(session, height)?;
    session
        .light
        .header(&block.header, &block.certificate)
        .map_err(Failure::proof)?;
    files::replace(path, &codec::encode(&block))
}

fn light_block(session: &Session, height: Height) -> Result<LightBlock> {
    let path = format!("/v1/light-blocks/{height}");
    let bytes = session.node.bytes(&path, limits::LIGHT_BLOCK_BYTES_MAX)?;
    Ok(codec::decode(&bytes, limits::LIGHT_BLOCK_BYTES_MAX)?)
}

/// The header at this height, certified by who has to, whose set is followed as it changes.
fn header(session: &mut Session, height: Height) -> Result<Header> {
    let bytes = session
        .node
        .bytes(&format!("/v1/headers/{height}"), limits::PROOF_BYTES_MAX)?;
    let certified: CertifiedHeader = codec::decode(&bytes, limits::PROOF_BYTES_MAX)?;
    let (header, certificate) = (certified.header, certified.certificate);
    if header.height != height {
        return Err(Failure::proof(Code::HEADER_HEIGHT));
    }
    // A block that trust has moved past is in the log that the trusted one commits to; here it never is: trust moves
    // one block at a time, and only where the validators change.
    session
        .light
        .header(&header, &certificate)
        .map_err(Failure::proof)?;
    if header.next_validators_hash != header.validators_hash {
        let next = light_block(session, height)?.next_validators;
        session
            .light
            .advance(&header, &certificate, next)
            .map_err(Failure::proof)?;
    }
    Ok(header)
}
