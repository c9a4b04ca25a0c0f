//! From bytes to an order: opens the envelope, sorts the requests, reads each, accounts for all.

use std::collections::{BTreeMap, BTreeSet};

use crate::accounting::{self, Marks};
use crate::cursor::Element;
use crate::item::{self, Context};
use crate::json;
use crate::medicine::MedicineMap;
use crate::message::{Event, Message, Target, refuse_unknown_modifiers};
use crate::order::{ITEMS_MAX, LedgerOrder, Order, ParseOptions, SealedOrder};
use crate::refusal::{FhirRefusal, printable_code};
use crate::sealed;
use senim_types::Code;

/// Reads a FHIR R4 JSON message: a `MedicationRequest`, a bundle of them, or a message bundle.
///
/// # Errors
/// The first element that would change what, how much, for whom or when and cannot be honoured, or
/// the reason for which the bytes are no order at all. Nothing is taken in part.
pub fn parse_order(
    bytes: &[u8],
    map: &MedicineMap,
    options: &ParseOptions,
) -> Result<Order, FhirRefusal> {
    let tree = json::read(bytes)?;
    let mut marks = Marks::default();
    let message = Message::open(Element::root(&tree), &mut marks)?;
    let requests = orders(&message, &mut marks)?;
    let direction = direction(&message, &requests, &mut marks)?;
    let context = Context {
        message: &message,
        map,
        options,
    };
    let ledger = match direction {
        Direction::Issue => {
            refuse_differing_subjects(&message, &requests, Some(&mut marks))?;
            let read = |request| item::issue(&context, request, &mut marks);
            let items: Vec<_> = requests.iter().map(read).collect::<Result<_, _>>()?;
            let links = items.iter().map(|item| item.link);
            refuse_duplicate_items(&requests, links)?;
            refuse_too_many(&message, items.iter().map(|item| item.parts.len()).sum())?;
            LedgerOrder::Issue { items }
        }
        Direction::Cancel => {
            let read = |request| item::cancel(&context, request, &mut marks);
            let targets: Vec<_> = requests.iter().map(read).collect::<Result<_, _>>()?;
            let links = targets.iter().map(|target| target.links.first().copied());
            refuse_duplicate_items(&requests, links)?;
            // The message is sealed for one person. Whether that person lives does not matter any more.
            if requests.len() > 1 {
                refuse_differing_subjects(&message, &requests, None)?;
            }
            LedgerOrder::Cancel { targets }
        }
    };
    let items = requests
        .iter()
        .map(|request| sealed::item(&message, request))
        .collect();
    Ok(Order {
        ledger,
        sealed: SealedOrder {
            message: sealed::message(&message.root),
            items,
        },
        accounting: accounting::account(&message.root, &marks),
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Issue,
    Cancel,
}

/// The requests that are orders, in the order of the message.
///
/// FHIR's codes for an order form a tree (`request-intent`): `original-order`, `reflex-order`,
/// `filler-order` and `instance-order` are kinds of `order`. Proposals, plans and options authorise
/// nobody; beside an order they are kept as what they are, clinical information.
fn orders<'a>(message: &Message<'a>, marks: &mut Marks) -> Result<Vec<Element<'a>>, FhirRefusal> {
    let is_request = |r: &&Element| r.resource_type() == Some("MedicationRequest");
    let resources = message.entries.iter().map(|entry| &entry.resource);
    let requests: Vec<&Element> = resources.filter(is_request).collect();
    let mut orders = Vec::new();
    let mut refused = None;
    for request in &requests {
        let intent = request.require("intent")?;
        let counts = match intent.text()? {
            "order" | "original-order" => true,
            "reflex-order" | "instance-order" | "filler-order" => {
                !is_based_on_one_of(message, request, &requests)?
            }
            _ => false,
        };
        marks.checked(
            &intent,
            "only an order is dispensed; other intents are sealed",
        );
        if counts {
            orders.push((*request).clone());
        } else {
            refused.get_or_insert(intent);
        }
    }
    refuse_too_many(message, orders.len())?;
    match (orders.is_empty(), refused) {
        (false, _) => Ok(orders),
        (true, Some(intent)) => {
            let found = printable_code(intent.text()?);
            Err(intent.refuse(Code::FHIR_INTENT_NOT_ORDER, found))
        }
        (true, None) => Err(message.root.refuse(Code::FHIR_NO_ORDER, "")),
    }
}

