//! A marking operator's system that is out of order does not stop a patient: what was dispensed is reported when it is
//! well again, and a movement that it tells late lets the payment go.

#[path = "support/connector.rs"]
mod connector;
#[path = "support/ledger.rs"]
mod ledger;
#[path = "../../node/senimd/tests/support/ports.rs"]
mod ports;

use connector::{Connector, TEMPLATE, wait};
use ledger::Ledger;
use ports::free_ports;
use senim_connector::http::Endpoint;
use senim_connector::marking::operator::MarkingOperator;
use senim_connector::marking::protocol::{Kind, Report};
use senim_connector::marking::{self, Cursor};
use senim_connector::outbox::Standing;
use senim_connector::rehearsal::Mood;
use senim_connector::service::{Settings, State, order};
use senim_tests::world::network::root;
use senim_types::text::KeyKind;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const GTIN: &str = "04870001000011";

/// A ledger with a pharmacy and a marking operator, each with a connector's folder.
struct Parties {
    ledger: Ledger,
    operator: MarkingOperator,
    address: SocketAddr,
    runtime: Runtime,
}

impl Parties {
    fn start() -> Parties {
        let parties = Parties::unreachable();
        parties.serve();
        parties
    }

    /// Where the operator's system should be nothing listens.
    fn unreachable() -> Parties {
        let ledger = Ledger::start();
        ledger.holder();
        let (runtime, operator) = (Runtime::new().expect("threads"), MarkingOperator::new());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_ports(1)));
        Parties {
            ledger,
            operator,
            address,
            runtime,
        }
    }

    /// The operator's system answers from now on.
    fn serve(&self) {
        let listener = self.runtime.block_on(TcpListener::bind(self.address));
        let listener = listener.expect("nobody else took the port");
        self.runtime.spawn(self.operator.clone().serve(listener));
    }

    fn settings(&self, whose: &str) -> Settings {
        connector::settings(&self.ledger, &format!("{whose}-connector"))
    }

    /// The connector of a pharmacy, or of the operator.
    fn connector(&self, whose: &str) -> Connector {
        let settings = self.settings(whose);
        let key = settings.network.join(format!("keys/{whose}.key"));
        let key = senim_cli::keys::read(&key, KeyKind::Device).expect("the devnet's key");
        let endpoint =
            Endpoint::new(&format!("http://{}", self.address), 500, None).expect("an address");
        let (pharmacy, operator) = match whose {
            "regulator" => (None, Some(key)),
            _ => (Some(key), None),
        };
        let connector = Connector::start(move |stop| {
            marking::run(&settings, endpoint, pharmacy, operator, stop)
        });
        wait("its journal", || self.state(whose).is_some());
        if whose == "pharmacy" {
            wait("the beginning", || {
                self.state(whose)
                    .is_some_and(|state| state.followed.is_some())
            });
        }
        connector
    }

    fn state(&self, whose: &str) -> Option<State<Cursor>> {
        let settings = self.settings(whose);
        State::<Cursor>::read(&settings.state, &settings.vault).ok()
    }

    fn waiting(&self, whose: &str) -> Vec<Standing> {
        let state = self.state(whose).expect("there is a journal");
        state.outbox.waiting().into_iter().cloned().collect()
    }

    #[track_caller]
    fn until_answered(&self, whose: &str, code: &str) {
        wait(code, || {
            let waiting = self.waiting(whose);
            let mut last = waiting.iter().filter_map(|one| one.last.as_ref());
            last.any(|(said, _)| said.starts_with(code))
        });
    }

    /// A person gets a pack of metformin; answers the prescription.
    fn dispensed(&self, line: &str, serial: &str, lot: &str) -> String {
        let text = std::fs::read_to_string(root().join(TEMPLATE)).expect("the template");
        let text = text
            .replace("LINE-CARD-1", line)
            .replace("RX-DEMO-0001-CARD1", line);
        let (file, clinic) = (self.ledger.path("order.json"), self.ledger.path("clinic"));
        std::fs::write(&file, text).expect("it is written");
        let holder = self.ledger.holder();
        let issued = self.ledger.done(&[
            "prescription",
            "issue",
            "--fhir",
            &file,
            "--holder",
            &holder,
            "--clinic",
            &clinic,
        ]);
        let group = issued["group"].as_str().expect("it is named").to_owned();
        let (wallet, qr) = (self.ledger.path("wallet"), self.ledger.path("qr.png"));
        self.ledger.done(&["wallet", "list", "--wallet", &wallet]);
        self.ledger.agrees(&wallet);
        self.ledger.done(&[
            "wallet", "qr", &group, "--items", "1", "--ttl", "200s", "--out", &qr, "--wallet",
            &wallet,
        ]);
        self.pharmacy(&["hold", "--qr", &qr, "--items", "1"]);
        let pack = format!("(01){GTIN}(21){serial}(17)310531(10){lot}");
        self.pharmacy(&[
            "dispense", "--group", &group, "--item", "1", "--pack", &pack, "--units", "60",
            "--price", "1450",
        ]);
        group
    }

    fn pharmacy(&self, args: &[&str]) -> Value {
        let folder = self.ledger.path("pharmacy");
        self.ledger
            .done(&[&["pharmacy"], args, &["--hold-dir", &folder]].concat())
    }

    /// What of a supply's money became.
    fn money(&self, group: &str) -> Value {
        let shown = self.ledger.done(&["prescription", "show", group]);
        shown["record"]["dispenses"][0]["money"].clone()
    }

    /// Serials that were reported, in order, and of which kind.
    fn told(&self) -> Vec<(Kind, String)> {
        let reports = self.operator.reports();
        let told = reports
            .iter()
            .map(|report| (report.kind, report.serial.to_string()));
        told.collect()
    }
}

