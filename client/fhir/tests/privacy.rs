//! Every leaf is accounted for, and nothing personal is in the half for the ledger.

mod support;

use std::collections::BTreeSet;

use senim_fhir::{Accounted, Disposition, LedgerOrder, MedicineMap, Secret};
use serde_json::Value;
use support::*;

#[test]
fn no_leaf_of_a_message_is_missing_from_its_account() {
    for name in MESSAGES {
        let bytes = message(name);
        let order = parse(&bytes).unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let mut expected: Vec<_> = leaves(&value).into_iter().map(|(path, _)| path).collect();
        let mut accounted: Vec<_> = order.accounting.iter().map(|a| a.path.clone()).collect();
        expected.sort();
        accounted.sort();
        assert_eq!(accounted, expected, "{name}");
    }
}

#[test]
fn the_account_says_where_each_element_went() {
    let order = parse(&message("four-items.json")).unwrap();
    let of = |path: &str| {
        let found = order.accounting.iter().find(|a| a.path == path);
        found
            .unwrap_or_else(|| panic!("{path} is not accounted for"))
            .disposition
    };
    let request = "Bundle.entry[1].resource";
    assert_eq!(
        of(&format!("{request}.dispenseRequest.quantity.value")),
        Disposition::OnLedger {
            field: "parts.quantity"
        }
    );
    assert_eq!(
        of(&format!(
            "{request}.medicationCodeableConcept.coding[0].code"
        )),
        Disposition::OnLedger { field: "medicine" }
    );
    assert_eq!(
        of(&format!(
            "{request}.medicationCodeableConcept.coding[0].display"
        )),
        Disposition::Sealed {
            secret: Secret::Clinical
        }
    );
    assert_eq!(
        of(&format!("{request}.dosageInstruction[0].text")),
        Disposition::Sealed {
            secret: Secret::Clinical
        }
    );
    assert_eq!(
        of(&format!("{request}.identifier[0].value")),
        Disposition::Hashed { field: "link" }
    );
    assert!(matches!(
        of(&format!("{request}.status")),
        Disposition::Checked { .. }
    ));
    assert!(matches!(
        of(&format!("{request}.subject.reference")),
        Disposition::Ignored { .. }
    ));
    assert_eq!(
        of("Bundle.entry[5].resource.birthDate"),
        Disposition::Sealed {
            secret: Secret::Person
        }
    );
    assert_eq!(
        of("Bundle.entry[9].resource.signature[0].data"),
        Disposition::Sealed {
            secret: Secret::Signature
        }
    );
}

#[test]
fn what_the_reader_does_not_know_is_sealed_and_not_dropped() {
    let mut value: Value = serde_json::from_slice(&message("single.json")).unwrap();
    value["unheardOf"] = serde_json::json!({ "nested": [1, {}, []] });
    let order = parse_value(&value).unwrap();
    let sealed = Disposition::Sealed {
        secret: Secret::Clinical,
    };
    for path in [
        "unheardOf.nested[0]",
        "unheardOf.nested[1]",
        "unheardOf.nested[2]",
    ] {
        let path = format!("MedicationRequest.{path}");
        let expected = Accounted {
            path,
            disposition: sealed,
        };
        assert!(order.accounting.contains(&expected), "{}", expected.path);
    }
}

/// All text of the ledger's half comes from the medicine map or is a keyed hash.
fn assert_no_text_of_the_message(name: &str, ledger: &LedgerOrder) {
    let map = MedicineMap::shipped();
    // Closed words of this crate: what is done, and why something is withdrawn.
    let ours = [
        "issue",
        "cancel",
        "prescribing_error",
        "treatment_changed",
        "holder_request",
        "other",
    ];
    let mut known: BTreeSet<String> = ours.map(str::to_owned).into();
    for medicine in map.medicines() {
        let m = medicine.clone();
        known.extend([m.inn, m.atc, m.strength, m.system, m.code]);
        let form = serde_json::to_value(m.form).expect("a form has a name");
        known.extend(form.as_str().map(str::to_owned));
        known.insert(m.unit.code().to_owned());
    }
    let mut value = serde_json::to_value(ledger).expect("an order has a JSON form");
    value["resourceType"] = "ledger".into();
    for (path, leaf) in leaves(&value) {
        let Value::String(text) = leaf else { continue };
        let is_hash = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let is_ours = path == "ledger.resourceType" || known.contains(&text) || is_hash;
        assert!(is_ours, "{name}: {path} holds {text}");
    }
}

