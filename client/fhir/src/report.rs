//! What was dispensed, told to the issuing system as a FHIR R4 `MedicationDispense`.

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
    /// How much, in the medicine's smallest unit.
    pub quantity: u32,
    /// When, as a FHIR dateTime.
    pub handed_over: &'a str,
    /// Name of the pharmacy's organisation on the ledger.
    pub pharmacy: &'a str,
    /// Packs, as `(GTIN, serial)`.
    pub packs: &'a [(&'a str, &'a str)],
    /// Whether the pharmacy undid it: then nothing was supplied.
    pub undone: bool,
}

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
pub fn dispense_report(report: &DispenseReport) -> Vec<u8> {
    let medicine = report.medicine;
    let packs = report.packs.iter().map(|(gtin, serial)| {
        json!({
            "url": "https://example.org/senim/StructureDefinition/pack",
            "valueIdentifier": {
                "system": "https://example.org/senim/id/pack",
                "value": format!("{gtin}.{serial}"),
            },
        })
    });
    let packs: Vec<_> = packs.collect();
    let mut dispense = json!({
        "resourceType": "MedicationDispense",
        "identifier": [{
            "system": "https://example.org/senim/id/dispense",
            "value": format!("{}.{}", report.dispense, report.index),
        }],
        "status": if report.undone { "entered-in-error" } else { "completed" },
        "medicationCodeableConcept": {
            "coding": [
                { "system": medicine.system, "code": medicine.code },
                { "system": "http://www.whocc.no/atc", "code": medicine.atc },
            ],
            "text": format!("{} {}", medicine.inn, medicine.strength),
        },
        "performer": [{ "actor": { "type": "Organization", "display": report.pharmacy } }],
        "authorizingPrescription": [{
            "type": "MedicationRequest",
            "identifier": { "system": report.line.0, "value": report.line.1 },
        }],
        "quantity": { "value": report.quantity, "unit": medicine.unit.code() },
        "whenHandedOver": report.handed_over,
    });
    // FHIR has no empty arrays.
    if !packs.is_empty() {
        dispense["extension"] = json!(packs);
    }
    serde_json::to_vec(&dispense).expect("a JSON value always has a text")
}
