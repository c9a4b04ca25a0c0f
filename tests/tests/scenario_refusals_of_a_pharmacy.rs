//! What is refused in a pharmacy, through the client's own commands over HTTP, each beside the step that is sound: who may
//! prescribe and dispense, when a prescription is open, and which packs go. Money, prescription and pack stand after a
//! refusal as they stood before it.

#[path = "support/dispensary.rs"]
mod dispensary;

use dispensary::*;
use senim_abi::civil::ymd;
use senim_abi::marking::msg::{self as marking, Exit, PackId};
use senim_abi::prescription::Execute;
use senim_abi::prescription::programme::{
    PrescriberId, PrescriberRight, ProgrammeId, ProofKinds, Provider, Settlement,
};
use senim_abi::{MARKING, PRESCRIPTION};
use senim_tests::world::people::value;
use senim_types::{Code, OrgId, TimeMs};
use senimd::driver::now;
use serde_json::{Value, json};
use std::time::Duration;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const PROGRAMME: ProgrammeId = ProgrammeId(1);

/// The demo's order of metformin under another number, changed a little; answers the file.
fn order(shop: &Dispensary, number: &str, change: impl Fn(&mut Value)) -> String {
    let demo = senim_tests::world::network::root().join("tests/data/demo/card-metformin.json");
    let demo = std::fs::read_to_string(demo).expect("it is there");
    let demo = demo.replace("LINE-CARD-1", &format!("LINE-{number}"));
    let demo = demo.replace("RX-DEMO-0001-CARD1", &format!("RX-{number}"));
    let mut message: Value = serde_json::from_str(&demo).expect("it is JSON");
    let entries = message["entry"].as_array_mut().expect("a bundle");
    let request = entries
        .iter_mut()
        .map(|entry| &mut entry["resource"])
        .find(|resource| resource["resourceType"] == "MedicationRequest");
    change(&mut request.expect("it orders")["dispenseRequest"]);
    let file = shop.path(&format!("{number}.json"));
    std::fs::write(&file, message.to_string()).expect("a file can be written");
    file
}

