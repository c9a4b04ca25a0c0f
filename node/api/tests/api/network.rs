//! A network of one validator, and requests to its interface.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use senim_abi::registry::msg::Execute;
use senim_abi::{REGISTRY, Roles};
use senim_api::{
    Api, ContactLimits, ContactStore, Metrics, REQUEST_HEADER, SealedLimits, SealedStore, Watch,
    request_message, router,
};
use senim_light_client::LightClient;
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use senim_types::{
    Call, ContractId, Domain, Genesis, Hash, OrgId, SignedTransaction, TimeMs, Transaction, codec,
};
use senimd::driver::now;
use senimd::folder::{Folder, NewNetwork};
use senimd::node::{Nodes, Tuning, unobserved};
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tower::ServiceExt;

/// Longer than any answer of the interface.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// An answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {text}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Status and code of a refusal, which has the one form of all refusals.
    pub fn refusal(&self) -> (u16, String) {
        let json = self.json();
        for field in ["code", "message", "fault"] {
            assert!(
                json[field].as_str().is_some_and(|text| !text.is_empty()),
                "{field}: {json}"
            );
        }
        (
            self.status.as_u16(),
            json["code"].as_str().expect("just seen").to_owned(),
        )
    }
}

/// Asks `router`.
pub async fn ask(router: &Router, request: Request<Body>) -> Answer {
    let response = router
        .clone()
        .oneshot(request)
        .await
        .expect("a router always answers");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_BYTES_MAX)
        .await
        .expect("answers are bounded")
        .to_vec();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

/// A running network and its interface; it ends with this value.
pub struct Network {
    folder: tempfile::TempDir,
    nodes: Nodes,
    pub router: Router,
}

