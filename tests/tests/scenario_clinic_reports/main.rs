//! A clinic's system in both directions, over HTTP against a running node: its messages become prescriptions, and every
//! step of them is told to it until it acknowledges, whatever state it is in.

#[path = "../support/connector.rs"]
mod connector;
mod inside;
#[path = "../support/ledger.rs"]
mod ledger;
mod parties;

use connector::wait;
use parties::{Parties, code, json};
use senim_connector::rehearsal::Mood;
use senim_types::{Code, Hash, TimeMs};
use senimd::driver::now;
use std::time::Duration;

/// What the template says of the person.
const PERSONAL: [&str; 4] = ["Сынақова", "Үлгігүл", "610309200172", "E11.9"];

#[test]
fn a_message_becomes_a_prescription_once_and_every_step_of_it_is_told() {
    let parties = Parties::start();
    let ledger = &parties.ledger;
    let _connector = parties.connector();
    let available = || ledger.done(&["budget", "1"])["available_tiyn"].clone();
    let before = available();

    // The same message again is the same prescription, with the same answer; another with its line is refused.
    let (holder, order) = (
        ledger.holder(),
        parties.message("LINE-A", 60, None, "active"),
    );
    let first = parties.post(&order, Some(&holder));
    assert_eq!(first.status, 200, "{}", json(&first));
    let again = parties.post(&order, Some(&holder));
    assert_eq!((again.status, &again.body), (200, &first.body));
    let answer = json(&first);
    let group = answer["entry"][0]["resource"]["focus"][0]["identifier"]["value"].as_str();
    let group = group.expect("the prescription is named").to_owned();
    assert_eq!(answer["entry"][0]["resource"]["response"]["code"], "ok");
    let other = parties.message("LINE-A", 30, None, "active");
    let refused = parties.post(&other, Some(&holder));
    assert_eq!(
        (refused.status, code(&refused).as_str()),
        (409, "ORDER_ISSUED")
    );
    let refused = parties.post(&other, None);
    assert_eq!(code(&refused), "DOOR_HOLDER");
    let refused = parties.post(b"{", Some(&holder));
    assert_eq!(
        (refused.status, code(&refused).as_str()),
        (400, "FHIR_NOT_JSON")
    );
    let refused = parties.post(&vec![b' '; 2 << 20], Some(&holder));
    assert_eq!(refused.status, 413);
    let unknown = String::from_utf8(parties.message("LINE-U", 30, None, "active")).expect("UTF-8");
    let refused = parties.post(
        unknown.replace("METF-500-TAB", "NOPE").as_bytes(),
        Some(&holder),
    );
    assert_eq!(
        (refused.status, code(&refused).as_str()),
        (422, "FHIR_MEDICINE_UNKNOWN")
    );

    // The clinic's pharmacy holds and supplies what the state bought: nobody is paid, the pack is gone.
    parties.hold(&group);
    parties.dispense(&group, "CP0001", "60");
    assert_eq!(available(), before, "stock only");
    let claims = [
        "query",
        "treasury",
        r#"{"claims":{"provider":22,"after":null}}"#,
    ];
    assert_eq!(ledger.done(&claims).as_array().map(Vec::len), Some(0));
    let pack = "(01)04870001000011(21)CP0001(17)310531(10)M2699";
    let verify = ["pack", "verify", pack, "--org", "22"];
    assert_eq!(ledger.refused(&verify), Code::PACK_ALREADY_SUPPLIED);
    let supplied = [
        "Dispense in-progress",
        "Dispense completed 60",
        "Request completed",
    ];
    wait("the supply", || parties.told("LINE-A") == supplied);

    // It is undone, and what is left is withdrawn by a message.
    parties.pharmacy(&["reverse", "--group", &group, "--dispense", "0"]);
    let withdraw = parties.message("LINE-A", 60, None, "cancelled");
    let cancelled = parties.post(&withdraw, None);
    assert_eq!(cancelled.status, 200, "{}", json(&cancelled));
    assert_eq!(parties.post(&withdraw, None).body, cancelled.body);
    let undone = [
        "Dispense entered-in-error 60",
        "Request active",
        "Request cancelled other",
    ];
    wait("what was undone", || {
        parties.told("LINE-A") == [&supplied[..], &undone[..]].concat()
    });

    // A part is supplied; a person cancels the rest.
    let group = parties.issue("LINE-B", 60, None);
    parties.hold(&group);
    parties.dispense(&group, "CP0002", "30");
    let wallet = ledger.path("wallet");
    ledger.done(&["wallet", "cancel", &group, "--wallet", &wallet]);
    wait("the rest", || {
        parties.told("LINE-B")
            == [
                "Dispense in-progress",
                "Dispense completed 30",
                "Request stopped cancelled-by-person",
            ]
    });

    // Given back by the pharmacy; and held until the window is over, of which the ledger writes nothing.
    let group = parties.issue("LINE-C", 60, None);
    parties.hold(&group);
    let reject = [
        "reject",
        "--group",
        &group,
        "--items",
        "1",
        "--reason",
        "out-of-stock",
    ];
    parties.pharmacy(&reject);
    wait("what was given back", || {
        parties.told("LINE-C") == ["Dispense in-progress", "Dispense declined out-of-stock"]
    });
    let group = parties.issue("LINE-D", 60, Some(TimeMs(now().0 + 10_000)));
    parties.hold(&group);
    // The window ends with the second that the message names.
    std::thread::sleep(Duration::from_secs(12));
    // Time is the blocks': any transaction makes one.
    parties.issue("LINE-X", 60, None);
    wait("the end", || {
        parties.told("LINE-D")
            == [
                "Dispense in-progress",
                "Dispense cancelled hold-ended",
                "Request stopped expired",
            ]
    });
    parties.until_told();
    let all = parties.system.reports();
    assert_eq!(parties.system.arrivals(), all.len(), "each was told once");
    for report in &all {
        let text = report.to_string();
        for word in PERSONAL {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
}

#[test]
fn a_system_that_is_out_of_order_is_told_everything_in_the_end() {
    let parties = Parties::start();
    let system = &parties.system;
    let connector = parties.connector();
    let groups = ["LINE-E", "LINE-F", "LINE-G"].map(|line| parties.issue(line, 60, None));

    // It says that it is down. Nobody waits for it: the person is served all the same.
    system.mood(Mood::Down);
    parties.hold(&groups[0]);
    parties.until_answered("OUTSIDE_BUSY");
    parties.dispense(&groups[0], "CP0001", "30");
    assert_eq!(system.reports().len(), 0);

    // The connector ends in the middle; what happens meanwhile is told by its next start.
    drop(connector);
    parties.hold(&groups[0]);
    let connector = parties.connector();
    wait("three reports that wait", || parties.waiting().len() == 3);

    // It answers too late, and has it all the same: it is told again, as the same.
    system.mood(Mood::Slow(Duration::from_millis(1_500)));
    parties.until_answered("OUTSIDE_SLOW");
    wait("a second time", || {
        system.arrivals() > system.reports().len()
    });
    drop(connector);
    let connector = parties.connector();
    system.mood(Mood::Nonsense);
    parties.until_answered("OUTSIDE_NONSENSE");

    // Nobody is there at all; then it is back, and refuses what is about one line.
    parties.unplug();
    parties.hold(&groups[1]);
    parties.hold(&groups[2]);
    parties.until_answered("OUTSIDE_UNREACHABLE");
    system.mood(Mood::Refuses("LINE-F".to_owned()));
    parties.plug_in();
    // What the connector has not read yet waits nowhere: both of the last holds have to have come this far.
    wait("the last hold's report", || {
        parties.told("LINE-G") == ["Dispense in-progress"]
    });
    wait("the refusal", || {
        parties.waiting().iter().any(|one| one.is_refused)
    });
    parties.until_told();
    let register = parties.waiting();
    assert_eq!(register.len(), 1, "{register:?}");
    let (said, _) = register[0].last.clone().expect("an answer");
    assert_eq!(said, "processing the line is not known here");
    let told = |line: &str| parties.told(line);
    assert_eq!(
        told("LINE-E"),
        [
            "Dispense in-progress",
            "Dispense completed 30",
            "Dispense in-progress"
        ]
    );
    assert_eq!(told("LINE-F"), [""; 0]);

    // The register outlives the process. A later report of that line is refused, too: one is tried again by a person, the
    // other is dismissed.
    drop(connector);
    let _connector = parties.connector();
    let reject = ["reject", "--group", &groups[1], "--items", "1"];
    parties.pharmacy(&reject);
    wait("both refused", || {
        let waiting = parties.waiting();
        waiting.len() == 2 && waiting.iter().all(|one| one.is_refused)
    });
    let ids: Vec<_> = parties.waiting().iter().map(|one| one.message.id).collect();
    system.mood(Mood::Well);
    parties.order(&ids[0], None).expect("it waits");
    let dismissed = parties.order(&ids[1], Some("told by telephone"));
    dismissed.expect("it waits");
    let unknown = parties.order(&Hash::of(b"no report"), None);
    assert_eq!(unknown, Err(Code::REPORT_UNKNOWN));
    wait("an empty register", || parties.waiting().is_empty());
    assert_eq!(told("LINE-F"), ["Dispense in-progress"]);
    assert_eq!(
        system.reports().len(),
        5,
        "nothing is lost, and nothing doubled"
    );
}
