//! A node that does not keep up, and one that is gone: clients are told when to come back.

use crate::network::ask;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use senim_api::{Api, Metrics, NodeHandle, REQUESTS_MAX, SealedLimits, SealedStore, router};
use std::sync::Arc;

fn interface(node: NodeHandle) -> Router {
    let sealed = SealedStore::open("nowhere".into(), SealedLimits::default(), || 0);
    let sealed = Arc::new(sealed.expect("a folder that is not there is empty"));
    router(Api {
        node,
        sealed,
        metrics: Arc::new(Metrics::default()),
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

#[tokio::test]
async fn a_process_whose_node_is_gone_is_alive_and_not_ready() {
    let (node, requests) = NodeHandle::new();
    drop(requests);
    let router = interface(node);
    let get = |path: &str| {
        Request::get(path)
            .body(Body::empty())
            .expect("a sound request")
    };
    assert_eq!(ask(&router, get("/health")).await.status.as_u16(), 200);
    for path in ["/ready", "/metrics", "/v1/blocks/latest", "/v1/state/00"] {
        assert_eq!(
            ask(&router, get(path)).await.refusal(),
            (503, "NOT_READY".to_owned()),
            "{path}"
        );
    }
}
