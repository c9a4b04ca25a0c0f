//! Bytes that are no message, and numbers that are nearly one.

mod support;

use senim_fhir::{Code, DEPTH_MAX, LEAVES_MAX, MESSAGE_BYTES_MAX};
use support::*;

#[test]
fn bytes_that_are_no_message_are_refused() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth)).into_bytes();
    let cases: Vec<(Vec<u8>, Code)> = vec![
        (b"".to_vec(), Code::FHIR_NOT_JSON),
        (b"{".to_vec(), Code::FHIR_NOT_JSON),
        (b"{} {}".to_vec(), Code::FHIR_NOT_JSON),
        (b"\xFF\xFE".to_vec(), Code::FHIR_NOT_JSON),
        (b"<MedicationRequest/>".to_vec(), Code::FHIR_NOT_JSON),
        (
            br#"{"resourceType":"\ud800"}"#.to_vec(),
            Code::FHIR_NOT_JSON,
        ),
        (
            br#"{"resourceType":"MedicationRequest","value":01}"#.to_vec(),
            Code::FHIR_NOT_JSON,
        ),
        (
            br#"{"resourceType":"MedicationRequest","value":NaN}"#.to_vec(),
            Code::FHIR_NOT_JSON,
        ),
        (b"[]".to_vec(), Code::FHIR_RESOURCE_TYPE),
        (b"null".to_vec(), Code::FHIR_RESOURCE_TYPE),
        (b"{}".to_vec(), Code::FHIR_RESOURCE_TYPE),
        (
            br#"{"status":"active","status":"active"}"#.to_vec(),
            Code::FHIR_DUPLICATE_ELEMENT,
        ),
        (nested(DEPTH_MAX + 1), Code::FHIR_TOO_DEEP),
        (nested(200_000), Code::FHIR_TOO_DEEP),
        (nested(DEPTH_MAX), Code::FHIR_RESOURCE_TYPE),
        (vec![b' '; MESSAGE_BYTES_MAX + 1], Code::FHIR_TOO_LARGE),
        (
            format!("[{}1]", "1,".repeat(LEAVES_MAX)).into_bytes(),
            Code::FHIR_TOO_MANY_ELEMENTS,
        ),
        (
            format!("{{\"{}\":1}}", "x".repeat(65)).into_bytes(),
            Code::FHIR_TOO_MANY_ELEMENTS,
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
        Code::FHIR_DUPLICATE_ELEMENT
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
    assert_eq!(close.code, Code::FHIR_QUANTITY_NOT_WHOLE);
    assert_eq!(
        with("1e999").unwrap_err().code,
        Code::FHIR_QUANTITY_TOO_LARGE
    );
}

#[test]
fn every_code_of_this_reader_says_what_to_do() {
    let ours = senim_types::code::CODES
        .iter()
        .filter(|entry| (7000..7100).contains(&entry.code.0));
    let ours: Vec<_> = ours.collect();
    assert!(ours.len() > 40);
    for entry in ours {
        assert!(entry.name.starts_with("FHIR_"), "{}", entry.name);
        assert_eq!(entry.fault, senim_types::Fault::Caller, "{}", entry.name);
    }
}
