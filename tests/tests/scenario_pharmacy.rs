//! A private pharmacy through the client's own commands, over HTTP, against a running node: what it sees and who learns
//! that it looked, which packs go and which do not, parts, another maker's product, undoing, and what is paid for it to the
//! tiyn. `make demo STORY=pharmacy` plays the same.

#[path = "support/dispensary.rs"]
mod dispensary;

use dispensary::*;
use senim_types::Code;
use serde_json::{Value, json};

#[test]
fn a_bundle_is_dispensed_in_parts_by_two_pharmacies_exchanged_undone_and_paid_to_the_tiyn() {
    let shop = Dispensary::start();
    assert_eq!(shop.available(), ALLOTTED);
    assert_eq!(
        shop.issue("pharmacy-unlisted.json", &[]),
        Err(Code::CATEGORY_NOT_ENTITLED),
        "only what the programme lists"
    );
    let group = shop.issue("pharmacy.json", &[]).expect("it is issued");
    let held = shop.hold("pharmacy", &group, "1,2").expect("one scan");
    assert_eq!(dosage(&held, 1), Some("Күніне 2 рет, тамақпен бірге"));
    assert_eq!(dosage(&held, 2), Some("Таңертең 1 таблетка"));
    assert_eq!(dosage(&held, 3), None, "not held");
    assert_eq!(
        shop.hold("rival", &group, "1").err(),
        Some(Code::WITH_ANOTHER_DISPENSER)
    );

    // What does not go, and why.
    let own =
        |item, pack, units, price| shop.dispense("pharmacy", &group, (item, pack), units, price);
    let unknown = "(01)04870001000011(21)NEVER(17)310531(10)M2601";
    let elsewhere = "(01)04870001000059(21)OM0100(17)310531(10)O2602";
    for (what, item, pack, units, price, code) in [
        ("never made", "1", unknown, "50", "1450", Code::PACK_UNKNOWN),
        ("recalled", "1", RECALLED, "50", "1450", Code::PACK_RECALLED),
        (
            "elsewhere",
            "1",
            elsewhere,
            "30",
            "900",
            Code::PACK_NOT_HERE,
        ),
        (
            "another medicine",
            "1",
            AMLODIPINE,
            "30",
            "980",
            Code::INN_MISMATCH,
        ),
        (
            "another strength",
            "1",
            STRONG_METFORMIN,
            "50",
            "1900",
            Code::STRENGTH_MISMATCH,
        ),
        (
            "too dear",
            "1",
            METFORMIN,
            "50",
            "1450.01",
            Code::PRICE_ABOVE_CAP,
        ),
        (
            "too much",
            "1",
            METFORMIN,
            "51",
            "1450",
            Code::QTY_EXCEEDS_REMAINING,
        ),
        (
            "forbidden",
            "2",
            OTHER_AMLODIPINE,
            "30",
            "1300",
            Code::SUBSTITUTION_NOT_ALLOWED,
        ),
        ("not held", "3", METFORMIN, "30", "1450", Code::NOT_HELD),
    ] {
        assert_eq!(own(item, pack, units, price), Err(code), "{what}");
    }
    assert_eq!(shop.available(), ALLOTTED);

    // A part of a pack for a part of the item, and the rest from another maker's pack at another pharmacy.
    assert_eq!(
        own("1", METFORMIN, "20", "1450"),
        Ok(48_333),
        "a third, rounded down"
    );
    assert_eq!(own("2", AMLODIPINE, "30", "980"), Ok(98_000));
    assert_eq!(
        own("2", AMLODIPINE_2, "30", "980"),
        Err(Code::ALREADY_DISPENSED)
    );
    let held = shop.hold("rival", &group, "1").expect("what is left of it");
    assert_eq!(dosage(&held, 1), Some("Күніне 2 рет, тамақпен бірге"));
    let rivals = shop.dispense("rival", &group, ("1", RIVALS_METFORMIN), "30", "800");
    assert_eq!(rivals, Ok(80_000));
    assert_eq!(
        shop.pack(RIVALS_METFORMIN),
        json!({ "supplied": { "at": 21 } })
    );
    // What is left of the opened pack is for somebody else.
    let second = shop
        .issue("card-metformin.json", &[])
        .expect("it is issued");
    shop.hold("pharmacy", &second, "1").expect("it is held");
    let rest = shop.dispense("pharmacy", &second, ("1", METFORMIN), "40", "1450");
    assert_eq!(
        rest,
        Ok(96_667),
        "the whole pack costs its price and no tiyn more"
    );
    assert_eq!(shop.pack(METFORMIN), json!({ "supplied": { "at": 20 } }));
    assert_eq!(
        shop.dispense("pharmacy", &second, ("1", METFORMIN), "20", "1450"),
        Err(Code::NOT_HELD),
        "what is dispensed of is no longer held"
    );

    // Undone with the pack still there, and with a pack that had left.
    let undo = |dispense: &str, more: &[&str]| {
        let args = [
            &["reverse", "--group", &group, "--dispense", dispense],
            more,
        ]
        .concat();
        shop.pharmacy("pharmacy", &args).map(|_| ())
    };
    let rivals_try = ["reverse", "--group", &group, "--dispense", "1"];
    assert_eq!(
        shop.pharmacy("rival", &rivals_try).err(),
        Some(Code::NOT_DISPENSED_HERE)
    );
    assert_eq!(undo("1", &[]), Ok(()));
    assert_eq!(shop.pack(AMLODIPINE), json!({ "active": { "at": 20 } }));
    shop.hold("pharmacy", &group, "2")
        .expect("it is open again");
    assert_eq!(own("2", AMLODIPINE, "30", "980"), Ok(98_000));
    assert_eq!(undo("3", &["--left", "1"]), Ok(()));
    assert_eq!(shop.pack(AMLODIPINE), json!({ "quarantine": { "at": 20 } }));
    shop.hold("pharmacy", &group, "2")
        .expect("it is open again");
    assert_eq!(own("2", AMLODIPINE, "30", "980"), Err(Code::PACK_LEFT));
    assert_eq!(own("2", AMLODIPINE_2, "30", "980"), Ok(98_000));
    assert_eq!(undo("3", &[]), Err(Code::DISPENSE_UNKNOWN), "once");
    let own_sum = 48_333 + 96_667 + 98_000;
    assert_eq!(shop.available(), ALLOTTED - own_sum - 80_000);

    for (device, owed) in [("pharmacy", own_sum), ("rival", 80_000)] {
        let sales = shop.sales(device);
        assert_eq!(sales["owed_tiyn"], json!(owed), "{sales}");
    }
}

