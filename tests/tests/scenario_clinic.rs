//! A clinic's commands against a running node: what is issued is supplied, reported back to the clinic in
//! FHIR, and withdrawn by a message that is kept with its reasons and its signature.

use clap::Parser;
use senim_api::{Api, ContactLimits, ContactStore, Metrics, SealedLimits, SealedStore, router};
use senim_cli::answer::Answer;
use senim_cli::args::Cli;
use senim_cli::commands;
use senim_cli::sealing::SealedObject;
use senim_tests::world::network::{contracts, root};
use senim_types::{Code, Hash};
use senimd::driver::now;
use senimd::folder::{Folder, NewNetwork};
use senimd::node::{Nodes, Tuning, unobserved};
use senimd::serve::listen;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};

/// A network of one validator that can be reached over HTTP; it ends with this value.
struct Devnet {
    folder: tempfile::TempDir,
    nodes: Nodes,
    url: String,
    _runtime: Runtime,
}

impl Devnet {
    fn start() -> Devnet {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let network = Folder::new(folder.path());
        network
            .initialise(&NewNetwork {
                template_path: &root().join("genesis/devnet.toml"),
                contracts_path: &contracts(),
                time: now(),
                validators_max: 1,
                machines: None,
            })
            .expect("the devnet's template makes a network");
        let nodes = Nodes::start(&network, Tuning::default(), unobserved).expect("it starts");
        let sealed = SealedStore::open(
            folder.path().join("sealed"),
            SealedLimits::default(),
            || now().0,
        )
        .expect("a folder for sealed data");
        let path = folder.path().join("terminals");
        let contacts = ContactStore::open(path, ContactLimits::default());
        let api = Api {
            node: nodes.nodes[0].handle.clone(),
            sealed: Arc::new(sealed),
            contacts: Arc::new(contacts.expect("a folder for contacts")),
            metrics: Arc::new(Metrics::default()),
            watch: Arc::default(),
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime can be made");
        let listening = listen(1, IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let listener = runtime.block_on(listening).expect("a free port").remove(0);
        let address = listener.local_addr().expect("it is bound");
        runtime.spawn(async move { axum::serve(listener, router(api)).await });
        Devnet {
            folder,
            nodes,
            url: format!("http://{address}"),
            _runtime: runtime,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command with this network's folder and node; names of the form `@name` are paths in the folder.
    fn run(&self, words: &[&str]) -> Result<Answer, Code> {
        let path = |name: &str| self.path(name).display().to_string();
        let common = [
            "--dir".to_owned(),
            path(""),
            "--node".to_owned(),
            self.url.clone(),
        ];
        let words = words.iter().map(|word| match word.strip_prefix('@') {
            Some(name) => path(name),
            None => (*word).to_owned(),
        });
        let line = ["senim".to_owned()].into_iter().chain(words).chain(common);
        let cli = Cli::try_parse_from(line).expect("a command");
        commands::run(&cli).map_err(|failure| {
            println!("{}: {}", failure.code, failure.message);
            failure.code
        })
    }

    fn done(&self, words: &[&str]) -> Answer {
        self.run(words)
            .unwrap_or_else(|code| panic!("{words:?}: {code}"))
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        self.nodes.stop();
    }
}

fn data(name: &str) -> String {
    root().join("tests/data").join(name).display().to_string()
}

/// Of a JSON list, what each has at a pointer.
fn each<'a>(list: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|one| one.pointer(pointer)).collect()
}

const PACK: &str = "(01)04870001000011(21)MF0001(17)310531(10)M2601";
const CLINIC: [&str; 4] = ["--clinic", "@clinic", "--key", "clinic"];
const PHARMACY: [&str; 4] = ["--hold-dir", "@pharmacy", "--key", "pharmacy"];

#[test]
fn what_is_issued_is_reported_and_withdrawn_with_nothing_lost() {
    let net = Devnet::start();
    net.done(&["wallet", "new", "--wallet", "@wallet"]);
    let holder = net.done(&["wallet", "key", "--wallet", "@wallet"]).text;
    let order = data("demo/order.json");
    let issue = [
        "prescription",
        "issue",
        "--fhir",
        &order,
        "--holder",
        holder.trim(),
    ];
    let issued = net.done(&[&issue[..], &CLINIC].concat());
    let group = issued.json["group"]
        .as_str()
        .expect("it is named")
        .to_owned();
    let report = [
        "prescription",
        "report",
        "--fhir",
        &order,
        "--clinic",
        "@clinic",
    ];
    let nothing = net.done(&report).json;
    assert!(
        nothing["bundle"].get("entry").is_none(),
        "nothing was supplied"
    );

    // The pharmacy that holds the item reads whether it may supply another product.
    net.done(&["wallet", "list", "--wallet", "@wallet"]);
    let agree = ["wallet", "agree", "--yes", "--wallet", "@wallet"];
    net.done(&[&agree[..], &["--key", "identity"]].concat());
    let qr = [
        "wallet", "qr", &group, "--items", "1", "--ttl", "200s", "--out", "@qr.png",
    ];
    net.done(&[&qr[..], &["--wallet", "@wallet", "--key", "identity"]].concat());
    let hold = ["pharmacy", "hold", "--qr", "@qr.png"];
    let held = net.done(&[&hold[..], &PHARMACY].concat());
    assert!(held.text.contains("substitute allowed"), "{}", held.text);
    let dispense = [
        "pharmacy", "dispense", "--group", &group, "--item", "1", "--pack", PACK,
    ];
    let sold = ["--units", "60", "--price", "1450"];
    net.done(&[&dispense[..], &sold, &PHARMACY].concat());

    // The clinic is told, about the line that it sent and about nobody.
    let out = [&report[..], &["--out", "@dispensed.json"]].concat();
    let told = net.done(&out);
    assert!(
        told.text.contains("60 tablets of metformin"),
        "{}",
        told.text
    );
    let written = std::fs::read_to_string(net.path("dispensed.json")).expect("it was written");
    for word in ["Сынақова", "610309200172", "SYNAQ", "1961-03-09"] {
        assert!(!written.contains(word), "{word}");
    }
    let bundle: Value = serde_json::from_str(&written).expect("FHIR in JSON");
    assert_eq!(bundle, told.json["bundle"]);
    let resource = |pointer: &str| each(&bundle["entry"], &format!("/resource/{pointer}"));
    assert_eq!(resource("resourceType"), ["MedicationDispense"]);
    assert_eq!(resource("status"), ["completed"]);
    assert_eq!(
        resource("authorizingPrescription/0/identifier/value"),
        ["LINE-DEMO-1"]
    );
    assert_eq!(resource("quantity/value"), [60]);
    assert_eq!(
        resource("identifier/0/value"),
        [format!("{group}.0.0").as_str()]
    );

    refuses(&net);

    // What the dispense is called stays; what is undone is said to be.
    let reverse = ["pharmacy", "reverse", "--group", &group, "--dispense", "0"];
    net.done(&[&reverse[..], &PHARMACY].concat());
    let bundle = net.done(&report).json["bundle"].clone();
    let resource = |pointer: &str| each(&bundle["entry"], &format!("/resource/{pointer}"));
    assert_eq!(resource("status"), ["entered-in-error"]);
    assert_eq!(
        resource("identifier/0/value"),
        [format!("{group}.0.0").as_str()]
    );

    withdraws(&net, &group);
}

/// What was redeemed is not withdrawn, and the message that asked for it leaves nothing behind.
fn refuses(net: &Devnet) {
    let text = std::fs::read_to_string(data("demo/cancel.json")).expect("the message");
    let redeemed = text.replace("LINE-DEMO-3", "LINE-DEMO-1");
    assert_ne!(redeemed, text);
    std::fs::write(net.path("redeemed.json"), redeemed).expect("the folder can be written");
    let kept = || {
        let sealed = std::fs::read_dir(net.path("sealed")).expect("a folder");
        let records = std::fs::read(net.path("clinic/issued.json")).expect("the records");
        (sealed.count(), records)
    };
    let before = kept();
    let cancel = ["prescription", "cancel", "--fhir", "@redeemed.json"];
    let refusal = net.run(&[&cancel[..], &CLINIC].concat());
    assert_eq!(
        refusal.map(|answer| answer.text),
        Err(Code::ALREADY_DISPENSED)
    );
    assert!(kept() == before, "nothing is left of it");
}

/// The cancelling message is sealed for the wallet, accounted for leaf by leaf, and its reason is on the ledger.
fn withdraws(net: &Devnet, group: &str) {
    let message = data("demo/cancel.json");
    let cancel = ["prescription", "cancel", "--fhir", &message];
    let done = net.done(&[&cancel[..], &CLINIC].concat());
    assert_eq!(done.json["cancelled"][0]["group"], group);
    assert_eq!(done.json["cancelled"][0]["items"], serde_json::json!([3]));
    assert!(
        done.text.contains("TreatmentChanged"),
        "the message's reason: {}",
        done.text
    );
    assert!(
        done.text.contains("signature"),
        "what went where: {}",
        done.text
    );
    let accounting = done.json["accounting"].as_array().expect("each leaf");
    let signature = accounting.iter().find(|leaf| {
        leaf["path"]
            .as_str()
            .is_some_and(|path| path.ends_with("signature[0].data"))
    });
    assert_eq!(
        signature.expect("it is accounted for")["disposition"],
        "sealed"
    );

    // It is kept under the hash that the clinic's folder names, and the wallet's key opens it.
    let hash = done.json["sealed"][0].as_str().expect("one hash");
    let records = std::fs::read_to_string(net.path("clinic/issued.json")).expect("the records");
    assert!(records.contains(hash), "the folder says where it is");
    let kept = std::fs::read(net.path("sealed").join(hash)).expect("the node keeps it");
    assert_eq!(Hash::of(&kept[4..]).to_string(), hash);
    let object = SealedObject::decode(&kept[4..]).expect("a sealed object");
    let wallet = commands::wallet::Wallet::open(Path::new(&net.path("wallet"))).expect("a wallet");
    let chain = senimd_chain(net);
    let key = object
        .unwrap_key(&chain, &wallet.opening(0))
        .expect("it is the wallet's");
    let whole = key
        .open_message(&object, &chain)
        .expect("the whole message");
    let whole: Value = serde_json::from_slice(&whole).expect("FHIR in JSON");
    let sent = std::fs::read(&message).expect("the message");
    let sent: Value = serde_json::from_slice(&sent).expect("FHIR in JSON");
    assert_eq!(whole, sent, "signature, reason and all");
}

fn senimd_chain(net: &Devnet) -> senim_types::ChainId {
    net.nodes.genesis.chain_id()
}

#[test]
fn a_message_can_be_tried_on_any_day() {
    let net = Devnet::start();
    net.done(&["wallet", "new", "--wallet", "@wallet"]);
    let holder = net.done(&["wallet", "key", "--wallet", "@wallet"]).text;
    let repeats = data("demo/repeats.json");
    let issue = [
        "prescription",
        "issue",
        "--fhir",
        &repeats,
        "--holder",
        holder.trim(),
    ];
    let issued = net.done(&[&issue[..], &CLINIC].concat());
    assert_eq!(
        issued.json["items"].as_array().map(Vec::len),
        Some(4),
        "{}",
        issued.text
    );
    assert!(issued.text.contains("part 3 of 3"), "{}", issued.text);
}
