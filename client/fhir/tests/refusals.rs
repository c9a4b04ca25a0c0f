//! Each bad message has its own reason and names its element; a good one with what does not change
//! what, how much, for whom or when stays good.

mod support;

use std::collections::BTreeSet;

use senim_fhir::{DEPTH_MAX, LEAVES_MAX, MESSAGE_BYTES_MAX, RefusalCode};
use serde_json::{Value, json};
use support::*;

/// A change of a message: where, what (`null` removes), and the expected refusal.
type Case = (&'static str, Value, RefusalCode, &'static str);

fn changed(base: &str, pointer: &str, new: &Value) -> Value {
    let mut value: Value = serde_json::from_slice(&message(base)).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = value
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("no {parent} in {base}"));
    match parent {
        Value::Array(values) => values[name.parse::<usize>().unwrap()] = new.clone(),
        Value::Object(members) if new.is_null() => {
            members
                .remove(name)
                .unwrap_or_else(|| panic!("no {pointer} in {base}"));
        }
        Value::Object(members) => {
            members.insert(name.to_owned(), new.clone());
        }
        _ => panic!("{pointer} leads nowhere"),
    }
    value
}

fn assert_refused(base: &str, cases: &[Case]) {
    for (pointer, new, code, path) in cases {
        let refusal = parse_value(&changed(base, pointer, new));
        let refusal = refusal.expect_err(&format!("{pointer} = {new} was taken"));
        assert_eq!(
            (refusal.code, refusal.path.as_str()),
            (*code, *path),
            "{pointer} = {new}"
        );
    }
}