#[test]
fn an_operator_that_is_out_of_order_stops_no_patient_and_is_told_later() {
    let parties = Parties::unreachable();
    let connector = parties.connector("pharmacy");
    // Nobody is there at all.
    let group = parties.dispensed("LINE-1", "MF0001", "M2601");
    assert_eq!(parties.money(&group), "posted");
    parties.until_answered("pharmacy", "OUTSIDE_UNREACHABLE");
    // Somebody is, and can do nothing yet.
    parties.operator.mood(Mood::Down);
    parties.serve();
    parties.until_answered("pharmacy", "OUTSIDE_BUSY");
    assert_eq!(parties.told(), []);

    // It is undone while nobody hears of the supply, and the connector ends in between.
    drop(connector);
    parties.pharmacy(&["reverse", "--group", &group, "--dispense", "0"]);
    let connector = parties.connector("pharmacy");
    wait("two reports", || parties.waiting("pharmacy").len() == 2);
    parties.operator.mood(Mood::Nonsense);
    parties.until_answered("pharmacy", "OUTSIDE_NONSENSE");
    parties
        .operator
        .mood(Mood::Slow(Duration::from_millis(1_500)));
    parties.until_answered("pharmacy", "OUTSIDE_SLOW");
    parties.operator.mood(Mood::Well);
    let both = [Kind::Withdrawal, Kind::Return].map(|kind| (kind, "MF0001".to_owned()));
    wait("both, in order", || parties.told() == both);
    wait("nothing that waits", || {
        parties.waiting("pharmacy").is_empty()
    });
    let Report {
        document,
        lot,
        expiry,
        units,
        organisation,
        quarantine,
        ..
    } = parties.operator.reports()[1].clone();
    assert_eq!(
        (document, units, organisation),
        (format!("{group}.0"), 60, 20)
    );
    assert_eq!(lot.map(|lot| lot.to_string()).as_deref(), Some("M2601"));
    assert_eq!(
        expiry.map(|day| day.to_string()).as_deref(),
        Some("2031-05-31")
    );
    assert!(!quarantine, "it never left");

    // What it refuses for good waits for a person; what another pharmacy dispenses is not this one's to report.
    parties.operator.mood(Mood::Refuses("MF0002".to_owned()));
    parties.dispensed("LINE-2", "MF0002", "M2601");
    wait("the register", || {
        parties.waiting("pharmacy").iter().any(|one| one.is_refused)
    });
    let register = parties.waiting("pharmacy");
    let (said, _) = register[0].last.clone().expect("an answer");
    assert_eq!(said, "PACK the pack is not known here");
    drop(connector);
    let settings = parties.settings("pharmacy");
    parties.operator.mood(Mood::Well);
    let id = register[0].message.id;
    order::<Cursor>(&settings.state, &settings.vault, &id, None).expect("it waits");
    let _connector = parties.connector("pharmacy");
    wait("the second", || parties.told().len() == 3);
}

