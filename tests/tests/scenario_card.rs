//! Benefit cards through the client's own commands, over HTTP, against a running node: `make demo STORY=card` plays the
//! same. Cards are issued and lost, doctors write them into prescriptions, pharmacies put them to the reader, and every
//! refusal has its code.

#[path = "support/country.rs"]
mod country;

use country::{AMLODIPINE, Country, METFORMIN, PEOPLE, text};
use senim_abi::PRESCRIPTION;
use senim_abi::prescription::{Execute, GroupId, ItemMask, Proof};
use senim_abi::proof::{CardStatement, HoldStatement};
use senim_cli::commands::card::chip;
use senim_tests::world::{Request, secret};
use senim_types::{Code, OrgId, Receipt, TimeMs};
use std::path::Path;

/// What the devnet allots to the programme of cards, in tiyn.
const ALLOTTED: u64 = 10_000_000_000;
#[test]
fn a_card_opens_what_its_number_does_not() {
    let country = Country::start();
    let (card, other) = (country.card(0), country.card(1));
    assert_eq!(country.key(&card), Err(Code::CARD_KEYS_SPENT));
    let keys = country.centre(&["keys"]).expect("keys are registered");
    assert_eq!(
        (keys["keys"].as_u64(), keys["batches"].as_u64()),
        (Some(8), Some(1))
    );

    let message = "card-metformin.json";
    assert_eq!(country.issue(message, None), Err(Code::CARD_REQUIRED));
    let key = country.key(&card).expect("a key");
    let group = country.issue(message, Some(&key)).expect("it is issued");
    let again = country.issue("card-amlodipine.json", Some(&key));
    assert_eq!(again, Err(Code::CARD_KEY_USED));

    let typed = ["hold", "--group", &group, "--card-number", &card];
    let typed = country.pharmacy("pharmacy", &typed);
    assert_eq!(typed, Err(Code::CARD_NOT_PRESENT));
    let another = country.hold("pharmacy", &group, &country.chip(1));
    assert_eq!(another, Err(Code::CARD_MISMATCH));

    // The answer to one terminal is worth nothing at another, and nothing twice.
    let (challenge, answer) = (country.path("challenge.bin"), country.path("answer.bin"));
    let ask = ["challenge", "--group", &group, "--out", &challenge];
    country.pharmacy("pharmacy", &ask).expect("a challenge");
    let chip = country.chip(0);
    country.ledger.tap(&chip, &challenge, &answer);
    let hold = ["hold", "--card", &answer];
    assert_eq!(
        country.pharmacy("rival", &hold),
        Err(Code::CARD_NOT_PRESENT)
    );
    country
        .pharmacy("pharmacy", &hold)
        .expect("the card was there");
    assert_eq!(
        country.pharmacy("pharmacy", &hold),
        Err(Code::CARD_NOT_PRESENT)
    );

    country
        .dispense("pharmacy", &group, METFORMIN, "60", "1450")
        .expect("it is dispensed");
    assert_eq!(country.available(), ALLOTTED - 145_000);
    let shown = country.centre(&["show", "--number", &card]).expect("shown");
    assert_eq!(text(&shown, "/cards/0/prescriptions/0"), group);
    let shown = country
        .centre(&["show", "--number", &other])
        .expect("shown");
    assert_eq!(shown["cards"][0]["prescriptions"], serde_json::json!([]));
    let [(name, iin), ..] = PEOPLE;
    country.nodes_do_not_have(&[&card, &other, iin, name]);
}

/// What a terminal sends that has the key of this chip sign for a prescription, whosever card that names: the pharmacy's own
/// program compares them before it asks.
fn by_first_key_of(country: &Country, number: usize, group: GroupId) -> Result<Receipt, Code> {
    let ledger = &country.ledger;
    let card = chip(Path::new(&country.chip(number))).expect("a chip's file");
    let (key, hold_key) = (card.key(0), secret("a pharmacy's hold key").public());
    let items = ItemMask::first(1);
    let now = senimd::driver::now();
    let (challenged_at, expires_at) = (now, TimeMs(now.0 + 60_000));
    let statement = CardStatement {
        hold: HoldStatement {
            group,
            items,
            org: OrgId(20),
            device: ledger.key("pharmacy").public(),
            hold_key,
        },
        challenged_at,
        expires_at,
    };
    let said = statement.by(key.public());
    let hold = Execute::Hold {
        group,
        items,
        hold_key,
        proof: Proof::Card {
            card: key.public(),
            challenged_at,
            expires_at,
        },
    };
    let witness = key.witness(said.domain, &ledger.chain(), said.message);
    let request = Request::call(PRESCRIPTION, &hold).witnessed(witness);
    ledger.submitted("pharmacy", request)
}

