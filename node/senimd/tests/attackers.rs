//! What strangers send to a real interface over real sockets: paths out of its folders, heads and bodies that never
//! end, bodies without measure, JSON without a bottom, and many at once. It refuses, and goes on serving others.

mod support;

use senim_abi::registry::Execute;
use senim_types::{Hash, OrgId};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use support::Machines;

/// Longer than the interface takes to give up on anybody.
const PATIENCE: Duration = Duration::from_secs(60);

fn connect(machines: &Machines) -> TcpStream {
    let stream = TcpStream::connect(machines.address(0)).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.set_write_timeout(Some(PATIENCE)).expect("a socket");
    stream
}

/// Sends bytes and reads until the other side ends the connection.
fn raw(machines: &Machines, bytes: &[u8]) -> String {
    let mut stream = connect(machines);
    // It may end the connection while this still writes.
    let _ended = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _reset = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(machines: &Machines, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    raw(machines, request.as_bytes())
}

fn status(answer: &str) -> u16 {
    let status = answer.split_whitespace().nth(1);
    status.and_then(|it| it.parse().ok()).unwrap_or(0)
}

/// Others are served within a moment.
fn serves(machines: &Machines) {
    let begun = Instant::now();
    assert_eq!(status(&get(machines, "/v1/status")), 200);
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn paths_lead_out_of_nothing() {
    let machines = Machines::start(1);
    let key = machines.folder(0).join("keys");
    assert!(key.exists());
    let up = [
        "../",
        "..%2f",
        "%2e%2e/",
        "%2e%2e%2f",
        "..%5c",
        "....//",
        "%252e%252e%252f",
    ];
    for (route, up) in ["/", "/v1/sealed/", "/v1/blocks/", "/v1/receipts/"]
        .iter()
        .flat_map(|route| up.iter().map(move |up| (route, up)))
    {
        for target in [
            "etc/passwd",
            "genesis.json",
            "node.toml",
            "keys/validator-1.key",
        ] {
            let path = format!("{route}{}{target}", up.repeat(4));
            let answer = get(&machines, &path);
            assert!((400..500).contains(&status(&answer)), "{path}: {answer}");
            for secret in ["root:", "senimvalsec", "organisation ="] {
                assert!(!answer.contains(secret), "{path}: {answer}");
            }
        }
    }
    for path in [
        "//etc/passwd",
        "/v1/sealed/%00",
        "http://other/v1/status%00",
        "*",
    ] {
        let answer = get(&machines, path);
        assert!((400..500).contains(&status(&answer)), "{path}: {answer}");
    }
    serves(&machines);
}

#[test]
fn whoever_never_ends_is_let_go_and_keeps_nobody_waiting() {
    let machines = Machines::start(1);
    let heads: Vec<TcpStream> = (0..300)
        .map(|_| {
            let mut stream = connect(&machines);
            stream
                .write_all(b"GET /v1/status HTTP/1.1\r\nHost: a\r\nX-Slow: ")
                .expect("it takes a beginning");
            stream
        })
        .collect();
    let bodies: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = connect(&machines);
            stream
                .write_all(
                    b"POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc",
                )
                .expect("it takes a beginning");
            stream
        })
        .collect();
    serves(&machines);
    // Heads are given up soon, a body when the longest wait that a request may take is over.
    for mut stream in heads.into_iter().chain(bodies) {
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer);
        assert!(ended.is_ok(), "it waits for ever: {ended:?}");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || status(&answer) == 408, "{answer}");
    }
    serves(&machines);
}

#[test]
fn what_is_too_large_or_too_deep_is_refused_early() {
    let machines = Machines::start(1);
    let claim = "POST /v1/transactions HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 99999999999\r\n\r\n";
    assert_eq!(status(&raw(&machines, claim.as_bytes())), 413);

    // A chunked body tells no length: it is cut off when it goes beyond the limit.
    let mut stream = connect(&machines);
    stream
        .write_all(b"POST /v1/transactions HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        .expect("a head");
    let chunk = [b"10000\r\n".to_vec(), vec![0; 0x10000], b"\r\n".to_vec()].concat();
    let mut sent = 0;
    while stream.write_all(&chunk).is_ok() {
        sent += 0x10000;
        assert!(sent < 256 << 20, "it reads without end");
    }

    let head = format!(
        "GET /v1/status HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "a".repeat(1 << 20)
    );
    let answer = status(&raw(&machines, head.as_bytes()));
    assert!(answer == 431 || answer == 0, "{answer}");
    let many: String = (0..5_000).map(|n| format!("X-{n}: 1\r\n")).collect();
    let head = format!("GET /v1/status HTTP/1.1\r\nHost: a\r\n{many}\r\n");
    let answer = status(&raw(&machines, head.as_bytes()));
    assert!(answer == 431 || answer == 0, "{answer}");

    for body in [
        "[".repeat(10_000),
        "{\"a\":".repeat(3_000),
        "9".repeat(10_000),
    ] {
        let request = format!(
            "POST /v1/contracts/1/query HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = raw(&machines, request.as_bytes());
        assert!((400..500).contains(&status(&answer)), "{answer}");
    }
    // Two lengths are how a request is smuggled behind another.
    let two = b"POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabc";
    assert_eq!(status(&raw(&machines, two)), 400);
    serves(&machines);
}

#[test]
fn a_flood_keeps_no_honest_client_from_its_receipt() {
    let mut machines = Machines::start(1);
    let address = machines.address(0).to_owned();
    let until = Instant::now() + Duration::from_secs(8);
    let flooders: Vec<_> = (0..16)
        .map(|number| {
            let address = address.clone();
            std::thread::spawn(move || {
                let mut tries = 0u32;
                while Instant::now() < until {
                    let Ok(mut stream) = TcpStream::connect(&address) else {
                        continue;
                    };
                    let body = vec![number; 2_000];
                    let head = "POST /v1/transactions HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n";
                    let mut answer = [0; 64];
                    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
                    // Refused, turned away or cut off: all is well as long as others are served.
                    if sent.is_ok() && stream.read(&mut answer).is_ok() {
                        tries += 1;
                    }
                }
                tries
            })
        })
        .collect();
    for number in 1_001..1_004 {
        machines.submit(
            0,
            Execute::RegisterOrganisation {
                org: OrgId(number),
                name: format!("Organisation {number}"),
                roles: senim_abi::Roles::CLINIC,
                details: Hash::of(b"details"),
            },
        );
    }
    let tries: u32 = flooders
        .into_iter()
        .map(|flooder| flooder.join().expect("it ends"))
        .sum();
    assert!(tries > 100, "there was no flood: {tries}");
    serves(&machines);
}
