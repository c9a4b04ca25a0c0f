//! What became of a prescription, told to the issuing system in FHIR R4: `MedicationDispense` for what a pharmacy does,
//! `MedicationRequest` for where a line stands, and the message that carries them. Never the person: the clinic knows
//! whose line it is.

use serde_json::{Value, json};

use crate::medicine::Medicine;

/// One supply, as the ledger's receipt and the pharmacy's own record have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispenseReport<'a> {
    /// What the ledger calls the dispense: its prescription and its number there. With the item's index it is the
    /// report's identity, so that the same report comes twice as the same.
    pub dispense: &'a str,
    /// Index of the item within the prescription.
    pub index: u32,
    /// Identifier of the prescription line `(system, value)`, as the clinic sent it.
    pub line: (&'a str, &'a str),
    /// What was supplied.
    pub medicine: &'a Medicine,
    /// How much, in the medicine's smallest unit; none where nothing was handed over.
    pub quantity: Option<u32>,
    /// When, as a FHIR dateTime; none where nothing was handed over.
    pub handed_over: Option<&'a str>,
    /// Name of the pharmacy's organisation on the ledger.
    pub pharmacy: &'a str,
    /// Packs, as `(GTIN, serial)`.
    pub packs: &'a [(&'a str, &'a str)],
    /// How far it is.
    pub status: DispenseStatus,
    /// Until when a pharmacy holds the item, as a FHIR dateTime.
    pub held_until: Option<&'a str>,
    /// Why it ended without a supply: a code of the ledger's words.
    pub reason: Option<&'a str>,
}

/// How far a pharmacy is with an item, in FHIR's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispenseStatus {
    /// It holds the item.
    InProgress,
    /// Something was supplied.
    Completed,
    /// The hold ended by itself, and nothing was supplied.
    Cancelled,
    /// The pharmacy gave the item back.
    Declined,
    /// The pharmacy undid the supply: nothing was supplied.
    EnteredInError,
}

impl DispenseStatus {
    const fn code(self) -> &'static str {
        match self {
            DispenseStatus::InProgress => "in-progress",
            DispenseStatus::Completed => "completed",
            DispenseStatus::Cancelled => "cancelled",
            DispenseStatus::Declined => "declined",
            DispenseStatus::EnteredInError => "entered-in-error",
        }
    }
}

/// Where a line of a prescription stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestReport<'a> {
    /// Identifier of the line `(system, value)`, as the clinic sent it.
    pub line: (&'a str, &'a str),
    /// What was ordered.
    pub medicine: &'a Medicine,
    /// How it stands.
    pub status: RequestStatus,
    /// Why: a code of the ledger's words.
    pub reason: Option<&'a str>,
}

/// How a line stands, in FHIR's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestStatus {
    /// Something can still be supplied.
    Active,
    /// All of it was supplied.
    Completed,
    /// Withdrawn before anything was supplied.
    Cancelled,
    /// Over, by withdrawal or by time, with a part or nothing supplied.
    Stopped,
}

impl RequestStatus {
    const fn code(self) -> &'static str {
        match self {
            RequestStatus::Active => "active",
            RequestStatus::Completed => "completed",
            RequestStatus::Cancelled => "cancelled",
            RequestStatus::Stopped => "stopped",
        }
    }
}

/// A message to the issuing system.
#[derive(Clone, Debug)]
pub struct ReportMessage<'a> {
    /// Its identity, a UUID: the same report comes again as the same.
    pub id: &'a str,
    /// What happened: a code of the message's events.
    pub event: &'a str,
    /// When, as a FHIR instant.
    pub at: &'a str,
    /// Who tells it: a URI of the ledger.
    pub source: &'a str,
    /// What it is about, in order.
    pub resources: &'a [Value],
}

/// Code system of the ledger's words for reasons.
const REASON_SYSTEM: &str = "https://example.org/senim/CodeSystem/reason";
/// Code system of the events of messages.
pub const EVENT_SYSTEM: &str = "https://example.org/senim/CodeSystem/message-event";
/// What prescriptions are called on the ledger.
pub const GROUP_SYSTEM: &str = "https://example.org/senim/id/prescription-group";

/// The identifier `(system, value)` of the prescription line in an item's sealed part, as the clinic's system sent it:
/// the first that its link was made of. `None` where the part has no request, or a request without a name.
pub fn line_identifier(sealed_item: &[u8]) -> Option<(String, String)> {
    let bundle: Value = serde_json::from_slice(sealed_item).ok()?;
    let mut resources = bundle["entry"].as_array()?.iter().map(|e| &e["resource"]);
    let request = resources.find(|resource| resource["resourceType"] == "MedicationRequest")?;
    let named = request["identifier"].as_array().and_then(|identifiers| {
        identifiers.iter().find_map(|identifier| {
            let system = identifier["system"].as_str().unwrap_or_default();
            Some((system.to_owned(), identifier["value"].as_str()?.to_owned()))
        })
    });
    // Sent from a FHIR server it may have no name but its address there.
    let address = || {
        Some((
            "MedicationRequest".to_owned(),
            request["id"].as_str()?.to_owned(),
        ))
    };
    named.or_else(address)
}

