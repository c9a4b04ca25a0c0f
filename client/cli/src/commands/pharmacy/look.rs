//! A later look at the medicine data: first on the ledger, where the person sees it, then on the screen.

use super::contents::{Contents, Opens};
use super::{Look, folder};
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::prescription::item_line;
use crate::context::{applied, device, enrolled, group, save_proof, session, told};
use crate::failure::{Failure, Result};
use crate::words;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Execute, Group, ItemMask};
use senim_types::{Call, Code, OrgId, TimeMs, codec};
use serde_json::json;

/// Records a look, then shows the data.
pub fn look(args: &Look, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.pharmacy.key)?);
    let hold_dir = &args.pharmacy.hold_dir;
    let (before, header) = group(&session, &args.group)?;
    let keys = folder::item_keys(hold_dir, &args.group)?;
    let items = match args.items {
        Some(items) => words::within(items, before.items.len())?,
        None => {
            let org = enrolled(&session, &key)?.org;
            keys.items().and(looked_at(&before, org, header.time))
        }
    };
    // Without a key there is nothing to see, and nothing that the person should be told of.
    if keys.items().and(items).is_empty() {
        return Err(Failure::new(Code::NOT_HELD_HERE));
    }
    let execute = Execute::Look {
        group: args.group,
        items,
        reason: args.reason.into(),
    };
    let call = Call {
        contract: PRESCRIPTION,
        input: codec::encode(&execute),
    };
    let done = applied(&session, session.submit(&key, vec![call], Vec::new())?)?;
    save_proof(&done, args.pharmacy.save_proof.as_deref())?;
    let (after, header) = group(&session, &args.group)?;
    let opens = Opens::Kept(keys);
    let contents = Contents::open(&session, &key, &args.group, &after, &opens, items)?;
    let fields = json!({
        "group": args.group, "items": words::item_numbers(items), "contents": contents.to_json(),
    });
    let mut answer = told(&session, &done, fields).line(format!("Prescription {}", args.group));
    for index in items.indices() {
        let line = item_line(&after, index, header.time, &session.names);
        answer = answer
            .line(format!("  {line}"))
            .lines(contents.lines_of(index));
    }
    Ok(answer.lines(contents.missing()))
}

/// The items that the pharmacy holds or dispensed: until when it may look at those, the ledger judges.
fn looked_at(group: &Group, org: OrgId, now: TimeMs) -> ItemMask {
    let may = |index: &usize| group.may_look(*index, org, now, u64::MAX);
    let items = (0..group.items.len()).filter(may);
    items.fold(ItemMask::NONE, |all, index| all.or(ItemMask::one(index)))
}
