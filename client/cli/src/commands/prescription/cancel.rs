//! What remains is cancelled: by a message, or by items.

use super::Cancel;
use super::clinic::ClinicFolder;
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, group, save_proof, session, told};
use crate::failure::{Failure, Result};
use crate::words;
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Execute, GroupId, ItemMask};
use senim_fhir::LedgerOrder;
use senim_types::{Call, codec};
use serde_json::json;

/// Cancels, all of it in one transaction.
pub fn cancel(args: &Cancel, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, &args.clinic.key)?);
    let meant: Vec<(GroupId, ItemMask)> = match (&args.fhir, args.group) {
        (Some(message), _) => {
            let folder = ClinicFolder::open(&args.clinic.clinic)?;
            let order = folder.parse(message, args.clinic.offset, words::now())?;
            let LedgerOrder::Cancel { targets } = &order.ledger else {
                return Err(Failure::usage(
                    "the message orders: `senim prescription issue --fhir` takes it",
                ));
            };
            folder.meant(targets)?
        }
        (None, Some(id)) => {
            let count = group(&session, &id)?.0.items.len();
            vec![(
                id,
                words::within(args.items.unwrap_or(ItemMask::first(count)), count)?,
            )]
        }
        (None, None) => return Err(Failure::usage("name a message or a prescription")),
    };
    let call = |(group, items): &(GroupId, ItemMask)| {
        let execute = Execute::Cancel {
            group: *group,
            items: *items,
            reason: args.reason.into(),
        };
        Call {
            contract: PRESCRIPTION,
            input: codec::encode(&execute),
        }
    };
    let calls = meant.iter().map(call).collect();
    let done = applied(&session, session.submit(&key, calls, Vec::new())?)?;
    save_proof(&done, args.clinic.save_proof.as_deref())?;
    let cancelled: Vec<_> = meant
        .iter()
        .map(|(group, items)| json!({ "group": group, "items": words::item_numbers(*items) }))
        .collect();
    Ok(told(&session, &done, json!({ "cancelled": cancelled })))
}
