//! Later steps of a hold, each signed by the hold key.

use super::{Extend, Pharmacy, Reject, Reverse, Settle, folder};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, enrolled, group, save_proof, session, told};
use crate::failure::{Failure, Result};
use crate::programmes;
use crate::session::{Final, Session};
use crate::words;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Execute, GroupId, ItemMask};
use senim_abi::proof::HeldStep;
use senim_types::crypto::SecretKey;
use senim_types::{Call, Code, Domain, TimeMs, codec};
use serde_json::json;

/// Submits a step that the hold key of `group` signs.
pub fn submit(
    session: &Session,
    key: &SecretKey,
    pharmacy: &Pharmacy,
    group: &GroupId,
    execute: &Execute,
    step: &HeldStep,
) -> Result<Final> {
    let hold_key = folder::key_of_hold(&pharmacy.hold_dir, group)?;
    let witness = hold_key.witness(Domain::HeldStep, &session.chain, step.message());
    let call = Call {
        contract: PRESCRIPTION,
        input: codec::encode(execute),
    };
    let done = applied(session, session.submit(key, vec![call], vec![witness])?)?;
    save_proof(&done, pharmacy.save_proof.as_deref())?;
    Ok(done)
}

/// Gives items back.
pub fn reject(args: &Reject, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.pharmacy.key)?);
    let (group, items, reason) = (args.group, args.items, args.reason.into());
    let execute = Execute::Reject {
        group,
        items,
        reason,
    };
    let step = HeldStep::Reject {
        group,
        items,
        reason,
    };
    let done = submit(&session, &key, &args.pharmacy, &group, &execute, &step)?;
    // What is given back is read no more.
    folder::forget_item_keys(&args.pharmacy.hold_dir, &group, items)?;
    Ok(told(&session, &done, json!({})))
}

/// Lengthens a hold to the furthest that its programme allows now.
pub fn extend(args: &Extend, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.pharmacy.key)?);
    let org = enrolled(&session, &key)?.org;
    let (record, header) = group(&session, &args.group)?;
    let now = header.time;
    let is_meant = |hold: &&senim_abi::prescription::Hold| {
        hold.org == org && now < hold.until && !hold.items.and(args.items).is_empty()
    };
    let hold = record
        .holds
        .iter()
        .find(is_meant)
        .ok_or_else(|| Failure::new(Code::NOT_HELD))?;
    let rules = programmes::rules(&session, record.programme, record.version)?;
    let reach = [
        TimeMs(now.0.saturating_add(rules.lease_ms)),
        TimeMs(hold.since.0.saturating_add(rules.hold_ms_max)),
    ];
    let windows = hold
        .items
        .indices()
        .filter_map(|index| record.items.get(index).map(|item| item.until));
    let until = reach
        .into_iter()
        .chain(windows)
        .min()
        .unwrap_or(hold.until)
        .max(hold.until);
    let (group, items) = (args.group, hold.items);
    let execute = Execute::Extend {
        group,
        items,
        until,
    };
    let step = HeldStep::Extend {
        group,
        items,
        until,
    };
    let done = submit(&session, &key, &args.pharmacy, &group, &execute, &step)?;
    Ok(told(
        &session,
        &done,
        json!({ "until": until, "items": words::item_numbers(items) }),
    )
    .line(format!("  held until {}", words::time(until))))
}

/// Has a payment posted that waited. Nobody's key is needed: that the packs' movement is reported is what counts.
pub fn settle(args: &Settle, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.key)?);
    let execute = Execute::Settle {
        group: args.group,
        dispense: args.dispense,
    };
    let call = Call {
        contract: PRESCRIPTION,
        input: codec::encode(&execute),
    };
    let done = applied(&session, session.submit(&key, vec![call], Vec::new())?)?;
    save_proof(&done, args.save_proof.as_deref())?;
    Ok(told(&session, &done, json!({})))
}

/// Undoes a dispensing.
pub fn reverse(args: &Reverse, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.pharmacy.key)?);
    let (group, dispense) = (args.group, args.dispense);
    let left = args.left.unwrap_or(ItemMask::NONE);
    let execute = Execute::Reverse {
        group,
        dispense,
        left,
    };
    let step = HeldStep::Reverse {
        group,
        dispense,
        left,
    };
    let done = submit(&session, &key, &args.pharmacy, &group, &execute, &step)?;
    Ok(told(&session, &done, json!({})))
}
