//! Requests that nobody should make. Each refusal has the one form, and nothing of it is charged.

use crate::network::Network;
use axum::http::Method;
use senim_types::limits;

#[tokio::test]
async fn what_is_no_request_is_refused_with_a_code() {
    let network = Network::start();
    let long_key = "00".repeat(limits::STATE_KEY_BYTES_MAX + 1);
    let (get, post) = (Method::GET, Method::POST);
    let table: [(&Method, &str, u16, &str); 16] = [
        (&get, "/", 404, "NOT_FOUND"),
        (&get, "/v1/nothing", 404, "NOT_FOUND"),
        (&get, "/v2/status", 404, "NOT_FOUND"),
        (&post, "/v1/status", 405, "BAD_REQUEST"),
        (&get, "/v1/transactions", 405, "BAD_REQUEST"),
        (&get, "/v1/receipts/xyz", 400, "BAD_REQUEST"),
        (&get, "/v1/receipts/abcd", 400, "BAD_REQUEST"),
        (&get, "/v1/receipts/%ff", 400, "BAD_REQUEST"),
        (&get, "/v1/state/0g", 400, "BAD_REQUEST"),
        (&get, "/v1/state/123", 400, "BAD_REQUEST"),
        (&get, "/v1/headers/minus", 400, "BAD_REQUEST"),
        (&get, "/v1/headers/18446744073709551616", 400, "BAD_REQUEST"),
        (&get, "/v1/devices/senimtok1qqqq", 400, "BAD_REQUEST"),
        (&get, "/v1/devices/senimdev1qqqq", 400, "BAD_REQUEST"),
        (&post, "/v1/contracts/-1/query", 400, "BAD_REQUEST"),
        (&post, "/v1/transactions?wait_ms=soon", 400, "BAD_REQUEST"),
    ];
    for (method, path, status, code) in table {
        let answer = network
            .ask(method.clone(), path, "application/json", vec![])
            .await;
        assert_eq!(
            answer.refusal(),
            (status, code.to_owned()),
            "{method} {path}"
        );
    }
    let long = network.get(&format!("/v1/state/{long_key}")).await;
    assert_eq!(long.refusal(), (413, "TOO_LARGE".to_owned()));
}

#[tokio::test]
async fn a_wrong_method_says_which_are_right() {
    let network = Network::start();
    let answer = network
        .ask(Method::DELETE, "/v1/transactions", "*/*", vec![])
        .await;
    assert_eq!(answer.status.as_u16(), 405);
    assert_eq!(answer.headers["allow"], "POST");
}

#[tokio::test]
async fn bodies_above_their_limit_are_not_read() {
    let network = Network::start();
    let hash = "0".repeat(64);
    for (method, path, limit) in [
        (
            Method::POST,
            "/v1/transactions".to_owned(),
            limits::DEPLOY_BYTES_MAX,
        ),
        (Method::POST, "/v1/contracts/1/query".to_owned(), 16 * 1024),
        (
            Method::PUT,
            format!("/v1/sealed/{hash}"),
            senim_api::SEALED_BYTES_MAX,
        ),
    ] {
        let above = network
            .ask(method.clone(), &path, "*/*", vec![0; limit + 1])
            .await;
        assert_eq!(above.refusal(), (413, "TOO_LARGE".to_owned()), "{path}");
        let at = network.ask(method, &path, "*/*", vec![0; limit]).await;
        assert_ne!(at.status.as_u16(), 413, "{path} at its limit");
    }
}

#[tokio::test]
async fn bytes_that_are_no_transaction_are_refused_and_leave_no_trace() {
    let network = Network::start();
    for bytes in [
        &b""[..],
        b"{}",
        b"not a transaction",
        &[0; 1000],
        &[255; 1000],
    ] {
        let answer = network.post("/v1/transactions", bytes.to_vec()).await;
        assert_eq!(answer.refusal(), (400, "MALFORMED".to_owned()));
    }
    assert_eq!(
        network.get("/v1/status").await.json()["waiting_transactions"],
        0
    );
}
