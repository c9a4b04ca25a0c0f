//! The edit check of meals, through the client's own commands over HTTP: a school reports who was present, a caterer claims
//! more, and the payer's acceptance is refused until the days are mended, disputed, or named with a reason.
//!
//! The meals are served in the world's own time, February 2026. Then time moves to now, since commands sign by the machine's
//! clock.

#[path = "support/over_http.rs"]
mod over_http;

use over_http::OverHttp;
use senim_abi::VOUCHER;
use senim_abi::civil::{Month, UtcOffsets};
use senim_abi::policy::{Line, Product};
use senim_abi::voucher::{Calendar, Entry, Execute, ProgrammeId, Proof, Settings, VoucherId};
use senim_tests::world::{Request, people, secret};
use senim_types::{Code, OrgId, TimeMs, Tiyn};
use senimd::driver::now;
use serde_json::{Value, json};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const MEAL: u64 = 90_000;
const MEALS: ProgrammeId = ProgrammeId(2);
const SCHOOL: OrgId = OrgId(40);
const ACT: &str = "2-50-2026-02";

fn day_of(ledger: &OverHttp) -> u32 {
    let offsets = UtcOffsets::fixed(300);
    u32::try_from(offsets.day_of(ledger.world.now())).expect("a day of this century")
}

fn date(day: u32) -> String {
    let (year, month, day) = senim_abi::civil::ymd(u64::from(day));
    format!("{year:04}-{month:02}-{day:02}")
}

/// From now on the days of the programme are checked.
fn check_days(ledger: &mut OverHttp) {
    let shown = ledger.done(&["programme", "show", "2"]);
    let frame: Settings = serde_json::from_value(shown["frame"].clone()).expect("a frame");
    let settings = Settings {
        attendance: true,
        // The tallies are looked at months later.
        dispute_ms: Settings::DISPUTE_MS_MAX,
        ..frame
    };
    let set = Execute::SetProgramme {
        programme: MEALS,
        settings,
    };
    ledger
        .world
        .apply("education", Request::call(VOUCHER, &set));
}

/// A pupil of the school.
fn pupil(ledger: &mut OverHttp, name: &str) -> VoucherId {
    let until = TimeMs(ledger.world.now().0 + 100 * DAY_MS);
    let issue = Execute::Issue {
        index: 0,
        programme: MEALS,
        holder: Some(secret(name).public()),
        entry: Entry {
            place: Some(SCHOOL),
            amount: Tiyn(10 * MEAL),
            mature_at: until,
            until,
        },
    };
    let receipt = ledger
        .world
        .apply("education", Request::call(VOUCHER, &issue));
    VoucherId::derive(&receipt.transaction, 0)
}

fn eats(ledger: &mut OverHttp, voucher: VoucherId) {
    let meal = Line {
        product: Product::Service(1),
        units: 1,
        price: Tiyn(MEAL),
        listing: None,
    };
    let redeem = Execute::Redeem {
        voucher,
        place: SCHOOL,
        lines: vec![meal],
        proof: Proof::Attested,
    };
    ledger
        .world
        .apply("canteen", Request::call(VOUCHER, &redeem));
}

fn present(ledger: &mut OverHttp, day: u32, present: u32) {
    let attend = Execute::Attend {
        programme: MEALS,
        place: SCHOOL,
        day,
        present,
        marks: Vec::new(),
    };
    ledger
        .world
        .apply("school", Request::call(VOUCHER, &attend));
}

/// Two pupils on three days: the school reports both, then one, then nobody at all; on to now, the act signed.
fn month_ended() -> (OverHttp, [u32; 3]) {
    let mut ledger = OverHttp::new(1, 78);
    let pupils = [
        pupil(&mut ledger, "a first pupil's key"),
        pupil(&mut ledger, "a second pupil's key"),
    ];
    check_days(&mut ledger);
    let mut days = [0; 3];
    for (day, reported) in days.iter_mut().zip([Some(2), Some(1), None]) {
        *day = day_of(&ledger);
        for voucher in pupils {
            eats(&mut ledger, voucher);
        }
        if let Some(count) = reported {
            present(&mut ledger, *day, count);
        }
        ledger.world.advance(DAY_MS);
    }
    sign_act(&mut ledger);
    (ledger, days)
}

/// Time moves on to now, the caterer's details are confirmed, and it signs the act. Where the details lie.
fn sign_act(ledger: &mut OverHttp) -> String {
    let ahead = now().0.saturating_sub(ledger.world.now().0);
    ledger.world.advance(ahead);
    let (caterer, city) = (people::org_of("canteen"), people::org_of("education"));
    let details =
        ledger.details_confirmed((caterer, "canteen"), (city, ["education", "education-2"]));
    ledger.done(&["act", "sign", ACT, "--key", "canteen"]);
    details
}

/// What comes of it when a device of this organisation undoes a use.
fn undone(ledger: &mut OverHttp, by: &str, voucher: VoucherId, number: u32) -> Option<Code> {
    let refund = Execute::Refund { voucher, number };
    let submitted = ledger.world.submit(by, Request::call(VOUCHER, &refund));
    submitted.expect("it is taken").status.code()
}

