//! Terminals: who may make contact, what it is told, and who sees it.

use crate::network::{Answer, Network, Signed, register};
use axum::http::{Method, StatusCode};
use senim_abi::Roles;
use senim_abi::registry::Standing;
use senim_abi::registry::msg::Execute;
use senim_api::CONTACT_BYTES_MAX;
use senim_types::crypto::SecretKey;
use senim_types::text::KeyKind;
use senim_types::{OrgId, codec};
use senimd::driver::now;

const CONTACT: &str = "/v1/terminals/contact";

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.refusal(), (status, code.to_owned()));
}

fn software(name: &str, version: &str) -> Vec<u8> {
    codec::encode(&(name.to_owned(), version.to_owned()))
}

impl Network {
    async fn contact_at(&self, device: &SecretKey, body: &[u8], time_ms: u64) -> Answer {
        let signed = Signed {
            method: &Method::POST,
            path: CONTACT,
            body,
            time_ms,
        };
        let header = self.authorisation(device, &signed);
        self.authorised(&Method::POST, CONTACT, body, &header).await
    }

    async fn terminals(&self, device: &SecretKey, query: &str) -> Answer {
        let path = format!("/v1/terminals{query}");
        let signed = Signed {
            method: &Method::GET,
            path: &path,
            body: b"",
            time_ms: now().0,
        };
        let header = self.authorisation(device, &signed);
        self.authorised(&Method::GET, &path, b"", &header).await
    }
}

/// Devices and versions of a page.
fn seen(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let json = answer.json();
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let terminals = json["terminals"].as_array().expect("a list").iter();
    let mut seen: Vec<_> = terminals
        .map(|terminal| (text(&terminal["device"]), text(&terminal["version"])))
        .collect();
    seen.sort();
    seen
}

fn device(key: &SecretKey) -> String {
    key.public().to_text(KeyKind::Device)
}

