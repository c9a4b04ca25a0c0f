//! School meals through the client's own commands, over HTTP, against a running node: the education department issues a
//! voucher, the canteen's terminal redeems it once a day, and every refusal has its code.

#[path = "support/ledger.rs"]
mod ledger;

use ledger::{Ledger, text};
use senim_types::Code;
use serde_json::Value;

/// What a budget line has, in tiyn: available and reserved.
fn budget(ledger: &Ledger) -> (u64, u64) {
    let line = ledger.done(&["budget", "2"]);
    let sum = |name: &str| line[name].as_u64().expect("a sum");
    (sum("available_tiyn"), sum("reserved_tiyn"))
}

#[test]
fn a_pupil_eats_once_a_day_and_the_caterer_is_paid_at_once() {
    let ledger = Ledger::start();
    let holder = ledger.holder();
    // What the devnet allots to programme 2, in tiyn.
    let available = 20_000_000_000;
    let issue = [
        "voucher", "issue", "--holder", &holder, "--place", "40", "--amount", "1700",
    ];
    let issued = ledger.done(&issue);
    let voucher = text(&issued, "/voucher").to_owned();
    assert_eq!(budget(&ledger), (available - 170_000, 170_000));

    let redeem = |key: &str, price: &str| {
        let words = [
            "voucher", "redeem", &voucher, "--price", price, "--key", key,
        ];
        ledger.senim(&words)
    };
    // Neither the school nor a pharmacy serves this place, and a clinic serves none; a price is capped.
    assert_eq!(redeem("school", "900").err(), Some(Code::WRONG_PLACE));
    assert_eq!(redeem("pharmacy", "900").err(), Some(Code::WRONG_PLACE));
    assert_eq!(redeem("clinic", "900").err(), Some(Code::ROLE_NOT_ALLOWED));
    assert_eq!(
        redeem("canteen", "1000.01").err(),
        Some(Code::PRICE_ABOVE_CAP)
    );
    let meal = redeem("canteen", "900")
        .expect("the first meal of the day")
        .json;
    assert_eq!(text(&meal, "/status"), "applied");
    assert_eq!(redeem("canteen-2", "100").err(), Some(Code::DAILY_LIMIT));

    let shown = ledger.done(&["voucher", "show", &voucher]);
    assert_eq!(text(&shown, "/status"), "active");
    assert_eq!(shown["record"]["left"], 80_000);
    assert_eq!(shown["record"]["uses"], 1);
    assert_eq!(budget(&ledger), (available - 170_000, 80_000));
    let claims = ledger.done(&[
        "query",
        "treasury",
        r#"{"claims":{"provider":50,"after":null}}"#,
    ]);
    assert_eq!(claims[0][2]["sum"], 90_000, "{claims}");

    // It was another pupil's meal: the canteen undoes it, nobody else does, and this pupil may eat today.
    let refund = |key: &str, number: &str| {
        let words = ["voucher", "refund", &voucher, "--number", number];
        ledger.senim(&[&words[..], &["--key", key]].concat())
    };
    assert_eq!(refund("school", "1").err(), Some(Code::NOT_REDEEMED_HERE));
    assert_eq!(refund("canteen", "2").err(), Some(Code::USE_UNKNOWN));
    refund("canteen-2", "1").expect("by another terminal of the canteen's");
    refund("canteen", "1").expect("the same again is a success");
    let latest = ["voucher", "refund", &voucher];
    assert_eq!(ledger.refused(&latest), Code::USE_UNKNOWN);
    let shown = ledger.done(&["voucher", "show", &voucher]);
    assert_eq!(shown["record"]["left"], 170_000);
    assert_eq!(shown["record"]["recent"][0]["refunded"], true);
    assert_eq!(budget(&ledger), (available - 170_000, 170_000));
    redeem("canteen", "900").expect("a meal on the same day");
    assert_eq!(redeem("canteen", "100").err(), Some(Code::DAILY_LIMIT));
    let claims = ledger.done(&[
        "query",
        "treasury",
        r#"{"claims":{"provider":50,"after":null}}"#,
    ]);
    let claim = &claims[0][2];
    assert_eq!(claim["sum"], 180_000, "{claims}");
    assert_eq!(claim["reversed"], 90_000, "{claims}");

    // Only the payer takes it back, and what is left returns to the line.
    let revoke = |key: &str| ledger.senim(&["voucher", "revoke", &voucher, "--key", key]);
    assert_eq!(revoke("fund").err(), Some(Code::NOT_AUTHORISED));
    revoke("education").expect("the payer takes it back");
    assert_eq!(budget(&ledger), (available - 90_000, 0));
    assert_eq!(redeem("canteen", "100").err(), Some(Code::VOUCHER_REVOKED));
    let shown = ledger.done(&["voucher", "show", &voucher]);
    assert_eq!(text(&shown, "/status"), "revoked");
    let unknown = ["voucher", "show", &"0".repeat(64)];
    assert_eq!(ledger.refused(&unknown), Code::VOUCHER_UNKNOWN);
}

