//! A ledger, a clinic with its connector, the clinic's system, a person with a wallet, and the clinic's pharmacy.

use super::connector::{self, Connector, TEMPLATE, wait};
use super::ledger::Ledger;
use senim_connector::clinic::intake::Intake;
use senim_connector::clinic::system::ClinicSystem;
use senim_connector::clinic::watch::Watch;
use senim_connector::clinic::{self, FHIR_JSON, door};
use senim_connector::http::{Answered, Endpoint};
use senim_connector::outbox::Standing;
use senim_connector::service::{Settings, State, order};
use senim_tests::world::network::root;
use senim_types::text::KeyKind;
use senim_types::{Code, Hash, TimeMs};
use serde_json::{Value, json};
use std::cell::Cell;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle as Task;

/// Everybody.
pub struct Parties {
    /// The ledger.
    pub ledger: Ledger,
    /// The clinic's system.
    pub system: ClinicSystem,
    runtime: Runtime,
    address: SocketAddr,
    door: Endpoint,
    serving: Cell<Option<Task<()>>>,
}

impl Parties {
    /// A ledger whose clinic pharmacy has four packs that the state bought, and a clinic's system that is well.
    pub fn start() -> Parties {
        let ledger = Ledger::start();
        ledger.holder();
        ledger.done(&[
            "pack",
            "introduce",
            "--gtin",
            "04870001000011",
            "--lot",
            "M2699",
            "--expiry",
            "2031-05-31",
            "--serials",
            "CP0001,CP0002,CP0003,CP0004",
            "--at",
            "22",
            "--stage",
            "opening-stock",
        ]);
        let runtime = Runtime::new().expect("threads can be had");
        let bind = || {
            runtime
                .block_on(TcpListener::bind("127.0.0.1:0"))
                .expect("a port is free")
        };
        let (listener, door_listener) = (bind(), bind());
        let address = listener.local_addr().expect("it listens");
        let at_door = door_listener.local_addr().expect("it listens");
        let state = PathBuf::from(ledger.path("connector"));
        let network = PathBuf::from(ledger.path("network"));
        let intake = Intake {
            node: ledger.url().to_owned(),
            trusted: state.join("trusted.light"),
            folder: PathBuf::from(ledger.path("clinic")),
            device: senim_cli::keys::read(&network.join("keys/clinic.key"), KeyKind::Device)
                .expect("the devnet's key"),
            network,
            offset: 300,
            programme: 1,
            prescriber: 1,
        };
        runtime.spawn(async move {
            door::serve(door_listener, intake, Some("a token".to_owned())).await
        });
        let door = format!("http://{at_door}/fhir");
        let parties = Parties {
            ledger,
            system: ClinicSystem::new(),
            runtime,
            address,
            door: Endpoint::new(&door, 60_000, Some("a token".to_owned())).expect("an address"),
            serving: Cell::new(None),
        };
        parties.serve(listener);
        parties
    }

    fn serve(&self, listener: TcpListener) {
        let system = self.system.clone();
        let task = self
            .runtime
            .spawn(async move { system.serve(listener).await.expect("it serves") });
        self.serving.set(Some(task));
    }

    /// The clinic's system is gone: nobody listens there.
    pub fn unplug(&self) {
        if let Some(task) = self.serving.take() {
            task.abort();
            let _aborted = self.runtime.block_on(task);
        }
    }

    /// It is there again, at the same address.
    pub fn plug_in(&self) {
        let bound = || self.runtime.block_on(TcpListener::bind(self.address));
        let mut listener = bound();
        while listener.is_err() {
            std::thread::sleep(Duration::from_millis(50));
            listener = bound();
        }
        self.serve(listener.expect("the port is free again"));
    }

    fn settings(&self) -> Settings {
        connector::settings(&self.ledger, "connector")
    }

    /// Starts the connector, which gives the system half a second to answer.
    pub fn connector(&self) -> Connector {
        let settings = self.settings();
        let folder = PathBuf::from(self.ledger.path("clinic"));
        let url = format!("http://{}/fhir", self.address);
        let endpoint = Endpoint::new(&url, 500, None).expect("an address");
        let connector =
            Connector::start(move |stop| clinic::run(&settings, &folder, endpoint, stop));
        wait("the beginning", || self.followed());
        connector
    }

    fn state(&self) -> Option<State<Watch>> {
        let settings = self.settings();
        State::<Watch>::read(&settings.state, &settings.vault).ok()
    }

    fn followed(&self) -> bool {
        self.state().is_some_and(|state| state.followed.is_some())
    }

    /// What waits, as `list` reads it.
    pub fn waiting(&self) -> Vec<Standing> {
        let state = self.state().expect("there is a journal");
        state.outbox.waiting().into_iter().cloned().collect()
    }

    /// Waits until the first that waits was last answered like this.
    #[track_caller]
    pub fn until_answered(&self, code: &str) {
        wait(code, || {
            let waiting = self.waiting();
            let last = waiting.iter().filter_map(|one| one.last.as_ref());
            last.clone().any(|(said, _)| said.starts_with(code))
        });
    }

    /// Waits until nothing waits but for a person.
    #[track_caller]
    pub fn until_told(&self) {
        wait("all reports", || {
            self.waiting().iter().all(|one| one.is_refused)
        });
    }

