//! The genesis ceremony as its page tells it: the page's own commands, in four folders, and the machines that
//! come of it; then one tampering after another, each refused with what and whose.

#[path = "support/ports.rs"]
mod ports;

use ports::free_ports;
use senim_abi::registry::Execute;
use senim_types::text::KeyKind;
use senim_types::transaction::TRANSACTION_VERSION;
use senim_types::{Call, Hash, OrgId, TimeMs, Transaction, codec};
use senimd::folder::Folder;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PAGE: &str = include_str!("../../../docs/operating/ceremony.md");
const FOLDERS: [&str; 4] = ["operator", "fund", "treasury", "regulator"];
/// A change of a file, and what is said of it.
type Tampering<'a> = (&'a dyn Fn(&mut Value), &'a str);
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// The page's blocks of this language.
/// The exit code that goes with an error code.
fn exit_of(name: &str) -> i32 {
    let entry = senim_types::code::CODES
        .iter()
        .find(|entry| entry.name == name);
    senimd::exit::status(entry.expect("a code of the table").code).into()
}

fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let begins = PAGE.split(&fence).skip(1);
    begins
        .map(|rest| rest.split("```").next().expect("a fence closes"))
        .collect()
}

/// The page's commands that begin so, in order.
fn commands(begin: &str) -> Vec<&'static str> {
    let lines = blocks("sh").into_iter().flat_map(str::lines);
    lines.filter(|line| line.starts_with(begin)).collect()
}

/// A place with the template and the contracts' code, where the page's commands are run.
struct Place {
    folder: tempfile::TempDir,
    port: u16,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("network.toml"), blocks("toml")[0]).expect("a file");
        let contracts = folder.path().join("contracts");
        fs::create_dir(&contracts).expect("a folder");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../genesis/contracts");
        for entry in fs::read_dir(source).expect("the contracts") {
            let path = entry.expect("an entry").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "wasm")
            {
                let name = path.file_name().expect("a name");
                fs::copy(&path, contracts.join(name)).expect("a copy");
            }
        }
        let port = free_ports(16);
        Place { folder, port }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The words of a line of the page, with addresses and ports of this machine.
    fn words(&self, line: &str) -> Vec<String> {
        let mut line = line.to_owned();
        for number in 1..=4u16 {
            let address = format!("/ip4/192.0.2.{number}/tcp/7301");
            line = line.replace(
                &address,
                &format!("/ip4/127.0.0.1/tcp/{}", self.port + number),
            );
            if line.contains(&format!("--organisation {number} ")) {
                let http = format!("127.0.0.1:{}", self.http_port(number));
                line = line.replace("127.0.0.1:7101", &http);
            }
        }
        line.split_whitespace().skip(1).map(str::to_owned).collect()
    }

    fn http_port(&self, number: u16) -> u16 {
        self.port + 8 + number
    }

    fn senimd(&self, words: &[String]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_senimd"));
        command.current_dir(self.folder.path()).args(words);
        command.env_remove("SENIM_DIR").env_remove("SENIM_LOG");
        command
    }

    fn run(&self, line: &str) -> Output {
        let mut command = self.senimd(&self.words(line));
        command.stdin(Stdio::null()).output().expect("it runs")
    }

    fn does(&self, line: &str) -> Value {
        let output = self.run(&format!("{line} -o json"));
        assert!(output.status.success(), "{line}: {output:?}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// What a command that has to be refused says.
    fn refuses(&self, line: &str, code: &str, says: &[&str]) {
        let output = self.run(line);
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(exit_of(code)), "{line}: {said}");
        assert!(said.contains(&format!("[{code}]")), "{line}: {said}");
        for words in says {
            assert!(said.contains(words), "{line}: `{words}` is not in: {said}");
        }
    }

    fn json(&self, name: &str) -> Value {
        let text = fs::read_to_string(self.path(name)).expect("a file");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Writes a changed copy of a file.
    fn changed(&self, name: &str, copy: &str, change: impl FnOnce(&mut Value)) {
        let mut value = self.json(name);
        change(&mut value);
        fs::write(self.path(copy), value.to_string()).expect("a file");
    }

    /// The page's commands up to the ceremony's file; gives the chain.
    fn assembled(&self) -> String {
        for line in commands("senimd genesis keys") {
            self.does(line);
        }
        let told = self.does(commands("senimd genesis assemble")[0]);
        told["chain"].as_str().expect("a chain").to_owned()
    }

    /// A transaction of the operator's device.
    fn registration(&self) -> Vec<u8> {
        let folder = Folder::new(self.path("operator"));
        let key = folder.key("operator", KeyKind::Device).expect("its key");
        let message = Execute::RegisterOrganisation {
            org: OrgId(77),
            name: "Another".to_owned(),
            roles: senim_abi::Roles::CLINIC,
            details: Hash::of(b"details"),
        };
        let body = Transaction {
            version: TRANSACTION_VERSION,
            chain: folder.genesis().expect("a genesis").chain_id(),
            device: key.public(),
            sequence: 0,
            valid_until: TimeMs(senimd::driver::now().0 + 3_600_000),
            calls: vec![Call {
                contract: senim_abi::REGISTRY,
                input: codec::encode(&message),
            }],
            witnesses: Vec::new(),
        };
        codec::encode(&key.sign_transaction(body, Vec::new()))
    }

    /// The page's commands up to the signed file.
    fn signed(&self) -> String {
        let chain = self.assembled();
        for line in commands("senimd genesis sign") {
            self.does(&line.replace("CHAIN", &chain));
        }
        self.does(commands("senimd genesis finish")[0]);
        chain
    }
}

/// Processes that end with the test.
struct Running(Vec<Child>);

impl Drop for Running {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that ended already needs no ending.
            let _gone = child.kill();
            let _reaped = child.wait();
        }
    }
}