/// A voucher of the wallet's for this many tenge.
fn issued(ledger: &Ledger, tenge: &str) -> String {
    let holder = ledger.holder();
    let issue = [
        "voucher", "issue", "--holder", &holder, "--place", "40", "--amount", tenge,
    ];
    text(&ledger.done(&issue), "/voucher").to_owned()
}

/// A voucher of its own each, since each is used once a day.
#[test]
fn three_proofs_buy_a_meal_and_copies_of_them_do_not() {
    let ledger = Ledger::start();
    let wallet = ledger.path("wallet");
    let scan = |picture: &str, key: &str| {
        ledger.senim(&[
            "voucher", "redeem", "--scan", picture, "--price", "900", "--key", key,
        ])
    };

    // The holder's live QR: good once, at the terminal that shows its own organisation and purchase.
    let voucher = issued(&ledger, "9000");
    let qr = ledger.path("qr.png");
    let of_wallet = |words: &[&str]| {
        let words = [&["wallet", "voucher"], words, &["--wallet", &wallet]].concat();
        ledger.senim(&words)
    };
    ledger.agrees(&wallet);
    of_wallet(&["qr", &voucher, "--out", &qr]).expect("a QR of the holder's");
    assert_eq!(scan(&qr, "pharmacy").err(), Some(Code::WRONG_PLACE));
    let meal = scan(&qr, "canteen").expect("a meal by a live QR").json;
    assert_eq!(proof(&meal), "live_qr");
    // A photograph of it is worthless, at the other terminal too.
    assert_eq!(scan(&qr, "canteen-2").err(), Some(Code::STATEMENT_REPLAYED));
    let old = ledger.path("old.png");
    of_wallet(&["qr", &voucher, "--out", &old, "--ttl", "1s"]).expect("a QR for a second");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(scan(&old, "canteen").err(), Some(Code::QR_EXPIRED));

    // A code that the parent prints for the child: one meal a day, and nothing once it is taken back.
    let voucher = issued(&ledger, "9000");
    let code = ledger.path("child.png");
    let share = [
        "share", &voucher, "--days", "30d", "--uses", "20", "--out", &code,
    ];
    of_wallet(&share).expect("a part is shared");
    let meal = scan(&code, "canteen")
        .expect("a meal by a printed code")
        .json;
    assert_eq!(proof(&meal), "code");
    assert_eq!(scan(&code, "canteen-2").err(), Some(Code::DAILY_LIMIT));
    let shown = ledger.done(&["voucher", "show", &voucher]);
    assert_eq!(shown["record"]["delegation"]["bounds"]["uses"], 19);
    of_wallet(&["unshare", &voucher]).expect("it is taken back");
    assert_eq!(scan(&code, "canteen").err(), Some(Code::NOT_SIGNED));

    // The child's telephone makes live QRs of what was shared; and the meal system knows the pupil itself.
    let voucher = issued(&ledger, "9000");
    let shared = ledger.path("shared.png");
    of_wallet(&["share", &voucher, "--out", &shared]).expect("a part is shared");
    of_wallet(&["qr", "--shared", &shared, "--out", &qr]).expect("a QR of the child's");
    let meal = scan(&qr, "canteen").expect("a meal by the child's QR").json;
    assert_eq!(proof(&meal), "delegated_qr");
    let voucher = issued(&ledger, "9000");
    let redeem = ["voucher", "redeem", &voucher, "--price", "900"];
    assert_eq!(proof(&ledger.done(&redeem)), "attested");

    // Another's wallet can share nothing of it.
    let stranger = ledger.path("stranger");
    ledger.done(&["wallet", "new", "--wallet", &stranger]);
    let words = [
        "wallet", "voucher", "share", &voucher, "--out", &code, "--wallet", &stranger,
    ];
    assert_eq!(ledger.refused(&words), Code::NOT_IN_WALLET);
}