/// A meal that was booked for the wrong pupil is undone: no finding is left of it, the pupil may eat, and the act is paid for
/// what was served, to the tiyn.
#[test]
fn a_meal_that_was_undone_is_no_finding_and_is_not_paid() {
    let mut ledger = OverHttp::new(1, 79);
    let first = pupil(&mut ledger, "a first pupil's key");
    let second = pupil(&mut ledger, "a second pupil's key");
    check_days(&mut ledger);
    let day = day_of(&ledger);
    eats(&mut ledger, first);
    eats(&mut ledger, second);
    present(&mut ledger, day, 1);
    let another = undone(&mut ledger, "pharmacy", first, 1);
    assert_eq!(another, Some(Code::NOT_REDEEMED_HERE));
    assert_eq!(undone(&mut ledger, "canteen", first, 1), None);
    // The same again, by another terminal, is a success and nothing more.
    assert_eq!(undone(&mut ledger, "canteen-2", first, 1), None);

    // On the next day it eats, by mistake, and eats again.
    ledger.world.advance(DAY_MS);
    let next_day = day_of(&ledger);
    eats(&mut ledger, first);
    assert_eq!(undone(&mut ledger, "canteen", first, 2), None);
    eats(&mut ledger, first);
    present(&mut ledger, next_day, 1);
    ledger.world.advance(4 * DAY_MS);
    let late = undone(&mut ledger, "canteen", first, 3);
    assert_eq!(late, Some(Code::REFUND_TOO_LATE));

    // A meal of the evening of the month's last day is undone after midnight, in the next month's act.
    let march = UtcOffsets::fixed(300).start_of(Month::new(2026, 3)).0;
    let ahead = march - 60 * 60 * 1000 - ledger.world.now().0;
    ledger.world.advance(ahead);
    let last_day = day_of(&ledger);
    eats(&mut ledger, first);
    present(&mut ledger, last_day, 1);
    ledger.world.advance(2 * 60 * 60 * 1000);
    assert_eq!(undone(&mut ledger, "canteen", first, 4), None);

    let details = sign_act(&mut ledger);
    let found = ledger.done(&["act", "check", ACT]);
    assert_eq!(found["findings"], json!([]));
    let body = ledger.done(&["act", "show", ACT])["record"]["body"].clone();
    assert_eq!(
        (&body["lines"], &body["reversed_lines"]),
        (&json!(5), &json!(2))
    );
    assert_eq!(
        (&body["sum"], &body["reversed"]),
        (&json!(5 * MEAL), &json!(2 * MEAL))
    );
    let lines = ledger.lines_of(ACT, &details);
    let lines = lines.iter();
    let taken_off: Vec<(bool, &Value)> = lines
        .map(|line| (line["takes_off"] == true, &line["transfer"]))
        .collect();
    let signs: Vec<bool> = taken_off.iter().map(|(takes_off, _)| *takes_off).collect();
    assert_eq!(signs, [false, false, true, false, true, false, false]);
    assert_eq!(taken_off[2].1, taken_off[0].1, "under the id of its line");
    // What was undone is off already.
    let undone = format!("{}=900", taken_off[0].1.as_str().expect("an id"));
    let again = ledger.refused(&["act", "correct", ACT, "--line", &undone]);
    assert_eq!(again, Code::LINE_REVERSED);
    let html = std::fs::read_to_string(ledger.path("act.html")).expect("it was written");
    assert_eq!(html.matches("(отмена)").count(), 2);
    // What March took off is no line of this act, and the ledger knows that it is off.
    let letter = ledger.path("letter.txt");
    std::fs::write(&letter, "The last meal was not served.").expect("it is written");
    let letter = letter.to_str().expect("UTF-8").to_owned();
    let dispute = [
        "act",
        "dispute",
        ACT,
        "--reason",
        "not-delivered",
        "--statement",
    ];
    ledger.done(&[&dispute[..], &[&letter]].concat());
    let in_march = format!("{}=900", taken_off[6].1.as_str().expect("an id"));
    let again = ledger.refused(&["act", "correct", ACT, "--line", &in_march]);
    assert_eq!(again, Code::LINE_REVERSED);
    ledger.done(&["act", "withdraw", ACT]);
    ledger.done(&["act", "accept", ACT]);
    assert_eq!(
        ledger.done(&["purse", "show", "50"])["balance_tiyn"],
        3 * MEAL
    );
    // That one is paid, and owed back until it is set off.
    let contract = ["contract", "show", "--programme", "2", "--provider", "50"];
    assert_eq!(ledger.done(&contract)["debt"], "2026-03");
}

