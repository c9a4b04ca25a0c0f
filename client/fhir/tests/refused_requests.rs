//! A request that is refused names the element that spoils it; one with what does not change what,
//! how much, for whom or when stays good.

mod support;

use senim_fhir::Code;
use serde_json::{Value, json};
use support::changes::{assert_refused, changed};
use support::*;

#[test]
fn a_request_alone_is_refused_by_the_element_that_spoils_it() {
    let ucum = "http://unitsofmeasure.org";
    assert_refused(
        "single.json",
        &[
            (
                "/resourceType",
                json!("Patient"),
                Code::FHIR_RESOURCE_TYPE,
                "Patient",
            ),
            (
                "/resourceType",
                Value::Null,
                Code::FHIR_RESOURCE_TYPE,
                "message",
            ),
            (
                "/resourceType",
                json!(7),
                Code::FHIR_RESOURCE_TYPE,
                "message",
            ),
            ("/status", json!("draft"), Code::FHIR_STATUS_NOT_ACTIVE, "="),
            (
                "/status",
                json!("on-hold"),
                Code::FHIR_STATUS_NOT_ACTIVE,
                "=",
            ),
            (
                "/status",
                json!("completed"),
                Code::FHIR_STATUS_NOT_ACTIVE,
                "=",
            ),
            ("/status", Value::Null, Code::FHIR_ELEMENT_MISSING, "="),
            ("/status", json!(1), Code::FHIR_ELEMENT_TYPE, "="),
            ("/intent", json!("plan"), Code::FHIR_INTENT_NOT_ORDER, "="),
            (
                "/intent",
                json!("proposal"),
                Code::FHIR_INTENT_NOT_ORDER,
                "=",
            ),
            ("/intent", json!("option"), Code::FHIR_INTENT_NOT_ORDER, "="),
            ("/intent", Value::Null, Code::FHIR_ELEMENT_MISSING, "="),
            ("/doNotPerform", json!(true), Code::FHIR_DO_NOT_PERFORM, "="),
            ("/doNotPerform", json!("no"), Code::FHIR_ELEMENT_TYPE, "="),
            ("/reportedBoolean", json!(true), Code::FHIR_REPORTED, "="),
            (
                "/reportedReference",
                json!({ "display": "x" }),
                Code::FHIR_REPORTED,
                "=",
            ),
            (
                "/modifierExtension",
                json!([{ "url": "urn:x", "valueBoolean": true }]),
                Code::FHIR_UNKNOWN_MODIFIER,
                "=",
            ),
            (
                "/implicitRules",
                json!("urn:x"),
                Code::FHIR_UNKNOWN_MODIFIER,
                "=",
            ),
            (
                "/dispenseRequest/modifierExtension",
                json!([{ "url": "urn:x" }]),
                Code::FHIR_UNKNOWN_MODIFIER,
                "=",
            ),
            (
                "/contained/0/modifierExtension",
                json!([{ "url": "urn:x" }]),
                Code::FHIR_UNKNOWN_MODIFIER,
                "=",
            ),
            (
                "/medicationReference",
                Value::Null,
                Code::FHIR_MEDICINE_MISSING,
                "MedicationRequest",
            ),
            (
                "/medicationCodeableConcept",
                json!({ "coding": [] }),
                Code::FHIR_MEDICINE_MISSING,
                ".medicationReference",
            ),
            (
                "/medicationReference/reference",
                json!("#nobody"),
                Code::FHIR_DANGLING_REFERENCE,
                "=",
            ),
            (
                "/medicationReference/reference",
                json!("Medication/elsewhere"),
                Code::FHIR_DANGLING_REFERENCE,
                ".medicationReference",
            ),
            (
                "/medicationReference/reference",
                json!("#adam"),
                Code::FHIR_MEDICINE_MISSING,
                ".medicationReference",
            ),
            (
                "/contained/0/status",
                json!("entered-in-error"),
                Code::FHIR_MEDICINE_NOT_ACTIVE,
                "=",
            ),
            (
                "/contained/0/code/coding/0/code",
                json!("UNHEARD-OF"),
                Code::FHIR_MEDICINE_UNKNOWN,
                ".contained[0].code",
            ),
            (
                "/dispenseRequest",
                Value::Null,
                Code::FHIR_QUANTITY_MISSING,
                ".dispenseRequest.quantity",
            ),
            (
                "/dispenseRequest/quantity",
                Value::Null,
                Code::FHIR_QUANTITY_MISSING,
                "=",
            ),
            (
                "/dispenseRequest/quantity/value",
                Value::Null,
                Code::FHIR_QUANTITY_MISSING,
                "=",
            ),
            (
                "/dispenseRequest/quantity/value",
                json!("90"),
                Code::FHIR_ELEMENT_TYPE,
                "=",
            ),
            (
                "/dispenseRequest/quantity/value",
                json!(0.5),
                Code::FHIR_QUANTITY_NOT_WHOLE,
                "=",
            ),
            (
                "/dispenseRequest/quantity/value",
                json!(-90),
                Code::FHIR_QUANTITY_NEGATIVE,
                "=",
            ),
            (
                "/dispenseRequest/quantity/value",
                json!(0),
                Code::FHIR_QUANTITY_ZERO,
                "=",
            ),
            (
                "/dispenseRequest/quantity/value",
                json!(4_294_967_296_u64),
                Code::FHIR_QUANTITY_TOO_LARGE,
                "=",
            ),
            (
                "/dispenseRequest/quantity/comparator",
                json!("<"),
                Code::FHIR_QUANTITY_COMPARATOR,
                "=",
            ),
            (
                "/dispenseRequest/quantity/unit",
                Value::Null,
                Code::FHIR_UNIT_MISSING,
                ".dispenseRequest.quantity",
            ),
            (
                "/dispenseRequest/quantity/unit",
                json!("barrel"),
                Code::FHIR_UNIT_UNKNOWN,
                "=",
            ),
            (
                "/dispenseRequest/quantity/unit",
                json!("мл"),
                Code::FHIR_UNIT_MISMATCH,
                "=",
            ),
            (
                "/dispenseRequest/quantity",
                json!({ "value": 90, "unit": "таблетка", "system": ucum, "code": "mL" }),
                Code::FHIR_UNIT_MISMATCH,
                ".dispenseRequest.quantity.unit",
            ),
            (
                "/dispenseRequest/quantity",
                json!({ "value": 90, "unit": "таблетка", "system": ucum, "code": "furlong" }),
                Code::FHIR_UNIT_UNKNOWN,
                ".dispenseRequest.quantity.code",
            ),
            (
                "/dispenseRequest/quantity",
                json!({ "value": 90, "unit": "таблетка", "code": "{tbl}" }),
                Code::FHIR_ELEMENT_MISSING,
                ".dispenseRequest.quantity.system",
            ),
            ("/subject", Value::Null, Code::FHIR_SUBJECT_MISSING, "="),
            ("/subject", json!({}), Code::FHIR_SUBJECT_MISSING, "="),
            (
                "/subject",
                json!({ "reference": "#nobody" }),
                Code::FHIR_DANGLING_REFERENCE,
                ".subject.reference",
            ),
            (
                "/subject",
                json!({ "reference": "#dariger" }),
                Code::FHIR_SUBJECT_NOT_A_PERSON,
                "=",
            ),
            (
                "/subject",
                json!({ "reference": "Group/ward-3" }),
                Code::FHIR_SUBJECT_NOT_A_PERSON,
                "=",
            ),
            (
                "/subject/type",
                json!("Group"),
                Code::FHIR_SUBJECT_NOT_A_PERSON,
                ".subject",
            ),
            (
                "/contained/1/active",
                json!(false),
                Code::FHIR_SUBJECT_NOT_ACTIVE,
                "=",
            ),
            (
                "/contained/1/deceasedBoolean",
                json!(true),
                Code::FHIR_SUBJECT_NOT_ACTIVE,
                "=",
            ),
            (
                "/contained/1/deceasedDateTime",
                json!("2020"),
                Code::FHIR_SUBJECT_NOT_ACTIVE,
                "=",
            ),
            (
                "/contained/1/link",
                json!([{ "type": "replaced-by" }]),
                Code::FHIR_SUBJECT_NOT_ACTIVE,
                ".contained[1].link[0].type",
            ),
            (
                "/authoredOn",
                json!("yesterday"),
                Code::FHIR_DATE_INVALID,
                "=",
            ),
            (
                "/authoredOn",
                json!("1969-12-31"),
                Code::FHIR_DATE_OUT_OF_RANGE,
                "=",
            ),
            (
                "/dispenseRequest/validityPeriod",
                json!({ "start": "2026-03-01", "end": "2026-02-01" }),
                Code::FHIR_WINDOW_EMPTY,
                ".dispenseRequest.validityPeriod.end",
            ),
            (
                "/dispenseRequest/validityPeriod",
                json!({ "start": "2026-01-01", "end": "2026-02-01" }),
                Code::FHIR_WINDOW_OVER,
                ".dispenseRequest.validityPeriod.end",
            ),
            (
                "/dispenseRequest/validityPeriod",
                json!({ "end": "2026-02-30" }),
                Code::FHIR_DATE_INVALID,
                ".dispenseRequest.validityPeriod.end",
            ),
            (
                "/substitution",
                json!({ "allowedCodeableConcept": { "coding": [{ "code": "??" }] } }),
                Code::FHIR_SUBSTITUTION_UNKNOWN,
                ".substitution.allowedCodeableConcept.coding[0]",
            ),
            (
                "/substitution",
                json!({ "allowedCodeableConcept": { "text": "maybe" } }),
                Code::FHIR_SUBSTITUTION_UNKNOWN,
                ".substitution.allowedCodeableConcept",
            ),
            (
                "/substitution/allowedBoolean",
                json!("yes"),
                Code::FHIR_ELEMENT_TYPE,
                "=",
            ),
        ],
    );
}