#[tokio::test]
async fn a_terminal_is_told_the_time_and_how_it_stands_even_when_it_is_suspended() {
    let network = Network::start();
    let terminal = network.key("pharmacy");
    let body = software("senim", "0.1.0");
    let told = network.contact_at(&terminal, &body, now().0 - 11_000).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    let told = told.json();
    assert_eq!(
        (&told["standing"], &told["clock_wrong"]),
        (&"active".into(), &true.into())
    );
    let skew_ms = told["skew_ms"].as_i64().expect("a number");
    assert!((-60_000..=-11_000).contains(&skew_ms), "{skew_ms}");
    assert!(told["time"].as_u64().expect("a time").abs_diff(now().0) < 60_000);

    let suspend = Execute::SetDeviceStanding {
        device: terminal.public(),
        standing: Standing::Suspended,
    };
    network.operate(0, &[suspend]).await;
    // Sooner than after a second it would be too often.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let told = network
        .contact_at(&terminal, &software("senim", "0.2.0"), now().0)
        .await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    assert_eq!(told.json()["standing"], "suspended");
    assert_eq!(told.json()["clock_wrong"], false);
    // It is heard of, and sees nothing.
    let operator = network.terminals(&network.key("operator"), "").await;
    assert_eq!(seen(&operator), [(device(&terminal), "0.2.0".to_owned())]);
    refused(
        &network.terminals(&terminal, "").await,
        422,
        "DEVICE_SUSPENDED",
    );
    let metrics = network.get("/metrics").await.text();
    for line in [
        "senim_terminal_contacts_total 2",
        "senim_terminals 1",
        "senim_terminals_clock_wrong 0",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn what_is_unsigned_old_repeated_too_large_or_too_often_is_refused_with_its_code() {
    let network = Network::start();
    let terminal = network.key("pharmacy");
    let body = software("senim", "0.1.0");
    let send =
        async |key: &SecretKey, body: &[u8], time_ms| network.contact_at(key, body, time_ms).await;
    let unsigned = network.post(CONTACT, body.clone()).await;
    refused(&unsigned, 401, "UNAUTHORISED");
    let signed = Signed {
        method: &Method::POST,
        path: CONTACT,
        body: &body,
        time_ms: now().0,
    };
    let header = network.authorisation(&terminal, &signed);
    let other = software("senim", "9.9.9");
    let altered = network
        .authorised(&Method::POST, CONTACT, &other, &header)
        .await;
    refused(&altered, 401, "UNAUTHORISED");
    refused(
        &send(&SecretKey::from_seed(&[9; 32]), &body, now().0).await,
        422,
        "DEVICE_UNKNOWN",
    );
    for wrong_ms in [now().0 - 125_000, now().0 + 125_000] {
        let answer = send(&terminal, &body, wrong_ms).await;
        refused(&answer, 422, "CLOCK_DIFFERS");
        let detail = answer.json()["detail"]
            .as_str()
            .expect("the node's time")
            .to_owned();
        let there = u64::from_str_radix(&detail, 16).expect("hexadecimal");
        assert!(there.abs_diff(now().0) < 60_000, "{there}");
    }
    refused(
        &send(&terminal, &[0; CONTACT_BYTES_MAX + 1], now().0).await,
        413,
        "TOO_LARGE",
    );
    for bad in [
        software("", "1"),
        software("senim", &"1".repeat(33)),
        software("two words", "1"),
        software("senim", "1\n2"),
        software("сенім", "1"),
        b"senim".to_vec(),
        [body.clone(), vec![0]].concat(),
    ] {
        refused(&send(&terminal, &bad, now().0).await, 400, "MALFORMED");
    }
    let operator = network.key("operator");
    assert_eq!(
        seen(&network.terminals(&operator, "").await),
        [],
        "nothing was taken so far"
    );

    let at_ms = now().0;
    assert_eq!(send(&terminal, &body, at_ms).await.status, StatusCode::OK);
    refused(
        &send(&terminal, &body, at_ms).await,
        422,
        "CONTACT_REPLAYED",
    );
    refused(
        &send(&terminal, &body, at_ms - 1).await,
        422,
        "CONTACT_REPLAYED",
    );
    let flood = send(&terminal, &body, at_ms + 1).await;
    refused(&flood, 429, "DEVICE_RATE");
    assert!(flood.headers.contains_key("retry-after"));
    let metrics = network.get("/metrics").await.text();
    assert!(
        metrics.contains("senim_terminal_contacts_refused_total{code=\"CONTACT_REPLAYED\"} 2"),
        "{metrics}"
    );
}

#[tokio::test]
async fn an_organisation_sees_its_own_terminals_and_the_operator_all() {
    let network = Network::start();
    let (pharmacy, clinic, operator) = (
        network.key("pharmacy"),
        network.key("clinic"),
        network.key("operator"),
    );
    let second = SecretKey::from_seed(&[80; 32]);
    let enrol = Execute::EnrolDevice {
        org: OrgId(72),
        device: second.public(),
        administrator: false,
    };
    network
        .operate(0, &[register(72, Roles::PHARMACY), enrol])
        .await;
    for (key, version) in [(&pharmacy, "1"), (&clinic, "2"), (&second, "3")] {
        let told = network
            .contact_at(key, &software("senim", version), now().0)
            .await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    }
    let mut all = vec![
        (device(&pharmacy), "1".to_owned()),
        (device(&clinic), "2".to_owned()),
        (device(&second), "3".to_owned()),
    ];
    let own = |index: usize| [all[index].clone()];
    assert_eq!(seen(&network.terminals(&pharmacy, "").await), own(0));
    assert_eq!(seen(&network.terminals(&second, "").await), own(2));
    assert_eq!(seen(&network.terminals(&second, "?org=72").await), own(2));
    assert_eq!(seen(&network.terminals(&operator, "?org=72").await), own(2));
    refused(
        &network.terminals(&pharmacy, "?org=72").await,
        422,
        "NOT_AUTHORISED",
    );
    let from = format!("?after=72.{}", device(&second));
    assert_eq!(seen(&network.terminals(&operator, &from).await), []);
    refused(
        &network.terminals(&operator, "?after=x").await,
        400,
        "BAD_REQUEST",
    );
    refused(
        &network.terminals(&SecretKey::from_seed(&[9; 32]), "").await,
        422,
        "DEVICE_UNKNOWN",
    );
    refused(&network.get("/v1/terminals").await, 401, "UNAUTHORISED");
    all.sort();
    assert_eq!(seen(&network.terminals(&operator, "").await), all);
    // What is signed is the question itself: another's answer is not had with it.
    let signed = Signed {
        method: &Method::GET,
        path: "/v1/terminals?org=72",
        body: b"",
        time_ms: now().0,
    };
    let header = network.authorisation(&operator, &signed);
    let other = network
        .authorised(&Method::GET, "/v1/terminals", b"", &header)
        .await;
    refused(&other, 401, "UNAUTHORISED");
}
