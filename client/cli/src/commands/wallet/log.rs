//! Who looked at a prescription's medicine data: every hold and every later look, from the receipts of blocks. A node can
//! invent none, since receipts are proven, and can leave none out, since the proven record counts them.

use super::Log;
use super::history::{of_all, of_one};
use super::store::Wallet;
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{group, session};
use crate::describe::{self, event_line};
use crate::failure::{Failure, Result};
use crate::history;
use crate::session::Session;
use crate::words::{self, counted, short, time};
use senim_abi::prescription::{Group, GroupId, PrescriptionEvent};
use senim_types::{Code, Event, Header, Height, Receipt};
use serde_json::{Value, json};

/// Blocks that one command looks through.
const BLOCKS_MAX: u64 = 10_000;

/// A look.
struct Seen {
    json: Value,
    line: String,
}

/// What happened, the earliest first: to all that the wallet holds, to a voucher, or who looked at a prescription.
pub fn log(args: &Log, global: &Global) -> Result<Answer> {
    let folder = &args.folder.wallet;
    let Some(id) = args.id else {
        return of_all(folder, global);
    };
    let session = session(global)?;
    let wallet = Wallet::open(folder)?;
    let (group, header) = match group(&session, &GroupId(id)) {
        Ok(found) => found,
        Err(failure) if failure.code == Code::PRESCRIPTION_UNKNOWN => {
            return of_one(&session, &wallet, id);
        }
        Err(failure) => return Err(failure),
    };
    let id = GroupId(id);
    wallet.access(&id, &group)?;
    let (seen, is_all) = look_back(&session, &id, &group, &header)?;
    let count = group.looks.count;
    let json = json!({
        "group": id, "count": count, "complete": is_all,
        "looks": seen.iter().map(|one| one.json.clone()).collect::<Vec<_>>(),
    });
    let answer = Answer::new(json)
        .line(format!(
            "Prescription {}: looked at {} so far",
            short(id),
            counted(count as usize, "time")
        ))
        .lines(seen.into_iter().map(|one| one.line));
    Ok(answer.line(if is_all {
        format!(
            "  all of them: the proven record counts as many, after block {}",
            header.height
        )
    } else {
        format!("  the earlier ones are further back than {BLOCKS_MAX} blocks")
    }))
}

/// From the record's block back to the issue, or until all looks that the record counts are found.
fn look_back(
    session: &Session,
    id: &GroupId,
    group: &Group,
    header: &Header,
) -> Result<(Vec<Seen>, bool)> {
    let count = group.looks.count as usize;
    let mut seen: Vec<Seen> = Vec::new();
    let first = header.height.0.saturating_sub(BLOCKS_MAX);
    for height in (1..=header.height.0).rev() {
        if seen.len() >= count {
            break;
        }
        if height <= first {
            seen.reverse();
            return Ok((seen, false));
        }
        let (block, receipts) = history::receipts(session, Height(height))?;
        if block.time < group.created {
            break;
        }
        let applied = receipts.iter().filter(|one| one.status.is_applied());
        let looks = applied.flat_map(|receipt| looks_of(receipt, id));
        let mut here: Vec<Seen> = looks
            .map(|(receipt, event, told)| to_seen(session, receipt, event, &told, &block))
            .collect();
        here.reverse();
        seen.extend(here);
    }
    if seen.len() != count {
        return Err(Failure::new(Code::LOOKS_MISSING));
    }
    seen.reverse();
    Ok((seen, true))
}

/// The looks at a prescription that a transaction told.
fn looks_of<'a>(
    receipt: &'a Receipt,
    id: &'a GroupId,
) -> impl Iterator<Item = (&'a Receipt, &'a Event, PrescriptionEvent)> {
    receipt.events.iter().filter_map(move |event| {
        let told = describe::prescription_event(event)?;
        let of = match &told {
            PrescriptionEvent::Held { group, .. } | PrescriptionEvent::Looked { group, .. } => {
                group
            }
            _ => return None,
        };
        (of == id).then_some((receipt, event, told))
    })
}

fn to_seen(
    session: &Session,
    receipt: &Receipt,
    event: &Event,
    told: &PrescriptionEvent,
    block: &Header,
) -> Seen {
    let (org, items, by) = match told {
        PrescriptionEvent::Looked {
            org, items, reason, ..
        } => (
            Some(*org),
            words::item_numbers(*items),
            json!({ "look": reason }),
        ),
        PrescriptionEvent::Held {
            org, items, proof, ..
        } => (
            Some(*org),
            words::item_numbers(*items),
            json!({ "hold": proof }),
        ),
        _ => (None, Vec::new(), Value::Null),
    };
    Seen {
        json: json!({
            "at": block.time, "org": org, "items": items, "by": by,
            "transaction": receipt.transaction, "height": block.height,
        }),
        line: format!(
            "  {}  {}",
            time(block.time),
            event_line(event, &session.names)
        ),
    }
}
