//! What the wallet holds: found on the ledger by its own keys, shown as it stands.
//!
//! The wallet looks through blocks for issues to its keys. What it finds there counts only once the state proves it, so
//! a node that lies can hide a prescription and invent none. At the scale of a country the wallet service looks
//! instead.

use super::Add;
use super::store::Wallet;
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::ledger::latest;
use crate::commands::prescription::{item_json, item_line};
use crate::context::{group, session};
use crate::failure::{Failure, Result};
use crate::session::Session;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Execute, Group, GroupId, ItemStatus};
use senim_types::{Block, Code, PublicKey, TimeMs, limits};
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::Path;

/// Blocks that one listing looks through.
const BLOCKS_MAX: u64 = 10_000;

/// Takes a prescription in.
pub fn add(args: &Add, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let mut wallet = Wallet::open(&args.folder.wallet)?;
    let (group, _) = group(&session, &args.group)?;
    let key = wallet.held(&args.group, &group.holder)?;
    wallet.remember(args.group, key);
    wallet.save()?;
    let json = json!({ "group": args.group, "items": group.items.len() });
    Ok(Answer::new(json).line(format!(
        "{} is in the wallet: {} items",
        args.group,
        group.items.len()
    )))
}

/// Finds and lists.
pub fn list(folder: &Path, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let mut wallet = Wallet::open(folder)?;
    find(&session, &mut wallet)?;
    let mut shown: Vec<Value> = Vec::new();
    let mut lines = Vec::new();
    let is_coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    for held in &wallet.records.prescriptions {
        let (group, header) = match group(&session, &held.group) {
            Ok(found) => found,
            // Forgotten by the ledger, long after it was finished.
            Err(failure) if failure.code == Code::PRESCRIPTION_UNKNOWN => continue,
            Err(failure) => return Err(failure),
        };
        let now = header.time;
        let items = (0..group.items.len()).map(|index| item_json(&group, index, now));
        shown.push(json!({
            "group": held.group, "issuer": group.issuer, "active": is_active(&group, now),
            "items": items.collect::<Vec<_>>(),
        }));
        lines.push(format!(
            "{} by {}",
            held.group,
            session.names.of_org(group.issuer)
        ));
        for index in 0..group.items.len() {
            let is_active = is_item_active(&group, index, now);
            let line = item_line(&group, index, now, &session.names);
            lines.push(format!("  {}", marked(&line, is_active, is_coloured)));
        }
    }
    let count = shown.len();
    let answer =
        Answer::new(json!({ "prescriptions": shown, "seen": wallet.records.seen })).lines(lines);
    Ok(if count == 0 {
        answer.line("The wallet holds no prescription yet.")
    } else {
        answer
    })
}

fn is_item_active(group: &Group, index: usize, now: TimeMs) -> bool {
    use ItemStatus::{Draft, Held, Partial, Ready};
    matches!(
        group.status(index, now),
        Some(Draft | Ready | Held | Partial)
    )
}

fn is_active(group: &Group, now: TimeMs) -> bool {
    (0..group.items.len()).any(|index| is_item_active(group, index, now))
}

/// Active yellow, finished grey; in words where there is no colour.
fn marked(line: &str, is_active: bool, is_coloured: bool) -> String {
    match (is_active, is_coloured) {
        (true, true) => format!("\x1b[33m{line}\x1b[0m"),
        (false, true) => format!("\x1b[90m{line}\x1b[0m"),
        (true, false) => format!("[active]   {line}"),
        (false, false) => format!("[finished] {line}"),
    }
}

/// Looks through the blocks that are new to the wallet.
fn find(session: &Session, wallet: &mut Wallet) -> Result<()> {
    let tip = latest(&session.node)?;
    let mine: Vec<(PublicKey, u32)> = (0..wallet.records.keys)
        .map(|number| (wallet.token(number).public(), number))
        .collect();
    let first = wallet.records.seen + 1;
    for height in first..=tip.min(wallet.records.seen + BLOCKS_MAX) {
        let path = format!("/v1/blocks/{height}");
        let bytes = session.node.bytes(&path, limits::BLOCK_BYTES_MAX)?;
        let block = Block::decode(&bytes).map_err(Failure::proof)?;
        for (id, holder) in issues(&block) {
            let Some((_, key)) = mine.iter().find(|(token, _)| *token == holder) else {
                continue;
            };
            match group(session, &id) {
                Ok((group, _)) if group.holder == holder => wallet.remember(id, *key),
                // An issue that was refused leaves nothing in the state.
                Ok(_) => {}
                Err(failure) if failure.code == Code::PRESCRIPTION_UNKNOWN => {}
                Err(failure) => return Err(failure),
            }
        }
        wallet.records.seen = height;
    }
    wallet.save()
}

/// Every issue in a block, with the key that it is for.
fn issues(block: &Block) -> Vec<(GroupId, PublicKey)> {
    let mut found = Vec::new();
    for transaction in &block.transactions {
        let hash = transaction.hash();
        for call in transaction
            .body
            .calls
            .iter()
            .filter(|call| call.contract == PRESCRIPTION)
        {
            if let Ok(Execute::Issue { index, holder, .. }) = borsh::from_slice(&call.input) {
                found.push((GroupId::derive(&hash, index), holder));
            }
        }
    }
    found
}
