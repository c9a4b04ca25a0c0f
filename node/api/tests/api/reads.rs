//! What can be read, as JSON and as bytes that a light client judges.

use crate::network::{NO_CONTRACT, Network, register};
use axum::http::StatusCode;
use senim_abi::registry::msg::{OrganisationAnswer, Query};
use senim_abi::registry::record::{OrganisationRecord, organisation_key};
use senim_abi::{REGISTRY, Roles};
use senim_types::text::KeyKind;
use senim_types::{
    Block, CommitCertificate, Hash, Header, OrgId, PublicKey, Receipt, codec, limits, merkle,
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `GET /v1/headers/{height}` as bytes: the page gives this order.
#[derive(borsh::BorshDeserialize, borsh::BorshSerialize)]
struct CertifiedHeader {
    hash: Hash,
    header: Header,
    certificate: CommitCertificate,
}

#[tokio::test]
async fn a_value_and_its_absence_are_proven() {
    let network = Network::start();
    network.operate(0, &[register(80, Roles::CLINIC)]).await;
    let light = network.light_client();

    let key = organisation_key(OrgId(80)).in_state_of(REGISTRY);
    let bytes = network
        .get_bytes(&format!("/v1/state/{}", hex(&key)))
        .await
        .body;
    let proven = light.state(&bytes).expect("the proof holds");
    assert_eq!(proven.key, key);
    let value = proven.value.expect("the organisation is there");
    let record: OrganisationRecord = borsh::from_slice(&value).expect("a record");
    assert_eq!(record.into_current().roles, Roles::CLINIC);
    let json = network
        .get(&format!("/v1/state/{}", hex(&key)))
        .await
        .json();
    assert_eq!(
        (&json["key"], &json["value"]),
        (&hex(&key).into(), &hex(&value).into())
    );

    let absent = organisation_key(OrgId(81)).in_state_of(REGISTRY);
    let bytes = network
        .get_bytes(&format!("/v1/state/{}", hex(&absent)))
        .await
        .body;
    assert_eq!(light.state(&bytes).expect("the proof holds").value, None);
    let json = network
        .get(&format!("/v1/state/{}", hex(&absent)))
        .await
        .json();
    assert!(json["value"].is_null(), "{json}");

    let flipped = bytes.len() / 2;
    let mut bytes = bytes;
    bytes[flipped] ^= 1;
    assert!(light.state(&bytes).is_err());
}

#[tokio::test]
async fn before_the_first_block_nothing_is_proven_and_the_rest_answers() {
    let network = Network::start();
    let answer = network.get("/v1/state/00").await;
    assert_eq!(answer.refusal(), (404, "NOT_FOUND".to_owned()));
    assert_eq!(
        network.get("/v1/headers/1").await.refusal(),
        (404, "NOT_FOUND".to_owned())
    );
    let status = network.get("/v1/status").await.json();
    assert_eq!(status["chain"], network.genesis().chain_id().to_string());
    assert_eq!(
        (&status["height"], &status["validators"]),
        (&0.into(), &1.into())
    );
    assert_eq!(
        (&status["syncing"], &status["halted"]),
        (&false.into(), &false.into())
    );
    for path in ["/health", "/ready"] {
        assert_eq!(network.get(path).await.json()["ok"], true, "{path}");
    }
}

#[tokio::test]
async fn headers_and_blocks_are_certified() {
    let network = Network::start();
    network.operate(0, &[register(82, Roles::CLINIC)]).await;
    let bytes = network.get_bytes("/v1/headers/1").await.body;
    let certified: CertifiedHeader =
        codec::decode(&bytes, limits::PROOF_BYTES_MAX).expect("hash, header, certificate");
    network
        .light_client()
        .header(&certified.header, &certified.certificate)
        .expect("certified");
    assert_eq!(certified.hash, certified.header.hash());
    let json = network.get("/v1/headers/1").await.json();
    assert_eq!(json["hash"], certified.hash.to_string());
    assert_eq!(json["certificate"]["block"], certified.hash.to_string());

    let block = Block::decode(&network.get_bytes("/v1/blocks/1").await.body).expect("a block");
    assert_eq!(block.header, certified.header);
    let receipts = network.get_bytes("/v1/blocks/1/receipts").await.body;
    let receipts: Vec<Receipt> =
        codec::decode(&receipts, limits::PROOF_BYTES_MAX).expect("receipts");
    assert!(!receipts.is_empty());
    let root = merkle::list_root(receipts.iter().map(codec::encode));
    assert_eq!(root, certified.header.receipts_root);
    let json = network.get("/v1/blocks/1/receipts").await.json();
    assert_eq!(json[0]["transaction"], receipts[0].transaction.to_string());

    let json = network.get("/v1/blocks/latest").await.json();
    let transaction = &json["transactions"][0];
    assert_eq!(
        transaction["hash"],
        block.transactions[0].hash().to_string()
    );
    let operator = network.key("operator").public().to_text(KeyKind::Device);
    assert_eq!(transaction["device"], operator);
    assert_eq!(transaction["calls"][0]["contract"], REGISTRY.0);
    assert_eq!(transaction["calls"][0]["method"], 0);
    assert_eq!(
        network.get("/v1/blocks/99").await.refusal(),
        (404, "NOT_FOUND".to_owned())
    );
}

#[tokio::test]
async fn contracts_answer_questions_in_their_own_bytes() {
    let network = Network::start();
    let question = codec::encode(&Query::Organisation { org: OrgId(20) });
    let answer = network.post("/v1/contracts/1/query", question).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.headers["content-type"], "application/octet-stream");
    let organisation: OrganisationAnswer = borsh::from_slice(&answer.body).expect("its type");
    assert_eq!(organisation.expect("of the devnet").roles, Roles::PHARMACY);

    let nonsense = network.post("/v1/contracts/1/query", vec![250]).await;
    assert_eq!(nonsense.refusal(), (422, "BAD_INPUT".to_owned()));
    let nobody = network
        .post(&format!("/v1/contracts/{NO_CONTRACT}/query"), vec![0])
        .await;
    assert_eq!(nobody.refusal(), (422, "CONTRACT_UNKNOWN".to_owned()));
}

#[tokio::test]
async fn a_device_that_nobody_enrolled_starts_from_nothing() {
    let network = Network::start();
    let point = *network.key("clinic").public().point();
    let device = PublicKey::from_ed25519(point)
        .expect("a key")
        .to_text(KeyKind::Device);
    let status = network.get(&format!("/v1/devices/{device}")).await.json();
    assert_eq!(status["next_sequence"], 0);
    assert_eq!(status["time"], network.genesis().time.0);
}
