//! Processes of the daemon, each on a folder of its own, asked over HTTP like anybody would.
#![allow(dead_code, reason = "each test binary uses a part of this")]

mod ports;

use borsh::BorshDeserialize;
use ports::free_ports;
use senim_abi::REGISTRY;
use senim_abi::registry::Execute;
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use senim_types::transaction::TRANSACTION_VERSION;
use senim_types::{
    Call, Code, Genesis, PublicKey, Receipt, SignedTransaction, Status, TimeMs, Transaction, codec,
};
use senimd::exit;
use senimd::folder::Folder;
use senimd::machine::{self, MachineConfig, machine_folder};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine: whoever waits so long waits in vain.
const PATIENCE: Duration = Duration::from_secs(120);
/// Ports of one network: interfaces first, then what nodes reach each other by.
const PORTS: u16 = 16;

/// A network of processes.
pub struct Machines {
    folder: Folder,
    genesis: Genesis,
    machines: Vec<Machine>,
    sequences: BTreeMap<PublicKey, u64>,
    port: u16,
    _temporary: tempfile::TempDir,
}

struct Machine {
    folder: Folder,
    url: String,
    process: Option<Child>,
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

impl Machines {
    /// Makes a network of so many validators and starts a process for each.
    pub fn start(validators: u16) -> Machines {
        let mut network = Machines::make(validators);
        (0..network.machines.len()).for_each(|machine| network.restart(machine));
        network
    }

    /// Makes a network of so many validators, and starts none.
    pub fn make(validators: u16) -> Machines {
        let temporary = tempfile::tempdir().expect("a folder");
        let (folder, port) = (Folder::new(temporary.path()), free_ports(PORTS));
        let made = Command::new(env!("CARGO_BIN_EXE_senimd"))
            .args(["init", "--machines", "--validators"])
            .arg(validators.to_string())
            .args(["--port", &port.to_string()])
            .args(["--network-port", &(port + PORTS / 2).to_string()])
            .arg("--dir")
            .arg(folder.path())
            .arg("--template")
            .arg(project("genesis/devnet.toml"))
            .arg("--contracts")
            .arg(project("genesis/contracts"))
            .output()
            .expect("the daemon runs");
        assert!(made.status.success(), "{made:?}");
        let genesis = folder.genesis().expect("a genesis");
        let names = senimd::processes::machines(&folder).expect("folders of machines");
        assert_eq!(names.len(), usize::from(validators));
        let machines = names.iter().zip(port..).map(|(name, port)| Machine {
            folder: machine_folder(&folder, name),
            url: format!("http://127.0.0.1:{port}"),
            process: None,
        });
        Machines {
            machines: machines.collect(),
            folder,
            genesis,
            sequences: BTreeMap::new(),
            port,
            _temporary: temporary,
        }
    }

    /// What everybody starts from.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Changes a machine's settings, from its next start on.
    pub fn configure(&self, machine: usize, change: impl FnOnce(&mut MachineConfig)) {
        let folder = &self.machines[machine].folder;
        let mut config = machine::config(folder).expect("settings").expect("some");
        change(&mut config);
        let text = toml::to_string(&config).expect("settings are text");
        std::fs::write(folder.path().join(machine::CONFIG_FILE), text).expect("a file");
    }

    /// Starts a machine's process, and waits until it answers.
    pub fn restart(&mut self, machine: usize) {
        self.launch(machine, &[]);
        self.wait(machine, "it answers", |status| status.is_some());
    }

    /// Starts a machine's process with settings from the environment; does not wait.
    pub fn launch(&mut self, machine: usize, variables: &[(&str, &str)]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_senimd"));
        command.envs(variables.iter().copied());
        self.start_by(machine, command, &[]);
    }

