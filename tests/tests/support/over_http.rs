//! A world's ledger over HTTP: real nodes and contracts under virtual time, the daemon's own routes before them, and the
//! client's own commands against those. Time can be moved to a month's end, which no clock of a machine allows.

#![allow(dead_code)] // Each scenario uses its own part of it.

#[path = "role.rs"]
mod role;

use borsh::BorshSerialize;
use clap::Parser;
use role::Role;
use senim_api::{
    Api, ContactLimits, ContactStore, Metrics, NodeHandle, SealedLimits, SealedStore, router,
};
use senim_cli::answer::Answer;
use senim_cli::args::Cli;
use senim_cli::commands;
use senim_tests::world::{Request, World};
use senim_types::text::{KeyKind, to_bech32m};
use senim_types::{Code, ContractId, Hash, OrgId, Receipt, codec};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::Receiver;

/// A world whose first node is asked over HTTP.
pub struct OverHttp {
    /// The world.
    pub world: World,
    runtime: Runtime,
    requests: Receiver<senim_api::Request>,
    url: String,
    folder: tempfile::TempDir,
}

impl OverHttp {
    /// The devnet with this many validators; its genesis and everybody's keys lie in the client's folder.
    pub fn new(validators: usize, seed: u64) -> OverHttp {
        let world = World::of(validators, seed);
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let keys = folder.path().join("network/keys");
        std::fs::create_dir_all(&keys).expect("the folder is writable");
        let genesis = serde_json::to_vec(&world.network.genesis).expect("a genesis is JSON");
        std::fs::write(folder.path().join("network/genesis.json"), genesis).expect("it is written");
        for (name, _) in world.network.devices() {
            // The seed that the world makes its keys of.
            let seed = Hash::of(format!("a key of the test world: {name}").as_bytes());
            let text = to_bech32m(KeyKind::Device.secret_prefix(), seed.as_bytes());
            let path = keys.join(format!("{name}.key"));
            std::fs::write(&path, text).expect("it is written");
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(&path, mode).expect("the file is ours");
        }
        let sealed = SealedStore::open(folder.path().join("sealed"), SealedLimits::default(), || 0);
        let path = folder.path().join("terminals");
        let contacts = ContactStore::open(path, ContactLimits::default());
        let (node, requests) = NodeHandle::new();
        let api = Api {
            node,
            sealed: Arc::new(sealed.expect("an empty store opens")),
            contacts: Arc::new(contacts.expect("an empty store opens")),
            metrics: Arc::new(Metrics::default()),
            watch: Arc::default(),
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads can be had");
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0)))
            .expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        runtime.spawn(async move { axum::serve(listener, router(api)).await });
        OverHttp {
            world,
            runtime,
            requests,
            url: format!("http://{address}"),
            folder,
        }
    }

    /// A file of the roles.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command as the program does after it has read its arguments, while the world answers it.
    pub fn senim(&mut self, args: &[&str]) -> Result<Answer, Code> {
        let network = self.path("network");
        let network = network.to_str().expect("UTF-8");
        let common = ["--node", &self.url, "--dir", network];
        let args = [&["senim"], args, &common].concat();
        let cli = Cli::try_parse_from(args).unwrap_or_else(|error| panic!("{error}"));
        self.answering(move || commands::run(&cli).map_err(|failure| failure.code))
    }

    /// A message to a contract by a role's own key, over HTTP: for what no command says.
    pub fn called(
        &mut self,
        device: &str,
        contract: ContractId,
        message: &impl BorshSerialize,
    ) -> Result<Receipt, Code> {
        let request = Request::call(contract, message);
        self.as_role(device, |role| role.submit(request))
    }

    /// The same by the world's clock, to which no command signs: for what takes longer than a machine's clock lets.
    pub fn submitted(&mut self, device: &str, request: Request) -> Result<Receipt, Code> {
        let transaction = self.world.sign(device, request);
        self.as_role(device, move |role| role.submit_signed(&transaction))
    }

    fn as_role<T: Send + 'static>(
        &mut self,
        device: &str,
        does: impl FnOnce(Role<'_>) -> T + Send + 'static,
    ) -> T {
        let (url, network, device) = (self.url.clone(), self.path("network"), device.to_owned());
        self.answering(move || {
            let (url, network, device) = (url.as_str(), network.as_path(), device.as_str());
            does(Role {
                url,
                network,
                device,
            })
        })
    }

    /// Does something that asks the node, while the world answers it.
    fn answering<T: Send + 'static>(&mut self, asks: impl FnOnce() -> T + Send + 'static) -> T {
        let (world, requests) = (&mut self.world, &mut self.requests);
        self.runtime.block_on(async {
            let asking = tokio::task::spawn_blocking(asks);
            tokio::pin!(asking);
            loop {
                tokio::select! {
                    done = &mut asking => break done.expect("a client does not panic"),
                    Some(request) = requests.recv() => serve(world, request),
                }
            }
        })
    }

    /// What a command that has to succeed says to programs.
    #[track_caller]
    pub fn done(&mut self, args: &[&str]) -> Value {
        let answer = self.senim(args);
        answer
            .unwrap_or_else(|code| panic!("{args:?}: {code}"))
            .json
    }

    /// The code that a command is refused with.
    #[track_caller]
    pub fn refused(&mut self, args: &[&str]) -> Code {
        let answer = self.senim(args);
        answer.expect_err("it has to be refused")
    }

    /// A provider's details, proposed by it and approved by two of the payer's. Where they lie.
    pub fn details_confirmed(
        &mut self,
        (provider, key): (OrgId, &str),
        (payer, approvers): (OrgId, [&str; 2]),
    ) -> String {
        let details = self.path("details.json");
        let json = json!({
            "name": key, "bin": "991240999991", "address": "Astana, Invented St 1", "iban": "KZ84999INV5004100100",
            "bic": "INVTKZKA", "kbe": "17", "knp": "859", "vat_payer": false,
        });
        std::fs::write(&details, json.to_string()).expect("it is written");
        let details = details.to_str().expect("UTF-8").to_owned();
        let (provider, payer) = (provider.0.to_string(), payer.0.to_string());
        let propose = [
            "details", "propose", &details, "--payer", &payer, "--key", key,
        ];
        self.done(&propose);
        for approver in approvers {
            let approve = [
                "details",
                "approve",
                &details,
                "--provider",
                &provider,
                "--key",
                approver,
            ];
            self.done(&approve);
        }
        details
    }

    /// The lines of an act's document, which names both by these details.
    pub fn lines_of(&mut self, act: &str, details: &str) -> Vec<Value> {
        let page = self.path("act.html");
        let page = page.to_str().expect("UTF-8").to_owned();
        let contract = "No 20/2026 of 2026-01-05";
        let document = [
            "act",
            "document",
            act,
            "--contract",
            contract,
            "--out",
            &page,
        ];
        let parties = ["--provider-details", details, "--payer-details", details];
        let answer = self.done(&[&document[..], &parties].concat());
        answer["lines"].as_array().expect("a list").clone()
    }
}

/// What the node's own loop does with a request.
fn serve(world: &mut World, request: senim_api::Request) {
    // Whoever asked may have gone; that is no concern of the node's.
    match request {
        senim_api::Request::Submit { transaction, reply } => {
            let answer = world.offer(0, &codec::encode(&*transaction));
            let _gone = reply.send(answer);
        }
        senim_api::Request::Read { question, reply } => {
            let _gone = reply.send(world.nodes[0].read(question));
        }
        senim_api::Request::Wait { transaction, reply } => {
            world.run_until("the receipt on every node", |world| {
                world.running().all(|node| node.has(&transaction))
            });
            world.settle();
            let receipt = world.proof(&transaction).receipt;
            let _gone = reply.send(Ok(receipt.status.code()));
        }
        senim_api::Request::Checkpoint { .. } => panic!("nobody here asks for a checkpoint"),
    }
}
