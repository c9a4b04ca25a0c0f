//! What is the wallet's, found on the ledger by its keys.
//!
//! The wallet looks through blocks for what is issued to its keys or bound to them. What it finds there counts only once
//! the state proves it, so a node that lies can hide something and invent nothing. At the scale of a country the wallet
//! service looks instead.

use super::store::Wallet;
use crate::commands::ledger::latest;
use crate::commands::voucher::voucher;
use crate::context::group;
use crate::failure::{Failure, Result};
use crate::session::Session;
use senim_abi::prescription::{Group, GroupId};
use senim_abi::voucher::VoucherId;
use senim_abi::{PRESCRIPTION, VOUCHER, prescription, voucher as vouchers};
use senim_types::{Block, Code, PublicKey, limits};

/// Blocks that one listing looks through.
const BLOCKS_MAX: u64 = 10_000;

/// Something that a call says is somebody's from now on.
enum Named {
    Prescription(GroupId),
    /// Another's, to be collected.
    Shared(GroupId),
    Voucher(VoucherId),
}

/// Looks through the blocks that are new to the wallet.
pub fn find(session: &Session, wallet: &mut Wallet) -> Result<()> {
    let tip = latest(&session.node)?;
    let mine: Vec<(PublicKey, u32)> = (0..wallet.records.keys)
        .map(|number| (wallet.token(number).public(), number))
        .collect();
    let first = wallet.records.seen + 1;
    for height in first..=tip.min(wallet.records.seen + BLOCKS_MAX) {
        let path = format!("/v1/blocks/{height}");
        let bytes = session.node.bytes(&path, limits::BLOCK_BYTES_MAX)?;
        let block = Block::decode(&bytes).map_err(Failure::proof)?;
        for (named, holder) in named(&block) {
            let own = mine.iter().find(|(token, _)| *token == holder);
            let Some((_, key)) = own else {
                continue;
            };
            // What was refused leaves nothing in the state, and what was bound to others since is not held.
            match named {
                Named::Prescription(id) if holder_of_group(session, &id)? == Some(holder) => {
                    wallet.remember(id, *key);
                }
                Named::Shared(id) if delegate_of_group(session, &id)? == Some(holder) => {
                    wallet.remember_collected(id, *key);
                }
                Named::Voucher(id) if holder_of_voucher(session, &id)? == Some(holder) => {
                    wallet.remember_voucher(id, *key);
                }
                Named::Prescription(_) | Named::Shared(_) | Named::Voucher(_) => {}
            }
        }
        wallet.records.seen = height;
    }
    wallet.save()
}

fn holder_of_group(session: &Session, id: &GroupId) -> Result<Option<PublicKey>> {
    Ok(known_group(session, id)?.map(|group| group.holder))
}

fn delegate_of_group(session: &Session, id: &GroupId) -> Result<Option<PublicKey>> {
    let delegation = known_group(session, id)?.and_then(|group| group.delegation);
    Ok(delegation.map(|one| one.key))
}

fn known_group(session: &Session, id: &GroupId) -> Result<Option<Group>> {
    match group(session, id) {
        Ok((group, _)) => Ok(Some(group)),
        Err(failure) if failure.code == Code::PRESCRIPTION_UNKNOWN => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn holder_of_voucher(session: &Session, id: &VoucherId) -> Result<Option<PublicKey>> {
    match voucher(session, id) {
        Ok((voucher, _)) => Ok(voucher.holder),
        Err(failure) if failure.code == Code::VOUCHER_UNKNOWN => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Every issue and binding in a block, with the key that it is for.
fn named(block: &Block) -> Vec<(Named, PublicKey)> {
    let mut found = Vec::new();
    for transaction in &block.transactions {
        let hash = transaction.hash();
        for call in &transaction.body.calls {
            let input = call.input.as_slice();
            match call.contract {
                PRESCRIPTION => match borsh::from_slice(input) {
                    Ok(prescription::Execute::Issue { index, holder, .. }) => {
                        let id = GroupId::derive(&hash, index);
                        found.push((Named::Prescription(id), holder));
                    }
                    Ok(prescription::Execute::Rebind { group, holder, .. }) => {
                        found.push((Named::Prescription(group), holder));
                    }
                    Ok(prescription::Execute::Delegate {
                        group,
                        delegation: Some(one),
                        ..
                    }) => {
                        found.push((Named::Shared(group), one.key));
                    }
                    _ => {}
                },
                VOUCHER => match borsh::from_slice(input) {
                    Ok(vouchers::Execute::Issue {
                        index,
                        holder: Some(holder),
                        ..
                    }) => {
                        let id = VoucherId::derive(&hash, index);
                        found.push((Named::Voucher(id), holder));
                    }
                    Ok(vouchers::Execute::Bind { voucher, holder }) => {
                        found.push((Named::Voucher(voucher), holder));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }
    found
}
