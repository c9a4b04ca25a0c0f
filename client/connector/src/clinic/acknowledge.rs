//! What a clinic's system's answer to a report means.
//!
//! FHIR R4 messaging (hl7.org/fhir/R4/messaging.html): the answer is a message whose `MessageHeader.response` names the
//! message that it answers, with `ok`, `transient-error` or `fatal-error`; a receiver that has nothing to say answers
//! with a status and no body.

use crate::http::Answered;
use crate::outbox::{Outcome, Trouble};
use serde_json::Value;

/// Judges an answer to the message with this id.
pub fn judge(id: &str, answered: &Answered) -> Outcome {
    if let Some(outcome) = answered.hindrance() {
        return outcome;
    }
    let body: Option<Value> = serde_json::from_slice(&answered.body).ok();
    let is_success = answered.status < 300;
    match body {
        None if is_success && answered.body.iter().all(u8::is_ascii_whitespace) => {
            Outcome::Acknowledged
        }
        None => answered.nonsense("a body that is no FHIR JSON"),
        Some(body) => match body["resourceType"].as_str() {
            Some("OperationOutcome") => of_outcome(&body, is_success),
            Some("Bundle") => of_message(id, &body, answered),
            _ => answered.nonsense("neither a Bundle nor an OperationOutcome"),
        },
    }
}

/// The other system's word on the message as such.
fn of_outcome(outcome: &Value, is_success: bool) -> Outcome {
    let issues = outcome["issue"].as_array();
    let mut issues = issues.into_iter().flatten();
    let is_bad = |issue: &Value| matches!(issue["severity"].as_str(), Some("error" | "fatal"));
    match issues.find(|issue| !is_success || is_bad(issue)) {
        Some(issue) => Outcome::refused(said(issue)),
        None if is_success => Outcome::Acknowledged,
        None => Outcome::refused("an OperationOutcome without an issue"),
    }
}

fn of_message(id: &str, bundle: &Value, answered: &Answered) -> Outcome {
    let resources = || {
        bundle["entry"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|entry| &entry["resource"])
    };
    let of_type = |kind: &str| resources().find(|resource| resource["resourceType"] == kind);
    let Some(response) = of_type("MessageHeader").map(|header| &header["response"]) else {
        return answered.nonsense("a Bundle without a MessageHeader");
    };
    if response["identifier"] != id {
        return answered.nonsense("a response to another message");
    }
    let issue = of_type("OperationOutcome").map(|outcome| said(&outcome["issue"][0]));
    let issue = issue.unwrap_or_default();
    match response["code"].as_str() {
        Some("ok") if answered.status < 300 => Outcome::Acknowledged,
        Some("transient-error") => {
            Outcome::failed(Trouble::Busy, format!("transient-error {issue}"))
        }
        Some("fatal-error") => Outcome::refused(format!("fatal-error {issue}")),
        _ => answered.nonsense("a response of no known code"),
    }
}

fn said(issue: &Value) -> String {
    let word = |pointer: &str| issue.pointer(pointer).and_then(Value::as_str);
    let code = word("/details/coding/0/code")
        .or(word("/code"))
        .unwrap_or_default();
    let words = word("/diagnostics")
        .or(word("/details/text"))
        .unwrap_or_default();
    format!("{code} {words}").trim().to_owned()
}