impl Drop for Network {
    fn drop(&mut self) {
        self.nodes.stop();
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compiling the contracts takes longer than all the rest, so the networks of all tests share what is
/// compiled, and start one after the other: a node's folder has one writer.
fn share_compiled_code(network: &Path) -> File {
    let tests = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let shared = tests.join("compiled");
    std::fs::create_dir_all(&shared).expect("the folder for tests can be written");
    std::os::unix::fs::symlink(shared, network.join("compiled")).expect("the folder is new");
    let turn = File::create(tests.join("compiled.lock")).expect("the folder exists");
    turn.lock().expect("a lock can be waited for");
    turn
}

fn sealed_store(network: &Path, limits: SealedLimits) -> Arc<SealedStore> {
    let store = SealedStore::open(network.join("sealed"), limits, || now().0);
    Arc::new(store.expect("the folder can be read"))
}

fn contact_store(network: &Path) -> Arc<ContactStore> {
    let store = ContactStore::open(network.join("terminals"), ContactLimits::default());
    Arc::new(store.expect("the folder can be read"))
}

impl Network {
    pub fn start() -> Network {
        Network::with_sealed(SealedLimits::default())
    }

    /// A network whose store of sealed data has these limits.
    pub fn with_sealed(limits: SealedLimits) -> Network {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let network = Folder::new(folder.path());
        network
            .initialise(&NewNetwork {
                template_path: &repository().join("genesis/devnet.toml"),
                contracts_path: &repository().join("genesis/contracts"),
                time: now(),
                validators_max: 1,
                machines: None,
            })
            .expect("the devnet's template makes a network");
        let turn = share_compiled_code(folder.path());
        let nodes = Nodes::start(&network, Tuning::default(), unobserved).expect("it starts");
        drop(turn);
        let api = Api {
            node: nodes.nodes[0].handle.clone(),
            sealed: sealed_store(folder.path(), limits),
            contacts: contact_store(folder.path()),
            metrics: Arc::new(Metrics::default()),
            watch: Arc::new(Watch::of(Arc::clone(&nodes.nodes[0].vitals))),
        };
        Network {
            folder,
            nodes,
            router: router(api),
        }
    }

    pub fn genesis(&self) -> &Genesis {
        &self.nodes.genesis
    }

    pub fn light_client(&self) -> LightClient {
        LightClient::from_genesis(self.genesis())
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The secret key of a device of the devnet.
    pub fn key(&self, name: &str) -> SecretKey {
        Folder::new(self.path())
            .key(name, KeyKind::Device)
            .expect("the devnet has this device")
    }

    pub async fn ask(&self, method: Method, path: &str, accept: &str, body: Vec<u8>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("accept", accept);
        ask(
            &self.router,
            request.body(Body::from(body)).expect("a sound request"),
        )
        .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, "application/json", vec![])
            .await
    }

    pub async fn get_bytes(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, "application/octet-stream", vec![])
            .await
    }

    pub async fn post(&self, path: &str, body: Vec<u8>) -> Answer {
        self.ask(Method::POST, path, "application/json", body).await
    }

    /// A transaction of one call to the registry.
    pub fn transaction(
        &self,
        device: &SecretKey,
        sequence: u64,
        call: &Execute,
    ) -> SignedTransaction {
        let body = Transaction {
            version: 1,
            chain: self.genesis().chain_id(),
            device: device.public(),
            sequence,
            valid_until: TimeMs(now().0 + 60_000),
            calls: vec![Call {
                contract: REGISTRY,
                input: codec::encode(call),
            }],
            witnesses: vec![],
        };
        device.sign_transaction(body, vec![])
    }

    /// Submits, and waits for the block.
    pub async fn submit(&self, transaction: &SignedTransaction) -> Answer {
        self.post("/v1/transactions?wait_ms=30000", codec::encode(transaction))
            .await
    }

    /// Carries out registry messages as the operator.
    pub async fn operate(&self, first_sequence: u64, calls: &[Execute]) {
        for (sequence, call) in (first_sequence..).zip(calls) {
            let transaction = self.transaction(&self.key("operator"), sequence, call);
            let answer = self.submit(&transaction).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            let receipt = self
                .get(&format!("/v1/receipts/{}", transaction.hash()))
                .await
                .json();
            assert_eq!(receipt["receipt"]["status"], "applied", "{call:?}");
        }
    }

    /// A request that `device` signs for `time_ms`, in the form of the page.
    pub fn authorisation(&self, device: &SecretKey, signed: &Signed<'_>) -> String {
        let Signed {
            method,
            path,
            body,
            time_ms,
        } = signed;
        let message = request_message(method.as_str(), path, body, *time_ms);
        let signature = device.sign(Domain::Request, &self.genesis().chain_id(), &message);
        let key = device.public().to_text(KeyKind::Device);
        let signature: String = signature
            .0
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("{key}:{time_ms}:{signature}")
    }

    /// Asks for sealed data as `device`, here and now.
    pub async fn sealed(
        &self,
        device: &SecretKey,
        method: Method,
        hash: &Hash,
        body: &[u8],
    ) -> Answer {
        let path = format!("/v1/sealed/{hash}");
        let signed = Signed {
            method: &method,
            path: &path,
            body,
            time_ms: now().0,
        };
        let authorisation = self.authorisation(device, &signed);
        self.authorised(&method, &path, body, &authorisation).await
    }

    /// Asks with a header of any content.
    pub async fn authorised(
        &self,
        method: &Method,
        path: &str,
        body: &[u8],
        header: &str,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(REQUEST_HEADER, header);
        ask(
            &self.router,
            request
                .body(Body::from(body.to_vec()))
                .expect("a sound request"),
        )
        .await
    }
}

/// What a request's signature covers.
pub struct Signed<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub body: &'a [u8],
    pub time_ms: u64,
}

/// A registry message that the operator may carry out.
pub fn register(org: u32, roles: Roles) -> Execute {
    let (org, name) = (OrgId(org), format!("Organisation {org}"));
    Execute::RegisterOrganisation {
        org,
        details: Hash::of(name.as_bytes()),
        name,
        roles,
    }
}

/// A contract that nobody made.
pub const NO_CONTRACT: ContractId = ContractId(77);
