//! Ports for processes of tests.

use std::net::{Ipv4Addr, TcpListener};

/// Where the rows begin, and where they end: below the ports that the system gives to connections by itself, of which one
/// could be in the place of a process that is down for a while.
const FROM: u16 = 10_000;
const UNTIL: u16 = 24_000;

/// The first of a row of so many free ports. Another program may take one meanwhile: then a start says so.
pub fn free_ports(row: u16) -> u16 {
    let rows = (UNTIL - FROM) / row;
    // Tests look at the same time, each in a process of its own: each begins elsewhere.
    let seed = (std::process::id() % u32::from(rows)) as u16;
    let mut bases = (0..rows).map(|n| FROM + (seed + n) % rows * row);
    let is_free =
        |base: &u16| (0..row).all(|n| TcpListener::bind((Ipv4Addr::LOCALHOST, base + n)).is_ok());
    bases.find(is_free).expect("some ports are free")
}
