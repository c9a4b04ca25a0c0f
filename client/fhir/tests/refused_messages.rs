//! Envelopes, repeats and cancellations that are refused, each with its reason and element.

mod support;

use senim_fhir::Code;
use serde_json::{Value, json};
use support::changes::{assert_refused, changed};
use support::*;

#[test]
fn repeats_that_cannot_be_kept_are_refused() {
    let request = "Bundle.entry[2].resource";
    let repeat = |name: &str, value: u32| json!({ "url": name, "valueUnsignedInt": value });
    let information = |parts: Value| {
        json!([{
            "url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-MedicationRepeatInformation",
            "extension": parts,
        }])
    };
    let dispense = |name: &str| format!("/entry/2/resource/dispenseRequest/{name}");
    let cases = [
        (
            dispense("numberOfRepeatsAllowed"),
            json!(24),
            Code::FHIR_TOO_MANY_PARTS,
            "dispenseRequest.numberOfRepeatsAllowed",
        ),
        (
            dispense("numberOfRepeatsAllowed"),
            json!(-1),
            Code::FHIR_REPEATS_INVALID,
            "dispenseRequest.numberOfRepeatsAllowed",
        ),
        (
            dispense("numberOfRepeatsAllowed"),
            json!(1.5),
            Code::FHIR_REPEATS_INVALID,
            "dispenseRequest.numberOfRepeatsAllowed",
        ),
        (
            dispense("numberOfRepeatsAllowed"),
            json!(4_294_967_295_u32),
            Code::FHIR_TOO_MANY_PARTS,
            "dispenseRequest.numberOfRepeatsAllowed",
        ),
        (
            dispense("quantity/value"),
            json!(2_000_000_000),
            Code::FHIR_QUANTITY_TOO_LARGE,
            "dispenseRequest.quantity",
        ),
        (
            dispense("dispenseInterval/code"),
            json!("fortnight"),
            Code::FHIR_INTERVAL_INVALID,
            "dispenseRequest.dispenseInterval",
        ),
        (
            dispense("dispenseInterval/value"),
            json!(0.5),
            Code::FHIR_INTERVAL_INVALID,
            "dispenseRequest.dispenseInterval",
        ),
        (
            dispense("dispenseInterval/value"),
            json!(4),
            Code::FHIR_PARTS_OUTSIDE_WINDOW,
            "",
        ),
        (
            dispense("dispenseInterval/value"),
            json!(4_000_000_000_u32),
            Code::FHIR_PARTS_OUTSIDE_WINDOW,
            "",
        ),
        (
            "/entry/2/resource/extension".to_owned(),
            information(json!([repeat("numberOfRepeatPrescriptionsAllowed", 7)])),
            Code::FHIR_REPEATS_CONFLICT,
            "extension[0].extension[0].valueUnsignedInt",
        ),
        (
            "/entry/2/resource/extension".to_owned(),
            information(json!([repeat("numberOfRepeatPrescriptionsIssued", 9)])),
            Code::FHIR_REPEATS_EXHAUSTED,
            "extension[0].extension[0].valueUnsignedInt",
        ),
        (
            "/entry/2/resource/extension".to_owned(),
            information(json!([{ "url": "numberOfRepeatPrescriptionsAllowed" }])),
            Code::FHIR_REPEATS_INVALID,
            "extension[0].extension[0]",
        ),
        (
            "/entry/2/resource/extension".to_owned(),
            information(
                json!([{ "url": "authorisationExpiryDate", "valueDateTime": "2025-01-01" }]),
            ),
            Code::FHIR_PARTS_OUTSIDE_WINDOW,
            "",
        ),
    ];
    for (pointer, new, code, path) in cases {
        let refusal = parse_value(&changed("repeats.json", &pointer, &new));
        let refusal = refusal.expect_err(&format!("{pointer} = {new} was taken"));
        let expected = if path.is_empty() {
            request.to_owned()
        } else {
            format!("{request}.{path}")
        };
        assert_eq!(
            (refusal.code, refusal.path),
            (code, expected),
            "{pointer} = {new}"
        );
    }
}