#[test]
fn a_request_alone_is_refused_by_the_element_that_spoils_it() {
    use RefusalCode::*;
    let ucum = "http://unitsofmeasure.org";
    assert_refused(
        "single.json",
        &[
            ("/resourceType", json!("Patient"), ResourceType, "Patient"),
            ("/resourceType", Value::Null, ResourceType, "message"),
            ("/resourceType", json!(7), ResourceType, "message"),
            (
                "/status",
                json!("draft"),
                StatusNotActive,
                "MedicationRequest.status",
            ),
            (
                "/status",
                json!("on-hold"),
                StatusNotActive,
                "MedicationRequest.status",
            ),
            (
                "/status",
                json!("completed"),
                StatusNotActive,
                "MedicationRequest.status",
            ),
            (
                "/status",
                Value::Null,
                ElementMissing,
                "MedicationRequest.status",
            ),
            ("/status", json!(1), ElementType, "MedicationRequest.status"),
            (
                "/intent",
                json!("plan"),
                IntentNotOrder,
                "MedicationRequest.intent",
            ),
            (
                "/intent",
                json!("proposal"),
                IntentNotOrder,
                "MedicationRequest.intent",
            ),
            (
                "/intent",
                json!("option"),
                IntentNotOrder,
                "MedicationRequest.intent",
            ),
            (
                "/intent",
                Value::Null,
                ElementMissing,
                "MedicationRequest.intent",
            ),
            (
                "/doNotPerform",
                json!(true),
                DoNotPerform,
                "MedicationRequest.doNotPerform",
            ),
            (
                "/doNotPerform",
                json!("no"),
                ElementType,
                "MedicationRequest.doNotPerform",
            ),
            (
                "/reportedBoolean",
                json!(true),
                Reported,
                "MedicationRequest.reportedBoolean",
            ),
            (
                "/reportedReference",
                json!({ "display": "x" }),
                Reported,
                "MedicationRequest.reportedReference",
            ),
            (
                "/modifierExtension",
                json!([{ "url": "urn:x", "valueBoolean": true }]),
                UnknownModifier,
                "MedicationRequest.modifierExtension",
            ),
            (
                "/implicitRules",
                json!("urn:x"),
                UnknownModifier,
                "MedicationRequest.implicitRules",
            ),
            (
                "/dispenseRequest/modifierExtension",
                json!([{ "url": "urn:x" }]),
                UnknownModifier,
                "MedicationRequest.dispenseRequest.modifierExtension",
            ),
            (
                "/contained/0/modifierExtension",
                json!([{ "url": "urn:x" }]),
                UnknownModifier,
                "MedicationRequest.contained[0].modifierExtension",
            ),
            (
                "/medicationReference",
                Value::Null,
                MedicineMissing,
                "MedicationRequest",
            ),
            (
                "/medicationCodeableConcept",
                json!({ "coding": [] }),
                MedicineMissing,
                "MedicationRequest.medicationReference",
            ),
            (
                "/medicationReference/reference",
                json!("#nobody"),
                DanglingReference,
                "MedicationRequest.medicationReference.reference",
            ),
            (
                "/medicationReference/reference",
                json!("Medication/elsewhere"),
                DanglingReference,
                "MedicationRequest.medicationReference",
            ),
            (
                "/medicationReference/reference",
                json!("#adam"),
                MedicineMissing,
                "MedicationRequest.medicationReference",
            ),
            (
                "/contained/0/status",
                json!("entered-in-error"),
                MedicineNotActive,
                "MedicationRequest.contained[0].status",
            ),
            (
                "/contained/0/code/coding/0/code",
                json!("UNHEARD-OF"),
                MedicineUnknown,
                "MedicationRequest.contained[0].code",
            ),
            (
                "/dispenseRequest",
                Value::Null,
                QuantityMissing,
                "MedicationRequest.dispenseRequest.quantity",
            ),
            (
                "/dispenseRequest/quantity",
                Value::Null,
                QuantityMissing,
                "MedicationRequest.dispenseRequest.quantity",
            ),
            (
                "/dispenseRequest/quantity/value",
                Value::Null,
                QuantityMissing,
                "MedicationRequest.dispenseRequest.quantity.value",
            ),
            (
                "/dispenseRequest/quantity/value",
                json!("90"),
                ElementType,
                "MedicationRequest.dispenseRequest.quantity.value",
            ),
            (
                "/dispenseRequest/quantity/value",
                json!(0.5),
                QuantityNotWhole,
                "MedicationRequest.dispenseRequest.quantity.value",
            ),
            (
                "/dispenseRequest/quantity/value",
                json!(-90),
                QuantityNegative,
                "MedicationRequest.dispenseRequest.quantity.value",
            ),
            (
                "/dispenseRequest/quantity/value",
                json!(0),
                QuantityZero,
                "MedicationRequest.dispenseRequest.quantity.value",
            ),
            (
                "/dispenseRequest/quantity/value",
                json!(4_294_967_296_u64),
                QuantityTooLarge,
                "MedicationRequest.dispenseRequest.quantity.value",
            ),
            (
                "/dispenseRequest/quantity/comparator",
                json!("<"),
                QuantityComparator,
                "MedicationRequest.dispenseRequest.quantity.comparator",
            ),
            (
                "/dispenseRequest/quantity/unit",
                Value::Null,
                UnitMissing,
                "MedicationRequest.dispenseRequest.quantity",
            ),
            (
                "/dispenseRequest/quantity/unit",
                json!("barrel"),
                UnitUnknown,
                "MedicationRequest.dispenseRequest.quantity.unit",
            ),
            (
                "/dispenseRequest/quantity/unit",
                json!("мл"),
                UnitMismatch,
                "MedicationRequest.dispenseRequest.quantity.unit",
            ),
            (
                "/dispenseRequest/quantity",
                json!({ "value": 90, "unit": "таблетка", "system": ucum, "code": "mL" }),
                UnitMismatch,
                "MedicationRequest.dispenseRequest.quantity.unit",
            ),
            (
                "/dispenseRequest/quantity",
                json!({ "value": 90, "unit": "таблетка", "system": ucum, "code": "furlong" }),
                UnitUnknown,
                "MedicationRequest.dispenseRequest.quantity.code",
            ),
            (
                "/dispenseRequest/quantity",
                json!({ "value": 90, "unit": "таблетка", "code": "{tbl}" }),
                ElementMissing,
                "MedicationRequest.dispenseRequest.quantity.system",
            ),
            (
                "/subject",
                Value::Null,
                SubjectMissing,
                "MedicationRequest.subject",
            ),
            (
                "/subject",
                json!({}),
                SubjectMissing,
                "MedicationRequest.subject",
            ),
            (
                "/subject",
                json!({ "reference": "#nobody" }),
                DanglingReference,
                "MedicationRequest.subject.reference",
            ),
            (
                "/subject",
                json!({ "reference": "#dariger" }),
                SubjectNotAPerson,
                "MedicationRequest.subject",
            ),
            (
                "/subject",
                json!({ "reference": "Group/ward-3" }),
                SubjectNotAPerson,
                "MedicationRequest.subject",
            ),
            (
                "/subject/type",
                json!("Group"),
                SubjectNotAPerson,
                "MedicationRequest.subject",
            ),
            (
                "/contained/1/active",
                json!(false),
                SubjectNotActive,
                "MedicationRequest.contained[1].active",
            ),
            (
                "/contained/1/deceasedBoolean",
                json!(true),
                SubjectNotActive,
                "MedicationRequest.contained[1].deceasedBoolean",
            ),
            (
                "/contained/1/deceasedDateTime",
                json!("2020"),
                SubjectNotActive,
                "MedicationRequest.contained[1].deceasedDateTime",
            ),
            (
                "/contained/1/link",
                json!([{ "type": "replaced-by" }]),
                SubjectNotActive,
                "MedicationRequest.contained[1].link[0].type",
            ),
            (
                "/authoredOn",
                json!("yesterday"),
                DateInvalid,
                "MedicationRequest.authoredOn",
            ),
            (
                "/authoredOn",
                json!("1969-12-31"),
                DateOutOfRange,
                "MedicationRequest.authoredOn",
            ),
            (
                "/dispenseRequest/validityPeriod",
                json!({ "start": "2026-03-01", "end": "2026-02-01" }),
                WindowEmpty,
                "MedicationRequest.dispenseRequest.validityPeriod.end",
            ),
            (
                "/dispenseRequest/validityPeriod",
                json!({ "end": "2026-02-30" }),
                DateInvalid,
                "MedicationRequest.dispenseRequest.validityPeriod.end",
            ),
            (
                "/substitution",
                json!({ "allowedCodeableConcept": { "coding": [{ "code": "??" }] } }),
                SubstitutionUnknown,
                "MedicationRequest.substitution.allowedCodeableConcept.coding[0]",
            ),
            (
                "/substitution",
                json!({ "allowedCodeableConcept": { "text": "maybe" } }),
                SubstitutionUnknown,
                "MedicationRequest.substitution.allowedCodeableConcept",
            ),
            (
                "/substitution/allowedBoolean",
                json!("yes"),
                ElementType,
                "MedicationRequest.substitution.allowedBoolean",
            ),
        ],
    );
}

