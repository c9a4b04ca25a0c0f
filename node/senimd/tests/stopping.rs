//! How a process ends: told to while clients submit, told twice, and for reasons that its operator has to see.

mod support;

use rustix::process::Signal;
use senim_abi::registry::Execute;
use senim_types::{Hash, OrgId, codec};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::Machines;

fn register(number: u32) -> Execute {
    Execute::RegisterOrganisation {
        org: OrgId(number),
        name: format!("Organisation {number}"),
        roles: senim_abi::Roles::CLINIC,
        details: Hash::of(b"details"),
    }
}

/// Nothing was made anew at the last start of a machine.
fn assert_quick_start(log: &str) {
    let opened = log.lines().find(|line| line.contains("the ledger is open"));
    let opened = opened.unwrap_or_else(|| panic!("it says how it opened: {log}"));
    assert!(opened.contains("replayed: 0"), "{opened}");
    assert!(!log.contains("rebuilt"), "{log}");
}

#[test]
fn told_to_end_under_load_it_answers_what_is_under_way_and_loses_nothing() {
    let mut machines = Machines::start(1);
    let messages: Vec<Execute> = (2_000..2_200).map(register).collect();
    let transactions = machines.signed(&messages);
    let url = format!("{}/v1/transactions?wait_ms=20000", machines.url(0));
    let (is_over, committed) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(Mutex::new(vec![])),
    );
    let clients: Vec<_> = transactions
        .chunks(50)
        .map(|share| {
            let (share, url) = (share.to_vec(), url.clone());
            let (is_over, committed) = (Arc::clone(&is_over), Arc::clone(&committed));
            std::thread::spawn(move || {
                for transaction in share {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    // A refused connection is the end; what was answered has to be kept.
                    if let Ok(mut answer) = ureq::post(&url).send(&codec::encode(&transaction)[..])
                    {
                        let text = answer.body_mut().read_to_string().expect("text");
                        if text.contains("\"committed\"") {
                            committed.lock().expect("no panic").push(transaction.hash());
                        }
                    }
                }
            })
        })
        .collect();
    let until = Instant::now() + Duration::from_secs(60);
    while committed.lock().expect("no panic").len() < 8 {
        assert!(Instant::now() < until, "nothing is committed");
        std::thread::sleep(Duration::from_millis(20));
    }
    let told = Instant::now();
    machines.signal(0, Signal::TERM);
    assert_eq!(machines.end(0), Some(0), "{}", machines.log(0));
    assert!(told.elapsed() < Duration::from_secs(60));
    is_over.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().expect("a client does not panic");
    }
    let log = machines.log(0);
    assert!(
        log.contains("stopping: no more connections") && log.contains("stopped"),
        "{log}"
    );

    machines.restart(0);
    assert_quick_start(&machines.log(0));
    let committed = committed.lock().expect("no panic").clone();
    assert!(committed.len() >= 8);
    for hash in committed {
        let url = format!("{}/v1/receipts/{hash}", machines.url(0));
        let answer = ureq::get(&url).call();
        assert_eq!(answer.expect("a receipt").status().as_u16(), 200);
    }
    machines.signal(0, Signal::INT);
    assert_eq!(machines.end(0), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once_and_a_request_that_never_comes_does_not_hold_it_for_long() {
    let mut machines = Machines::start(1);
    // The beginning of a request whose body never comes.
    let begun = |machines: &Machines| {
        let address = machines.url(0).trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("it listens");
        let head = "POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf";
        stream.write_all(head.as_bytes()).expect("it reads");
        stream
    };
    let stream = begun(&machines);
    std::thread::sleep(Duration::from_millis(200));
    machines.signal(0, Signal::TERM);
    machines.until_logged(0, "stopping: no more connections");
    let address = machines.url(0).trim_start_matches("http://").to_owned();
    let until = Instant::now() + Duration::from_secs(5);
    while TcpStream::connect(&address).is_ok() {
        assert!(Instant::now() < until, "it still takes connections");
    }
    let second = Instant::now();
    machines.signal(0, Signal::TERM);
    assert_eq!(machines.end(0), Some(1), "{}", machines.log(0));
    // The limit of requests under way is ten seconds.
    assert!(second.elapsed() < Duration::from_secs(8));
    drop(stream);

    machines.launch(0, &[("SENIM_HTTP__STOP_MS_MAX", "500")]);
    machines.until_logged(0, "the node is started");
    let mut stream = begun(&machines);
    std::thread::sleep(Duration::from_millis(200));
    machines.signal(0, Signal::TERM);
    assert_eq!(machines.end(0), Some(0), "{}", machines.log(0));
    assert!(machines.log(0).contains("requests under way took too long"));
    let mut rest = Vec::new();
    // However the connection ends, no answer came.
    let _end = stream.read_to_end(&mut rest);
    assert!(rest.is_empty());
}

/// What a machine answers, whatever the status.
fn answer(machines: &Machines, path: &str) -> Option<(u16, String)> {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent = ureq::Agent::new_with_config(config.build());
    let mut answer = agent
        .get(format!("{}{path}", machines.url(0)))
        .call()
        .ok()?;
    let text = answer.body_mut().read_to_string().ok()?;
    Some((answer.status().as_u16(), text))
}

#[test]
fn damaged_votes_are_told_to_whoever_watches_before_the_process_ends_for_good() {
    let mut machines = Machines::start(1);
    machines.submit(0, register(3_000));
    machines.kill(0);
    let votes = machines.folder(0).join("nodes/validator-1/wal/consensus");
    let mut bytes = std::fs::read(&votes).expect("it has a record of its votes");
    assert!(bytes.len() > 60, "{}", bytes.len());
    // In the first record's entry, behind its head.
    bytes[54] ^= 1;
    std::fs::write(&votes, bytes).expect("it can be written");

    machines.launch(0, &[("SENIM_HTTP__HALTED_MS_MAX", "4000")]);
    machines.until_logged(0, "the node cannot be started");
    let (status, text) = answer(&machines, "/health").expect("it answers");
    assert_eq!(status, 503);
    assert!(text.contains("VOTES_DAMAGED"), "{text}");
    let (_, text) = answer(&machines, "/metrics").expect("it answers");
    let metric = "senim_halt_info{code=\"VOTES_DAMAGED\"} 1";
    assert!(text.contains(metric), "{text}");
    assert_eq!(machines.end(0), Some(4), "{}", machines.log(0));
    assert!(machines.log(0).contains("VOTES_DAMAGED"));
}

#[test]
fn a_node_that_halts_tells_why_before_the_process_ends() {
    let mut machines = Machines::start(1);
    machines.kill(0);
    machines.launch(0, &[("SENIM_HTTP__HALTED_MS_MAX", "15000")]);
    machines.until_logged(0, "the node is started");
    // Where its votes are to be recorded there is suddenly no folder.
    let votes = machines.folder(0).join("nodes/validator-1/wal");
    if votes.exists() {
        std::fs::remove_dir_all(&votes).expect("it is ours");
    }
    std::fs::write(&votes, "in the way").expect("it can be written");
    let url = format!("{}/v1/transactions", machines.url(0));
    for transaction in machines.signed(&[register(3_001), register(3_002)]) {
        // One is enough; the node may have halted before the second.
        let _maybe = ureq::post(&url).send(&codec::encode(&transaction)[..]);
        std::thread::sleep(Duration::from_millis(300));
    }
    machines.until_logged(0, "a node halted: the process ends");
    let (status, text) = answer(&machines, "/health").expect("it answers");
    assert_eq!(status, 503);
    assert!(text.contains("STORE_FAILED"), "{text}");
    let (_, text) = answer(&machines, "/metrics").expect("it answers");
    assert!(text.contains("\nsenim_halted 1\n"), "{text}");
    // A disk may be well again, and what is derived is made anew: another start may help.
    assert_eq!(machines.end(0), Some(1), "{}", machines.log(0));
}