#[test]
fn a_movement_that_was_missing_comes_through_the_adapter_and_the_payment_goes() {
    let parties = Parties::start();
    let operator = &parties.operator;
    let pack = |serial: &str| json!({ "gtin": GTIN, "serial": serial });
    let connector = parties.connector("regulator");
    operator.moved(json!({
        "kind": "introduce", "gtin": GTIN, "lot": "M2650", "expiry": "2031-05-31", "serials": ["MX0001", "MX0002"], "at": 4,
    }));
    let known = |serial: &str| {
        let pack = format!("(01){GTIN}(21){serial}(17)310531(10)M2650");
        let verify = ["pack", "verify", &pack, "--org", "20"];
        parties.ledger.senim(&verify).is_ok()
    };
    wait("the packs", || known("MX0001"));

    // The pharmacy has the pack, and nobody has told that it was shipped: the person gets it, and the payment waits.
    operator.mood(Mood::Down);
    let group = parties.dispensed("LINE-3", "MX0001", "M2650");
    assert_eq!(parties.money(&group), "pending");
    drop(connector);
    let settle = ["settle", "--group", &group, "--dispense", "0"];
    let settle = [&["pharmacy"], &settle[..]].concat();
    assert!(parties.ledger.senim(&settle).is_err() || parties.money(&group) == "pending");

    // Movements that are wrong wait for a person; those after them are brought all the same.
    operator.moved(json!({ "kind": "teleport" }));
    operator.moved(json!({ "kind": "ship", "packs": [pack("NEVER")], "to": 20 }));
    operator.moved(json!({ "kind": "ship", "packs": [pack("MX0001")], "to": 20 }));
    let _connector = parties.connector("regulator");
    operator.mood(Mood::Nonsense);
    std::thread::sleep(Duration::from_millis(500));
    operator.mood(Mood::Well);
    wait("all movements", || {
        let state = parties.state("regulator").expect("there is a journal");
        state.outbox.waiting().iter().all(|one| one.is_refused) && state.outbox.waiting().len() == 2
    });
    let register = parties.waiting("regulator");
    let said: Vec<&str> = register
        .iter()
        .filter_map(|one| Some(one.last.as_ref()?.0.as_str()))
        .collect();
    assert_eq!(said, ["MOVEMENT_FORM", "PACK_UNKNOWN"]);
    parties.ledger.done(&settle);
    assert_eq!(parties.money(&group), "posted");

    // While its device is suspended nothing is refused for good: it waits, and is brought when the device is resumed.
    let key = parties.ledger.path("network/keys/regulator.key");
    let key = senim_cli::keys::read(key.as_ref(), KeyKind::Device).expect("the devnet's key");
    let device = key.public().to_text(KeyKind::Device);
    let operators = |what: &str| {
        let change = ["device", what, &device, "--key", "operator"];
        parties.ledger.done(&change);
    };
    operators("suspend");
    operator.moved(json!({ "kind": "ship", "packs": [pack("MX0002")], "to": 20 }));
    parties.until_answered("regulator", "OUTSIDE_BUSY: DEVICE_SUSPENDED");
    operators("resume");
    wait("the movement that waited", || {
        parties.waiting("regulator").len() == 2
    });
}
