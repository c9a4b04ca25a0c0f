//! Receipts for people: what happened, from the events that the contracts told.

mod card;
mod marking;
mod prescription;
mod registry;
mod settlement;
mod treasury;
mod voucher;

pub use marking::{Verified, verified, verified_lines};
pub use prescription::subject as prescription_subject;
pub use settlement::reason_text;
pub use voucher::subject as voucher_subject;

use crate::commands::explain::refused;
use crate::failure::Failure;
use crate::names::Names;
use crate::session::Final;
use crate::words::{tenge_total, time};
use borsh::BorshDeserialize;
use senim_abi::card::CardEvent;
use senim_abi::marking::MarkingEvent;
use senim_abi::prescription::PrescriptionEvent;
use senim_abi::registry::RegistryEvent;
use senim_abi::settlement::SettlementEvent;
use senim_abi::treasury::TreasuryEvent;
use senim_abi::voucher::VoucherEvent;
use senim_abi::{CARD, MARKING, PRESCRIPTION, REGISTRY, SETTLEMENT, TREASURY, VOUCHER, ids};
use senim_types::{Code, Event, OrgId, Receipt, Status};
use serde_json::{Value, json};

/// An event of a contract that this program knows.
enum Known {
    Registry(RegistryEvent),
    Treasury(TreasuryEvent),
    Marking(MarkingEvent),
    Prescription(PrescriptionEvent),
    Voucher(VoucherEvent),
    Settlement(SettlementEvent),
    Card(CardEvent),
}

/// Decodes an event by contract, kind and version; `None` where this program is older than the event.
fn decode(event: &Event) -> Option<Known> {
    fn body<T: BorshDeserialize>(event: &Event) -> Option<T> {
        (event.version == 1)
            .then(|| T::try_from_slice(&event.body).ok())
            .flatten()
    }
    let known = match event.contract {
        REGISTRY => Known::Registry(body(event)?),
        TREASURY => Known::Treasury(body(event)?),
        MARKING => Known::Marking(body(event)?),
        PRESCRIPTION => Known::Prescription(body(event)?),
        VOUCHER => Known::Voucher(body(event)?),
        SETTLEMENT => Known::Settlement(body(event)?),
        CARD => Known::Card(body(event)?),
        _ => return None,
    };
    let kind = match &known {
        Known::Registry(event) => event.kind(),
        Known::Treasury(event) => event.kind(),
        Known::Marking(event) => event.kind(),
        Known::Prescription(event) => event.kind(),
        Known::Voucher(event) => event.kind(),
        Known::Settlement(event) => event.kind(),
        Known::Card(event) => event.kind(),
    };
    (kind == event.kind).then_some(known)
}

/// What the treasury told, where this event is its.
pub fn treasury_event(event: &Event) -> Option<TreasuryEvent> {
    match decode(event) {
        Some(Known::Treasury(told)) => Some(told),
        _ => None,
    }
}

/// What the prescription contract told, where this event is its.
pub fn prescription_event(event: &Event) -> Option<PrescriptionEvent> {
    match decode(event) {
        Some(Known::Prescription(told)) => Some(told),
        _ => None,
    }
}

/// What the card contract told, where this event is its.
pub fn card_event(event: &Event) -> Option<CardEvent> {
    match decode(event) {
        Some(Known::Card(told)) => Some(told),
        _ => None,
    }
}

/// What the voucher contract told, where this event is its.
pub fn voucher_event(event: &Event) -> Option<VoucherEvent> {
    match decode(event) {
        Some(Known::Voucher(told)) => Some(told),
        _ => None,
    }
}

/// An event as an object: contract and what it told, or its raw body.
pub fn event_json(event: &Event) -> Value {
    let contract = ids::name_of(event.contract).map_or(json!(event.contract), Value::from);
    let told = match decode(event) {
        Some(Known::Registry(told)) => json!(told),
        Some(Known::Treasury(told)) => json!(told),
        Some(Known::Marking(told)) => json!(told),
        Some(Known::Prescription(told)) => json!(told),
        Some(Known::Voucher(told)) => json!(told),
        Some(Known::Settlement(told)) => json!(told),
        Some(Known::Card(told)) => json!(told),
        None => {
            json!({ "kind": event.kind, "version": event.version, "body": hex::encode(&event.body) })
        }
    };
    json!({ "contract": contract, "event": told })
}

/// The events of a prescription's contract, in order.
pub fn prescription_events(receipt: &Receipt) -> impl Iterator<Item = PrescriptionEvent> {
    receipt
        .events
        .iter()
        .filter_map(|event| match decode(event) {
            Some(Known::Prescription(event)) => Some(event),
            _ => None,
        })
}

