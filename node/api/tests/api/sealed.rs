//! Sealed data: who may store, look and delete, and what a request must prove.

use crate::network::{Answer, Network, Signed, register};
use axum::http::{Method, StatusCode};
use senim_abi::Roles;
use senim_abi::registry::Standing;
use senim_abi::registry::msg::Execute;
use senim_api::SealedLimits;
use senim_types::crypto::SecretKey;
use senim_types::{Hash, OrgId};
use senimd::driver::now;

const OBJECT: &[u8] = b"a ciphertext, of which the ledger has the hash";

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.refusal(), (status, code.to_owned()));
}

#[tokio::test]
async fn a_clinic_stores_what_it_alone_reads_until_a_pharmacy_holds_it_and_deletes_it() {
    let network = Network::start();
    let (clinic, pharmacy) = (network.key("clinic"), network.key("pharmacy"));
    let hash = Hash::of(OBJECT);
    refused(
        &network.sealed(&clinic, Method::GET, &hash, b"").await,
        404,
        "NOT_FOUND",
    );
    let stored = network.sealed(&clinic, Method::PUT, &hash, OBJECT).await;
    assert_eq!(stored.status, StatusCode::CREATED, "{}", stored.text());
    let again = network.sealed(&clinic, Method::PUT, &hash, OBJECT).await;
    assert_eq!(again.status, StatusCode::OK);
    let answer = network.sealed(&clinic, Method::GET, &hash, b"").await;
    assert_eq!(answer.body, OBJECT);
    assert_eq!(answer.headers["content-type"], "application/octet-stream");
    // A pharmacy that nothing on the ledger gives it to: whatever it names, and whether it is there or not.
    for (hash, query) in [
        (hash, String::new()),
        (hash, format!("?prescription={}", Hash::ZERO)),
        (Hash::ZERO, format!("?prescription={hash}")),
    ] {
        let path = format!("/v1/sealed/{hash}");
        // What is signed is what is asked, the query too.
        let header = |path: &str| {
            let signed = Signed {
                method: &Method::GET,
                path,
                body: b"",
                time_ms: now().0,
            };
            network.authorisation(&pharmacy, &signed)
        };
        let uri = format!("{path}{query}");
        let signed = header(&uri);
        let answer = network.authorised(&Method::GET, &uri, b"", &signed).await;
        refused(&answer, 422, "SEALED_NOT_HELD");
        let uri = format!("{path}?prescription=x");
        let answer = network.authorised(&Method::GET, &uri, b"", &signed).await;
        refused(&answer, 401, "UNAUTHORISED");
        let signed = header(&uri);
        let answer = network.authorised(&Method::GET, &uri, b"", &signed).await;
        refused(&answer, 400, "BAD_REQUEST");
    }
    refused(
        &network.sealed(&pharmacy, Method::DELETE, &hash, b"").await,
        422,
        "NOT_AUTHORISED",
    );
    let deleted = network.sealed(&clinic, Method::DELETE, &hash, b"").await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    refused(
        &network.sealed(&clinic, Method::GET, &hash, b"").await,
        404,
        "NOT_FOUND",
    );
    refused(
        &network.sealed(&clinic, Method::DELETE, &hash, b"").await,
        404,
        "NOT_FOUND",
    );
    let left = std::fs::read_dir(network.path().join("sealed"))
        .expect("the folder")
        .count();
    assert_eq!(left, 0, "a deleted object is off the disk");
}

#[tokio::test]
async fn roles_decide_who_may_store_and_look() {
    let network = Network::start();
    let hash = Hash::of(OBJECT);
    for name in [
        "operator",
        "fund",
        "treasury",
        "regulator",
        "pharmacy",
        "identity",
    ] {
        let answer = network
            .sealed(&network.key(name), Method::PUT, &hash, OBJECT)
            .await;
        refused(&answer, 422, "ROLE_NOT_ALLOWED");
    }
    network
        .sealed(&network.key("clinic"), Method::PUT, &hash, OBJECT)
        .await;
    for name in ["operator", "fund", "treasury", "regulator"] {
        let answer = network
            .sealed(&network.key(name), Method::GET, &hash, b"")
            .await;
        refused(&answer, 422, "ROLE_NOT_ALLOWED");
    }
    assert_eq!(
        network
            .sealed(&network.key("identity"), Method::GET, &hash, b"")
            .await
            .body,
        OBJECT
    );
}

