//! Ports, other nodes and the clock.

use super::Report;
use super::folder::Sound;
use crate::config::MachineConfig;
use crate::config::rules::socket_of;
use crate::driver;
use jiff::fmt::rfc2822;
use senim_network::Multiaddr;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// How long another program may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Clocks may differ by so much: a second is the grain of what is compared, another is the way.
const DIFFERENCE_WARN_MS: u64 = 2_000;
/// Beyond this, validators refuse each other's proposals.
const DIFFERENCE_FAIL_MS: u64 = 10_000;

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder();
    ureq::Agent::new_with_config(
        config
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .build(),
    )
}

/// The ports are free, or the node that runs here has them; gives that node's address.
pub fn ports(
    config: Option<&MachineConfig>,
    sound: Option<&Sound>,
    report: &mut Report,
) -> Option<String> {
    let Some(config) = config else {
        report.skip("ports", "without settings nobody knows which");
        return None;
    };
    let http = config.http.listen;
    let url = format!("http://{}", reachable(http));
    let running = match TcpListener::bind(http) {
        Ok(_) => {
            report.ok("ports", format!("http.listen {http} is free"));
            None
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let chain =
                status_of(&url).and_then(|status| Some(status["chain"].as_str()?.to_owned()));
            let own = sound.map(|sound| sound.genesis.chain_id().to_string());
            match chain {
                Some(chain) if own.as_ref().is_none_or(|own| *own == chain) => {
                    report.ok(
                        "ports",
                        format!("http.listen {http}: a node of this chain answers"),
                    );
                    Some(url)
                }
                Some(chain) => {
                    report.fail(
                        "ports",
                        format!("http.listen {http}: a node of another chain has it, {chain}"),
                        "choose another port in node.toml, or stop that node",
                    );
                    None
                }
                None => {
                    report.fail("ports", format!("http.listen {http}: another program has it, or a node that does not answer"), "see whose it is with `ss -tlnp`; stop it, or choose another port in node.toml");
                    None
                }
            }
        }
        Err(error) => {
            report.fail("ports", format!("http.listen {http}: {error}"), "it is no address of this machine, or a port that only root may use: correct it in node.toml");
            None
        }
    };
    for address in &config.network.listen {
        let Some(socket) = socket_of(address) else {
            continue;
        };
        match TcpListener::bind(socket) {
            Ok(_) => report.ok("ports", format!("network.listen {address} is free")),
            Err(error) if error.kind() == ErrorKind::AddrInUse && running.is_some() => {
                let is_open = TcpStream::connect_timeout(&reachable(socket), PATIENCE).is_ok();
                if is_open {
                    report.ok("ports", format!("network.listen {address}: the running node has it"));
                } else {
                    report.fail("ports", format!("network.listen {address} is taken, and takes no connections"), "start the node again; its log says why");
                }
            }
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                report.fail("ports", format!("network.listen {address}: another program has it"), "see whose it is with `ss -tlnp`; stop it, or choose another port in node.toml");
            }
            Err(error) => report.fail("ports", format!("network.listen {address}: {error}"), "it is no address of this machine, or a port that only root may use: correct it in node.toml"),
        }
    }
    running
}

/// Where a listening socket is reached from this machine.
fn reachable(socket: SocketAddr) -> SocketAddr {
    if socket.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), socket.port())
    } else {
        socket
    }
}

fn status_of(url: &str) -> Option<serde_json::Value> {
    let mut answer = agent().get(format!("{url}/v1/status")).call().ok()?;
    serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
}

/// The nodes that it goes to first can be reached.
pub fn others(config: Option<&MachineConfig>, report: &mut Report) {
    let bootstrap = config.map_or(&[][..], |config| &config.network.bootstrap);
    for address in bootstrap {
        match sockets_of(address) {
            None => report.skip("peers", format!("{address}: only TCP is looked at")),
            Some(Err(error)) => report.warn(
                "peers",
                format!("{address}: {error}"),
                "the name is not known: look at DNS, or correct network.bootstrap",
            ),
            Some(Ok(sockets)) => {
                if sockets
                    .iter()
                    .any(|socket| TcpStream::connect_timeout(socket, PATIENCE).is_ok())
                {
                    report.ok("peers", format!("{address} takes connections"));
                } else {
                    report.warn(
                        "peers",
                        format!("{address} takes no connection"),
                        "its node is down, or a firewall between: ask its operator",
                    );
                }
            }
        }
    }
}

