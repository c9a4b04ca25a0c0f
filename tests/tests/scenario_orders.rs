//! Order messages through the client's own commands, over HTTP, against a running node: what a message
//! orders is on the ledger, item by item and proven; what a message withdraws is cancelled; and a QR that
//! was copied is worth nothing at another pharmacy.
//!
//! The public messages of a service in use are read where they are at hand: `SENIM_VECTORS` names their
//! folder, or they lie beside the project as `../shared/vectors`. Elsewhere that test is left out, and counted as such.

#[path = "support/ledger.rs"]
mod ledger;

use ledger::Ledger;
use senim_cli::answer::Answer;
use senim_tests::world::network::root;
use senim_types::Code;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const SEND: &str =
    "acute__nominated-pharmacy__medical-prescriber__1-Process-Request-Send-200_OK.json";
const SEND_REPEAT: &str = "acute-and-repeat-prescribing__1-Process-Request-Send-200_OK.json";
const CANCEL: &str = "acute__nominated-pharmacy__medical-prescriber__cancellations__1-Process-Request-Cancel-200_OK.json";

impl Ledger {
    fn issue(&self, message: &Path) -> Result<Answer, Code> {
        let (message, holder) = (message.to_str().expect("UTF-8"), self.holder());
        let clinic = self.path("clinic");
        let issue = ["prescription", "issue", "--fhir", message];
        self.senim(&[&issue[..], &["--holder", &holder, "--clinic", &clinic]].concat())
    }

    /// Issues a message; the prescription that it became.
    fn issued(&self, message: &Path) -> String {
        let answer = self.issue(message).expect("the message is taken");
        answer.json["group"].as_str().expect("an id").to_owned()
    }

    fn cancel(&self, message: &Path) -> Result<Answer, Code> {
        let message = message.to_str().expect("UTF-8");
        let clinic = self.path("clinic");
        self.senim(&[
            "prescription",
            "cancel",
            "--fhir",
            message,
            "--clinic",
            &clinic,
        ])
    }

    /// The items of a prescription as the ledger has them, proven.
    fn items(&self, group: &str) -> Vec<OnLedger> {
        let shown = self.done(&["prescription", "show", group]);
        let items = shown["items"].as_array().expect("a list");
        items.iter().map(OnLedger::read).collect()
    }
}

/// What of an item on the ledger is compared.
#[derive(Debug, PartialEq, Eq)]
struct OnLedger {
    inn: String,
    quantity: u64,
    unit: String,
    /// Number and count of the parts of a repeat, and its line.
    part: Option<(u64, u64, u64)>,
    status: String,
}

impl OnLedger {
    fn read(item: &Value) -> OnLedger {
        let record = &item["record"];
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let number = |value: &Value| value.as_u64().expect("a number");
        assert_eq!(record["remaining"], record["quantity"], "nothing was given");
        let part = &record["part"];
        let part = (!part.is_null()).then(|| {
            (
                number(&part["number"]),
                number(&part["of"]),
                number(&part["line"]),
            )
        });
        OnLedger {
            inn: text(&record["inn"]),
            quantity: number(&record["quantity"]),
            unit: text(&record["unit"]),
            part,
            status: text(&item["status"]),
        }
    }

    fn whole(inn: &str, quantity: u64, unit: &str, status: &str) -> OnLedger {
        OnLedger {
            inn: inn.to_owned(),
            quantity,
            unit: unit.to_owned(),
            part: None,
            status: status.to_owned(),
        }
    }
}

