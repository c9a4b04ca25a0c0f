//! Public messages of a service in use, where they are at hand: set `SENIM_VECTORS` to their folder,
//! or keep it beside the project as `../shared/vectors`. Elsewhere the tests are left out, and counted as such;
//! the messages under `tests/data/fhir` cover the same ground everywhere.

mod support;

use std::path::PathBuf;

use senim_fhir::{Code, LedgerOrder};
use serde_json::Value;
use support::*;

fn public_message(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("SENIM_VECTORS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| root().join("../shared/vectors"));
    let path = folder.join("fhir/nhs-eps").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const SEND: &str =
    "acute__nominated-pharmacy__medical-prescriber__1-Process-Request-Send-200_OK.json";
const SEND_REPEAT: &str = "acute-and-repeat-prescribing__1-Process-Request-Send-200_OK.json";
const CANCEL: &str = "acute__nominated-pharmacy__medical-prescriber__cancellations__1-Process-Request-Cancel-200_OK.json";
const DISPENSE: &str = "acute-primary-example-01-req.json";

fn supplied(bytes: &[u8]) -> Vec<(String, u32, usize)> {
    let order = parse(bytes).unwrap_or_else(|refusal| panic!("{refusal}"));
    let summary = items(&order)
        .iter()
        .map(|item| (item.medicine.inn.clone(), item.quantity(), item.parts.len()));
    summary.collect()
}

#[test]
#[ignore = "reads public messages that are not carried here: SENIM_VECTORS names their folder"]
fn the_order_of_four_items_is_taken_whole() {
    let bytes = public_message(SEND);
    let expected = [
        ("amoxicillin", 20, 1),
        ("codeine+paracetamol", 20, 1),
        ("pseudoephedrine", 30, 1),
        ("azithromycin", 30, 1),
    ];
    let expected = expected.map(|(inn, quantity, parts)| (inn.to_owned(), quantity, parts));
    assert_eq!(supplied(&bytes), expected);
}

#[test]
#[ignore = "reads public messages that are not carried here: SENIM_VECTORS names their folder"]
fn the_order_with_a_repeat_is_taken_whole() {
    let bytes = public_message(SEND_REPEAT);
    let expected = [("paracetamol", 100, 1), ("salbutamol", 200, 1)];
    let expected = expected.map(|(inn, quantity, parts)| (inn.to_owned(), quantity, parts));
    assert_eq!(supplied(&bytes), expected);
    // The authorisation to repeat ended in 2024; the supply ordered here was ordered all the same.
    let order = parse(&bytes).unwrap();
    assert_eq!(items(&order)[1].window().not_before_ms, RECEIVED_AT_MS);
    assert_eq!(
        items(&order)[1].window().until_ms,
        RECEIVED_AT_MS + 30 * DAY_MS
    );
}

#[test]
#[ignore = "reads public messages that are not carried here: SENIM_VECTORS names their folder"]
fn the_cancellation_cancels_the_line_that_was_ordered() {
    let (send, cancel) = (public_message(SEND_REPEAT), public_message(CANCEL));
    let sent = parse(&send).unwrap();
    let LedgerOrder::Cancel { targets } = parse(&cancel).unwrap().ledger else {
        panic!("not read as a cancellation")
    };
    assert_eq!(targets.len(), 1);
    let meant: Vec<_> = items(&sent)
        .iter()
        .filter(|item| {
            item.link
                .is_some_and(|link| targets[0].links.contains(&link))
        })
        .map(|item| item.medicine.inn.as_str())
        .collect();
    assert_eq!(meant, ["paracetamol"]);
}

#[test]
#[ignore = "reads public messages that are not carried here: SENIM_VECTORS names their folder"]
fn the_dispense_notification_is_refused_by_its_event() {
    let bytes = public_message(DISPENSE);
    let refusal = parse(&bytes).unwrap_err();
    assert_eq!(refusal.code, Code::FHIR_EVENT_NOT_AN_ORDER);
    assert_eq!(refusal.path, "Bundle.entry[0].resource.eventCoding.code");
}

#[test]
#[ignore = "reads public messages that are not carried here: SENIM_VECTORS names their folder"]
fn every_leaf_is_accounted_for_and_none_of_the_persons_reaches_the_ledger() {
    for name in [SEND, SEND_REPEAT, CANCEL] {
        let bytes = public_message(name);
        let order = parse(&bytes).unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let mut expected: Vec<_> = leaves(&value).into_iter().map(|(path, _)| path).collect();
        let mut accounted: Vec<_> = order.accounting.into_iter().map(|a| a.path).collect();
        expected.sort();
        accounted.sort();
        assert_eq!(accounted, expected, "{name}");

        let ledger = serde_json::to_string(&order.ledger).unwrap();
        for resource in value["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| &entry["resource"])
        {
            let person = [
                "Patient",
                "Practitioner",
                "PractitionerRole",
                "Organization",
            ];
            if !person.iter().any(|kind| resource["resourceType"] == *kind) {
                continue;
            }
            for (path, leaf) in leaves(resource) {
                let Value::String(text) = leaf else { continue };
                // Shorter ones ("C", "MR") would be found in any word.
                let telling = text.len() >= 4 && !path.ends_with("system");
                assert!(!telling || !ledger.contains(&text), "{name}: {path}");
            }
        }
    }
}
