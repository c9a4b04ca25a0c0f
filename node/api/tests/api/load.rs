//! A node that does not keep up, and one that is gone: clients are told when to come back.

use crate::network::ask;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use senim_api::{
    Api, ContactLimits, ContactStore, Figures, Metrics, NetworkCounts, NodeHandle, REQUESTS_MAX,
    SealedLimits, SealedStore, Vitals, Watch, router,
};
use senim_types::Code;
use std::sync::{Arc, Mutex};

fn contacts() -> Arc<ContactStore> {
    let contacts = ContactStore::open("nowhere".into(), ContactLimits::default());
    Arc::new(contacts.expect("a folder that is not there is empty"))
}

fn interface(node: NodeHandle) -> Router {
    let sealed = SealedStore::open("nowhere".into(), SealedLimits::default(), || 0);
    let sealed = Arc::new(sealed.expect("a folder that is not there is empty"));
    router(Api {
        node,
        sealed,
        contacts: contacts(),
        metrics: Arc::new(Metrics::default()),
        watch: Arc::default(),
    })
}

fn status() -> Request<Body> {
    Request::get("/v1/status")
        .body(Body::empty())
        .expect("a sound request")
}

#[tokio::test]
async fn a_full_queue_turns_requests_away_at_once() {
    // Nobody reads the other end.
    let (node, requests) = NodeHandle::new();
    let router = interface(node);
    let waiting: Vec<_> = (0..REQUESTS_MAX)
        .map(|_| {
            let router = router.clone();
            tokio::spawn(async move { ask(&router, status()).await })
        })
        .collect();
    while requests.len() < REQUESTS_MAX {
        tokio::task::yield_now().await;
    }
    let answer = ask(&router, status()).await;
    assert_eq!(answer.refusal(), (429, "MEMPOOL_FULL".to_owned()));
    assert_eq!(answer.headers["retry-after"], "1");

    // The node ends: whoever waits is told, and so is whoever comes.
    drop(requests);
    for waiting in waiting {
        let answer = waiting.await.expect("it is answered");
        assert_eq!(answer.refusal(), (503, "NOT_READY".to_owned()));
    }
    let answer = ask(&router, status()).await;
    assert_eq!(answer.refusal(), (503, "NOT_READY".to_owned()));
    assert_eq!(answer.headers["retry-after"], "1");
}

fn get(path: &str) -> Request<Body> {
    Request::get(path)
        .body(Body::empty())
        .expect("a sound request")
}

#[tokio::test]
async fn a_process_whose_node_is_gone_says_so_and_still_shows_its_metrics() {
    let (node, requests) = NodeHandle::new();
    drop(requests);
    let router = interface(node);
    for path in ["/health", "/ready", "/v1/blocks/latest", "/v1/state/00"] {
        assert_eq!(
            ask(&router, get(path)).await.refusal(),
            (503, "NOT_READY".to_owned()),
            "{path}"
        );
    }
    let metrics = ask(&router, get("/metrics")).await;
    assert_eq!(metrics.status.as_u16(), 200);
    assert!(metrics.text().contains("senim_build_info{version="));
}

/// A node that is there and never read, as it shows itself.
struct Watched {
    router: Router,
    vitals: Arc<Vitals>,
    counts: Arc<Mutex<NetworkCounts>>,
    _requests: tokio::sync::mpsc::Receiver<senim_api::Request>,
}

impl Watched {
    fn new(started_ms_ago: u64) -> Watched {
        let (node, requests) = NodeHandle::new();
        let sealed = SealedStore::open("nowhere".into(), SealedLimits::default(), || 0);
        let (vitals, counts) = (Arc::<Vitals>::default(), Arc::new(Mutex::default()));
        let asked = Arc::clone(&counts);
        let mut watch = Watch::of(Arc::clone(&vitals));
        watch.started_ms -= started_ms_ago;
        watch.network = Some(Box::new(move || *asked.lock().expect("no panic")));
        let router = router(Api {
            node,
            sealed: Arc::new(sealed.expect("a folder that is not there is empty")),
            contacts: contacts(),
            metrics: Arc::default(),
            watch: Arc::new(watch),
        });
        Watched {
            router,
            vitals,
            counts,
            _requests: requests,
        }
    }