/// The fund sets the programme's rules, changed a little.
fn set_rules(shop: &Dispensary, change: impl Fn(&mut Value)) {
    let question = json!({ "programme": { "programme": 1 } }).to_string();
    let mut rules = shop.ledger.done(&["query", "prescription", &question]);
    change(&mut rules);
    let file = shop.path("rules.json");
    std::fs::write(&file, rules.to_string()).expect("a file can be written");
    shop.ledger
        .done(&["prescription", "rules", "1", "--file", &file]);
}

#[test]
fn above_the_reference_price_the_citizen_pays_and_nobody_claims_it() {
    let shop = Dispensary::start();
    set_rules(&shop, |rules| rules["share"] = json!("up_to_reference"));
    let group = shop
        .issue("card-amlodipine.json", &[])
        .expect("it is issued");
    shop.hold("pharmacy", &group, "1").expect("it is held");
    // Thirty tablets at 45 tenge each; the order allows another maker's product.
    let borne = shop.dispense("pharmacy", &group, ("1", OTHER_AMLODIPINE), "30", "1700");
    assert_eq!(borne, Ok(135_000));
    assert_eq!(shop.available(), ALLOTTED - 135_000);
    assert_eq!(shop.sales("pharmacy")["owed_tiyn"], json!(135_000));
    let shown = shop.ledger.done(&["prescription", "show", &group]);
    assert_eq!(shown["record"]["dispenses"][0]["borne"], 135_000);
    assert_eq!(shown["record"]["dispenses"][0]["packs"][0]["cost"], 170_000);
}