#[test]
fn four_organisations_go_through_the_page_and_their_machines_decide_blocks() {
    let place = Place::new();
    let chain = place.signed();
    let shown = place.does(commands("senimd genesis show")[0]);
    assert_eq!(shown["chain"], chain.as_str());
    let verified = place.does(commands("senimd genesis verify")[0]);
    assert_eq!(verified["signed_by"], json!([1, 2, 3, 4]));
    for line in commands("senimd genesis install") {
        place.does(line);
    }
    // No secret is in what was handed on, and each folder has its own only.
    let mut handed_on = fs::read_to_string(place.path("signed.json")).expect("a file");
    for (number, folder) in (1..).zip(FOLDERS) {
        for part in ["contribution", "signature"] {
            let path = place.path(&format!("{folder}/{part}-{number}.json"));
            handed_on += &fs::read_to_string(path).expect("a file");
        }
        let keys = fs::read_dir(place.path(folder).join("keys")).expect("keys");
        assert_eq!(keys.count(), 4, "organisation, validator, peer, device");
    }
    assert!(!handed_on.contains("secret"), "a secret was handed on");

    let mut running = Running(Vec::new());
    for (number, line) in (1u16..).zip(commands("senimd start")) {
        let log = fs::File::create(place.path(&format!("log-{number}"))).expect("a file");
        let mut command = place.senimd(&place.words(line));
        let process = command.stdout(Stdio::null()).stderr(log).spawn();
        running.0.push(process.expect("it runs"));
    }
    let status = |number: u16| -> Option<Value> {
        let url = format!("http://127.0.0.1:{}/v1/status", place.http_port(number));
        let text = ureq::get(&url).call().ok()?.body_mut().read_to_string();
        serde_json::from_str(&text.ok()?).ok()
    };
    // The operator's device, whose key never was anywhere else, may act.
    let transaction = place.registration();
    let url = format!("http://127.0.0.1:{}/v1/transactions", place.http_port(2));
    let until = Instant::now() + PATIENCE;
    loop {
        // Those that are not ready yet are asked again, with the same bytes.
        let _again = ureq::post(&url).send(&transaction[..]);
        let heights: Vec<Option<u64>> = (1..=4)
            .map(|number| status(number)?["height"].as_u64())
            .collect();
        if heights
            .iter()
            .all(|height| height.is_some_and(|height| height > 0))
        {
            break;
        }
        assert!(Instant::now() < until, "no block: {heights:?}");
        std::thread::sleep(Duration::from_millis(300));
    }
    let first = status(1).expect("it answers");
    assert_eq!(first["chain"], chain.as_str());
    assert_eq!(first["validators"], 4);
}

