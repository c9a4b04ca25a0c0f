//! What was dispensed, told to the issuing system as a FHIR R4 `MedicationDispense`.

use serde_json::json;

use crate::medicine::Medicine;

/// One supply, as the ledger's receipt and the pharmacy's own record have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DispenseReport<'a> {
    /// Hash of the dispensing transaction in hexadecimal: the report's identity.
    pub transaction: &'a str,
    /// Index of the item within that transaction.
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
            "value": format!("{}.{}", report.transaction, report.index),
        }],
        "status": "completed",
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