#[test]
fn an_order_that_insists_on_a_product_names_one_of_the_medicine() {
    let shop = Dispensary::start();
    let message = senim_tests::world::network::root().join("tests/data/demo/pharmacy.json");
    let message = std::fs::read_to_string(message).expect("it is there");
    for gtin in ["04870001000035", "04870001009991"] {
        let changed = message.replace("\"04870001000028\"", &format!("\"{gtin}\""));
        assert_ne!(changed, message);
        let file = shop.path("changed.json");
        std::fs::write(&file, changed).expect("a file can be written");
        assert_eq!(shop.issue(&file, &[]), Err(Code::ORDERED_PRODUCT), "{gtin}");
    }
}

#[test]
fn who_holds_sees_the_medicine_data_and_the_wallet_sees_who_looked() {
    let shop = Dispensary::start();
    let group = shop.issue("pharmacy.json", &[]).expect("it is issued");
    let sealed = shop.sealed(&group);
    let log = shop.log(&group);
    assert_eq!((&log["count"], &log["complete"]), (&json!(0), &json!(true)));
    assert_eq!(
        shop.fetch("pharmacy", &sealed, &group),
        Err(Code::SEALED_NOT_HELD)
    );
    assert_eq!(
        shop.pharmacy("pharmacy", &["look", &group]).err(),
        Some(Code::NOT_HELD_HERE)
    );

    shop.hold("pharmacy", &group, "1,2").expect("one scan");
    assert!(shop.fetch("pharmacy", &sealed, &group).is_ok());
    assert_eq!(
        shop.fetch("rival", &sealed, &group),
        Err(Code::SEALED_NOT_HELD)
    );
    let other = shop
        .issue("card-metformin.json", &[])
        .expect("it is issued");
    assert_eq!(
        shop.fetch("pharmacy", &sealed, &other),
        Err(Code::SEALED_NOT_HELD),
        "it is no other prescription's"
    );
    let looked = shop.pharmacy(
        "pharmacy",
        &["look", &group, "--reason", "clinical-question"],
    );
    let looked = looked.expect("it holds");
    assert_eq!(dosage(&looked, 2), Some("Таңертең 1 таблетка"));

    // A pharmacy with a stolen folder has the keys, and neither the ledger nor the node gives it anything.
    copy(&shop.path("pharmacy"), &shop.path("rival"));
    assert_eq!(
        shop.pharmacy("rival", &["look", &group, "--items", "1"])
            .err(),
        Some(Code::LOOK_REFUSED)
    );

    // Given back: over. Dispensed: it may look as long as it may have to answer for it.
    shop.pharmacy("pharmacy", &["reject", "--group", &group, "--items", "2"])
        .expect("it is given back");
    assert_eq!(
        shop.pharmacy("pharmacy", &["look", &group, "--items", "2"])
            .err(),
        Some(Code::NOT_HELD_HERE),
        "its key is forgotten"
    );
    shop.dispense("pharmacy", &group, ("1", METFORMIN), "50", "1450")
        .expect("it is dispensed");
    assert_eq!(
        shop.fetch("pharmacy", &sealed, &group),
        Err(Code::SEALED_NOT_HELD),
        "the hold is over"
    );
    let looked = shop.pharmacy("pharmacy", &["look", &group, "--reason", "dispute"]);
    let looked = looked.expect("it dispensed");
    assert_eq!(dosage(&looked, 1), Some("Күніне 2 рет, тамақпен бірге"));
    assert_eq!(dosage(&looked, 2), None);
    assert!(shop.fetch("pharmacy", &sealed, &group).is_ok(), "just now");

    let log = shop.log(&group);
    let looks = log["looks"].as_array().expect("a list");
    let told: Vec<(&Value, &Value, &Value)> = looks
        .iter()
        .map(|look| (&look["org"], &look["items"], &look["by"]))
        .collect();
    let org = json!(20);
    assert_eq!(
        told,
        [
            (&org, &json!([1, 2]), &json!({ "hold": "live_qr" })),
            (
                &org,
                &json!([1, 2]),
                &json!({ "look": "clinical_question" })
            ),
            (&org, &json!([1]), &json!({ "look": "dispute" })),
        ]
    );
    assert_eq!((&log["count"], &log["complete"]), (&json!(3), &json!(true)));
    let stranger = shop.path("stranger");
    shop.ledger.done(&["wallet", "new", "--wallet", &stranger]);
    let theirs = ["wallet", "log", &group, "--wallet", &stranger];
    assert_eq!(shop.ledger.refused(&theirs), Code::NOT_IN_WALLET);
}

