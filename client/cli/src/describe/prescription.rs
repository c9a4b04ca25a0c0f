//! The prescription contract's events.

use crate::names::Names;
use crate::words::{items, short, tenge, time};
use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::record::OverdueReason;
use senim_abi::prescription::{GroupId, ItemMask, LookReason, Money, PrescriptionEvent};

/// What an event says, in a line.
pub fn line(event: &PrescriptionEvent, names: &Names) -> String {
    use PrescriptionEvent as E;
    match event {
        E::ProgrammeSet {
            programme,
            version,
            open,
            budget,
            ..
        } => format!(
            "programme {programme} is {}, has rules of version {version}, and pays from budget line {budget}",
            if *open { "open" } else { "closed" }
        ),
        E::MedicineSet {
            programme,
            inn,
            rule,
        } => {
            let what = if rule.is_some() {
                "lists"
            } else {
                "no longer lists"
            };
            format!("programme {programme} {what} {inn}")
        }
        E::ProviderSet {
            programme,
            org,
            provider,
        } => {
            let what = if provider.is_some() {
                "has a contract"
            } else {
                "has no contract any more"
            };
            format!("{} {what} for programme {programme}", names.of_org(*org))
        }
        E::PrescriberSet {
            programme,
            org,
            right,
            ..
        } => {
            let what = if right.is_some() {
                "may prescribe"
            } else {
                "may not prescribe any more"
            };
            format!("{} {what} under programme {programme}", names.of_org(*org))
        }
        E::Issued {
            group,
            issuer,
            programme,
            items: mask,
            draft,
            ..
        } => format!(
            "{} issued prescription {group} under programme {programme}: {}{}",
            names.of_org(*issuer),
            items(*mask),
            if *draft { ", as a draft" } else { "" }
        ),
        E::Released { group } => format!("prescription {} is released", short(group)),
        E::Held {
            group,
            items: mask,
            org,
            until,
            proof,
            ..
        } => {
            let proof = match proof {
                ProofUsed::LiveQr => "a live QR",
                ProofUsed::Card => "a card",
                ProofUsed::Paper(_) => "paper",
                ProofUsed::DelegatedQr(_) => "a live QR of whom it is shared with",
            };
            format!(
                "{} holds {} of {} until {}, proven by {proof}",
                names.of_org(*org),
                items(*mask),
                short(group),
                time(*until)
            )
        }
        E::Extended {
            group,
            items: mask,
            until,
        } => {
            format!(
                "the hold of {} of {} reaches until {}",
                items(*mask),
                short(group),
                time(*until)
            )
        }
        E::Dispensed { .. } => dispensed_line(event, names),
        E::Rejected {
            group,
            items: mask,
            org,
            reason,
            ..
        } => {
            format!(
                "{} gave back {} of {}: {reason:?}",
                names.of_org(*org),
                items(*mask),
                short(group)
            )
        }
        E::Cancelled {
            group,
            items: cancelled,
            marked,
            by_holder,
            reason,
        } => cancelled_line(
            &short(group),
            *cancelled,
            *marked,
            *by_holder,
            &format!("{reason:?}"),
        ),
        E::Reversed {
            group,
            org,
            dispense,
            returned,
            ..
        } => format!(
            "{} undid dispense {dispense} of {}: {} go back",
            names.of_org(*org),
            short(group),
            tenge(*returned)
        ),
        E::Settled {
            group,
            org,
            dispense,
            amount,
        } => format!(
            "dispense {dispense} of {} is settled: {} to {}",
            short(group),
            tenge(*amount),
            names.of_org(*org)
        ),
        E::PaymentOverdue {
            group,
            org,
            dispense,
            reason,
        } => {
            let why = match reason {
                OverdueReason::Movement => "its packs were never reported to have moved there",
                OverdueReason::Refused => {
                    "it cannot be posted: look at the pharmacy's contract and at the budget line"
                }
            };
            format!(
                "the payment of dispense {dispense} of {} to {} is overdue, since {why}",
                short(group),
                names.of_org(*org)
            )
        }
        E::Rebound { group, .. } => format!(
            "prescription {} has another key of its holder",
            short(group)
        ),
        E::CardReplaced { group } => {
            format!("prescription {} is for the person's new card", short(group))
        }
        E::Looked {
            group,
            items: looked,
            org,
            reason,
            number,
            ..
        } => format!(
            "{} looks at {} of {} again ({}): look {number} at it",
            names.of_org(*org),
            items(*looked),
            short(group),
            look_reason(*reason)
        ),
        E::Delegated {
            group,
            delegation: Some(one),
        } => format!(
            "another may collect {} of {} until {}",
            items(one.items),
            short(group),
            time(one.until)
        ),
        E::Delegated {
            group,
            delegation: None,
        } => format!("nobody else may collect of {} any more", short(group)),
        E::Pruned { group } => format!("prescription {} is forgotten", short(group)),
    }
}