#[test]
fn a_card_that_signs_for_anothers_prescription_does_not_open_it() {
    let country = Country::start();
    let cards = [country.card(0), country.card(1)];
    country.centre(&["keys"]).expect("keys are registered");
    let orders = ["card-metformin.json", "card-metformin-2.json"];
    let groups = [0, 1].map(|person| {
        let key = country.key(&cards[person]).expect("a key");
        let group = country.issue(orders[person], Some(&key));
        let group = serde_json::from_value(group.expect("it is issued").into());
        group.expect("an id")
    });
    for (own, other) in [(0, 1), (1, 0)] {
        let opened = by_first_key_of(&country, other, groups[own]);
        assert_eq!(opened.err(), Some(Code::CARD_MISMATCH));
        let opened = by_first_key_of(&country, own, groups[own]);
        opened.expect("the card that it names");
    }
}

#[test]
fn a_lost_card_opens_nothing_and_the_new_one_opens_what_was_open() {
    let country = Country::start();
    let lost = country.card(0);
    country.card(1);
    country.centre(&["keys"]).expect("keys are registered");
    let mut groups = Vec::new();
    for message in ["card-metformin.json", "card-amlodipine.json"] {
        let key = country.key(&lost).expect("a key");
        groups.push(country.issue(message, Some(&key)).expect("it is issued"));
    }
    let chip = country.chip(0);
    country.hold("pharmacy", &groups[0], &chip).expect("held");
    country
        .dispense("pharmacy", &groups[0], METFORMIN, "60", "1450")
        .expect("it is dispensed");

    let new = country.path("new.chip");
    let replace = ["replace", "--number", &lost, "--chip", &new];
    assert_eq!(
        country.centre(&replace),
        Err(Code::CARD_EXISTS),
        "not blocked"
    );
    let block = ["block", "--number", &lost];
    let blocked = country.centre(&block).expect("it is blocked");
    // Two keys in prescriptions alone, the two free ones together.
    assert_eq!(blocked["transactions"], 3);
    country.centre(&block).expect("again is no error");
    assert_eq!(country.key(&lost), Err(Code::CARD_BLOCKED));
    assert_eq!(
        country.hold("pharmacy", &groups[1], &chip),
        Err(Code::CARD_BLOCKED)
    );

    let replaced = country.centre(&replace).expect("it is replaced");
    assert_eq!(replaced["prescriptions"], serde_json::json!([groups[1]]));
    assert_eq!(
        country.hold("pharmacy", &groups[1], &chip),
        Err(Code::CARD_MISMATCH)
    );
    country
        .hold("rival", &groups[1], &new)
        .expect("held anywhere");
    let item = country.pharmacy("rival", &["reject", "--group", &groups[1], "--items", "1"]);
    item.expect("it is given back");
    country
        .hold("pharmacy", &groups[1], &new)
        .expect("held here");
    country
        .dispense("pharmacy", &groups[1], AMLODIPINE, "30", "980")
        .expect("it is dispensed");
    assert_eq!(country.available(), ALLOTTED - 145_000 - 98_000);
    let shown = country.centre(&["show", "--number", &lost]).expect("shown");
    let new_number = text(&replaced, "/number");
    assert_eq!(
        text(&shown, "/cards/0/standing"),
        format!("replaced by {new_number}")
    );
    country
        .key(new_number)
        .expect("it has keys for the next one");
}

#[test]
fn an_ended_entitlement_blocks_issue_and_hold() {
    let country = Country::start();
    let card = country.card(1);
    country.centre(&["keys"]).expect("keys are registered");
    let (first, second) = (
        country.key(&card).expect("a key"),
        country.key(&card).expect("a key"),
    );
    let group = country
        .issue("card-metformin-2.json", Some(&first))
        .expect("it is issued");
    let end = ["end", "--number", &card];
    country.centre(&end).expect("it ends");

    assert_eq!(country.key(&card), Err(Code::ENTITLEMENT_ENDED));
    // A clinic that had asked for a key before.
    let late = country.issue("card-amlodipine.json", Some(&second));
    assert_eq!(late, Err(Code::ENTITLEMENT_ENDED));
    let hold = country.hold("pharmacy", &group, &country.chip(1));
    assert_eq!(hold, Err(Code::ENTITLEMENT_ENDED));
    assert_eq!(country.available(), ALLOTTED);
}

#[test]
fn a_card_goes_to_whoever_is_entitled_and_once() {
    let country = Country::start();
    let issue = |iin: &str, until: &str, chip: &str| {
        let chip = country.path(chip);
        let issued = country.centre(&[
            "issue",
            "--name",
            "Үлгі",
            "--iin",
            iin,
            "--category",
            "2",
            "--until",
            until,
            "--chip",
            &chip,
        ]);
        issued.map(|_| ())
    };
    let iin = PEOPLE[0].1;
    assert_eq!(
        issue(iin, "2020-12-31", "a.chip"),
        Err(Code::ENTITLEMENT_ENDED)
    );
    assert_eq!(
        issue("610309200173", "2099-12-31", "a.chip"),
        Err(Code::ID_CHECK_DIGIT)
    );
    assert_eq!(issue(iin, "2099-12-31", "a.chip"), Ok(()));
    assert_eq!(issue(iin, "2099-12-31", "b.chip"), Err(Code::CARD_EXISTS));
    // A chip is never written over another.
    assert_eq!(
        issue(PEOPLE[1].1, "2099-12-31", "a.chip"),
        Err(Code::FILE_UNWRITABLE)
    );
    assert_eq!(country.key("9398000000000019"), Err(Code::CARD_UNKNOWN));
}

