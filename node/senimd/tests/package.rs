//! The service of the Debian package against the program: what systemd is told holds for what the program does.
//! `make deb` builds the package and runs it.

use senimd::config::MachineConfig;
use senimd::config::keys::KEYS;
use senimd::exit;
use std::path::Path;

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("debian")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn unit(key: &str) -> String {
    let unit = file("senimd.service");
    let value = unit
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    value.unwrap_or_else(|| panic!("no {key}")).to_owned()
}

fn number(key: &str) -> u64 {
    unit(key)
        .parse()
        .unwrap_or_else(|_| panic!("{key} is no number"))
}

#[test]
fn systemd_starts_again_what_another_start_can_help() {
    assert_eq!(unit("Restart"), "on-failure");
    // 2 is what the command line's parser ends with.
    let never = format!("2 {} {}", exit::MISCONFIGURED, exit::HALTED);
    assert_eq!(unit("RestartPreventExitStatus"), never);
}

#[test]
fn systemd_waits_as_long_as_an_end_may_take() {
    // The longest that http.stop_ms_max may be, and storing.
    let longest_s = 60 + exit::STOP_MAX.as_secs();
    assert!(number("TimeoutStopSec") > longest_s);
    assert_eq!(unit("TimeoutStartSec"), "infinity");
    assert_eq!(unit("Type"), "notify");
    // Half of it passes between two signs, and a node may work for a minute on one thing.
    assert!(number("WatchdogSec") / 2 > 60);
}

#[test]
fn the_service_may_open_what_the_settings_let_it_need() {
    let config = MachineConfig::of(1);
    let needed = config.http.connections_max as u64 + u64::from(config.network.connections_max) * 2;
    assert!(number("LimitNOFILE") > needed + 512);
}

#[test]
fn the_package_s_settings_are_settings() {
    let text = file("senimd.env");
    let mut count = 0;
    for line in text.lines() {
        let setting = line.trim_start_matches('#').split_once('=');
        let Some((name, value)) = setting.filter(|(name, _)| name.starts_with("SENIM_")) else {
            continue;
        };
        let Some(key) = KEYS.iter().find(|key| key.variable() == name) else {
            assert_eq!((name, value), ("SENIM_DIR", "/var/lib/senim"));
            continue;
        };
        let path = Path::new("node.toml");
        let variables = [(name.to_owned(), value.to_owned())];
        let loaded = senimd::config::load(path, "organisation = 1", variables, |_| Vec::new());
        let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(loaded.source(key.name), name);
        count += 1;
    }
    assert_eq!(count, 4);
    assert_eq!(file("conffiles").trim(), "/etc/senim/senimd.env");
}
