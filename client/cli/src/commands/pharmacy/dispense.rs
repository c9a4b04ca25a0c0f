//! Prescription, pack and money in one transaction.

use super::Dispense;
use super::step::submit;
use crate::answer::Answer;
use crate::args::Global;
use crate::commands::pack;
use crate::context::{device, session, told};
use crate::failure::Result;
use senim_abi::prescription::msg::DispenseReceipt;
use senim_abi::prescription::{DispenseLine, Execute, PackUse};
use senim_abi::proof::{HeldStep, lines_hash};
use serde_json::json;

/// Dispenses a pack, or a part of one.
pub fn dispense(args: &Dispense, global: &Global) -> Result<Answer> {
    let scanned = pack::scan(&args.pack)?;
    let (session, key) = (session(global)?, device(global, &args.pharmacy.key)?);
    let pack = pack::complete(&session, &scanned)?;
    let taken = PackUse {
        pack: pack.code,
        units: args.units,
        price: args.price,
    };
    let lines = vec![DispenseLine {
        item: args.item - 1,
        packs: vec![taken],
    }];
    let group = args.group;
    let step = HeldStep::Dispense {
        group,
        lines: lines_hash(&lines),
    };
    let execute = Execute::Dispense { group, lines };
    let done = submit(&session, &key, &args.pharmacy, &group, &execute, &step)?;
    let output = done
        .receipt
        .outputs
        .first()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let output: Option<DispenseReceipt> = borsh::from_slice(output).ok();
    let fields = json!({
        "group": group, "dispense": output, "from_register": pack.is_from_register,
    });
    Ok(told(&session, &done, fields).lines(pack.line()))
}
