//! A machine's settings: four sources, later ones win; what is wrong is told with source, key, found and expected,
//! all at once.

use senimd::config::keys::{KEYS, Key};
use senimd::config::layers::Flag;
use senimd::config::{ConfigError, Effective, LogFormat, MachineConfig, load};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

const FILE: &str = "node.toml";
/// A block as `senim status` prints it.
const TRUSTED: &str = "20000:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A file, variables, and what is told of them.
type Wrong<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

fn loaded(text: &str, variables: &[(&str, &str)]) -> Result<Effective, ConfigError> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    load(Path::new(FILE), text, variables.iter().map(owned), |_| {
        Vec::new()
    })
}

/// What is told of settings that cannot be used.
fn told(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    match loaded(text, variables) {
        Ok(_) => panic!("these settings can be used: {text} {variables:?}"),
        Err(error) => error.problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn without_anything_but_the_organisation_all_is_default() {
    let effective = loaded("organisation = 20", &[]).expect("settings");
    assert_eq!(effective.config, MachineConfig::of(20));
    assert_eq!(effective.source("organisation"), FILE);
    assert_eq!(effective.source("http.listen"), "default");
}

#[test]
fn command_line_is_above_environment_is_above_file_is_above_defaults() {
    let text = "organisation = 1\nblock_interval_ms = 200\n[mempool]\ntransactions_max = 7\n[log]\nformat = \"json\"";
    let variables = [
        ("SENIM_BLOCK_INTERVAL_MS", "300"),
        ("SENIM_HTTP__LISTEN", "127.0.0.1:9000"),
        ("SENIM_STORE__BACKEND", "fjall"),
        (
            "SENIM_NETWORK__BOOTSTRAP",
            "/ip4/192.0.2.1/tcp/1, /ip4/192.0.2.2/tcp/2",
        ),
        ("SENIM_NETWORK__LISTEN", "[\"/ip4/0.0.0.0/tcp/7301\"]"),
        ("SENIM_LOG__FILTER", "senim_replica=debug,warn"),
        // Of other programs, and of this one's flags: not settings.
        ("SENIM_DIR", "elsewhere"),
        ("PATH", "x"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let flags = |_: &_| -> Vec<Flag> { vec![("--port", "http.listen", "127.0.0.1:9001".into())] };
    let effective = load(Path::new(FILE), text, variables, flags).expect("settings");
    let config = &effective.config;
    assert_eq!(config.http.listen.port(), 9001);
    assert_eq!(effective.source("http.listen"), "--port");
    assert_eq!(config.block_interval_ms, 300);
    assert_eq!(
        effective.source("block_interval_ms"),
        "SENIM_BLOCK_INTERVAL_MS"
    );
    assert_eq!(config.mempool.transactions_max, 7);
    assert_eq!(effective.source("mempool.transactions_max"), FILE);
    assert_eq!(effective.source("mempool.bytes_max"), "default");
    assert_eq!(config.network.bootstrap.len(), 2);
    assert_eq!(config.network.listen.len(), 1);
    assert_eq!(config.store.backend.map(|kind| kind.name()), Some("fjall"));
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.log.filter, "senim_replica=debug,warn");
}

#[test]
fn every_setting_can_come_from_the_environment() {
    let values = |key: &Key| match key.name {
        "organisation" => "5",
        "block_interval_ms" => "1000",
        "network.listen" => "/ip4/127.0.0.1/tcp/7399",
        "network.bootstrap" => "/ip4/127.0.0.1/tcp/7398",
        "http.listen" => "127.0.0.1:7199",
        "store.backend" => "fjall",
        "mempool.bytes_max" => "2097152",
        "mempool.device_transactions_max" => "3",
        "sync.timeout_ms" => "500",
        "sync.join" => "blocks",
        "sync.trusted" => TRUSTED,
        "sync.snapshots_kept" => "5",
        "ready.block_age_ms_max" => "70000",
        "log.filter" => "warn",
        "log.format" => "json",
        _ => "4097",
    };
    let variables: Vec<(String, String)> = KEYS
        .iter()
        .map(|key| (key.variable(), values(key).to_owned()))
        .collect();
    let effective = load(Path::new(FILE), "", variables, |_| Vec::new()).expect("settings");
    for key in KEYS {
        assert_eq!(effective.source(key.name), key.variable());
        let default = loaded("organisation = 1", &[]).expect("settings");
        assert_ne!(
            effective.value(key.name),
            default.value(key.name),
            "{}: the variable changed nothing",
            key.name
        );
    }
}

#[test]
fn a_wrong_value_is_told_with_source_key_found_and_expected() {
    let rows: &[Wrong<'_>] = &[
        (
            "organisation = 1\n[http]\nlisten = 7101",
            &[],
            "node.toml: http.listen: found 7101, expected an address and a port",
        ),
        (
            "organisation = 1",
            &[("SENIM_HTTP__LISTEN", "localhost")],
            "SENIM_HTTP__LISTEN: http.listen: found \"localhost\", expected an address and a port",
        ),
        (
            "organisation = 1\n[network]\nlisten = [\"/ip4/0.0.0.0/tcp/7301\", \"nowhere\"]",
            &[],
            "node.toml: network.listen: found [\"/ip4/0.0.0.0/tcp/7301\",\"nowhere\"], expected a list of multiaddrs",
        ),
        (
            "organisation = 1\n[store]\nbackend = \"redb\"",
            &[],
            "node.toml: store.backend: found \"redb\", expected sled or fjall (there is no store `redb`: sled or fjall)",
        ),
        (
            "organisation = 1\n[mempool]\ntransactions_max = -1",
            &[],
            "node.toml: mempool.transactions_max: found -1, expected a number from 1",
        ),
        (
            "organisation = 1\n[mempool]\ntransactions_max = 0",
            &[],
            "found 0, expected a number from 1 (nothing could be submitted)",
        ),
        (
            "organisation = 1\n[log]\nfilter = \"senim=loud\"",
            &[],
            "node.toml: log.filter: found \"senim=loud\", expected a level",
        ),
        (
            "organisation = 1\n[network]\nlisten = [\"/ip4/0.0.0.0/tcp/7101\"]",
            &[],
            "is where http.listen is",
        ),
        (
            "organisation = 1\n[sealed]\nbytes_max = 10\norganisation_bytes_max = 11",
            &[],
            "node.toml: sealed.organisation_bytes_max: found 11, expected bytes, at most sealed.bytes_max",
        ),
        (
            "",
            &[],
            "node.toml: organisation: is missing; set it there or with SENIM_ORGANISATION",
        ),
        ("organisation = 0", &[], "found 0, expected a number from 1"),
        (
            "organisation = ",
            &[],
            "node.toml: TOML parse error at line 1",
        ),
    ];
    for (text, variables, expected) in rows {
        let problems = told(text, variables);
        assert!(
            problems.iter().any(|problem| problem.contains(expected)),
            "{text}: {problems:#?} says not: {expected}"
        );
    }
}

#[test]
fn an_unknown_name_is_told_with_the_nearest_known_one() {
    let rows: &[Wrong<'_>] = &[
        (
            "organisation = 1\n[http]\nlissen = \"x\"",
            &[],
            "node.toml: http.lissen: there is no such setting; did you mean http.listen?",
        ),
        (
            "organisation = 1\n[netwrok]\nlisten = []",
            &[],
            "node.toml: netwrok: there is no such setting; did you mean network?",
        ),
        (
            "organisation = 1\n[mempool]\ncache_bytes_max = 1",
            &[],
            "did you mean store.cache_bytes_max?",
        ),
        (
            "organisation = 1\nhttp = 5",
            &[],
            "node.toml: http: is a section",
        ),
        (
            "organisation = 1",
            &[("SENIM_HTTP__LISEN", "x")],
            "SENIM_HTTP__LISEN: there is no such setting; did you mean SENIM_HTTP__LISTEN?",
        ),
        (
            "organisation = 1",
            &[("SENIM_HTTP_LISTEN", "x")],
            "SENIM_HTTP_LISTEN: there is no such setting; did you mean SENIM_HTTP__LISTEN?",
        ),
        (
            "organisation = 1",
            &[("SENIM_ORGANISATOIN", "2")],
            "SENIM_ORGANISATOIN: there is no such setting; did you mean SENIM_ORGANISATION?",
        ),
        (
            "organisation = 1",
            &[("SENIM_BLOK_INTERVAL_MS", "2")],
            "did you mean SENIM_BLOCK_INTERVAL_MS?",
        ),
    ];
    for (text, variables, expected) in rows {
        let problems = told(text, variables);
        assert_eq!(problems.len(), 1, "{problems:#?}");
        assert!(problems[0].contains(expected), "{problems:#?}: {expected}");
    }
}

#[test]
fn variables_of_the_commands_are_no_misspelt_settings() {
    let names = [
        "LOG",
        "DIR",
        "NODE",
        "TRUSTED",
        "PASSPHRASE",
        "PASSPHRASE_FILE",
        "CLINIC",
        "WALLET",
        "PHARMACY",
        "VECTORS",
    ];
    let variables = names.map(|name| format!("SENIM_{name}"));
    let variables: Vec<(&str, &str)> = variables.iter().map(|name| (&name[..], "x")).collect();
    loaded("organisation = 1", &variables).expect("none of them is a setting");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = "blok_interval_ms = 1\n[http]\nlisten = 1\nrequests_max = \"x\"\n[log]\nformat = \"xml\"\n[sync]\ntimeout_ms = 1";
    let problems = told(text, &[("SENIM_MEMPOOL__BYTES_MAX", "little")]);
    for key in [
        "blok_interval_ms",
        "organisation",
        "http.listen",
        "http.requests_max",
        "log.format",
        "sync.timeout_ms",
        "mempool.bytes_max",
    ] {
        let of_key = problems.iter().filter(|problem| problem.contains(key));
        assert_eq!(of_key.count(), 1, "{key}: {problems:#?}");
    }
    assert_eq!(problems.len(), 7, "{problems:#?}");
}

/// The leaves of a JSON object, with dots between.
fn leaves(value: &serde_json::Value, prefix: &str, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                let name = match prefix {
                    "" => name.clone(),
                    prefix => format!("{prefix}.{name}"),
                };
                leaves(value, &name, found);
            }
        }
        _ => _ = found.insert(prefix.to_owned()),
    }
}