#[test]
fn the_ledgers_half_holds_no_text_of_the_message() {
    for name in MESSAGES {
        let order = parse(&message(name)).unwrap();
        assert_no_text_of_the_message(name, &order.ledger);
        // What is printed by mistake must not tell either.
        let printed = format!("{:?} {:?} {:?}", order.ledger, order.sealed, options());
        for personal in [
            "Сынақова",
            "Үлгігүл",
            "SYNAQ",
            "1961",
            "Мысалов",
            "DARIGER",
            "LINE-",
            "RX-2026",
            "Мысал көшесі",
            "CLINIC",
            "PHARMACY",
            "E11",
            "I10",
            "диабет",
            "рет",
            "+7 000",
        ] {
            assert!(!printed.contains(personal), "{name}: {personal}");
            let json = serde_json::to_string(&order.ledger).unwrap();
            assert!(!json.contains(personal), "{name}: {personal}");
        }
    }
}

#[test]
fn a_name_in_a_coded_field_does_not_reach_the_ledger_or_a_refusal() {
    let text = String::from_utf8(message("single.json")).unwrap();
    let hostile = text.replace("METF-850-TAB", "Сынақова Үлгігүл");
    let refusal = parse(hostile.as_bytes()).unwrap_err();
    assert!(!refusal.to_string().contains("Сынақова"), "{refusal}");
    let hostile = text.replace("\"active\"", "\"Сынақова Үлгігүл\"");
    assert!(
        !parse(hostile.as_bytes())
            .unwrap_err()
            .to_string()
            .contains("Сынақова")
    );
}

#[test]
fn the_sealed_message_is_the_message() {
    for name in MESSAGES {
        let bytes = message(name);
        let order = parse(&bytes).unwrap();
        let sent: Value = serde_json::from_slice(&bytes).unwrap();
        let sealed: Value = serde_json::from_slice(&order.sealed.message).unwrap();
        assert_eq!(sealed, sent, "{name}");
        // Canonical: reading it again changes no byte.
        assert_eq!(
            parse(&order.sealed.message).unwrap().sealed.message,
            order.sealed.message
        );
    }
}

#[test]
fn numbers_keep_their_digits_when_sealed() {
    let text = String::from_utf8(message("single.json")).unwrap();
    let text = text.replace("\"value\": 90", "\"value\": 90.000");
    let order = parse(text.as_bytes()).unwrap();
    assert!(
        String::from_utf8(order.sealed.message)
            .unwrap()
            .contains("\"value\":90.000")
    );
}

#[test]
fn a_pharmacy_with_one_item_reads_nothing_of_the_others() {
    let order = parse(&message("four-items.json")).unwrap();
    assert_eq!(order.sealed.items.len(), 4);
    for (index, sealed) in order.sealed.items.iter().enumerate() {
        let text = std::str::from_utf8(sealed).unwrap();
        for line in 0..4 {
            let name = format!("LINE-000{}", line + 1);
            assert_eq!(
                text.contains(&name),
                line == index,
                "item {index} and {name}"
            );
        }
        for needed in ["Сынақова", "Мысалов", "№1 үлгі емхана", "dosageInstruction"]
        {
            assert!(text.contains(needed), "item {index} lacks {needed}");
        }
        let bundle: Value = serde_json::from_slice(sealed).unwrap();
        assert_eq!(bundle["entry"].as_array().unwrap().len(), 5);
    }
}