fn copy(from: &str, to: &str) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name");
        // The modes go with them: secrets are read by their owner only.
        std::fs::copy(&path, std::path::Path::new(to).join(name)).expect("it is copied");
    }
}

#[test]
fn card_and_paper_open_the_medicine_data_too_and_a_typed_number_does_not() {
    let shop = Dispensary::start();
    let Card { number, chip, key } = shop.ledger.card();
    let paper = shop.path("paper.png");
    let more = ["--card", key.as_str(), "--paper", &paper];
    let group = shop
        .issue("card-metformin.json", &more)
        .expect("it is issued");
    let dose = Some("Күніне 2 рет, тамақпен бірге");

    let typed = ["hold", "--group", &group, "--card-number", &number];
    assert_eq!(
        shop.pharmacy("pharmacy", &typed).err(),
        Some(Code::CARD_NOT_PRESENT)
    );
    assert_eq!(
        shop.fetch("pharmacy", &shop.sealed(&group), &group),
        Err(Code::SEALED_NOT_HELD)
    );
    let held = shop.pharmacy("pharmacy", &["hold", "--group", &group, "--chip", &chip]);
    assert_eq!(dosage(&held.expect("the card was there"), 1), dose);
    let give_back = ["reject", "--group", &group, "--items", "1"];
    shop.pharmacy("pharmacy", &give_back)
        .expect("it is given back");

    // The terminal and the reader are two programs.
    let (challenge, answer) = (shop.path("challenge.bin"), shop.path("answer.bin"));
    let ask = ["challenge", "--group", &group, "--out", &challenge];
    shop.pharmacy("rival", &ask).expect("a challenge");
    shop.ledger.tap(&chip, &challenge, &answer);
    let held = shop.pharmacy("rival", &["hold", "--card", &answer]);
    assert_eq!(dosage(&held.expect("the card was there"), 1), dose);
    shop.pharmacy("rival", &give_back)
        .expect("it is given back");

    let record = shop.path("check.txt");
    std::fs::write(&record, "identity card seen").expect("a file can be written");
    let held = shop.pharmacy(
        "pharmacy",
        &[
            "hold",
            "--paper",
            &paper,
            "--document",
            "identity-card",
            "--record",
            &record,
        ],
    );
    assert_eq!(dosage(&held.expect("the paper was there"), 1), dose);
    shop.pharmacy("pharmacy", &give_back)
        .expect("it is given back");

    // The wallet's QR opens it as before, and the log has them all.
    let held = shop.hold("pharmacy", &group, "1").expect("it is held");
    assert_eq!(dosage(&held, 1), dose);
    let log = shop.log(&group);
    let proofs = log["looks"].as_array().expect("a list").iter();
    let proofs: Vec<String> = proofs
        .map(|look| match &look["by"]["hold"] {
            Value::String(proof) => proof.clone(),
            other => other
                .as_object()
                .expect("paper")
                .keys()
                .next()
                .expect("a kind")
                .clone(),
        })
        .collect();
    assert_eq!(proofs, ["card", "card", "paper", "live_qr"]);
}
