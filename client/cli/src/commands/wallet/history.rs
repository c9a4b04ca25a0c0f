//! What happened to a person's support measures: everything that the ledger told of them, from the receipts of blocks.
//!
//! Block by block back to where each began. Each block's receipts are judged by its header, all of them at once, so a node
//! can neither invent anything nor leave anything out of the blocks that were read.

use super::find::find;
use super::store::Wallet;
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::ledger::latest;
use crate::commands::voucher::voucher;
use crate::context::{group, session};
use crate::describe::{
    event_json, event_line, prescription_event, prescription_subject, voucher_event,
    voucher_subject,
};
use crate::failure::{Failure, Result};
use crate::history;
use crate::session::Session;
use crate::words::time;
use senim_abi::prescription::{GroupId, PrescriptionEvent};
use senim_abi::voucher::{VoucherEvent, VoucherId};
use senim_types::{Code, Event, Hash, Header, Height, Receipt};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Blocks that one command looks through.
const BLOCKS_MAX: u64 = 10_000;

/// What a history is of.
#[derive(Default)]
struct Wanted {
    groups: BTreeSet<GroupId>,
    vouchers: BTreeSet<VoucherId>,
}

/// Something that happened.
struct Told {
    json: Value,
    line: String,
}

/// The history of all that the wallet holds.
pub fn of_all(folder: &Path, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let mut wallet = Wallet::open(folder)?;
    find(&session, &mut wallet)?;
    let mut wanted = Wanted::default();
    let records = &wallet.records;
    for held in records.prescriptions.iter().chain(&records.collected) {
        if may_read_group(&session, &wallet, &held.group)? {
            wanted.groups.insert(held.group);
        }
    }
    let held = wallet.records.vouchers.iter().map(|held| held.voucher);
    let shared = wallet.records.shared.iter().map(|shared| shared.voucher);
    for id in held.chain(shared) {
        if may_read_voucher(&session, &wallet, &id)? {
            wanted.vouchers.insert(id);
        }
    }
    answer(&session, &wanted, "the wallet's support measures")
}

/// The history of one voucher, or of a prescription that the ledger has forgotten. `NOT_IN_WALLET` if it is another's,
/// `PRESCRIPTION_UNKNOWN` if there is neither.
pub fn of_one(session: &Session, wallet: &Wallet, id: Hash) -> Result<Answer> {
    let mut wanted = Wanted::default();
    let records = &wallet.records;
    let mut groups = records.prescriptions.iter().chain(&records.collected);
    if groups.any(|held| held.group.0 == id) {
        wanted.groups.insert(GroupId(id));
        return answer(session, &wanted, &format!("prescription {id}"));
    }
    let id = VoucherId(id);
    let held = records.vouchers.iter().any(|held| held.voucher == id);
    let shared = records.shared.iter().any(|shared| shared.voucher == id);
    if !held && !shared && stored(voucher(session, &id), Code::VOUCHER_UNKNOWN)?.is_none() {
        return Err(Failure::new(Code::PRESCRIPTION_UNKNOWN));
    }
    if !may_read_voucher(session, wallet, &id)? {
        return Err(Failure::new(Code::NOT_IN_WALLET));
    }
    wanted.vouchers.insert(id);
    answer(session, &wanted, &format!("voucher {id}"))
}

/// What a read answers; none where the ledger does not have it (any more).
fn stored<T>(read: Result<T>, unknown: Code) -> Result<Option<T>> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.code == unknown => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// What is bound to another wallet since is that one's to read, and what is shared until it is taken back. What the ledger has forgotten was this one's last.
fn may_read_group(session: &Session, wallet: &Wallet, id: &GroupId) -> Result<bool> {
    let found = stored(group(session, id), Code::PRESCRIPTION_UNKNOWN)?;
    Ok(found.is_none_or(|(group, _)| wallet.access(id, &group).is_ok()))
}

/// As [`may_read_group`]; and what is shared, until it is taken back.
fn may_read_voucher(session: &Session, wallet: &Wallet, id: &VoucherId) -> Result<bool> {
    let Some((voucher, _)) = stored(voucher(session, id), Code::VOUCHER_UNKNOWN)? else {
        return Ok(true);
    };
    let holds = voucher
        .holder
        .as_ref()
        .map(|holder| wallet.number_of(holder));
    let delegate = voucher.delegation.map(|delegation| delegation.key);
    let mut shared = wallet.records.shared.iter();
    let is_shared = shared.any(|one| one.voucher == *id && Some(one.delegate) == delegate);
    Ok(holds.flatten().is_some() || is_shared)
}

