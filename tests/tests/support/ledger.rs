//! A running ledger, and the client's own commands against it over HTTP.
#![allow(dead_code)] // Each scenario uses its own part of it.

#[path = "role.rs"]
mod role;

use borsh::BorshSerialize;
use clap::Parser;
use role::Role;
use senim_cli::answer::Answer;
use senim_cli::args::Cli;
use senim_cli::commands;
use senim_tests::world::Request;
use senim_tests::world::network::{contracts, root};
use senim_types::crypto::SecretKey;
use senim_types::{ChainId, Code, ContractId, Receipt};
use senimd::config::MachineConfig;
use senimd::driver::now;
use senimd::folder::{Folder, NewNetwork};
use senimd::node::{Nodes, Tuning, unobserved};
use senimd::serve::{ServeOptions, listen, serve};
use senimd::signals::Signals;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// How often a node that is behind is asked again, with 100 ms in between.
const TRIES: u32 = 100;

/// A text of an answer.
#[track_caller]
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("{pointer} in {value}"))
}

/// A ledger whose nodes have their interfaces on free ports of the loopback; it ends with this value.
pub struct Ledger {
    folder: tempfile::TempDir,
    /// Of the first node, which commands ask.
    url: String,
    /// Of all of them.
    urls: Vec<String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // A server that ended by itself is stopped already.
        let _ended = self.stop.take().map(|stop| stop.send(()));
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            assert!(matches!(ended, Some(Ok(()))), "the server ended in order");
        }
    }
}

impl Ledger {
    /// Of one validator.
    pub fn start() -> Ledger {
        Ledger::of(1)
    }

    /// Of this many validators, each with a node of its own.
    pub fn of(validators: usize) -> Ledger {
        let temporary = tempfile::tempdir().expect("a temporary folder can be made");
        let folder = Folder::new(temporary.path().join("network"));
        folder
            .initialise(&NewNetwork {
                template_path: &root().join("genesis/devnet.toml"),
                contracts_path: &contracts(),
                time: now(),
                validators_max: validators,
                machines: None,
            })
            .expect("the devnet's template makes a network");
        let (stop, stopped) = oneshot::channel();
        let (ready, addresses) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("threads can be had");
            runtime.block_on(async {
                let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
                let mut listeners = Vec::new();
                for _ in 0..validators {
                    let listener = listen(1, loopback, 0).await;
                    listeners.extend(listener.expect("a port is free"));
                }
                let addresses = listeners.iter().map(|one| one.local_addr());
                let addresses: Result<Vec<_>, _> = addresses.collect();
                let mut nodes =
                    Nodes::start(&folder, Tuning::default(), unobserved).expect("it starts");
                let addresses = addresses.expect("each listens");
                ready.send(addresses).expect("the test waits");
                let options = ServeOptions::of(&MachineConfig::of(1));
                let mut signals = Signals::new().expect("signals can be had");
                tokio::select! {
                    served = serve(&folder, &nodes, listeners, options, &mut signals) => {
                        served.expect("it serves until it is stopped");
                    }
                    _ = stopped => {}
                }
                nodes.stop();
            });
        });
        let addresses = addresses.recv().expect("the nodes start");
        let urls = addresses.iter().map(|address| format!("http://{address}"));
        let urls: Vec<String> = urls.collect();
        Ledger {
            folder: temporary,
            url: urls[0].clone(),
            urls,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Its interface's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A file or folder of the roles.
    pub fn path(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        path.into_os_string().into_string().expect("UTF-8")
    }

    /// Runs a command as the program does after it has read its arguments.
    pub fn senim(&self, args: &[&str]) -> Result<Answer, Code> {
        self.senim_at(&self.url, args)
    }

    /// What the command, asked of each node in turn, says to programs. A node that is behind is given time to follow.
    pub fn done_at_each(&self, args: &[&str]) -> Vec<Value> {
        let asked = self.urls.iter().map(|url| {
            let mut tries = 0;
            loop {
                match self.senim_at(url, args) {
                    Ok(answer) => break answer.json,
                    Err(code) => assert!(tries < TRIES, "{args:?} at {url}: {code}"),
                }
                tries += 1;
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        asked.collect()
    }

    /// Runs a command on a machine that has lost its connection: nothing listens where it would ask.
    pub fn senim_without_connection(&self, args: &[&str]) -> Result<Answer, Code> {
        self.senim_at("http://127.0.0.1:9", args)
    }

    fn senim_at(&self, url: &str, args: &[&str]) -> Result<Answer, Code> {
        let network = self.path("network");
        let common = ["--node", url, "--dir", &network];
        let args = [&["senim"], args, &common].concat();
        let cli = Cli::try_parse_from(args).unwrap_or_else(|error| panic!("{error}"));
        commands::run(&cli).map_err(|failure| failure.code)
    }

    /// What a command that has to succeed says to programs.
    pub fn done(&self, args: &[&str]) -> Value {
        let answer = self.senim(args);
        answer
            .unwrap_or_else(|code| panic!("{args:?}: {code}"))
            .json
    }

    /// The code that a command is refused with.
    pub fn refused(&self, args: &[&str]) -> Code {
        let answer = self.senim(args);
        answer.expect_err("it has to be refused")
    }

    /// A message to a contract by a role's own key, over HTTP: for what no command says.
    pub fn called(
        &self,
        device: &str,
        contract: ContractId,
        message: &impl BorshSerialize,
    ) -> Result<Receipt, Code> {
        self.submitted(device, Request::call(contract, message))
    }

    /// What a device asks by its own key, over HTTP, with what others have signed for it.
    pub fn submitted(&self, device: &str, request: Request) -> Result<Receipt, Code> {
        self.as_role(device, |role| role.submit(request))
    }

    /// A device's key, for whoever writes by himself what it signs.
    pub fn key(&self, device: &str) -> SecretKey {
        self.as_role(device, |role| role.key())
    }

    /// Which chain it is.
    pub fn chain(&self) -> ChainId {
        self.as_role("operator", |role| role.chain())
    }

    fn as_role<T>(&self, device: &str, does: impl FnOnce(Role<'_>) -> T) -> T {
        let (url, network) = (self.url.as_str(), self.path("network"));
        let network = Path::new(&network);
        does(Role {
            url,
            network,
            device,
        })
    }

    /// What a command that is refused says to programs.
    pub fn failure(&self, args: &[&str]) -> Value {
        let network = self.path("network");
        let common = ["--node", &self.url, "--dir", &network];
        let args = [&["senim"], args, &common].concat();
        let cli = Cli::try_parse_from(args).unwrap_or_else(|error| panic!("{error}"));
        let failure = commands::run(&cli).expect_err("it has to be refused");
        failure.to_json()
    }

    /// The person of a wallet agrees to the use of data; again is no error.
    pub fn agrees(&self, wallet: &str) {
        self.done(&["wallet", "agree", "--yes", "--wallet", wallet]);
    }

    /// A one-time key of the wallet, which is made if it is not there.
    pub fn holder(&self) -> String {
        let wallet = self.path("wallet");
        if !Path::new(&wallet).exists() {
            self.done(&["wallet", "new", "--wallet", &wallet]);
        }
        let key = self.senim(&["wallet", "key", "--wallet", &wallet]);
        key.expect("a wallet gives keys").text.trim().to_owned()
    }
}
