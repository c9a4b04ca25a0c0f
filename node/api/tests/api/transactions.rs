//! Submitting, waiting, and the receipt that comes of it.

use crate::network::{Network, register};
use axum::http::StatusCode;
use senim_abi::Roles;
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use senim_types::{ChainId, Code, Hash, Status, TimeMs, codec};

#[tokio::test]
async fn a_transaction_is_taken_waited_for_and_proven() {
    let network = Network::start();
    let transaction =
        network.transaction(&network.key("operator"), 0, &register(90, Roles::CLINIC));
    let hash = transaction.hash();

    let answer = network.submit(&transaction).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json()["transaction"], hash.to_string());
    assert_eq!(answer.json()["status"], "committed");
    assert_eq!(answer.json()["outcome"], "applied");
    assert_eq!(answer.json().get("code"), None);

    let bytes = network.get_bytes(&format!("/v1/receipts/{hash}")).await;
    assert_eq!(bytes.headers["content-type"], "application/octet-stream");
    let receipt = network
        .light_client()
        .receipt(&bytes.body)
        .expect("the proof holds");
    assert_eq!(
        (receipt.transaction, &receipt.status),
        (hash, &Status::Applied)
    );

    let json = network.get(&format!("/v1/receipts/{hash}")).await;
    assert_eq!(json.headers["content-type"], "application/json");
    let json = json.json();
    assert_eq!(json["receipt"]["transaction"], hash.to_string());
    assert_eq!(json["receipt"]["status"], "applied");
    assert_eq!(json["header"]["height"], receipt.height.0);

    let device = network.key("operator").public().to_text(KeyKind::Device);
    let status = network.get(&format!("/v1/devices/{device}")).await.json();
    assert_eq!(status["next_sequence"], 1);

    let again = network.transaction(&network.key("operator"), 1, &register(90, Roles::PHARMACY));
    let refused = network.submit(&again).await;
    assert_eq!(refused.status, StatusCode::OK, "{}", refused.text());
    assert_eq!(refused.json()["outcome"], "refused");
    assert_eq!(refused.json()["code"], "ORGANISATION_EXISTS");
}

#[tokio::test]
async fn the_same_again_is_answered_with_what_became_of_it() {
    let network = Network::start();
    let transaction =
        network.transaction(&network.key("operator"), 3, &register(91, Roles::CLINIC));
    let bytes = codec::encode(&transaction);
    let first = network.post("/v1/transactions", bytes.clone()).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text());
    assert_eq!(first.json()["status"], "accepted");
    assert_eq!(
        network.submit(&transaction).await.json()["status"],
        "committed"
    );
    let again = network.post("/v1/transactions", bytes).await;
    assert_eq!(
        (again.status, &again.json()["status"]),
        (StatusCode::OK, &"committed".into())
    );
    // A receipt can be waited for without submitting, too.
    let waited = network
        .get(&format!(
            "/v1/receipts/{}?wait_ms=30000",
            transaction.hash()
        ))
        .await;
    assert_eq!(waited.status, StatusCode::OK);

    let other = network.transaction(&network.key("operator"), 3, &register(92, Roles::CLINIC));
    let refused = network.submit(&other).await;
    assert_eq!(refused.refusal(), (422, Code::SEQUENCE_USED.to_string()));
}

#[tokio::test]
async fn what_may_not_be_done_is_a_receipt_and_what_may_not_enter_is_none() {
    let network = Network::start();
    let (operator, clinic) = (network.key("operator"), network.key("clinic"));
    let call = register(93, Roles::CLINIC);

    let not_allowed = network.transaction(&clinic, 0, &call);
    assert_eq!(network.submit(&not_allowed).await.status, StatusCode::OK);
    let bytes = network
        .get_bytes(&format!("/v1/receipts/{}", not_allowed.hash()))
        .await
        .body;
    let receipt = network
        .light_client()
        .receipt(&bytes)
        .expect("a refusal is proven as well");
    assert_eq!(receipt.status.code(), Some(Code::ROLE_NOT_ALLOWED));

    let sound = || network.transaction(&operator, 0, &call);
    let resigned = |change: fn(&mut senim_types::Transaction)| {
        let mut body = sound().body;
        change(&mut body);
        operator.sign_transaction(body, vec![])
    };
    let mut forged = sound();
    forged.device_signature.0[5] ^= 1;
    let stranger = SecretKey::from_seed(&[200; 32]);
    let table = [
        (Code::BAD_SIGNATURE, forged),
        (
            Code::WRONG_CHAIN,
            resigned(|body| body.chain = ChainId(Hash::ZERO)),
        ),
        (
            Code::TRANSACTION_EXPIRED,
            resigned(|body| body.valid_until = TimeMs(1)),
        ),
        (
            Code::VALID_UNTIL_TOO_FAR,
            resigned(|body| body.valid_until.0 += 25 * 3_600_000),
        ),
        (
            Code::SEQUENCE_TOO_FAR,
            resigned(|body| body.sequence = 100_000),
        ),
        (Code::WRONG_VERSION, resigned(|body| body.version = 9)),
        (Code::CALL_COUNT, resigned(|body| body.calls.clear())),
        (
            Code::DEVICE_UNKNOWN,
            network.transaction(&stranger, 0, &call),
        ),
    ];
    for (code, transaction) in table {
        let answer = network
            .post("/v1/transactions", codec::encode(&transaction))
            .await;
        assert_eq!(answer.refusal(), (422, code.to_string()));
        let receipt = network
            .get(&format!("/v1/receipts/{}", transaction.hash()))
            .await;
        assert_eq!(
            receipt.refusal(),
            (404, "NOT_FOUND".to_owned()),
            "{code} left a trace"
        );
    }
    assert_eq!(
        network.submit(&sound()).await.status,
        StatusCode::OK,
        "nothing used its number"
    );
}

#[tokio::test]
async fn a_wait_ends_and_is_no_error() {
    let network = Network::start();
    let unknown = Hash::of(b"never submitted");
    let answer = network
        .get(&format!("/v1/receipts/{unknown}?wait_ms=1"))
        .await;
    assert_eq!(answer.refusal(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn metrics_count_and_name_nobody() {
    let network = Network::start();
    let (operator, stranger) = (network.key("operator"), SecretKey::from_seed(&[201; 32]));
    let taken = network.transaction(&operator, 0, &register(94, Roles::CLINIC));
    network.submit(&taken).await;
    network
        .submit(&network.transaction(&stranger, 0, &register(95, Roles::CLINIC)))
        .await;
    let answer = network.get("/metrics").await;
    let text = answer.text();
    assert!(
        text.contains("senim_transactions_accepted_total 1"),
        "{text}"
    );
    assert!(
        text.contains("senim_transactions_refused_total{code=\"DEVICE_UNKNOWN\"} 1"),
        "{text}"
    );
    assert!(text.ends_with("# EOF\n"));
    // Keys and hashes are 64 hex digits or bech32m; a value or label of a metric is neither.
    assert!(!text.contains("senimdev1") && !text.contains("senimval1") && !text.contains("secret"));
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    for word in words {
        assert!(word.len() < 32, "{word} may name somebody");
    }
    for secret in [&operator, &network.key("clinic")] {
        let seed: String = secret
            .seed()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert!(!text.contains(&seed));
    }
}