#[test]
fn the_table_of_keys_is_the_struct() {
    let mut found = BTreeSet::new();
    let value = serde_json::to_value(MachineConfig::of(1)).expect("JSON");
    leaves(&value, "", &mut found);
    let keys: BTreeSet<String> = KEYS.iter().map(|key| key.name.to_owned()).collect();
    assert_eq!(found, keys);
}

/// The table of all keys, as the page has it.
fn table() -> String {
    let defaults = loaded("organisation = 1", &[]).expect("settings");
    let mut table = "| key | takes | default | |\n| --- | --- | --- | --- |\n".to_owned();
    for key in KEYS {
        let default = match defaults.value(key.name) {
            _ if key.name == "organisation" => "none: has to be set".to_owned(),
            serde_json::Value::Null => "none".to_owned(),
            value => format!("`{value}`"),
        };
        table += &format!(
            "| `{}` | {} | {default} | {} |\n",
            key.name, key.expects, key.purpose
        );
    }
    table
}

#[test]
fn the_page_has_every_key_with_its_default() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/operating/configuration.md"
    );
    let page = std::fs::read_to_string(path).expect("the page");
    let begin = "<!-- generated: the keys. `make docs-update` writes them again. -->\n";
    let end = "<!-- end -->";
    let from = page.find(begin).expect("a begin") + begin.len();
    let to = page.find(end).expect("an end");
    if std::env::var_os("SENIM_UPDATE_DOCS").is_some() {
        let page = format!("{}{}{}", &page[..from], table(), &page[to..]);
        std::fs::write(path, page).expect("the page can be written");
        return;
    }
    assert_eq!(&page[from..to], table(), "make docs-update writes it anew");
}