#[test]
fn repeats_that_cannot_be_kept_are_refused() {
    use RefusalCode::*;
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
            TooManyParts,
            "dispenseRequest.numberOfRepeatsAllowed",
        ),
        (
            dispense("numberOfRepeatsAllowed"),
            json!(-1),
            RepeatsInvalid,
            "dispenseRequest.numberOfRepeatsAllowed",
        ),
        (
            dispense("numberOfRepeatsAllowed"),
            json!(1.5),
            RepeatsInvalid,
            "dispenseRequest.numberOfRepeatsAllowed",
        ),
        (
            dispense("numberOfRepeatsAllowed"),
            json!(4_294_967_295_u32),
            TooManyParts,
            "dispenseRequest.numberOfRepeatsAllowed",
        ),
        (
            dispense("quantity/value"),
            json!(2_000_000_000),
            QuantityTooLarge,
            "dispenseRequest.quantity",
        ),
        (
            dispense("dispenseInterval/code"),
            json!("fortnight"),
            IntervalInvalid,
            "dispenseRequest.dispenseInterval",
        ),
        (
            dispense("dispenseInterval/value"),
            json!(0.5),
            IntervalInvalid,
            "dispenseRequest.dispenseInterval",
        ),
        (
            dispense("dispenseInterval/value"),
            json!(4),
            PartsOutsideWindow,
            "",
        ),
        (
            dispense("dispenseInterval/value"),
            json!(4_000_000_000_u32),
            PartsOutsideWindow,
            "",
        ),
        (
            "/entry/2/resource/extension".to_owned(),
            information(json!([repeat("numberOfRepeatPrescriptionsAllowed", 7)])),
            RepeatsConflict,
            "extension[0].extension[0].valueUnsignedInt",
        ),
        (
            "/entry/2/resource/extension".to_owned(),
            information(json!([repeat("numberOfRepeatPrescriptionsIssued", 9)])),
            RepeatsExhausted,
            "extension[0].extension[0].valueUnsignedInt",
        ),
        (
            "/entry/2/resource/extension".to_owned(),
            information(json!([{ "url": "numberOfRepeatPrescriptionsAllowed" }])),
            RepeatsInvalid,
            "extension[0].extension[0]",
        ),
        (
            "/entry/2/resource/extension".to_owned(),
            information(
                json!([{ "url": "authorisationExpiryDate", "valueDateTime": "2025-01-01" }]),
            ),
            WindowEmpty,
            "extension[0].extension[0].valueDateTime",
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
    use RefusalCode::*;
    assert_refused(
        "four-items.json",
        &[
            ("/type", json!("history"), BundleType, "Bundle.type"),
            (
                "/type",
                json!("transaction-response"),
                BundleType,
                "Bundle.type",
            ),
            ("/type", Value::Null, ElementMissing, "Bundle.type"),
            ("/entry", json!([]), HeaderMissing, "Bundle"),
            ("/entry", json!({}), ElementType, "Bundle.entry"),
            (
                "/entry/0/resource/resourceType",
                json!("Basic"),
                HeaderMissing,
                "Bundle",
            ),
            (
                "/entry/0/resource/eventCoding/code",
                json!("prescription-order-response"),
                EventNotAnOrder,
                "Bundle.entry[0].resource.eventCoding.code",
            ),
            (
                "/entry/0/resource/eventCoding",
                Value::Null,
                ElementMissing,
                "Bundle.entry[0].resource.eventUri",
            ),
            (
                "/entry/0/resource/response",
                json!({ "identifier": "x", "code": "ok" }),
                EventNotAnOrder,
                "Bundle.entry[0].resource.response",
            ),
            (
                "/entry/0/resource/focus/1/reference",
                json!("urn:uuid:nothing"),
                DanglingReference,
                "Bundle.entry[0].resource.focus[1].reference",
            ),
            (
                "/entry/2/fullUrl",
                json!("urn:uuid:5e111000-0000-4000-8000-000000000001"),
                DuplicateId,
                "Bundle.entry[2].resource",
            ),
            (
                "/entry/2/resource/identifier/0/value",
                json!("LINE-0001"),
                DuplicateItem,
                "Bundle.entry[2].resource.identifier",
            ),
            (
                "/entry/2/resource/status",
                json!("cancelled"),
                StatusContradictsEvent,
                "Bundle.entry[2].resource.status",
            ),
            (
                "/entry/2/resource/subject",
                json!({ "identifier": { "value": "SOMEBODY-ELSE" } }),
                SubjectsDiffer,
                "Bundle.entry[2].resource.subject",
            ),
            (
                "/entry/2/resource/medicationCodeableConcept/coding/1/code",
                json!("AMLO-10-TAB"),
                MedicineConflict,
                "Bundle.entry[2].resource.medicationCodeableConcept.coding[1]",
            ),
            (
                "/entry/1/resource/medicationCodeableConcept/coding/1/code",
                json!("C08CA01"),
                MedicineConflict,
                "Bundle.entry[1].resource.medicationCodeableConcept.coding[1]",
            ),
            (
                "/entry/1/request",
                json!({ "method": "DELETE", "url": "MedicationRequest/1" }),
                EntryMethod,
                "Bundle.entry[1].request.method",
            ),
            (
                "/entry/1/modifierExtension",
                json!([{ "url": "urn:x" }]),
                UnknownModifier,
                "Bundle.entry[1].modifierExtension",
            ),
            (
                "/entry/5/resource/modifierExtension",
                json!([{ "url": "urn:x" }]),
                UnknownModifier,
                "Bundle.entry[5].resource.modifierExtension",
            ),
        ],
    );
    assert_refused(
        "collection.json",
        &[
            (
                "/entry/4/resource/status",
                json!("cancelled"),
                StatusMixed,
                "Bundle.entry[4].resource.status",
            ),
            (
                "/entry/4/resource/id",
                json!("a"),
                DuplicateId,
                "Bundle.entry[4].resource",
            ),
            ("/entry", json!([]), NoOrder, "Bundle"),
        ],
    );
    assert_refused(
        "cancel.json",
        &[(
            "/entry/1/resource/status",
            json!("active"),
            StatusContradictsEvent,
            "Bundle.entry[1].resource.status",
        )],
    );
    let refusal = parse(&message("dispense-notification.json")).unwrap_err();
    assert_eq!(refusal.code, EventNotAnOrder);
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
        RefusalCode::CancelTargetMissing
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
        RefusalCode::TooManyItems
    );
}

