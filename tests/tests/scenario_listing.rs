//! A measure that pays for what its list has, product by product, through the client's own commands over HTTP: one list by
//! GTIN, by substance and by ATC group. What is on it goes at the list's price and share, the narrowest entry first; what
//! is outside is refused with its code.

#[path = "support/measure.rs"]
mod measure;

use measure::{Ledger, terms, text};
use senim_types::Code;
use serde_json::{Value, json};
use std::fs;

/// Metformin is A10BA02; A10B are the medicines against diabetes that are swallowed, A10A insulins.
const LIST: &str = "product,price_max,units_per_pack,share_percent\n\
    A10B,1000,60,50\nC08CA01,900,30,80\n04870001000035,2000,30,\n";

/// A ledger with a programme of medicines, number 4, and a voucher of it.
fn started() -> (Ledger, String) {
    let ledger = Ledger::start();
    ledger.open_line("4");
    ledger.set_frame("4", "2", |_| ());
    // Everything is allowed that stands on the list.
    let listed = [("price", "\"listed\""), ("clawback", "\"always\"")];
    ledger.set_rules("4", &listed);
    ledger.set_service("4", ("50", "50"), "71");
    let voucher = ledger.issued("4", "20000", &[]);
    (ledger, voucher)
}

/// A pack of a product at this price: what the programme pays and the citizen bears, in tiyn.
fn bought(
    ledger: &Ledger,
    voucher: &str,
    (product, units, price): (&str, &str, &str),
) -> Result<(u64, u64), Code> {
    let words = [
        "voucher",
        "redeem",
        voucher,
        "--place",
        "50",
        "--product",
        product,
        "--units",
        units,
        "--price",
        price,
    ];
    Ok(terms(&ledger.senim(&words)?.json))
}

#[test]
fn a_list_by_atc_group_substance_and_gtin_decides_what_is_paid() {
    let (ledger, voucher) = started();
    let buy = |product, units, price| bought(&ledger, &voucher, (product, units, price));
    let metformin = || buy("A10BA02", "60", "1450");
    assert_eq!(
        metformin(),
        Err(Code::WRONG_PURPOSE),
        "nothing is listed yet"
    );

    let file = ledger.path("list.csv");
    fs::write(&file, LIST).expect("a file can be written");
    let set = ["programme", "listing", "set", "4", "--file", &file];
    assert_eq!(ledger.done(&set)["changed"], 3);
    assert_eq!(ledger.done(&set)["unchanged"], 3);
    let shown = ledger.done(&["programme", "listing", "show", "4"]);
    let names: Vec<&Value> = shown["products"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["product"])
        .collect();
    assert_eq!(names, ["04870001000035", "A10B", "C08CA01"]);

    // In the group: half of the list's price at most, whichever substance; in parts of packs that are begun.
    assert_eq!(metformin(), Ok((50_000, 95_000)));
    assert_eq!(buy("A10BB12", "60", "800"), Ok((40_000, 40_000)));
    assert_eq!(buy("A10BA02", "61", "1450"), Ok((72_500, 72_500)));
    // By substance, and by the very product.
    assert_eq!(buy("C08CA01", "30", "900"), Ok((72_000, 18_000)));
    assert_eq!(buy("04870001000035", "30", "1900"), Ok((190_000, 0)));

    // Outside of it: another group, another substance beside the listed one, the whole of which a part is listed, another
    // product. A GTIN is what it is: the list has no word for it.
    for outside in ["A10AB01", "C08CA02", "C08CA", "A10", "04870001000011", "1"] {
        assert_eq!(
            buy(outside, "1", "100"),
            Err(Code::WRONG_PURPOSE),
            "{outside}"
        );
    }
    let words = [
        "voucher",
        "redeem",
        &voucher,
        "--place",
        "50",
        "--product",
        "A10AB01",
        "--price",
        "100",
    ];
    let refused = ledger.failure(&words);
    let explained = ledger.done(&["explain", text(&refused, "/receipt/transaction")]);
    let steps = explained["decided"][0]["steps"].as_array().expect("steps");
    let last = steps.last().expect("a rule decided");
    assert_eq!((&last["rule"], &last["kept"]), (&json!(22), &json!(false)));

    // The narrower entry is the one that counts, for as long as it stands there.
    let own = ledger.path("own.csv");
    let head = "product,price_max,units_per_pack,share_percent\n";
    fs::write(&own, format!("{head}A10BA02,1450,60,100\n")).expect("a file can be written");
    ledger.done(&["programme", "listing", "set", "4", "--file", &own]);
    assert_eq!(metformin(), Ok((145_000, 0)));
    assert_eq!(buy("A10BB12", "60", "800"), Ok((40_000, 40_000)));
    let remove = |product: &str| {
        ledger.done(&["programme", "listing", "remove", "4", "--product", product]);
    };
    remove("A10BA02");
    assert_eq!(metformin(), Ok((50_000, 95_000)));
    remove("A10B");
    assert_eq!(metformin(), Err(Code::WRONG_PURPOSE));

    let paid = 50_000 + 40_000 + 72_500 + 72_000 + 190_000 + 145_000 + 40_000 + 50_000;
    let stands = ledger.done(&["voucher", "show", &voucher]);
    assert_eq!(stands["record"]["left"], json!(2_000_000 - paid));
}
