//! A daughter collects for her sick father: he shares items with a key of her wallet until a time, the register shows who
//! collected, and nothing opens that is not shared, over, taken back, or lost with his telephone.

#[path = "support/dispensary.rs"]
mod dispensary;

use dispensary::{AMLODIPINE, Dispensary, METFORMIN, dosage, text};
use senim_types::Code;
use serde_json::{Value, json};
use std::time::Duration;

/// How the first item is to be taken.
const DOSE: Option<&str> = Some("Күніне 2 рет, тамақпен бірге");

/// The father's prescription, and the daughter with her wallet.
struct Family {
    shop: Dispensary,
    group: String,
    father: String,
    daughter: String,
    /// Of the daughter's wallet, for this prescription.
    key: String,
}

impl Family {
    fn start() -> Family {
        let shop = Dispensary::start();
        let group = shop.issue("pharmacy.json", &[]).expect("it is issued");
        let father = shop.path("wallet");
        shop.ledger.agrees(&father);
        let (daughter, key) = shop.new_telephone("daughter");
        Family {
            shop,
            group,
            father,
            daughter,
            key,
        }
    }

    fn wallet(&self, wallet: &str, words: &[&str]) -> Result<Value, Code> {
        let words = [&["wallet"], words, &["--wallet", wallet]].concat();
        self.shop.ledger.senim(&words).map(|answer| answer.json)
    }

    fn share(&self, items: &str, until: &str, more: &[&str]) -> Result<Value, Code> {
        let what = ["--items", items, "--until", until];
        let words = [&["share", &self.group, "--to", &self.key], &what, more].concat();
        self.wallet(&self.father, &words)
    }

    fn unshare(&self) {
        self.wallet(&self.father, &["unshare", &self.group])
            .expect("it is taken back");
    }

    /// The daughter makes a QR in a picture of its own.
    fn qr(&self, items: &str, name: &str) -> Result<String, Code> {
        let out = self.shop.path(name);
        let made = self.shop.qr(&self.daughter, &self.group, items, &out);
        made.map(|_| out)
    }

    fn hold(&self, picture: &str, more: &[&str]) -> Result<Value, Code> {
        let words = [&["hold", "--qr", picture], more].concat();
        self.shop.pharmacy("pharmacy", &words)
    }

    /// What the daughter's wallet lists of it.
    fn listed(&self) -> Value {
        let list = self.wallet(&self.daughter, &["list"]).expect("a list");
        list["prescriptions"][0].clone()
    }
}

