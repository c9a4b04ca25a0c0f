//! What the messages mean on the ledger.

mod support;

use senim_fhir::{Code, Disposition, LedgerOrder, LinkId, Secret, Unit, Window, WithdrawalReason};
use support::*;

fn window(not_before_ms: u64, until_ms: u64) -> Window {
    Window {
        not_before_ms,
        until_ms,
    }
}

#[test]
fn a_message_of_four_items_is_taken_whole() {
    let order = parse(&message("four-items.json")).unwrap();
    let items = items(&order);
    let summary: Vec<_> = items
        .iter()
        .map(|item| {
            (
                item.medicine.inn.as_str(),
                item.medicine.strength.as_str(),
                item.quantity(),
            )
        })
        .collect();
    assert_eq!(
        summary,
        [
            ("metformin", "500mg", 60),
            ("amlodipine", "5mg", 30),
            ("amoxicillin", "250mg", 20),
            ("paracetamol", "24mg/ml", 100),
        ]
    );
    let units: Vec<_> = items.iter().map(|item| item.medicine.unit).collect();
    assert_eq!(
        units,
        [Unit::Tablet, Unit::Tablet, Unit::Capsule, Unit::Millilitre]
    );
    let allowed: Vec<_> = items.iter().map(|item| item.substitution_allowed).collect();
    assert_eq!(allowed, [true, false, true, true]);

    // No dates: open on arrival, for the programme's thirty days.
    let arrival = window(RECEIVED_AT_MS, RECEIVED_AT_MS + 30 * DAY_MS);
    assert_eq!(items[0].window(), arrival);
    // Written on a known day, no end: open since then, thirty days from arrival.
    let written_ms = RECEIVED_AT_MS - 170 * 60_000;
    assert_eq!(
        items[1].window(),
        window(written_ms, RECEIVED_AT_MS + 30 * DAY_MS)
    );
    // A civil date is midnight at +05:00.
    let third_ms = FEBRUARY_MS + 2 * DAY_MS;
    assert_eq!(
        items[2].window(),
        window(third_ms, RECEIVED_AT_MS + 30 * DAY_MS)
    );

    let groups: Vec<Option<LinkId>> = items.iter().map(|item| item.group).collect();
    assert!(groups[0].is_some() && groups.iter().all(|group| *group == groups[0]));
    assert!(items.iter().all(|item| item.prescriber.is_some()));
    let mut links: Vec<_> = items.iter().map(|item| item.link.unwrap()).collect();
    links.sort();
    links.dedup();
    assert_eq!(links.len(), 4);
}

#[test]
fn repeats_become_parts_each_with_its_window() {
    let order = parse(&message("repeats.json")).unwrap();
    let items = items(&order);
    assert_eq!(items.len(), 3, "the plan is no order");
    assert_eq!(items[0].parts.len(), 1);

    // Two repeats after the first supply, two calendar months apart; each is open for the
    // programme's thirty days, from its opening or from arrival.
    let opens = |days: u64| FEBRUARY_MS + days * DAY_MS;
    let windows: Vec<_> = items[1].parts.iter().map(|part| part.window).collect();
    assert_eq!(
        windows,
        [
            window(opens(0), RECEIVED_AT_MS + 30 * DAY_MS),
            window(opens(28 + 31), opens(28 + 31 + 30)),
            window(opens(28 + 31 + 30 + 31), opens(28 + 31 + 30 + 31 + 30)),
        ]
    );
    assert_eq!(items[1].quantity(), 600);

    // Six issues in all, this is the third: four are left, each for 28 days. The authorisation to
    // repeat ends with the 5th of May, inside the last one.
    let windows: Vec<_> = items[2].parts.iter().map(|part| part.window).collect();
    assert_eq!(
        windows,
        [
            window(opens(0), RECEIVED_AT_MS + 30 * DAY_MS),
            window(opens(28), opens(58)),
            window(opens(56), opens(86)),
            window(opens(84), opens(94)),
        ]
    );
}

#[test]
fn a_stated_end_takes_its_last_day_in() {
    let mut value: serde_json::Value = serde_json::from_slice(&message("single.json")).unwrap();
    value["dispenseRequest"]["validityPeriod"] = serde_json::json!({ "end": "2026-02-28" });
    let order = parse_value(&value).unwrap();
    assert_eq!(
        items(&order)[0].window().until_ms,
        FEBRUARY_MS + 28 * DAY_MS
    );
    value["dispenseRequest"]["validityPeriod"]["end"] = "2026-02-28T18:59:59Z".into();
    let order = parse_value(&value).unwrap();
    assert_eq!(
        items(&order)[0].window().until_ms,
        FEBRUARY_MS + 28 * DAY_MS
    );
}