#[test]
fn bytes_that_are_no_message_are_refused() {
    use RefusalCode::*;
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth)).into_bytes();
    let cases: Vec<(Vec<u8>, RefusalCode)> = vec![
        (b"".to_vec(), NotJson),
        (b"{".to_vec(), NotJson),
        (b"{} {}".to_vec(), NotJson),
        (b"\xFF\xFE".to_vec(), NotJson),
        (b"<MedicationRequest/>".to_vec(), NotJson),
        (br#"{"resourceType":"\ud800"}"#.to_vec(), NotJson),
        (
            br#"{"resourceType":"MedicationRequest","value":01}"#.to_vec(),
            NotJson,
        ),
        (
            br#"{"resourceType":"MedicationRequest","value":NaN}"#.to_vec(),
            NotJson,
        ),
        (b"[]".to_vec(), ResourceType),
        (b"null".to_vec(), ResourceType),
        (b"{}".to_vec(), ResourceType),
        (
            br#"{"status":"active","status":"active"}"#.to_vec(),
            DuplicateElement,
        ),
        (nested(DEPTH_MAX + 1), TooDeep),
        (nested(200_000), TooDeep),
        (nested(DEPTH_MAX), ResourceType),
        (vec![b' '; MESSAGE_BYTES_MAX + 1], TooLarge),
        (
            format!("[{}1]", "1,".repeat(LEAVES_MAX)).into_bytes(),
            TooManyElements,
        ),
        (
            format!("{{\"{}\":1}}", "x".repeat(65)).into_bytes(),
            TooManyElements,
        ),
    ];
    for (bytes, code) in cases {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
        assert_eq!(parse(&bytes).expect_err(&shown).code, code, "{shown}");
    }
}

