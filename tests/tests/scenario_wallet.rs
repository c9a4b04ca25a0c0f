//! A citizen sees every support measure: prescriptions and vouchers, what goes and what is finished, and all that happened
//! to each, proven; the child sees what was shared with it, for as long as it is.

#[path = "support/ledger.rs"]
mod ledger;

use ledger::{Ledger, text};
use senim_types::Code;
use serde_json::{Value, json};
use std::path::Path;

/// A family at a running ledger.
struct Family {
    ledger: Ledger,
}

impl Family {
    fn wallet(&self, wallet: &str, words: &[&str]) -> Result<Value, Code> {
        let folder = self.ledger.path(wallet);
        let words = [&["wallet"], words, &["--wallet", &folder]].concat();
        self.ledger.senim(&words).map(|answer| answer.json)
    }

    fn new_wallet(&self, wallet: &str) -> String {
        self.wallet(wallet, &["new"]).expect("a wallet");
        let key = self.wallet(wallet, &["key"]).expect("a key");
        text(&key, "/holder").to_owned()
    }

    /// A voucher of the family's wallet.
    fn voucher(&self, tenge: &str, valid_for: &str) -> String {
        let holder = self.ledger.holder();
        let issue = [
            "voucher",
            "issue",
            "--holder",
            &holder,
            "--place",
            "40",
            "--amount",
            tenge,
            "--valid-for",
            valid_for,
        ];
        text(&self.ledger.done(&issue), "/voucher").to_owned()
    }

    fn by_payer(&self, words: &[&str]) {
        self.ledger.done(&[&["voucher"], words].concat());
    }

    /// A voucher as a wallet lists it.
    fn listed(&self, wallet: &str, voucher: &str) -> Value {
        let list = self.wallet(wallet, &["list"]).expect("a list");
        let all = list["vouchers"].as_array().expect("a list");
        let found = all.iter().find(|one| one["voucher"] == voucher);
        found
            .unwrap_or_else(|| panic!("{voucher} in {list}"))
            .clone()
    }

    /// The line of a measure in the list for people.
    fn line(&self, wallet: &str, id: &str) -> String {
        let folder = self.ledger.path(wallet);
        let list = self.ledger.senim(&["wallet", "list", "--wallet", &folder]);
        let list = list.expect("a list").text;
        let mut lines = list.lines().skip_while(|line| !line.starts_with(id));
        lines
            .nth(1)
            .expect("a line below its title")
            .trim()
            .to_owned()
    }

    /// What happened to a voucher, or to all that a wallet holds, in words of the contracts.
    fn history(&self, wallet: &str, id: Option<&str>) -> (Vec<String>, Value) {
        let words: Vec<&str> = ["log"].into_iter().chain(id).collect();
        let log = self.wallet(wallet, &words).expect("a log");
        assert_eq!(log["complete"], true);
        let events = log["history"].as_array().expect("a list").iter();
        let kinds = events
            .filter_map(|one| one["event"].as_object()?.keys().next())
            .cloned();
        (kinds.collect(), log)
    }
}

