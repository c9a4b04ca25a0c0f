//! What is made of benefit cards' history, and a terminal that is suspended: through the client's own commands, over HTTP,
//! against a running node.

#[path = "support/country.rs"]
mod country;

use country::{AMLODIPINE, Country, METFORMIN, PEOPLE, text};
use senim_types::Code;

#[test]
fn the_register_names_people_to_the_centre_alone_and_control_shows_who_stands_out() {
    let country = Country::start();
    let card = country.card(0);
    country.centre(&["keys"]).expect("keys are registered");
    let packs = [
        ("card-metformin.json", METFORMIN, "60", "1450"),
        ("card-amlodipine.json", AMLODIPINE, "30", "980"),
    ];
    for (message, pack, units, price) in packs {
        let key = country.key(&card).expect("a key");
        let group = country.issue(message, Some(&key)).expect("it is issued");
        country
            .hold("pharmacy", &group, &country.chip(0))
            .expect("held");
        country
            .dispense("pharmacy", &group, pack, units, price)
            .expect("it is dispensed");
    }
    let (cards, out) = (country.path("cards"), country.path("register.csv"));
    let ledger = &country.ledger;
    let own = ledger.done(&[
        "report",
        "register",
        "--programme",
        "7",
        "--cards",
        &cards,
        "--out",
        &out,
    ]);
    assert_eq!(own["borne_tiyn"], 243_000);
    let (name, iin) = PEOPLE[0];
    for row in 0..2 {
        let cell = |column: &str| text(&own, &format!("/rows/{row}/{column}")).to_owned();
        assert_eq!(
            (cell("person"), cell("iin"), cell("card")),
            (name.into(), iin.into(), card.clone())
        );
        assert_eq!(
            (cell("clinic").as_str(), cell("prescriber").as_str()),
            ("City polyclinic 5 (10)", "1")
        );
        assert_eq!(
            (cell("pharmacy").as_str(), cell("proof").as_str()),
            ("Pharmacy Zhusan (20)", "card")
        );
    }
    let file = std::fs::read_to_string(&out).expect("it was written");
    assert!(file.contains(name) && file.contains("145000"));

    // Without the register: a pseudonym each, so that the two are nobody's and not the same one's.
    let others = ledger.senim(&["report", "register"]).expect("a report");
    assert!(!others.text.contains(name) && !others.json.to_string().contains(iin));
    let person = |row: usize| text(&others.json, &format!("/rows/{row}/person")).to_owned();
    assert!(person(0).starts_with("pseudonym ") && person(0) != person(1));
    let other_programme = ledger.done(&["report", "register", "--programme", "1"]);
    assert_eq!(other_programme["dispenses"], 0);

    let control = [
        "report",
        "control",
        "--cards",
        &cards,
        "--many",
        "2",
        "--out",
        &country.path("control.xlsx"),
    ];
    let control = ledger.done(&control);
    assert_eq!(
        (
            control["prescriptions"].as_u64(),
            control["dispenses"].as_u64()
        ),
        (Some(2), Some(2))
    );
    let found = control["stands_out"].as_array().expect("a list");
    assert_eq!(
        found,
        &[serde_json::json!(format!("card {card}: 2 prescriptions"))]
    );
    let workbook = std::fs::read(country.path("control.xlsx")).expect("it was written");
    assert!(workbook.starts_with(b"PK"), "a workbook is an archive");

    // A register without its key says nothing.
    let nowhere = country.path("nowhere.key");
    let refused = ledger.refused(&[
        "report",
        "register",
        "--cards",
        &cards,
        "--cards-key",
        &nowhere,
    ]);
    assert_eq!(refused, Code::FILE_CONTENT);
}

#[test]
fn a_suspended_terminal_works_no_more() {
    let country = Country::start();
    let ledger = &country.ledger;
    let shown = ledger.done(&["key", "show", &country.path("network/keys/pharmacy-2.key")]);
    let device = shown["public"].as_str().expect("a public key").to_owned();
    ledger.done(&["device", "suspend", &device]);
    let card = country.card(1);
    country.centre(&["keys"]).expect("keys are registered");
    let key = country.key(&card).expect("a key");
    let group = country
        .issue("card-metformin.json", Some(&key))
        .expect("it is issued");
    let hold = country.hold("pharmacy-2", &group, &country.chip(1));
    assert_eq!(hold, Err(Code::DEVICE_SUSPENDED));
    ledger.done(&["device", "resume", &device]);
    country
        .hold("pharmacy-2", &group, &country.chip(1))
        .expect("it works again");
}
