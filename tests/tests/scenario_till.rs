//! What the till of a canteen shows, through the client's own commands over HTTP: a closed day feeds nobody, and whether a
//! pupil's meals are free or paid by the parents cannot be seen.

#[path = "support/measure.rs"]
mod measure;

use measure::Ledger;
use senim_abi::civil::{UtcOffsets, ymd};
use senim_types::Code;
use senimd::driver::now;

/// Rules of a meal: once a day, on the days that the school's calendar has open.
const RULES: &[(&str, &str)] = &[("uses_per_day_max", "1"), ("calendar", "true")];

/// The school says which day of this month is closed; none: all are open.
fn closed(ledger: &Ledger, programme: &str, day: Option<u8>) {
    let (year, month, _) = today();
    let month = format!("{year}-{month:02}");
    let calendar = ["school", "calendar", "--programme", programme];
    let mut words = [&calendar[..], &["--month", &month]].concat();
    let day = day.map(|day| day.to_string());
    if let Some(day) = &day {
        words.extend(["--closed", day]);
    }
    ledger.done(&words);
}

fn today() -> (u32, u32, u32) {
    ymd(UtcOffsets::fixed(300).day_of(now()))
}

fn issued(ledger: &Ledger, programme: &str) -> String {
    ledger.issued(programme, "9000", &["--place", "40"])
}

/// A meal at the till: what it shows, or the code of its refusal.
fn meal(ledger: &Ledger, voucher: &str) -> Result<String, Code> {
    let redeem = ["voucher", "redeem", voucher, "--price", "900"];
    let answer = ledger.senim(&[&redeem[..], &["--key", "canteen"]].concat());
    answer.map(|answer| shown(&answer.text))
}

/// Without what differs from meal to meal: ids, and the block.
fn shown(text: &str) -> String {
    let is_id = |word: &str| {
        let digits = word.chars().take_while(char::is_ascii_hexdigit);
        digits.count() >= 8
    };
    let lines = text.lines().filter(|line| !line.contains("block"));
    let words = lines.flat_map(str::split_whitespace);
    let words: Vec<&str> = words
        .map(|word| if is_id(word) { "#" } else { word })
        .collect();
    words.join(" ")
}

#[test]
fn nobody_is_fed_on_a_closed_day() {
    let ledger = Ledger::start();
    ledger.set_rules("2", RULES);
    let (_, _, day) = today();
    let voucher = issued(&ledger, "2");
    closed(&ledger, "2", Some(day as u8));
    assert_eq!(meal(&ledger, &voucher), Err(Code::WRONG_DAY));
    let left = ledger.done(&["voucher", "show", &voucher]);
    assert_eq!(left["record"]["left"], 900_000, "nor is anything paid");
    // Nobody used it yet, so its payer may open it; and it is a day like any other.
    closed(&ledger, "2", None);
    assert!(meal(&ledger, &voucher).is_ok());
    assert_eq!(meal(&ledger, &voucher), Err(Code::DAILY_LIMIT));
}

#[test]
fn a_paid_meal_and_a_free_one_look_the_same() {
    let ledger = Ledger::start();
    ledger.set_rules("2", RULES);
    // What parents pay ahead is a budget line and a programme of its own, at the same till.
    ledger.open_line("4");
    ledger.set_frame("4", "2", |_| ());
    ledger.set_rules("4", RULES);
    ledger.set_service("4", ("40", "50"), "71");
    for programme in ["2", "4"] {
        closed(&ledger, programme, None);
    }

    let (free, paid) = (issued(&ledger, "2"), issued(&ledger, "4"));
    let at_the_till = meal(&ledger, &free).expect("a free meal");
    assert!(at_the_till.contains("900.00"), "{at_the_till}");
    assert_eq!(meal(&ledger, &paid), Ok(at_the_till));
    assert_eq!(meal(&ledger, &free), meal(&ledger, &paid));
    assert_eq!(meal(&ledger, &free), Err(Code::DAILY_LIMIT));
}
