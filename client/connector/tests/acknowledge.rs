//! What an answer of a clinic's system means: only what FHIR's messaging calls an acknowledgement is one.

use senim_connector::clinic::acknowledge::judge;
use senim_connector::http::Answered;
use senim_connector::outbox::{Outcome, Trouble};

const ID: &str = "5e112000-0000-8000-8000-000000000100";

fn judged(status: u16, body: &str) -> &'static str {
    let answered = Answered {
        status,
        body: body.as_bytes().to_vec(),
        after_ms: 0,
    };
    match judge(ID, &answered) {
        Outcome::Acknowledged => "acknowledged",
        Outcome::Refused { .. } => "refused",
        Outcome::Failed { trouble, .. } => match trouble {
            Trouble::Busy => "busy",
            Trouble::Nonsense => "nonsense",
            Trouble::Unreachable | Trouble::Slow => "no answer",
            Trouble::Broken => "broken",
        },
    }
}

fn response(id: &str, code: &str) -> String {
    format!(
        r#"{{"resourceType":"Bundle","type":"message","entry":[
            {{"resource":{{"resourceType":"MessageHeader","response":{{"identifier":"{id}","code":"{code}"}}}}}},
            {{"resource":{{"resourceType":"OperationOutcome","issue":[{{"severity":"error","code":"not-found"}}]}}}}
        ]}}"#
    )
}

fn outcome(severity: &str) -> String {
    format!(
        r#"{{"resourceType":"OperationOutcome","issue":[{{"severity":"{severity}","code":"invalid","diagnostics":"a word"}}]}}"#
    )
}

#[test]
fn only_an_acknowledgement_is_one() {
    let ok = response(ID, "ok");
    let table = [
        (200, "", "acknowledged"),
        (201, " \r\n", "acknowledged"),
        (202, "", "acknowledged"),
        (204, "", "acknowledged"),
        (200, &ok, "acknowledged"),
        (200, &response("another", "ok"), "nonsense"),
        (200, &response(ID, "transient-error"), "busy"),
        (200, &response(ID, "fatal-error"), "refused"),
        (422, &response(ID, "fatal-error"), "refused"),
        (422, &ok, "nonsense"),
        (200, &response(ID, "perhaps"), "nonsense"),
        (200, &outcome("information"), "acknowledged"),
        (200, &outcome("error"), "refused"),
        (400, &outcome("error"), "refused"),
        (404, &outcome("warning"), "refused"),
        (200, "<html>It works!</html>", "nonsense"),
        (200, "{}", "nonsense"),
        (200, "[1]", "nonsense"),
        (200, r#"{"resourceType":"Bundle"}"#, "nonsense"),
        // Not the system's own word, but that of something in between.
        (401, "Unauthorized", "nonsense"),
        (404, "", "nonsense"),
        (301, "", "nonsense"),
        (429, "", "busy"),
        (408, "", "busy"),
        (500, &outcome("error"), "busy"),
        (503, "", "busy"),
    ];
    for (status, body, expected) in table {
        assert_eq!(judged(status, body), expected, "{status} {body}");
    }
}

#[test]
fn what_was_said_is_kept_for_a_person() {
    let answered = Answered {
        status: 400,
        body: outcome("error").into_bytes(),
        after_ms: 0,
    };
    assert_eq!(judge(ID, &answered), Outcome::refused("invalid a word"));
}