#[test]
fn what_is_wrong_with_contributions_is_refused_and_named() {
    let place = Place::new();
    let keys = commands("senimd genesis keys");
    place.refuses(
        "senimd genesis keys --organisation 9 --dir x --template network.toml",
        "CONFIGURATION",
        &["no organisation 9"],
    );
    place.refuses(
        "senimd genesis keys --organisation 2 --dir x --template network.toml",
        "CONFIGURATION",
        &["organisation 2 (Social Health Insurance Fund)", "--address"],
    );
    place.does(keys[0]);
    place.refuses(keys[0], "CONFIGURATION", &["made before"]);
    let assemble = commands("senimd genesis assemble")[0];
    for line in &keys[1..] {
        place.does(line);
    }
    let fund = "fund/contribution-2.json";
    let without = assemble.replace(fund, "");
    let twice = format!("{assemble} {fund}");
    place.refuses(
        &without,
        "GENESIS",
        &["(Social Health Insurance Fund) has not contributed"],
    );
    place.refuses(
        &twice,
        "GENESIS",
        &["(Social Health Insurance Fund) contributed twice"],
    );

    let forged = assemble.replace(fund, "forged.json");
    let fund_says = "organisation 2 (Social Health Insurance Fund)";
    let treasury = place.json("treasury/contribution-3.json");
    let cases: [Tampering<'_>; 7] = [
        (
            &|value| value["address"] = json!("/ip4/192.0.2.9/tcp/7301"),
            "does not prove",
        ),
        (
            &|value| value["keys"]["fund"] = treasury["keys"]["treasury"].clone(),
            "does not prove",
        ),
        (
            &|value| value["keys"]["organisation"] = json!("senimorg1qq"),
            "the key `organisation`",
        ),
        (
            &|value| {
                let keys = value["keys"].as_object_mut().expect("keys");
                keys.remove("validator-2");
            },
            "the key `validator-2` is missing",
        ),
        (
            &|value| value["keys"]["more"] = value["keys"]["fund"].clone(),
            "the template knows no key `more`",
        ),
        (
            &|value| value["template"] = json!("00".repeat(32)),
            "for another template",
        ),
        (&|value| value["version"] = json!(2), "its version is 2"),
    ];
    for (change, says) in cases {
        place.changed(fund, "forged.json", change);
        place.refuses(&forged, "GENESIS", &[fund_says, says]);
    }
    fs::write(place.path("forged.json"), "{}").expect("a file");
    place.refuses(&forged, "GENESIS", &["forged.json", "missing field"]);
    // Another template than the one that the keys are for.
    let text = fs::read_to_string(place.path("network.toml")).expect("a file");
    fs::write(place.path("other.toml"), format!("{text}\n# one byte more")).expect("a file");
    let other = assemble.replace("network.toml", "other.toml");
    place.refuses(
        &other,
        "GENESIS",
        &["organisation 1", "for another template"],
    );
    assert!(!place.path("ceremony.json").exists(), "nothing was made");
    place.does(assemble);
    place.refuses(assemble, "GENESIS", &["ceremony.json"]);
}

