//! What has to hold of settings beyond their types.

use super::settings::MachineConfig;
use crate::logging;
use senim_network::Multiaddr;
use std::net::SocketAddr;

/// Keys whose values do not hold, and why.
pub fn broken(config: &MachineConfig) -> Vec<(&'static str, String)> {
    let mut broken = Vec::new();
    let mut rule = |key: &'static str, holds: bool, why: &str| {
        if !holds {
            broken.push((key, why.to_owned()));
        }
    };
    rule(
        "organisation",
        config.organisation > 0,
        "no organisation has number 0",
    );
    let interval = 1..=60_000;
    rule(
        "block_interval_ms",
        interval.contains(&config.block_interval_ms),
        "",
    );
    rule(
        "network.connections_max",
        config.network.connections_max > 0,
        "nobody could connect",
    );
    let http = &config.http;
    rule(
        "http.listen",
        http.listen.port() > 0,
        "others have to know the port",
    );
    rule(
        "http.connections_max",
        http.connections_max > 0,
        "nobody could connect",
    );
    rule(
        "http.requests_max",
        http.requests_max > 0,
        "nothing could be asked",
    );
    // A restart that a service manager waits for has to come to its end.
    rule(
        "http.stop_ms_max",
        http.stop_ms_max <= 60_000,
        "at most 60000",
    );
    rule(
        "http.halted_ms_max",
        http.halted_ms_max <= 3_600_000,
        "at most 3600000",
    );
    let mempool = &config.mempool;
    rule(
        "mempool.transactions_max",
        mempool.transactions_max > 0,
        "nothing could be submitted",
    );
    rule(
        "mempool.bytes_max",
        mempool.bytes_max >= 1 << 20,
        "a transaction may have 640 KiB",
    );
    // More are outside of the device's window anyway.
    let of_device = 1..=256;
    rule(
        "mempool.device_transactions_max",
        of_device.contains(&mempool.device_transactions_max),
        "",
    );
    let sealed = &config.sealed;
    rule(
        "sealed.organisation_bytes_max",
        sealed.organisation_bytes_max <= sealed.bytes_max,
        "one organisation has no more than all of them",
    );
    rule("sync.timeout_ms", config.sync.timeout_ms >= 100, "");
    // Each is a copy of the state on this machine's disk.
    let kept = 1..=64;
    rule(
        "sync.snapshots_kept",
        kept.contains(&config.sync.snapshots_kept),
        "",
    );
    // Blocks of an idle chain come once a minute.
    rule(
        "ready.block_age_ms_max",
        config.ready.block_age_ms_max >= 60_000,
        "",
    );
    if let Err(error) = logging::filter(&config.log.filter) {
        rule("log.filter", false, &error.to_string());
    }
    for address in &config.network.listen {
        match socket_of(address) {
            None => rule(
                "network.listen",
                false,
                &format!("{address} is not /ip4/…/tcp/… or /ip6/…/tcp/…"),
            ),
            Some(socket) => rule(
                "network.listen",
                !collides(socket, http.listen),
                &format!("{address} is where http.listen is: each needs a port of its own"),
            ),
        }
    }
    broken
}

/// The socket at which a multiaddr listens.
pub fn socket_of(address: &Multiaddr) -> Option<SocketAddr> {
    let text = address.to_string();
    let mut parts = text.split('/').skip(1);
    let ip = match parts.next()? {
        "ip4" => parts.next()?.parse::<std::net::Ipv4Addr>().ok()?.into(),
        "ip6" => parts.next()?.parse::<std::net::Ipv6Addr>().ok()?.into(),
        _ => return None,
    };
    match parts.next()? {
        "tcp" => Some(SocketAddr::new(ip, parts.next()?.parse().ok()?)),
        _ => None,
    }
}

fn collides(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (everywhere || one.ip() == other.ip())
}
