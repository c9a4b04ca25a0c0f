//! A prescription as it stands, proven.

use super::medicine::name;
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{group, session};
use crate::failure::Result;
use crate::names::Names;
use crate::words::{quantity, short, tenge, time};
use senim_abi::prescription::{Group, GroupId, ItemStatus};
use senim_types::TimeMs;
use serde_json::{Value, json};

/// The name of an item's state.
pub const fn state_name(status: ItemStatus) -> &'static str {
    match status {
        ItemStatus::Draft => "draft",
        ItemStatus::Ready => "ready",
        ItemStatus::Held => "held",
        ItemStatus::Partial => "partly redeemed",
        ItemStatus::Dispensed => "redeemed",
        ItemStatus::Cancelled => "cancelled",
        ItemStatus::Expired => "expired",
    }
}

/// An item in a line.
pub fn item_line(group: &Group, index: usize, now: TimeMs, names: &Names) -> String {
    let item = &group.items[index];
    let status = group.status(index, now).unwrap_or(ItemStatus::Draft);
    let strength = item
        .strength
        .map(|strength| strength.to_string())
        .unwrap_or_default();
    let part = item
        .part
        .map(|part| format!(", part {} of {}", part.number, part.of))
        .unwrap_or_default();
    let when = match status {
        ItemStatus::Ready if now < item.not_before => {
            format!(", not before {}", time(item.not_before))
        }
        ItemStatus::Ready | ItemStatus::Partial => format!(", until {}", time(item.until)),
        ItemStatus::Held => group.hold_of(index, now).map_or_else(String::new, |hold| {
            format!(", by {} until {}", names.of_org(hold.org), time(hold.until))
        }),
        _ => String::new(),
    };
    format!(
        "{}. {} {strength}, {} of {} left{part}: {}{when}",
        index + 1,
        name(&item.inn),
        item.remaining,
        quantity(item.quantity, item.unit),
        state_name(status)
    )
}

/// An item as an object.
pub fn item_json(group: &Group, index: usize, now: TimeMs) -> Value {
    json!({
        "item": index + 1,
        "status": group.status(index, now),
        "held_by": group.hold_of(index, now).map(|hold| hold.org),
        "record": group.items[index],
    })
}

/// Shows a prescription.
pub fn show(id: &GroupId, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let (group, header) = group(&session, id)?;
    let now = header.time;
    let items: Vec<Value> = (0..group.items.len())
        .map(|index| item_json(&group, index, now))
        .collect();
    let answer = Answer::new(json!({ "group": id, "height": header.height, "time": now, "items": items, "record": group }))
        .line(format!("Prescription {}, programme {}, by {}, {}", short(id), group.programme, session.names.of_org(group.issuer), time(group.created)))
        .lines((0..group.items.len()).map(|index| format!("  {}", item_line(&group, index, now, &session.names))));
    let dispenses = group
        .dispenses
        .iter()
        .enumerate()
        .map(|(number, dispense)| {
            let packs: Vec<String> = dispense
                .packs
                .iter()
                .map(|pack| format!("{} {}", pack.pack.gtin, pack.pack.serial))
                .collect();
            let undone = if dispense.reversed { ", undone" } else { "" };
            format!(
                "  dispense {number} by {}, {}: pack {}, {} borne{undone}",
                session.names.of_org(dispense.org),
                time(dispense.at),
                packs.join(", "),
                tenge(dispense.borne)
            )
        });
    Ok(answer
        .lines(dispenses)
        .line(format!("  proof holds: after block {}", header.height)))
}
