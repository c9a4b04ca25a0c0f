//! Free meals from the office's table to the parent's yes: a real node, the portal's service, an SMSC, and each party's
//! own files. Then every other party's files are searched for who it was.

mod keys_of_others;
mod large;
#[path = "../support/ledger.rs"]
mod ledger;
mod lists;
mod operator;
mod parties;
mod privacy;

use parties::{Child, Parties, phone, wait};
use senim_abi::voucher::Standing;
use senim_portal::conversation::What;
use senim_portal::smpp::smsc::{Mood, Smsc, Subscriber};
use senim_types::Code;
use serde_json::json;
use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

/// What nodes, commands and the portal log, all of it; one for all tests of a process.
static LOG_LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut lines = LOG_LINES.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps log lines from now on; what there is so far. Our own are at their loudest. Libraries below the portal could
/// show a message on its way, so it lets none of them speak, and neither does this.
fn log_lines() -> Vec<u8> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_env_filter("off,senim=trace")
            .with_ansi(false)
            .with_writer(|| Lines)
            .init();
    });
    let lines = LOG_LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.clone()
}

/// An SMSC on a runtime of its own.
struct Operator {
    smsc: Smsc,
    _runtime: tokio::runtime::Runtime,
}

impl Operator {
    fn start() -> Operator {
        Operator::at("127.0.0.1:0")
    }

    fn at(address: &str) -> Operator {
        let runtime = tokio::runtime::Runtime::new().expect("threads can be had");
        let smsc = runtime
            .block_on(Smsc::listen(address))
            .expect("a port is free");
        Operator {
            smsc,
            _runtime: runtime,
        }
    }
}

