//! The marking contract's events.

use crate::names::Names;
use crate::words::tenge;
use senim_abi::marking::MarkingEvent;

/// What an event says, in a line.
pub fn line(event: &MarkingEvent, names: &Names) -> String {
    use MarkingEvent as E;
    match event {
        E::ProductSet { gtin, product } => {
            format!(
                "product {gtin} is {}, at most {} a pack",
                product.name,
                tenge(product.price_cap)
            )
        }
        E::BatchMarked { gtin, lot, mark } => format!("lot {lot} of {gtin} is {mark:?}"),
        E::Emitted { gtin, serials } => format!("{} codes given out for {gtin}", serials.len()),
        E::Introduced {
            gtin,
            lot,
            serials,
            at,
            ..
        } => {
            format!(
                "{} packs of {gtin}, lot {lot}, introduced at {}",
                serials.len(),
                names.of_org(*at)
            )
        }
        E::Shipped { packs, to } => {
            format!("{} packs shipped to {}", packs.len(), names.of_org(*to))
        }
        E::Received { packs } => format!("{} packs received", packs.len()),
        E::Removed { packs, exit } => format!("{} packs left circulation: {exit:?}", packs.len()),
        E::MovementClosed { pack } => format!(
            "the movement of pack {} {} is reported now",
            pack.gtin, pack.serial
        ),
        E::Quarantined { pack } => format!("pack {} {} is in quarantine", pack.gtin, pack.serial),
    }
}