#[tokio::test]
async fn a_copy_sent_by_another_clinic_does_not_become_its_own() {
    let network = Network::start();
    let other = SecretKey::from_seed(&[77; 32]);
    let enrol = Execute::EnrolDevice {
        org: OrgId(70),
        device: other.public(),
        administrator: false,
    };
    network
        .operate(0, &[register(70, Roles::CLINIC), enrol])
        .await;
    let hash = Hash::of(OBJECT);
    network
        .sealed(&network.key("clinic"), Method::PUT, &hash, OBJECT)
        .await;
    refused(
        &network.sealed(&other, Method::PUT, &hash, OBJECT).await,
        422,
        "NOT_AUTHORISED",
    );
    for method in [Method::DELETE, Method::GET] {
        refused(
            &network.sealed(&other, method, &hash, b"").await,
            422,
            "NOT_AUTHORISED",
        );
    }

    let suspend = Execute::SetDeviceStanding {
        device: other.public(),
        standing: Standing::Suspended,
    };
    network.operate(2, &[suspend]).await;
    refused(
        &network.sealed(&other, Method::GET, &hash, b"").await,
        422,
        "DEVICE_SUSPENDED",
    );
    let active = Execute::SetDeviceStanding {
        device: other.public(),
        standing: Standing::Active,
    };
    let closed = Execute::SetOrganisationStanding {
        org: OrgId(70),
        standing: Standing::Suspended,
    };
    network.operate(3, &[active, closed]).await;
    refused(
        &network.sealed(&other, Method::GET, &hash, b"").await,
        422,
        "ORGANISATION_SUSPENDED",
    );
}

#[tokio::test]
async fn a_request_that_is_not_soundly_signed_sees_nothing() {
    let network = Network::start();
    let (clinic, hash) = (network.key("clinic"), Hash::of(OBJECT));
    network.sealed(&clinic, Method::PUT, &hash, OBJECT).await;
    let path = format!("/v1/sealed/{hash}");
    let signed = Signed {
        method: &Method::GET,
        path: &path,
        body: b"",
        time_ms: now().0,
    };
    let sound = network.authorisation(&clinic, &signed);
    assert_eq!(
        network
            .authorised(&Method::GET, &path, b"", &sound)
            .await
            .body,
        OBJECT
    );

    let (device, rest) = sound.split_once(':').expect("three fields");
    let (time_ms, signature) = rest.split_once(':').expect("three fields");
    let later = now().0 + 1;
    let stranger = network.authorisation(&SecretKey::from_seed(&[3; 32]), &signed);
    let old = Signed {
        time_ms: now().0 - 130_000,
        ..Signed { ..signed }
    };
    let early = Signed {
        time_ms: now().0 + 130_000,
        method: &Method::GET,
        path: &path,
        body: b"",
    };
    let of_other_path = Signed {
        path: "/v1/sealed/other",
        ..Signed { ..early }
    };
    let of_other_path = Signed {
        time_ms: now().0,
        ..of_other_path
    };
    let table = [
        ("no fields", String::new()),
        ("two fields", format!("{device}:{time_ms}")),
        ("four fields", format!("{sound}:")),
        ("no device", format!("device:{time_ms}:{signature}")),
        ("no time", format!("{device}:soon:{signature}")),
        ("a short signature", format!("{device}:{time_ms}:abcd")),
        ("another time", format!("{device}:{later}:{signature}")),
        (
            "a forged signature",
            format!("{device}:{time_ms}:{}", "0".repeat(128)),
        ),
        ("an old request", network.authorisation(&clinic, &old)),
        (
            "a request from the future",
            network.authorisation(&clinic, &early),
        ),
        (
            "another path's",
            network.authorisation(&clinic, &of_other_path),
        ),
    ];
    for (what, header) in table {
        let answer = network.authorised(&Method::GET, &path, b"", &header).await;
        assert_eq!(answer.refusal(), (401, "UNAUTHORISED".to_owned()), "{what}");
    }
    refused(&network.get(&path).await, 401, "UNAUTHORISED");
    // A signature for looking does not delete, and one for a body is for no other.
    refused(
        &network
            .authorised(&Method::DELETE, &path, b"", &sound)
            .await,
        401,
        "UNAUTHORISED",
    );
    let put = Signed {
        method: &Method::PUT,
        path: &path,
        body: OBJECT,
        time_ms: now().0,
    };
    let put = network.authorisation(&clinic, &put);
    refused(
        &network.authorised(&Method::PUT, &path, b"else", &put).await,
        401,
        "UNAUTHORISED",
    );
    refused(
        &network
            .authorised(&Method::GET, &path, b"", &stranger)
            .await,
        422,
        "DEVICE_UNKNOWN",
    );
}

