//! The marking contract's events.

use crate::names::Names;
use crate::words::{counted, quantity, tenge};
use senim_abi::marking::msg::PackView;
use senim_abi::marking::{MarkingEvent, PackCode, PackState};
use senim_types::OrgId;

/// What the register leaves to do at a pharmacy with a pack that may be dispensed there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Units still in it.
    pub units_left: u32,
    /// False: the pack's movement to the pharmacy is not reported, and payment waits until it is.
    pub is_movement_reported: bool,
}

/// Judges a pack that the register lets `place` dispense.
pub fn verified(view: &PackView, place: OrgId) -> Verified {
    let is_awaited = view
        .pack
        .opened
        .is_some_and(|opened| opened.awaited.is_some());
    let is_here = match view.pack.state {
        PackState::Active { at } | PackState::Reserved { at } | PackState::SuppliedPart { at } => {
            at == place
        }
        _ => false,
    };
    Verified {
        units_left: view
            .pack
            .opened
            .map_or(view.product.units_per_pack, |opened| opened.units_left),
        is_movement_reported: is_here && !is_awaited,
    }
}

/// The same for people.
pub fn verified_lines(
    view: &PackView,
    code: &PackCode,
    place: OrgId,
    names: &Names,
) -> Vec<String> {
    let (product, state) = (&view.product, verified(view, place));
    let mut lines = vec![
        format!(
            "May be dispensed at {}: {}",
            names.of_org(place),
            product.name
        ),
        format!(
            "  {} {}, {} a pack, at most {}",
            product.inn,
            product.strength,
            quantity(product.units_per_pack, product.unit),
            tenge(product.price_cap)
        ),
        format!(
            "  pack {} {}, lot {}, until {}",
            code.gtin, code.serial, code.lot, code.expiry
        ),
    ];
    if let Some(opened) = view.pack.opened {
        lines.push(format!(
            "  opened: {} of {} left, at {} for the full pack",
            state.units_left,
            quantity(product.units_per_pack, product.unit),
            tenge(opened.price)
        ));
    }
    if !state.is_movement_reported {
        lines.push(
            "  its movement here is not reported: payment waits until it is (`senim pack ship`)"
                .to_owned(),
        );
    }
    lines
}

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
                "{} of {gtin}, lot {lot}, introduced at {}",
                counted(serials.len(), "pack"),
                names.of_org(*at)
            )
        }
        E::Shipped { packs, to } => {
            format!(
                "{} shipped to {}",
                counted(packs.len(), "pack"),
                names.of_org(*to)
            )
        }
        E::Received { packs } => format!("{} received", counted(packs.len(), "pack")),
        E::Removed { packs, exit } => format!(
            "{} left circulation: {exit:?}",
            counted(packs.len(), "pack")
        ),
        E::MovementClosed { pack } => format!(
            "the movement of pack {} {} is reported now",
            pack.gtin, pack.serial
        ),
        E::Quarantined { pack } => format!("pack {} {} is in quarantine", pack.gtin, pack.serial),
    }
}