#[test]
fn an_act_with_flawed_days_is_accepted_only_in_spite_of_each_of_them() {
    let (mut ledger, [_, second, third]) = month_ended();
    let table = ledger.path("check.csv");
    let table = table.to_str().expect("UTF-8").to_owned();
    let found = ledger.done(&["act", "check", ACT, "--out", &table]);
    let kinds: Vec<(&Value, &Value)> = found["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|finding| (&finding["day"], &finding["kind"]))
        .collect();
    let dates = [json!(date(second)), json!(date(third))];
    let expected = [
        (&dates[0], &json!("exceeds_present")),
        (&dates[1], &json!("unreported")),
    ];
    assert_eq!(kinds, expected, "{found}");
    assert_eq!(found["findings"][0]["tally"]["persons"], 2);
    assert_eq!(found["findings"][0]["tally"]["present"], 1);
    let report = std::fs::read_to_string(&table).expect("it was written");
    assert_eq!(report.lines().count(), 3);
    assert!(report.contains("no attendance was reported"), "{report}");

    let letter = ledger.path("letter.txt");
    std::fs::write(&letter, "The school's terminal failed; its book has both.").expect("written");
    let letter = letter.to_str().expect("UTF-8").to_owned();
    let named = |day: u32| format!("40:{}", date(day));
    let accept = |days: &[u32]| {
        let mut words = vec!["act".to_owned(), "accept".to_owned(), ACT.to_owned()];
        for day in days {
            words.extend(["--despite".to_owned(), named(*day)]);
        }
        if !days.is_empty() {
            words.extend(["--because".to_owned(), letter.clone()]);
        }
        words
    };
    let refused = |ledger: &mut OverHttp, days: &[u32]| {
        let words = accept(days);
        ledger.refused(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert_eq!(refused(&mut ledger, &[]), Code::DAY_EXCEEDS_PRESENT);
    assert_eq!(refused(&mut ledger, &[second]), Code::DAY_UNREPORTED);
    let too_many = [second - 1, second, third];
    assert_eq!(refused(&mut ledger, &too_many), Code::DAY_NOT_FLAWED);
    let words = accept(&[third, second]);
    let told = ledger.done(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(told.to_string().contains("despite"), "{told}");
    let shown = ledger.done(&["act", "show", ACT]);
    assert_eq!(shown["state"], "paid");
    let days = shown["record"]["despite"]["days"].as_array();
    assert_eq!(days.map(Vec::len), Some(2), "{shown}");
    assert_eq!(
        ledger.done(&["purse", "show", "50"])["balance_tiyn"],
        6 * MEAL
    );
}

/// The school had told which days it is closed, and the caterer's terminal served on one of them: the programme's rules do not
/// ask the calendar, and the check of the month does.
#[test]
fn an_act_with_a_meal_on_a_closed_day_waits_until_the_payer_names_the_day() {
    let mut ledger = OverHttp::new(1, 80);
    let child = pupil(&mut ledger, "a pupil's key");
    check_days(&mut ledger);
    let closed = day_of(&ledger);
    let of_month = senim_abi::civil::ymd(u64::from(closed)).2;
    let calendar = Calendar {
        open: ((1 << 28) - 1) & !(1 << (of_month - 1)),
    };
    let set = Execute::SetCalendar {
        programme: MEALS,
        place: SCHOOL,
        month: Month::new(2026, 2),
        calendar,
    };
    ledger.world.apply("school", Request::call(VOUCHER, &set));
    for day in [closed, closed + 1] {
        eats(&mut ledger, child);
        present(&mut ledger, day, 1);
        ledger.world.advance(DAY_MS);
    }
    sign_act(&mut ledger);
    let found = ledger.done(&["act", "check", ACT]);
    let findings = found["findings"].as_array().expect("a list");
    assert_eq!(findings.len(), 1, "{found}");
    assert_eq!(
        (&findings[0]["day"], &findings[0]["kind"]),
        (&json!(date(closed)), &json!("closed"))
    );
    let accept = ["act", "accept", ACT];
    assert_eq!(ledger.refused(&accept), Code::DAY_NOT_OPEN);
    assert_eq!(ledger.done(&["purse", "show", "50"])["balance_tiyn"], 0);
    let letter = ledger.path("letter.txt");
    std::fs::write(&letter, "An exam was held on that day.").expect("written");
    let (letter, day) = (
        letter.to_str().expect("UTF-8").to_owned(),
        format!("40:{}", date(closed)),
    );
    let in_spite = ["--despite", &day, "--because", &letter];
    ledger.done(&[&accept[..], &in_spite].concat());
    let paid = &ledger.done(&["purse", "show", "50"])["balance_tiyn"];
    assert_eq!(*paid, 2 * MEAL);
}

#[test]
fn an_act_with_flawed_days_can_be_disputed() {
    let (mut ledger, _) = month_ended();
    let letter = ledger.path("letter.txt");
    std::fs::write(&letter, "One pupil was ill on the second day.").expect("written");
    let letter = letter.to_str().expect("UTF-8").to_owned();
    ledger.done(&[
        "act",
        "dispute",
        ACT,
        "--reason",
        "edit-check",
        "--statement",
        &letter,
    ]);
    let shown = ledger.done(&["act", "show", ACT]);
    assert_eq!(shown["state"], "disputed");
}