/// A single issue of a repeating order that is in the same message is one of that order's parts.
fn is_based_on_one_of(
    message: &Message,
    request: &Element,
    requests: &[&Element],
) -> Result<bool, FhirRefusal> {
    for reference in request.each("basedOn")? {
        let Some(address) = reference.text_of("reference")? else {
            continue;
        };
        if let Target::Found(target) = message.resolve(request, address)
            && requests
                .iter()
                .any(|other| other.path == target.path && other.path != request.path)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the requests are issued or withdrawn, all of them.
fn direction(
    message: &Message,
    requests: &[Element],
    marks: &mut Marks,
) -> Result<Direction, FhirRefusal> {
    let mut direction = match message.event {
        Some(Event::Order) => Some(Direction::Issue),
        Some(Event::Update) => Some(Direction::Cancel),
        None => None,
    };
    for request in requests {
        refuse_unknown_modifiers(request)?;
        let status = request.require("status")?;
        marks.checked(&status, "active is issued, withdrawn is cancelled");
        let asked = match status.text()? {
            "active" => Direction::Issue,
            "cancelled" | "stopped" | "entered-in-error" => Direction::Cancel,
            other => return Err(status.refuse(Code::FHIR_STATUS_NOT_ACTIVE, printable_code(other))),
        };
        if *direction.get_or_insert(asked) != asked {
            let code = match message.event {
                Some(_) => Code::FHIR_STATUS_CONTRADICTS_EVENT,
                None => Code::FHIR_STATUS_MIXED,
            };
            return Err(status.refuse(code, printable_code(status.text()?)));
        }
        if let Some(forbids) = request.get("doNotPerform") {
            marks.checked(&forbids, "a request to supply, not a prohibition");
            if forbids.boolean()? {
                return Err(forbids.refuse(Code::FHIR_DO_NOT_PERFORM, ""));
            }
        }
        if let Some(reported) = request.get("reportedBoolean") {
            marks.checked(&reported, "an order, not a report of one");
            if reported.boolean()? {
                return Err(reported.refuse(Code::FHIR_REPORTED, ""));
            }
        }
        if let Some(reported) = request.get("reportedReference") {
            return Err(reported.refuse(Code::FHIR_REPORTED, ""));
        }
    }
    direction.ok_or_else(|| message.root.refuse(Code::FHIR_NO_ORDER, ""))
}

/// One proof opens all items of a message, so all must be one person's.
fn refuse_differing_subjects(
    message: &Message,
    requests: &[Element],
    mut marks: Option<&mut Marks>,
) -> Result<(), FhirRefusal> {
    let mut first: Option<BTreeSet<String>> = None;
    for request in requests {
        let names = item::subject(message, request, marks.as_deref_mut())?;
        let known = first.get_or_insert_with(|| names.clone());
        if known.is_disjoint(&names) {
            let path = format!("{}.subject", request.path);
            return Err(FhirRefusal::new(Code::FHIR_SUBJECTS_DIFFER, &path, ""));
        }
    }
    Ok(())
}

fn refuse_duplicate_items(
    requests: &[Element],
    links: impl Iterator<Item = Option<crate::LinkId>>,
) -> Result<(), FhirRefusal> {
    let mut seen = BTreeMap::new();
    for (request, link) in requests.iter().zip(links) {
        let Some(link) = link else { continue };
        if let Some(earlier) = seen.insert(link, &request.path) {
            let path = format!("{}.identifier", request.path);
            let detail = format!("the same as of {earlier}");
            return Err(FhirRefusal::new(Code::FHIR_DUPLICATE_ITEM, &path, detail));
        }
    }
    Ok(())
}

fn refuse_too_many(message: &Message, items: usize) -> Result<(), FhirRefusal> {
    if items <= ITEMS_MAX {
        return Ok(());
    }
    let detail = format!("{items} items with their parts, at most {ITEMS_MAX}");
    Err(message.root.refuse(Code::FHIR_TOO_MANY_ITEMS, detail))
}
