//! Alarms, dashboard and runbooks against a running node: they speak of metrics that exist, and of each other.

mod support;

use senim_abi::registry::Execute;
use senim_types::{Hash, OrgId};
use std::collections::BTreeSet;
use std::path::Path;
use support::Machines;
use yaml_rust2::{Yaml, YamlLoader};

fn page(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating");
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The names of all samples that a node shows.
fn samples(metrics: &str) -> BTreeSet<String> {
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    let name = |line: &str| line.split(['{', ' ']).next().map(str::to_owned);
    lines.filter_map(name).collect()
}

/// Words of a PromQL expression that stand for metrics: not functions, not labels, not keywords.
fn metrics_of(expression: &str) -> BTreeSet<String> {
    const KEYWORDS: [&str; 12] = [
        "sum",
        "and",
        "or",
        "unless",
        "by",
        "without",
        "on",
        "ignoring",
        "bool",
        "offset",
        "group_left",
        "group_right",
    ];
    // Selectors, ranges, and the lists of `by` hold labels and times.
    let mut plain = String::new();
    let mut depth = 0;
    for letter in expression.chars() {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            letter if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    let mut rest = plain.as_str();
    while let Some(from) = rest.find(|letter: char| letter.is_ascii_alphabetic() || letter == '_') {
        // A number with an exponent or a unit is no name.
        let is_number = rest[..from].ends_with(|letter: char| letter.is_ascii_digit());
        rest = &rest[from..];
        let length = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        rest = after;
        if word == "by" || word == "without" {
            rest = rest.split_once(')').map_or("", |(_, rest)| rest);
        } else if !is_number && !KEYWORDS.contains(&word) && !after.trim_start().starts_with('(') {
            found.insert(word.to_owned());
        }
    }
    found
}

#[test]
fn metrics_are_found_in_expressions_and_nothing_else_is() {
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let found: BTreeSet<String> = all(&["a_b", "c_d_bucket", "up"]);
    assert_eq!(
        metrics_of(
            "histogram_quantile(0.99, sum by (instance, le) (rate(c_d_bucket{files=\"wal\"}[10m]))) > 0.25 and a_b * 2 < 1e3 or up{job=\"x\"} == 0"
        ),
        found
    );
}

struct Alarm {
    name: String,
    expression: String,
    runbook: String,
    summary: String,
}

fn alarms() -> Vec<Alarm> {
    let documents = YamlLoader::load_from_str(&page("alerts.yml")).expect("YAML");
    let groups = documents[0]["groups"].as_vec().expect("groups");
    let rules = groups
        .iter()
        .flat_map(|group| group["rules"].as_vec().expect("rules"));
    let text = |value: &Yaml| value.as_str().expect("text").to_owned();
    rules
        .map(|rule| {
            let severity = text(&rule["labels"]["severity"]);
            assert!(["critical", "warning"].contains(&severity.as_str()));
            Alarm {
                name: text(&rule["alert"]),
                expression: text(&rule["expr"]),
                runbook: text(&rule["annotations"]["runbook_url"]),
                summary: text(&rule["annotations"]["summary"]),
            }
        })
        .collect()
}

#[test]
fn every_alarm_has_its_runbook_and_every_runbook_its_alarm() {
    let runbooks = page("runbooks.md");
    let sections: BTreeSet<&str> = runbooks
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    let alarms = alarms();
    assert!(alarms.len() >= 12, "{}", alarms.len());
    for alarm in &alarms {
        let anchor = format!("runbooks.md#{}", alarm.name.to_lowercase());
        assert_eq!(alarm.runbook, anchor);
        assert!(sections.contains(alarm.name.as_str()), "{}", alarm.name);
        assert!(
            alarm.summary.contains("$labels.instance"),
            "{}",
            alarm.summary
        );
    }
    let names: BTreeSet<&str> = alarms.iter().map(|alarm| alarm.name.as_str()).collect();
    assert_eq!(names.len(), alarms.len(), "each name once");
    assert_eq!(names, sections);
    for section in runbooks.split("\n## ").skip(1) {
        for part in ["**Means.**", "**Look at.**", "**Do.**", "**Never.**"] {
            let name = section.lines().next();
            assert!(section.contains(part), "{name:?} has no {part}");
        }
    }
}

/// Every expression of the dashboard.
fn expressions(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if name == "expr" => found.push(text.to_owned()),
                    _ => expressions(value, found),
                }
            }
        }
        serde_json::Value::Array(values) => {
            values.iter().for_each(|value| expressions(value, found));
        }
        _ => {}
    }
}

#[test]
fn alarms_dashboard_and_page_use_metrics_that_a_running_node_has() {
    let mut machines = Machines::start(1);
    let keys = machines.metric(0, "senim_state_keys");
    // An organisation is a key of the state that was not there before.
    machines.submit(
        0,
        Execute::RegisterOrganisation {
            org: OrgId(2_005),
            name: "Organisation 2005".to_owned(),
            roles: senim_abi::Roles::CLINIC,
            details: Hash::of(b"details"),
        },
    );
    assert!(machines.metric(0, "senim_state_keys") > keys);
    let url = format!("{}/metrics", machines.url(0));
    let mut answer = ureq::get(&url).call().expect("metrics");
    let metrics = answer.body_mut().read_to_string().expect("text");
    let samples = samples(&metrics);
    let is_known = |name: &str| name == "up" || samples.contains(name);

    for alarm in alarms() {
        let used = metrics_of(&alarm.expression);
        assert!(!used.is_empty(), "{}", alarm.expression);
        for name in used {
            assert!(is_known(&name), "{} uses {name}: {samples:#?}", alarm.name);
        }
    }
    let dashboard: serde_json::Value =
        serde_json::from_str(&page("grafana-dashboard.json")).expect("JSON");
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    assert!(found.len() > 20, "{}", found.len());
    for expression in found {
        let used = metrics_of(&expression);
        assert!(!used.is_empty(), "{expression}");
        for name in used {
            assert!(is_known(&name), "the dashboard uses {name}: {expression}");
        }
    }

    // The page has all of them, and no others.
    let page = page("../http-api.md");
    let table = page.split_once("## Metrics\n").expect("a section").1;
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut documented = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        for name in format!("`{}", cells[0]).split('`').skip(1).step_by(2) {
            let name = name.split('{').next().unwrap_or(name);
            if cells[1].trim() == "histogram" {
                for ending in ["_bucket", "_count", "_sum"] {
                    documented.insert(format!("{name}{ending}"));
                }
            } else {
                documented.insert(name.to_owned());
            }
        }
    }
    let shown: BTreeSet<String> = samples
        .iter()
        .filter(|name| !name.is_empty())
        .cloned()
        .collect();
    assert_eq!(documented, shown);
}
