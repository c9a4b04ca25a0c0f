//! School meals through the client's own commands, over HTTP, against a running node: the education department issues a
//! voucher, the canteen's terminal redeems it once a day, and every refusal has its code.

#[path = "support/ledger.rs"]
mod ledger;

use ledger::Ledger;
use senim_types::Code;
use serde_json::Value;

/// What a budget line has, in tiyn: available and reserved.
fn budget(ledger: &Ledger) -> (u64, u64) {
    let line = ledger.done(&["budget", "2"]);
    let sum = |name: &str| line[name].as_u64().expect("a sum");
    (sum("available_tiyn"), sum("reserved_tiyn"))
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("{pointer} in {value}"))
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
