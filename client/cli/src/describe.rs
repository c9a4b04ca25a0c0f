//! Receipts for people: what happened, from the events that the contracts told.

use crate::failure::Failure;
use crate::names::Names;
use crate::session::Final;
use crate::words::{items, short, tenge, tenge_total, time};
use borsh::BorshDeserialize;
use senim_abi::marking::MarkingEvent;
use senim_abi::prescription::event::ProofUsed;
use senim_abi::prescription::{ItemMask, Money, PrescriptionEvent};
use senim_abi::registry::RegistryEvent;
use senim_abi::treasury::{Account, PostingKind, TreasuryEvent};
use senim_abi::{MARKING, PRESCRIPTION, REGISTRY, TREASURY, ids};
use senim_types::{Code, Event, OrgId, Receipt, Status};
use serde_json::{Value, json};

/// An event of a contract that this program knows.
enum Known {
    Registry(RegistryEvent),
    Treasury(TreasuryEvent),
    Marking(MarkingEvent),
    Prescription(PrescriptionEvent),
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
        _ => return None,
    };
    let kind = match &known {
        Known::Registry(event) => event.kind(),
        Known::Treasury(event) => event.kind(),
        Known::Marking(event) => event.kind(),
        Known::Prescription(event) => event.kind(),
    };
    (kind == event.kind).then_some(known)
}

/// An event as an object: contract and what it told, or its raw body.
pub fn event_json(event: &Event) -> Value {
    let contract = ids::name_of(event.contract).map_or(json!(event.contract), Value::from);
    let told = match decode(event) {
        Some(Known::Registry(told)) => json!(told),
        Some(Known::Treasury(told)) => json!(told),
        Some(Known::Marking(told)) => json!(told),
        Some(Known::Prescription(told)) => json!(told),
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
        Some(Known::Registry(event)) => registry_line(&event, names),
        Some(Known::Treasury(event)) => treasury_line(&event, names),
        Some(Known::Marking(event)) => marking_line(&event, names),
        Some(Known::Prescription(event)) => prescription_line(&event, names),
        None => format!(
            "event {} of contract {} (this program does not know it: update it)",
            event.kind, event.contract
        ),
    }
}

fn registry_line(event: &RegistryEvent, names: &Names) -> String {
    use RegistryEvent as E;
    use senim_types::text::KeyKind::{Device, Validator};
    match event {
        E::OrganisationRegistered {
            org, name, roles, ..
        } => {
            format!(
                "{name} joined as organisation {org}: {}",
                roles.names().collect::<Vec<_>>().join(", ")
            )
        }
        E::OrganisationRolesSet { org, roles } => {
            format!(
                "{} is now: {}",
                names.of_org(*org),
                roles.names().collect::<Vec<_>>().join(", ")
            )
        }
        E::OrganisationStandingSet { org, standing } => {
            format!("{} is now {standing:?}", names.of_org(*org))
        }
        E::DeviceEnrolled {
            org,
            device,
            administrator,
        } => format!(
            "{} is enrolled for {}{}",
            device.to_text(Device),
            names.of_org(*org),
            if *administrator {
                " and administers its devices"
            } else {
                ""
            }
        ),
        E::DeviceStandingSet {
            org,
            device,
            standing,
        } => {
            format!(
                "{} of {} is now {standing:?}",
                device.to_text(Device),
                names.of_org(*org)
            )
        }
        E::RightSet {
            contract,
            method,
            roles_any,
        } => format!(
            "method {method} of contract {contract} may be called by: {}",
            roles_any.names().collect::<Vec<_>>().join(", ")
        ),
        E::ValidatorAdded {
            validator,
            power,
            org,
        } => format!(
            "validator {} of {} joins with power {power}",
            validator.to_text(Validator),
            names.of_org(*org)
        ),
        E::ValidatorPowerSet { validator, power } => {
            format!(
                "validator {} has power {power}",
                validator.to_text(Validator)
            )
        }
        E::ValidatorRemoved { validator } => {
            format!("validator {} leaves", validator.to_text(Validator))
        }
    }
}

fn account(account: &Account, names: &Names) -> String {
    match account {
        Account::Outside(payer) => format!("outside money of {}", names.of_org(*payer)),
        Account::Budget(budget) => format!("budget line {budget}"),
        Account::Claim {
            provider,
            programme,
            period,
        } => format!(
            "claim of {} on programme {programme} for {:04}-{:02}",
            names.of_org(*provider),
            period.year(),
            period.month()
        ),
    }
}

fn treasury_line(event: &TreasuryEvent, names: &Names) -> String {
    use TreasuryEvent as E;
    match event {
        E::Posting(posting) => {
            let word = match posting.kind {
                PostingKind::Allot => "allotted",
                PostingKind::Withdraw => "withdrawn",
                PostingKind::Pay | PostingKind::Post => "paid",
                PostingKind::Reverse => "taken back",
                PostingKind::Settle => "settled",
            };
            format!(
                "{word} {}: {} → {}",
                tenge(posting.debit.amount),
                account(&posting.debit.account, names),
                account(&posting.credit.account, names)
            )
        }
        E::Reserved {
            budget,
            provider,
            amount,
            expires_at,
            ..
        } => format!(
            "reserved {} of budget line {budget} for {} until {}",
            tenge(*amount),
            names.of_org(*provider),
            time(*expires_at)
        ),
        E::Released {
            budget,
            amount,
            release,
            ..
        } => {
            format!(
                "{} are free again in budget line {budget} ({release:?})",
                tenge(*amount)
            )
        }
        E::BudgetOpened {
            budget,
            payer,
            programme,
            ..
        } => {
            format!(
                "{} opened budget line {budget} for programme {programme}",
                names.of_org(*payer)
            )
        }
        E::BudgetCallersSet { budget, callers } => {
            let callers: Vec<String> = callers.iter().map(ToString::to_string).collect();
            format!(
                "budget line {budget} may be moved by contracts {}",
                callers.join(", ")
            )
        }
        E::BudgetStandingSet { budget, standing } => {
            format!("budget line {budget} is now {standing:?}")
        }
    }
}

fn marking_line(event: &MarkingEvent, names: &Names) -> String {
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

fn prescription_line(event: &PrescriptionEvent, names: &Names) -> String {
    use PrescriptionEvent as E;
    match event {
        E::ProgrammeSet { programme, .. } => format!("the rules of programme {programme} are set"),
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
        E::MovementOverdue {
            group,
            org,
            dispense,
        } => format!(
            "the packs of dispense {dispense} of {} by {} were never reported to have moved there: a person has to look",
            short(group),
            names.of_org(*org)
        ),
        E::Rebound { group, .. } => format!(
            "prescription {} has another key of its holder",
            short(group)
        ),
        E::Pruned { group } => format!("prescription {} is forgotten", short(group)),
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
        format!("  allotted  {:>24}", tenge_total(budget.credits)),
        format!("  paid      {:>24}", tenge_total(budget.debits)),
        format!("  reserved  {:>24}", tenge_total(budget.pending)),
        format!("  available {:>24}", tenge_total(budget.available())),
    ]
}