    /// `retry`, or `dismiss` with a reason.
    pub fn order(&self, id: &Hash, reason: Option<&str>) -> Result<(), Code> {
        let settings = self.settings();
        let ordered = order::<Watch>(&settings.state, &settings.vault, id, reason);
        ordered.map_err(|failure| failure.code)
    }

    /// A message that orders metformin, or withdraws it.
    pub fn message(&self, line: &str, units: u32, until: Option<TimeMs>, status: &str) -> Vec<u8> {
        let text = std::fs::read_to_string(root().join(TEMPLATE)).expect("the template");
        let text = text
            .replace("LINE-CARD-1", line)
            .replace("RX-DEMO-0001-CARD1", &format!("RX-{line}"));
        let mut message: Value = serde_json::from_str(&text).expect("it is JSON");
        if status != "active" {
            message["entry"][0]["resource"]["eventCoding"]["code"] =
                json!("prescription-order-update");
        }
        let request = &mut message["entry"][1]["resource"];
        request["status"] = json!(status);
        request["dispenseRequest"]["quantity"]["value"] = json!(units);
        if let Some(until) = until {
            let until = senim_cli::words::date_time(until);
            request["dispenseRequest"]["validityPeriod"] = json!({ "end": until });
        }
        serde_json::to_vec(&message).expect("it is JSON")
    }

    /// Posts a message as the clinic's system does.
    pub fn post(&self, message: &[u8], holder: Option<&str>) -> Answered {
        let beside = holder.map_or_else(String::new, |holder| format!("?holder={holder}"));
        let path = format!("/$process-message{beside}");
        let answered = self.door.post(&path, FHIR_JSON, message);
        answered.unwrap_or_else(|outcome| panic!("{outcome:?}"))
    }

    /// Issues a message that has to be taken; answers the prescription.
    #[track_caller]
    pub fn issue(&self, line: &str, units: u32, until: Option<TimeMs>) -> String {
        let message = self.message(line, units, until, "active");
        let answered = self.post(&message, Some(&self.ledger.holder()));
        let answer = json(&answered);
        assert_eq!(answered.status, 200, "{answer}");
        let group = answer.pointer("/entry/0/resource/focus/0/identifier/value");
        let group = group
            .and_then(Value::as_str)
            .expect("the prescription is named");
        group.to_owned()
    }

    /// The picture of the wallet's QR for the first item.
    pub fn qr(&self, group: &str) -> String {
        let (wallet, qr) = (self.ledger.path("wallet"), self.ledger.path("qr.png"));
        self.ledger.done(&["wallet", "list", "--wallet", &wallet]);
        self.ledger.agrees(&wallet);
        self.ledger.done(&[
            "wallet", "qr", group, "--items", "1", "--ttl", "200s", "--out", &qr, "--wallet",
            &wallet,
        ]);
        qr
    }

    /// The clinic's pharmacy holds the first item by it.
    pub fn hold(&self, group: &str) {
        self.pharmacy(&["hold", "--qr", &self.qr(group), "--items", "1"]);
    }

    /// A command of the clinic's pharmacy.
    pub fn pharmacy(&self, args: &[&str]) -> Value {
        let folder = self.ledger.path("pharmacy");
        let with = ["--hold-dir", &folder, "--key", "clinic-pharmacy"];
        self.ledger.done(&[&["pharmacy"], args, &with].concat())
    }

    /// It dispenses from a pack.
    pub fn dispense(&self, group: &str, serial: &str, units: &str) {
        let pack = format!("(01)04870001000011(21){serial}(17)310531(10)M2699");
        self.pharmacy(&[
            "dispense", "--group", group, "--item", "1", "--pack", &pack, "--units", units,
            "--price", "1450",
        ]);
    }

    /// What the system was told of a line: of each resource type and status, and reason.
    pub fn told(&self, line: &str) -> Vec<String> {
        let reports = self.system.reports();
        let of_line = reports
            .iter()
            .filter(|report| report.to_string().contains(&format!("\"{line}\"")));
        of_line.flat_map(resources).collect()
    }
}

/// The resources of a report in short.
fn resources(report: &Value) -> Vec<String> {
    let entries = report["entry"].as_array().into_iter().flatten().skip(1);
    let short = |entry: &Value| {
        let resource = &entry["resource"];
        let word = |pointer: &str| {
            resource
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let kind = word("/resourceType").trim_start_matches("Medication");
        let reason = word("/statusReason/coding/0/code");
        let ended = word("/statusReasonCodeableConcept/coding/0/code");
        let units = resource
            .pointer("/quantity/value")
            .map_or_else(String::new, |units| format!(" {units}"));
        format!("{kind} {}{units} {reason}{ended}", word("/status"))
            .trim_end()
            .to_owned()
    };
    entries.map(short).collect()
}

/// The body of an answer.
pub fn json(answered: &Answered) -> Value {
    serde_json::from_slice(&answered.body).unwrap_or_default()
}

/// The stable code of a refusal.
pub fn code(answered: &Answered) -> String {
    let body = json(answered);
    let code = body
        .pointer("/issue/0/details/coding/0/code")
        .and_then(Value::as_str);
    code.unwrap_or_else(|| panic!("{body}")).to_owned()
}
