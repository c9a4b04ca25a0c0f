//! A telephone is lost in the middle of a course: half of the bundle is dispensed, the identity service binds the rest to
//! the keys of a new one, and what the lost one had opens nothing any more. Then the paper is lost, too.

#[path = "support/dispensary.rs"]
mod dispensary;

use dispensary::{ALLOTTED, AMLODIPINE, Card, Dispensary, METFORMIN, dosage, text};
use senim_types::Code;
use serde_json::json;

/// How the first item is to be taken.
const DOSE: Option<&str> = Some("Күніне 2 рет, тамақпен бірге");

#[test]
fn a_telephone_is_lost_in_the_middle_of_a_course() {
    let shop = Dispensary::start();
    let Card { chip, key, .. } = shop.ledger.card();
    let (paper, record) = (shop.path("paper.png"), shop.path("check.txt"));
    std::fs::write(&record, "identity card seen").expect("a file can be written");
    let more = ["--card", key.as_str(), "--paper", &paper];
    let group = shop.issue("pharmacy.json", &more).expect("it is issued");
    let by_paper = |picture: &str| {
        let words = [
            "hold",
            "--paper",
            picture,
            "--items",
            "1",
            "--document",
            "identity-card",
            "--record",
            &record,
        ];
        shop.pharmacy("pharmacy", &words)
    };
    let by_chip = || {
        let words = ["hold", "--group", &group, "--items", "1", "--chip", &chip];
        shop.pharmacy("pharmacy", &words)
    };
    let give_back = |device: &str, item: &str| {
        let words = ["reject", "--group", &group, "--items", item];
        shop.pharmacy(device, &words).expect("it is given back");
    };

    // Half of it is dispensed, the third item waits at another pharmacy, and the telephone has just made a QR.
    shop.hold("pharmacy", &group, "1,2").expect("one scan");
    let own =
        |item, pack, units, price| shop.dispense("pharmacy", &group, (item, pack), units, price);
    assert_eq!(own("1", METFORMIN, "20", "1450"), Ok(48_333));
    assert_eq!(own("2", AMLODIPINE, "30", "980"), Ok(98_000));
    shop.hold("rival", &group, "3").expect("it is held there");
    let (old, found) = (shop.path("wallet"), shop.path("found.png"));
    shop.qr(&old, &group, "1", &found)
        .expect("a QR of the old telephone's");
    let list_of = |wallet: &str| shop.ledger.done(&["wallet", "list", "--wallet", wallet]);
    assert_eq!(list_of(&old)["prescriptions"][0]["active"], true);

    // Only the identity service says whose it is.
    let (new, key) = shop.new_telephone("new");
    let bind = |more: &[&str]| {
        let words = [&["prescription", "bind", &group], more].concat();
        shop.ledger.senim(&words).map(|answer| answer.json)
    };
    for other in ["clinic", "pharmacy", "fund", "service-centre"] {
        assert_eq!(
            bind(&["--holder", &key, "--key", other]).err(),
            Some(Code::ROLE_NOT_ALLOWED),
            "{other}"
        );
    }
    let senseless = ["--holder", &key, "--keep", "paper", "--paper", &paper];
    assert_eq!(bind(&senseless).err(), Some(Code::BAD_USAGE));
    let unknown = ["prescription", "bind", &"0".repeat(64), "--holder", &key];
    assert_eq!(shop.ledger.refused(&unknown), Code::PRESCRIPTION_UNKNOWN);
    let bound = bind(&["--holder", &key, "--keep", "card,paper"]).expect("it is bound");
    assert_eq!(text(&bound, "/wallet"), "another");
    assert_eq!(text(&bound, "/card"), "as before");
    assert_eq!(text(&bound, "/paper"), "as before");

    // Whoever found the old telephone has nothing: not by what it showed, and not by what it could show.
    let scanned = shop.pharmacy("pharmacy", &["hold", "--qr", &found]);
    assert_eq!(scanned.err(), Some(Code::QR_NOT_SIGNED));
    let again = shop.path("again.png");
    assert_eq!(
        shop.qr(&old, &group, "1", &again).err(),
        Some(Code::NOT_IN_WALLET)
    );
    for act in [
        &["wallet", "cancel", &group][..],
        &["wallet", "log", &group],
    ] {
        let words = [act, &["--wallet", &old]].concat();
        assert_eq!(shop.ledger.refused(&words), Code::NOT_IN_WALLET, "{act:?}");
    }
    let left = list_of(&old);
    let left = &left["prescriptions"][0];
    assert_eq!(
        (&left["elsewhere"], &left["active"]),
        (&json!(true), &json!(false))
    );

    // The hold of before is not touched: that pharmacy may still give it back, or out.
    give_back("rival", "3");

    // The new telephone finds it. Its QR holds, and opens no medicine data: that is sealed for the keys of before.
    let list = list_of(&new);
    assert_eq!(text(&list, "/prescriptions/0/group"), group);
    assert_eq!(list["prescriptions"][0]["active"], true);
    let shown = shop.path("qr.png");
    let blind = shop
        .qr(&new, &group, "1", &shown)
        .expect("a QR of the new telephone's");
    assert_eq!(blind["opens_sealed_part"], false);
    let held = shop.pharmacy("pharmacy", &["hold", "--qr", &shown]);
    let held = held.expect("the new telephone holds it");
    assert_eq!(dosage(&held, 1), None);
    give_back("pharmacy", "1");

    // What still opens it, the person has: the paper, the card, a copy of the old wallet. One of them is enough.
    let take = |what: &[&str]| {
        let words = [&["wallet", "add", &group], what, &["--wallet", &new]].concat();
        shop.ledger.senim(&words).map(|answer| answer.json)
    };
    let (stranger, _) = shop.new_telephone("stranger");
    assert_eq!(
        take(&["--old", &stranger]).err(),
        Some(Code::SEALED_NOT_OPENED)
    );
    let opens = |what: &[&str]| {
        let taken = take(what).expect("it opens");
        assert_eq!(taken["took_contents_in"], true, "{what:?}");
        let shown = shop.qr(&new, &group, "1", &shown).expect("a QR");
        assert_eq!(shown["opens_sealed_part"], true, "{what:?}");
        std::fs::remove_file(shop.path(&format!("new/{group}.contents"))).expect("it was kept");
    };
    opens(&["--old", &old]);
    opens(&["--chip", &chip]);
    take(&["--paper", &paper]).expect("it opens");
    shop.qr(&new, &group, "1", &shown).expect("a QR");
    let held = shop.pharmacy("pharmacy", &["hold", "--qr", &shown]);
    assert_eq!(dosage(&held.expect("one scan"), 1), DOSE);
    give_back("pharmacy", "1");

    // Card and paper were named again, and hold as before. The paper goes, too: another is printed. Then the card.
    assert_eq!(dosage(&by_chip().expect("the card was there"), 1), DOSE);
    give_back("pharmacy", "1");
    let printed = shop.path("printed.png");
    let bound = bind(&["--keep", "card", "--paper", &printed]).expect("it is bound");
    assert_eq!(text(&bound, "/wallet"), "as before");
    assert_eq!(text(&bound, "/paper"), "another");
    assert_eq!(by_paper(&paper).err(), Some(Code::HOLD_NOT_SIGNED));
    let held = by_paper(&printed).expect("the new paper was there");
    assert_eq!(dosage(&held, 1), None, "nothing was sealed for it");
    give_back("pharmacy", "1");
    let bound = bind(&[]).expect("it is bound");
    assert_eq!(text(&bound, "/card"), "no more");
    assert_eq!(by_chip().err(), Some(Code::CARD_MISMATCH));
    assert_eq!(by_paper(&printed).err(), Some(Code::PROOF_NOT_ACCEPTED));
    assert_eq!(take(&["--chip", &chip]).err(), Some(Code::CARD_MISMATCH));

    // The rest, to the tiyn: 30 of 60 tablets of the pack that was opened, and the card's programme bears nothing else.
    shop.qr(&new, &group, "1", &shown).expect("a QR");
    let held = shop.pharmacy("pharmacy", &["hold", "--qr", &shown]);
    assert_eq!(dosage(&held.expect("one scan"), 1), DOSE);
    assert_eq!(own("1", METFORMIN, "30", "1450"), Ok(72_500));
    let owed = 48_333 + 98_000 + 72_500;
    assert_eq!(shop.available(), ALLOTTED - owed);
    assert_eq!(shop.sales("pharmacy")["owed_tiyn"], json!(owed));

    // The new telephone sees all who looked, those of before among them, and all that happened.
    let words = ["wallet", "log", &group, "--wallet", &new];
    let log = shop.ledger.done(&words);
    assert_eq!(log["complete"], true);
    let looks = log["looks"].as_array().expect("a list").len();
    assert_eq!(log["count"], json!(looks));
    let history = shop.ledger.done(&["wallet", "log", "--wallet", &new]);
    let events = history["history"].as_array().expect("a list").iter();
    let kinds: Vec<&str> = events
        .filter_map(|one| one["event"].as_object()?.keys().next())
        .map(String::as_str)
        .collect();
    assert_eq!(kinds.first(), Some(&"issued"));
    let count = |kind| kinds.iter().filter(|one| **one == kind).count();
    assert_eq!((count("rebound"), count("dispensed")), (3, 3), "{kinds:?}");
    assert_eq!(history["complete"], true);

    // What is finished can be bound, too: the next telephone is to see it. Nothing of it can be dispensed again.
    let rest = ["wallet", "cancel", &group, "--items", "3", "--wallet", &new];
    shop.ledger.done(&rest);
    let (newest, key) = shop.new_telephone("newest");
    bind(&["--holder", &key]).expect("it is bound");
    let list = list_of(&newest);
    assert_eq!(text(&list, "/prescriptions/0/group"), group);
    assert_eq!(list["prescriptions"][0]["active"], false);
    shop.qr(&newest, &group, "1", &shown).expect("a QR");
    let held = shop.pharmacy("pharmacy", &["hold", "--qr", &shown]);
    assert_eq!(held.err(), Some(Code::ALREADY_DISPENSED));
}