    /// Starts a machine's process by a command that ends with the daemon's name, or is the daemon; does not wait.
    pub fn start_by(&mut self, machine: usize, mut command: Command, arguments: &[&str]) {
        let it = &mut self.machines[machine];
        let path = it.folder.path().with_extension("log");
        let log = std::fs::File::create(path).expect("a file");
        let process = command
            .args(["start", "--dir"])
            .arg(it.folder.path())
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        it.process = Some(process.expect("the daemon runs"));
    }

    /// Waits until a machine answers.
    pub fn until_it_answers(&self, machine: usize) {
        self.wait(machine, "it answers", |status| status.is_some());
    }

    /// Sends a signal to a machine's process.
    pub fn signal(&self, machine: usize, signal: rustix::process::Signal) {
        let process = self.machines[machine].process.as_ref().expect("it runs");
        let id = rustix::process::Pid::from_child(process);
        rustix::process::kill_process(id, signal).expect("it can be told");
    }

    /// Waits until a machine's process ends; its exit code.
    pub fn end(&mut self, machine: usize) -> Option<i32> {
        let process = self.machines[machine].process.as_mut().expect("it runs");
        let until = Instant::now() + PATIENCE;
        while process.try_wait().expect("it can be waited for").is_none() {
            assert!(Instant::now() < until, "it goes on");
            std::thread::sleep(Duration::from_millis(20));
        }
        let status = process.wait().expect("it ended");
        self.machines[machine].process = None;
        status.code()
    }

    /// The address of a machine's interface.
    pub fn url(&self, machine: usize) -> &str {
        &self.machines[machine].url
    }

    /// Signed transactions of the operator, to be submitted whenever.
    pub fn signed(&mut self, messages: &[Execute]) -> Vec<SignedTransaction> {
        let key = self.folder.key("operator", KeyKind::Device);
        let key = key.expect("the device's key");
        messages
            .iter()
            .map(|message| self.sign(&key, message))
            .collect()
    }

    /// Whether a machine's process has ended by itself: then its exit code.
    pub fn ended(&mut self, machine: usize) -> Option<Option<i32>> {
        let process = self.machines[machine]
            .process
            .as_mut()
            .expect("it was started");
        let ended = process.try_wait().expect("it can be asked");
        ended.map(|status| status.code())
    }

    /// Waits until a machine's process ends by itself, as a node that cannot go on does; gives what it said. Its exit
    /// code is that of `code`.
    pub fn refused(&mut self, machine: usize, code: Code) -> String {
        let status = self.end(machine);
        let said = self.log(machine);
        assert_eq!(status, Some(exit::status(code).into()), "{said}");
        assert!(said.contains(&format!("[{code}]")), "no {code} in {said}");
        said
    }