#[test]
fn a_cancellation_finds_the_line_that_it_withdraws() {
    let issued = parse(&message("four-items.json")).unwrap();
    let cancelled = parse(&message("cancel.json")).unwrap();
    let LedgerOrder::Cancel { targets } = &cancelled.ledger else {
        panic!("not a cancellation")
    };
    assert_eq!(targets.len(), 1);
    let meant: Vec<_> = items(&issued)
        .iter()
        .filter(|item| {
            item.link
                .is_some_and(|link| targets[0].links.contains(&link))
        })
        .map(|item| item.medicine.inn.as_str())
        .collect();
    assert_eq!(meant, ["amlodipine"]);
    // The prescription was renumbered: the line counts, not the group.
    assert_ne!(targets[0].group, items(&issued)[1].group);
}

#[test]
fn a_cancellation_says_why_and_what_is_not_understood_is_sealed() {
    let reason = |order: &senim_fhir::Order| match &order.ledger {
        LedgerOrder::Cancel { targets } => targets[0].reason,
        LedgerOrder::Issue { .. } => panic!("not a cancellation"),
    };
    let at = |order: &senim_fhir::Order, end: &str| {
        let of = order
            .accounting
            .iter()
            .find(|leaf| leaf.path.ends_with(end));
        of.unwrap_or_else(|| panic!("{end} is accounted for"))
            .disposition
    };
    let told = parse(&message("cancel.json")).unwrap();
    assert_eq!(reason(&told), Some(WithdrawalReason::PrescribingError));
    let on_ledger = Disposition::OnLedger { field: "reason" };
    assert_eq!(at(&told, "statusReason.coding[0].code"), on_ledger);
    let clinical = Disposition::Sealed {
        secret: Secret::Clinical,
    };
    assert_eq!(at(&told, "statusReason.coding[0].display"), clinical);
    let signature = Disposition::Sealed {
        secret: Secret::Signature,
    };
    assert_eq!(at(&told, "signature[0].data"), signature);

    let text = String::from_utf8(message("cancel.json")).unwrap();
    let unknown = parse(text.replace("\"0001\"", "\"0099\"").as_bytes()).unwrap();
    assert_eq!(reason(&unknown), None);
    assert_eq!(at(&unknown, "statusReason.coding[0].code"), clinical);
    let mistaken = text
        .replace("\"0001\"", "\"0099\"")
        .replace("\"cancelled\"", "\"entered-in-error\"");
    let mistaken = parse(mistaken.as_bytes()).unwrap();
    assert_eq!(reason(&mistaken), Some(WithdrawalReason::PrescribingError));
}

#[test]
fn whether_another_product_may_be_supplied_is_judged_and_sealed() {
    let order = parse(&message("four-items.json")).unwrap();
    let rules = order
        .accounting
        .iter()
        .filter(|leaf| leaf.path.contains("substitution"));
    let rules: Vec<_> = rules.map(|leaf| leaf.disposition).collect();
    assert!(!rules.is_empty());
    let is_judged = |leaf: &Disposition| matches!(leaf, Disposition::Checked { .. });
    assert!(rules.iter().all(is_judged), "{rules:?}");
}

#[test]
fn a_cancellation_is_for_one_person_who_need_not_live() {
    let mut value: serde_json::Value = serde_json::from_slice(&message("cancel.json")).unwrap();
    let entries = value["entry"].as_array_mut().unwrap();
    let is = |entry: &serde_json::Value, kind| entry["resource"]["resourceType"] == kind;
    let mut second = entries
        .iter()
        .find(|entry| is(entry, "MedicationRequest"))
        .unwrap()
        .clone();
    let patient = entries
        .iter_mut()
        .find(|entry| is(entry, "Patient"))
        .unwrap();
    patient["resource"]["deceasedBoolean"] = true.into();
    let mut other = patient.clone();
    other["fullUrl"] = "urn:uuid:other".into();
    other["resource"]["identifier"][0]["value"] = "OTHER-000001".into();
    second["fullUrl"] = "urn:uuid:second".into();
    second["resource"]["identifier"][0]["value"] = "LINE-9999".into();
    entries.extend([other, second]);
    parse_value(&value).expect("two lines of one person");
    let last = value["entry"].as_array_mut().unwrap().last_mut().unwrap();
    last["resource"]["subject"]["reference"] = "urn:uuid:other".into();
    let refusal = parse_value(&value).unwrap_err();
    assert_eq!(refusal.code, senim_fhir::Code::FHIR_SUBJECTS_DIFFER);
}

