//! The settings in force, with their sources.

use super::keys::KEYS;
use super::load::Effective;
use std::fmt::Write;

/// For people: one line a setting, as TOML with dotted keys, its source behind it.
pub fn text(effective: &Effective) -> String {
    let mut shown = String::new();
    for key in KEYS {
        let value = match effective.value(key.name) {
            serde_json::Value::Null => continue,
            value => value,
        };
        let line = format!("{} = {value}", key.name);
        // Writing to a string does not fail.
        let _ = writeln!(shown, "{line:<56} # {}", effective.source(key.name));
    }
    shown
}

/// For programs: key, value, source, and what it is for.
pub fn json(effective: &Effective) -> serde_json::Value {
    let row = |key: &super::keys::Key| {
        serde_json::json!({
            "key": key.name,
            "value": effective.value(key.name),
            "source": effective.source(key.name),
            "variable": key.variable(),
            "purpose": key.purpose,
        })
    };
    KEYS.iter().map(row).collect()
}