#[test]
fn an_envelope_that_orders_nothing_clear_is_refused() {
    assert_refused(
        "four-items.json",
        &[
            ("/type", json!("history"), Code::FHIR_BUNDLE_TYPE, "="),
            (
                "/type",
                json!("transaction-response"),
                Code::FHIR_BUNDLE_TYPE,
                "=",
            ),
            ("/type", Value::Null, Code::FHIR_ELEMENT_MISSING, "="),
            ("/entry", json!([]), Code::FHIR_HEADER_MISSING, "Bundle"),
            ("/entry", json!({}), Code::FHIR_ELEMENT_TYPE, "="),
            (
                "/entry/0/resource/resourceType",
                json!("Basic"),
                Code::FHIR_HEADER_MISSING,
                "Bundle",
            ),
            (
                "/entry/0/resource/eventCoding/code",
                json!("prescription-order-response"),
                Code::FHIR_EVENT_NOT_AN_ORDER,
                "=",
            ),
            (
                "/entry/0/resource/eventCoding",
                Value::Null,
                Code::FHIR_ELEMENT_MISSING,
                ".entry[0].resource.eventUri",
            ),
            (
                "/entry/0/resource/response",
                json!({ "identifier": "x", "code": "ok" }),
                Code::FHIR_EVENT_NOT_AN_ORDER,
                "=",
            ),
            (
                "/entry/0/resource/focus/1/reference",
                json!("urn:uuid:nothing"),
                Code::FHIR_DANGLING_REFERENCE,
                "=",
            ),
            (
                "/entry/2/fullUrl",
                json!("urn:uuid:5e111000-0000-4000-8000-000000000001"),
                Code::FHIR_DUPLICATE_ID,
                ".entry[2].resource",
            ),
            (
                "/entry/2/resource/identifier/0/value",
                json!("LINE-0001"),
                Code::FHIR_DUPLICATE_ITEM,
                ".entry[2].resource.identifier",
            ),
            (
                "/entry/2/resource/status",
                json!("cancelled"),
                Code::FHIR_STATUS_CONTRADICTS_EVENT,
                "=",
            ),
            (
                "/entry/2/resource/subject",
                json!({ "identifier": { "value": "SOMEBODY-ELSE" } }),
                Code::FHIR_SUBJECTS_DIFFER,
                "=",
            ),
            (
                "/entry/2/resource/medicationCodeableConcept/coding/1/code",
                json!("AMLO-10-TAB"),
                Code::FHIR_MEDICINE_CONFLICT,
                ".entry[2].resource.medicationCodeableConcept.coding[1]",
            ),
            (
                "/entry/1/resource/medicationCodeableConcept/coding/1/code",
                json!("C08CA01"),
                Code::FHIR_MEDICINE_CONFLICT,
                ".entry[1].resource.medicationCodeableConcept.coding[1]",
            ),
            (
                "/entry/1/request",
                json!({ "method": "DELETE", "url": "MedicationRequest/1" }),
                Code::FHIR_ENTRY_METHOD,
                ".entry[1].request.method",
            ),
            (
                "/entry/1/modifierExtension",
                json!([{ "url": "urn:x" }]),
                Code::FHIR_UNKNOWN_MODIFIER,
                "=",
            ),
            (
                "/entry/5/resource/modifierExtension",
                json!([{ "url": "urn:x" }]),
                Code::FHIR_UNKNOWN_MODIFIER,
                "=",
            ),
        ],
    );
    assert_refused(
        "collection.json",
        &[
            (
                "/entry/4/resource/status",
                json!("cancelled"),
                Code::FHIR_STATUS_MIXED,
                "=",
            ),
            (
                "/entry/4/resource/id",
                json!("a"),
                Code::FHIR_DUPLICATE_ID,
                ".entry[4].resource",
            ),
            ("/entry", json!([]), Code::FHIR_NO_ORDER, "Bundle"),
        ],
    );
    assert_refused(
        "cancel.json",
        &[(
            "/entry/1/resource/status",
            json!("active"),
            Code::FHIR_STATUS_CONTRADICTS_EVENT,
            "=",
        )],
    );
    let refusal = parse(&message("dispense-notification.json")).unwrap_err();
    assert_eq!(refusal.code, Code::FHIR_EVENT_NOT_AN_ORDER);
    assert_eq!(refusal.path, "Bundle.entry[0].resource.eventCoding.code");
    assert_eq!(refusal.detail, "dispense-notification");
}

#[test]
fn a_cancellation_of_nothing_is_refused() {
    let mut value: Value = serde_json::from_slice(&message("cancel.json")).unwrap();
    let request = value["entry"][1]["resource"].as_object_mut().unwrap();
    request.remove("identifier");
    request.remove("groupIdentifier");
    assert_eq!(
        parse_value(&value).unwrap_err().code,
        Code::FHIR_CANCEL_TARGET_MISSING
    );
}

#[test]
fn parts_count_as_items_of_the_ledger() {
    let mut value: Value = serde_json::from_slice(&message("repeats.json")).unwrap();
    let dispense = &mut value["entry"][2]["resource"]["dispenseRequest"];
    dispense["dispenseInterval"] = json!({ "value": 1, "code": "d" });
    dispense["numberOfRepeatsAllowed"] = 10.into();
    assert!(parse_value(&value).is_ok(), "1 + 11 + 4 items");
    value["entry"][2]["resource"]["dispenseRequest"]["numberOfRepeatsAllowed"] = 11.into();
    assert_eq!(
        parse_value(&value).unwrap_err().code,
        Code::FHIR_TOO_MANY_ITEMS
    );
}

#[test]
fn more_items_than_a_message_may_have_are_refused() {
    let mut value: Value = serde_json::from_slice(&message("collection.json")).unwrap();
    let request = value["entry"][3]["resource"].clone();
    for number in 0..32 {
        let mut more = request.clone();
        more["id"] = format!("more-{number}").into();
        more["identifier"][0]["value"] = format!("MORE-{number}").into();
        value["entry"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "resource": more }));
    }
    assert_eq!(
        parse_value(&value).unwrap_err().code,
        Code::FHIR_TOO_MANY_ITEMS
    );
}