fn public_message(name: &str) -> PathBuf {
    let folder = std::env::var_os("SENIM_VECTORS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| root().join("../shared/vectors"));
    let path = folder.join("fhir/nhs-eps").join(name);
    assert!(path.exists(), "{} is not here", path.display());
    path
}

/// How many orders a message holds, by its own words.
fn orders_in(message: &Path) -> usize {
    let text = std::fs::read(message).expect("it is there");
    let message: Value = serde_json::from_slice(&text).expect("it is JSON");
    let entries = message["entry"].as_array().expect("a bundle has entries");
    let is_order = |intent: &str| intent == "order" || intent.ends_with("-order");
    let orders = entries.iter().map(|entry| &entry["resource"]).filter(|it| {
        it["resourceType"] == "MedicationRequest" && it["intent"].as_str().is_some_and(is_order)
    });
    orders.count()
}

#[test]
#[ignore = "reads public messages that are not carried here: SENIM_VECTORS names their folder"]
fn public_order_messages_are_issued_whole_and_the_cancel_message_cancels() {
    let [send, repeat, cancel] = [SEND, SEND_REPEAT, CANCEL].map(public_message);
    let ledger = Ledger::start();
    assert_eq!(ledger.cancel(&cancel).map(|_| ()), Err(Code::ORDER_UNKNOWN));

    let four = ledger.issued(&send);
    let as_ordered = |status| {
        [
            OnLedger::whole("J01CA04", 20, "capsule", status),
            OnLedger::whole("N02AJ06", 20, "tablet", status),
            OnLedger::whole("R01BA02", 30, "tablet", status),
            OnLedger::whole("J01FA10", 30, "capsule", status),
        ]
    };
    assert_eq!(ledger.items(&four), as_ordered("ready"));
    assert_eq!(orders_in(&send), 4);

    let two = ledger.issued(&repeat);
    let with_first = |status| {
        [
            OnLedger::whole("N02BE01", 100, "tablet", status),
            OnLedger::whole("R03AC02", 200, "dose", "ready"),
        ]
    };
    assert_eq!(ledger.items(&two), with_first("ready"));
    assert_eq!(orders_in(&repeat), 2);

    for message in [&send, &repeat] {
        assert_eq!(ledger.issue(message).map(|_| ()), Err(Code::ORDER_ISSUED));
    }

    let cancelled = ledger.cancel(&cancel).expect("it names a line");
    let meant = json!([{ "group": two, "items": [1] }]);
    assert_eq!(cancelled.json["cancelled"], meant);
    assert_eq!(ledger.items(&two), with_first("cancelled"));
    assert_eq!(ledger.items(&four), as_ordered("ready"), "not of this one");
    // The same message again finds nothing left to cancel.
    ledger.cancel(&cancel).expect("it names the same line");
    assert_eq!(ledger.items(&two), with_first("cancelled"));
}

#[test]
fn the_parts_of_a_repeat_are_items_and_a_copied_qr_is_refused_elsewhere() {
    let ledger = Ledger::start();
    // Its dates are of the year in which it was written: the order begins today, and the authorisation to
    // repeat ends in a hundred years. The devnet's programme bears enalapril and not losartan.
    let text = std::fs::read_to_string(root().join("tests/data/fhir/repeats.json"));
    let text = text.expect("it is there");
    let changes = [("2026-05-05", "2126-05-05"), ("LOSA-50-TAB", "ENAL-10-TAB")];
    let text = changes.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let mut message: Value = serde_json::from_str(&text).expect("it is JSON");
    for entry in message["entry"].as_array_mut().expect("a bundle") {
        if let Some(request) = entry["resource"]["dispenseRequest"].as_object_mut() {
            request.remove("validityPeriod");
        }
    }
    let path = PathBuf::from(ledger.path("repeats.json"));
    std::fs::write(&path, message.to_string()).expect("the folder can be written");
    let group = ledger.issued(&path);
    let items = ledger.items(&group);
    let parts: Vec<_> = items.iter().map(|item| item.part).collect();
    let of = |line, number, of| Some((number, of, line));
    let expected = [
        None,
        of(1, 1, 3),
        of(1, 2, 3),
        of(1, 3, 3),
        of(2, 1, 4),
        of(2, 2, 4),
        of(2, 3, 4),
        of(2, 4, 4),
    ];
    assert_eq!(parts, expected);
    for line in [&items[1..4], &items[4..8]] {
        assert!(line.iter().all(|part| part.inn == line[0].inn));
        assert!(line.iter().all(|part| part.quantity == line[0].quantity));
    }

    // One live QR for two items, and a copy of its picture.
    let (wallet, qr) = (ledger.path("wallet"), ledger.path("qr.png"));
    ledger.done(&["wallet", "agree", "--yes", "--wallet", &wallet]);
    let shown = ["wallet", "qr", &group, "--items", "1,2", "--ttl", "300s"];
    let kept = ["--out", &qr, "--wallet", &wallet, "--key", "identity"];
    ledger.done(&[&shown[..], &kept].concat());
    let copy = ledger.path("copied.png");
    std::fs::copy(&qr, &copy).expect("a picture can be copied");
    let (own, rival) = (ledger.path("pharmacy"), ledger.path("rival"));
    let hold = |qr, item, folder, key| {
        let hold = ["pharmacy", "hold", "--qr", qr, "--items", item];
        ledger.senim(&[&hold[..], &["--hold-dir", folder, "--key", key]].concat())
    };
    assert!(hold(&qr, "1", &own, "pharmacy").is_ok());
    for item in ["1", "2"] {
        let refused = hold(&copy, item, &rival, "rival");
        assert_eq!(refused.map(|_| ()), Err(Code::QR_REPLAYED), "item {item}");
    }
    let again = ledger.refused(&[
        "pharmacy",
        "hold",
        "--qr",
        &qr,
        "--items",
        "2",
        "--hold-dir",
        &own,
        "--key",
        "pharmacy",
    ]);
    assert_eq!(again, Code::QR_REPLAYED);
    let statuses: Vec<_> = ledger
        .items(&group)
        .iter()
        .map(|item| item.status.clone())
        .collect();
    assert_eq!(statuses[..2], ["held", "ready"]);
}