/// What an event says, in a line.
pub fn event_line(event: &Event, names: &Names) -> String {
    match decode(event) {
        Some(Known::Registry(event)) => registry::line(&event, names),
        Some(Known::Treasury(event)) => treasury::line(&event, names),
        Some(Known::Marking(event)) => marking::line(&event, names),
        Some(Known::Prescription(event)) => prescription::line(&event, names),
        Some(Known::Voucher(event)) => voucher::line(&event, names),
        Some(Known::Settlement(event)) => settlement::line(&event, names),
        Some(Known::Card(event)) => card::line(&event, names),
        None => format!(
            "event {} of contract {} (this program does not know it: update it)",
            event.kind, event.contract
        ),
    }
}

/// A final transaction as an object.
pub fn final_json(done: &Final) -> Value {
    let receipt = &done.receipt;
    json!({
        "transaction": receipt.transaction,
        "status": status_name(&receipt.status),
        "code": receipt.status.code(),
        "height": receipt.height,
        "index": receipt.index,
        "time": done.header.time,
        "fuel": receipt.fuel,
        "events": receipt.events.iter().map(event_json).collect::<Vec<_>>(),
        "signed_by": done.signers,
    })
}

fn status_name(status: &Status) -> &'static str {
    match status {
        Status::Applied => "applied",
        Status::Refused { .. } => "refused",
        Status::Trapped { .. } => "trapped",
    }
}

/// A final transaction in lines.
pub fn final_lines(done: &Final, names: &Names, validators: usize) -> Vec<String> {
    let receipt = &done.receipt;
    let mut lines = Vec::new();
    let outcome = match &receipt.status {
        Status::Applied => "Applied".to_owned(),
        Status::Refused { code, .. } => format!("Refused ({code})"),
        Status::Trapped { code } => format!("Trapped ({code})"),
    };
    lines.push(format!(
        "{outcome} in block {}, {}",
        receipt.height,
        time(done.header.time)
    ));
    lines.extend(
        receipt
            .events
            .iter()
            .map(|event| format!("  • {}", event_line(event, names))),
    );
    lines.push(format!("  transaction {}", receipt.transaction));
    lines.push(format!(
        "  proof holds: receipt {} of block {}, signed by {} of {validators} validators",
        receipt.index, receipt.height, done.signers
    ));
    lines
}

/// The failure that a final receipt tells, if it tells one: proven, and for ever.
pub fn refusal(done: &Final, names: &Names) -> Option<Failure> {
    let code = done.receipt.status.code()?;
    let mut failure = Failure::with(code, code.advice())
        .line(format!(
            "  final in block {} (signed by {} validators); nothing changed but the used sequence number",
            done.receipt.height, done.signers
        ))
        .line(format!("  transaction {}", done.receipt.transaction))
        .field("receipt", final_json(done));
    if let Status::Refused { detail, .. } = &done.receipt.status {
        if let (Code::WITH_ANOTHER_DISPENSER, Ok(org)) =
            (code, <[u8; 4]>::try_from(detail.as_slice()))
        {
            let holder = OrgId(u32::from_be_bytes(org));
            failure = failure.line(format!("  held by {}", names.of_org(holder)));
        }
        failure = crate::commands::act::check::refused(failure, code, detail, names);
        if let Some(decided) = refused(code, detail) {
            failure = failure.line(format!(
                "  decided by rules of version {} of programme {}; to see which: senim explain {}",
                decided.version, decided.programme, done.receipt.transaction
            ));
        }
        if !detail.is_empty() {
            failure = failure.field("detail", hex::encode(detail));
        }
    }
    Some(failure)
}

/// A budget line's numbers in lines.
pub fn budget_lines(
    number: u32,
    budget: &senim_abi::treasury::Budget,
    names: &Names,
) -> Vec<String> {
    vec![
        format!(
            "Budget line {number} of {}, programme {}, {:?}",
            names.of_org(budget.payer),
            budget.programme,
            budget.standing
        ),
        // The line keeps two sums: of all that entered it and of all that left. What was allotted or paid alone it
        // does not say, and a reversal or withdrawal is in these.
        format!(
            "  credits   {:>24}   allotted, or back from what was undone",
            tenge_total(budget.credits)
        ),
        format!(
            "  debits    {:>24}   paid, or withdrawn",
            tenge_total(budget.debits)
        ),
        format!("  reserved  {:>24}", tenge_total(budget.pending)),
        format!("  available {:>24}", tenge_total(budget.available())),
    ]
}

#[cfg(test)]
pub(crate) mod tests;