/// Why a pharmacy looked again, for people.
pub const fn look_reason(reason: LookReason) -> &'static str {
    match reason {
        LookReason::Dispensing => "to dispense",
        LookReason::ClinicalQuestion => "a question to the prescriber",
        LookReason::PersonAsks => "the person asks",
        LookReason::Dispute => "a reversal, claim or dispute",
        LookReason::Other => "another reason",
    }
}

/// The prescription that an event is about; none where it is about a programme.
pub const fn subject(event: &PrescriptionEvent) -> Option<GroupId> {
    use PrescriptionEvent as E;
    match event {
        E::Issued { group, .. }
        | E::Released { group }
        | E::Held { group, .. }
        | E::Extended { group, .. }
        | E::Dispensed { group, .. }
        | E::Rejected { group, .. }
        | E::Cancelled { group, .. }
        | E::Reversed { group, .. }
        | E::Settled { group, .. }
        | E::PaymentOverdue { group, .. }
        | E::Rebound { group, .. }
        | E::CardReplaced { group }
        | E::Looked { group, .. }
        | E::Delegated { group, .. }
        | E::Pruned { group } => Some(*group),
        E::ProgrammeSet { .. }
        | E::MedicineSet { .. }
        | E::ProviderSet { .. }
        | E::PrescriberSet { .. } => None,
    }
}

fn dispensed_line(event: &PrescriptionEvent, names: &Names) -> String {
    let PrescriptionEvent::Dispensed {
        group,
        org,
        dispense,
        packs,
        completed,
        borne,
        citizen,
        money,
        ..
    } = event
    else {
        return String::new();
    };
    let packs: Vec<String> = packs
        .iter()
        .map(|pack| {
            let units = pack.units;
            format!(
                "{units} units of pack {} {} for item {}",
                pack.pack.gtin,
                pack.pack.serial,
                pack.item + 1
            )
        })
        .collect();
    let redeemed = if completed.is_empty() {
        String::new()
    } else {
        format!("; redeemed: {}", items(*completed))
    };
    let money = match money {
        Money::None => "nothing to pay",
        Money::Posted => "paid at once",
        Money::Pending => "payment waits for the pack's movement to be reported",
        Money::Reversed => "taken back",
    };
    format!(
        "{} dispensed (number {dispense}) of {}: {}{redeemed}; the programme bears {}, the person {}; {money}",
        names.of_org(*org),
        short(group),
        packs.join(", "),
        tenge(*borne),
        tenge(*citizen)
    )
}

fn cancelled_line(
    group: &str,
    cancelled: ItemMask,
    marked: ItemMask,
    by_holder: bool,
    reason: &str,
) -> String {
    let who = if by_holder {
        "the holder"
    } else {
        "the clinic"
    };
    let mut parts = Vec::new();
    if !cancelled.is_empty() {
        parts.push(format!("{} cancelled", items(cancelled)));
    }
    if !marked.is_empty() {
        parts.push(format!(
            "{} held now, cancelled when the hold ends",
            items(marked)
        ));
    }
    format!(
        "{who} cancelled of {group}: {} ({reason})",
        parts.join("; ")
    )
}
