//! The door of a clinic's connector: who has not its token is not heard.
#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use senim_connector::clinic::FHIR_JSON;
use senim_connector::clinic::door::serve;
use senim_connector::clinic::intake::Intake;
use senim_connector::http::Endpoint;
use senim_types::crypto::SecretKey;
use std::path::Path;
use tokio::net::TcpListener;

/// Takes messages into this folder. Its node is never asked: nothing here gets that far.
fn intake(folder: &Path) -> Intake {
    Intake {
        node: "http://127.0.0.1:9".to_owned(),
        network: folder.join("network"),
        trusted: folder.join("trusted.light"),
        folder: folder.join("clinic"),
        device: SecretKey::from_seed(&[7; 32]),
        offset: 300,
        programme: 1,
        prescriber: 1,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_token_or_another_is_not_heard() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it listens");
    let token = Some("the right one".to_owned());
    tokio::spawn(serve(listener, intake(folder.path()), token));
    let posted = move |token: Option<&str>, path: &str| {
        let url = format!("http://{address}");
        let door = Endpoint::new(&url, 10_000, token.map(str::to_owned)).expect("an address");
        let answered = door.post(path, FHIR_JSON, b"no message");
        let answered = answered.unwrap_or_else(|outcome| panic!("{outcome:?}"));
        let body: serde_json::Value = serde_json::from_slice(&answered.body).expect("JSON");
        let code = body.pointer("/issue/0/details/coding/0/code").cloned();
        (answered.status, code.unwrap_or_default())
    };
    let all = move || {
        let process = "/fhir/$process-message";
        let refused = (401, serde_json::json!("DOOR_TOKEN"));
        for token in [
            None,
            Some("another"),
            Some(""),
            Some("the right"),
            Some("the right one and more"),
            Some("The right one"),
        ] {
            assert_eq!(posted(token, process), refused, "{token:?}");
        }
        // Not even told that what stands beside the message is wrong.
        let beside = format!("{process}?wrong=1");
        assert_eq!(posted(Some("another"), &beside), refused);
        let (status, code) = posted(Some("the right one"), process);
        assert_eq!((status, code), (400, serde_json::json!("FHIR_NOT_JSON")));
    };
    tokio::task::spawn_blocking(all)
        .await
        .expect("each was answered");
    assert!(
        !folder.path().join("clinic").exists(),
        "nothing was taken in"
    );
}