#[test]
fn a_quantity_stated_twice_is_not_read_at_all() {
    let text = String::from_utf8(message("single.json")).unwrap();
    let twice = text.replace("\"value\": 90", "\"value\": 90, \"value\": 900");
    assert_eq!(
        parse(twice.as_bytes()).unwrap_err().code,
        RefusalCode::DuplicateElement
    );
}

#[test]
fn quantities_are_exact_to_the_last_digit() {
    let text = String::from_utf8(message("single.json")).unwrap();
    let with = |number: &str| {
        parse(
            text.replace("\"value\": 90", &format!("\"value\": {number}"))
                .as_bytes(),
        )
    };
    assert_eq!(items(&with("90.0").unwrap())[0].quantity(), 90);
    assert_eq!(items(&with("9e1").unwrap())[0].quantity(), 90);
    // As a double this would be 90.
    let close = with("90.00000000000000000001").unwrap_err();
    assert_eq!(close.code, RefusalCode::QuantityNotWhole);
    assert_eq!(
        with("1e999").unwrap_err().code,
        RefusalCode::QuantityTooLarge
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

#[test]
fn codes_have_one_number_and_one_name_each() {
    let numbers: BTreeSet<u16> = RefusalCode::ALL.iter().map(|code| code.number()).collect();
    let names: BTreeSet<&str> = RefusalCode::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(numbers.len(), RefusalCode::ALL.len());
    assert_eq!(names.len(), RefusalCode::ALL.len());
    assert!(numbers.iter().all(|number| (7000..7100).contains(number)));
}
