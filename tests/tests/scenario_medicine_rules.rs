//! A fund changes a medicine programme's rules in mid-course, through the client's own commands: what it would have changed is
//! foretold to the tiyn, what was issued before is paid as it was promised, and `senim explain` says which version and which
//! rule decided.

#[path = "support/dispensary.rs"]
mod dispensary;

use dispensary::*;
use senim_types::Code;
use serde_json::{Value, json};

/// What a pack of amlodipine costs here, and the reference price of its thirty tablets, in tiyn.
const PRICE: u64 = 170_000;
const TO_REFERENCE: u64 = 135_000;

/// The clinic prescribes amlodipine to the same person, each time by another message.
fn issue(shop: &Dispensary, number: u32) -> String {
    let message = senim_tests::world::network::root().join("tests/data/demo/card-amlodipine.json");
    let message = std::fs::read_to_string(message).expect("it is there");
    let changed = message
        .replace("LINE-CARD-2", &format!("LINE-RULES-{number}"))
        .replace("RX-DEMO-0001-CARD2", &format!("RX-RULES-{number}"));
    let file = shop.path("order.json");
    std::fs::write(&file, changed).expect("a file can be written");
    shop.issue(&file, &[]).expect("it is issued")
}

fn rules(shop: &Dispensary) -> Value {
    let question = json!({ "programme": { "programme": 1 } }).to_string();
    shop.ledger.done(&["query", "prescription", &question])
}

/// A file of the programme's rules, changed a little.
fn changed(shop: &Dispensary, change: impl Fn(&mut Value)) -> String {
    let mut rules = rules(shop);
    change(&mut rules);
    let file = shop.path("rules.json");
    std::fs::write(&file, rules.to_string()).expect("a file can be written");
    file
}

fn set(shop: &Dispensary, file: &str) -> Value {
    shop.ledger
        .done(&["prescription", "rules", "1", "--file", file])
}

/// The pharmacy gives a pack of amlodipine that is dearer than its reference price; the receipt.
fn give(shop: &Dispensary, group: &str, pack: &str) -> Value {
    let words = [
        "dispense", "--group", group, "--item", "1", "--pack", pack, "--units", "30", "--price",
        "1700",
    ];
    shop.pharmacy("pharmacy", &words).expect("it is dispensed")
}

/// What was decided in a transaction, once more.
fn explained(shop: &Dispensary, told: &Value, pointer: &str) -> Value {
    let explained = shop.ledger.done(&["explain", text(told, pointer)]);
    explained["decided"][0].clone()
}

fn steps(decided: &Value) -> Vec<(u64, bool)> {
    let steps = decided["steps"].as_array().expect("steps").iter();
    let of = |step: &Value| {
        let rule = step["rule"].as_u64().expect("a number");
        (rule, step["kept"] == true)
    };
    steps.map(of).collect()
}