#[test]
fn parents_are_asked_and_answer_for_their_own_children_alone() {
    log_lines();
    let operator = Operator::start();
    let smsc = &operator.smsc;
    let (aigerim, alikhan) = (
        Child::new("Айгерім", 1, 1, true),
        Child::new("Әлихан", 2, 1, true),
    );
    let (borrowed, refused) = (
        Child::new("Бекзат", 3, 2, true),
        Child::new("Гүлназ", 4, 3, true),
    );
    let (blocked, unknown) = (
        Child::new("Дәурен", 5, 4, true),
        Child::new("Еркежан", 6, 5, false),
    );
    let children = [&aigerim, &alikhan, &borrowed, &refused, &blocked, &unknown];
    // Nobody is reminded here: an hour.
    let parties = Parties::new(&children, smsc, (3_600_000, 7_200_000));
    smsc.subscriber(phone(2), Subscriber::From(phone(9)));
    smsc.subscriber(phone(3), Subscriber::No);
    smsc.subscriber(phone(4), Subscriber::Blocked);
    parties
        .list("september", &children, "office")
        .expect("the office lists them");
    parties
        .open(&parties.path("office/september.list"))
        .expect("it is the portal's");

    // The operator is full, and hangs up; and nobody is asked whom the identity service has not attested.
    smsc.mood(Mood::Throttles(7));
    let portal = parties.start();
    parties.until(What::Listed, 6);
    parties.until(What::Unregistered, 1);
    assert_eq!(parties.count(What::Asked), 0);
    assert_eq!(parties.attest("september")["attested"], 6);
    parties.until(What::Asked, 5);
    parties.until(What::WrongNumber, 1);
    parties.until(What::No, 1);
    parties.until(What::Blocked, 1);
    assert_eq!(parties.standing(&refused), Standing::Declined);
    for child in [&aigerim, &alikhan, &borrowed, &blocked, &unknown] {
        assert_eq!(parties.standing(child), Standing::Offered, "{}", child.name);
    }

    // Two children of one parent: a reply that fits both is nobody's yes.
    let both = smsc.shown_to(phone(1));
    assert_eq!(both.len(), 2);
    assert!(
        both.iter().all(
            |text| text.contains("тегін тамақ") && text.contains("бесплатное школьное питание")
        )
    );
    let code_of = |child: &Child| {
        let text = both
            .iter()
            .find(|text| text.contains(child.name))
            .expect("the child is named");
        let from = text.find("2#").expect("a code");
        text[from..from + 3].to_owned()
    };
    assert_ne!(code_of(&aigerim), code_of(&alikhan));
    smsc.say(phone(1), "иә");
    parties.until(What::Ambiguous, 1);
    smsc.say(phone(1), "2#0");
    parties.until(What::Ambiguous, 2);
    smsc.say(phone(1), &code_of(&alikhan));
    parties.until(What::Yes, 1);
    assert_eq!(parties.standing(&alikhan), Standing::Issued);
    assert_eq!(parties.standing(&aigerim), Standing::Offered);
    let accepted = |name: &str| {
        smsc.shown_to(phone(1))
            .iter()
            .any(|text| text.contains(name) && text.contains("согласие принято"))
    };
    wait("the confirmation", || accepted("Әлихан"));
    assert!(!accepted("Айгерім"));

    // The portal ends in the middle; a reply that came meanwhile is there when it starts again, and nothing is asked twice.
    drop(portal);
    let before = smsc.shown().len();
    smsc.say(phone(1), &code_of(&aigerim));
    let portal = parties.start();
    parties.until(What::Yes, 2);
    assert_eq!(parties.standing(&aigerim), Standing::Issued);
    wait("the confirmation", || accepted("Айгерім"));
    assert_eq!(
        smsc.shown().len(),
        before + 1,
        "one confirmation, and no question again"
    );

    // The same again, garbled, and a yes that is taken back.
    smsc.say(phone(1), &code_of(&aigerim));
    parties.until(What::Repeated, 1);
    smsc.say(phone(2), "да");
    parties.until(What::Garbled, 1);
    let no = match code_of(&alikhan).as_str() {
        "2#1" => "2#0#1".to_owned(),
        code => format!("2#0#{}", &code[2..]),
    };
    smsc.say(phone(1), &no);
    parties.until(What::Withdrawn, 1);
    assert_eq!(parties.standing(&alikhan), Standing::Declined);
    smsc.say(phone(1), &code_of(&alikhan));
    parties.until(What::Late, 1);
    assert_eq!(parties.standing(&alikhan), Standing::Declined);
    // No SMS reaches this parent: the yes is said at a service centre, and nobody else says where it was said.
    let id = parties.voucher(&unknown).to_string();
    let yes = ["voucher", "answer", &id, "--yes"];
    let at = |channel: &str, key: &str| {
        let at = ["--channel", channel, "--key", key];
        parties.senim(&[&yes[..], &at].concat())
    };
    let as_wallet = at("wallet", "service-centre");
    assert_eq!(as_wallet.err(), Some(Code::NOT_AUTHORISED));
    assert_eq!(parties.standing(&unknown), Standing::Offered);
    let told = at("service-centre", "service-centre").expect("it is the centre's own channel");
    assert_eq!(
        told["events"][0]["event"]["answered"]["channel"],
        "service_centre"
    );
    parties.until(What::Yes, 3);
    assert_eq!(parties.standing(&unknown), Standing::Issued);
    // A message that was not acknowledged before the end is sent by the next start.
    drop(portal);
    let mut report = parties.done(&["report", "--config", &parties.text("portal.toml")]);
    for _ in 0..20 {
        if report["unsent"] == 0 {
            break;
        }
        let portal = parties.start();
        std::thread::sleep(std::time::Duration::from_millis(500));
        drop(portal);
        report = parties.done(&["report", "--config", &parties.text("portal.toml")]);
    }
    assert_eq!(report["unsent"], 0);
    assert_eq!(report["counts"]["yes"], 3);
    // Whatever was not taken stands in the report with its code.
    let rows = report["rows"].as_array().expect("a list");
    for (what, code) in [
        ("wrong_number", Code::WRONG_NUMBER),
        ("garbled", Code::BAD_CODE),
        ("ambiguous", Code::AMBIGUOUS_CONSENT),
        ("late", Code::CONSENT_CLOSED),
        ("blocked", Code::SUBSCRIBER_BLOCKED),
        ("unregistered", Code::SUBSCRIBER_UNREGISTERED),
    ] {
        let mut of = rows.iter().filter(|row| row["what"] == what).peekable();
        assert!(of.peek().is_some(), "{what}");
        assert!(of.all(|row| row["code"] == json!(code)), "{what}: {rows:?}");
    }
    privacy::a_meal_at_the_canteen(&parties, &aigerim);
    privacy::nothing_of_it_is_elsewhere(&parties, &children, "september");
}

#[test]
fn who_does_not_answer_is_reminded_once_and_then_it_lapses() {
    let operator = Operator::start();
    let smsc = &operator.smsc;
    let silent = Child::new("Жанерке", 7, 6, true);
    let parties = Parties::new(&[&silent], smsc, (4_000, 9_000));
    parties
        .list("late", &[&silent], "office")
        .expect("the office lists her");
    parties.attest("late");
    parties
        .open(&parties.path("office/late.list"))
        .expect("it is the portal's");
    let portal = parties.start();
    parties.until(What::Asked, 1);
    parties.until(What::Reminded, 1);
    wait("the reminder", || {
        smsc.shown_to(phone(6))
            .iter()
            .any(|text| text.starts_with("Еске салу"))
    });
    parties.until(What::Lapsed, 1);
    assert_eq!(parties.standing(&silent), Standing::Lapsed);
    smsc.say(phone(6), "2#1");
    parties.until(What::Late, 1);
    assert_eq!(parties.standing(&silent), Standing::Lapsed);
    assert_eq!(parties.count(What::Reminded), 1);
    drop(portal);
}