#[test]
fn a_cancellation_needs_no_known_medicine() {
    let text = String::from_utf8(message("cancel.json")).unwrap();
    let order = parse(text.replace("319283006", "000000000").as_bytes()).unwrap();
    assert!(matches!(order.ledger, LedgerOrder::Cancel { .. }));
}

#[test]
fn a_request_alone_brings_its_medicine_and_person_inside() {
    let order = parse(&message("single.json")).unwrap();
    let [item] = items(&order) else {
        panic!("one item")
    };
    assert_eq!(
        (item.medicine.inn.as_str(), item.quantity()),
        ("metformin", 90)
    );
    assert_eq!(item.window().not_before_ms, FEBRUARY_MS + 2 * DAY_MS);
    assert!(item.prescriber.is_some());
}

#[test]
fn a_collection_resolves_relative_references() {
    let order = parse(&message("collection.json")).unwrap();
    let inns: Vec<_> = items(&order)
        .iter()
        .map(|item| item.medicine.inn.as_str())
        .collect();
    assert_eq!(inns, ["enalapril", "omeprazole"]);
    assert!(items(&order).iter().all(|item| item.substitution_allowed));
}

#[test]
fn one_doctor_has_one_link_in_every_shape_of_message() {
    let prescriber = |name| {
        items(&parse(&message(name)).unwrap())[0]
            .prescriber
            .unwrap()
    };
    let links = [
        "four-items.json",
        "repeats.json",
        "single.json",
        "collection.json",
    ]
    .map(prescriber);
    assert!(links.iter().all(|link| *link == links[0]));
}

#[test]
fn links_depend_on_the_clinics_key() {
    let mut other = options();
    other.link_key = [8; 32];
    let map = senim_fhir::MedicineMap::shipped();
    let bytes = message("single.json");
    let ours = parse(&bytes).unwrap();
    let theirs = senim_fhir::parse_order(&bytes, &map, &other).unwrap();
    assert_ne!(items(&ours)[0].link, items(&theirs)[0].link);
    assert_ne!(items(&ours)[0].group, items(&theirs)[0].group);
}

#[test]
fn the_end_of_an_authorisation_to_repeat_does_not_bound_the_supply_ordered_now() {
    let mut value: serde_json::Value = serde_json::from_slice(&message("repeats.json")).unwrap();
    let request = &mut value["entry"][3]["resource"];
    request["extension"][0]["extension"] = serde_json::json!([
        { "url": "authorisationExpiryDate", "valueDateTime": "2024-11-30" }
    ]);
    let order = parse_value(&value).unwrap();
    let item = &items(&order)[2];
    assert_eq!(item.parts.len(), 1);
    assert_eq!(
        item.window(),
        window(FEBRUARY_MS, RECEIVED_AT_MS + 30 * DAY_MS)
    );
}

#[test]
fn supplies_that_do_not_fit_share_the_time_there_is() {
    let mut value: serde_json::Value = serde_json::from_slice(&message("repeats.json")).unwrap();
    let dispense = &mut value["entry"][2]["resource"]["dispenseRequest"];
    dispense.as_object_mut().unwrap().remove("dispenseInterval");
    dispense["validityPeriod"]["end"] = "2026-03-02".into();
    dispense["expectedSupplyDuration"] =
        serde_json::json!({ "value": 30, "system": "http://unitsofmeasure.org", "code": "d" });
    let order = parse_value(&value).unwrap();
    let openings: Vec<_> = items(&order)[1]
        .parts
        .iter()
        .map(|part| part.window.not_before_ms)
        .collect();
    assert_eq!(
        openings,
        [0, 10, 20].map(|days| FEBRUARY_MS + days * DAY_MS)
    );
}

#[test]
fn an_initial_fill_sizes_the_first_part_only() {
    let mut value: serde_json::Value = serde_json::from_slice(&message("repeats.json")).unwrap();
    value["entry"][2]["resource"]["dispenseRequest"]["initialFill"] = serde_json::json!({
        "quantity": { "value": 100, "unit": "doses" }
    });
    let order = parse_value(&value).unwrap();
    let amounts: Vec<_> = items(&order)[1]
        .parts
        .iter()
        .map(|part| part.quantity)
        .collect();
    assert_eq!(amounts, [100, 200, 200]);
}