#[test]
fn what_is_wrong_with_the_file_is_refused_before_anybody_signs_it() {
    let place = Place::new();
    let chain = place.assembled();
    let sign = commands("senimd genesis sign")[1];
    let forged = sign
        .replace("ceremony.json", "forged.json")
        .replace("CHAIN", &chain);
    let cases: [Tampering<'_>; 6] = [
        (
            &|value| value["genesis"]["name"] = json!("another"),
            "the name differs",
        ),
        (
            &|value| value["genesis"]["parameters"]["heartbeat_ms"] = json!(1),
            "a parameter differs",
        ),
        (
            &|value| value["genesis"]["validators"][0]["power"] = json!(9),
            "the set of validators differs",
        ),
        (
            &|value| {
                let calls = value["genesis"]["calls"].as_array_mut().expect("calls");
                calls.pop();
            },
            "a call that makes the first state differs",
        ),
        (
            &|value| value["genesis"]["contracts"][0]["code"] = json!("11".repeat(32)),
            "the genesis pins the code 1111",
        ),
        (
            &|value| {
                let text = value["template"].as_str().expect("text").to_owned();
                value["template"] = json!(text.replace("fund", "fund2"));
            },
            "for another template",
        ),
    ];
    for (change, says) in cases {
        place.changed("ceremony.json", "forged.json", change);
        place.refuses(&forged, "GENESIS", &[says]);
        assert!(!place.path("fund/signature-2.json").exists());
    }
    // The operator makes another set of keys in the fund's name: everything fits, but for the fund's folder.
    let mut keys = commands("senimd genesis keys")[1].replace("--dir fund", "--dir evil");
    place.does(&keys);
    keys = commands("senimd genesis assemble")[0]
        .replace("fund/", "evil/")
        .replace("ceremony.json", "evil.json");
    let evil = place.does(&keys)["chain"]
        .as_str()
        .expect("a chain")
        .to_owned();
    let line = sign
        .replace("ceremony.json", "evil.json")
        .replace("CHAIN", &evil);
    place.refuses(
        &line,
        "KEY_FILE",
        &["(Social Health Insurance Fund)", "replaced on its way"],
    );
    // The chain has to be the one that was seen: by word, or typed.
    let line = sign.replace("CHAIN", &evil);
    place.refuses(&line, "CONFIGURATION", &["not signed", &chain]);
    let line = sign.replace("--accept CHAIN", "");
    place.refuses(
        &line,
        "CONFIGURATION",
        &["Network `four-organisations`", "not signed"],
    );
    assert!(!place.path("fund/signature-2.json").exists());
    // Another contract's code under a known name.
    let code = place.path("contracts/treasury.wasm");
    fs::copy(place.path("contracts/registry.wasm"), code).expect("a copy");
    place.refuses(
        &sign.replace("CHAIN", &chain),
        "GENESIS",
        &["of `treasury`"],
    );
}

#[test]
fn a_file_that_somebody_has_not_signed_is_not_whole() {
    let place = Place::new();
    let chain = place.signed();
    let finish = commands("senimd genesis finish")[0].replace("--out signed.json", "--out x.json");
    let treasury = "treasury/signature-3.json";
    place.refuses(
        &finish.replace(treasury, ""),
        "GENESIS",
        &["organisation 3 (Treasury) has not signed"],
    );
    let install = commands("senimd genesis install")[0];
    place.refuses(
        &install.replace("signed.json", "ceremony.json"),
        "GENESIS",
        &["organisation 1 (Network operator) has not signed"],
    );
    let fund = place.json("fund/signature-2.json");
    let cases: [Tampering<'_>; 4] = [
        (
            &|value| value["by_organisation"] = fund["by_organisation"].clone(),
            "organisation key",
        ),
        (
            &|value| value["by_validator"] = fund["by_validator"].clone(),
            "validator key",
        ),
        (
            &|value| value["by_validator"] = Value::Null,
            "validator key",
        ),
        (
            &|value| value["chain"] = json!("22".repeat(32)),
            "organisation key",
        ),
    ];
    for (change, says) in cases {
        place.changed(treasury, "forged.json", change);
        let line = finish.replace(treasury, "forged.json");
        place.refuses(&line, "GENESIS", &["organisation 3 (Treasury)", says]);
    }
    // The signed file, changed afterwards: every signature is for another chain.
    place.changed("signed.json", "forged.json", |value| {
        value["genesis"]["time"] = json!(value["genesis"]["time"].as_u64().expect("ms") + 1);
    });
    let verify = commands("senimd genesis verify")[0].replace("signed.json", "forged.json");
    place.refuses(&verify, "GENESIS", &["organisation 1 (Network operator)"]);
    // Another organisation's folder is not installed.
    let line = install.replace("--dir operator", "--dir fund");
    place.refuses(&line, "KEY_FILE", &["operator.key"]);
    assert_eq!(
        place.does(commands("senimd genesis verify")[0])["chain"],
        chain.as_str()
    );
}
