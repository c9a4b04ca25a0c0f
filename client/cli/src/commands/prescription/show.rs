//! A prescription as it stands, proven.

use super::medicine::name;
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{group, session};
use crate::failure::Result;
use crate::names::Names;
use crate::words::{quantity, short, tenge, time};
use senim_abi::prescription::{Dispense, Group, GroupId, ItemStatus, Money};
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
    let only = item
        .product
        .map(|product| format!(", product {product} and no other"))
        .unwrap_or_default();
    let when = match status {
        ItemStatus::Ready if now < item.not_before => {
            format!(", not before {}", time(item.not_before))
        }
        ItemStatus::Ready | ItemStatus::Partial => format!(", until {}", time(item.until)),
        ItemStatus::Held => group.hold_of(index, now).map_or_else(String::new, |hold| {
            let then = if item.cancel_requested {
                ", cancelled when the hold ends"
            } else {
                ""
            };
            format!(
                ", by {} until {}{then}",
                names.of_org(hold.org),
                time(hold.until)
            )
        }),
        _ => String::new(),
    };
    format!(
        "{}. {} {strength}, {} of {} left{only}{part}: {}{when}",
        index + 1,
        name(&item.inn),
        item.remaining,
        quantity(item.quantity, item.unit),
        state_name(status)
    )
}

/// What became of a dispense's money, and so whether the pharmacy has anything to do.
fn money_words(dispense: &Dispense) -> &'static str {
    match dispense.money {
        _ if dispense.reversed => "undone",
        Money::None => "nothing to pay",
        Money::Posted => "paid",
        Money::Pending => {
            "not paid yet: waits until the movement of its packs is reported (`senim pack ship`)"
        }
        Money::Reversed => "taken back",
    }
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
            format!(
                "  dispense {number} by {}, {}: pack {}, {} borne, {}",
                session.names.of_org(dispense.org),
                time(dispense.at),
                packs.join(", "),
                tenge(dispense.borne),
                money_words(dispense)
            )
        });
    Ok(answer
        .lines(dispenses)
        .line(format!("  proof holds: after block {}", header.height)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use senim_abi::marking::Unit;
    use senim_abi::prescription::record::ItemStage;
    use senim_abi::prescription::{Hold, Item, ItemMask, PrescriberId, ProgrammeId};
    use senim_types::crypto::SecretKey;
    use senim_types::{OrgId, Tiyn};

    fn dispense(money: Money) -> Dispense {
        Dispense {
            org: OrgId(20),
            key: SecretKey::from_seed(&[1; 32]).public(),
            at: TimeMs(5),
            packs: Vec::new(),
            borne: Tiyn(100),
            money,
            reversed: money == Money::Reversed,
        }
    }

    #[test]
    fn what_became_of_the_money_is_said_of_every_dispense() {
        assert_eq!(money_words(&dispense(Money::Posted)), "paid");
        assert!(money_words(&dispense(Money::Pending)).starts_with("not paid yet"));
        assert_eq!(money_words(&dispense(Money::None)), "nothing to pay");
        assert_eq!(money_words(&dispense(Money::Reversed)), "undone");
    }

    #[test]
    fn a_held_item_says_that_it_is_cancelled_when_its_hold_ends() {
        let key = SecretKey::from_seed(&[1; 32]).public();
        let mut group = Group {
            programme: ProgrammeId(1),
            version: 1,
            issuer: OrgId(10),
            prescriber: PrescriberId(1),
            created: TimeMs(1),
            touched: TimeMs(1),
            holder: key,
            card: None,
            paper: None,
            sealed: None,
            delegation: None,
            delegated_at: TimeMs(0),
            last_proof_at: TimeMs(1),
            items: vec![Item {
                inn: "A10BA02".parse().expect("an ATC code"),
                strength: None,
                form: None,
                product: None,
                unit: Unit::Tablet,
                quantity: 60,
                remaining: 60,
                not_before: TimeMs(0),
                until: TimeMs(1_000),
                price_cap: None,
                reference_price: None,
                part: None,
                stage: ItemStage::Open,
                cancel_requested: false,
            }],
            holds: vec![Hold {
                items: ItemMask::one(0),
                org: OrgId(20),
                key,
                since: TimeMs(1),
                until: TimeMs(100),
            }],
            dispenses: Vec::new(),
            looks: Default::default(),
        };
        let line = |group: &Group| item_line(group, 0, TimeMs(10), &Names::default());
        assert!(line(&group).contains(": held, by") && !line(&group).contains("cancelled"));
        group.items[0].cancel_requested = true;
        assert!(line(&group).ends_with("cancelled when the hold ends"));
    }
}
