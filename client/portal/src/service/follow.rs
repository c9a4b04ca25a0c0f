//! What the ledger says, block by block, each proven: the header by its certificate, the receipts by the header.

use super::ledger::{Gone, Stop};
use crate::conversation::Event;
use borsh::{BorshDeserialize, BorshSerialize};
use senim_abi::VOUCHER;
use senim_abi::voucher::VoucherEvent;
use senim_cli::failure::{Failure, Result};
use senim_cli::session::Session;
use senim_cli::{files, words};
use senim_light_client::{Bisection, Bounds};
use senim_types::proof::LightBlock;
use senim_types::{
    Code, CommitCertificate, Hash, Header, Height, Receipt, TimeMs, codec, limits, merkle,
};
use serde::Deserialize;
use std::path::Path;

/// Bytes of all receipts of a block.
const RECEIPTS_BYTES_MAX: usize = 64 << 20;
/// Blocks whose events are told together.
const BLOCKS_TOGETHER: u64 = 100;
/// How often the trusted block is kept.
const BLOCKS_BETWEEN_SAVES: u64 = 1_000;

/// A header as the interface gives it.
#[derive(BorshSerialize, BorshDeserialize)]
struct CertifiedHeader {
    hash: Hash,
    header: Header,
    certificate: CommitCertificate,
}

/// What a node says of its tip.
#[derive(Deserialize)]
struct Status {
    height: Height,
}

/// Tells what happened after `followed`, up to the node's tip. A portal that never followed begins at the tip: whoever
/// is on a list is looked up when the list is opened. `trusted` is the file of the newest block that is trusted.
pub fn follow(
    session: &mut Session,
    followed: Option<Height>,
    trusted: &Path,
    mut happened: impl FnMut(Vec<Event>) -> std::result::Result<(), Gone>,
) -> std::result::Result<(), Stop> {
    let tip = session.node.json::<Status>("/v1/status")?.height;
    let Some(followed) = followed else {
        if tip > Height::GENESIS {
            trust(session, tip)?;
            save(session, tip, trusted)?;
        }
        return Ok(happened(vec![Event::Followed { height: tip }])?);
    };
    if session.light.height() < followed {
        trust(session, followed)?;
        save(session, followed, trusted)?;
    }
    let mut events = Vec::new();
    let mut height = followed;
    while height < tip {
        height = height.next();
        events.extend(of_block(session, height)?);
        if height == tip || height.0.is_multiple_of(BLOCKS_TOGETHER) {
            events.push(Event::Followed { height });
            happened(std::mem::take(&mut events))?;
        }
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

/// What happened in a block.
fn of_block(session: &mut Session, height: Height) -> Result<Vec<Event>> {
    let header = header(session, height)?;
    if header.receipts_root == merkle::list_root::<&[u8]>([]) {
        return Ok(Vec::new());
    }
    let path = format!("/v1/blocks/{height}/receipts");
    let bytes = session.node.bytes(&path, RECEIPTS_BYTES_MAX)?;
    let receipts: Vec<Receipt> = codec::decode(&bytes, RECEIPTS_BYTES_MAX)?;
    if merkle::list_root(receipts.iter().map(codec::encode)) != header.receipts_root {
        return Err(Failure::proof(Code::RECEIPTS_ROOT));
    }
    let events = receipts.iter().flat_map(|receipt| &receipt.events);
    let of_vouchers = events.filter(|event| event.contract == VOUCHER);
    // An event of a newer version may tell something that is not known here; the others are told all the same.
    let known = of_vouchers.filter_map(|event| VoucherEvent::try_from_slice(&event.body).ok());
    Ok(known.filter_map(|event| told(event, header.time)).collect())
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

fn told(event: VoucherEvent, at: TimeMs) -> Option<Event> {
    match event {
        VoucherEvent::Attested { voucher, .. } => Some(Event::Offerable { voucher }),
        VoucherEvent::Asked { voucher, asked, .. } => Some(Event::Asked { voucher, asked, at }),
        VoucherEvent::Reminded { voucher, asked, .. } => {
            Some(Event::Reminded { voucher, asked, at })
        }
        VoucherEvent::Answered {
            voucher,
            channel,
            consents,
            ..
        } => Some(Event::Answered {
            voucher,
            channel,
            consents,
            at,
        }),
        VoucherEvent::Ended {
            voucher, standing, ..
        } => Some(Event::Ended {
            voucher,
            standing,
            at,
        }),
        _ => None,
    }
}