fn senimd(args: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_senimd"))
        .args(args)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .expect("the daemon runs")
}

#[test]
fn config_shows_the_settings_in_force_with_their_sources_and_refuses_what_start_would() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().to_str().expect("UTF-8");
    let said = senimd(&["config", "check", "--dir", dir], &[]);
    assert!(!said.status.success());
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(text.contains("senimd join"), "{text}");

    std::fs::write(folder.path().join(FILE), "organisation = 3\n").expect("a file");
    let variables = [("SENIM_LOG__FORMAT", "json")];
    let args = ["config", "show", "--dir", dir, "--port", "7777"];
    let shown = senimd(&args, &variables);
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    let line = |key: &str| text.lines().find(|line| line.starts_with(key));
    for (key, value, source) in [
        ("organisation", "= 3 ", "node.toml"),
        ("http.listen", "= \"127.0.0.1:7777\" ", "# --port"),
        ("log.format", "= \"json\" ", "# SENIM_LOG__FORMAT"),
        ("sync.timeout_ms", "= 2000 ", "# default"),
    ] {
        let line = line(key).unwrap_or_else(|| panic!("no {key}: {text}"));
        assert!(line.contains(value) && line.ends_with(source), "{line}");
    }
    let shown = senimd(&[&args[..], &["-o", "json"]].concat(), &variables);
    let json: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let settings = json["settings"].as_array().expect("settings");
    assert_eq!(settings.len(), KEYS.len());
    let listen = settings
        .iter()
        .find(|row| row["key"] == "http.listen")
        .expect("it is there");
    assert_eq!(listen["value"], "127.0.0.1:7777");
    assert_eq!(listen["source"], "--port");

    assert!(
        senimd(&["config", "check", "--dir", dir], &[])
            .status
            .success()
    );
    let wrong = senimd(
        &["config", "check", "--dir", dir, "-o", "json"],
        &[("SENIM_HTTP__LISTEN", "here")],
    );
    assert!(!wrong.status.success());
    let json: serde_json::Value = serde_json::from_slice(&wrong.stdout).expect("JSON");
    assert_eq!(json["code"], "CONFIGURATION");
    let message = json["message"].as_str().expect("a message");
    assert!(
        message.starts_with("SENIM_HTTP__LISTEN: http.listen"),
        "{message}"
    );
}