fn sockets_of(address: &Multiaddr) -> Option<std::io::Result<Vec<SocketAddr>>> {
    if let Some(socket) = socket_of(address) {
        return Some(Ok(vec![socket]));
    }
    let text = address.to_string();
    let parts: Vec<&str> = text.split('/').skip(1).collect();
    match parts[..] {
        ["dns" | "dns4" | "dns6", host, "tcp", port, ..] => {
            let port = port.parse().ok()?;
            Some((host, port).to_socket_addrs().map(Iterator::collect))
        }
        _ => None,
    }
}

/// The clock is that of others.
pub fn clock(running: Option<&str>, compare: &[String], report: &mut Report) {
    if compare.is_empty() {
        return match running.and_then(block_difference_ms) {
            Some(difference_ms) => {
                let message =
                    format!("{difference_ms} ms after the last block's time when that came");
                // A block comes after its time, by what deciding takes.
                judge(
                    if difference_ms < 0 {
                        difference_ms.unsigned_abs() + DIFFERENCE_WARN_MS
                    } else {
                        difference_ms.unsigned_abs() / 2
                    },
                    message,
                    report,
                );
            }
            None => report.skip(
                "clock",
                "nothing to compare with: give other nodes' interfaces with --compare http://…",
            ),
        };
    }
    for url in compare {
        match date_difference_ms(url) {
            Ok(difference_ms) => judge(
                difference_ms,
                format!("{difference_ms} ms from that of {url}"),
                report,
            ),
            Err(reason) => report.warn(
                "clock",
                format!("{url}: {reason}"),
                "give the address of another node's interface",
            ),
        }
    }
}

fn judge(difference_ms: u64, message: String, report: &mut Report) {
    let advice = "have a time service set the clock (chrony, systemd-timesyncd): validators refuse proposals whose time is far from theirs";
    if difference_ms > DIFFERENCE_FAIL_MS {
        report.fail("clock", message, advice);
    } else if difference_ms > DIFFERENCE_WARN_MS {
        report.warn("clock", message, advice);
    } else {
        report.ok("clock", message);
    }
}

/// What the running node saw of its proposers' clocks; none before its first block.
fn block_difference_ms(url: &str) -> Option<i64> {
    let mut answer = agent().get(format!("{url}/metrics")).call().ok()?;
    let text = answer.body_mut().read_to_string().ok()?;
    let value = |name: &str| -> Option<f64> {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line?.trim().parse().ok()
    };
    let blocks = value("senim_blocks_committed_total")?;
    let difference_s = value("senim_block_clock_difference_seconds")?;
    (blocks > 0.0).then_some((difference_s * 1_000.0) as i64)
}

/// How far the clock of another node's machine is from this one's, by the date of an answer.
fn date_difference_ms(url: &str) -> Result<u64, String> {
    let started = Instant::now();
    let answer = agent()
        .get(format!("{}/health", url.trim_end_matches('/')))
        .call();
    let answer = answer.map_err(|error| error.to_string())?;
    let way_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX) / 2;
    let date = answer
        .headers()
        .get("date")
        .and_then(|date| date.to_str().ok());
    let date = date.ok_or("its answer has no date")?;
    let date = rfc2822::parse(date).map_err(|error| error.to_string())?;
    let theirs_ms = u64::try_from(date.timestamp().as_millisecond()).unwrap_or_default();
    // The date is cut to seconds: its middle is nearest.
    let here_ms = driver::now().0.saturating_sub(way_ms);
    Ok(here_ms.abs_diff(theirs_ms + 500))
}