#[tokio::test]
async fn a_path_never_leaves_the_folder() {
    let network = Network::start();
    let clinic = network.key("clinic");
    let genesis = std::fs::read(network.path().join("genesis.json")).expect("it is there");
    for name in [
        "../genesis.json",
        "..%2fgenesis.json",
        "%2e%2e%2fgenesis.json",
        "..",
        "x",
        "%00",
    ] {
        // What the router makes of the name is what the device would have to sign.
        let decoded = name
            .replace("%2f", "/")
            .replace("%2e", ".")
            .replace("%00", "\0");
        let signed_path = format!("/v1/sealed/{decoded}");
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let body: &[u8] = if method == Method::PUT { OBJECT } else { b"" };
            let signed = Signed {
                method: &method,
                path: &signed_path,
                body,
                time_ms: now().0,
            };
            let header = network.authorisation(&clinic, &signed);
            let path = format!("/v1/sealed/{name}");
            let answer = network.authorised(&method, &path, body, &header).await;
            let (status, _) = answer.refusal();
            assert!([400, 404].contains(&status), "{method} {path}: {status}");
        }
    }
    let after = std::fs::read(network.path().join("genesis.json")).expect("it is still there");
    assert_eq!(after, genesis);
}

#[tokio::test]
async fn an_object_is_what_its_hash_says_or_it_is_not_given() {
    let network = Network::start();
    let (clinic, hash) = (network.key("clinic"), Hash::of(OBJECT));
    refused(
        &network
            .sealed(&clinic, Method::PUT, &hash, b"other bytes")
            .await,
        400,
        "BAD_REQUEST",
    );
    network.sealed(&clinic, Method::PUT, &hash, OBJECT).await;
    let file = network.path().join("sealed").join(hash.to_string());
    let mut stored = std::fs::read(&file).expect("it is stored");
    *stored.last_mut().expect("not empty") ^= 1;
    std::fs::write(&file, &stored).expect("it can be damaged");
    let damaged = network.sealed(&clinic, Method::GET, &hash, b"").await;
    refused(&damaged, 500, "STORE_DAMAGED");
    // What is damaged is mended by whoever has it.
    let mended = network.sealed(&clinic, Method::PUT, &hash, OBJECT).await;
    assert_eq!(mended.status, StatusCode::CREATED);
    assert_eq!(
        network.sealed(&clinic, Method::GET, &hash, b"").await.body,
        OBJECT
    );
}

#[tokio::test]
async fn what_an_organisation_and_the_node_keep_is_limited() {
    let network = Network::with_sealed(SealedLimits {
        bytes_max: 3 * 4096,
        organisation_bytes_max: 2 * 4096,
    });
    let (clinic, other) = (network.key("clinic"), SecretKey::from_seed(&[78; 32]));
    let enrol = Execute::EnrolDevice {
        org: OrgId(71),
        device: other.public(),
        administrator: false,
    };
    network
        .operate(0, &[register(71, Roles::CLINIC), enrol])
        .await;
    let objects: [&[u8]; 5] = [b"first", b"second", b"third", b"fourth", b"fifth"];
    let put = async |device, object: &[u8]| {
        network
            .sealed(device, Method::PUT, &Hash::of(object), object)
            .await
    };
    for object in &objects[..2] {
        assert_eq!(put(&clinic, object).await.status, StatusCode::CREATED);
    }
    refused(&put(&clinic, objects[2]).await, 422, "SEALED_QUOTA");
    let again = put(&clinic, objects[0]).await;
    assert_eq!(again.status, StatusCode::OK, "what is there takes nothing");
    assert_eq!(put(&other, objects[3]).await.status, StatusCode::CREATED);
    refused(&put(&other, objects[4]).await, 507, "SEALED_STORE_FULL");
    let first = Hash::of(objects[0]);
    network.sealed(&clinic, Method::DELETE, &first, b"").await;
    assert_eq!(put(&other, objects[4]).await.status, StatusCode::CREATED);
    refused(&put(&clinic, objects[2]).await, 507, "SEALED_STORE_FULL");
}