#[test]
fn a_citizen_sees_every_measure_and_all_that_happened_to_it() {
    let family = Family {
        ledger: Ledger::start(),
    };
    let ledger = &family.ledger;
    let order = senim_tests::world::network::root().join("tests/data/demo/card-metformin.json");
    let (order, clinic) = (order.to_str().expect("UTF-8"), ledger.path("clinic"));
    let holder = ledger.holder();
    let issue = [
        "prescription",
        "issue",
        "--fhir",
        order,
        "--holder",
        &holder,
        "--clinic",
        &clinic,
    ];
    let group = text(&ledger.done(&issue), "/group").to_owned();
    let meals = family.voucher("1700", "200d");
    let (back, brief) = (family.voucher("1000", "200d"), family.voucher("1000", "4s"));

    // A life with everything in it.
    let redeem = [
        "voucher", "redeem", &meals, "--price", "900", "--key", "canteen",
    ];
    let meal = ledger.done(&redeem);
    family.by_payer(&["suspend", &meals]);
    assert_eq!(family.listed("wallet", &meals)["status"], "suspended");
    family.by_payer(&["resume", &meals]);
    family.by_payer(&["move", &meals, "--place", "41"]);
    family.by_payer(&["move", &meals, "--place", "40"]);
    family.by_payer(&["top-up", &meals, "--amount", "500"]);
    family.by_payer(&["revoke", &back]);
    std::thread::sleep(std::time::Duration::from_secs(4));
    // What is over is swept when the next block is made.
    ledger.holder();
    let spent = family.voucher("900", "200d");
    ledger.done(&["voucher", "redeem", &spent, "--price", "900"]);

    let list = family.wallet("wallet", &["list"]).expect("a list");
    assert_eq!(text(&list, "/prescriptions/0/group"), group);
    assert_eq!(list["prescriptions"][0]["active"], true);
    let told: Vec<(&Value, &Value, &Value)> = list["vouchers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (&one["voucher"], &one["status"], &one["active"]))
        .collect();
    let stands = |id: &str, status: &str, active: bool| (json!(id), json!(status), json!(active));
    let expected = [
        stands(&meals, "active", true),
        stands(&back, "revoked", false),
        stands(&brief, "expired", false),
        stands(&spent, "spent", false),
    ];
    for (told, expected) in told.iter().zip(&expected) {
        assert_eq!(*told, (&expected.0, &expected.1, &expected.2));
    }
    assert_eq!(told.len(), 4);
    let meals_now = family.listed("wallet", &meals);
    assert_eq!(
        (&meals_now["left_tiyn"], &meals_now["amount_tiyn"]),
        (&json!(130_000), &json!(220_000))
    );
    assert!(
        family
            .line("wallet", &meals)
            .starts_with("[active]   active: 1 300.00 ₸ left")
    );
    assert!(
        family
            .line("wallet", &spent)
            .starts_with("[finished] spent")
    );
    assert!(family.line("wallet", &group).starts_with("[active]   1."));

    // All of it, in order; a use with its place, price and the programme's share.
    let (kinds, log) = family.history("wallet", Some(&meals));
    let life = [
        "issued",
        "redeemed",
        "suspended",
        "suspended",
        "moved",
        "moved",
        "topped_up",
    ];
    assert_eq!(kinds, life);
    let used = &log["history"][1];
    assert_eq!(used["transaction"], meal["transaction"]);
    let redeemed = &used["event"]["redeemed"];
    assert_eq!(redeemed["facts"]["place"]["place"], 40);
    assert_eq!(
        redeemed.pointer("/facts/act/redeem/lines/0/price"),
        Some(&json!(90_000)),
        "{redeemed}"
    );
    assert_eq!(redeemed["terms"], json!({ "pays": 90_000, "bears": 0 }));
    assert_eq!(family.history("wallet", Some(&back)).0, ["issued", "ended"]);
    assert_eq!(
        family.history("wallet", Some(&brief)).0,
        ["issued", "ended"]
    );
    let (all, log) = family.history("wallet", None);
    let count = |kind: &str| all.iter().filter(|one| *one == kind).count();
    assert_eq!(
        (count("issued"), count("redeemed"), count("ended")),
        (5, 2, 2)
    );
    let events = log["history"].as_array().expect("a list");
    let of_group = events
        .iter()
        .filter(|one| one["contract"] == "prescription");
    assert_eq!(
        of_group.count(),
        1,
        "the prescription was issued, and no more"
    );
    let times: Vec<u64> = events.iter().filter_map(|one| one["at"].as_u64()).collect();
    assert_eq!(times.len(), events.len());
    assert!(times.is_sorted(), "the earliest first");

    // Nobody else's, and nothing that never was.
    family.new_wallet("stranger");
    let refused = |wallet: &str, id: &str| family.wallet(wallet, &["log", id]).err();
    assert_eq!(refused("stranger", &meals), Some(Code::NOT_IN_WALLET));
    let never = "0".repeat(64);
    assert_eq!(refused("wallet", &never), Some(Code::PRESCRIPTION_UNKNOWN));

    // A new telephone: the history goes along, and the old one is told that it is elsewhere.
    let key = family.new_wallet("new");
    ledger.done(&["voucher", "bind", &meals, "--holder", &key]);
    assert_eq!(family.listed("wallet", &meals)["elsewhere"], true);
    assert_eq!(refused("wallet", &meals), Some(Code::NOT_IN_WALLET));
    assert_eq!(family.listed("new", &meals)["uses"], 1);
    let (kinds, _) = family.history("new", Some(&meals));
    assert_eq!(kinds[..7], life);
    assert_eq!(kinds[7..], ["bound"]);
}

#[test]
fn no_qr_and_no_code_is_made_before_the_offer_is_signed_nor_after_it_is_taken_back() {
    let family = Family {
        ledger: Ledger::start(),
    };
    let ledger = &family.ledger;
    let meals = family.voucher("9000", "200d");
    let (qr, code) = (ledger.path("qr.png"), ledger.path("child.png"));
    let say = |words: &[&str]| family.wallet("wallet", words);
    let refused = || {
        for make in [
            &["qr", &meals, "--out", &qr][..],
            &["share", &meals, "--out", &code],
        ] {
            let made = say(&[&["voucher"], make].concat());
            assert_eq!(made.err(), Some(Code::OFFER_NOT_SIGNED), "{make:?}");
        }
        assert!(!Path::new(&qr).exists() && !Path::new(&code).exists());
        say(&["offer"]).expect("what was said of it")
    };
    assert_eq!(refused()["said"], json!([]));

    // It is read first, in three languages; and only the identity service says whose word it is.
    let offer = say(&["agree"]).expect("it is shown");
    assert_eq!(offer["texts"].as_array().map(Vec::len), Some(3));
    for stranger in ["canteen", "fund", "portal"] {
        let agree = say(&["agree", "--yes", "--key", stranger]);
        assert_eq!(agree.err(), Some(Code::ROLE_NOT_ALLOWED), "{stranger}");
    }
    assert_eq!(
        say(&["agree", "--withdraw"]).expect("nothing")["said"],
        json!([])
    );
    assert_eq!(refused()["agreed"], false);
    for _ in 0..2 {
        let agreed = say(&["agree", "--yes"]).expect("it is signed, and again is no error");
        assert_eq!(agreed["said"].as_array().map(Vec::len), Some(1));
        assert_eq!(agreed["said"][0]["said"]["offer"], offer["offer"]);
    }
    say(&["voucher", "qr", &meals, "--out", &qr]).expect("a QR");
    say(&["voucher", "share", &meals, "--out", &code]).expect("a code");

    // Taken back, no new ones; what was shared before is ended by itself, and the voucher stays.
    let back = say(&["agree", "--withdraw"]).expect("it is taken back");
    assert_eq!(back["agreed"], false);
    for picture in [&qr, &code] {
        std::fs::remove_file(picture).expect("it was made");
    }
    assert_eq!(refused()["said"].as_array().map(Vec::len), Some(2));
    say(&["voucher", "unshare", &meals]).expect("what was shared is taken back all the same");

    // What is changed by hand in the wallet's folder is no consent.
    let file = ledger.path("wallet/offer.json");
    let kept = std::fs::read_to_string(&file).expect("it is kept");
    let forged = kept.replace("\"agrees\": false", "\"agrees\": true");
    assert_ne!(forged, kept);
    std::fs::write(&file, forged).expect("it can be written");
    assert_eq!(refused()["agreed"], false);
    let again = say(&["agree", "--yes"]).expect("it is signed anew");
    assert_eq!(again["agreed"], true);
    say(&["voucher", "qr", &meals, "--out", &qr]).expect("a QR");
}

#[test]
fn a_child_sees_what_was_shared_with_it_for_as_long_as_it_is() {
    let family = Family {
        ledger: Ledger::start(),
    };
    let ledger = &family.ledger;
    let meals = family.voucher("9000", "200d");
    let code = ledger.path("child.png");
    ledger.agrees(&ledger.path("wallet"));
    family.new_wallet("child");
    let share = ["voucher", "share", &meals, "--uses", "20", "--out", &code];
    family.wallet("wallet", &share).expect("a part is shared");
    let take = |wallet: &str| family.wallet(wallet, &["voucher", "add", "--shared", &code]);
    take("child").expect("it is taken in");
    take("child").expect("again is no error");
    let scan = [
        "voucher", "redeem", "--scan", &code, "--price", "900", "--key", "canteen",
    ];
    ledger.done(&scan);

    let seen = family.listed("child", &meals);
    assert_eq!(
        (&seen["shared"], &seen["active"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(seen["delegated"]["uses"], 19);
    let list = family.wallet("child", &["list"]).expect("a list");
    assert_eq!(list["vouchers"].as_array().map(Vec::len), Some(1));
    let life = ["issued", "delegated", "redeemed"];
    assert_eq!(family.history("child", Some(&meals)).0, life);
    assert_eq!(family.history("child", None).0, life);
    // What the parent's wallet shows of it: its own, and how much is shared.
    let own = family.listed("wallet", &meals);
    assert_eq!(
        (&own["shared"], &own["delegated"]["uses"]),
        (&Value::Null, &json!(19))
    );

    family
        .wallet("wallet", &["voucher", "unshare", &meals])
        .expect("it is taken back");
    let seen = family.listed("child", &meals);
    assert_eq!(
        (&seen["shared"], &seen["active"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        family.wallet("child", &["log", &meals]).err(),
        Some(Code::NOT_IN_WALLET)
    );
    assert_eq!(family.history("child", None).0, Vec::<String>::new());
    family.new_wallet("late");
    assert_eq!(take("late").err(), Some(Code::DELEGATION_ENDED));
    assert_eq!(
        family.history("wallet", Some(&meals)).0,
        ["issued", "delegated", "redeemed", "delegated"]
    );
}
