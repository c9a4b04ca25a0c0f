//! What remains is cancelled: by a message, or by items.

use super::clinic::{ClinicFolder, Meant, Withdrawn, read_message};
use super::{Cancel, Reason, accounting};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::wallet::WalletKey;
use crate::context::{applied, device, group, save_proof, session, told};
use crate::failure::{Exit, Failure, Result};
use crate::sealing;
use crate::session::{Final, Session};
use crate::words;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Execute, GroupId, ItemMask};
use senim_fhir::{Accounted, LedgerOrder, Order};
use senim_types::crypto::SecretKey;
use senim_types::{Call, Hash, SignedTransaction, codec};
use serde_json::{Value, json};
use std::path::Path;

/// Cancels, all of it in one transaction.
pub fn cancel(args: &Cancel, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.clinic.key)?);
    match (&args.fhir, args.group) {
        (Some(message), _) => by_message(args, message, &session, &key),
        (None, Some(id)) => {
            let count = group(&session, &id)?.0.items.len();
            let items = words::within(args.items.unwrap_or(ItemMask::first(count)), count)?;
            let reason = args.reason.unwrap_or(Reason::Other);
            let transaction = session.sign(&key, vec![call(id, items, reason)], Vec::new())?;
            let done = submit(&session, &transaction)?;
            save_proof(&done, args.clinic.save_proof.as_deref())?;
            let cancelled = [cancelled(&id, items)];
            Ok(told(&session, &done, json!({ "cancelled": cancelled })))
        }
        (None, None) => Err(Failure::usage("name a message or a prescription")),
    }
}

/// A message that withdrew items.
pub struct Cancellation {
    /// The transaction, final.
    pub done: Final,
    /// What was cancelled.
    pub of: Vec<(GroupId, ItemMask)>,
    /// blake3 of what is sealed, for each prescription.
    pub sealed: Vec<Hash>,
    /// Where each element of the message went.
    pub accounting: Vec<Accounted>,
}

fn by_message(args: &Cancel, message: &Path, session: &Session, key: &SecretKey) -> Result<Answer> {
    let mut folder = ClinicFolder::open(&args.clinic.clinic)?;
    let (message, offset) = (read_message(message)?, args.clinic.offset);
    let done = cancel_message(session, key, &mut folder, &message, offset, args.reason)?;
    save_proof(&done.done, args.clinic.save_proof.as_deref())?;
    let list: Vec<Value> = done
        .of
        .iter()
        .map(|(group, items)| cancelled(group, *items))
        .collect();
    let fields = json!({
        "cancelled": list, "sealed": done.sealed, "accounting": done.accounting,
    });
    Ok(told(session, &done.done, fields)
        .lines(accounting::lines(&done.accounting, args.clinic.accounting)))
}

/// Cancels what a message withdraws. The message is sealed for the wallet of each prescription that it withdraws
/// something of, as an ordering message is: the doctor's signature and reasons are kept. `reason` decides instead of the
/// message's own.
pub fn cancel_message(
    session: &Session,
    key: &SecretKey,
    folder: &mut ClinicFolder,
    message: &[u8],
    offset: i16,
    reason: Option<Reason>,
) -> Result<Cancellation> {
    let order = folder.parse_bytes(message, offset, words::now())?;
    let LedgerOrder::Cancel { targets } = &order.ledger else {
        return Err(Failure::usage(
            "the message orders: `senim prescription issue --fhir` takes it",
        ));
    };
    let meant = folder.meant(targets)?;
    let calls = meant.iter().map(|meant| {
        let said = meant.reason.map(Reason::from);
        let reason = reason.or(said).unwrap_or(Reason::Other);
        call(meant.group, meant.items, reason)
    });
    let transaction = session.sign(key, calls.collect(), Vec::new())?;
    let sealed = seal(folder, &order, targets.len(), &meant, session)?;
    for (_, object) in &sealed {
        session.put_sealed(key, object)?;
    }
    // Recorded before it is sent: whatever happens to this process, the sealed message is found again.
    let before = folder.issued.clone();
    let id = folder.message_id(&order.sealed.message);
    for (group, object) in &sealed {
        let (hash, sealed) = (transaction.hash(), Hash::of(object));
        let of = folder
            .issued
            .iter_mut()
            .rfind(|issued| issued.group == *group);
        let items = items_of(&meant, group);
        if let Some(issued) = of {
            issued.withdrawn.push(Withdrawn {
                items,
                transaction: hash,
                sealed,
                valid_until: transaction.body.valid_until,
                message: Some(id.clone()),
            });
        }
    }
    folder.save()?;
    let done = match submit(session, &transaction) {
        Err(failure) if failure.exit == Exit::Refused => {
            // Final: nothing was cancelled.
            folder.issued = before;
            folder.save()?;
            for (_, object) in &sealed {
                session.delete_sealed(key, &Hash::of(object))?;
            }
            return Err(failure);
        }
        done => done?,
    };
    Ok(Cancellation {
        done,
        of: meant
            .iter()
            .map(|meant| (meant.group, meant.items))
            .collect(),
        sealed: sealed.iter().map(|(_, object)| Hash::of(object)).collect(),
        accounting: order.accounting,
    })
}

/// One sealed object for each prescription, in their order.
fn seal(
    folder: &ClinicFolder,
    order: &Order,
    targets: usize,
    meant: &[Meant],
    session: &Session,
) -> Result<Vec<(GroupId, Vec<u8>)>> {
    let mut groups: Vec<GroupId> = Vec::new();
    for Meant { group, .. } in meant {
        if !groups.contains(group) {
            groups.push(*group);
        }
    }
    let parts: Vec<usize> = (0..targets).collect();
    let seal = |group: GroupId| {
        let issued = folder.issued.iter().rfind(|issued| issued.group == group);
        let holder = issued.map_or("", |issued| issued.holder.as_str());
        let wallet = WalletKey::from_text(holder)?;
        let object = sealing::seal(&order.sealed, &parts, &session.chain, &[wallet.opening])?;
        Ok((group, object))
    };
    groups.into_iter().map(seal).collect()
}

fn items_of(meant: &[Meant], group: &GroupId) -> ItemMask {
    let of = meant.iter().filter(|meant| meant.group == *group);
    of.fold(ItemMask::NONE, |all, meant| all.or(meant.items))
}

fn call(group: GroupId, items: ItemMask, reason: Reason) -> Call {
    let execute = Execute::Cancel {
        group,
        items,
        reason: reason.into(),
    };
    Call {
        contract: PRESCRIPTION,
        input: codec::encode(&execute),
    }
}

fn submit(session: &Session, transaction: &SignedTransaction) -> Result<Final> {
    let done = session.submit_signed(transaction)?;
    applied(session, done)
}

fn cancelled(group: &GroupId, items: ItemMask) -> Value {
    json!({ "group": group, "items": words::item_numbers(items) })
}