    /// What a machine's process has logged since its start.
    pub fn log(&self, machine: usize) -> String {
        let path = self.machines[machine].folder.path().with_extension("log");
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// Waits until a machine's process has logged these words.
    pub fn until_logged(&self, machine: usize, words: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.log(machine).contains(words) {
            assert!(
                Instant::now() < until,
                "no {words:?} in {}",
                self.log(machine)
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Where a machine's node keeps its data.
    pub fn data(&self, machine: usize) -> PathBuf {
        let nodes = self.machines[machine].folder.path().join("nodes");
        let mut nodes = std::fs::read_dir(nodes).expect("it ran");
        nodes
            .next()
            .expect("it ran")
            .expect("it can be listed")
            .path()
    }

    /// Ends a machine's process without warning.
    pub fn kill(&mut self, machine: usize) {
        let mut process = self.machines[machine].process.take().expect("it runs");
        process.kill().expect("it can be ended");
        process.wait().expect("it ended");
    }

    /// Makes the machine of an organisation without a validator and starts it; its number.
    pub fn add_follower(&mut self, organisation: u32) -> usize {
        let number = self.make_follower(organisation, &[]);
        self.restart(number);
        number
    }

    /// Makes the machine of an organisation without a validator with these words of `senimd join`.
    pub fn make_follower(&mut self, organisation: u32, words: &[&str]) -> usize {
        let number = self.machines.len();
        let port = self.port + number as u16;
        let folder = machine_folder(&self.folder, &format!("follower-{organisation}"));
        let made = Command::new(env!("CARGO_BIN_EXE_senimd"))
            .args(["join", "--organisation", &organisation.to_string()])
            .args(words)
            .args(["--http", &format!("127.0.0.1:{port}")])
            .arg("--network")
            .arg(self.folder.path())
            .arg("--dir")
            .arg(folder.path())
            .output()
            .expect("the daemon runs");
        assert!(made.status.success(), "{made:?}");
        self.machines.push(Machine {
            folder,
            url: format!("http://127.0.0.1:{port}"),
            process: None,
        });
        number
    }

    /// The public key of a machine's network key.
    pub fn peer_key(&self, machine: usize) -> PublicKey {
        let folder = &self.machines[machine].folder;
        let config = machine::config(folder).expect("settings").expect("some");
        let name = senimd::template::peer_name(config.organisation);
        folder.key(&name, KeyKind::Peer).expect("its key").public()
    }

    /// Submits the operator's wish to a machine, and waits until it is applied.
    pub fn submit(&mut self, machine: usize, message: Execute) {
        self.submit_as("operator", machine, message);
    }

    /// Submits a device's wish to a machine, and waits until it is applied.
    pub fn submit_as(&mut self, device: &str, machine: usize, message: Execute) {
        let key = self
            .folder
            .key(device, KeyKind::Device)
            .expect("the device's key");
        let transaction = self.sign(&key, &message);
        let (hash, bytes) = (transaction.hash(), codec::encode(&transaction));
        let until = Instant::now() + PATIENCE;
        loop {
            let url = format!(
                "{}/v1/transactions?wait_ms=20000",
                self.machines[machine].url
            );
            // A node that is not ready is asked again with the same bytes.
            let _again = ureq::post(&url).send(&bytes[..]);
            let url = format!("{}/v1/receipts/{hash}", self.machines[machine].url);
            let accept = ("Accept", "application/octet-stream");
            if let Ok(mut answer) = ureq::get(&url).header(accept.0, accept.1).call() {
                let proof = answer.body_mut().read_to_vec().expect("a body");
                let receipt = Receipt::deserialize(&mut &proof[..]).expect("a receipt comes first");
                assert_eq!(receipt.status, Status::Applied, "{message:?}");
                return;
            }
            assert!(Instant::now() < until, "{message:?} is not applied");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Submits the operator's wish to a machine, and does not wait: there may be no quorum.
    pub fn offer(&mut self, machine: usize, message: &Execute) {
        let key = self.folder.key("operator", KeyKind::Device);
        let transaction = self.sign(&key.expect("the operator's key"), message);
        let url = format!("{}/v1/transactions", self.machines[machine].url);
        let taken = ureq::post(&url).send(&codec::encode(&transaction)[..]);
        assert_eq!(taken.expect("it is taken").status(), 202);
    }

    fn sign(&mut self, key: &SecretKey, message: &Execute) -> SignedTransaction {
        let sequence = self.sequences.entry(key.public()).or_insert(0);
        let body = Transaction {
            version: TRANSACTION_VERSION,
            chain: self.genesis.chain_id(),
            device: key.public(),
            sequence: *sequence,
            valid_until: TimeMs(senimd::driver::now().0 + 3_600_000),
            calls: vec![Call {
                contract: REGISTRY,
                input: codec::encode(message),
            }],
            witnesses: Vec::new(),
        };
        *sequence += 1;
        key.sign_transaction(body, Vec::new())
    }

    /// Where a machine's interface listens: host and port.
    pub fn address(&self, machine: usize) -> &str {
        let url = &self.machines[machine].url;
        url.strip_prefix("http://").expect("it is made so")
    }

    /// A machine's folder.
    pub fn folder(&self, machine: usize) -> &Path {
        self.machines[machine].folder.path()
    }

    /// A machine's height.
    pub fn height(&self, machine: usize) -> u64 {
        self.number(machine, "height")
    }

    /// A number of a machine's status.
    pub fn number(&self, machine: usize, name: &str) -> u64 {
        let status = self.status(machine).expect("it answers");
        status[name].as_u64().expect("a number")
    }

    /// A machine's answer in canonical bytes.
    pub fn bytes(&self, machine: usize, path: &str) -> Vec<u8> {
        let url = format!("{}{path}", self.machines[machine].url);
        let accept = ("Accept", "application/octet-stream");
        let mut answer = ureq::get(&url).header(accept.0, accept.1).call();
        let answer = answer.as_mut().expect("it answers");
        answer.body_mut().read_to_vec().expect("a body")
    }

    /// With what HTTP status and code a machine refuses to answer.
    pub fn refusal(&self, machine: usize, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.machines[machine].url);
        let request = ureq::get(&url).config().http_status_as_error(false).build();
        let mut answer = request.call().expect("it answers");
        let text = answer.body_mut().read_to_string().expect("text");
        let error: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let code = error["code"].as_str().unwrap_or_default().to_owned();
        (answer.status().as_u16(), code)
    }

    /// Waits until a machine refuses to answer with this HTTP status and code.
    pub fn until_refused(&self, machine: usize, path: &str, refusal: (u16, &str)) {
        let refusal = (refusal.0, refusal.1.to_owned());
        self.wait(machine, path, |_| self.refusal(machine, path) == refusal);
    }

    /// A number of a machine's metrics.
    pub fn metric(&self, machine: usize, name: &str) -> u64 {
        let url = format!("{}/metrics", self.machines[machine].url);
        let mut answer = ureq::get(&url).call().expect("metrics");
        let text = answer.body_mut().read_to_string().expect("text");
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        value.unwrap_or_else(|| panic!("no {name} in {text}"))
    }

    /// Waits until a number of a machine's metrics is this.
    pub fn until_metric(&self, machine: usize, name: &str, value: u64) {
        self.wait(machine, name, |_| self.metric(machine, name) == value);
    }

    /// Waits until these machines have the same block on top.
    pub fn agree(&self, machines: &[usize]) {
        let top = |machine: &usize| {
            let status = self.status(*machine)?;
            Some((status["height"].as_u64()?, status["hash"].clone()))
        };
        let until = Instant::now() + PATIENCE;
        loop {
            let tops: Vec<_> = machines.iter().map(top).collect();
            if tops[0].is_some() && tops.iter().all(|top| *top == tops[0]) {
                return;
            }
            assert!(Instant::now() < until, "they do not agree: {tops:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Asserts that a machine stays at the genesis for a while: nobody lets it in.
    pub fn is_alone(&self, machine: usize) {
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(self.height(machine), 0);
    }

    fn status(&self, machine: usize) -> Option<serde_json::Value> {
        let url = format!("{}/v1/status", self.machines[machine].url);
        let text = ureq::get(&url).call().ok()?.body_mut().read_to_string();
        serde_json::from_str(&text.ok()?).ok()
    }

    fn wait(&self, machine: usize, what: &str, holds: impl Fn(Option<serde_json::Value>) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !holds(self.status(machine)) {
            assert!(
                Instant::now() < until,
                "{what} does not come true: {}",
                self.log(machine)
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        for machine in &mut self.machines {
            if let Some(process) = &mut machine.process {
                // One that ended already needs no ending.
                let _gone = process.kill();
                let _reaped = process.wait();
            }
            if std::thread::panicking() {
                let log = machine.folder.path().with_extension("log");
                let text = std::fs::read_to_string(log).unwrap_or_default();
                let from = text.len().saturating_sub(4_000);
                eprintln!("{}: …{}", machine.url, text.get(from..).unwrap_or(&text));
            }
        }
    }
}