#[test]
fn a_daughter_collects_for_her_sick_father_and_the_register_says_so() {
    let family = Family::start();
    let (shop, group) = (&family.shop, family.group.as_str());
    assert_eq!(family.qr("1", "early.png"), Err(Code::NOT_IN_WALLET));

    // He shares two of three items, and what opens their medicine data; within their windows, through a wallet service.
    let file = shop.path("shared.bin");
    let beyond = family.share("1,2", "900d", &[]);
    assert_eq!(beyond.err(), Some(Code::OUT_OF_RANGE));
    let by_pharmacy = family.share("1,2", "1h", &["--key", "pharmacy"]);
    assert_eq!(by_pharmacy.err(), Some(Code::ROLE_NOT_ALLOWED));
    family
        .share("1,2", "1h", &["--out", &file])
        .expect("it is shared");

    // Her wallet finds it, and takes in what came with it; another's can do neither.
    let seen = family.listed();
    assert_eq!(text(&seen, "/group"), group);
    assert_eq!(
        (&seen["shared"], &seen["active"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(seen["items"].as_array().map(Vec::len), Some(2));
    let take = |wallet: &str| family.wallet(wallet, &["add", group, "--shared", &file]);
    let (stranger, _) = shop.new_telephone("stranger");
    assert_eq!(take(&stranger).err(), Some(Code::NOT_IN_WALLET));
    let taken = take(&family.daughter).expect("it is taken in");
    assert_eq!(taken["took_contents_in"], true);

    // It is shared with her, and she shares it with nobody; nor does she cancel it.
    let on = ["share", group, "--to", &family.key];
    for words in [&on[..], &["cancel", group], &["unshare", group]] {
        let refused = family.wallet(&family.daughter, words);
        assert_eq!(refused.err(), Some(Code::NOT_IN_WALLET), "{words:?}");
    }

    // What is not shared: her wallet says so, and the ledger where a QR was made before less was shared.
    assert_eq!(family.qr("3", "third.png"), Err(Code::QR_OTHER_TOKEN));
    let both = family.qr("1,2", "both.png").expect("a QR");
    family.share("1", "1h", &[]).expect("less is shared");
    let refused = family.hold(&both, &["--items", "2"]);
    assert_eq!(refused.err(), Some(Code::QR_OTHER_TOKEN));

    // She collects the first; he, who is better, the second by his own QR.
    let held = family.hold(&both, &["--items", "1"]).expect("one scan");
    assert_eq!(dosage(&held, 1), DOSE);
    let give = |item, pack, units, price| {
        let given = shop.dispense("pharmacy", group, (item, pack), units, price);
        given.expect("it is given out");
    };
    give("1", METFORMIN, "20", "1450");
    shop.hold("pharmacy", group, "2").expect("one scan");
    give("2", AMLODIPINE, "30", "980");

    let register = shop.ledger.done(&["report", "register"]);
    let rows = register["rows"].as_array().expect("rows");
    let told: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (text(row, "/proof"), text(row, "/collected_by")))
        .collect();
    assert_eq!(told[1], ("QR", "holder"));
    assert_eq!(told[0].0, "QR of a proxy");
    assert!(told[0].1.starts_with("proxy "), "{told:?}");
    let said = shop.ledger.senim(&["report", "control"]).expect("a report");
    assert!(said.text.contains("1 by QR, 0 by paper, 1 by a proxy"));

    // Both see what happened, she as long as it is shared.
    let history = |wallet: &str| {
        let log = family.wallet(wallet, &["log"]).expect("a log");
        let events = log["history"].as_array().expect("a list").clone();
        let kinds = events
            .iter()
            .filter_map(|one| one["event"].as_object()?.keys().next().cloned());
        kinds.collect::<Vec<_>>()
    };
    let kinds = [
        "issued",
        "delegated",
        "delegated",
        "held",
        "dispensed",
        "held",
        "dispensed",
    ];
    assert_eq!(history(&family.father), kinds);
    assert_eq!(history(&family.daughter), kinds);
    family.unshare();
    assert!(history(&family.daughter).is_empty());
}

#[test]
fn what_is_over_taken_back_or_lost_with_the_telephone_opens_nothing() {
    let family = Family::start();
    let (shop, group) = (&family.shop, family.group.as_str());

    // After its end, by the QR of before and by a new one.
    family.share("1", "10s", &[]).expect("it is shared");
    let late = family.qr("1", "late.png").expect("a QR");
    std::thread::sleep(Duration::from_secs(11));
    let held = family.hold(&late, &[]);
    assert_eq!(held.err(), Some(Code::DELEGATION_ENDED));
    assert_eq!(family.qr("1", "later.png"), Err(Code::DELEGATION_ENDED));
    assert_eq!(family.listed()["active"], false);

    // After it was taken back.
    family.share("1", "1h", &[]).expect("it is shared anew");
    let back = family.qr("1", "back.png").expect("a QR");
    family.unshare();
    let held = family.hold(&back, &[]);
    assert_eq!(held.err(), Some(Code::QR_NOT_SIGNED));
    assert_eq!(family.qr("1", "again.png"), Err(Code::NOT_IN_WALLET));
    let seen = family.listed();
    assert_eq!(
        (&seen["shared"], &seen["active"]),
        (&json!(true), &json!(false))
    );

    // After he lost his telephone: what it had shared is gone with it, until the new one shares.
    family.share("1", "1h", &[]).expect("it is shared anew");
    let lost = family.qr("1", "lost.png").expect("a QR");
    let (new, holder) = shop.new_telephone("new");
    let bind = ["prescription", "bind", group, "--holder", &holder];
    shop.ledger.done(&bind);
    let held = family.hold(&lost, &[]);
    assert_eq!(held.err(), Some(Code::QR_NOT_SIGNED));
    let refused = family.share("1", "1h", &[]);
    assert_eq!(refused.err(), Some(Code::NOT_IN_WALLET));
    let words = ["share", group, "--to", &family.key, "--items", "1"];
    family.wallet(&new, &words).expect("the new one shares");
    let qr = family.qr("1", "new.png").expect("a QR");
    family.hold(&qr, &[]).expect("one scan");
}

#[test]
fn who_shares_and_who_collects_has_signed_the_offer() {
    let family = Family::start();
    let ledger = &family.shop.ledger;
    let withdraws = |wallet: &str| {
        let withdrawn = family.wallet(wallet, &["agree", "--withdraw"]);
        withdrawn.expect("it is taken back");
    };
    withdraws(&family.father);
    let shared = family.share("1", "1h", &[]);
    assert_eq!(shared.err(), Some(Code::OFFER_NOT_SIGNED));
    ledger.agrees(&family.father);
    family.share("1", "1h", &[]).expect("it is shared");
    family.listed();
    withdraws(&family.daughter);
    let made = family.qr("1", "hers.png");
    assert_eq!(made, Err(Code::OFFER_NOT_SIGNED));
    ledger.agrees(&family.daughter);
    family.qr("1", "hers.png").expect("a QR");
    // What was shared is taken back without it.
    withdraws(&family.father);
    family.unshare();
}
