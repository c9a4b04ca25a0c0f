//! What the tests share: the messages, the options, and an independent walk over JSON leaves.
#![allow(dead_code, reason = "each test binary uses a part of this")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

pub mod changes;

use std::path::PathBuf;

use senim_fhir::{FhirRefusal, Item, LedgerOrder, MedicineMap, Order, ParseOptions, parse_order};
use serde_json::Value;

/// 2026-02-03T12:00:00+05:00
pub const RECEIVED_AT_MS: u64 = 1_770_102_000_000;
pub const DAY_MS: u64 = 86_400_000;
/// 2026-02-01T00:00:00+05:00
pub const FEBRUARY_MS: u64 = 1_769_886_000_000;

pub const MESSAGES: [&str; 5] = [
    "four-items.json",
    "repeats.json",
    "cancel.json",
    "single.json",
    "collection.json",
];

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn message(name: &str) -> Vec<u8> {
    let path = root().join("tests/data/fhir").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn options() -> ParseOptions {
    ParseOptions::new(RECEIVED_AT_MS, [7; 32])
}

pub fn parse(bytes: &[u8]) -> Result<Order, FhirRefusal> {
    parse_order(bytes, &MedicineMap::shipped(), &options())
}

pub fn parse_value(value: &Value) -> Result<Order, FhirRefusal> {
    parse(value.to_string().as_bytes())
}

pub fn items(order: &Order) -> &[Item] {
    match &order.ledger {
        LedgerOrder::Issue { items } => items,
        LedgerOrder::Cancel { .. } => panic!("a cancellation has no items"),
    }
}

/// Every leaf of a JSON value with its path, found without the crate's own reader.
pub fn leaves(value: &Value) -> Vec<(String, Value)> {
    let root = value["resourceType"]
        .as_str()
        .expect("a resource")
        .to_owned();
    let mut found = Vec::new();
    walk(root, value, &mut found);
    found
}

fn walk(path: String, value: &Value, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                walk(format!("{path}.{name}"), value, found);
            }
        }
        Value::Array(values) if !values.is_empty() => {
            for (index, value) in values.iter().enumerate() {
                walk(format!("{path}[{index}]"), value, found);
            }
        }
        leaf => found.push((path, leaf.clone())),
    }
}