/// By which proof a meal was bought.
fn proof(meal: &Value) -> String {
    let events = meal["events"].as_array().expect("events").iter();
    let kinds = events.filter_map(|event| event.pointer("/event/redeemed/facts/act/redeem/proof"));
    let kinds: Vec<&str> = kinds.filter_map(Value::as_str).collect();
    assert_eq!(kinds.len(), 1, "{meal}");
    kinds[0].to_owned()
}

#[test]
fn a_payer_changes_a_voucher_and_a_new_telephone_takes_it_over() {
    let ledger = Ledger::start();
    let voucher = issued(&ledger, "1000");
    let by_payer = |words: &[&str]| ledger.done(&[&["voucher"], words].concat());
    let redeem = ["voucher", "redeem", &voucher, "--price", "900"];
    by_payer(&["suspend", &voucher]);
    assert_eq!(ledger.refused(&redeem), Code::VOUCHER_STATE);
    by_payer(&["resume", &voucher]);
    by_payer(&["move", &voucher, "--place", "41"]);
    assert_eq!(
        ledger.refused(&redeem),
        Code::NOT_WHITELISTED,
        "nobody serves it"
    );
    by_payer(&["move", &voucher, "--place", "40"]);
    by_payer(&["top-up", &voucher, "--amount", "500", "--valid-for", "250d"]);
    assert_eq!(budget(&ledger).1, 150_000);
    ledger.done(&redeem);

    // The telephone is lost: what the old wallet signs is worth nothing any more.
    let (old, new) = (ledger.path("wallet"), ledger.path("new"));
    let found = ledger.path("found.png");
    let kept = [
        "wallet", "voucher", "qr", &voucher, "--out", &found, "--wallet", &old,
    ];
    ledger.agrees(&old);
    ledger.done(&kept);
    ledger.done(&["wallet", "new", "--wallet", &new]);
    let key = ledger.senim(&["wallet", "key", "--wallet", &new]);
    let key = key.expect("a wallet gives keys").text.trim().to_owned();
    let bind = ["voucher", "bind", &voucher, "--holder", &key];
    ledger.done(&bind);
    let by_finder = ["voucher", "redeem", "--scan", &found, "--price", "900"];
    assert_eq!(ledger.refused(&by_finder), Code::NOT_SIGNED);
    let qr = ledger.path("qr.png");
    let show = |wallet: &str| {
        ledger.senim(&[
            "wallet", "voucher", "qr", &voucher, "--out", &qr, "--wallet", wallet,
        ])
    };
    assert_eq!(show(&old).err(), Some(Code::NOT_IN_WALLET));
    // What was agreed to in the old wallet was not in this one.
    assert_eq!(show(&new).err(), Some(Code::OFFER_NOT_SIGNED));
    ledger.agrees(&new);
    show(&new).expect("a QR of the new telephone's");
    // Nobody asked this person for a consent: there is none to take back.
    let withdraw = ["wallet", "voucher", "withdraw", &voucher, "--wallet", &new];
    assert_eq!(ledger.refused(&withdraw), Code::VOUCHER_STATE);
    by_payer(&["revoke", &voucher]);
    assert_eq!(budget(&ledger).1, 0);
}

#[test]
fn a_school_says_which_days_are_open() {
    let ledger = Ledger::start();
    ledger.holder();
    let calendar = |words: &[&str]| {
        let common = [
            "school",
            "calendar",
            "--programme",
            "3",
            "--month",
            "2026-12",
        ];
        ledger.senim(&[&common, words].concat())
    };
    // A block for the state's proofs.
    issued(&ledger, "1000");
    let set = calendar(&["--closed", "16,17"])
        .expect("the school sets its month")
        .json;
    assert_eq!(set["open_days"], 21);
    assert_eq!(
        calendar(&["--key", "canteen", "--place", "40"]).err(),
        Some(Code::ROLE_NOT_ALLOWED)
    );
    let attend = |key: &str| {
        let today = senim_abi::marking::Day::new((senimd::driver::now().0 / 86_400_000) as u32);
        let day = today.expect("today").to_string();
        let words = [
            "school",
            "attend",
            "--programme",
            "3",
            "--day",
            &day,
            "--present",
            "412",
            "--key",
            key,
        ];
        ledger.senim(&words)
    };
    assert_eq!(attend("canteen").err(), Some(Code::ROLE_NOT_ALLOWED));
    attend("school").expect("the school reports its own pupils");
}