#[test]
fn an_issue_of_a_repeat_in_the_same_message_is_not_counted_twice() {
    let mut value: serde_json::Value = serde_json::from_slice(&message("repeats.json")).unwrap();
    let address = value["entry"][2]["fullUrl"].clone();
    let mut issue = value["entry"][2]["resource"].clone();
    issue["intent"] = "reflex-order".into();
    issue["identifier"][0]["value"] = "LINE-0012-1".into();
    issue["basedOn"] = serde_json::json!([{ "reference": address }]);
    let entry = |resource: &serde_json::Value| serde_json::json!({ "fullUrl": "urn:uuid:issue", "resource": resource });
    value["entry"].as_array_mut().unwrap().push(entry(&issue));
    assert_eq!(items(&parse_value(&value).unwrap()).len(), 3);
    // Alone it is an order of its own.
    issue["basedOn"] = serde_json::json!([{ "reference": "MedicationRequest/elsewhere" }]);
    *value["entry"].as_array_mut().unwrap().last_mut().unwrap() = entry(&issue);
    assert_eq!(items(&parse_value(&value).unwrap()).len(), 4);
}

#[test]
fn a_report_of_a_supply_speaks_fhir_again() {
    let order = parse(&message("single.json")).unwrap();
    let report = senim_fhir::dispense_report(&senim_fhir::DispenseReport {
        dispense: "00ff.0",
        index: 0,
        line: (
            "https://example.org/senim/id/prescription-line",
            "LINE-0021",
        ),
        medicine: &items(&order)[0].medicine,
        quantity: Some(90),
        handed_over: Some("2026-02-04T12:00:00+05:00"),
        pharmacy: "PHARMACY-07",
        packs: &[("05099151015051", "1HXNA4G4VM")],
        status: senim_fhir::DispenseStatus::Completed,
        held_until: None,
        reason: None,
    });
    assert_eq!(report["resourceType"], "MedicationDispense");
    assert_eq!(report["quantity"]["value"], 90);
    assert_eq!(
        report["authorizingPrescription"][0]["identifier"]["value"],
        "LINE-0021"
    );
    assert_eq!(
        report["extension"][0]["valueIdentifier"]["value"],
        "05099151015051.1HXNA4G4VM"
    );
}

/// The second item of a message, which forbids substitution, with these GTINs among its codes.
fn with_gtins(gtins: &[&str], allowed: bool) -> Result<senim_fhir::Order, senim_fhir::FhirRefusal> {
    let mut value: serde_json::Value =
        serde_json::from_slice(&message("four-items.json")).expect("it is JSON");
    let entries = value["entry"].as_array_mut().expect("a bundle");
    let is_it = |entry: &&mut serde_json::Value| {
        entry["resource"]["substitution"]["allowedBoolean"] == serde_json::json!(false)
    };
    let request = &mut entries.iter_mut().find(is_it).expect("one item")["resource"];
    request["substitution"]["allowedBoolean"] = serde_json::json!(allowed);
    let codings = request["medicationCodeableConcept"]["coding"].as_array_mut();
    let gtins = gtins
        .iter()
        .map(|gtin| serde_json::json!({ "system": "https://www.gs1.org/gtin", "code": gtin }));
    codings.expect("codes").extend(gtins);
    parse_value(&value)
}

#[test]
fn the_very_product_is_on_the_ledger_where_no_other_may_be_supplied() {
    let gtin = "04870001000028";
    let order = with_gtins(&[gtin, gtin], false).unwrap();
    let products: Vec<_> = items(&order).iter().map(|item| item.product).collect();
    assert_eq!(products, [None, Some(4_870_001_000_028), None, None]);
    let on_ledger = order
        .accounting
        .iter()
        .filter(|leaf| leaf.disposition == Disposition::OnLedger { field: "product" });
    assert_eq!(on_ledger.count(), 4, "system and code of each");

    // Where another goes, it is nobody's business which one the doctor thought of.
    let order = with_gtins(&[gtin], true).unwrap();
    assert!(items(&order).iter().all(|item| item.product.is_none()));
    // Forbidden, and no product named: any of the substance, since none is the one.
    let order = with_gtins(&[], false).unwrap();
    assert_eq!(items(&order)[1].product, None);
    assert!(!items(&order)[1].substitution_allowed);
}

#[test]
fn a_product_that_is_none_or_two_is_refused_where_it_counts() {
    let refused = |gtins: &[&str]| with_gtins(gtins, false).unwrap_err().code;
    assert_eq!(refused(&["04870001000029"]), Code::ORDERED_PRODUCT);
    assert_eq!(refused(&["a"]), Code::ORDERED_PRODUCT);
    let two = ["04870001000028", "04870001000011"];
    assert_eq!(refused(&two), Code::FHIR_MEDICINE_CONFLICT);
    assert!(with_gtins(&["a"], true).is_ok());
}