    /// The checks that fail, and the code.
    async fn failing(&self, path: &str) -> (Vec<String>, Option<String>) {
        let answer = ask(&self.router, get(path)).await;
        let json = answer.json();
        let checks = json["checks"].as_array().expect("checks").iter();
        let failing: Vec<String> = checks
            .filter(|check| check["ok"] == false)
            .map(|check| check["check"].as_str().expect("a name").to_owned())
            .collect();
        assert_eq!(json["ok"], failing.is_empty());
        let status = if failing.is_empty() { 200 } else { 503 };
        assert_eq!(answer.status.as_u16(), status, "{json}");
        let code = json["code"].as_str().map(str::to_owned);
        (failing, code)
    }
}

#[tokio::test]
async fn health_and_readiness_say_what_is_wrong() {
    let now_ms = senimd::driver::now().0;
    let fresh = |height, seen| Figures {
        height,
        seen,
        block_time_ms: now_ms,
        ..Figures::default()
    };
    let node = Watched::new(0);
    node.vitals.set(fresh(10, 10));
    assert_eq!(node.failing("/ready").await, (vec![], None));
    // Two behind is the time of a block; more is not.
    node.vitals.set(fresh(10, 12));
    assert_eq!(node.failing("/ready").await, (vec![], None));
    node.vitals.set(fresh(10, 13));
    let not_ready = Some("NOT_READY".to_owned());
    assert_eq!(
        node.failing("/ready").await,
        (vec!["sync".to_owned()], not_ready.clone())
    );
    assert_eq!(node.failing("/health").await, (vec![], None));

    // Alone although others may connect.
    node.vitals.set(fresh(13, 13));
    node.counts.lock().expect("no panic").members = 3;
    assert_eq!(
        node.failing("/ready").await,
        (vec!["peers".to_owned()], not_ready.clone())
    );
    node.counts.lock().expect("no panic").connected = 1;
    assert_eq!(node.failing("/ready").await, (vec![], None));

    // Without a state while a snapshot is fetched; a validator that observes serves, and says that it does not vote.
    node.vitals.set(Figures {
        is_joining: true,
        state_keys: 21,
        unknown_protocol_height: 34,
        snapshot_chunks_done: 3,
        snapshot_chunks: 8,
        ..fresh(13, 13)
    });
    assert_eq!(
        node.failing("/ready").await,
        (vec!["snapshot".to_owned()], not_ready.clone())
    );
    assert_eq!(node.failing("/health").await, (vec![], None));
    let metrics = ask(&node.router, get("/metrics")).await.text();
    for line in [
        "senim_snapshot_chunks_done 3",
        "senim_snapshot_chunks 8",
        "senim_state_keys 21",
        "senim_unknown_protocol_height 34",
        "senim_observing 0",
    ] {
        assert!(
            metrics.contains(&format!("\n{line}\n")),
            "{line}: {metrics}"
        );
    }
    node.vitals.set(Figures {
        is_observing: true,
        ..fresh(13, 13)
    });
    assert_eq!(node.failing("/ready").await, (vec![], None));
    let ready = ask(&node.router, get("/ready")).await.text();
    assert!(ready.contains("observes and does not vote"), "{ready}");
    let metrics = ask(&node.router, get("/metrics")).await.text();
    assert!(metrics.contains("\nsenim_observing 1\n"), "{metrics}");

    // No block for long, by a node that has run for long.
    let old = Watched::new(400_000);
    old.vitals.set(Figures {
        block_time_ms: now_ms - 300_000,
        ..fresh(1, 1)
    });
    assert_eq!(
        old.failing("/ready").await,
        (vec!["block".to_owned()], not_ready.clone())
    );

    // An event that takes for ever.
    node.vitals.busy(now_ms - 61_000);
    assert_eq!(
        node.failing("/health").await,
        (vec!["thread".to_owned()], not_ready)
    );
    node.vitals.idle();
    node.vitals.halt(Code::OUTCOME_DIFFERS, "two outcomes");
    node.vitals.halt(Code::NOT_READY, "what follows");
    let halted = (
        vec!["halted".to_owned()],
        Some("OUTCOME_DIFFERS".to_owned()),
    );
    assert_eq!(node.failing("/health").await, halted);
    assert_eq!(node.failing("/ready").await, halted);
    let metrics = ask(&node.router, get("/metrics")).await.text();
    assert!(metrics.contains("\nsenim_halted 1\n"), "{metrics}");
    let code = "\nsenim_halt_info{code=\"OUTCOME_DIFFERS\"} 1\n";
    assert!(metrics.contains(code), "{metrics}");
}