/// A `MedicationDispense` without the person: the clinic knows whose line it is.
pub fn dispense_report(report: &DispenseReport) -> Value {
    let mut extensions: Vec<Value> = report
        .packs
        .iter()
        .map(|(gtin, serial)| {
            json!({
                "url": "https://example.org/senim/StructureDefinition/pack",
                "valueIdentifier": {
                    "system": "https://example.org/senim/id/pack",
                    "value": format!("{gtin}.{serial}"),
                },
            })
        })
        .collect();
    extensions.extend(report.held_until.map(|until| {
        json!({
            "url": "https://example.org/senim/StructureDefinition/held-until",
            "valueDateTime": until,
        })
    }));
    let mut dispense = json!({
        "resourceType": "MedicationDispense",
        "identifier": [{
            "system": "https://example.org/senim/id/dispense",
            "value": format!("{}.{}", report.dispense, report.index),
        }],
        "status": report.status.code(),
        "medicationCodeableConcept": medication(report.medicine),
        "performer": [{ "actor": { "type": "Organization", "display": report.pharmacy } }],
        "authorizingPrescription": [{
            "type": "MedicationRequest",
            "identifier": identifier(report.line),
        }],
    });
    let unit = report.medicine.unit.code();
    let optional = [
        (
            "quantity",
            report
                .quantity
                .map(|value| json!({ "value": value, "unit": unit })),
        ),
        ("whenHandedOver", report.handed_over.map(|at| json!(at))),
        (
            "statusReasonCodeableConcept",
            report.reason.map(reason_concept),
        ),
        // FHIR has no empty arrays.
        (
            "extension",
            (!extensions.is_empty()).then(|| json!(extensions)),
        ),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            dispense[name] = value;
        }
    }
    dispense
}

/// A `MedicationRequest` that says where a line stands. FHIR wants a subject: it is masked.
pub fn request_report(report: &RequestReport) -> Value {
    let mut request = json!({
        "resourceType": "MedicationRequest",
        "identifier": [identifier(report.line)],
        "status": report.status.code(),
        "intent": "order",
        "medicationCodeableConcept": medication(report.medicine),
        "subject": { "extension": [{
            "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
            "valueCode": "masked",
        }] },
    });
    if let Some(reason) = report.reason {
        request["statusReason"] = reason_concept(reason);
    }
    request
}

/// A message `Bundle` about these resources.
pub fn report_message(message: &ReportMessage) -> Vec<u8> {
    let url = |number: usize| format!("urn:uuid:{}", numbered(message.id, number));
    let focus = (1..=message.resources.len()).map(|number| json!({ "reference": url(number) }));
    let header = json!({
        "resourceType": "MessageHeader",
        "id": message.id,
        "eventCoding": { "system": EVENT_SYSTEM, "code": message.event },
        "source": { "name": "Senim", "endpoint": message.source },
        "focus": focus.collect::<Vec<_>>(),
    });
    let first = json!({ "fullUrl": url(0), "resource": header });
    let others = message.resources.iter().zip(1..);
    let others =
        others.map(|(resource, number)| json!({ "fullUrl": url(number), "resource": resource }));
    let entries: Vec<Value> = std::iter::once(first).chain(others).collect();
    let bundle = json!({
        "resourceType": "Bundle",
        "id": message.id,
        "type": "message",
        "timestamp": message.at,
        "entry": entries,
    });
    serde_json::to_vec(&bundle).expect("a JSON value always has a text")
}

/// The UUID of the message's own resource with this number: the message itself is 0.
fn numbered(id: &str, number: usize) -> String {
    // The last two digits count: a message is about far fewer resources.
    let kept = id.len().saturating_sub(2);
    if number == 0 {
        return id.to_owned();
    }
    let last = id
        .get(kept..)
        .and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let counted = last.unwrap_or_default().wrapping_add((number % 256) as u8);
    format!("{}{counted:02x}", &id[..kept])
}

fn identifier((system, value): (&str, &str)) -> Value {
    json!({ "system": system, "value": value })
}

fn reason_concept(code: &str) -> Value {
    json!({ "coding": [{ "system": REASON_SYSTEM, "code": code }] })
}

fn medication(medicine: &Medicine) -> Value {
    json!({
        "coding": [
            { "system": medicine.system, "code": medicine.code },
            { "system": "http://www.whocc.no/atc", "code": medicine.atc },
        ],
        "text": format!("{} {}", medicine.inn, medicine.strength),
    })
}
