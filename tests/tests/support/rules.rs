//! Rules of a support measure, as a payer writes them: a scenario changes the lines that it is about. And what a use came
//! to by them.

use serde_json::Value;

/// Whatever is bought for up to 1 000 tenge is paid in full, to anybody and on any day.
const RULES: &[(&str, &str)] = &[
    ("providers", "\"any\""),
    ("regions", "\"any\""),
    ("price", "{ cap = 100_000 }"),
    ("share_basis_points", "10_000"),
    ("whole_packs", "false"),
    ("partial", "true"),
    ("weekdays", "127"),
    ("calendar", "false"),
    ("absent_may", "false"),
    ("validity_ms_max", "25_920_000_000"),
    ("consent", "false"),
    ("proofs", "15"),
    ("clawback", "\"before_maturity\""),
];

/// The rules' file with these lines changed, or added; the last value of a name holds.
pub fn rules(changes: &[(&str, &str)]) -> String {
    let mut lines: Vec<(&str, &str)> = RULES.to_vec();
    for change in changes {
        match lines.iter_mut().find(|(name, _)| *name == change.0) {
            Some(line) => *line = *change,
            None => lines.push(*change),
        }
    }
    let lines = lines
        .iter()
        .map(|(name, value)| format!("{name} = {value}\n"));
    format!("[[rules]]\n{}", lines.collect::<String>())
}

/// What the programme pays and the citizen bears of a use, in tiyn, by what was told of it.
pub fn terms(told: &Value) -> (u64, u64) {
    let events = told["events"].as_array().expect("events").iter();
    let mut terms = events.filter_map(|event| event.pointer("/event/redeemed/terms"));
    let terms = terms.next();
    let terms = terms.unwrap_or_else(|| panic!("a use is told: {told}"));
    let sum = |name: &str| terms[name].as_u64().expect("a sum");
    (sum("pays"), sum("bears"))
}
