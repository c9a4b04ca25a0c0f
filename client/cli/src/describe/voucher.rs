//! The voucher contract's events.

use crate::names::Names;
use crate::words::{short, tenge, time};
use senim_abi::voucher::{Standing, VoucherEvent};

/// What an event says, in a line.
pub fn line(event: &VoucherEvent, names: &Names) -> String {
    use VoucherEvent as E;
    match event {
        E::ProgrammeSet {
            programme,
            payer,
            rules,
        } => format!(
            "{} set the rules of programme {programme}: at most {} a use, {} a day{}",
            names.of_org(*payer),
            tenge(rules.price_max),
            rules.uses_per_day_max,
            if rules.open { "" } else { ", closed" }
        ),
        E::ServiceSet {
            programme,
            place,
            service: Some(service),
        } => format!(
            "{} serves {} under programme {programme} until {}, at terminals of {}",
            names.of_org(service.provider),
            names.of_org(*place),
            time(service.until),
            names.of_org(service.terminals)
        ),
        E::ServiceSet {
            programme,
            place,
            service: None,
        } => format!(
            "nobody serves {} under programme {programme} any more",
            names.of_org(*place)
        ),
        E::Issued {
            voucher,
            programme,
            place,
            amount,
            until,
        } => format!(
            "voucher {} of programme {programme}: {} at {} until {}",
            short(voucher),
            tenge(*amount),
            names.of_org(*place),
            time(*until)
        ),
        E::Redeemed {
            voucher,
            provider,
            number,
            price,
            left,
            ..
        } => format!(
            "use {number} of voucher {}: {} to {}, {} left",
            short(voucher),
            tenge(*price),
            names.of_org(*provider),
            tenge(*left)
        ),
        E::Ended {
            voucher,
            standing,
            returned,
            ..
        } => format!(
            "voucher {} {}: {} are back in the budget line",
            short(voucher),
            match standing {
                Standing::Revoked => "was taken back",
                Standing::Swept | Standing::Active => "ended",
            },
            tenge(*returned)
        ),
    }
}
