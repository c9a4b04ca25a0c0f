//! The HTTP interfaces of a world's nodes: the daemon's own routes, with the world's nodes behind them.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use senim_api::{
    Api, ContactLimits, ContactStore, Metrics, NodeHandle, SealedLimits, SealedStore, router,
};
use senim_tests::world::{Request, World};
use senim_types::{Receipt, SignedTransaction, codec};
use serde_json::Value;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::Receiver;
use tower::ServiceExt;

/// Longer than any answer of the interface.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// HTTP's status of a transaction that is refused at submission.
pub const STATUS_UNPROCESSABLE: u16 = 422;

/// One interface for each node.
pub struct Interfaces {
    runtime: Runtime,
    nodes: Vec<(Router, Receiver<senim_api::Request>)>,
    /// Every answer that was given, one after the other.
    answers: Vec<u8>,
    _folder: tempfile::TempDir,
}

impl Interfaces {
    /// Interfaces of this many nodes. Nothing is sealed in this story.
    pub fn new(count: usize) -> Interfaces {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("sealed");
        let sealed = SealedStore::open(path, SealedLimits::default(), || 0);
        let sealed = Arc::new(sealed.expect("an empty store opens"));
        let path = folder.path().join("terminals");
        let contacts = ContactStore::open(path, ContactLimits::default());
        let contacts = Arc::new(contacts.expect("an empty store opens"));
        let nodes = (0..count).map(|_| {
            let (node, requests) = NodeHandle::new();
            let api = Api {
                node,
                sealed: Arc::clone(&sealed),
                contacts: Arc::clone(&contacts),
                metrics: Arc::new(Metrics::default()),
                watch: Arc::default(),
            };
            (router(api), requests)
        });
        // On this thread, whose log lines are kept.
        let runtime = Builder::new_current_thread().enable_time().build();
        Interfaces {
            runtime: runtime.expect("a runtime without I/O needs nothing"),
            nodes: nodes.collect(),
            answers: Vec::new(),
            _folder: folder,
        }
    }

    /// Asks a node; its part of the world answers. Status and body.
    fn ask(
        &mut self,
        world: &mut World,
        node: usize,
        request: axum::http::Request<Body>,
    ) -> (u16, Bytes) {
        let (router, requests) = &mut self.nodes[node];
        let (status, body) = self.runtime.block_on(async {
            let answer = router.clone().oneshot(request);
            tokio::pin!(answer);
            let answer = loop {
                tokio::select! {
                    answer = &mut answer => break answer.expect("a router always answers"),
                    Some(request) = requests.recv() => serve(world, node, request),
                }
            };
            let status = answer.status().as_u16();
            let body = to_bytes(answer.into_body(), ANSWER_BYTES_MAX).await;
            (status, body.expect("answers are bounded"))
        });
        self.answers.extend(&body);
        (status, body)
    }

    /// The text at a path.
    pub fn get(&mut self, world: &mut World, node: usize, path: &str) -> String {
        let request = axum::http::Request::get(path).body(Body::empty());
        let (status, body) = self.ask(world, node, request.expect("a sound request"));
        assert_eq!(status, 200, "{path}");
        String::from_utf8(body.to_vec()).expect("text")
    }

    /// Submits; gives the receipt once all nodes have it, or status and code of a refusal.
    pub fn submit(
        &mut self,
        world: &mut World,
        node: usize,
        transaction: &SignedTransaction,
    ) -> Result<Receipt, (u16, String)> {
        let request = axum::http::Request::post("/v1/transactions");
        let request = request.body(Body::from(codec::encode(transaction)));
        let (status, body) = self.ask(world, node, request.expect("a sound request"));
        let answer: Value = serde_json::from_slice(&body).expect("answers are JSON");
        if status != 202 {
            let code = answer["code"].as_str().expect("a refusal has a code");
            return Err((status, code.to_owned()));
        }
        let hash = transaction.hash();
        assert_eq!(answer["transaction"], hash.to_string());
        world.run_until("the receipt on every node", |world| {
            world.running().all(|node| node.has(&hash))
        });
        world.settle();
        // A person asks for it too.
        self.get(world, node, &format!("/v1/receipts/{hash}"));
        Ok(world.proof(&hash).receipt)
    }

    /// Signs and submits what has to be applied.
    pub fn apply(
        &mut self,
        world: &mut World,
        node: usize,
        device: &str,
        request: Request,
    ) -> Receipt {
        let transaction = world.sign(device, request);
        let receipt = self.submit(world, node, &transaction);
        let receipt = receipt.unwrap_or_else(|refusal| panic!("{device}: {refusal:?}"));
        assert!(
            receipt.status.is_applied(),
            "{device}: {:?}",
            receipt.status
        );
        receipt
    }

    /// Every answer that was given.
    pub fn into_answers(self) -> Vec<u8> {
        self.answers
    }
}

/// What the node's own loop does with a request.
fn serve(world: &mut World, node: usize, request: senim_api::Request) {
    let is_awaited = match request {
        senim_api::Request::Submit { transaction, reply } => {
            let answer = world.offer(node, &codec::encode(&*transaction));
            reply.send(answer).is_ok()
        }
        senim_api::Request::Read { question, reply } => {
            reply.send(world.nodes[node].read(question)).is_ok()
        }
        senim_api::Request::Wait { .. } => panic!("nobody here waits for a receipt over HTTP"),
        senim_api::Request::Checkpoint { .. } => panic!("nobody here asks for a checkpoint"),
    };
    assert!(is_awaited, "the route waits for its answer");
}