/// A time as FHIR writes it, to the second.
fn instant(time: TimeMs) -> String {
    let (day, second) = (time.0 / DAY_MS, time.0 / 1000 % 86_400);
    let (year, month, day) = ymd(day);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// What the budget line has, and what a prescription is.
fn standing(shop: &Dispensary, group: &str) -> (u64, Value) {
    let shown = shop.ledger.done(&["prescription", "show", group]);
    (shop.available(), shown["record"].clone())
}

/// The code of a refused step about a prescription, which moved nothing.
#[track_caller]
fn refused<T>(
    shop: &Dispensary,
    group: &str,
    step: impl FnOnce() -> Result<T, Code>,
) -> Option<Code> {
    let before = standing(shop, group);
    let code = step().err();
    assert_eq!(standing(shop, group), before, "{code:?}");
    code
}

#[test]
fn who_may_prescribe_and_who_may_dispense_is_the_funds_to_say() {
    let shop = Dispensary::start();
    let fund = |message: &Execute| {
        let set = shop.ledger.called("fund", PRESCRIPTION, message);
        set.expect("the fund's own programme")
    };
    let prescriber = |right| Execute::SetPrescriber {
        programme: PROGRAMME,
        org: OrgId(10),
        prescriber: PrescriberId::ANY,
        right,
    };
    let until = |until: TimeMs| PrescriberRight {
        categories: 0b11,
        until,
    };
    let tomorrow = TimeMs(now().0 + DAY_MS);
    let first = order(&shop, "1", |_| ());
    for right in [None, Some(until(TimeMs(now().0)))] {
        fund(&prescriber(right));
        let issued = shop.issue(&first, &[]);
        assert_eq!(issued, Err(Code::PRESCRIBER_NOT_AUTHORISED), "{right:?}");
    }
    fund(&prescriber(Some(until(tomorrow))));
    let group = shop.issue(&first, &[]).expect("the clinic has the right");
    // At most 360 tablets of metformin in an item.
    let most = |units| {
        order(&shop, "2", |request| {
            request["quantity"]["value"] = json!(units)
        })
    };
    assert_eq!(shop.issue(&most(361), &[]), Err(Code::MAX_QUANTITY));
    shop.issue(&most(360), &[]).expect("as much as may be");

    let contract = |provider| Execute::SetProvider {
        programme: PROGRAMME,
        org: OrgId(21),
        provider,
    };
    let ends = |until| Provider {
        settlement: Settlement::Pay,
        until,
    };
    for provider in [None, Some(ends(TimeMs(now().0)))] {
        fund(&contract(provider));
        let code = refused(&shop, &group, || shop.hold("rival", &group, "1"));
        assert_eq!(code, Some(Code::PHARMACY_NOT_CONTRACTED), "{provider:?}");
    }
    fund(&contract(Some(ends(tomorrow))));
    // By a proof that the programme takes, and by no other.
    let rules = || {
        let question = json!({ "programme": { "programme": 1 } }).to_string();
        shop.ledger.done(&["query", "prescription", &question])
    };
    let set = |rules: &Value| {
        let file = shop.path("rules.json");
        std::fs::write(&file, rules.to_string()).expect("a file can be written");
        let set = ["prescription", "rules", "1", "--file", &file];
        shop.ledger.done(&set);
    };
    let mut without_qr = rules();
    without_qr["proofs"] = json!(ProofKinds(ProofKinds::CARD.0 | ProofKinds::PAPER.0));
    set(&without_qr);
    let later = order(&shop, "3", |request| {
        request["quantity"]["value"] = json!(30)
    });
    let later = shop.issue(&later, &[]).expect("under the new rules");
    let code = refused(&shop, &later, || shop.hold("rival", &later, "1"));
    assert_eq!(code, Some(Code::PROOF_NOT_ACCEPTED));
    // What was issued before keeps the rules that it was issued under.
    shop.hold("rival", &group, "1").expect("it has a contract");
    let sold = shop.dispense("rival", &group, ("1", RIVALS_METFORMIN), "30", "800");
    assert_eq!(sold, Ok(80_000));
    assert_eq!(shop.available(), ALLOTTED - 80_000);
}

#[test]
fn a_prescription_opens_ends_and_is_cancelled() {
    let shop = Dispensary::start();
    let window = |number, from: u64, until: u64| {
        let order = order(&shop, number, |request| {
            request["validityPeriod"] = json!({
                "start": instant(TimeMs(from)), "end": instant(TimeMs(until)),
            });
        });
        shop.issue(&order, &[]).expect("it is issued")
    };
    let hold = |group: &str| refused(&shop, group, || shop.hold("pharmacy", group, "1"));
    let today = now().0;
    let later = window("3", today + DAY_MS, today + 9 * DAY_MS);
    assert_eq!(hold(&later), Some(Code::NOT_YET));
    let brief = window("4", today - DAY_MS, now().0 + 4_000);
    // The end as FHIR has it is the end of its second.
    std::thread::sleep(Duration::from_millis(5_100));
    assert_eq!(hold(&brief), Some(Code::EXPIRED));

    // Cancelled while it is held, it is marked: the hold ends as it may, and is not begun or drawn out anew.
    let open = window("5", today - DAY_MS, today + 9 * DAY_MS);
    shop.hold("pharmacy", &open, "1").expect("it is open");
    let cancel = ["prescription", "cancel", "--group", &open];
    shop.ledger
        .done(&[&cancel[..], &["--clinic", &shop.path("clinic")]].concat());
    assert_eq!(hold(&open), Some(Code::CANCEL_REQUESTED));
    let rejected = ["reject", "--group", &open, "--items", "1"];
    shop.pharmacy("pharmacy", &rejected)
        .expect("it gives it back");
    assert_eq!(hold(&open), Some(Code::CANCELLED));
    assert_eq!(shop.available(), ALLOTTED);
}

#[test]
fn a_pack_that_is_not_what_the_register_says_is_not_dispensed() {
    let shop = Dispensary::start();
    let gtin = "04870001000011";
    let introduce =
        |lot: &str, expiry: &str, serials: &str| shop.introduce(gtin, (lot, expiry), serials, "20");
    let expired = introduce("X2601", "2026-01-31", "EX0001");
    assert_eq!(expired, Err(Code::PACK_EXPIRED));
    introduce("W2601", "2031-05-31", "WD0001").expect("a lot of its own");
    introduce("M2601", "2031-05-31", "ST0001,SA0001").expect("of the lot that is there");
    let another_lot = introduce("M2603", "2031-05-31", "MF0001");
    assert_eq!(another_lot, Err(Code::PACK_EXISTS));
    let no_product = [
        "pack",
        "introduce",
        "--gtin",
        "04870001009991",
        "--lot",
        "M2601",
        "--expiry",
        "2031-05-31",
        "--serials",
        "NO0001",
        "--at",
        "20",
    ];
    assert_eq!(shop.ledger.refused(&no_product), Code::PRODUCT_UNKNOWN);
    let recall = ["pack", "recall", "--gtin", gtin, "--lot", "W2601"];
    shop.ledger.done(&[&recall[..], &["--withdraw"]].concat());
    for (serial, exit) in [("ST0001", Exit::Stolen), ("SA0001", Exit::Sample)] {
        let id = PackId {
            gtin: value(gtin),
            serial: value(serial),
        };
        let packs = vec![id];
        let remove = marking::Execute::Remove { packs, exit };
        let removed = shop.ledger.called("pharmacy", MARKING, &remove);
        removed.expect("the pharmacy has it");
    }
    let large = order(&shop, "6", |request| {
        request["quantity"]["value"] = json!(200)
    });
    let group = shop.issue(&large, &[]).expect("it is issued");
    let hold = || {
        shop.hold("pharmacy", &group, "1").expect("it is open");
    };
    let dispense = |pack: &str, units: &str, price: &str| {
        shop.dispense("pharmacy", &group, ("1", pack), units, price)
    };
    let code = |serial: &str, expiry: &str, lot: &str| {
        format!("(01){gtin}(21){serial}(17){expiry}(10){lot}")
    };
    hold();
    for (what, pack, units, price, expected) in [
        (
            "another lot",
            code("MF0001", "310531", "M2602"),
            "60",
            "1450",
            Code::PACK_LOT_MISMATCH,
        ),
        (
            "another expiry",
            code("MF0001", "310630", "M2601"),
            "60",
            "1450",
            Code::PACK_EXPIRY_MISMATCH,
        ),
        (
            "withdrawn",
            code("WD0001", "310531", "W2601"),
            "60",
            "1450",
            Code::PACK_WITHDRAWN,
        ),
        (
            "stolen",
            code("ST0001", "310531", "M2601"),
            "60",
            "1450",
            Code::PACK_STOLEN,
        ),
        (
            "a sample",
            code("SA0001", "310531", "M2601"),
            "60",
            "1450",
            Code::PACK_WRONG_STATE,
        ),
        (
            "more than a pack has",
            METFORMIN.to_owned(),
            "61",
            "1450",
            Code::PACK_UNITS_EXCEEDED,
        ),
    ] {
        let before = shop.pack(METFORMIN);
        let refusal = refused(&shop, &group, || dispense(&pack, units, price));
        assert_eq!(refusal, Some(expected), "{what}");
        assert_eq!(shop.pack(METFORMIN), before, "{what}");
    }
    // The pack itself goes, in parts at one price.
    assert_eq!(dispense(METFORMIN, "20", "1450"), Ok(48_333));
    hold();
    let other_price = refused(&shop, &group, || dispense(METFORMIN, "40", "1400"));
    assert_eq!(other_price, Some(Code::PACK_PRICE_CHANGED));
    assert_eq!(dispense(METFORMIN, "40", "1450"), Ok(96_667));
    hold();
    let again = refused(&shop, &group, || dispense(METFORMIN, "20", "1450"));
    assert_eq!(again, Some(Code::PACK_ALREADY_SUPPLIED));
    assert_eq!(shop.available(), ALLOTTED - 145_000);
}
