//! Changes of the messages, each with the refusal that it must meet.
#![allow(dead_code, reason = "each test binary uses a part of this")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use senim_fhir::Code;
use serde_json::Value;

use super::{message, parse_value};

/// A change of a message: where, what (`null` removes), the expected code, and the element that it
/// names: `=` for the changed one, `.x` for another below the root, or a whole path.
pub type Case = (&'static str, Value, Code, &'static str);

pub fn changed(base: &str, pointer: &str, new: &Value) -> Value {
    let mut value: Value = serde_json::from_slice(&message(base)).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = value
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("no {parent} in {base}"));
    match parent {
        Value::Array(values) => values[name.parse::<usize>().unwrap()] = new.clone(),
        Value::Object(members) if new.is_null() => {
            members
                .remove(name)
                .unwrap_or_else(|| panic!("no {pointer} in {base}"));
        }
        Value::Object(members) => {
            members.insert(name.to_owned(), new.clone());
        }
        _ => panic!("{pointer} leads nowhere"),
    }
    value
}

pub fn assert_refused(base: &str, cases: &[Case]) {
    for (pointer, new, code, path) in cases {
        let refusal = parse_value(&changed(base, pointer, new));
        let refusal = refusal.expect_err(&format!("{pointer} = {new} was taken"));
        let expected = match path.split_at_checked(1) {
            Some(("=", "")) => dotted(base, pointer),
            Some((".", rest)) => format!("{}.{rest}", kind(base)),
            _ => (*path).to_owned(),
        };
        assert_eq!(
            (refusal.code, refusal.path),
            (*code, expected),
            "{pointer} = {new}"
        );
    }
}

fn kind(base: &str) -> &'static str {
    if base == "single.json" {
        "MedicationRequest"
    } else {
        "Bundle"
    }
}

/// A JSON pointer as the path of an element.
fn dotted(base: &str, pointer: &str) -> String {
    let mut path = kind(base).to_owned();
    for step in pointer.split('/').skip(1) {
        let is_index = step.bytes().all(|byte| byte.is_ascii_digit());
        path += &if is_index {
            format!("[{step}]")
        } else {
            format!(".{step}")
        };
    }
    path
}
