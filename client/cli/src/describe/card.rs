//! The card contract's events.

use crate::names::Names;
use crate::words::{short, time};
use senim_abi::card::CardEvent;
use senim_types::PublicKey;
use senim_types::text::KeyKind;

/// What an event says, in a line. No line says which card it is about: the ledger does not know.
pub fn line(event: &CardEvent, names: &Names) -> String {
    use CardEvent as E;
    match event {
        E::ProgrammeSet {
            programme,
            categories,
        } => {
            let served = (0..32u32).filter(|bit| categories >> bit & 1 == 1);
            let served: Vec<String> = served.map(|bit| bit.to_string()).collect();
            match served.is_empty() {
                true => format!("programme {programme} serves no card"),
                false => format!(
                    "programme {programme} serves cards of categories {}",
                    served.join(", ")
                ),
            }
        }
        E::Registered {
            issuer,
            category,
            entitled_until,
            count,
        } => format!(
            "{} registered {count} keys of cards of category {}, entitled until {}",
            names.of_org(*issuer),
            category.0,
            time(*entitled_until)
        ),
        E::Blocked { key } => format!("the card of key {} is blocked", of(key)),
        E::Ended { key, at } => format!(
            "the entitlement of the card of key {} ends {}",
            of(key),
            time(*at)
        ),
        E::Bound { key, group } => {
            format!(
                "key {} is the card of prescription {}",
                of(key),
                short(group)
            )
        }
        E::Forgotten { count } => {
            format!("{count} keys of cards are forgotten: nothing can be disputed any more")
        }
    }
}

/// Enough of a key to tell it from others.
fn of(key: &PublicKey) -> String {
    let text = key.to_text(KeyKind::Token);
    text.chars().take(18).chain("…".chars()).collect()
}