#[test]
fn what_changes_neither_medicine_nor_amount_nor_person_nor_time_is_taken() {
    let cases = [
        ("/priority", json!("stat")),
        ("/requester", json!({ "reference": "#nobody" })),
        ("/requester", Value::Null),
        ("/identifier", Value::Null),
        ("/groupIdentifier", Value::Null),
        ("/substitution", Value::Null),
        ("/doNotPerform", json!(false)),
        (
            "/extension",
            json!([{ "url": "urn:unheard-of", "valueString": "x" }]),
        ),
        (
            "/dosageInstruction",
            json!([{ "text": "one" }, { "text": "or three" }]),
        ),
        ("/dosageInstruction", json!("not even an array")),
        (
            "/subject",
            json!({ "reference": "https://elsewhere.example/Patient/9" }),
        ),
        (
            "/subject",
            json!({ "identifier": { "value": "SYNAQ-000017" } }),
        ),
        ("/basedOn", json!([{ "reference": "#nothing" }])),
        (
            "/priorPrescription",
            json!({ "reference": "MedicationRequest/earlier" }),
        ),
        (
            "/dispenseRequest/performer",
            json!({ "reference": "Organization/elsewhere" }),
        ),
        (
            "/dispenseRequest/expectedSupplyDuration",
            json!({ "value": 0.5, "code": "fortnight" }),
        ),
    ];
    for (pointer, new) in cases {
        let value = changed("single.json", pointer, &new);
        let order = parse_value(&value).unwrap_or_else(|refusal| panic!("{pointer}: {refusal}"));
        assert_eq!(items(&order)[0].quantity(), 90, "{pointer}");
    }
}
