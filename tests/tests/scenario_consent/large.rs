//! A long list, measured: of some hundred persons in every run, of as many as a list may have by `make bench-list`.

use crate::Operator;
use crate::parties::{Parties, iin, wait};
use senim_portal::conversation::What;
use std::time::{Duration, Instant};

/// How many persons, unless `SENIM_LIST_PERSONS` says otherwise: more than one entry of the portal's journal holds.
const PERSONS: usize = 300;

/// What the process has used so far: CPU time of all its threads, and its largest memory.
fn used() -> (Duration, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux has it");
    let after = stat.rsplit(')').next().expect("a name in brackets");
    let fields: Vec<u64> = after
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0))
        .collect();
    // User and system time, the 14th and 15th field, in hundredths of a second.
    let cpu = Duration::from_millis((fields[11] + fields[12]) * 10);
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|line| line.split_whitespace().next());
    (
        cpu,
        peak.and_then(|kib| kib.parse().ok()).unwrap_or(0) / 1024,
    )
}

/// Does it, and prints what it took.
fn measured<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let (start, (before, _)) = (Instant::now(), used());
    let done = act();
    let (after, peak) = used();
    println!(
        "{what:<28} {:>8.1} s, {:>8.1} s of CPU, at most {peak} MiB so far",
        start.elapsed().as_secs_f64(),
        (after - before).as_secs_f64()
    );
    done
}

#[test]
fn a_long_list_is_made_attested_opened_and_offered() {
    let persons = std::env::var("SENIM_LIST_PERSONS").ok();
    let persons: usize = persons.map_or(PERSONS, |text| text.parse().expect("a number"));
    // Nobody has a telephone here: what is measured is the list, and not an operator.
    let operator = Operator::start();
    let parties = Parties::new(&[], &operator.smsc, (3_600_000, 7_200_000));
    let until = senim_cli::words::now().0 + 100 * 24 * 60 * 60 * 1000;
    let lines: String = (0..persons as u32)
        .map(|number| {
            // Births of years before 1900: nobody's numbers. Some 900 have one birthday.
            let (day, of_day) = (number / 900, number % 900);
            let birth = format!(
                "{:02}{:02}{:02}",
                day / 336,
                day / 28 % 12 + 1,
                day % 28 + 1
            );
            let (child, parent) = (iin(&birth, 1, of_day), iin(&birth, 2, of_day / 2));
            format!("{child},{parent},Бала,1,40,17000000,{until}\n")
        })
        .collect();
    println!("{persons} persons, a ledger of one validator in the same process");
    let made = measured("list make, on the ledger", || {
        parties.list_of("large", &lines, "office")
    });
    assert_eq!(made.expect("the office lists them")["persons"], persons);
    let file = parties.path("office/large.list");
    let bytes = std::fs::metadata(&file).expect("it was written").len();
    println!("the sealed list has {} MiB", bytes >> 20);
    let attested = measured("list attest", || parties.attest("large"));
    assert_eq!(attested["attested"], persons);
    let opened = measured("list open", || parties.open(&file));
    assert_eq!(opened.expect("it is the portal's")["persons"], persons);
    let portal = parties.start();
    measured("opened by the service", || {
        wait_long("the list", || parties.count(What::Listed) == persons as u64);
    });
    measured("all offered", || {
        wait_long("the offers", || {
            let known = parties.conversation();
            known.persons.len() == persons && known.ledger.is_empty()
        });
    });
    assert_eq!(parties.count(What::Unregistered), persons as u64);
    drop(portal);
    let _portal = measured("started again", || {
        let portal = parties.start();
        wait("its start", || {
            parties.count(What::Listed) == persons as u64
        });
        portal
    });
}

/// Looks rarely: what the portal knows is read from its journal, all of it.
fn wait_long(what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(3_600), "{what}");
        std::thread::sleep(Duration::from_secs(2));
    }
}