fn answer(session: &Session, wanted: &Wanted, of: &str) -> Result<Answer> {
    let (told, first) = look_back(session, wanted)?;
    let json = json!({
        "history": told.iter().map(|one| one.json.clone()).collect::<Vec<_>>(), "complete": first.is_none(),
    });
    let answer = Answer::new(json)
        .line(format!("What happened to {of}"))
        .lines(told.into_iter().map(|one| one.line));
    Ok(match first {
        None => answer.line("  all of it, from proven receipts of every block since each began"),
        Some(first) => answer.line(format!(
            "  what was before block {first} is further back than {BLOCKS_MAX} blocks"
        )),
    })
}

/// Everything told, the earliest first; and the first block that was read, where something began before it.
fn look_back(session: &Session, wanted: &Wanted) -> Result<(Vec<Told>, Option<u64>)> {
    let mut unborn: BTreeSet<Hash> = wanted.groups.iter().map(|group| group.0).collect();
    unborn.extend(wanted.vouchers.iter().map(|voucher| voucher.0));
    let mut told: Vec<Told> = Vec::new();
    let mut height = latest(&session.node)?;
    let last = height.saturating_sub(BLOCKS_MAX);
    while !unborn.is_empty() && height > last {
        let (block, receipts) = history::receipts(session, Height(height))?;
        let applied = receipts.iter().filter(|one| one.status.is_applied());
        let mut here = Vec::new();
        for receipt in applied {
            for event in &receipt.events {
                let (is_wanted, born) = wanted.judge(receipt, event);
                for id in born {
                    unborn.remove(&id);
                }
                if is_wanted {
                    here.push(to_told(session, receipt, event, &block));
                }
            }
        }
        told.extend(here.into_iter().rev());
        height -= 1;
    }
    told.reverse();
    Ok((told, (!unborn.is_empty()).then_some(height + 1)))
}

impl Wanted {
    /// Whether an event is about something wanted, and what began with it.
    fn judge(&self, receipt: &Receipt, event: &Event) -> (bool, Vec<Hash>) {
        if let Some(told) = prescription_event(event) {
            let about = prescription_subject(&told).filter(|id| self.groups.contains(id));
            let is_first = matches!(told, PrescriptionEvent::Issued { .. });
            let born = about.filter(|_| is_first).map(|id| id.0);
            return (about.is_some(), born.into_iter().collect());
        }
        let Some(told) = voucher_event(event) else {
            return (false, Vec::new());
        };
        match &told {
            VoucherEvent::Listed { index, count, .. } => {
                let born = self.derived(&receipt.transaction, *index, *count);
                (!born.is_empty(), born)
            }
            told => {
                let about = voucher_subject(told).filter(|id| self.vouchers.contains(id));
                let is_first = |id: &VoucherId| {
                    matches!(told, VoucherEvent::Issued { .. }) && is_of(id, &receipt.transaction)
                };
                let born = about.filter(is_first).map(|id| id.0);
                (about.is_some(), born.into_iter().collect())
            }
        }
    }

    /// The wanted vouchers among those that a transaction listed.
    fn derived(&self, transaction: &Hash, index: u16, count: u16) -> Vec<Hash> {
        let indices = index..=index.saturating_add(count.saturating_sub(1));
        let ids = indices.map(|index| VoucherId::derive(transaction, index));
        ids.filter(|id| self.vouchers.contains(id))
            .map(|id| id.0)
            .collect()
    }
}

/// Whether a voucher was issued by this transaction at once, and not listed by another before. The event does not have the
/// index, which is the payer's choice.
fn is_of(id: &VoucherId, transaction: &Hash) -> bool {
    (0..=u16::MAX).any(|index| VoucherId::derive(transaction, index) == *id)
}

fn to_told(session: &Session, receipt: &Receipt, event: &Event, block: &Header) -> Told {
    let mut json = event_json(event);
    json["at"] = json!(block.time);
    json["transaction"] = json!(receipt.transaction);
    json["height"] = json!(block.height);
    let line = event_line(event, &session.names);
    Told {
        json,
        line: format!("  {}  {line}", time(block.time)),
    }
}