#[test]
fn only_the_centre_that_registered_a_card_can_touch_it() {
    let country = Country::start();
    let card = country.card(0);
    let by_clinic = country.centre(&["keys", "--key", "clinic"]);
    assert_eq!(by_clinic, Err(Code::ROLE_NOT_ALLOWED));
    country.centre(&["keys"]).expect("keys are registered");
    let by_pharmacy = country.centre(&["block", "--number", &card, "--key", "pharmacy"]);
    assert_eq!(by_pharmacy, Err(Code::ROLE_NOT_ALLOWED));
}

#[test]
fn paper_opens_with_a_recorded_check_where_a_programme_takes_it() {
    let country = Country::start();
    let (clinic, holder) = (country.path("clinic"), country.ledger.holder());
    let (paper, record) = (country.path("paper.png"), country.path("check.txt"));
    let file = senim_tests::world::network::root().join("tests/data/demo/card-metformin.json");
    let issued = country.ledger.done(&[
        "prescription",
        "issue",
        "--fhir",
        file.to_str().expect("UTF-8"),
        "--holder",
        &holder,
        "--clinic",
        &clinic,
        "--paper",
        &paper,
    ]);
    let group = text(&issued, "/group").to_owned();
    std::fs::write(&record, "identity card seen").expect("a file can be written");
    let usage = country.pharmacy("pharmacy", &["hold", "--paper", &paper]);
    assert_eq!(usage, Err(Code::BAD_USAGE));
    let hold = [
        "hold",
        "--paper",
        &paper,
        "--document",
        "identity-card",
        "--record",
        &record,
    ];
    country.pharmacy("pharmacy", &hold).expect("it is held");
    country
        .dispense("pharmacy", &group, METFORMIN, "60", "1450")
        .expect("it is dispensed");
}

#[test]
fn a_suspended_terminal_is_refused_and_its_last_contact_is_seen() {
    let country = Country::start();
    let card = country.card(0);
    country.centre(&["keys"]).expect("keys are registered");
    let key = country.key(&card).expect("a key");
    let group = country.issue("card-metformin.json", Some(&key));
    let (group, chip) = (group.expect("it is issued"), country.chip(0));
    let ledger = &country.ledger;
    let list = |args: &[&str]| {
        let args = [&["terminal", "list"], args].concat();
        ledger
            .senim(&args)
            .map(|answer| answer.json["terminals"].clone())
    };
    assert_eq!(list(&["--key", "operator"]), Ok(serde_json::json!([])));

    // A hold tells of the terminal by itself.
    country.hold("pharmacy", &group, &chip).expect("it is held");
    let seen = list(&["--key", "operator"]).expect("the operator sees it");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(text(&seen, "/0/software"), "senim");
    assert_eq!(text(&seen, "/0/version"), version);
    assert_eq!(text(&seen, "/0/standing"), "active");

    let terminal = text(&seen, "/0/device").to_owned();
    let reject = ["reject", "--group", &group, "--items", "1"];
    country.pharmacy("pharmacy", &reject).expect("given back");
    ledger.done(&["device", "suspend", &terminal]);
    let held = country.hold("pharmacy", &group, &chip);
    assert_eq!(held, Err(Code::DEVICE_SUSPENDED));
    // It is told so, and the operator sees when it was last there and with what software.
    let contact = ["terminal", "contact", "--key", "pharmacy"];
    let software = ["--software", "kassa", "--software-version", "4.1"];
    let before = senim_cli::words::now().0;
    let told = ledger.done(&[&contact[..], &software].concat());
    assert_eq!(text(&told, "/standing"), "suspended");
    assert_eq!(told["clock_wrong"], false);
    let seen = list(&["--key", "operator", "--org", "20"]).expect("the operator sees it");
    assert_eq!(text(&seen, "/0/device"), terminal);
    assert_eq!(text(&seen, "/0/standing"), "suspended");
    assert_eq!(
        (text(&seen, "/0/software"), text(&seen, "/0/version")),
        ("kassa", "4.1")
    );
    let contact_ms = seen[0]["contact"].as_u64().expect("a time");
    assert!((before..before + 60_000).contains(&contact_ms));
    // The rival sees neither it nor that it exists.
    assert_eq!(list(&["--key", "rival"]), Ok(serde_json::json!([])));
    assert_eq!(
        list(&["--key", "rival", "--org", "20"]),
        Err(Code::NOT_AUTHORISED)
    );
    assert_eq!(list(&["--key", "pharmacy"]), Err(Code::DEVICE_SUSPENDED));

    ledger.done(&["device", "resume", &terminal]);
    country.hold("pharmacy", &group, &chip).expect("it is held");
    let seen = list(&["--key", "pharmacy"]).expect("its own");
    assert_eq!(text(&seen, "/0/standing"), "active");
    // A name that a screen would obey is never sent.
    let named = [&contact[..], &["--software", "\u{1b}[2J"]].concat();
    assert_eq!(ledger.refused(&named), Code::MALFORMED);
}