#[test]
fn rules_that_change_in_mid_course_are_foretold_pinned_and_explained() {
    let shop = Dispensary::start();
    assert_eq!(rules(&shop)["version"], 1);
    let dispensed = issue(&shop, 1);
    let waiting = issue(&shop, 2);
    shop.hold("pharmacy", &dispensed, "1").expect("it is held");
    let first = give(&shop, &dispensed, OTHER_AMLODIPINE);
    assert_eq!(first["dispense"]["borne"], PRICE, "everything, as yet");

    // Before it is set: who and what sum would change?
    let file = changed(&shop, |rules| {
        rules["share"] = json!("up_to_reference");
        rules["reversal_ms"] = json!(0);
    });
    let simulate = |more: &[&str]| {
        let words = [&["programme", "simulate", "1", "--file", &file], more].concat();
        shop.ledger.done(&words)["report"].clone()
    };
    let sums = |report: &Value, when: &str| {
        let of = |what| report["total"][when][what].as_u64().expect("a sum");
        (of("uses"), of("pays"), of("bears"))
    };
    let report = simulate(&[]);
    assert_eq!(sums(&report, "before"), (1, PRICE, 0));
    let foretold = (1, TO_REFERENCE, PRICE - TO_REFERENCE);
    assert_eq!(sums(&report, "after"), foretold);
    assert_eq!(report["acts"], 4, "two issues, a hold, a dispense");
    let tokens = report["tokens"].as_object().expect("prescriptions");
    assert_eq!(tokens.keys().collect::<Vec<_>>(), [&dispensed]);
    // And with a list that has less of it, or none.
    let list = shop.path("list.json");
    let listed = |rule: Value| {
        let json = json!({ "C08CA01": rule }).to_string();
        std::fs::write(&list, json).expect("a file can be written");
        simulate(&["--medicines", &list])
    };
    let lower = json!({ "category": 0, "units_max": 60, "reference_price": 1_000 });
    assert_eq!(sums(&listed(lower), "after"), (1, 30_000, 140_000));
    let none = listed(Value::Null);
    assert_eq!(sums(&none, "after"), (0, 0, 0));
    assert_eq!(none["not_issued"], json!({ "12": 2 }));

    // Set; the same again is no other version.
    assert_eq!(set(&shop, &file)["version"], 2);
    assert_eq!(set(&shop, &file)["version"], 2);

    // What was promised is what is paid, and may be undone; what is issued now is as foretold, and may not.
    shop.hold("pharmacy", &waiting, "1").expect("it is held");
    let older = shop.dispense("pharmacy", &waiting, ("1", AMLODIPINE), "30", "980");
    assert_eq!(older, Ok(98_000));
    let undo = ["reverse", "--group", &waiting, "--dispense", "0"];
    let undone = shop.pharmacy("pharmacy", &undo).expect("by its version");
    let (by, undone) = ("/transaction", explained(&shop, &undone, "/transaction"));
    assert_eq!(
        (&undone["version"], steps(&undone)),
        (&json!(1), vec![(50, true)])
    );
    let first_explained = explained(&shop, &first, by);
    let undo_first = ["reverse", "--group", &dispensed, "--dispense", "0"];
    shop.pharmacy("pharmacy", &undo_first)
        .expect("by its version");

    let issued = issue(&shop, 3);
    shop.hold("pharmacy", &issued, "1").expect("it is held");
    let newer = give(&shop, &issued, OTHER_AMLODIPINE);
    assert_eq!(newer["dispense"]["borne"], foretold.1);
    assert_eq!(shop.available(), ALLOTTED - foretold.1);

    // Why?
    assert_eq!(first_explained["version"], 1);
    assert_eq!(
        first_explained.pointer("/decision/Ok/terms/pays"),
        Some(&json!(PRICE))
    );
    assert!(steps(&first_explained).contains(&(40, true)));
    let newer = explained(&shop, &newer, by);
    assert_eq!(
        (&newer["version"], &newer["prescription"]),
        (&json!(2), &json!(issued))
    );
    let terms = json!({ "pays": foretold.1, "bears": foretold.2 });
    assert_eq!(newer.pointer("/decision/Ok/terms"), Some(&terms));
    assert!(steps(&newer).contains(&(41, true)));

    // And why not?
    let folder = shop.path("pharmacy");
    let too_late = shop.ledger.failure(&[
        "pharmacy",
        "reverse",
        "--group",
        &issued,
        "--dispense",
        "0",
        "--key",
        "pharmacy",
        "--hold-dir",
        &folder,
    ]);
    assert_eq!(
        too_late["code"],
        json!(Code::REVERSAL_TOO_LATE.name()),
        "{too_late}"
    );
    let refused = explained(&shop, &too_late, "/receipt/transaction");
    assert_eq!(steps(&refused), [(50, false)]);
    assert_eq!(
        (&refused["version"], &refused["steps"][0]["bound"]),
        (&json!(2), &json!(0))
    );
}
